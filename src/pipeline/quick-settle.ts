import {
  BLOCK_EXPLICIT_STAMPS,
  BLOCK_HAS_CONSTANT,
  BLOCK_HEADER_WORDS,
  BLOCK_MIXED_METAS,
  BLOCK_RESEND,
  BLOCK_WIDE_VALUES,
} from '../model/block.js';
import { multiplyDivideHalfUp, UNITS_PER_ONE } from '../model/decimal.js';
import { MINUTES_PER_DAY, readDayStart } from '../model/time.js';
import type { BlockIndex } from '../store/block-index.js';
import { highestValue, isPlainMeta, lowestValue } from '../vee/checks.js';
import { registerAdvance } from '../vee/register-span.js';
import { SLOT_PASSED } from '../vee/slots.js';
import type { ChannelFacts } from './channel-window.js';
import { countFullChannel, RECORD_READS_MAX } from './emit-channel.js';
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
  const { writer, batches, outcome } = state;
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
  outcome.accepted += count;
  countFullChannel(state.hoursOf(dayOfBlock, true), count);
  const resend = ((words[start + 1]! >>> 24) & BLOCK_RESEND) !== 0 ? 1 : 0;
  const created = words[start + 3]!;
  const builder = state.days.put(dayOfBlock, meter, from, to, channel, interval, 1, created, resend, count);
  builder.slots(words, valuesAt, count, metaOfBlock, SLOT_PASSED);
  return true;
}

/** Whether the block is one closed day of plain values within bounds, new to the history. */
function isQuick(state: SettleState, facts: ChannelFacts, index: BlockIndex, start: number): boolean {
  const { task } = state;
  const { words } = index;
  const head = words[start + 1]!;
  if (((head >>> 24) & UNUSUAL) !== 0 || !task.veeEnabled || task.output.stamps !== 'explicit') return false;
  const interval = words[start + 2]! & 0xffff;
  const count = words[start + 2]! >>> 16;
  if (interval === 0 || interval * count !== MINUTES_PER_DAY) return false;
  const beginning = words[start + 8]! - interval + task.marketZoneMinutes;
  if (beginning % MINUTES_PER_DAY !== 0) return false;
  const day = beginning / MINUTES_PER_DAY;
  if (task.nowStamp < readDayStart(day + 1, task.marketZoneMinutes) + task.closeAfterMinutes) return false;
  const policy = state.policyOf(facts);
  const at = start + BLOCK_HEADER_WORDS + ((((head >>> 16) & 0xff) + 3) >> 2);
  if (!isPlainMeta(words[at]!, policy)) return false;
  limitSlots(facts, interval);
  const lowest = lowestValue(facts.limits, policy);
  const highest = highestValue(facts.limits, policy);
  let sum = 0;
  for (let i = at + 1; i <= at + count; i++) {
    const value = words[i]!;
    if (value < lowest || value > highest) return false;
    sum += value;
  }
  if (
    state.days.has(day) &&
    state.days.find(day, facts.meter, facts.from, facts.to, facts.channel).row >= 0
  ) {
    return false;
  }
  dayOfBlock = day;
  metaOfBlock = words[at]!;
  valuesAt = at + 1;
  sumOfValues = sum;
  return true;
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
    const { sumTolerance } = state.policyOf(facts);
    const tolerance = multiplyDivideHalfUp(sumTolerance, facts.multiplier, UNITS_PER_ONE);
    if (Number.isNaN(advance) || Math.abs(sumOfValues - advance) > tolerance) return false;
  }
  return true;
}
