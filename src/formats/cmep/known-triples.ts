/** `CCYYMMDDHHMM` */
export const STAMP_BYTES = 12;
const STAMP_WORDS = 3;
/** Triples whose stamps are remembered: by far most records have fewer. */
const STAMPS_MAX = 96;
/** Longest flag that is remembered, in bytes: it fits a word. */
const FLAG_BYTES_MAX = 4;

/** Stamps by their place in the record: the twelve digits as three words, and what they say. */
interface KnownStamps {
  intervalMinutes: number;
  words: Int32Array;
  stamps: Int32Array;
}

/**
 * Stamps and flags that were read before without a fault, for the careful path: nearly all records of a file
 * are of the same hours. Whether a stamp is on its grid hangs on the interval: what is known is of one.
 */
export class KnownTriples {
  private view: DataView = new DataView(new ArrayBuffer(0));
  private bytes: Uint8Array = new Uint8Array(0);
  private current = nothing(0);
  private other = nothing(-1);
  /** The flag that was read last: its bytes as one big-endian number, how many (-1 = none yet), its meta word. */
  flag = -1;
  flagBytes = -1;
  flagMeta = 0;

  setBuffer(bytes: Uint8Array, view: DataView): void {
    this.bytes = bytes;
    this.view = view;
  }

  /** Intervals and registers alternate in most files: what is known of the interval before is kept. */
  setInterval(intervalMinutes: number): void {
    if (this.current.intervalMinutes === intervalMinutes) return;
    [this.current, this.other] = [this.other, this.current];
    if (this.current.intervalMinutes !== intervalMinutes) this.current = nothing(intervalMinutes);
  }

  /** The stamp of twelve bytes, as it was read in the k-th triple of another record; -1 where it is another one. */
  stampAt(k: number, from: number): number {
    const { words, stamps } = this.current;
    const place = k * STAMP_WORDS;
    if (k >= STAMPS_MAX || this.view.getInt32(from + 8, true) !== words[place + 2]) return -1;
    if (this.view.getInt32(from + 4, true) !== words[place + 1]) return -1;
    return this.view.getInt32(from, true) === words[place] ? stamps[k]! : -1;
  }

  addStamp(k: number, from: number, stamp: number): void {
    if (k >= STAMPS_MAX) return;
    const { words, stamps } = this.current;
    for (let i = 0; i < STAMP_WORDS; i++) words[k * STAMP_WORDS + i] = this.view.getInt32(from + i * 4, true);
    stamps[k] = stamp;
  }

  /** Meta word of a flag that equals the last one, or -1. */
  flagAt(from: number, to: number): number {
    if (to - from !== this.flagBytes) return -1;
    return this.textOf(from, to) === this.flag ? this.flagMeta : -1;
  }

  addFlag(from: number, to: number, meta: number): void {
    if (to - from > FLAG_BYTES_MAX) return;
    this.flagBytes = to - from;
    this.flag = this.textOf(from, to);
    this.flagMeta = meta;
  }

  private textOf(from: number, to: number): number {
    let text = 0;
    for (let at = from; at < to; at++) text = (text << 8) | this.bytes[at]!;
    return text;
  }
}

function nothing(intervalMinutes: number): KnownStamps {
  const words = new Int32Array(STAMPS_MAX * STAMP_WORDS);
  return { intervalMinutes, words, stamps: new Int32Array(STAMPS_MAX).fill(-1) };
}
