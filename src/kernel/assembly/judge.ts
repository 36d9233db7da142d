import {
  CHECKS_MAXIMUM,
  CHECKS_NEGATIVE,
  CHECKS_SPIKE,
  FLAG_BYTES,
  FLAG_META,
  FLAG_PLAIN,
  FLAG_QUALITY,
  FLAGS,
  JUDGED,
  JUDGED_BLOCK,
  JUDGED_BYTES,
  JUDGED_CLOSING,
  JUDGED_COUNT,
  JUDGED_FLAG,
  JUDGED_INTERVAL,
  JUDGED_OPENING,
  JUDGED_READS,
  JUDGED_ROOM,
  JUDGED_SUM,
  JUDGED_TAIL,
  JUDGED_VALUES,
  POLICY_CHECKS,
  POLICY_RUN_MINUTES,
  POLICY_SPIKE_FLOOR,
  POLICY_SPIKE_RATIO,
  POLICY_SUM_TOLERANCE,
  TAIL_BYTES,
  TAIL_CHANNEL,
  TAIL_COUNT,
  TAIL_INTERVAL,
  TAILS,
  UNIT_BYTES,
  UNIT_IS_KWH,
  UNIT_IS_ONE_WAY,
  UNIT_IS_REGISTER,
  UNIT_TABLE,
} from '../settle-memory';
import {
  channelOf,
  countOf,
  EXPLICIT_STAMPS,
  firstStampOf,
  flagsOf,
  idLengthOf,
  idOf,
  intervalOf,
  WIDE_VALUES,
} from './block';
import { agreesWithPast } from './past-days';
import { beginMeter, CLOSING, hasReads, meetsPast, OPENING } from './past-reads';
import { describe, maximumPerHour, multiplier, policy, policyBit, registerOf } from './register-rows';

const MINUTES_PER_DAY = 1440;
/** Reads of a record of the output, at the most. */
const RECORD_READS_MAX = 48;
const UNITS_PER_ONE: i64 = 100_000;
/** Products of two numbers below these fit 64 bits. */
const FACTORS_BELOW: f64 = 2147483648;
const ADVANCES_BELOW: i64 = 1 << 45;

/** Why a meter is not settled here. */
export const OTHER = 1;
export const UNKNOWN_FLAG = 2;
export const UNKNOWN_TAIL = 3;

/** The day that is settled: its bounds in minutes since 1970, UTC. */
export let dayStart: i32 = 0;
let flagCount: i32 = 0;
let tailCount: i32 = 0;
let lastFlag: usize = FLAGS;
let lastTail: usize = TAILS;

export function setDay(start: i32): void {
  dayStart = start;
}
/** How many entries FLAGS and TAILS have; what lies behind them is of an earlier partition. */
export function setCounts(flags: i32, tails: i32): void {
  flagCount = flags;
  tailCount = tails;
  lastFlag = FLAGS;
  lastTail = TAILS;
}

/** The entry of a meta word, or 0. */
function findFlag(meta: i32): usize {
  if (flagCount > 0 && load<i32>(lastFlag + FLAG_META) === meta) return lastFlag;
  for (let i = 0; i < flagCount; i++) {
    const flag = FLAGS + i * FLAG_BYTES;
    if (load<i32>(flag + FLAG_META) !== meta) continue;
    lastFlag = flag;
    return flag;
  }
  return 0;
}

/** The end of a header, or 0. */
function findTail(channel: i32, interval: i32, count: i32): usize {
  // Channels of a meter alternate: the one behind the last one is most likely the next.
  let tail = lastTail;
  for (let i = 0; i < tailCount; i++) {
    tail += TAIL_BYTES;
    if (tail >= <usize>(TAILS + tailCount * TAIL_BYTES)) tail = TAILS;
    if (load<i32>(tail + TAIL_CHANNEL) !== channel) continue;
    if (load<i32>(tail + TAIL_INTERVAL) !== interval || load<i32>(tail + TAIL_COUNT) !== count) continue;
    lastTail = tail;
    return tail;
  }
  return 0;
}

/**
 * Judges the blocks of a meter into JUDGED: whether each is the only one of its channel and of a plain day.
 * @param starts words at which the blocks begin
 * @returns 0, or why it is not
 */
