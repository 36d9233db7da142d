import { makeVector, type Vector } from 'apache-arrow';
import { NamedRanks, type ReadRanks, ranksOfMetadata } from '../blocks/read-ranks.js';
import { column, keyVectors, openFile, toFile } from './history-arrow.js';
import { grown, KeyBuilder, type KeyColumns, narrowed } from './history-columns.js';

/** Files of register reads (docs/history.md), as columns of typed arrays. */

/** Register reads of a read day, with the last one before it of each channel. */
export interface RegisterColumns extends KeyColumns {
  stamps: Int32Array;
  values: Float64Array;
  /** By row: index into `metas` and `ranks`. */
  quality: Uint16Array | Uint32Array;
  metas: Int32Array;
  ranks: Int32Array;
}

/** Register reads; ids one behind the other. Columns may go on behind them. */
export interface ReadRows {
  count: number;
  ids: Uint8Array;
  idEnds: Int32Array;
  channels: Uint8Array;
  stamps: Int32Array;
  values: Float64Array;
  /** By row: index into a list of meta words, and of ranks. */
  flags: Int32Array;
  /** By row: -1 where the list has it. */
  ranks: Int32Array;
}

const REGISTERS_FORMAT = 'registers/2';
/** It has no ranks. */
const OLD_REGISTERS_FORMAT = 'registers/1';
/** Before any record. */
const EARLIEST_CREATION = -(2 ** 31);

/** Builds the columns of a day's register reads. */
export class RegisterBuilder {
  readonly keys = new KeyBuilder();
  private stamps = new Int32Array(1 << 12);
  private values = new Float64Array(1 << 12);
  private quality = new Int32Array(1 << 12);
  private readonly qualities: [meta: number, rank: number][] = [];
  /** By rank: places in `qualities` by meta word, and the last of them. */
  private readonly placesOf: (Map<number, number> | undefined)[] = [];
  private readonly lastOf: (number | undefined)[] = [];

  /** @param table what ranks are numbers of */
  constructor(private table: ReadRanks) {}

  /** Empties the columns, for another day; their memory is kept. */
  clear(table: ReadRanks): void {
    this.table = table;
    this.keys.clear();
    this.qualities.length = 0;
    this.placesOf.length = 0;
    this.lastOf.length = 0;
  }

  row(
    meter: Uint8Array,
    from: number,
    to: number,
    channel: number,
    stamp: number,
    value: number,
    meta: number,
    rank: number,
  ): void {
    const row = this.keys.rowCount;
    this.keys.append(meter, from, to, channel);
    if (row >= this.stamps.length) this.grow();
    this.stamps[row] = stamp;
    this.values[row] = value;
    this.quality[row] = this.placeOf(meta, rank);
  }

  private placeOf(meta: number, rank: number): number {
    const last = this.lastOf[rank];
    return last !== undefined && this.qualities[last]![0] === meta ? last : this.qualityOf(meta, rank);
  }

  /** Many rows. @param metas meta words that `flags` name, and ranks that they name where rows have none */
  rows(rows: ReadRows, metas: ArrayLike<number>, listedRanks: ArrayLike<number>): void {
    const { ids, idEnds, channels, stamps, values, flags, ranks, count } = rows;
    const row = this.keys.rowCount;
    this.keys.appendAll(ids, idEnds, channels, count);
    while (row + count > this.stamps.length) this.grow();
    let flag = -1;
    let rank = -1;
    let place = 0;
    for (let i = 0; i < count; i++) {
      this.stamps[row + i] = stamps[i]!;
      this.values[row + i] = values[i]!;
      if (flags[i] !== flag || ranks[i] !== rank) {
        flag = flags[i]!;
        rank = ranks[i]!;
        place = this.placeOf(metas[flag]!, rank < 0 ? listedRanks[flag]! : rank);
      }
      this.quality[row + i] = place;
    }
  }

  private grow(): void {
    const length = this.stamps.length * 2;
    this.stamps = grown(this.stamps, new Int32Array(length));
    this.values = grown(this.values, new Float64Array(length));
    this.quality = grown(this.quality, new Int32Array(length));
  }

  private qualityOf(meta: number, rank: number): number {
    this.placesOf[rank] ??= new Map();
    const places = this.placesOf[rank];
    let place = places.get(meta);
    if (place === undefined) {
      place = this.qualities.length;
      this.qualities.push([meta, rank]);
      places.set(meta, place);
    }
    this.lastOf[rank] = place;
    return place;
  }

  /** The bytes of the whole file, in pieces that are good until the next row. */
  finish(): Uint8Array[] {
    const rows = this.keys.rowCount;
    const columns: Record<string, Vector> = {
      ...keyVectors(this.keys),
      stamp: makeVector(this.stamps.subarray(0, rows)),
      value: makeVector(this.values.subarray(0, rows)),
      quality: makeVector(narrowed(this.quality.subarray(0, rows), this.qualities.length)),
    };
    const named = new NamedRanks(this.table);
    const qualities = this.qualities.map(([meta, rank]) => [meta, named.numberOf(rank)]);
    return toFile(columns, REGISTERS_FORMAT, { quality: JSON.stringify(qualities), ...named.metadata() });
  }
}

/**
 * Reads a file of register reads.
 * @param table what ranks become numbers of
 * @throws ReadmillError READMILL_HISTORY_DAMAGED where it is no such file
 */
export function readRegisterFile(path: string, table: ReadRanks): RegisterColumns {
  const {
    table: columns,
    rows,
    keys,
    metadata,
    format,
  } = openFile(path, [REGISTERS_FORMAT, OLD_REGISTERS_FORMAT]);
  const listed = ranksOfMetadata(metadata, table);
  const qualities = JSON.parse(metadata.get('quality') ?? '[]') as [number, number][];
  const read: RegisterColumns = {
    ...keys,
    rowCount: rows,
    stamps: column(columns, 'stamp').values as Int32Array,
    values: column(columns, 'value').values as Float64Array,
    quality: new Uint16Array(0),
    metas: Int32Array.from(qualities, ([meta]) => meta),
    ranks: Int32Array.from(qualities, ([, rank]) => listed[rank]!),
  };
  if (format === REGISTERS_FORMAT) read.quality = column(columns, 'quality').values as Uint16Array;
  else addOldQualities(read, (column(columns, 'meta').values as Int32Array).subarray(0, rows), table);
  return read;
}

/** Qualities of a file that has a meta word for each row and no ranks: any later read beats its reads. */
function addOldQualities(read: RegisterColumns, metas: Int32Array, table: ReadRanks): void {
  const places = new Map<number, number>();
  for (const meta of metas) if (!places.has(meta)) places.set(meta, places.size);
  read.quality = Uint32Array.from(metas, (meta) => places.get(meta)!);
  read.metas = Int32Array.from(places.keys());
  read.ranks = new Int32Array(places.size).fill(table.numberOf(0, EARLIEST_CREATION, ''));
}
