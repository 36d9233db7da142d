/** What check 2 (docs/vee.md) compares of two reads for one slot, the first member first. */
export interface ReadRank {
  resend: number;
  /** Creation stamp of the record, minutes since 1970, UTC. */
  created: number;
  /** Name of the file; '' where it is not known. */
  file: string;
}

/**
 * Ranks of reads by number: a night has few of them, and many reads of each. Rows of the history name them by
 * their numbers, which hold for one table; a file lists those that it names.
 */
export class ReadRanks {
  private readonly ranks: ReadRank[] = [];
  /** By file, then by creation and purpose. */
  private readonly known = new Map<string, Map<number, number>>();

  /** Number of a rank. */
  numberOf(resend: number, created: number, file: string): number {
    let ofFile = this.known.get(file);
    if (ofFile === undefined) {
      ofFile = new Map();
      this.known.set(file, ofFile);
    }
    const key = created * 2 + resend;
    let number = ofFile.get(key);
    if (number === undefined) {
      number = this.ranks.length;
      this.ranks.push({ resend, created, file });
      ofFile.set(key, number);
    }
    return number;
  }

  rank(number: number): ReadRank {
    return this.ranks[number]!;
  }

  /** Whether a rank is this one. */
  is(number: number, resend: number, created: number): boolean {
    const rank = this.ranks[number]!;
    return rank.created === created && rank.resend === resend;
  }

  /** Above 0 where the first beats the second: RESEND, then the later creation, then the later file name. */
  compare(a: number, b: number): number {
    if (a === b) return 0;
    const [one, other] = [this.ranks[a]!, this.ranks[b]!];
    if (one.resend !== other.resend) return one.resend - other.resend;
    if (one.created !== other.created) return one.created - other.created;
    return one.file < other.file ? -1 : one.file > other.file ? 1 : 0;
  }
}

/** Numbers the ranks that a file names anew, from 0, in the order in which they are first named. */
export class NamedRanks {
  private readonly numbers = new Map<number, number>();
  private readonly files = new Map<string, number>();
  private last = -1;
  private lastNumber = 0;

  constructor(private readonly ranks: ReadRanks) {}

  get count(): number {
    return this.numbers.size;
  }

  /** Number of a rank of the table in the file. */
  numberOf(rank: number): number {
    if (rank === this.last) return this.lastNumber;
    let number = this.numbers.get(rank);
    if (number === undefined) {
      number = this.numbers.size;
      this.numbers.set(rank, number);
    }
    this.last = rank;
    this.lastNumber = number;
    return number;
  }

  /** Entries of the schema's metadata: `ranks`, and `files`, which they name by number. */
  metadata(): { ranks: string; files: string } {
    const ranks = [...this.numbers.keys()].map((number) => {
      const { resend, created, file } = this.ranks.rank(number);
      if (!this.files.has(file)) this.files.set(file, this.files.size);
      return [created, resend, this.files.get(file)!];
    });
    return { ranks: JSON.stringify(ranks), files: JSON.stringify([...this.files.keys()]) };
  }
}

/** Numbers in `ranks` of the ranks that a file's metadata list. */
export function ranksOfMetadata(metadata: ReadonlyMap<string, string>, ranks: ReadRanks): Int32Array {
  const files = JSON.parse(metadata.get('files') ?? '[]') as string[];
  const listed = JSON.parse(metadata.get('ranks') ?? '[]') as [number, number, number][];
  return Int32Array.from(listed, ([created, resend, file]) => ranks.numberOf(resend, created, files[file]!));
}
