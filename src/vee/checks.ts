import {
  BAD_STATUS,
  DOUBTFUL_STATUS,
  decimalsOf,
  LETTER_ESTIMATED,
  LETTER_NO_VALUE,
  letterOf,
  NO_DECIMALS,
  STATUS,
  statusOf,
} from '../model/quality.js';
import type { Policy } from './policy.js';
import {
  CHECK_BAD_STATUS,
  CHECK_DOUBTFUL_STATUS,
  CHECK_MISSING,
  CHECK_NEGATIVE,
  CHECK_NONE,
  CHECK_OUTAGE,
  CHECK_OUTAGE_MISSING,
  CHECK_OVER_MAXIMUM,
  ORIGIN_NEW,
  SLOT_FAILED,
  SLOT_PASSED,
  type Slots,
} from './slots.js';

/** What checks 6 and 7 need to know of a channel. */
export interface ChannelLimits {
  /** Energy delivered or received, each by itself: a negative value cannot be. */
  isOneWayEnergy: boolean;
  /** Delivered or received kWh: checks 7 and 9 apply. */
  isKwh: boolean;
  /** Highest value of one slot in 0.00001; infinity where the check does not apply. */
  maximumValue: number;
}

/** Checks 3, 4 and 5 hang on the meta word alone, and nearly all slots have the same: it is kept. */
let lastMeta = -1;
let lastPolicy: Policy | null = null;
let lastCheck = CHECK_NONE;

/**
 * Check that a meta word alone leads to (checks 3 to 5 of docs/vee.md): CHECK_NONE for a plain value.
 * CHECK_OUTAGE says that there is a value in a complete outage, which passes where it is zero.
 */
function checkOfMeta(meta: number, policy: Policy): number {
  if (meta === lastMeta && policy === lastPolicy) return lastCheck;
  lastMeta = meta;
  lastPolicy = policy;
  lastCheck = judgeMeta(meta, policy);
  return lastCheck;
}

function judgeMeta(meta: number, policy: Policy): number {
  const status = statusOf(meta);
  const letter = letterOf(meta);
  const hasNoValue =
    decimalsOf(meta) === NO_DECIMALS ||
    letter === LETTER_NO_VALUE ||
    (status & STATUS.missing) !== 0 ||
    (policy.distrustHeadEndEstimates && letter === LETTER_ESTIMATED);
  if ((status & STATUS.completeOutage) !== 0) return hasNoValue ? CHECK_OUTAGE_MISSING : CHECK_OUTAGE;
  if (hasNoValue) return CHECK_MISSING;
  if ((status & BAD_STATUS) !== 0 && policy.actions.badStatus !== 'ignore') return CHECK_BAD_STATUS;
  if ((status & DOUBTFUL_STATUS) !== 0 && policy.actions.doubtfulStatus !== 'ignore') {
    return CHECK_DOUBTFUL_STATUS;
  }
  return CHECK_NONE;
}

/** Whether checks 3 to 5 have nothing to say of a meta word. */
export const isPlainMeta = (meta: number, policy: Policy): boolean =>
  checkOfMeta(meta, policy) === CHECK_NONE;

/** Bounds of checks 6 and 7 for a channel: infinite where a check does not apply. */
export const lowestValue = (limits: ChannelLimits, policy: Policy): number =>
  limits.isOneWayEnergy && policy.actions.negative !== 'ignore' ? 0 : Number.NEGATIVE_INFINITY;
export const highestValue = (limits: ChannelLimits, policy: Policy): number =>
  policy.actions.overMaximum !== 'ignore' ? limits.maximumValue : Number.POSITIVE_INFINITY;

/**
 * Checks 3 to 7 on the slots `from` to `to - 1` that came in this run or wait from an earlier one: sets
 * state and check of each.
 * @returns how many of them have anything but a plain pass (a check failed or flagged)
 */
export function validateSlots(
  slots: Slots,
  from: number,
  to: number,
  limits: ChannelLimits,
  policy: Policy,
): number {
  const { values, metas, states, origins } = slots;
  const lowest = lowestValue(limits, policy);
  const highest = highestValue(limits, policy);
  let remarkable = 0;
  for (let i = from; i < to; i++) {
    if (origins[i] !== ORIGIN_NEW && states[i] !== SLOT_FAILED) continue;
    const value = values[i]!;
    const check = checkOfMeta(metas[i]!, policy);
    if (check === CHECK_NONE && value >= lowest && value <= highest) {
      states[i] = SLOT_PASSED;
      continue;
    }
    remarkable++;
    judgeSlot(slots, i, check, lowest, highest, policy);
  }
  return remarkable;
}

/** Checks 5 to 7 in their order, with what they do about a slot. */
const FURTHER_CHECKS = [
  [CHECK_BAD_STATUS, 'badStatus'],
  [CHECK_DOUBTFUL_STATUS, 'doubtfulStatus'],
  [CHECK_NEGATIVE, 'negative'],
  [CHECK_OVER_MAXIMUM, 'overMaximum'],
] as const;

/** Judges a slot that is not plain: the first check that wants an estimate decides, else the first flag. */
function judgeSlot(
  slots: Slots,
  i: number,
  check: number,
  lowest: number,
  highest: number,
  policy: Policy,
): void {
  const { states, checks, values, metas } = slots;
  if (check === CHECK_MISSING || check === CHECK_OUTAGE_MISSING) {
    checks[i] = check;
    states[i] = SLOT_FAILED;
    return;
  }
  const failed = findFlags(values[i]!, metas[i]!, lowest, highest, policy);
  checks[i] = failed === CHECK_NONE ? (flags[0] ?? CHECK_NONE) : failed;
  states[i] = failed === CHECK_NONE ? SLOT_PASSED : SLOT_FAILED;
}

/** Checks that flag the value that was looked at last, in their order. */
const flags: number[] = [];

/**
 * Checks 4 to 7 on a value: puts those that flag it into `flags`.
 * @returns the first that wants an estimate, which ends the list, or CHECK_NONE
 */
function findFlags(value: number, meta: number, lowest: number, highest: number, policy: Policy): number {
  const status = statusOf(meta);
  flags.length = 0;
  if ((status & STATUS.completeOutage) !== 0) {
    // Check 4 accepts a zero in a complete outage, whatever else its status says.
    if (value === 0) return CHECK_NONE;
    flags.push(CHECK_OUTAGE);
  }
  for (const [code, name] of FURTHER_CHECKS) {
    const action = policy.actions[name];
    if (action === 'ignore' || !applies(code, value, status, lowest, highest)) continue;
    if (action === 'estimate') return code;
    flags.push(code);
  }
  return CHECK_NONE;
}

function applies(code: number, value: number, status: number, lowest: number, highest: number): boolean {
  if (code === CHECK_BAD_STATUS) return (status & BAD_STATUS) !== 0;
  if (code === CHECK_DOUBTFUL_STATUS) return (status & DOUBTFUL_STATUS) !== 0;
  return code === CHECK_NEGATIVE ? value < lowest : value > highest;
}

/** All checks that flag a value that passed, in their order; good until the next call. */
export function flagsOf(
  value: number,
  meta: number,
  limits: ChannelLimits,
  policy: Policy,
): readonly number[] {
  findFlags(value, meta, lowestValue(limits, policy), highestValue(limits, policy), policy);
  return flags;
}
