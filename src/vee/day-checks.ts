import { UNITS_PER_ONE } from '../model/decimal.js';
import { OUTAGE_STATUS, statusOf } from '../model/quality.js';
import type { CarriedRun } from './day-history.js';
import type { Policy } from './policy.js';
import { SLOT_PASSED, type Slots } from './slots.js';

/** Checks 9 to 11 of docs/vee.md: they look at a whole day, and flag. */

/** Reference days without which check 11 does not apply. */
export const HIGH_LOW_REFERENCE_DAYS = 3;
/** Passed slots without which check 9 does not apply. */
const SPIKE_SLOTS = 3;

export interface Spike {
  slot: number;
  highest: number;
  thirdHighest: number;
}

/** Check 9: the spike among the passed slots `from` to `to - 1`, or null. */
export function findSpike(slots: Slots, from: number, to: number, policy: Policy): Spike | null {
  const { states, values } = slots;
  let passed = 0;
  let place = -1;
  let first = Number.NEGATIVE_INFINITY;
  let second = Number.NEGATIVE_INFINITY;
  let third = Number.NEGATIVE_INFINITY;
  for (let i = from; i < to; i++) {
    if (states[i] !== SLOT_PASSED) continue;
    passed++;
    const value = values[i]!;
    if (value > first) {
      third = second;
      second = first;
      first = value;
      place = i;
    } else if (value > second) {
      third = second;
      second = value;
    } else if (value > third) third = value;
  }
  if (passed < SPIKE_SLOTS || !isSpike(first, third, policy)) return null;
  return { slot: place, highest: first, thirdHighest: third };
}

/** Whether the highest value of a day is a spike beside the third-highest. */
export function isSpike(highest: number, thirdHighest: number, policy: Policy): boolean {
  if (highest < policy.spikeFloor) return false;
  return isProductAbove(highest - thirdHighest, UNITS_PER_ONE, policy.spikeRatio, thirdHighest);
}

/** a x b > c x d, exactly, for whole numbers. */
export function isProductAbove(a: number, b: number, c: number, d: number): boolean {
  const left = a * b;
  const right = c * d;
  if (Number.isSafeInteger(left) && Number.isSafeInteger(right)) return left > right;
  return BigInt(a) * BigInt(b) > BigInt(c) * BigInt(d);
}

export interface ValueRun {
  /** Last slot of the run in the day. */
  lastSlot: number;
  /** Slots from where it began, those of earlier days included. */
  slots: number;
  value: number;
}

/**
 * Check 10: runs of passed slots without outage status with one and the same value, zero or above, that touch
 * the slots `from` to `to - 1` and last as long as the policy says.
 * @param before the run that lasts to the beginning of the day
 */
export function findLongRuns(
  slots: Slots,
  from: number,
  to: number,
  before: CarriedRun,
  policy: Policy,
): ValueRun[] {
  const { values } = slots;
  const found: ValueRun[] = [];
  if (!mayHaveLongRun(slots, from, to, before, policy)) return found;
  let length = before.slots;
  let value = before.value;
  for (let i = from; i <= to; i++) {
    const isSound = i < to && isSoundSlot(slots, i);
    if (isSound && length > 0 && values[i] === value) {
      length++;
      continue;
    }
    if (i > from && length > 0 && isLongRun(length * slots.intervalMinutes, value, policy)) {
      found.push({ lastSlot: i - 1, slots: length, value });
    }
    length = isSound ? 1 : 0;
    value = isSound ? values[i]! : 0;
  }
  return found;
}

/** Whether values alone, whatever came with them, leave room for a run that is told: nearly no day does. */
function mayHaveLongRun(slots: Slots, from: number, to: number, before: CarriedRun, policy: Policy): boolean {
  const { values, intervalMinutes } = slots;
  const least = (Math.min(policy.zeroRunHours, policy.frozenRunHours) * 60) / intervalMinutes;
  let run = before.value === values[from] ? before.slots : 0;
  if (run + to - from < least) return false;
  run++;
  for (let i = from + 1; i < to && run < least; i++) run = values[i] === values[i - 1] ? run + 1 : 1;
  return run >= least;
}

const isSoundSlot = (slots: Slots, i: number): boolean =>
  slots.states[i] === SLOT_PASSED && (statusOf(slots.metas[i]!) & OUTAGE_STATUS) === 0;

/** Whether a run of one value lasts so long that it is told. */
export function isLongRun(minutes: number, value: number, policy: Policy): boolean {
  if (value === 0) return policy.actions.zeroRun !== 'ignore' && minutes >= policy.zeroRunHours * 60;
  return value > 0 && policy.actions.frozen !== 'ignore' && minutes >= policy.frozenRunHours * 60;
}

/**
 * Check 11: a day's total against the mean total of its reference days.
 * @returns -1 where it is low, 1 where it is high, else 0
 */
export function judgeTotal(total: number, totalsSum: number, count: number, policy: Policy): -1 | 0 | 1 {
  if (count < HIGH_LOW_REFERENCE_DAYS) return 0;
  if (isProductAbove(policy.low, totalsSum, total * count, UNITS_PER_ONE)) return -1;
  return isProductAbove(total * count, UNITS_PER_ONE, policy.high, totalsSum) ? 1 : 0;
}
