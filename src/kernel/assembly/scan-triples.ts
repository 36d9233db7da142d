/** Reading the triples of plain lines, most of the bytes of a file. */

import {
  FLAG_BYTES,
  FLAG_COUNT,
  FLAG_LENGTH,
  FLAG_MASK,
  FLAG_META,
  FLAGS,
  LATEST_STAMP,
  SCRATCH_METAS,
  SCRATCH_STAMPS,
  SCRATCH_VALUES,
  SHAPE_GRID,
  SHAPE_INTERVAL,
  SHAPE_IS_REGISTER,
  SHAPE_MINUTES,
  SHAPE_READS,
  SHAPE_RUN,
  SHAPE_RUN_FLAG,
  SHAPE_STAMPS,
  SHAPE_STAMPS_MAX,
  ZONE,
} from './scan-layout';
import { readStamp } from './scan-stamp';
import { ABOVE_NINE, DOT_LESS_ZERO, decimals, EIGHT_ZEROS, LOW_BITS, readValue, value } from './scan-value';

const CR: u8 = 13;
const LF: u8 = 10;
const COMMA: u8 = 44;
/** Bytes of a stamp with its comma, and a bit for each. */
const STAMP_BYTES: i32 = 13;
const STAMP_BITS: i32 = 0x1fff;
/** Bits of a meta word: no value; the letter, and the one that stands for no value (`model/quality`). */
const NO_DECIMALS: i32 = 7;
const DECIMAL_BITS: i32 = 7;
const LETTER_BITS: i32 = 0x38;
const LETTER_NO_VALUE: i32 = 0x20;

/** Bytes of a stamp and what follows it that one comparison takes. */
const COMPARED_BYTES: i32 = 16;
/** Less the digit 0 bit by bit, `d.ddd,` and the same with a CR: where bytes that are no digits stand, and the point. */
const SIX_BYTES_HIGH: u64 = 0x808080808080;
const POINT_AND_END: u64 = 0x800000008000;

/** What `readTriples` found, besides the columns. */
export let isRegular: bool = false;
export let hasMixedMetas: bool = false;
export let hasWideValues: bool = false;
export let firstStamp: i32 = 0;
export let lastStamp: i32 = 0;
export let sum: i64 = 0;

/** The flag that was seen last. */
let flag: i32 = 0;

/**
 * Reads the triples of a record whose stamps rise by the interval (of a register: rise), whose flags are empty
 * or known, and whose values are plain decimals or, after a flag that says so, not there. Stamps, values and
 * meta words go to the scratch columns, values that fit 32 bits to `words` too.
 *
 * |       | stamp                  | flag        | value                                  |
 * | ----- | ---------------------- | ----------- | -------------------------------------- |
 * | bytes | `CCYYMMDDHHMM,` or `,` | `,` or known | a plain decimal, `,` or the line's end  |
 *
 * Nearly all records of a file are of the same hours, so a stamp is first compared, sixteen bytes at a time, with
 * the one that stood in its place the last time.
 * @returns where the line's content ends (at CR or LF), or 0 where anything is otherwise
 */
export function readTriples(from: i32, to: i32, shape: i32, words: i32): i32 {
  if (load<i32>(shape + SHAPE_RUN) === load<i32>(shape + SHAPE_READS)) {
    const end = readRun(from, shape, words);
    if (end !== 0) return end < to && lastStamp <= load<i32>(LATEST_STAMP) ? end : 0;
  }
  return readEach(from, to, shape, words);
}