export function judgeMeter(blocks: usize, starts: usize, count: i32): i32 {
  if (count > JUDGED_ROOM) return OTHER;
  let channel = -1;
  beginMeter();
  for (let i = 0; i < count; i++) {
    const block = blocks + (load<i32>(starts + (i << 2)) << 2);
    if (channelOf(block) <= channel) return OTHER;
    channel = channelOf(block);
    store<usize>(JUDGED + i * JUDGED_BYTES + JUDGED_BLOCK, block);
  }
  for (let i = 0; i < count; i++) {
    const judged: usize = JUDGED + i * JUDGED_BYTES;
    const unit = channelOf(load<usize>(judged + JUDGED_BLOCK)) >> 2;
    if ((bitsOf(unit) & UNIT_IS_REGISTER) === 0) continue;
    if (!describe(unit)) return OTHER;
    const why = judgeRegister(judged);
    if (why !== 0) return why;
  }
  for (let i = 0; i < count; i++) {
    const judged: usize = JUDGED + i * JUDGED_BYTES;
    const unit = channelOf(load<usize>(judged + JUDGED_BLOCK)) >> 2;
    if ((bitsOf(unit) & UNIT_IS_REGISTER) !== 0) continue;
    if (!describe(unit)) return OTHER;
    const why = judgeIntervals(judged);
    if (why !== 0) return why;
    if (!registerAgrees(judged, i, count) || !agreesWithPast(judged)) return OTHER;
  }
  return 0;
}

function bitsOf(unit: i32): i32 {
  return <i32>load<u8>(UNIT_TABLE + unit * UNIT_BYTES);
}

/** Reads of a register: one or two, at the bounds of the day. */
function judgeRegister(judged: usize): i32 {
  const block = load<usize>(judged + JUDGED_BLOCK);
  const flags = flagsOf(block);
  const count = countOf(block);
  if ((flags & ~(WIDE_VALUES | EXPLICIT_STAMPS)) !== 0 || count < 1 || count > 2) return OTHER;
  let at = idOf(block) + ((idLengthOf(block) + 3) & ~3);
  const first = firstStampOf(block);
  let last = first + (count - 1) * intervalOf(block);
  if ((flags & EXPLICIT_STAMPS) !== 0) {
    last = load<i32>(at + ((count - 1) << 2));
    at += count << 2;
  }
  let reads = OPENING | CLOSING;
  if (count === 1) reads = first === dayStart ? OPENING : CLOSING;
  else if (first !== dayStart) return OTHER;
  if (reads !== OPENING && last !== dayStart + MINUTES_PER_DAY) return OTHER;
  const flag = findFlag(load<i32>(at));
  if (flag === 0) return UNKNOWN_FLAG;
  const tail = findTail(channelOf(block), 0, 1);
  if (tail === 0) return UNKNOWN_TAIL;
  at += 4;
  const isWide = (flags & WIDE_VALUES) !== 0;
  if (isWide) at = (at + 7) & ~7;
  const size = isWide ? 8 : 4;
  store<usize>(judged + JUDGED_FLAG, flag);
  store<usize>(judged + JUDGED_TAIL, tail);
  store<i32>(judged + JUDGED_COUNT, 0);
  store<i32>(judged + JUDGED_READS, reads);
  store<i64>(judged + JUDGED_OPENING, valueAt(at, isWide));
  store<i64>(judged + JUDGED_CLOSING, valueAt(at + (count - 1) * size, isWide));
  return !hasReads || meetsPast(judged, dayStart) ? 0 : OTHER;
}

function valueAt(at: usize, isWide: bool): i64 {
  return isWide ? <i64>load<f64>(at) : <i64>load<i32>(at);
}

/** Intervals: all slots of the day, with one plain flag and usual values. */
function judgeIntervals(judged: usize): i32 {
  const block = load<usize>(judged + JUDGED_BLOCK);
  const interval = intervalOf(block);
  const count = countOf(block);
  if (flagsOf(block) !== 0 || interval * count !== MINUTES_PER_DAY) return OTHER;
  if (slotsBefore(interval) < 0 || firstStampOf(block) - interval !== dayStart) return OTHER;
  const at = idOf(block) + ((idLengthOf(block) + 3) & ~3);
  const flag = findFlag(load<i32>(at));
  if (flag === 0 || load<i32>(flag + FLAG_QUALITY) < 0) return UNKNOWN_FLAG;
  if ((load<i32>(flag + FLAG_PLAIN) & policyBit) === 0) return OTHER;
  const tail = findTail(channelOf(block), interval, min(count, RECORD_READS_MAX));
  if (tail === 0) return UNKNOWN_TAIL;
  store<usize>(judged + JUDGED_FLAG, flag);
  store<usize>(judged + JUDGED_TAIL, tail);
  store<i32>(judged + JUDGED_INTERVAL, interval);
  store<usize>(judged + JUDGED_VALUES, at + 4);
  store<i32>(judged + JUDGED_COUNT, count);
  return areUsual(judged, bitsOf(channelOf(block) >> 2)) ? 0 : OTHER;
}

