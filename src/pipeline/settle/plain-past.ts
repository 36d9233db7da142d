import type { SettleKernel } from '../../kernel/settle-kernel.js';
import * as place from '../../kernel/settle-memory.js';
import type { ReadRanks } from '../../store/blocks/read-ranks.js';
import type { KeyColumns } from '../../store/history/history-columns.js';
import type { RegisterColumns } from '../../store/history/registers-file.js';
import type { TotalsColumns } from '../../store/history/totals-file.js';
import { likeDays } from '../../vee/calendar.js';
import type { Policy } from '../../vee/policy.js';
import type { PastDays } from './past-days.js';
import type { RegisterStore } from './register-store.js';
import type { SettleState } from './settle-state.js';

/** Like days beyond those that are wanted that are looked at: some days cannot serve. */
const SPARE_LIKE_DAYS = 3;
/** Creation of records that were sent again: nothing of this run counts as later. */
const LATEST_CREATION = 2 ** 31 - 1;

type Column = Uint8Array | Uint16Array | Int32Array | Float64Array;

/** What lies where in the kernel's memory: columns by the cells that hold their addresses. */
interface PastFile {
  /** Address of the file's cells. */
  at: number;
  rows: number;
  columns: [cell: number, column: Column][];
  /** Numbers beside the addresses. */
  numbers: [cell: number, value: number][];
}

/** Meta words and ranks of what the history keeps, by their numbers among the codes of reads. */
export interface KeptCodes {
  metas: Int32Array;
  ranks: Int32Array;
}

/**
 * What the kernel needs of a partition's past to settle plain meters of a day: the totals of the day before and
 * of its like days, and the register reads that were kept of the two days before.
 */
export class PlainPast {
  /** Bytes that it takes behind PARTITION. */
  readonly bytes: number;

  private constructor(
    readonly day: number,
    readonly hasReads: boolean,
    readonly codes: KeptCodes,
    private readonly files: PastFile[],
    private readonly likesOf: { places: number[]; hasMore: boolean }[],
  ) {
    // Ids are looked at beyond their ends.
    this.bytes = files.reduce((sum, { columns }) => sum + columnsBytes(columns), 16);
  }

  /**
   * Reads what is needed of the history.
   * @returns null where the kernel cannot settle the day beside it: it holds the day itself, or registers otherwise
   */
  static open(
    state: SettleState,
    past: PastDays,
    registers: RegisterStore,
    day: number,
    policies: readonly Policy[],
  ): PlainPast | null {
    if (past.has(day)) return null;
    const days: number[] = [];
    const placeOf = (wanted: number) => {
      let at = days.indexOf(wanted);
      if (at < 0) at = days.push(wanted) - 1;
      return at;
    };
    placeOf(day - 1);
    const likesOf = policies.map(({ historyDays, referenceDays }) => {
      const all = likeDays(day, historyDays, state.rules.calendar).filter((like) => past.has(like));
      const looked = all.slice(0, Math.min(referenceDays + SPARE_LIKE_DAYS, place.LIKE_DAYS_ROOM));
      return { places: looked.map(placeOf), hasMore: looked.length < all.length };
    });
    if (days.length > place.PAST_DAYS_ROOM) return null;
    const reads = registers.keptAround(day);
    if (reads === null) return null;
    const files = days.map((one, i) => dayFile(place.PAST_DAYS + i * place.PAST_DAY_BYTES, past.totals(one)));
    const codes = reads.flatMap(({ metas, ranks }) => Array.from(metas, (meta, i) => [meta, ranks[i]!]));
    let code = place.FLAGS_ROOM;
    for (const [i, columns] of reads.entries()) {
      files.push(readFile(place.PAST_READS + i * place.READ_FILE_BYTES, columns, code, state.ranks));
      code += columns.metas.length;
    }
    const kept = {
      metas: Int32Array.from(codes, ([meta]) => meta!),
      ranks: Int32Array.from(codes, ([, rank]) => rank!),
    };
    return new PlainPast(day, reads.length > 0, kept, files, likesOf);
  }

