import type { ReadRanks } from '../../store/blocks/read-ranks.js';
import { isKeyAt, type KeyColumns, seekKey } from '../../store/history/history-columns.js';
import { DayBuilder, type DayColumns, readDayFile } from '../../store/history/history-file.js';
import { totalsFile } from '../../store/history/totals-file.js';
import type { HistoryRef } from './settle-types.js';

interface LoadedDay {
  columns: DayColumns | null;
  /** Row to look from: keys are asked for in ascending order. */
  cursor: number;
  /** First row that is not in the builder yet. */
  copied: number;
  builder: DayBuilder | null;
}

/** First and last row of the columns that lie in the partition. */
interface Bounds {
  lower: Uint8Array;
  upper: Uint8Array | null;
}

/**
 * The read days of one partition's history while it is settled. Rows are asked for and written in the
 * order of keys (meter id, channel). A day that gets a new row is written anew as a whole: rows that no
 * new one replaces are taken over.
 */
export class DayStore {
  private readonly days = new Map<number, LoadedDay>();
  private readonly paths: Map<number, string>;
  private readonly bounds: Bounds;
  /** Lowest day that got a new row. */
  oldestWritten = Number.POSITIVE_INFINITY;

  /**
   * @param slotsExpected slots that a day is likely to have
   * @param ranks what the ranks of rows are numbers of
   */
  constructor(
    refs: readonly HistoryRef[],
    lower: string,
    upper: string | null,
    private readonly slotsExpected: number,
    private readonly ranks: ReadRanks,
  ) {
    this.paths = new Map(refs.map((ref) => [ref.day, ref.path]));
    this.bounds = {
      lower: Buffer.from(lower, 'latin1'),
      upper: upper === null ? null : Buffer.from(upper, 'latin1'),
    };
  }

  /** Whether anything is kept of a day. */
  has(day: number): boolean {
    return this.paths.has(day);
  }

  private day(day: number): LoadedDay {
    let loaded = this.days.get(day);
    if (loaded === undefined) {
      const path = this.paths.get(day);
      const columns = path === undefined ? null : readDayFile(path, this.ranks);
      const first = columns === null ? 0 : this.firstRow(columns);
      if (columns !== null) columns.rowCount = this.endRow(columns, first);
      loaded = { columns, cursor: first, copied: first, builder: null };
      this.days.set(day, loaded);
    }
    return loaded;
  }

  private firstRow(columns: DayColumns): number {
    return seekKey(columns, 0, this.bounds.lower, 0, this.bounds.lower.length, -1);
  }

  private endRow(columns: DayColumns, first: number): number {
    const { upper } = this.bounds;
    return upper === null ? columns.rowCount : seekKey(columns, first, upper, 0, upper.length, -1);
  }

  /** Columns of a day and the row of a key in them; row -1 where there is none. */
  find(
    day: number,
    meter: Uint8Array,
    from: number,
    to: number,
    channel: number,
  ): { columns: DayColumns | null; row: number } {
    const loaded = this.day(day);
    const { columns } = loaded;
    if (columns === null) return NOTHING;
    loaded.cursor = seekKey(columns, loaded.cursor, meter, from, to, channel);
    FOUND.columns = columns;
    FOUND.row = isKeyAt(columns, loaded.cursor, meter, from, to, channel) ? loaded.cursor : -1;
    return FOUND;
  }

  /** Rows of a day that are not settled, in the order of keys. */
  openRows(day: number): { columns: DayColumns; rows: number[] } | null {
    const { columns, cursor } = this.day(day);
    if (columns === null) return null;
    const rows: number[] = [];
    for (let row = cursor; row < columns.rowCount; row++) if (columns.settled[row] === 0) rows.push(row);
    return { columns, rows };
  }

  /** Begins the new row of a key; its slots are to follow on the builder that is returned. */
  put(
    day: number,
    meter: Uint8Array,
    from: number,
    to: number,
    channel: number,
    intervalMinutes: number,
    settled: number,
    rank: number,
    slotCount: number,
  ): DayBuilder {
    const loaded = this.day(day);
    loaded.builder ??= takeBuilder(this.ranks, this.slotsExpected);
    if (day < this.oldestWritten) this.oldestWritten = day;
    const { columns, builder } = loaded;
    if (columns !== null) {
      const next = seekKey(columns, loaded.copied, meter, from, to, channel);
      copyRows(columns, loaded.copied, next, builder);
      loaded.copied = isKeyAt(columns, next, meter, from, to, channel) ? next + 1 : next;
    }
    builder.row(meter, from, to, channel, intervalMinutes, settled, rank, slotCount);
    return builder;
  }

