import { stampTable } from '../../formats/cmep/writer.js';
import { UNITS_PER_ONE } from '../../model/decimal.js';
import { decimalsOf, NO_DECIMALS } from '../../model/quality.js';
import { readDayOf } from '../../model/time.js';
import type { BlockIndex } from '../../store/blocks/block-index.js';
import {
  createOpenBlock,
  metaOfRead,
  openBlock,
  stampOfRead,
  valueOfRead,
} from '../../store/blocks/block-reads.js';
import type { ChannelFacts } from './channel-facts.js';
import { KnownRegisters } from './known-registers.js';
import type { RegisterStore } from './register-store.js';
import type { SettleState } from './settle-state.js';

const block = createOpenBlock();
/** Filled anew for each channel that has reads without a value. */
const valued = new KnownRegisters();

/** Reads that the history keeps and that came again, and reads of this run that another one of it beat. */
const held: Read[] = [];
const losers: Read[] = [];

interface Read {
  stamp: number;
  value: number;
  meta: number;
  rank: number;
  block: number;
}

const hasValue = (meta: number): boolean => decimalsOf(meta) !== NO_DECIMALS;

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
  held.length = 0;
  losers.length = 0;
  store.collect(facts.meter, facts.from, facts.to, facts.channel, firstDay, lastDay, known);
  for (let b = first; b < end; b++) {
    openBlock(index, index.starts[b]!, block);
    const rank = state.rankOfBlock(b);
    for (let i = 0; i < block.count; i++) addFresh(index, known, b, rank, i);
  }
  for (const read of held) meetHeld(state, facts, known, read);
  for (const read of losers) tellLoser(state, facts, known, read);
}

/** Puts a read of this run in its place: blocks come in rising precedence, and one without a value never beats another. */
function addFresh(index: BlockIndex, known: KnownRegisters, b: number, rank: number, i: number): void {
  const stamp = stampOfRead(index, block, i);
  const value = valueOfRead(index, block, i);
  const meta = metaOfRead(index, block, i);
  const at = known.placeOf(stamp) - 1;
  if (at < 0 || known.stamps[at] !== stamp) {
    known.insert(at + 1, stamp, value, meta, rank, b, block.constant);
    return;
  }
  if (known.blocks[at]! < 0) held.push(readAt(known, at));
  else if (!hasValue(meta) && hasValue(known.metas[at]!)) {
    losers.push({ stamp, value, meta, rank, block: b });
    return;
  } else losers.push(readAt(known, at));
  put(known, at, value, meta, rank, b, block.constant);
}

function readAt({ stamps, values, metas, ranks, blocks }: KnownRegisters, at: number): Read {
  const [stamp, value, meta] = [stamps[at]!, values[at]!, metas[at]!];
  return { stamp, value, meta, rank: ranks[at]!, block: blocks[at]! };
}

function put(
  known: KnownRegisters,
  at: number,
  value: number,
  meta: number,
  rank: number,
  b: number,
  constant: number,
): void {
  known.values[at] = value;
  known.metas[at] = meta;
  known.ranks[at] = rank;
  known.blocks[at] = b;
  known.constants[at] = constant;
}

/** Check 2 between the winner of this run and the read that the history keeps of its stamp, which has a value. */
function meetHeld(state: SettleState, facts: ChannelFacts, known: KnownRegisters, read: Read): void {
  const at = known.placeOf(read.stamp) - 1;
  const fresh = readAt(known, at);
  const isSame = hasValue(fresh.meta) && fresh.value === read.value;
  // Of two with one rank that of the later run wins.
  const isLater = state.ranks.compare(fresh.rank, read.rank) >= 0;
  if (hasValue(fresh.meta) && !isSame && isLater) {
    known.resend[at] = 1;
    return;
  }
  state.duplicate(fresh.block, facts, read.stamp, isSame, read.meta, read.value, fresh.meta, fresh.value);
  const raises = isSame && isLater && fresh.rank !== read.rank;
  put(known, at, read.value, read.meta, raises ? fresh.rank : read.rank, -1, UNITS_PER_ONE);
  known.raised[at] = raises ? 1 : 0;
}

function tellLoser(state: SettleState, facts: ChannelFacts, known: KnownRegisters, read: Read): void {
  const at = known.placeOf(read.stamp) - 1;
  const [kept, keptMeta] = [known.values[at]!, known.metas[at]!];
  const isSame = hasValue(read.meta) === hasValue(keptMeta) && (!hasValue(keptMeta) || read.value === kept);
  state.duplicate(read.block, facts, read.stamp, isSame, keptMeta, kept, read.meta, read.value);
}

/** The reads that have a value, for spans and for the history. */
export function withValues(known: KnownRegisters): KnownRegisters {
  let all = true;
  for (let i = 0; i < known.count && all; i++) all = decimalsOf(known.metas[i]!) !== NO_DECIMALS;
  if (all) return known;
  valued.clear();
  for (let i = 0; i < known.count; i++) {
    if (!hasValue(known.metas[i]!)) continue;
    const { stamps, values, metas, ranks, blocks, constants } = known;
    const [meta, rank] = [metas[i]!, ranks[i]!];
    valued.insert(valued.count, stamps[i]!, values[i]!, meta, rank, blocks[i]!, constants[i]!);
    valued.raised[valued.count - 1] = known.raised[i]!;
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
    if (kept.blocks[i]! < 0 && kept.raised[i] === 0) continue;
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
