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

/**
 * Takes over what the kernel has settled: text for the batch, rows for the history, counts.
 * @param metas meta words by their places among the kernel's flags
 */
export function takePlain(
  kernel: SettleKernel,
  state: SettleState,
  registers: RegisterStore,
  index: BlockIndex,
  ids: EndIds,
  day: number,
  metas: readonly number[],
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
  takeReads(buffer, state, registers, day - 1, 0, exports.openingReads.value, metas);
  takeReads(buffer, state, registers, day, 1, exports.closingReads.value, metas);
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
    ranks: ranksOf(buffer, state, 0, rows),
    values: new Int32Array(buffer, place.DAY_VALUES, slots),
    quality: new Uint16Array(buffer, place.DAY_QUALITY, slots),
    totals: new Float64Array(buffer, place.DAY_TOTALS, rows),
    runSlots: new Uint16Array(buffer, place.DAY_RUN_SLOTS, rows),
    runValues: new Float64Array(buffer, place.DAY_RUN_VALUES, rows),
  });
}

/** @param file 0 for the reads of the day before, 1 for those of the day */
function takeReads(
  buffer: ArrayBuffer,
  state: SettleState,
  registers: RegisterStore,
  day: number,
  file: number,
  rows: number,
  metas: readonly number[],
): void {
  if (rows === 0) return;
  const at = place.READS + file * place.READS_BYTES;
  const idEnds = new Int32Array(buffer, at + place.READS_ID_ENDS, rows);
  registers.freshBuilder(day).rows(
    {
      ids: new Uint8Array(buffer, at, idEnds[rows - 1]),
      idEnds,
      channels: new Uint8Array(buffer, at + place.READS_CHANNELS, rows),
      stamps: new Int32Array(buffer, at + place.READS_STAMPS, rows),
      values: new Float64Array(buffer, at + place.READS_VALUES, rows),
      flags: new Int32Array(buffer, at + place.READS_FLAGS, rows),
      ranks: ranksOf(buffer, state, 1 + file, rows),
    },
    metas,
  );
}

/** Ranks of rows. @param list of which rows: 0 those of the day, 1 and 2 the reads of the two files */
function ranksOf(buffer: ArrayBuffer, state: SettleState, list: number, rows: number): Int32Array {
  const at = place.RANK_RUNS + list * place.RANK_RUNS_BYTES;
  const count = new Int32Array(buffer, at, 1)[0]!;
  const runs = new Int32Array(buffer, at + 8, count * 2);
  const ranks = new Int32Array(rows);
  for (let i = 0; i < count; i++) ranks.fill(state.rankOf(runs[i * 2 + 1]!), runs[i * 2]!);
  return ranks;
}