/** The same, triple by triple. */
function readEach(from: i32, to: i32, shape: i32, words: i32): i32 {
  const count = load<i32>(shape + SHAPE_READS);
  const interval = load<i32>(shape + SHAPE_INTERVAL);
  const isRegister = load<i32>(shape + SHAPE_IS_REGISTER) !== 0;
  const zone = load<i32>(ZONE);
  if (flag === 0) flag = FLAGS;
  let at = from;
  let stamp: i32 = 0;
  let regular = true;
  let firstMeta: i32 = 0;
  let difference: i32 = 0;
  let total: i64 = 0;
  let wide: i64 = 0;
  let explicit: i32 = 0;
  for (let k = 0; k < count; k++) {
    if (at >= to) return 0;
    if (load<u8>(at) === COMMA) {
      if (k === 0 || interval === 0) return 0;
      stamp += interval;
      at++;
    } else {
      const previous = stamp;
      stamp = stampAt(at, k, shape);
      if (stamp < 0) return 0;
      if (k > 0 && (stamp - previous !== interval || interval === 0)) {
        if (!isRegister || stamp <= previous) return 0;
        regular = false;
      }
      at += STAMP_BYTES;
      explicit++;
    }
    let meta: i32 = 0;
    if (load<u8>(at) !== COMMA) {
      if (!hasFlag(at, flag) && !findFlag(at)) return 0;
      meta = load<i32>(flag + FLAG_META);
      at += load<i32>(flag + FLAG_LENGTH);
    }
    at++;
    let number: i64 = 0;
    if ((meta & LETTER_BITS) === LETTER_NO_VALUE) meta |= NO_DECIMALS;
    else {
      at = readValue(at);
      if (at === 0) return 0;
      number = value;
      meta |= decimals;
    }
    store<i64>(SCRATCH_VALUES + k * 8, number);
    store<i32>(SCRATCH_STAMPS + k * 4, stamp - zone);
    store<i32>(SCRATCH_METAS + k * 4, meta);
    store<i32>(words + k * 4, <i32>number);
    total += number;
    wide |= number;
    if (k === 0) firstMeta = meta;
    difference |= meta ^ firstMeta;
    if (k < count - 1 && load<u8>(at++) !== COMMA) return 0;
  }
  if (at >= to || (load<u8>(at) !== CR && load<u8>(at) !== LF)) return 0;
  isRegular = regular;
  hasMixedMetas = difference !== 0;
  hasWideValues = wide >> 31 !== 0;
  firstStamp = load<i32>(SCRATCH_STAMPS);
  lastStamp = stamp - zone;
  sum = total;
  // Decimals may differ from line to line: the flags alone must be the same.
  if (regular && explicit === count && (difference & ~DECIMAL_BITS) === 0) learnRun(shape, firstMeta);
  return lastStamp > load<i32>(LATEST_STAMP) ? 0 : at;
}

/** Minutes of the stamp in the k-th triple, remembered when they are new; -1 where it is not a plain one. */
function stampAt(at: i32, k: i32, shape: i32): i32 {
  const known = shape + SHAPE_STAMPS + k * 16;
  const minutes = shape + SHAPE_MINUTES + k * 4;
  if (k < SHAPE_STAMPS_MAX) {
    const same = i8x16.bitmask(i8x16.eq(v128.load(at), v128.load(known)));
    if ((same & STAMP_BITS) === STAMP_BITS) return load<i32>(minutes);
  }
  if (load<u8>(at + STAMP_BYTES - 1) !== COMMA) return -1;
  const stamp = readStamp(at);
  if (stamp < 0 || stamp % load<i32>(shape + SHAPE_GRID) !== 0) return -1;
  if (k < SHAPE_STAMPS_MAX) {
    store<i32>(shape + SHAPE_RUN, 0);
    v128.store(known, v128.load(at));
    store<i32>(minutes, stamp);
  }
  return stamp;
}

function hasFlag(at: i32, candidate: i32): bool {
  return (load<u64>(at) & load<u64>(candidate + FLAG_MASK)) === load<u64>(candidate);
}

/** Looks for another flag than the last one. */
function findFlag(at: i32): bool {
  for (let i = 0; i < load<i32>(FLAG_COUNT); i++) {
    const candidate = FLAGS + i * FLAG_BYTES;
    if (!hasFlag(at, candidate)) continue;
    flag = candidate;
    return true;
  }
  return false;
}

