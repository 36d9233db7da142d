import {
  type Data,
  Field,
  Float64,
  Int32,
  List,
  makeData,
  makeVector,
  type Table,
  Uint16,
  Uint32,
  type Vector,
} from 'apache-arrow';
import { NamedRanks, type ReadRanks, ranksOfMetadata } from '../blocks/read-ranks.js';
import { column, keyVectors, openFile, toFile } from './history-arrow.js';
import { grown, KeyBuilder, type KeyColumns, NARROW_QUALITIES_MAX, narrowed } from './history-columns.js';

/** Files of read days (docs/history.md), as columns of typed arrays. This module knows nothing of reads. */

/** One read day of the channels of a partition. Slots of row i: `slotOffsets[i]` to `slotOffsets[i + 1]`. */
export interface DaySlots extends KeyColumns {
  intervalMinutes: Uint16Array;
  /** 1 where the row's day is settled. */
  settled: Uint8Array;
  slotOffsets: Int32Array;
  values: Int32Array | Float64Array;
  /** By slot: index into `metas` and `states`. */
  quality: Uint16Array | Uint32Array;
  metas: Int32Array;
  states: Uint8Array;
}

/** The same, and which ranks the reads have. */
export interface DayColumns extends DaySlots {
  /** By row: rank of its reads, but for those whose quality names another one. */
  ranks: Int32Array;
  /** By quality: its reads' rank, or -1 for that of the row. */
  qualityRanks: Int32Array;
}

const DAY_FORMAT = 'day/2';
/** It has one creation and one RESEND mark for a row, and no file name. */
const OLD_DAY_FORMAT = 'day/1';

/** In place of a slot's rank: it is that of the row. */
const ROWS_RANK = -1;

/** Rows of a day, of which all slots are given; ids and slots one behind the other. Columns may go on behind them. */
export interface SettledRows {
  count: number;
  slotCount: number;
  ids: Uint8Array;
  idEnds: Int32Array;
  channels: Uint8Array;
  intervalMinutes: Uint16Array;
  slotEnds: Int32Array;
  ranks: Int32Array;
  values: Int32Array;
  /** Indexes that `knownQuality` gave. */
  quality: Uint16Array;
  /** What the totals file says of each row (store/totals-file): all its slots are actual, passed and sound. */
  totals: Float64Array;
  runSlots: Uint16Array;
  runValues: Float64Array;
}

/** By row: 1 where its totals are known, and these. */
export type KnownTotals = Pick<SettledRows, 'totals' | 'runSlots' | 'runValues'> & { hasTotals: Uint8Array };

/** Builds the columns of a day, row after row in the order of keys. */
export class DayBuilder {
  readonly keys = new KeyBuilder();
  private intervalMinutes = new Uint16Array(1 << 12);
  private settled = new Uint8Array(1 << 12);
  private ranks = new Int32Array(1 << 12);
  /** By row: its totals, and 1 where they are known. */
  private totals = new Float64Array(1 << 12);
  private runSlots = new Uint16Array(1 << 12);
  private runValues = new Float64Array(1 << 12);
  private hasTotals = new Uint8Array(1 << 12);
  private slotOffsets = new Int32Array(1 << 12);
  private slotTotal = 0;
  private values: Int32Array | Float64Array;
  private quality: Uint16Array | Uint32Array;
  private readonly qualities: [meta: number, state: number, rank: number][] = [];
  /** Places in `qualities` by their numbers; text where they name a rank. */
  private readonly placeOf = new Map<number | string, number>();
  private lastMeta = 0;
  private lastState = -1;
  private lastRank = ROWS_RANK;
  private lastQuality = 0;

  /**
   * @param table what ranks are numbers of
   * @param slotsExpected room to begin with; more is made as needed
   */
  constructor(
    private table: ReadRanks,
    slotsExpected = 1 << 12,
  ) {
    this.values = new Int32Array(slotsExpected);
    this.quality = new Uint16Array(slotsExpected);
  }

  /** Empties the columns, for another day; their memory is kept. */
  clear(table: ReadRanks): void {
    this.table = table;
    this.keys.clear();
    this.hasTotals.fill(0);
    this.slotTotal = 0;
    if (!(this.values instanceof Int32Array)) this.values = new Int32Array(this.values.length);
    if (!(this.quality instanceof Uint16Array)) this.quality = new Uint16Array(this.quality.length);
    this.qualities.length = 0;
    this.placeOf.clear();
    this.lastState = -1;
  }

