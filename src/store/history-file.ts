import {
  type Data,
  Field,
  Float64,
  Int32,
  List,
  makeData,
  makeVector,
  Uint16,
  Uint32,
  type Vector,
} from 'apache-arrow';
import { column, keyVectors, openFile, toFile } from './history-arrow.js';
import { KeyBuilder, type KeyColumns } from './history-columns.js';

/**
 * Files of read days and of register reads (docs/history.md), as columns of typed arrays. This module knows
 * nothing of reads.
 */

/** One read day of the channels of a partition. Slots of row i: `slotOffsets[i]` to `slotOffsets[i + 1]`. */
export interface DayColumns extends KeyColumns {
  intervalMinutes: Uint16Array;
  /** 1 where the row's day is settled. */
  settled: Uint8Array;
  /** Latest creation stamp of the records that the row came from, and whether one of them was a RESEND. */
  created: Int32Array;
  resend: Uint8Array;
  slotOffsets: Int32Array;
  values: Int32Array | Float64Array;
  /** By slot: index into `metas` and `states`. */
  quality: Uint16Array | Uint32Array;
  metas: Int32Array;
  states: Uint8Array;
}

/** Register reads of a read day, with the last one before it of each channel. */
export interface RegisterColumns extends KeyColumns {
  stamps: Int32Array;
  values: Float64Array;
  metas: Int32Array;
}

/** Qualities that an index of 16 bits can tell apart; a file with more has indexes of 32 bits. */
const NARROW_QUALITIES_MAX = 65_536;

/** Builds the columns of a day, row after row in the order of keys. */
export class DayBuilder {
  readonly keys = new KeyBuilder();
  private intervalMinutes = new Uint16Array(1 << 12);
  private settled = new Uint8Array(1 << 12);
  private created = new Int32Array(1 << 12);
  private resend = new Uint8Array(1 << 12);
  private slotOffsets = new Int32Array(1 << 12);
  private slotTotal = 0;
  private values: Int32Array | Float64Array;
  private quality: Uint16Array | Uint32Array;
  private readonly qualities = new Map<number, number>();
  private lastMeta = 0;
  private lastState = -1;
  private lastQuality = 0;

  /** @param slotsExpected room to begin with; more is made as needed */
  constructor(slotsExpected = 1 << 12) {
    this.values = new Int32Array(slotsExpected);
    this.quality = new Uint16Array(slotsExpected);
  }

  /** Empties the columns, for another day; their memory is kept. */
  clear(): void {
    this.keys.clear();
    this.slotTotal = 0;
    if (!(this.values instanceof Int32Array)) this.values = new Int32Array(this.values.length);
    if (!(this.quality instanceof Uint16Array)) this.quality = new Uint16Array(this.quality.length);
    this.qualities.clear();
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
    created: number,
    resend: number,
    slotCount: number,
  ): void {
    const row = this.keys.rowCount;
    this.keys.append(meter, from, to, channel);
    if (row + 2 > this.slotOffsets.length) this.growRows();
    this.intervalMinutes[row] = intervalMinutes;
    this.settled[row] = settled;
    this.created[row] = created;
    this.resend[row] = resend;
    this.slotOffsets[row + 1] = this.slotTotal + slotCount;
    while (this.slotTotal + slotCount > this.values.length) this.growSlots();
  }

