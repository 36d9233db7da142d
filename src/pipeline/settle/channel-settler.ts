import { formatDecimal } from '../../model/decimal.js';
import { flagText, NO_DECIMALS } from '../../model/quality.js';
import { readDayOf, readDayStart } from '../../model/time.js';
import type { BlockIndex } from '../../store/blocks/block-index.js';
import { createOpenBlock, openBlock, stampOfRead } from '../../store/blocks/block-reads.js';
import { flagsOf, validateSlots } from '../../vee/checks.js';
import { isInRun } from '../../vee/estimate.js';
import type { Policy } from '../../vee/policy.js';
import { settleDay } from '../../vee/settle-day.js';
import {
  CHECK_CODES,
  CHECK_MISSING,
  CHECK_NONE,
  isNeedy,
  ORIGIN_NEW,
  ORIGIN_NONE,
  SLOT_ABSENT,
  SLOT_ESTIMATED,
  SLOT_FAILED,
  SLOT_OUTAGE_ZERO,
  SLOT_PASSED,
  SLOT_UNRESOLVED,
  type Slots,
} from '../../vee/slots.js';
import type { ChannelFacts } from './channel-facts.js';
import type { ChannelWindow } from './channel-window.js';
import { emitDay, estimateOutMeta } from './emit-channel.js';
import type { KnownRegisters } from './known-registers.js';
import { limitSlots } from './meter-facts.js';
import type { SettleState } from './settle-state.js';

/** Days before and after those that are settled, for lines across midnight. */
const CONTEXT_DAYS = 1;
/** Interval of a channel of which neither records nor meter register name one, minutes. */
const DEFAULT_INTERVAL_MINUTES = 60;

const block = createOpenBlock();
const days: number[] = [];

/**
 * Settles one interval channel: fills a window of slots from the history and from the blocks `first` to
 * `end - 1`, validates, settles the days that have closed, writes what goes out and keeps the rest.
 * @param openDays read days of which the history holds an open row of this channel
 * @param registers the channel's register reads around these days
 */
export function settleChannel(
  state: SettleState,
  window: ChannelWindow,
  facts: ChannelFacts,
  index: BlockIndex,
  first: number,
  end: number,
  openDays: readonly number[],
  registers: KnownRegisters,
): void {
  days.length = 0;
  for (const day of openDays) addDay(day);
  let intervalMinutes = 0;
  for (let b = first; b < end; b++) {
    openBlock(index, index.starts[b]!, block);
    if (block.intervalMinutes > 0) intervalMinutes = block.intervalMinutes;
    addDays(index, state.task.marketZoneMinutes);
  }
  if (intervalMinutes === 0) intervalMinutes = facts.intervalMinutes || DEFAULT_INTERVAL_MINUTES;
  limitSlots(facts, intervalMinutes);
  for (let at = 0; at < days.length; ) {
    let last = at;
    while (last + 1 < days.length && days[last + 1]! - days[last]! <= 1) last++;
    settleCluster(
      state,
      window,
      facts,
      index,
      first,
      end,
      intervalMinutes,
      days[at]!,
      days[last]!,
      registers,
    );
    at = last + 1;
  }
}

/** Adds the read days that the open block reaches. */
function addDays(index: BlockIndex, zoneMinutes: number): void {
  if (block.hasExplicitStamps) {
    for (let i = 0; i < block.count; i++) addDay(readDayOf(stampOfRead(index, block, i), zoneMinutes));
    return;
  }
  const last = readDayOf(stampOfRead(index, block, block.count - 1), zoneMinutes);
  for (let day = readDayOf(block.firstStamp, zoneMinutes); day <= last; day++) addDay(day);
}

/** Puts a day in its place in the list, once. */
function addDay(day: number): void {
  let at = days.length;
  while (at > 0 && days[at - 1]! > day) at--;
  if (at > 0 && days[at - 1] === day) return;
  if (at === days.length) days.push(day);
  else days.splice(at, 0, day);
}

