import { multiplyDivideHalfUp, roundToDecimals } from '../model/decimal.js';
import { OUTAGE_STATUS, statusOf } from '../model/quality.js';
import type { Policy } from './policy.js';
import {
  CHECK_OUTAGE_MISSING,
  isNeedy,
  METHOD_LINEAR,
  METHOD_OUTAGE_ZERO,
  SLOT_COVERED,
  SLOT_ESTIMATED,
  SLOT_OUTAGE_ZERO,
  SLOT_PASSED,
  type Slots,
} from './slots.js';

/**
 * E1 `outage-zero`: a slot without a value in a complete outage is 0.
 * @returns how many slots were filled
 */
export function estimateOutageZero(slots: Slots, from: number, to: number): number {
  const { states, checks, finals, methods } = slots;
  let filled = 0;
  for (let i = from; i < to; i++) {
    if (!isNeedy(states[i]!) || checks[i] !== CHECK_OUTAGE_MISSING) continue;
    states[i] = SLOT_OUTAGE_ZERO;
    finals[i] = 0;
    methods[i] = METHOD_OUTAGE_ZERO;
    filled++;
  }
  return filled;
}

/** Whether a slot can bound a straight line: an actual value that passed, without outage status. */
function isSound(slots: Slots, i: number): boolean {
  return slots.states[i] === SLOT_PASSED && (statusOf(slots.metas[i]!) & OUTAGE_STATUS) === 0;
}

/** Whether a slot belongs to a run that wants a straight line: no value that passed, and not E1's. */
export function isInRun(slots: Slots, i: number): boolean {
  const state = slots.states[i]!;
  if (state === SLOT_PASSED || state === SLOT_OUTAGE_ZERO || state === SLOT_COVERED) return false;
  return slots.checks[i] !== CHECK_OUTAGE_MISSING;
}

/**
 * E2 `linear` for the slots `from` to `to - 1` of one read day: an unbroken run of slots that need an
 * estimate, at most `linearHours` long, is filled by a straight line between the slots just before and
 * after it. The run may reach into the days around, of which only this day's slots are filled here: k-th
 * of n: a + (b - a) x k / (n + 1), rounded half up to 0.00001.
 * @returns how many slots were filled
 */
export function estimateLinear(slots: Slots, from: number, to: number, policy: Policy): number {
  const runMax = Math.floor((policy.linearHours * 60) / slots.intervalMinutes);
  let filled = 0;
  let i = from;
  while (i < to) {
    if (!isInRun(slots, i)) {
      i++;
      continue;
    }
    let first = i;
    while (first > 0 && i - first <= runMax && isInRun(slots, first - 1)) first--;
    let end = i + 1;
    while (end < slots.slotCount && end - first <= runMax && isInRun(slots, end)) end++;
    if (end - first <= runMax && first > 0 && end < slots.slotCount)
      filled += fillLine(slots, first, end, from, to);
    while (i < to && isInRun(slots, i)) i++;
    i = Math.max(i, end);
  }
  return filled;
}

function fillLine(slots: Slots, first: number, end: number, from: number, to: number): number {
  if (!isSound(slots, first - 1) || !isSound(slots, end)) return 0;
  const before = slots.values[first - 1]!;
  const rise = slots.values[end]! - before;
  const n = end - first;
  let filled = 0;
  for (let i = Math.max(first, from); i < Math.min(end, to); i++) {
    slots.finals[i] = before + multiplyDivideHalfUp(rise, i - first + 1, n + 1);
    slots.states[i] = SLOT_ESTIMATED;
    slots.methods[i] = METHOD_LINEAR;
    filled++;
  }
  return filled;
}

/** Rounds the estimates of E2 to E5 among the slots that no scaling touched to the policy's decimals. */
export function roundEstimates(slots: Slots, from: number, to: number, policy: Policy): void {
  for (let i = from; i < to; i++) {
    if (slots.states[i] === SLOT_ESTIMATED && slots.scales[i] === 0) {
      slots.finals[i] = roundToDecimals(slots.finals[i]!, policy.decimals);
    }
  }
}
