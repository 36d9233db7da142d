import { formatDecimal, multiplyDivideHalfUp, UNITS_PER_ONE } from '../model/decimal.js';
import { MINUTES_PER_DAY } from '../model/time.js';
import { type ChannelLimits, highestValue } from './checks.js';
import { estimateLinear, estimateOutageZero, roundEstimates } from './estimate.js';
import type { Policy } from './policy.js';
import { type RegisterFacts, type RegisterReads, registerAdvance } from './register-span.js';
import { scaleEstimates } from './scaling.js';
import {
  METHOD_NONE,
  SLOT_ESTIMATED,
  SLOT_OUTAGE_ZERO,
  SLOT_PASSED,
  SLOT_UNRESOLVED,
  type Slots,
} from './slots.js';

/** What a day is settled with. */
export interface DayContext {
  limits: ChannelLimits;
  register: RegisterFacts;
  reads: RegisterReads;
  policy: Policy;
  /** Minutes that market time is ahead of UTC. */
  zoneMinutes: number;
  /** Told of what a person should look at. */
  tell(code: string, slot: number, detail: string): void;
}

/**
 * Settles one read day of a channel (docs/vee.md): estimates each slot that did not pass, scales the
 * estimates to the register's advance where a span is covered, and checks register against intervals.
 * Slots of other days are looked at, never changed.
 * @param day index of the read day in the window
 * @returns how many register spans were scaled
 */
export function settleDay(slots: Slots, day: number, context: DayContext): number {
  const { states } = slots;
  const from = day * slots.slotsPerDay;
  const to = from + slots.slotsPerDay;
  let open = 0;
  for (let i = from; i < to; i++) if (states[i] !== SLOT_PASSED) open++;
  if (open > 0) {
    open -= estimateOutageZero(slots, from, to);
    if (open > 0) open -= estimateLinear(slots, from, to, context.policy);
    if (open > 0) {
      for (let i = from; i < to; i++) {
        if (states[i] === SLOT_PASSED || states[i] === SLOT_ESTIMATED || states[i] === SLOT_OUTAGE_ZERO)
          continue;
        states[i] = SLOT_UNRESOLVED;
        slots.methods[i] = METHOD_NONE;
        context.tell('vee/needs-review', i, 'no method applied: sent without a value, quality N');
      }
    }
  }
  slots.scales.fill(0, from, to);
  const scaledSpans = settleSpans(slots, from, to, context);
  roundEstimates(slots, from, to, context.policy);
  checkEstimates(slots, from, to, context);
  return scaledSpans;
}

/** Looks at each register span that overlaps the day: scaling (E6), check 8. */
function settleSpans(slots: Slots, from: number, to: number, context: DayContext): number {
  const { reads, policy, zoneMinutes } = context;
  const { intervalMinutes } = slots;
  const windowStart = slots.firstDay * MINUTES_PER_DAY - zoneMinutes;
  let scaledSpans = 0;
  for (let r = 0; r + 1 < reads.count; r++) {
    const startMinutes = reads.stamps[r]! - windowStart;
    const endMinutes = reads.stamps[r + 1]! - windowStart;
    if (startMinutes % intervalMinutes !== 0 || endMinutes % intervalMinutes !== 0) continue;
    if (endMinutes - startMinutes > policy.historyDays * MINUTES_PER_DAY) continue;
    const first = startMinutes / intervalMinutes;
    const end = endMinutes / intervalMinutes;
    if (end <= from || first >= to) continue;
    if (settleSpan(slots, r, first, end, from, to, context)) scaledSpans++;
  }
  return scaledSpans;
}

function settleSpan(
  slots: Slots,
  r: number,
  first: number,
  end: number,
  from: number,
  to: number,
  context: DayContext,
): boolean {
  const { reads, policy, register } = context;
  const isLastSettledNow = end > from && end <= to;
  const minutes = (end - first) * slots.intervalMinutes;
  const advance = registerAdvance(reads.values[r]!, reads.values[r + 1]!, minutes, register);
  if (Number.isNaN(advance)) {
    if (isLastSettledNow) {
      const change = `from ${formatDecimal(reads.values[r]!)} to ${formatDecimal(reads.values[r + 1]!)}`;
      context.tell('vee/register-decreased', end - 1, `${change}: the span is not used`);
    }
    return false;
  }
  if (first < 0 || end > slots.slotCount) return false;
  let sum = 0;
  let estimated = 0;
  for (let i = first; i < end; i++) {
    const state = slots.states[i]!;
    if (state === SLOT_PASSED) sum += slots.values[i]!;
    else if (i < from || i >= to) return false;
    else if (state === SLOT_ESTIMATED) estimated++;
    else if (state !== SLOT_OUTAGE_ZERO) return false;
  }
  if (estimated > 0) return scaleSpan(slots, first, end, from, to, advance - sum, context);
  const tolerance = multiplyDivideHalfUp(policy.sumTolerance, register.multiplier, UNITS_PER_ONE);
  if (isLastSettledNow && policy.actions.sum !== 'ignore' && Math.abs(sum - advance) > tolerance) {
    if (allPassed(slots, first, end)) {
      const detail = `intervals ${formatDecimal(sum)}, register advance ${formatDecimal(advance)}`;
      context.tell('vee/sum', end - 1, detail);
    }
  }
  return false;
}

function allPassed(slots: Slots, first: number, end: number): boolean {
  for (let i = first; i < end; i++) if (slots.states[i] !== SLOT_PASSED) return false;
  return true;
}

function scaleSpan(
  slots: Slots,
  first: number,
  end: number,
  from: number,
  to: number,
  target: number,
  context: DayContext,
): boolean {
  if (target < 0) {
    const detail = `measured slots exceed the register advance by ${formatDecimal(-target)}`;
    context.tell('vee/negative-scaling-refused', Math.min(end, to) - 1, detail);
    return false;
  }
  scaleEstimates(slots, Math.max(first, from), Math.min(end, to), target, context.policy.decimals);
  return true;
}

/** Check 7 again on the final values: what fails is flagged, not estimated again. */
function checkEstimates(slots: Slots, from: number, to: number, context: DayContext): void {
  const maximumValue = highestValue(context.limits, context.policy);
  for (let i = from; i < to; i++) {
    if (slots.states[i] === SLOT_ESTIMATED && slots.finals[i]! > maximumValue) {
      const detail = `estimate ${formatDecimal(slots.finals[i]!)} over ${formatDecimal(maximumValue)}`;
      context.tell('vee/over-maximum', i, detail);
    }
  }
}