  /** Puts it into the kernel, from address `at` on. */
  put({ buffer, exports }: SettleKernel, at: number): void {
    const view = new DataView(buffer);
    let next = at;
    for (const { at: cells, rows, columns, numbers } of this.files) {
      view.setInt32(cells + place.FILE_ROWS, rows, true);
      view.setInt32(cells + place.FILE_CURSOR, 0, true);
      for (const [cell, value] of numbers) view.setInt32(cells + cell, value, true);
      for (const [cell, column] of columns) {
        view.setInt32(cells + cell, next, true);
        const bytes = new Uint8Array(column.buffer, column.byteOffset, column.byteLength);
        new Uint8Array(buffer, next, bytes.length).set(bytes);
        next += rounded(bytes.length);
      }
    }
    for (const [i, { places, hasMore }] of this.likesOf.entries()) {
      const cells = place.POLICIES + i * place.POLICY_BYTES + place.POLICY_LIKE_DAYS;
      new Uint8Array(buffer, cells, 2 + places.length).set([places.length, hasMore ? 1 : 0, ...places]);
    }
    exports.setPastReads(this.hasReads ? 1 : 0);
  }
}

/** Tells the kernel that there is no past. */
export function putNoPast({ buffer, exports }: SettleKernel): void {
  new DataView(buffer).setInt32(place.PAST_DAYS + place.FILE_ROWS, 0, true);
  exports.setPastReads(0);
}

const rounded = (bytes: number): number => Math.ceil(bytes / 8) * 8;

const columnsBytes = (columns: PastFile['columns']): number =>
  columns.reduce((sum, [, { byteLength }]) => sum + rounded(byteLength), 0);

function keyColumns({ rowCount, meterBytes, meterOffsets, channels }: KeyColumns): PastFile['columns'] {
  return [
    [place.FILE_ID_ENDS, meterOffsets.subarray(0, rowCount + 1)],
    [place.FILE_IDS, meterBytes.subarray(0, meterOffsets[rowCount])],
    [place.FILE_CHANNELS, channels.subarray(0, rowCount)],
  ];
}

/** @param past null where nothing is kept of the day */
function dayFile(at: number, past: { totals: TotalsColumns; cursor: number } | null): PastFile {
  if (past === null) return { at, rows: 0, columns: [], numbers: [] };
  const { totals, cursor } = past;
  const rows = totals.rowCount;
  return {
    at,
    rows,
    columns: [
      ...keyColumns(totals),
      [place.DAY_FILE_INTERVALS, totals.intervalMinutes.subarray(0, rows)],
      [place.DAY_FILE_WORTHY, totals.worthy.subarray(0, rows)],
      [place.DAY_FILE_TOTALS, Float64Array.from(totals.totals.subarray(0, rows))],
      [place.DAY_FILE_RUN_SLOTS, totals.runSlots.subarray(0, rows)],
      [place.DAY_FILE_RUN_VALUES, Float64Array.from(totals.runValues.subarray(0, rows))],
    ],
    numbers: [[place.FILE_CURSOR, cursor]],
  };
}

function readFile(at: number, columns: RegisterColumns, code: number, table: ReadRanks): PastFile {
  const rows = columns.rowCount;
  const created = Int32Array.from(columns.ranks, (rank) => {
    const { resend, created: stamp } = table.rank(rank);
    return resend === 1 ? LATEST_CREATION : stamp;
  });
  return {
    at,
    rows,
    columns: [
      ...keyColumns(columns),
      [place.READ_FILE_STAMPS, columns.stamps.subarray(0, rows)],
      [place.READ_FILE_VALUES, columns.values.subarray(0, rows)],
      [place.READ_FILE_QUALITY, Int32Array.from(columns.quality.subarray(0, rows))],
      [place.READ_FILE_CREATED, created],
    ],
    numbers: [[place.READ_FILE_CODE, code]],
  };
}