  slot(value: number, meta: number, state: number): void {
    const at = this.slotTotal++;
    if ((value | 0) !== value && this.values instanceof Int32Array)
      this.values = Float64Array.from(this.values);
    this.values[at] = value;
    if (meta !== this.lastMeta || state !== this.lastState) {
      this.lastMeta = meta;
      this.lastState = state;
      const key = meta * 8 + state;
      let index = this.qualities.get(key);
      if (index === undefined) {
        index = this.qualities.size;
        if (index === NARROW_QUALITIES_MAX) this.quality = Uint32Array.from(this.quality);
        this.qualities.set(key, index);
      }
      this.lastQuality = index;
    }
    this.quality[at] = this.lastQuality;
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

  private growRows(): void {
    const length = this.slotOffsets.length * 2;
    this.intervalMinutes = grown(this.intervalMinutes, new Uint16Array(length));
    this.settled = grown(this.settled, new Uint8Array(length));
    this.created = grown(this.created, new Int32Array(length));
    this.resend = grown(this.resend, new Uint8Array(length));
    this.slotOffsets = grown(this.slotOffsets, new Int32Array(length));
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

  /** What has been put in so far, as a reader of the file would find it; good until the next row. */
  columns(): DayColumns {
    const pairs = this.qualityPairs();
    return {
      rowCount: this.keys.rowCount,
      meterBytes: this.keys.meterBytes,
      meterOffsets: this.keys.meterOffsets,
      channels: this.keys.channels,
      intervalMinutes: this.intervalMinutes,
      settled: this.settled,
      created: this.created,
      resend: this.resend,
      slotOffsets: this.slotOffsets,
      values: this.values,
      quality: this.quality,
      metas: Int32Array.from(pairs, ([meta]) => meta),
      states: Uint8Array.from(pairs, ([, state]) => state),
    };
  }

  private qualityPairs(): [meta: number, state: number][] {
    return [...this.qualities.keys()].map((key) => [Math.floor(key / 8), ((key % 8) + 8) % 8]);
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
    const columns: Record<string, Vector> = {
      ...keyVectors(this.keys),
      interval_minutes: makeVector(this.intervalMinutes.subarray(0, rows)),
      settled: makeVector(this.settled.subarray(0, rows)),
      created: makeVector(this.created.subarray(0, rows)),
      resend: makeVector(this.resend.subarray(0, rows)),
      values: listVector(values as Data<Int32>, isNarrow ? new Int32() : new Float64(), valueOffsets, rows),
      quality: listVector(quality as Data<Uint16>, isFew ? new Uint16() : new Uint32(), valueOffsets, rows),
    };
    return toFile(columns, 'day/1', { quality: JSON.stringify(this.qualityPairs()) });
  }
}

/** Builds the columns of a day's register reads. */
export class RegisterBuilder {
  readonly keys = new KeyBuilder();
  private stamps = new Int32Array(1 << 12);
  private values = new Float64Array(1 << 12);
  private metas = new Int32Array(1 << 12);

  /** Empties the columns, for another day; their memory is kept. */
  clear(): void {
    this.keys.clear();
  }

  row(
    meter: Uint8Array,
    from: number,
    to: number,
    channel: number,
    stamp: number,
    value: number,
    meta: number,
  ): void {
    const row = this.keys.rowCount;
    this.keys.append(meter, from, to, channel);
    if (row >= this.stamps.length) {
      this.stamps = grown(this.stamps, new Int32Array(row * 2));
      this.values = grown(this.values, new Float64Array(row * 2));
      this.metas = grown(this.metas, new Int32Array(row * 2));
    }
    this.stamps[row] = stamp;
    this.values[row] = value;
    this.metas[row] = meta;
  }

  /** The bytes of the whole file, in pieces that are good until the next row. */
  finish(): Uint8Array[] {
    const rows = this.keys.rowCount;
    const columns: Record<string, Vector> = {
      ...keyVectors(this.keys),
      stamp: makeVector(this.stamps.subarray(0, rows)),
      value: makeVector(this.values.subarray(0, rows)),
      meta: makeVector(this.metas.subarray(0, rows)),
    };
    return toFile(columns, 'registers/1', {});
  }
}

function grown<T extends { set(from: T): void }>(from: T, to: T): T {
  to.set(from);
  return to;
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
 * @throws ReadmillError READMILL_HISTORY_DAMAGED where it is no such file
 */
export function readDayFile(path: string): DayColumns {
  const { table, rows, keys } = openFile(path, 'day/1');
  const values = column(table, 'values');
  const slotOffsets = values.valueOffsets as Int32Array;
  const pairs = JSON.parse(table.schema.metadata.get('quality') ?? '[]') as [number, number][];
  return {
    ...keys,
    rowCount: rows,
    intervalMinutes: column(table, 'interval_minutes').values as Uint16Array,
    settled: column(table, 'settled').values as Uint8Array,
    created: column(table, 'created').values as Int32Array,
    resend: column(table, 'resend').values as Uint8Array,
    slotOffsets,
    values: values.children[0]!.values as Int32Array | Float64Array,
    quality: column(table, 'quality').children[0]!.values as Uint16Array | Uint32Array,
    metas: Int32Array.from(pairs, ([meta]) => meta),
    states: Uint8Array.from(pairs, ([, state]) => state),
  };
}

/**
 * Reads a file of register reads.
 * @throws ReadmillError READMILL_HISTORY_DAMAGED where it is no such file
 */
export function readRegisterFile(path: string): RegisterColumns {
  const { table, rows, keys } = openFile(path, 'registers/1');
  return {
    ...keys,
    rowCount: rows,
    stamps: column(table, 'stamp').values as Int32Array,
    values: column(table, 'value').values as Float64Array,
    metas: column(table, 'meta').values as Int32Array,
  };
}