  /** Begins a row; its slots follow by `slot`. */
  row(
    meter: Uint8Array,
    from: number,
    to: number,
    channel: number,
    intervalMinutes: number,
    settled: number,
    rank: number,
    slotCount: number,
  ): void {
    const row = this.keys.rowCount;
    this.keys.append(meter, from, to, channel);
    if (row + 2 > this.slotOffsets.length) this.growRows();
    this.intervalMinutes[row] = intervalMinutes;
    this.settled[row] = settled;
    this.ranks[row] = rank;
    this.slotOffsets[row + 1] = this.slotTotal + slotCount;
    while (this.slotTotal + slotCount > this.values.length) this.growSlots();
  }

  /** @param rank where it is not that of the row */
  slot(value: number, meta: number, state: number, rank = ROWS_RANK): void {
    const at = this.slotTotal++;
    if ((value | 0) !== value && this.values instanceof Int32Array)
      this.values = Float64Array.from(this.values);
    this.values[at] = value;
    if (meta !== this.lastMeta || state !== this.lastState || rank !== this.lastRank) {
      this.lastMeta = meta;
      this.lastState = state;
      this.lastRank = rank;
      this.lastQuality = this.qualityOf(meta, state, rank);
    }
    this.quality[at] = this.lastQuality;
  }

  private qualityOf(meta: number, state: number, rank: number): number {
    const number = meta * 8 + state;
    const key = rank === ROWS_RANK ? number : `${number}/${rank}`;
    let place = this.placeOf.get(key);
    if (place === undefined) {
      place = this.qualities.length;
      if (place === NARROW_QUALITIES_MAX) this.quality = Uint32Array.from(this.quality);
      this.qualities.push([meta, state, rank]);
      this.placeOf.set(key, place);
    }
    return place;
  }

  /** The slots of a row that all came with the same meta word and have the same state. */
  slots(values: Int32Array, from: number, count: number, meta: number, state: number): void {
    this.slot(values[from]!, meta, state);
    const { quality, lastQuality } = this;
    const kept = this.values;
    let at = this.slotTotal;
    for (let i = from + 1; i < from + count; i++) {
      kept[at] = values[i]!;
      quality[at++] = lastQuality;
    }
    this.slotTotal = at;
  }

  /** Index of a quality that slots of this day have had already, with the rank of their rows, or -1. */
  knownQuality(meta: number, state: number): number {
    return this.placeOf.get(meta * 8 + state) ?? -1;
  }

  /** Rows that are settled as a whole, whose slots all have the rank of their row. */
  rows(rows: SettledRows): void {
    const { ids, idEnds, channels, count, slotCount } = rows;
    const row = this.keys.rowCount;
    this.keys.appendAll(ids, idEnds, channels, count);
    while (row + count + 2 > this.slotOffsets.length) this.growRows();
    while (this.slotTotal + slotCount > this.values.length) this.growSlots();
    // Often there are but a few.
    for (let i = 0; i < count; i++) {
      this.intervalMinutes[row + i] = rows.intervalMinutes[i]!;
      this.settled[row + i] = 1;
      this.ranks[row + i] = rows.ranks[i]!;
      this.slotOffsets[row + 1 + i] = this.slotTotal + rows.slotEnds[i]!;
      this.totals[row + i] = rows.totals[i]!;
      this.runSlots[row + i] = rows.runSlots[i]!;
      this.runValues[row + i] = rows.runValues[i]!;
      this.hasTotals[row + i] = 1;
    }
    this.values.set(rows.values.subarray(0, slotCount), this.slotTotal);
    this.quality.set(rows.quality.subarray(0, slotCount), this.slotTotal);
    this.slotTotal += slotCount;
  }

  private growRows(): void {
    const length = this.slotOffsets.length * 2;
    this.intervalMinutes = grown(this.intervalMinutes, new Uint16Array(length));
    this.settled = grown(this.settled, new Uint8Array(length));
    this.ranks = grown(this.ranks, new Int32Array(length));
    this.slotOffsets = grown(this.slotOffsets, new Int32Array(length));
    this.totals = grown(this.totals, new Float64Array(length));
    this.runSlots = grown(this.runSlots, new Uint16Array(length));
    this.runValues = grown(this.runValues, new Float64Array(length));
    this.hasTotals = grown(this.hasTotals, new Uint8Array(length));
  }

  private growSlots(): void {
    const length = this.values.length * 2;
    this.values =
      this.values instanceof Int32Array
        ? grown(this.values, new Int32Array(length))
        : grown(this.values, new Float64Array(length));
    this.quality =
      this.quality instanceof Uint16Array
        ? grown(this.quality, new Uint16Array(length))
        : grown(this.quality, new Uint32Array(length));
  }

  /** Totals of rows that were put in with them. */
  knownTotals(): KnownTotals {
    const { hasTotals, totals, runSlots, runValues } = this;
    return { hasTotals, totals, runSlots, runValues };
  }

