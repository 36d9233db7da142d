/** What the cross-record rules find, each with a severity of its own; `CROSS_CODES` gives the rule. */
export const KIND = {
  duplicateDifferent: 0,
  /** The same value, no value, or a correction from another file. */
  duplicateHarmless: 1,
  registerDecreased: 2,
  registerSum: 3,
  unknownMeter: 4,
} as const;
export const KINDS = 5;

/** Rules of the kinds, by their numbers. */
export const CROSS_CODES = [
  'cmep/duplicate-read',
  'cmep/duplicate-read',
  'cmep/register-decreased',
  'cmep/register-sum-mismatch',
  'cmep/unknown-meter',
] as const;

/**
 * Doubles that tell where a finding is and why:
 *
 * | column | what                                                                        |
 * | ------ | --------------------------------------------------------------------------- |
 * | 0 - 3  | the record: range, offset in it, length in bytes, line in the range, from 1  |
 * | 4, 5   | read on the record's line, from 0 (-1 = the whole record), and its stamp      |
 * | 6      | value in 0.00001: of the read, or the advance of the register                 |
 * | 7      | what it is held against: the value of the earlier read, or the interval sum  |
 * | 8, 9   | range and line of the record that holds the earlier read                     |
 *
 * A value that is not there is NaN.
 */
export const PLACE_COLUMNS = 10;

/** Places of one kind in one file. */
export interface PackedPlaces {
  file: number;
  kind: number;
  rows: Float64Array;
}

/** Order of two rows in a file: range, offset, read. */
export function comparePlaces(a: Float64Array, aAt: number, b: Float64Array, bAt: number): number {
  return a[aAt]! - b[bAt]! || a[aAt + 1]! - b[bAt + 1]! || a[aAt + 4]! - b[bAt + 4]!;
}

/** The first `keptMax` rows of those that are added, in the order of the file. */
export class FirstPlaces {
  private rows = new Float64Array(PLACE_COLUMNS * 16);
  private count = 0;
  /** The last of the kept rows, once there are enough: what comes after it in the file is of no use. */
  private last: Float64Array | null = null;

  constructor(private readonly keptMax: number) {}

  add(rows: Float64Array, at: number): void {
    if (this.keptMax === 0) return;
    if (this.last !== null && comparePlaces(rows, at, this.last, 0) > 0) return;
    if (this.count === this.keptMax * 2) this.cut();
    if ((this.count + 1) * PLACE_COLUMNS > this.rows.length) {
      const longer = new Float64Array(this.rows.length * 2);
      longer.set(this.rows);
      this.rows = longer;
    }
    const to = this.count++ * PLACE_COLUMNS;
    for (let k = 0; k < PLACE_COLUMNS; k++) this.rows[to + k] = rows[at + k]!;
  }

  /** The kept rows in the order of the file. */
  first(): Float64Array {
    this.cut();
    return this.rows.slice(0, this.count * PLACE_COLUMNS);
  }

  private cut(): void {
    const { rows, count, keptMax } = this;
    const starts = Array.from({ length: count }, (_, i) => i * PLACE_COLUMNS);
    starts.sort((a, b) => comparePlaces(rows, a, rows, b));
    this.count = Math.min(count, keptMax);
    this.rows = new Float64Array(rows.length);
    for (let i = 0; i < this.count; i++) {
      this.rows.set(rows.subarray(starts[i]!, starts[i]! + PLACE_COLUMNS), i * PLACE_COLUMNS);
    }
    if (this.count === keptMax) {
      this.last = this.rows.slice((keptMax - 1) * PLACE_COLUMNS, keptMax * PLACE_COLUMNS);
    }
  }
}

/** Places of all kinds in all files: counts without end, rows up to `keptMax` of each kind and file. */
export class PlaceLists {
  /** By file and kind. */
  readonly counts: Float64Array;
  private readonly lists = new Map<number, FirstPlaces>();
  private readonly row = new Float64Array(PLACE_COLUMNS);

  constructor(
    fileCount: number,
    private readonly keptMax: number,
  ) {
    this.counts = new Float64Array(fileCount * KINDS);
  }

  /**
   * @param words blocks; `block` and `earlier` are words at which one begins (earlier = -1: there is none)
   * @param read index of the read in its block, or -1
   */
  add(
    file: number,
    kind: number,
    words: Int32Array,
    block: number,
    read: number,
    stamp: number,
    value: number,
    against: number,
    earlier: number,
  ): void {
    const key = file * KINDS + kind;
    this.counts[key]!++;
    const { row } = this;
    row[0] = words[block + 4]!;
    row[1] = words[block + 5]!;
    row[2] = words[block + 6]!;
    row[3] = words[block + 7]!;
    row[4] = read;
    row[5] = stamp;
    row[6] = value;
    row[7] = against;
    row[8] = earlier < 0 ? -1 : words[earlier + 4]!;
    row[9] = earlier < 0 ? -1 : words[earlier + 7]!;
    this.list(key).add(row, 0);
  }

  private list(key: number): FirstPlaces {
    let list = this.lists.get(key);
    if (list === undefined) {
      list = new FirstPlaces(this.keptMax);
      this.lists.set(key, list);
    }
    return list;
  }

  /** Adds what another thread found; its files count from `firstFile` on. */
  merge(counts: Float64Array, places: readonly PackedPlaces[], firstFile: number): void {
    for (let i = 0; i < counts.length; i++) this.counts[firstFile * KINDS + i]! += counts[i]!;
    for (const { file, kind, rows } of places) {
      const list = this.list((firstFile + file) * KINDS + kind);
      for (let at = 0; at < rows.length; at += PLACE_COLUMNS) list.add(rows, at);
    }
  }

  /** The kept places of a kind in a file, in its order. */
  rowsOf(file: number, kind: number): Float64Array {
    return this.lists.get(file * KINDS + kind)?.first() ?? new Float64Array(0);
  }

  /** Places of each kind and file that has any. */
  pack(): PackedPlaces[] {
    return [...this.lists].map(([key, list]) => {
      return { file: Math.floor(key / KINDS), kind: key % KINDS, rows: list.first() };
    });
  }
}
