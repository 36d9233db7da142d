import type { CrossSettings } from './check-meters.js';

/** A file by its ranges: from `firstRange` to before `endRange`. */
export interface RangedFile {
  number: number;
  firstRange: number;
  endRange: number;
  /** That intervals and register may differ by, 0.00001, per multiplier. */
  tolerance: number;
}

const RANGES_END = 2 ** 31 - 1;

/** Finds the file that a range is of. Remembers the last one, since meters mostly have all in one file. */
export class FilesByRange {
  private readonly last: RangedFile = { number: 0, firstRange: 0, endRange: 0, tolerance: 0 };

  constructor(private readonly settings: Pick<CrossSettings, 'fileStarts' | 'sumTolerances'>) {}

  /** @returns the same object each time */
  of(range: number): RangedFile {
    const { last } = this;
    if (range >= last.firstRange && range < last.endRange) return last;
    const { fileStarts, sumTolerances } = this.settings;
    let low = 0;
    let high = fileStarts.length;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (fileStarts[middle]! <= range) low = middle;
      else high = middle;
    }
    last.number = low;
    last.firstRange = fileStarts[low]!;
    last.endRange = fileStarts[low + 1] ?? RANGES_END;
    last.tolerance = sumTolerances[low]!;
    return last;
  }
}