/** Settles the days `firstDay` to `lastDay`, which follow each other without a gap. */
function settleCluster(
  state: SettleState,
  window: ChannelWindow,
  facts: ChannelFacts,
  index: BlockIndex,
  first: number,
  end: number,
  intervalMinutes: number,
  firstDay: number,
  lastDay: number,
  registers: KnownRegisters,
): void {
  const { task } = state;
  const { slots } = window;
  const policy = facts.policy;
  const windowFirst = Math.min(
    firstDay - CONTEXT_DAYS,
    registerLead(state, registers, firstDay, policy.historyDays),
  );
  const windowLast = Math.max(
    lastDay + CONTEXT_DAYS,
    registerTrail(state, registers, lastDay, policy.historyDays),
  );
  const mainFrom = firstDay - windowFirst;
  const mainTo = lastDay + 1 - windowFirst;
  window.reset(windowFirst, windowLast - windowFirst + 1, intervalMinutes, mainFrom, mainTo);
  window.fillFromHistory(facts, mainFrom, mainTo);
  const from = mainFrom * slots.slotsPerDay;
  const to = mainTo * slots.slotsPerDay;
  window.fillFromBlocks(facts, index, first, end, from, to);
  if (task.vee.enabled) {
    if (validateSlots(slots, from, to, facts.limits, policy) > 0) tellChecks(state, window, facts, from, to);
  } else {
    for (let i = from; i < to; i++) if (slots.origins[i] === ORIGIN_NEW) slots.states[i] = SLOT_PASSED;
  }
  window.putBackLateFailures(facts, from, to);
  window.tellLosers(facts);
  state.history.turnTo(facts, policy, intervalMinutes);
  const reachesOut = windowFirst < firstDay - CONTEXT_DAYS || windowLast > lastDay + CONTEXT_DAYS;
  const mayCross = mayCrossMidnight(slots, from, to, policy);
  if (reachesOut || mayCross || spansLeave(state, registers, firstDay, lastDay)) window.loadContext(facts);
  for (let day = mainFrom; day < mainTo; day++) {
    settleOneDay(state, window, facts, day, registers);
    emitDay(state, facts, window, day);
    keepDay(state, window, facts, day);
  }
}

/** Whether a run of slots at either end is so short that a straight line may reach out of the window's main days. */
function mayCrossMidnight(slots: Slots, from: number, to: number, policy: Policy): boolean {
  let head = from;
  while (head < to && isInRun(slots, head)) head++;
  let tail = to;
  while (tail > from && isInRun(slots, tail - 1)) tail--;
  const runMax = (policy.linearHours * 60) / slots.intervalMinutes;
  return (head > from && head - from <= runMax) || (tail < to && to - tail <= runMax);
}

/** Whether a register span begins or ends within the context days, off the bounds of the days settled. */
function spansLeave(
  state: SettleState,
  registers: KnownRegisters,
  firstDay: number,
  lastDay: number,
): boolean {
  const zone = state.task.marketZoneMinutes;
  const start = readDayStart(firstDay, zone);
  const close = readDayStart(lastDay + 1, zone);
  for (let i = 0; i + 1 < registers.count; i++) {
    const from = registers.stamps[i]!;
    const to = registers.stamps[i + 1]!;
    if (from < close && to > start && (from < start || to > close)) return true;
  }
  return false;
}

/** First day that the window must hold for the register span that reaches into `firstDay`. */
function registerLead(
  state: SettleState,
  registers: KnownRegisters,
  firstDay: number,
  historyDays: number,
): number {
  const zone = state.task.marketZoneMinutes;
  const start = readDayStart(firstDay, zone);
  let lead = firstDay;
  for (let i = 0; i < registers.count && registers.stamps[i]! <= start; i++) {
    lead = readDayOf(registers.stamps[i]! + 1, zone);
  }
  return firstDay - lead > historyDays ? firstDay : lead;
}

/** Last day that the window must hold for the register span that reaches beyond `lastDay`. */
function registerTrail(
  state: SettleState,
  registers: KnownRegisters,
  lastDay: number,
  historyDays: number,
): number {
  const zone = state.task.marketZoneMinutes;
  const close = readDayStart(lastDay + 1, zone);
  for (let i = 0; i < registers.count; i++) {
    if (registers.stamps[i]! < close) continue;
    const trail = readDayOf(registers.stamps[i]!, zone);
    return trail - lastDay > historyDays ? lastDay : trail;
  }
  return lastDay;
}

function tellChecks(
  state: SettleState,
  window: ChannelWindow,
  facts: ChannelFacts,
  from: number,
  to: number,
): void {
  const { checks, origins, states, values, metas } = window.slots;
  for (let i = from; i < to; i++) {
    if (checks[i] === CHECK_NONE || origins[i] !== ORIGIN_NEW) continue;
    // A missing value is counted when its day is settled, together with those that never came.
    if (checks[i] === CHECK_MISSING) continue;
    const flag = flagText(metas[i]!);
    const detail = `value ${formatDecimal(values[i]!)}${flag === '' ? '' : `, flag ${flag}`}`;
    const stamp = window.stampOf(i);
    if (states[i] !== SLOT_PASSED) state.addFinding(CHECK_CODES[checks[i]!]!, facts, stamp);
    else {
      for (const check of flagsOf(values[i]!, metas[i]!, facts.limits, facts.policy))
        state.tellReview(CHECK_CODES[check]!, facts, stamp, detail);
    }
  }
}