  /** What has been put in so far, as a reader of the file would find it; good until the next row. */
  columns(): DaySlots {
    return {
      rowCount: this.keys.rowCount,
      meterBytes: this.keys.meterBytes,
      meterOffsets: this.keys.meterOffsets,
      channels: this.keys.channels,
      intervalMinutes: this.intervalMinutes,
      settled: this.settled,
      slotOffsets: this.slotOffsets,
      values: this.values,
      quality: this.quality,
      metas: Int32Array.from(this.qualities, ([meta]) => meta),
      states: Uint8Array.from(this.qualities, ([, state]) => state),
    };
  }

  /** The bytes of the whole file, in pieces that are good until the next row. */
  finish(): Uint8Array[] {
    const rows = this.keys.rowCount;
    const slots = this.slotTotal;
    const isNarrow = this.values instanceof Int32Array;
    const values = isNarrow
      ? makeData({ type: new Int32(), length: slots, data: this.values.subarray(0, slots) as Int32Array })
      : makeData({
          type: new Float64(),
          length: slots,
          data: this.values.subarray(0, slots) as Float64Array,
        });
    const isFew = this.quality instanceof Uint16Array;
    const quality = isFew
      ? makeData({ type: new Uint16(), length: slots, data: this.quality.subarray(0, slots) as Uint16Array })
      : makeData({ type: new Uint32(), length: slots, data: this.quality.subarray(0, slots) as Uint32Array });
    const valueOffsets = this.slotOffsets.subarray(0, rows + 1);
    const named = new NamedRanks(this.table);
    const ranks = this.ranks.subarray(0, rows).map((rank) => named.numberOf(rank));
    const qualities = this.qualities.map(([meta, state, rank]) =>
      rank === ROWS_RANK ? [meta, state] : [meta, state, named.numberOf(rank)],
    );
    const columns: Record<string, Vector> = {
      ...keyVectors(this.keys),
      interval_minutes: makeVector(this.intervalMinutes.subarray(0, rows)),
      settled: makeVector(this.settled.subarray(0, rows)),
      rank: makeVector(narrowed(ranks, named.count)),
      values: listVector(values as Data<Int32>, isNarrow ? new Int32() : new Float64(), valueOffsets, rows),
      quality: listVector(quality as Data<Uint16>, isFew ? new Uint16() : new Uint32(), valueOffsets, rows),
    };
    return toFile(columns, DAY_FORMAT, { quality: JSON.stringify(qualities), ...named.metadata() });
  }
}

function listVector(
  child: Data,
  type: Int32 | Float64 | Uint16 | Uint32,
  valueOffsets: Int32Array,
  rows: number,
): Vector {
  const list = new List(new Field('item', type, false));
  return makeVector(makeData({ type: list, length: rows, valueOffsets, child: child as Data<typeof type> }));
}

/**
 * Reads a day file.
 * @param table what ranks become numbers of
 * @throws ReadmillError READMILL_HISTORY_DAMAGED where it is no such file
 */
export function readDayFile(path: string, table: ReadRanks): DayColumns {
  const file = openFile(path, [DAY_FORMAT, OLD_DAY_FORMAT]);
  const { table: columns, rows, keys, metadata } = file;
  const values = column(columns, 'values');
  const slotOffsets = values.valueOffsets as Int32Array;
  const qualities = JSON.parse(metadata.get('quality') ?? '[]') as [number, number, number?][];
  const listed = ranksOfMetadata(metadata, table);
  return {
    ...keys,
    rowCount: rows,
    intervalMinutes: column(columns, 'interval_minutes').values as Uint16Array,
    settled: column(columns, 'settled').values as Uint8Array,
    ranks:
      file.format === OLD_DAY_FORMAT
        ? oldDayRanks(columns, rows, table)
        : Int32Array.from(
            (column(columns, 'rank').values as Uint16Array).subarray(0, rows),
            (rank) => listed[rank]!,
          ),
    slotOffsets,
    values: values.children[0]!.values as Int32Array | Float64Array,
    quality: column(columns, 'quality').children[0]!.values as Uint16Array | Uint32Array,
    metas: Int32Array.from(qualities, ([meta]) => meta),
    states: Uint8Array.from(qualities, ([, state]) => state),
    qualityRanks: Int32Array.from(qualities, ([, , rank]) =>
      rank === undefined ? ROWS_RANK : listed[rank]!,
    ),
  };
}

/** Ranks of a file that has one creation and one mark for a whole row, and no file name. */
function oldDayRanks(columns: Table, rows: number, table: ReadRanks): Int32Array {
  const created = (column(columns, 'created').values as Int32Array).subarray(0, rows);
  const resend = column(columns, 'resend').values as Uint8Array;
  return created.map((stamp, row) => table.numberOf(resend[row]!, stamp, ''));
}