/** Takes the stamps that are known, and the flag of the last triple, as those that the next lines will have. */
function learnRun(shape: i32, meta: i32): void {
  const count = load<i32>(shape + SHAPE_READS);
  if (count > SHAPE_STAMPS_MAX || (meta & LETTER_BITS) === LETTER_NO_VALUE) return;
  const runFlag = (meta & ~DECIMAL_BITS) === 0 ? 0 : flag;
  const text = runFlag === 0 ? <u64>COMMA : load<u64>(runFlag);
  for (let k = 0; k < count; k++) {
    const known = shape + SHAPE_STAMPS + k * 16 + STAMP_BYTES;
    store<u16>(known, <u16>text);
    store<u8>(known + 2, <u8>(text >> 16));
  }
  store<i32>(shape + SHAPE_RUN, count);
  store<i32>(shape + SHAPE_RUN_FLAG, runFlag);
}

/**
 * The same for a line with the very stamps and flag that are known, values of as many decimals, and 32 bits: by far
 * the most lines. A value of `d.ddd` is told by the place of its point and its end.
 * @returns where the line's content ends, or 0 where anything is otherwise
 */
function readRun(from: i32, shape: i32, words: i32): i32 {
  const count = load<i32>(shape + SHAPE_READS);
  const runFlag = load<i32>(shape + SHAPE_RUN_FLAG);
  const flagLength = runFlag === 0 ? 0 : load<i32>(runFlag + FLAG_LENGTH);
  const prefix = STAMP_BYTES + flagLength + 1;
  const bits = prefix >= COMPARED_BYTES ? 0xffff : (1 << prefix) - 1;
  let known = shape + SHAPE_STAMPS;
  let at = from;
  let places: i32 = -1;
  let total: i64 = 0;
  for (let k = 0; k < count; k++, known += 16) {
    if ((~i8x16.bitmask(i8x16.eq(v128.load(at), v128.load(known))) & bits) !== 0) return 0;
    if (prefix > COMPARED_BYTES && !hasFlag(at + STAMP_BYTES, runFlag)) return 0;
    at += prefix;
    const word = load<u64>(at) ^ EIGHT_ZEROS;
    const others = (((word & LOW_BITS) + ABOVE_NINE) | word) & SIX_BYTES_HIGH;
    if (others === POINT_AND_END && ((word >> 8) & 0xff) === DOT_LESS_ZERO) {
      if (places !== 3) {
        if (places >= 0) return 0;
        places = 3;
      }
      let digits = <u32>(word & 0xff) | <u32>((word >> 8) & 0xffffff00);
      digits = (digits * 10 + (digits >> 8)) & 0x00ff00ff;
      const number = ((digits * 100 + (digits >> 16)) & 0xffff) * 100;
      store<i32>(words + k * 4, number);
      total += number;
      at += 6;
    } else {
      at = readValue(at) + 1;
      if (at === 1 || value >> 31 !== 0 || (places >= 0 && places !== decimals)) return 0;
      places = decimals;
      store<i32>(words + k * 4, <i32>value);
      total += value;
    }
    if (load<u8>(at - 1) !== COMMA && k < count - 1) return 0;
  }
  const end = at - 1;
  if (load<u8>(end) !== CR && load<u8>(end) !== LF) return 0;
  const meta = (runFlag === 0 ? 0 : load<i32>(runFlag + FLAG_META)) | places;
  const zone = load<i32>(ZONE);
  isRegular = true;
  hasMixedMetas = false;
  hasWideValues = false;
  firstStamp = load<i32>(shape + SHAPE_MINUTES) - zone;
  lastStamp = load<i32>(shape + SHAPE_MINUTES + (count - 1) * 4) - zone;
  sum = total;
  store<i32>(SCRATCH_METAS, meta);
  return end;
}