  /** Index of a quality that new rows of a day have had already, with the rank of their rows, or -1. */
  knownQuality(day: number, meta: number, state: number): number {
    return this.day(day).builder?.knownQuality(meta, state) ?? -1;
  }

  /** The builder of a day of which no file is kept, for many new rows behind those that were put in. */
  freshBuilder(day: number): DayBuilder {
    const loaded = this.day(day);
    loaded.builder ??= takeBuilder(this.ranks, this.slotsExpected);
    if (day < this.oldestWritten) this.oldestWritten = day;
    return loaded.builder;
  }

  /**
   * The builder of a day whose last row is that of a key: what this run has just put in, which is newer than
   * the file. Null where the run put in nothing of the key.
   */
  justWritten(day: number, meter: Uint8Array, from: number, to: number, channel: number): DayBuilder | null {
    if (day < this.oldestWritten) return null;
    const builder = this.days.get(day)?.builder ?? null;
    if (builder === null || !isKeyAt(builder.keys, builder.keys.rowCount - 1, meter, from, to, channel)) {
      return null;
    }
    return builder;
  }

  /** The keys of a day as they are after `finish`. */
  keysOf(day: number): KeyColumns {
    const { builder, columns } = this.day(day);
    return builder?.keys ?? columns ?? NO_KEYS;
  }

  /** The files of all days that got a new row, each whole, in pieces, in the order of days. */
  *finish(): Generator<{ day: number; bytes: Uint8Array[]; totals: Uint8Array[] }> {
    for (const day of [...this.days.keys()].sort((a, b) => a - b)) {
      const { columns, copied, builder } = this.days.get(day)!;
      if (builder === null) continue;
      if (columns !== null) copyRows(columns, copied, columns.rowCount, builder);
      const bytes = builder.finish();
      yield { day, bytes, totals: totalsFile(builder.columns(), builder.keys, bytes, builder.knownTotals()) };
    }
  }

  /** Gives back the memory of what was built, for the next partition: nothing of it may be used any more. */
  release(): void {
    for (const loaded of this.days.values()) {
      if (loaded.builder !== null && spareBuilders.length < SPARE_BUILDERS_MAX)
        spareBuilders.push(loaded.builder);
      loaded.builder = null;
    }
  }
}

/** Builders of partitions that are done; most partitions write one day, some a few more. */
const spareBuilders: DayBuilder[] = [];
const SPARE_BUILDERS_MAX = 4;

function takeBuilder(ranks: ReadRanks, slotsExpected: number): DayBuilder {
  const builder = spareBuilders.pop();
  if (builder === undefined) return new DayBuilder(ranks, slotsExpected);
  builder.clear(ranks);
  return builder;
}

const NO_KEYS: KeyColumns = {
  rowCount: 0,
  meterBytes: new Uint8Array(0),
  meterOffsets: new Int32Array(1),
  channels: new Uint8Array(0),
};
const NOTHING = { columns: null, row: -1 } as const;
const FOUND: { columns: DayColumns | null; row: number } = { columns: null, row: -1 };

function copyRows(columns: DayColumns, first: number, end: number, builder: DayBuilder): void {
  const { meterOffsets, slotOffsets, values, quality, metas, states, qualityRanks } = columns;
  for (let row = first; row < end; row++) {
    const from = slotOffsets[row]!;
    const to = slotOffsets[row + 1]!;
    builder.row(
      columns.meterBytes,
      meterOffsets[row]!,
      meterOffsets[row + 1]!,
      columns.channels[row]!,
      columns.intervalMinutes[row]!,
      columns.settled[row]!,
      columns.ranks[row]!,
      to - from,
    );
    for (let i = from; i < to; i++) {
      const at = quality[i]!;
      builder.slot(values[i]!, metas[at]!, states[at]!, qualityRanks[at]!);
    }
  }
}
