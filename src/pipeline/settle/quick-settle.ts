import {
  BLOCK_EXPLICIT_STAMPS,
  BLOCK_HAS_CONSTANT,
  BLOCK_HEADER_WORDS,
  BLOCK_MIXED_METAS,
  BLOCK_WIDE_VALUES,
} from '../../model/block.js';
import { UNITS_PER_ONE } from '../../model/decimal.js';
import { OUTAGE_STATUS, statusOf } from '../../model/quality.js';
import { MINUTES_PER_DAY, readDayStart } from '../../model/time.js';
import type { BlockIndex } from '../../store/blocks/block-index.js';
import { highestValue, isPlainMeta, lowestValue } from '../../vee/checks.js';
import { isLongRun, isSpike, judgeTotal } from '../../vee/day-checks.js';
import { registerAdvance } from '../../vee/register-span.js';
import { exceedsTolerance } from '../../vee/settle-span.js';
import { SLOT_PASSED } from '../../vee/slots.js';
import type { ChannelFacts } from './channel-facts.js';
import { countFullChannels, RECORD_READS_MAX } from './emit-channel.js';
import type { KnownRegisters } from './known-registers.js';
import { limitSlots } from './meter-facts.js';
import type { SettleState } from './settle-state.js';

const UNUSUAL = BLOCK_EXPLICIT_STAMPS | BLOCK_HAS_CONSTANT | BLOCK_MIXED_METAS | BLOCK_WIDE_VALUES;

/** What `isQuick` found of the block: its read day, meta word, first value and the sum of its values. */
let dayOfBlock = 0;
let metaOfBlock = 0;
let valuesAt = 0;
let sumOfValues = 0;

/**
 * Settles a channel whose one block holds exactly one closed read day, of which the history knows nothing,
 * with plain flags, values within bounds and a register that agrees: by far the most of a night. What it
 * does is what `settleChannel` would do, without a window of slots; a test compares the two.
 * @param start word at which the block begins
 * @param registers the channel's register reads around the day
 * @returns false where anything is otherwise: nothing was done then
 */
export function settleQuick(
  state: SettleState,
  facts: ChannelFacts,
  index: BlockIndex,
  start: number,
  registers: KnownRegisters,
): boolean {
  if (!isQuick(state, facts, index, start) || !registerAgrees(state, facts, registers)) return false;
  const { words } = index;
  const interval = words[start + 2]! & 0xffff;
  const count = words[start + 2]! >>> 16;
  const { meter, from, to, channel } = facts;
  if (state.task.sends) writeDay(state, facts, words, count, interval);
  state.outcome.accepted += count;
  countFullChannels(state.hoursOf(dayOfBlock, true), count, 1);
  const rank = state.rankOf(start);
  const builder = state.days.put(dayOfBlock, meter, from, to, channel, interval, 1, rank, count);
  builder.slots(words, valuesAt, count, metaOfBlock, SLOT_PASSED);
  return true;
}

/** Writes the records of the day that `isQuick` found. */
function writeDay(
  state: SettleState,
  facts: ChannelFacts,
  words: Int32Array,
  count: number,
  interval: number,
): void {
  const { meter, from, to, channel } = facts;
  const { writer, batches } = state;
  const table = state.stampsOf(dayOfBlock, interval);
  const meta = state.actualMeta(metaOfBlock);
  for (let first = 0; first < count; first += RECORD_READS_MAX) {
    const reads = Math.min(count - first, RECORD_READS_MAX);
    let sum = sumOfValues;
    if (reads < count) {
      sum = 0;
      for (let i = 0; i < reads; i++) sum += words[valuesAt + first + i]!;
    }
    writer.header(meter, from, to, false, channel, UNITS_PER_ONE, interval, reads);
    writer.triples(table, first, meta, words, valuesAt + first, reads);
    writer.endLine();
    batches.endRecord(meter, from, to, reads, channel >> 2, sum);
  }
}

