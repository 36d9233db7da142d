import { stampTable } from '../formats/cmep/writer.js';
import { decimalsOf, NO_DECIMALS } from '../model/quality.js';
import { readDayOf } from '../model/time.js';
import type { BlockIndex } from '../store/block-index.js';
import { createOpenBlock, metaOfRead, openBlock, stampOfRead, valueOfRead } from '../store/block-reads.js';
import type { ChannelFacts } from './channel-facts.js';
import { KnownRegisters } from './known-registers.js';
import type { RegisterStore } from './register-store.js';
import type { SettleState } from './settle-state.js';

const block = createOpenBlock();
/** Filled anew for each channel that has reads without a value. */
const valued = new KnownRegisters();

/**
 * Register reads of a channel: those of blocks `first` to `end - 1`, which are to be sent, and those that
 * the history keeps around them, in the order of time, each stamp once (check 2 where it came twice).
 * @param known where they are put
 */
export function gatherRegisters(
  state: SettleState,
  store: RegisterStore,
  facts: ChannelFacts,
  index: BlockIndex,
  first: number,
  end: number,
  firstDay: number,
  lastDay: number,
  known: KnownRegisters,
): void {
  known.clear();
  store.collect(facts.meter, facts.from, facts.to, facts.channel, firstDay, lastDay, known);
  for (let b = first; b < end; b++) {
    openBlock(index, index.starts[b]!, block);
    for (let i = 0; i < block.count; i++) addFresh(state, facts, index, known, b, i);
  }
}

function addFresh(
  state: SettleState,
  facts: ChannelFacts,
  index: BlockIndex,
  known: KnownRegisters,
  b: number,
  i: number,
): void {
  const stamp = stampOfRead(index, block, i);
  const value = valueOfRead(index, block, i);
  const meta = metaOfRead(index, block, i);
  const at = known.placeOf(stamp);
  if (at > 0 && known.stamps[at - 1] === stamp)
    takeRepeat(state, facts, known, at - 1, b, stamp, meta, value);
  else known.insert(at, stamp, value, meta, b, block.constant);
}

/** A register read of a stamp that is there: the later one stays, a read without a value never. */
function takeRepeat(
  state: SettleState,
  facts: ChannelFacts,
  known: KnownRegisters,
  at: number,
  b: number,
  stamp: number,
  meta: number,
  value: number,
): void {
  const oldMeta = known.metas[at]!;
  const old = known.values[at]!;
  const oldHasValue = decimalsOf(oldMeta) !== NO_DECIMALS;
  const newHasValue = decimalsOf(meta) !== NO_DECIMALS;
  const isSame = oldHasValue === newHasValue && (!newHasValue || old === value);
  const isKept = known.blocks[at]! < 0;
  if ((isKept && isSame) || (oldHasValue && !newHasValue)) {
    state.duplicate(b, facts, stamp, isSame, oldMeta, old, meta, value);
    return;
  }
  if (!isKept) state.duplicate(known.blocks[at]!, facts, stamp, isSame, meta, value, oldMeta, old);
  else known.resend[at] = 1;
  known.values[at] = value;
  known.metas[at] = meta;
  known.blocks[at] = b;
  known.constants[at] = block.constant;
}

/** The reads that have a value, for spans and for the history. */
export function withValues(known: KnownRegisters): KnownRegisters {
  let all = true;
  for (let i = 0; i < known.count && all; i++) all = decimalsOf(known.metas[i]!) !== NO_DECIMALS;
  if (all) return known;
  valued.clear();
  for (let i = 0; i < known.count; i++) {
    if (decimalsOf(known.metas[i]!) === NO_DECIMALS) continue;
    const { stamps, values, metas, blocks, constants } = known;
    valued.insert(valued.count, stamps[i]!, values[i]!, metas[i]!, blocks[i]!, constants[i]!);
  }
  return valued;
}

/** Writes the register reads that came in this run, each in a record of its own, and keeps them. */
export function settleRegisters(
  state: SettleState,
  store: RegisterStore,
  facts: ChannelFacts,
  known: KnownRegisters,
): void {
  const { writer, batches, outcome, task } = state;
  const { meter, from, to, channel } = facts;
  for (let i = 0; i < known.count; i++) {
    if (known.blocks[i]! < 0) continue;
    if (!task.sends) {
      outcome.accepted++;
      continue;
    }
    const table = registerStamp(known.stamps[i]!, task.output.zoneMinutes);
    writer.header(meter, from, to, known.resend[i] === 1, channel, known.constants[i]!, 0, 1);
    writer.triple(table, 0, state.actualMeta(known.metas[i]!), known.values[i]!);
    writer.endLine();
    outcome.accepted++;
    batches.endRecord(meter, from, to, 1, channel >> 2, known.values[i]!);
  }
  const kept = withValues(known);
  let lastDay = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < kept.count; i++) {
    if (kept.blocks[i]! < 0) continue;
    const day = readDayOf(kept.stamps[i]!, task.marketZoneMinutes);
    if (day !== lastDay) store.put(day, meter, from, to, channel, kept);
    lastDay = day;
  }
}

/** Register reads of a night have few stamps: opening and closing. */
const stampTables = new Map<number, Int32Array>();
const STAMP_TABLES_MAX = 4096;
let tablesZone = 0;

/** The tables that were asked for last: the opening and the closing of a day take turns. */
let newerStamp = Number.NaN;
let newerTable: Int32Array = new Int32Array(0);
let olderStamp = Number.NaN;
let olderTable: Int32Array = new Int32Array(0);

function registerStamp(stamp: number, zoneMinutes: number): Int32Array {
  if (zoneMinutes === tablesZone) {
    if (stamp === newerStamp) return newerTable;
    if (stamp === olderStamp) return olderTable;
  }
  olderStamp = newerStamp;
  olderTable = newerTable;
  newerStamp = stamp;
  newerTable = findTable(stamp, zoneMinutes);
  return newerTable;
}

function findTable(stamp: number, zoneMinutes: number): Int32Array {
  if (zoneMinutes !== tablesZone || stampTables.size >= STAMP_TABLES_MAX) stampTables.clear();
  tablesZone = zoneMinutes;
  let table = stampTables.get(stamp);
  if (table === undefined) {
    table = stampTable(stamp, 0, 1, zoneMinutes);
    stampTables.set(stamp, table);
  }
  return table;
}