/** Slots of the intervals that stand before this one in the tables, or -1 where it is not settled here. */
export function slotsBefore(interval: i32): i32 {
  if (interval === 60) return 0;
  if (interval === 30) return 24;
  if (interval === 15) return 72;
  return interval === 5 ? 168 : -1;
}

/** Whether all values are within bounds, and neither a spike nor a long run is among them; sums them. */
function areUsual(judged: usize, unitBits: i32): bool {
  const values = load<usize>(judged + JUDGED_VALUES);
  const count = load<i32>(judged + JUDGED_COUNT);
  const interval = load<i32>(judged + JUDGED_INTERVAL);
  const checks = load<i32>(policy + POLICY_CHECKS);
  const isKwh = (unitBits & UNIT_IS_KWH) !== 0;
  const isNegativeBad = (checks & CHECKS_NEGATIVE) !== 0 && (unitBits & UNIT_IS_ONE_WAY) !== 0;
  const lowest: i64 = isNegativeBad ? 0 : i64.MIN_VALUE;
  const isBounded = isKwh && (checks & CHECKS_MAXIMUM) !== 0;
  const highest = isBounded ? (maximumPerHour * <f64>interval) / 60 : Infinity;
  const runBound = min(<f64>count, load<f64>(policy + POLICY_RUN_MINUTES) / <f64>interval);
  let sum: i64 = 0;
  let top: i32 = i32.MIN_VALUE;
  let bottom: i32 = i32.MAX_VALUE;
  let longest = 1;
  let run = 1;
  let previous = load<i32>(values);
  sum = previous;
  top = previous;
  bottom = previous;
  for (let i = 1; i < count; i++) {
    const value = load<i32>(values + (i << 2));
    sum += <i64>value;
    top = max(top, value);
    bottom = min(bottom, value);
    run = value === previous ? run + 1 : 1;
    longest = max(longest, run);
    previous = value;
  }
  store<i64>(judged + JUDGED_SUM, sum);
  if (<i64>bottom < lowest || <f64>top > highest || <f64>longest >= runBound) return false;
  if (!isKwh || (checks & CHECKS_SPIKE) === 0) return true;
  if (<f64>top < load<f64>(policy + POLICY_SPIKE_FLOOR)) return true;
  const third = thirdHighest(values, count);
  const ratio = <i64>load<f64>(policy + POLICY_SPIKE_RATIO);
  return (<i64>top - <i64>third) * UNITS_PER_ONE <= ratio * <i64>third;
}

function thirdHighest(values: usize, count: i32): i32 {
  let one: i32 = i32.MIN_VALUE;
  let two: i32 = i32.MIN_VALUE;
  let three: i32 = i32.MIN_VALUE;
  for (let i = 0; i < count; i++) {
    const value = load<i32>(values + (i << 2));
    if (value <= three) continue;
    if (value > one) {
      three = two;
      two = one;
      one = value;
    } else if (value > two) {
      three = two;
      two = value;
    } else three = value;
  }
  return three;
}

/** Whether the register's reads, where both are there or the history has the first, advance as the intervals say (check 8). */
function registerAgrees(judged: usize, own: i32, count: i32): bool {
  const channel = channelOf(load<usize>(judged + JUDGED_BLOCK));
  const wanted = (registerOf(channel >> 2) << 2) | (channel & 3);
  for (let i = own + 1; i < count; i++) {
    const register: usize = JUDGED + i * JUDGED_BYTES;
    if (channelOf(load<usize>(register + JUDGED_BLOCK)) !== wanted) continue;
    if (!hasReads && load<i32>(register + JUDGED_READS) !== (OPENING | CLOSING)) return true;
    const dial = load<i64>(register + JUDGED_CLOSING) - load<i64>(register + JUDGED_OPENING);
    if (dial < 0 || dial >= ADVANCES_BELOW || multiplier >= FACTORS_BELOW / 4) return false;
    let advance = dial;
    if (<i64>multiplier !== UNITS_PER_ONE) {
      if (<f64>dial >= FACTORS_BELOW) return false;
      advance = (2 * dial * <i64>multiplier + UNITS_PER_ONE) / (2 * UNITS_PER_ONE);
    }
    const sum = load<i64>(judged + JUDGED_SUM);
    const difference = sum > advance ? sum - advance : advance - sum;
    if (difference >= ADVANCES_BELOW) return false;
    return difference * UNITS_PER_ONE <= <i64>load<f64>(policy + POLICY_SUM_TOLERANCE) * <i64>multiplier;
  }
  return true;
}
