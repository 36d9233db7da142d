import { formatDecimal } from '../model/decimal.js';
import { MINUTES_PER_DAY } from '../model/time.js';
import { type ChannelLimits, highestValue } from './checks.js';
import { findLongRuns, findSpike, judgeTotal } from './day-checks.js';
import type { DayHistory } from './day-history.js';
import { estimateLinear, estimateOutageZero, roundEstimates } from './estimate.js';
import { estimateLikeDay } from './like-day.js';
import { estimateProfile, type SlotWeights } from './load-profile.js';
import type { Policy } from './policy.js';
import { estimateRegisterShare } from './register-share.js';
import { type RegisterFacts, type RegisterReads, type RegisterSpan, spansOf } from './register-span.js';
import { settleSpan } from './settle-span.js';
import {
  isNeedy,
  METHOD_NONE,
  SLOT_COVERED,
  SLOT_ESTIMATED,
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
  /** Earlier days of the channel. */
  history: DayHistory;
  /** Load profile for a read day (day number), or null. */
  weightsOf(day: number): SlotWeights | null;
  /**
   * Told of what a person should look at.
   * @param weight how much there is of it, to choose what is shown first
   */
  tell(code: string, slot: number, detail: string, weight: number): void;
}

/** What settling a day came to. */
export interface SettledDay {
  /** Register spans in which estimates were scaled. */
  scaledSpans: number;
  /** Day numbers that like-day estimates are the mean of. */
  referenceDays: number[];
  /** Days whose mean total a profile was applied to; 0 = none, or the register's advance. */
  dailyUseDays: number;
}

/**
 * Settles one read day of a channel (docs/vee.md): estimates each slot that did not pass, scales the
 * estimates to the register's advance where a span is covered, and makes the checks of spans and whole days.
 * Slots of other days are looked at, never changed.
 * @param day index of the read day in the window
 */
export function settleDay(slots: Slots, day: number, context: DayContext): SettledDay {
  const from = day * slots.slotsPerDay;
  const to = from + slots.slotsPerDay;
  const { reads, register, policy } = context;
  const windowStart = slots.firstDay * MINUTES_PER_DAY - context.zoneMinutes;
  const spans = spansOf(slots, from, to, windowStart, reads, register, policy.historyDays);
  const settled: SettledDay = { scaledSpans: 0, referenceDays: [], dailyUseDays: 0 };
  estimateSlots(slots, day, from, to, spans, context, settled);
  slots.scales.fill(0, from, to);
  for (const span of spans) if (settleSpan(slots, span, from, to, context)) settled.scaledSpans++;
  roundEstimates(slots, from, to, policy);
  checkEstimates(slots, from, to, context);
  checkShape(slots, day, from, to, context);
  checkTotal(slots, day, from, to, context);
  return settled;
}

/** E1 to E5, first that applies, for each slot that needs it. */
function estimateSlots(
  slots: Slots,
  day: number,
  from: number,
  to: number,
  spans: readonly RegisterSpan[],
  context: DayContext,
  settled: SettledDay,
): void {
  const { states } = slots;
  const { policy, history } = context;
  const dayNumber = slots.firstDay + day;
  let open = 0;
  for (let i = from; i < to; i++) if (states[i] !== SLOT_PASSED && states[i] !== SLOT_COVERED) open++;
  if (open > 0) open -= estimateOutageZero(slots, from, to);
  if (open > 0) open -= estimateLinear(slots, from, to, policy);
  if (open > 0) {
    const { count, days } = history.referenceDays(dayNumber);
    if (count >= policy.minimumReferenceDays) {
      settled.referenceDays = Array.from({ length: count }, (_, k) => days[k]!);
      open -= estimateLikeDay(slots, from, to, history.referenceValues(), count);
    }
  }
  const weights = open > 0 ? context.weightsOf(dayNumber) : null;
  if (weights !== null) {
    const use = history.dailyUse(dayNumber);
    settled.dailyUseDays = use.count;
    open -= estimateProfile(slots, from, to, weights, use, spans);
  }
  if (open > 0) open -= estimateRegisterShare(slots, from, to, spans);
  if (open > 0) leaveUnresolved(slots, from, to, context);
}

function leaveUnresolved(slots: Slots, from: number, to: number, context: DayContext): void {
  for (let i = from; i < to; i++) {
    if (!isNeedy(slots.states[i]!)) continue;
    slots.states[i] = SLOT_UNRESOLVED;
    slots.methods[i] = METHOD_NONE;
    context.tell('vee/needs-review', i, 'no method applied: sent without a value, quality N', 1);
  }
}

/** Check 7 again on the final values: what fails is flagged, not estimated again. */
function checkEstimates(slots: Slots, from: number, to: number, context: DayContext): void {
  const maximumValue = highestValue(context.limits, context.policy);
  for (let i = from; i < to; i++) {
    if (slots.states[i] === SLOT_ESTIMATED && slots.finals[i]! > maximumValue) {
      const detail = `estimate ${formatDecimal(slots.finals[i]!)} over ${formatDecimal(maximumValue)}`;
      context.tell('vee/over-maximum', i, detail, slots.finals[i]! - maximumValue);
    }
  }
}

/** Checks 9 and 10 on the passed slots of the day. */
function checkShape(slots: Slots, day: number, from: number, to: number, context: DayContext): void {
  const { policy, limits, history } = context;
  if (limits.isKwh && policy.actions.spike !== 'ignore') {
    const spike = findSpike(slots, from, to, policy);
    if (spike !== null) {
      const { slot, highest, thirdHighest } = spike;
      const detail = `highest ${formatDecimal(highest)}, third highest ${formatDecimal(thirdHighest)}: the difference is over ${formatDecimal(policy.spikeRatio)} (spikeRatio) times that`;
      context.tell('vee/spike', slot, detail, highest - thirdHighest);
    }
  }
  const before = history.runBefore(slots.firstDay + day);
  for (const { lastSlot, slots: length, value } of findLongRuns(slots, from, to, before, policy)) {
    const hours = (length * slots.intervalMinutes) / 60;
    const [code, parameter] =
      value === 0 ? ['vee/zero-run', 'zeroRunHours'] : ['vee/frozen', 'frozenRunHours'];
    const limit = value === 0 ? policy.zeroRunHours : policy.frozenRunHours;
    const detail = `${formatDecimal(value)} for ${hours} hours without a break; ${parameter} is ${limit}`;
    context.tell(code!, lastSlot, detail, hours);
  }
}

/** Check 11 on the final values, where each slot has one. */
function checkTotal(slots: Slots, day: number, from: number, to: number, context: DayContext): void {
  const { policy } = context;
  if (policy.actions.highLow === 'ignore') return;
  let total = 0;
  for (let i = from; i < to; i++) {
    const state = slots.states[i]!;
    if (state === SLOT_UNRESOLVED || state === SLOT_COVERED) return;
    total += state === SLOT_PASSED ? slots.values[i]! : slots.finals[i]!;
  }
  const { count, totalsSum } = context.history.referenceDays(slots.firstDay + day);
  const verdict = judgeTotal(total, totalsSum, count, policy);
  if (verdict === 0) return;
  const bound =
    verdict < 0 ? `under ${formatDecimal(policy.low)} (low)` : `over ${formatDecimal(policy.high)} (high)`;
  const mean = formatDecimal(Math.round(totalsSum / count));
  const detail = `day total ${formatDecimal(total)} is ${bound} times ${mean}, the mean of ${count} reference days`;
  context.tell('vee/high-low', to - 1, detail, Math.abs(total - totalsSum / count));
}
