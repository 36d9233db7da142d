import type { SettleKernel } from '../../kernel/settle-kernel.js';
import * as place from '../../kernel/settle-memory.js';
import { MINUTES_PER_DAY } from '../../model/time.js';
import type { BlockIndex } from '../../store/blocks/block-index.js';
import { countFullChannels } from './emit-channel.js';
import { PLAIN_INTERVALS } from './plain-tables.js';
import type { RegisterStore } from './register-store.js';
import type { SettleState } from './settle-state.js';

/** Meter ids of the first and the last meter that were settled, in the index' bytes. */
export interface EndIds {
  firstFrom: number;
  firstTo: number;
  lastFrom: number;
  lastTo: number;
}

/** Meta words, and ranks that the history gives, by the codes of register reads. */
export interface ListedReads {
  metas: Int32Array;
  ranks: Int32Array;
  /** Whether the history has register reads of the days before. */
  hasPast: boolean;
}

/**
 * Takes over what the kernel has settled: text for the batch, rows for the history, counts.
 * @param listed what the codes of register reads name
 */
export function takePlain(
  kernel: SettleKernel,
  state: SettleState,
  registers: RegisterStore,
  index: BlockIndex,
  ids: EndIds,
  day: number,
  listed: ListedReads,
): void {
  const { exports, buffer } = kernel;
  const reads = exports.reads.value;
  state.batches.append(
    new Uint8Array(buffer, place.TEXT, exports.textLength()),
    exports.records.value,
    reads,
    new BigInt64Array(buffer, place.SUMS, place.UNITS_ROOM),
    new BigInt64Array(buffer, place.UNIT_READS, place.UNITS_ROOM),
    index.bytes,
    ids,
  );
  state.outcome.accepted += reads;
  const rows = exports.dayRows.value;
  if (rows > 0) takeDay(buffer, state, day, rows, exports.daySlots.value);
  const [opening, closing] = [exports.openingReads.value, exports.closingReads.value];
  takeReads(buffer, state, registers, day - 1, 0, opening, listed, exports.copiedBefore.value);
  takeReads(buffer, state, registers, day, 1, closing, listed, exports.copiedDay.value);
  if (listed.hasPast) countRepeated(buffer, state, opening);
}

/** The opening reads that came are those that the history has: each row that has the rank of a block is one. */
function countRepeated(buffer: ArrayBuffer, state: SettleState, rows: number): void {
  if (rows === 0) return;
  const runs = rankRuns(buffer, OPENING_READS);
  for (let i = 0; i < runs.length; i += 2) {
    const end = runs[i + 2] ?? rows;
    if (runs[i + 1]! >= 0) state.countRepeated(runs[i + 1]!, end - runs[i]!);
  }
}

function takeDay(buffer: ArrayBuffer, state: SettleState, day: number, rows: number, slots: number): void {
  const hours = state.hoursOf(day, true);
  const full = new BigInt64Array(buffer, place.FULL_CHANNELS, place.INTERVALS);
  for (const [i, interval] of PLAIN_INTERVALS.entries()) {
    if (full[i] !== 0n) countFullChannels(hours, MINUTES_PER_DAY / interval, Number(full[i]));
  }
  const idEnds = new Int32Array(buffer, place.DAY_ID_ENDS, rows);
  state.days.freshBuilder(day).rows({
    ids: new Uint8Array(buffer, place.DAY_IDS, idEnds[rows - 1]),
    idEnds,
    channels: new Uint8Array(buffer, place.DAY_CHANNELS, rows),
    intervalMinutes: new Uint16Array(buffer, place.DAY_INTERVALS, rows),
    slotEnds: new Int32Array(buffer, place.DAY_SLOT_ENDS, rows),
    ranks: ranksOf(buffer, state, DAY_ROWS, rows),
    values: new Int32Array(buffer, place.DAY_VALUES, slots),
    quality: new Uint16Array(buffer, place.DAY_QUALITY, slots),
    totals: new Float64Array(buffer, place.DAY_TOTALS, rows),
    runSlots: new Uint16Array(buffer, place.DAY_RUN_SLOTS, rows),
    runValues: new Float64Array(buffer, place.DAY_RUN_VALUES, rows),
  });
}

/**
 * @param file 0 for the reads of the day before, 1 for those of the day
 * @param copied row of the history's file, behind those that the new ones replace
 */
function takeReads(
  buffer: ArrayBuffer,
  state: SettleState,
  registers: RegisterStore,
  day: number,
  file: number,
  rows: number,
  listed: ListedReads,
  copied: number,
): void {
  if (rows === 0) return;
  const at = place.READS + file * place.READS_BYTES;
  const idEnds = new Int32Array(buffer, at + place.READS_ID_ENDS, rows);
  registers.putAll(
    day,
    {
      ids: new Uint8Array(buffer, at, idEnds[rows - 1]),
      idEnds,
      channels: new Uint8Array(buffer, at + place.READS_CHANNELS, rows),
      stamps: new Int32Array(buffer, at + place.READS_STAMPS, rows),
      values: new Float64Array(buffer, at + place.READS_VALUES, rows),
      flags: new Int32Array(buffer, at + place.READS_FLAGS, rows),
      ranks: ranksOf(buffer, state, OPENING_READS + file, rows),
    },
    listed.metas,
    listed.ranks,
    copied,
  );
}

/** Lists of rows that have runs of ranks. */
const DAY_ROWS = 0;
const OPENING_READS = 1;

/** Of each run of rows with one rank its first row, and the word of a block that has the rank, or -1. */
function rankRuns(buffer: ArrayBuffer, list: number): Int32Array {
  const at = place.RANK_RUNS + list * place.RANK_RUNS_BYTES;
  const count = new Int32Array(buffer, at, 1)[0]!;
  return new Int32Array(buffer, at + 8, count * 2);
}

/** Ranks of rows; -1 where the history has them. */
function ranksOf(buffer: ArrayBuffer, state: SettleState, list: number, rows: number): Int32Array {
  const runs = rankRuns(buffer, list);
  const ranks = new Int32Array(rows);
  for (let i = 0; i < runs.length; i += 2) {
    const block = runs[i + 1]!;
    ranks.fill(block < 0 ? -1 : state.rankOf(block), runs[i]!, runs[i + 2] ?? rows);
  }
  return ranks;
}
