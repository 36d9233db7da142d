/** What a contender makes of a file: how many reads it holds, and the sum of their values. */
export interface ScanAnswer {
  reads: number;
  /** Decimal text of the sum of all values, registers too. */
  sum: string;
}

/** A contender that has been set up, in a process of its own. */
export interface OpenContender {
  sumFile(path: string): Promise<ScanAnswer>;
  close(): Promise<void>;
}

/** Fields before the triples of an MEPMD01 record, and the place of the first value among all fields. */
export const HEADER_FIELDS = 14;
export const FIRST_VALUE = HEADER_FIELDS + 2;
export const FIELDS_PER_TRIPLE = 3;
/** Reads in an interval record of hourly data. */
export const HOURLY_TRIPLES = 24;

/** Adds up values as they stand in rows of texts. */
export class RowSum {
  private reads = 0;
  private sum = 0;

  add(row: readonly string[]): void {
    for (let i = FIRST_VALUE; i < row.length; i += FIELDS_PER_TRIPLE) {
      this.sum += Number(row[i]);
      this.reads++;
    }
  }

  answer(): ScanAnswer {
    return { reads: this.reads, sum: String(this.sum) };
  }
}
