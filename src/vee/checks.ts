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

function judgeSlot(
  slots: Slots,
  i: number,
  check: number,
  lowest: number,
  highest: number,
  policy: Policy,
): void {
  const { states, checks, values } = slots;
  const value = values[i]!;
  const set = (code: number, fails: boolean) => {
    checks[i] = code;
    states[i] = fails ? SLOT_FAILED : SLOT_PASSED;
  };
  if (check === CHECK_OUTAGE_MISSING || check === CHECK_MISSING) set(check, true);
  else if (check === CHECK_OUTAGE && value === 0) set(CHECK_NONE, false);
  else if (check === CHECK_BAD_STATUS) set(check, policy.actions.badStatus === 'estimate');
  else if (value < lowest) set(CHECK_NEGATIVE, policy.actions.negative === 'estimate');
  else if (value > highest) set(CHECK_OVER_MAXIMUM, policy.actions.overMaximum === 'estimate');
  else if (check === CHECK_DOUBTFUL_STATUS) set(check, policy.actions.doubtfulStatus === 'estimate');
  else set(check === CHECK_OUTAGE ? CHECK_OUTAGE : CHECK_NONE, false);
}
