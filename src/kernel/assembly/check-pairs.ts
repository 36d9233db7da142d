/** The usual meters of `check`, in blocks that lie in order: `pipeline/check/check-pair` for many in one go. */

import {
  channelOf,
  countOf,
  EXPLICIT_STAMPS,
  firstStampOf,
  flagsOf,
  idLengthOf,
  idOf,
  intervalOf,
  rangeOf,
  sizeOf,
  WIDE_VALUES,
} from './block';
import {
  INTERVAL_UNITS,
  METER_LAST,
  METER_MARK,
  METER_SECOND,
  PAIR_COUNT,
  PAIR_FIRST_STAMP,
  PAIR_INTERVAL,
  PAIR_RANGE_FROM,
  PAIR_RANGE_TO,
  PAIR_TIMES,
} from './scan-layout';

/** Bits of a meta word: no value; where its mask begins (`model/quality`). */
const NO_DECIMALS: i32 = 7;
const MASK_SHIFT: i32 = 11;

/** What follows the meter id, which is padded to whole words. */
function behindId(block: i32): i32 {
  return <i32>idOf(block) + ((idLengthOf(block) + 3) & ~3);
}

function beginsMeter(block: i32): bool {
  return load<i32>(block + METER_MARK) !== 0;
}

/**
 * Marks the blocks that begin a meter, in word 9; `METER_SECOND` and `METER_LAST` tell where the second and the last
 * meter begin (`to` where there is no second one).
 * @returns 1 where the meters stand in order, else 0, at once
 */
export function markMeters(from: i32, to: i32): i32 {
  store<i32>(from + METER_MARK, 1);
  store<i32>(METER_SECOND, to);
  store<i32>(METER_LAST, from);
  let before = from;
  for (let block = from + <i32>sizeOf(from); block < to; block += <i32>sizeOf(block)) {
    const order = compareMeters(before, block);
    if (order > 0) return 0;
    store<i32>(block + METER_MARK, order !== 0 ? 1 : 0);
    if (order !== 0) {
      if (load<i32>(METER_SECOND) === to) store<i32>(METER_SECOND, block);
      store<i32>(METER_LAST, block);
    }
    before = block;
  }
  return 1;
}

/** Order of two meter ids, four bytes at a time as big-endian numbers: zeros are behind them. */
function compareMeters(a: i32, b: i32): i32 {
  const aLength = idLengthOf(a);
  const bLength = idLengthOf(b);
  const aFrom = <i32>idOf(a);
  const bFrom = <i32>idOf(b);
  for (let i = 0; i < min(aLength, bLength); i += 4) {
    const left = bswap(load<u32>(aFrom + i));
    const right = bswap(load<u32>(bFrom + i));
    if (left !== right) return left < right ? -1 : 1;
  }
  return aLength - bLength;
}

/**
 * Goes through meters that are plain pairs of the ranges from `PAIR_RANGE_FROM` to below `PAIR_RANGE_TO`, and have
 * intervals of the same hours as those that `PAIR_...` tell of: `PAIR_TIMES` counts them.
 * @param from the first block of a meter
 * @param to where the last of these meters ends; another one begins there
 * @returns the first block of a meter that is otherwise, or `to`
 */
export function checkPairs(from: i32, to: i32, tolerance: f64): i32 {
  let at = from;
  while (at < to) {
    const other = at + <i32>sizeOf(at);
    if (other >= to || beginsMeter(other)) return at;
    const next = other + <i32>sizeOf(other);
    if ((next < to && !beginsMeter(next)) || !isPlainPair(at, other, tolerance)) return at;
    at = next;
  }
  return at;
}

/** Counts a pair. @returns false where it is not plain, or of other hours than those before it */
function isPlainPair(one: i32, other: i32, tolerance: f64): bool {
  const isSwapped = intervalChannel(one) >= 0;
  const a = isSwapped ? other : one;
  const b = isSwapped ? one : other;
  if (flagsOf(a) !== 0 || (flagsOf(b) & ~(EXPLICIT_STAMPS | WIDE_VALUES)) !== 0) return false;
  if (intervalChannel(b) !== channelOf(a)) return false;
  const interval = intervalOf(a);
  const count = countOf(a);
  if (interval === 0 || countOf(b) !== 2 || !isInRanges(a) || !isInRanges(b)) return false;
  const meta = behindId(a);
  if ((load<i32>(meta) & 7) === NO_DECIMALS) return false;
  const firstStamp = firstStampOf(a);
  const times = load<i32>(PAIR_TIMES);
  if (times === 0) {
    store<i32>(PAIR_FIRST_STAMP, firstStamp);
    store<i32>(PAIR_COUNT, count);
    store<i32>(PAIR_INTERVAL, interval);
  } else if (
    load<i32>(PAIR_FIRST_STAMP) !== firstStamp ||
    load<i32>(PAIR_COUNT) !== count ||
    load<i32>(PAIR_INTERVAL) !== interval
  ) {
    return false;
  }
  if (!isRegisterPlain(b, meta + 4, firstStamp, count, interval, tolerance)) return false;
  store<i32>(PAIR_TIMES, times + 1);
  return true;
}

function isInRanges(block: i32): bool {
  return rangeOf(block) >= load<i32>(PAIR_RANGE_FROM) && rangeOf(block) < load<i32>(PAIR_RANGE_TO);
}

/** The channel of the intervals that a block's register counts, or below 0. */
function intervalChannel(block: i32): i32 {
  const channel = channelOf(block);
  return load<i32>(INTERVAL_UNITS + (channel >> 2) * 4) * 4 + (channel & 3);
}

/** Whether the register rises, and by what the intervals add up to, where they are all there. */
function isRegisterPlain(
  block: i32,
  values: i32,
  firstStamp: i32,
  count: i32,
  interval: i32,
  tolerance: f64,
): bool {
  const flags = flagsOf(block);
  let at = behindId(block);
  let start = firstStampOf(block);
  let end = start + intervalOf(block);
  if ((flags & EXPLICIT_STAMPS) !== 0) {
    start = load<i32>(at);
    end = load<i32>(at + 4);
    at += 8;
  }
  const meta = load<i32>(at);
  at += 4;
  if (end <= start || (meta & 7) === NO_DECIMALS || meta >>> MASK_SHIFT !== 0) return false;
  let advance: f64 = 0;
  if ((flags & WIDE_VALUES) !== 0) {
    at = (at + 7) & ~7;
    advance = load<f64>(at + 8) - load<f64>(at);
  } else advance = <f64>load<i32>(at + 4) - <f64>load<i32>(at);
  if (advance < 0) return false;
  if ((start - firstStamp) % interval !== 0 || (end - start) % interval !== 0) return true;
  const first = (start - firstStamp) / interval + 1;
  const slots = (end - start) / interval;
  if (first < 0 || first + slots > count) return true;
  let sum: i64 = 0;
  for (let k = first; k < first + slots; k++) sum += load<i32>(values + k * 4);
  return abs(advance - <f64>sum) <= tolerance;
}