/**
 * Settles a day where it has closed by the reference clock and the channel delivered anything for it, or its
 * policy estimates channels that did not.
 */
function settleOneDay(
  state: SettleState,
  window: ChannelWindow,
  facts: ChannelFacts,
  day: number,
  registers: KnownRegisters,
): void {
  const { task } = state;
  const { slots } = window;
  const close = readDayStart(slots.firstDay + day + 1, task.marketZoneMinutes) + task.closeAfterMinutes;
  if (window.rowSettled[day] || task.nowStamp < close) return;
  const from = day * slots.slotsPerDay;
  state.exchanges?.markCovered(facts, slots, from, window.stampOf(from));
  let absent = 0;
  let missing = 0;
  let came = 0;
  for (let i = from; i < from + slots.slotsPerDay; i++) {
    if (slots.origins[i] !== ORIGIN_NONE) came++;
    if (slots.states[i] === SLOT_ABSENT) absent++;
    else if (slots.states[i] === SLOT_FAILED && CHECK_CODES[slots.checks[i]!] === 'vee/missing') missing++;
  }
  if (came === 0) {
    if (!state.estimatesSilent(facts, slots.firstDay + day)) return;
    state.noteSilent(facts, slots.firstDay + day);
    // The flags of the days around have the form that its own would have.
    window.loadContext(facts);
  }
  if (!task.sends && window.hasHistory(day)) return;
  window.settledNow[day] = true;
  if (!task.vee.enabled) return;
  if (!task.sends) {
    for (let i = from; i < from + slots.slotsPerDay; i++)
      if (isNeedy(slots.states[i]!)) slots.states[i] = SLOT_UNRESOLVED;
    return;
  }
  if (absent + missing > 0) state.countFinding('vee/missing', absent + missing);
  const settled = settleDay(slots, day, {
    limits: facts.limits,
    register: facts,
    reads: registers,
    policy: facts.policy,
    zoneMinutes: task.marketZoneMinutes,
    history: state.history,
    weightsOf: (dayNumber) => state.rules.weightsOf(facts.serviceClass, dayNumber, slots.intervalMinutes),
    tell: (code, slot, detail, weight) => {
      state.tellReview(code, facts, window.stampOf(slot), detail);
      state.drawn.tell(code, weight);
    },
  });
  state.outcome.scaledSpans += settled.scaledSpans;
  window.settling[day] = settled;
  state.drawn.look(facts, window, day, registers, task.marketZoneMinutes);
}

/** Whether a slot holds a read, rather than an estimate or nothing. */
const isRead = (slotState: number): boolean => slotState === SLOT_PASSED || slotState === SLOT_FAILED;

/** Writes the day's row into the history. */
function keepDay(state: SettleState, window: ChannelWindow, facts: ChannelFacts, day: number): void {
  const { slots } = window;
  const { slotsPerDay, states, values, metas, finals } = slots;
  const from = day * slotsPerDay;
  const settled = window.rowSettled[day]! || window.settledNow[day]!;
  let known = 0;
  /** Rank of the day's first read: most days have no other. */
  let rowRank = -1;
  for (let i = from; i < from + slotsPerDay; i++) {
    if (states[i] !== SLOT_ABSENT) known++;
    if (rowRank < 0 && isRead(states[i]!)) rowRank = window.rankOf(i);
  }
  if (known === 0) return;
  if (rowRank < 0) rowRank = state.noRank;
  const builder = state.days.put(
    slots.firstDay + day,
    facts.meter,
    facts.from,
    facts.to,
    facts.channel,
    slots.intervalMinutes,
    settled ? 1 : 0,
    rowRank,
    slotsPerDay,
  );
  for (let i = from; i < from + slotsPerDay; i++) {
    const slotState = states[i]!;
    if (isRead(slotState)) {
      const rank = window.rankOf(i);
      builder.slot(values[i]!, metas[i]!, slotState, rank === rowRank ? -1 : rank);
    } else if (slotState === SLOT_ESTIMATED || slotState === SLOT_OUTAGE_ZERO) {
      builder.slot(finals[i]!, estimateOutMeta(state, facts, window, i), slotState);
    } else builder.slot(0, NO_DECIMALS, slotState);
  }
  noteOpen(state, slots.firstDay + day, settled);
}

function noteOpen(state: SettleState, day: number, settled: boolean): void {
  if (!settled) state.openDays.add(day);
}
