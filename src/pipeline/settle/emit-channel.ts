import { LETTER_ESTIMATED, LETTER_NO_VALUE, NO_DECIMALS, withDecimals } from '../../model/quality.js';
import { isoDate } from '../../model/time.js';
import type { SettledDay } from '../../vee/settle-day.js';
import {
  CHECK_CODES,
  CHECK_MISSING,
  METHOD_LIKE_DAY,
  METHOD_NONE,
  METHOD_PROFILE,
  METHODS,
  ORIGIN_NEW,
  ORIGIN_NONE,
  SLOT_ABSENT,
  SLOT_COVERED,
  SLOT_ESTIMATED,
  SLOT_OUTAGE_ZERO,
  SLOT_PASSED,
  SLOT_UNRESOLVED,
} from '../../vee/slots.js';
import type { ChannelFacts } from './channel-facts.js';
import type { ChannelWindow } from './channel-window.js';
import { type LineEnd, NO_FLAG } from './estimates-list.js';
import type { SettleState } from './settle-state.js';
import type { DayHours } from './settle-types.js';

/** Reads in a record of the output: the protocol's limit. */
export const RECORD_READS_MAX = 48;

/** What goes out for a slot: nothing, or with the purpose OK or RESEND. */
const OUT_NOTHING = 0;
const OUT_OK = 1;
const OUT_RESEND = 2;

/**
 * Writes what goes out for one read day of a channel, and counts where its reads went. A record holds
 * consecutive slots of one purpose, at most 48.
 * @param day index of the day in the window
 */
export function emitDay(state: SettleState, facts: ChannelFacts, window: ChannelWindow, day: number): void {
  const { slots } = window;
  const from = day * slots.slotsPerDay;
  const to = from + slots.slotsPerDay;
  const settles = window.settledNow[day]!;
  for (let i = from; i < to; ) {
    const out = whatGoesOut(window, i, settles);
    if (out === OUT_NOTHING) {
      countKept(state, facts, window, i);
      i++;
      continue;
    }
    let end = i + 1;
    const last = Math.min(to, i + RECORD_READS_MAX);
    while (end < last && whatGoesOut(window, end, settles) === out) end++;
    emitRecord(state, facts, window, day, i, end, out === OUT_RESEND);
    i = end;
  }
  countHours(state, window, day, settles);
}

function whatGoesOut(window: ChannelWindow, i: number, settles: boolean): number {
  const { slots } = window;
  const slotState = slots.states[i]!;
  if (slotState === SLOT_PASSED) {
    if (slots.origins[i] !== ORIGIN_NEW) return OUT_NOTHING;
    return window.wasSentBefore(i) ? OUT_RESEND : OUT_OK;
  }
  const hasVerdict = slotState >= SLOT_OUTAGE_ZERO && slotState !== SLOT_COVERED;
  return settles && hasVerdict ? OUT_OK : OUT_NOTHING;
}

/** A slot that nothing goes out for: a read that came for it waits, or came where another meter covers. */
function countKept(state: SettleState, facts: ChannelFacts, window: ChannelWindow, i: number): void {
  const { slots } = window;
  const isNew = slots.origins[i] === ORIGIN_NEW;
  if (slots.states[i] !== SLOT_COVERED) {
    if (isNew && slots.states[i] !== SLOT_ABSENT) state.countWaiting(window.slotBlocks[i]!);
    return;
  }
  if (isNew) state.countReplaced(window.slotBlocks[i]!);
  else if (!window.hasWaited(i)) return;
  const end = lineEnd(facts, window, i, METHOD_NONE, slots.checks[i]!);
  state.estimates.line(facts, window.stampOf(i), slots.metas[i]!, slots.values[i]!, NO_DECIMALS, 0, end);
}

function emitRecord(
  state: SettleState,
  facts: ChannelFacts,
  window: ChannelWindow,
  day: number,
  first: number,
  end: number,
  resend: boolean,
): void {
  const { slots } = window;
  const { writer, task, outcome } = state;
  const { meter, from, to, channel } = facts;
  const table = state.stampsOf(slots.firstDay + day, slots.intervalMinutes);
  const dayFrom = day * slots.slotsPerDay;
  const implied = task.output.stamps === 'implied';
  const { sends } = task;
  if (sends)
    writer.header(meter, from, to, resend, channel, window.constant, slots.intervalMinutes, end - first);
  let sum = 0;
  for (let i = first; i < end; i++) {
    let meta: number;
    let value: number;
    if (slots.states[i] === SLOT_PASSED) {
      meta = state.actualMeta(slots.metas[i]!);
      value = slots.values[i]!;
      outcome.accepted++;
      if (resend && window.wasEstimatedBefore(i)) outcome.lateActuals++;
    } else {
      meta = estimateOut(state, facts, window, i);
      value = slots.states[i] === SLOT_UNRESOLVED ? 0 : slots.finals[i]!;
    }
    if (!sends) continue;
    if (implied && i > first) writer.impliedTriple(meta, value);
    else writer.triple(table, i - dayFrom, meta, value);
    sum += value;
  }
  if (!sends) return;
  writer.endLine();
  state.batches.endRecord(meter, from, to, end - first, channel >> 2, sum);
}

