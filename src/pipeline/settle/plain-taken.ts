import type { SettleKernel } from '../../kernel/settle-kernel.js';
import * as place from '../../kernel/settle-memory.js';
import { MINUTES_PER_DAY } from '../../model/time.js';
import { UNITS } from '../../model/units.js';
import type { BlockIndex } from '../../store/blocks/block-index.js';
import type { SettledRows } from '../../store/history/history-file.js';
import type { ReadRows } from '../../store/history/registers-file.js';
import type { UnitSum } from './batch-writer.js';
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

/** Lists of rows that have runs of ranks, by their places in RANK_RUNS. */
const DAY_ROWS = 0;
const OPENING_READS = 1;
const CLOSING_READS = 2;
const LISTS = [DAY_ROWS, OPENING_READS, CLOSING_READS];

/**
 * Takes over what the kernel has settled: text for the batch, rows for the history, counts. Where few meters in a
 * row are plain that is done again and again: views of the kernel's memory are made once for a partition.
 */
export class PlainTaken {
  private readonly text: Uint8Array;
  private readonly sums: BigInt64Array;
  /** Lower halves of 64-bit counts. */
  private readonly unitReads: Int32Array;
  private readonly fullChannels: Int32Array;
  private readonly day: SettledRows;
  private readonly reads: ReadRows[];
  /** By list: how many runs there are, then of each its first row and the word of a block that has the rank, or -1. */
  private readonly rankRuns: Int32Array[];
  private readonly unitSums: UnitSum[] = [];

  /** @param listed what the codes of register reads name */
  constructor(
    private readonly kernel: SettleKernel,
    private readonly state: SettleState,
    private readonly registers: RegisterStore,
    private readonly listed: ListedReads,
  ) {
    const { buffer } = kernel;
    const rows = place.ROWS_ROOM;
    this.text = new Uint8Array(buffer, place.TEXT, place.TEXT_BYTES + place.METER_TEXT_ROOM);
    this.sums = new BigInt64Array(buffer, place.SUMS, place.UNITS_ROOM);
    this.unitReads = new Int32Array(buffer, place.UNIT_READS, place.UNITS_ROOM * 2);
    this.fullChannels = new Int32Array(buffer, place.FULL_CHANNELS, place.INTERVALS * 2);
    const ranks = LISTS.map(() => new Int32Array(rows));
    this.rankRuns = LISTS.map(
      (list) =>
        new Int32Array(buffer, place.RANK_RUNS + list * place.RANK_RUNS_BYTES, place.RANK_RUNS_BYTES / 4),
    );
    this.day = {
      count: 0,
      slotCount: 0,
      ids: new Uint8Array(buffer, place.DAY_IDS, place.IDS_BYTES),
      idEnds: new Int32Array(buffer, place.DAY_ID_ENDS, rows),
      channels: new Uint8Array(buffer, place.DAY_CHANNELS, rows),
      intervalMinutes: new Uint16Array(buffer, place.DAY_INTERVALS, rows),
      slotEnds: new Int32Array(buffer, place.DAY_SLOT_ENDS, rows),
      ranks: ranks[DAY_ROWS]!,
      values: new Int32Array(buffer, place.DAY_VALUES, place.SLOTS_ROOM),
      quality: new Uint16Array(buffer, place.DAY_QUALITY, place.SLOTS_ROOM),
      totals: new Float64Array(buffer, place.DAY_TOTALS, rows),
      runSlots: new Uint16Array(buffer, place.DAY_RUN_SLOTS, rows),
      runValues: new Float64Array(buffer, place.DAY_RUN_VALUES, rows),
    };
    this.reads = [OPENING_READS, CLOSING_READS].map((list, file) => {
      const at = place.READS + file * place.READS_BYTES;
      return {
        count: 0,
        ids: new Uint8Array(buffer, at, place.IDS_BYTES),
        idEnds: new Int32Array(buffer, at + place.READS_ID_ENDS, rows),
        channels: new Uint8Array(buffer, at + place.READS_CHANNELS, rows),
        stamps: new Int32Array(buffer, at + place.READS_STAMPS, rows),
        values: new Float64Array(buffer, at + place.READS_VALUES, rows),
        flags: new Int32Array(buffer, at + place.READS_FLAGS, rows),
        ranks: ranks[list]!,
      };
    });
  }

  /** @param day that was settled */
  take(index: BlockIndex, ids: EndIds, day: number): void {
    const { state, listed } = this;
    const { exports } = this.kernel;
    const reads = exports.reads.value;
    this.findSums();
    const text = this.text.subarray(0, exports.textLength());
    state.batches.append(text, exports.records.value, reads, this.unitSums, index.bytes, ids);
    state.outcome.accepted += reads;
    const rows = exports.dayRows.value;
    if (rows > 0) this.takeDay(day, rows, exports.daySlots.value);
    const opening = exports.openingReads.value;
    if (opening > 0) this.takeReads(day - 1, OPENING_READS, opening, exports.copiedBefore.value);
    const closing = exports.closingReads.value;
    if (closing > 0) this.takeReads(day, CLOSING_READS, closing, exports.copiedDay.value);
    if (listed.hasPast && opening > 0) this.countRepeated(opening);
  }

  private findSums(): void {
    const { unitSums, unitReads, sums } = this;
    unitSums.length = 0;
    for (let unit = 0; unit < UNITS.length; unit++) {
      if (unitReads[unit * 2] !== 0) unitSums.push({ unit, sum: sums[unit]! });
    }
  }

  private takeDay(day: number, rows: number, slots: number): void {
    const { state, fullChannels } = this;
    const hours = state.hoursOf(day, true);
    for (let i = 0; i < place.INTERVALS; i++) {
      const channels = fullChannels[i * 2]!;
      if (channels !== 0) countFullChannels(hours, MINUTES_PER_DAY / PLAIN_INTERVALS[i]!, channels);
    }
    this.findRanks(DAY_ROWS, rows, this.day.ranks);
    this.day.count = rows;
    this.day.slotCount = slots;
    state.days.freshBuilder(day).rows(this.day);
  }

  /** @param copied row of the history's file, behind those that the new ones replace */
  private takeReads(day: number, list: number, rows: number, copied: number): void {
    const { registers, listed } = this;
    const reads = this.reads[list - OPENING_READS]!;
    this.findRanks(list, rows, reads.ranks);
    reads.count = rows;
    registers.putAll(day, reads, listed.metas, listed.ranks, copied);
  }

  /** Ranks of rows; -1 where the history has them. */
  private findRanks(list: number, rows: number, ranks: Int32Array): void {
    const runs = this.rankRuns[list]!;
    const count = runs[0]!;
    for (let run = 0; run < count; run++) {
      const block = runs[3 + run * 2]!;
      const rank = block < 0 ? -1 : this.state.rankOf(block);
      const end = run + 1 < count ? runs[4 + run * 2]! : rows;
      for (let row = runs[2 + run * 2]!; row < end; row++) ranks[row] = rank;
    }
  }

  /** The opening reads that came are those that the history has: each row that has the rank of a block is one. */
  private countRepeated(rows: number): void {
    const runs = this.rankRuns[OPENING_READS]!;
    const count = runs[0]!;
    for (let run = 0; run < count; run++) {
      const block = runs[3 + run * 2]!;
      const end = run + 1 < count ? runs[4 + run * 2]! : rows;
      if (block >= 0) this.state.countRepeated(block, end - runs[2 + run * 2]!);
    }
  }
}