/** Whether the block is one closed day of plain values within bounds, new to the history, of a usual shape. */
function isQuick(state: SettleState, facts: ChannelFacts, index: BlockIndex, start: number): boolean {
  const { task } = state;
  const { words } = index;
  const head = words[start + 1]!;
  if (((head >>> 24) & UNUSUAL) !== 0 || !task.vee.enabled || task.output.stamps !== 'explicit') return false;
  const interval = words[start + 2]! & 0xffff;
  const count = words[start + 2]! >>> 16;
  if (interval === 0 || interval * count !== MINUTES_PER_DAY) return false;
  const beginning = words[start + 8]! - interval + task.marketZoneMinutes;
  if (beginning % MINUTES_PER_DAY !== 0) return false;
  const day = beginning / MINUTES_PER_DAY;
  if (task.nowStamp < readDayStart(day + 1, task.marketZoneMinutes) + task.closeAfterMinutes) return false;
  const at = start + BLOCK_HEADER_WORDS + ((((head >>> 16) & 0xff) + 3) >> 2);
  const meta = words[at]!;
  if (!isPlainMeta(meta, facts.policy) || (statusOf(meta) & OUTAGE_STATUS) !== 0) return false;
  limitSlots(facts, interval);
  dayOfBlock = day;
  metaOfBlock = meta;
  valuesAt = at + 1;
  return (
    areUsualValues(facts, words, at + 1, count, interval) &&
    !hasRow(state, facts, day) &&
    agreesWithPast(state, facts, words, count, interval)
  );
}

/** Whether all values are within bounds, and neither a spike nor a long run is among them; sums them. */
function areUsualValues(
  { limits, policy }: ChannelFacts,
  words: Int32Array,
  first: number,
  count: number,
  interval: number,
): boolean {
  const lowest = lowestValue(limits, policy);
  const highest = highestValue(limits, policy);
  let sum = 0;
  let top = Number.NEGATIVE_INFINITY;
  let previous = 0;
  let run = 0;
  let runBound = count;
  if (policy.actions.zeroRun !== 'ignore')
    runBound = Math.min(runBound, (policy.zeroRunHours * 60) / interval);
  if (policy.actions.frozen !== 'ignore')
    runBound = Math.min(runBound, (policy.frozenRunHours * 60) / interval);
  for (let i = first; i < first + count; i++) {
    const value = words[i]!;
    if (value < lowest || value > highest) return false;
    sum += value;
    if (value > top) top = value;
    run = value === previous ? run + 1 : 1;
    if (run >= runBound) return false;
    previous = value;
  }
  sumOfValues = sum;
  const mayBeSpike = limits.isKwh && top >= policy.spikeFloor && policy.actions.spike !== 'ignore';
  return !mayBeSpike || !isSpike(top, thirdHighest(words, first, count), policy);
}

function thirdHighest(words: Int32Array, first: number, count: number): number {
  let one = Number.NEGATIVE_INFINITY;
  let two = Number.NEGATIVE_INFINITY;
  let three = Number.NEGATIVE_INFINITY;
  for (let i = first; i < first + count; i++) {
    const value = words[i]!;
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

/** Whether the history holds anything of the channel's day. */
function hasRow(state: SettleState, { meter, from, to, channel }: ChannelFacts, day: number): boolean {
  return state.days.has(day) && state.days.find(day, meter, from, to, channel).row >= 0;
}

/** Whether no run of one value reaches in from the days before for too long, and the total is a usual one. */
function agreesWithPast(
  state: SettleState,
  facts: ChannelFacts,
  words: Int32Array,
  count: number,
  interval: number,
): boolean {
  const { policy } = facts;
  const { history } = state;
  history.turnTo(facts, policy, interval);
  const { slots, value } = history.runBefore(dayOfBlock);
  if (slots > 0 && words[valuesAt] === value) {
    let lead = 1;
    while (lead < count && words[valuesAt + lead] === value) lead++;
    if (isLongRun((slots + lead) * interval, value, policy)) return false;
  }
  if (policy.actions.highLow === 'ignore') return true;
  const { count: references, totalsSum } = history.referenceDays(dayOfBlock);
  return judgeTotal(sumOfValues, totalsSum, references, policy) === 0;
}

/** Whether each register span that overlaps the day is the day itself, and its advance is near the sum. */
function registerAgrees(state: SettleState, facts: ChannelFacts, registers: KnownRegisters): boolean {
  const start = readDayStart(dayOfBlock, state.task.marketZoneMinutes);
  const close = start + MINUTES_PER_DAY;
  for (let r = 0; r + 1 < registers.count; r++) {
    const from = registers.stamps[r]!;
    const to = registers.stamps[r + 1]!;
    if (to <= start || from >= close) continue;
    if (from !== start || to !== close) return false;
    const advance = registerAdvance(registers.values[r]!, registers.values[r + 1]!, MINUTES_PER_DAY, facts);
    if (Number.isNaN(advance)) return false;
    const difference = Math.abs(sumOfValues - advance);
    if (exceedsTolerance(difference, facts.policy.sumTolerance, facts.multiplier)) return false;
  }
  return true;
}