/** Meta word that an estimated or unresolved slot goes out with. */
export function estimateOutMeta(
  state: SettleState,
  facts: ChannelFacts,
  window: ChannelWindow,
  i: number,
): number {
  const { meta, isOwn } = window.flags.metaOf(i);
  const { decimals } = facts.policy;
  const letter = window.slots.states[i] === SLOT_UNRESOLVED ? LETTER_NO_VALUE : LETTER_ESTIMATED;
  const out = state.replacedMeta(meta, isOwn, letter);
  return withDecimals(out, letter === LETTER_NO_VALUE ? NO_DECIMALS : decimals);
}

/** Counts and lists a slot that goes out with an estimate or without a value. @returns its meta word */
function estimateOut(state: SettleState, facts: ChannelFacts, window: ChannelWindow, i: number): number {
  const { slots } = window;
  const { outcome } = state;
  const came = slots.origins[i] !== ORIGIN_NONE;
  if (slots.origins[i] === ORIGIN_NEW) state.countReplaced(window.slotBlocks[i]!);
  const method = slots.methods[i]!;
  const check = came ? slots.checks[i]! : CHECK_MISSING;
  state.rules.countsOf(facts.policyName)[check * METHODS.length + method]!++;
  const isUnresolved = slots.states[i] === SLOT_UNRESOLVED;
  if (isUnresolved) outcome.unresolved++;
  else outcome.estimated++;
  // Without a value the list has a line where there is a raw one to keep, or a flag.
  if (!isUnresolved || came) {
    const end = lineEnd(facts, window, i, method, check);
    const decimals = isUnresolved ? NO_DECIMALS : facts.policy.decimals;
    const rawMeta = came ? slots.metas[i]! : NO_FLAG;
    state.estimates.line(
      facts,
      window.stampOf(i),
      rawMeta,
      slots.values[i]!,
      decimals,
      slots.finals[i]!,
      end,
    );
  }
  return estimateOutMeta(state, facts, window, i);
}

/** Filled anew for each line. */
const LINE_END = { method: '', referenceDays: '', scale: 0, check: '', policy: '' };

function lineEnd(
  facts: ChannelFacts,
  window: ChannelWindow,
  i: number,
  method: number,
  check: number,
): LineEnd {
  const { slots } = window;
  LINE_END.method = METHODS[method]!;
  LINE_END.referenceDays = referenceText(window, Math.floor(i / slots.slotsPerDay), method);
  LINE_END.scale = slots.states[i] === SLOT_ESTIMATED ? slots.scales[i]! : 0;
  LINE_END.check = CHECK_CODES[check]!;
  LINE_END.policy = facts.policyName;
  return LINE_END;
}

/** The reference days that were put into words last, most channels of a day have the same, and the words. */
let lastSettled: SettledDay | null = null;
let lastDays: readonly number[] = [];
let lastDates = '';

/** The days that an estimate is made of: their dates; of a profile only how many there are. */
function referenceText(window: ChannelWindow, day: number, method: number): string {
  const settled = window.settling[day] ?? null;
  if (settled === null) return '';
  if (method === METHOD_PROFILE) return settled.dailyUseDays === 0 ? '' : String(settled.dailyUseDays);
  if (method !== METHOD_LIKE_DAY) return '';
  if (settled !== lastSettled) {
    lastSettled = settled;
    const days = settled.referenceDays;
    if (days.length !== lastDays.length || days.some((one, i) => one !== lastDays[i])) {
      lastDays = days;
      lastDates = days.map(isoDate).join(' ');
    }
  }
  return lastDates;
}

/** Adds the slots of the day to the counts by hour. */
function countHours(state: SettleState, window: ChannelWindow, day: number, settles: boolean): void {
  const { slots } = window;
  const hours = state.hoursOf(slots.firstDay + day, settles);
  const from = day * slots.slotsPerDay;
  let passed = 0;
  for (let i = from; i < from + slots.slotsPerDay; i++) if (slots.states[i] === SLOT_PASSED) passed++;
  if (passed === slots.slotsPerDay) {
    countFullChannels(hours, slots.slotsPerDay, 1);
    return;
  }
  for (let i = 0; i < slots.slotsPerDay; i++) {
    const slotState = slots.states[from + i]!;
    const hour = Math.floor((i * slots.intervalMinutes) / 60);
    if (slotState === SLOT_PASSED) hours.actual[hour]!++;
    else if (slotState === SLOT_ESTIMATED || slotState === SLOT_OUTAGE_ZERO) hours.estimated[hour]!++;
    else if (slotState === SLOT_UNRESOLVED) hours.unresolved[hour]!++;
  }
}

/** Counts channels of which all slots of the day are actual. */
export function countFullChannels(hours: DayHours, slotsPerDay: number, channels: number): void {
  if (slotsPerDay === hours.fullSlotsPerDay) hours.fullCount += channels;
  else {
    hours.fullChannels.set(
      hours.fullSlotsPerDay,
      (hours.fullChannels.get(hours.fullSlotsPerDay) ?? 0) + hours.fullCount,
    );
    hours.fullSlotsPerDay = slotsPerDay;
    hours.fullCount = channels;
  }
}
