import { closeSync, openSync, readSync } from 'node:fs';
import { ReadmillError } from '../../model/errors.js';
import type { SlotLayout } from './totals-file.js';

/** Bytes of a column that are read at a time: rows are asked for in rising order, and those near are read along. */
const PAGE_BYTES = 128 * 1024;

/** Slots of one row of a day file; good until the next row of the same day is read. */
export interface SlotRow {
  intervalMinutes: number;
  /** Slot i: `values[valuesAt + i]`, and its quality `quality[qualityAt + i]`, an index into metas and states. */
  values: ArrayLike<number>;
  valuesAt: number;
  quality: ArrayLike<number>;
  qualityAt: number;
  metas: ArrayLike<number>;
  states: ArrayLike<number>;
}

/** Reads the slots of single rows of a day file, a page at a time, without the rest of the file. */
export interface SlotPages {
  values: SlotColumn;
  quality: SlotColumn;
  metas: Int32Array;
  states: Uint8Array;
  close(): void;
}

export function openSlotPages(path: string, layout: SlotLayout): SlotPages {
  let fd = -1;
  const descriptor = () => {
    if (fd < 0) fd = openSync(path, 'r');
    return fd;
  };
  return {
    values: new SlotColumn(descriptor, path, layout.valuesOffset, layout.valueBytes, true),
    quality: new SlotColumn(descriptor, path, layout.qualityOffset, layout.qualityBytes, false),
    metas: Int32Array.from(layout.qualities, ([meta]) => meta),
    states: Uint8Array.from(layout.qualities, ([, state]) => state),
    close() {
      if (fd >= 0) closeSync(fd);
      fd = -1;
    },
  };
}

/** A column of numbers in a file, of which a page lies in memory. */
export class SlotColumn {
  /** The page, from the `pageStart`-th number on. */
  page: ArrayLike<number> = [];
  private pageStart = 0;
  private pageEnd = 0;
  private bytes: Uint8Array | null = null;
  private view: ArrayLike<number> = [];

  constructor(
    private readonly descriptor: () => number,
    private readonly path: string,
    private readonly offset: number,
    private readonly numberBytes: number,
    private readonly isSigned: boolean,
  ) {}

  /**
   * Makes numbers `from` to `from + count - 1` of the column lie in `page`.
   * @returns the place of the first of them there
   * @throws ReadmillError READMILL_HISTORY_DAMAGED where the file ends before them
   */
  seek(from: number, count: number): number {
    if (from < this.pageStart || from + count > this.pageEnd) this.load(from, count);
    return from - this.pageStart;
  }

  private load(from: number, count: number): void {
    const { numberBytes } = this;
    this.bytes ??= this.allocate();
    const position = this.offset + from * numberBytes;
    let got = 0;
    while (got < this.bytes.length) {
      const n = readSync(this.descriptor(), this.bytes, got, this.bytes.length - got, position + got);
      if (n === 0) break;
      got += n;
    }
    if (got < count * numberBytes) {
      throw new ReadmillError(
        'READMILL_HISTORY_DAMAGED',
        `${this.path}: the history file is shorter than its totals file says. Restore both from a copy of the state folder.`,
      );
    }
    this.page = this.view;
    this.pageStart = from;
    this.pageEnd = from + Math.floor(got / numberBytes);
  }

  private allocate(): Uint8Array {
    const memory = new ArrayBuffer(PAGE_BYTES);
    if (this.isSigned) this.view = this.numberBytes === 8 ? new Float64Array(memory) : new Int32Array(memory);
    else this.view = this.numberBytes === 4 ? new Uint32Array(memory) : new Uint16Array(memory);
    return new Uint8Array(memory);
  }
}
