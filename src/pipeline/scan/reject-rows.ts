import { appendToSpill } from './spill.js';

/** Doubles that describe a rejected record: range, offset in the file, length, line in the range, rule, column, reads. */
export const REJECT_COLUMNS = 7;

/** Rows that are held in memory before they go to the work file. */
const HELD_ROWS_MAX = 16_384;

/** Rows of rejected records that lie together in a work file. */
export interface RejectPiece {
  file: string;
  offset: number;
  rows: number;
}

/** Rows of the rejected records of a range: few are held, since a range of short lines may have a million. */
export class RejectRows {
  private held = new Float64Array(REJECT_COLUMNS * 64);
  private count = 0;
  private readonly pieces: RejectPiece[] = [];

  /** @param workDirectory folder of the work file; '' where nothing is to be left: then no row is kept */
  constructor(private readonly workDirectory: string) {}

  add(
    range: number,
    offset: number,
    byteLength: number,
    line: number,
    rule: number,
    column: number,
    reads: number,
  ): void {
    if (this.workDirectory === '') return;
    const at = this.count * REJECT_COLUMNS;
    if (at === this.held.length) {
      const longer = new Float64Array(this.held.length * 2);
      longer.set(this.held);
      this.held = longer;
    }
    const { held } = this;
    held[at] = range;
    held[at + 1] = offset;
    held[at + 2] = byteLength;
    held[at + 3] = line;
    held[at + 4] = rule;
    held[at + 5] = column;
    held[at + 6] = reads;
    if (++this.count === HELD_ROWS_MAX) this.flush();
  }

  /** Writes what is held. @returns where all rows lie, in the order in which they were added */
  finish(): RejectPiece[] {
    this.flush();
    return this.pieces;
  }

  private flush(): void {
    if (this.count === 0) return;
    const { spillFile, spillOffset } = appendToSpill(
      this.workDirectory,
      this.held.subarray(0, this.count * REJECT_COLUMNS),
    );
    this.pieces.push({ file: spillFile, offset: spillOffset, rows: this.count });
    this.count = 0;
  }
}
