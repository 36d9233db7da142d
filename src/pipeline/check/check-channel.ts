import { BLOCK_RESEND } from '../../model/block.js';
import { ReadmillError } from '../../model/errors.js';
import { NO_DECIMALS } from '../../model/quality.js';
import type { BlockIndex } from '../../store/blocks/block-index.js';
import {
  createOpenBlock,
  metaOfRead,
  openBlock,
  stampOfRead,
  valueOfRead,
} from '../../store/blocks/block-reads.js';

const READS_AT_FIRST = 256;
/** Reads of one channel in one call: a read's place must fit beside its stamp in a double. */
export const CHANNEL_READS_MAX = 2 ** 23;

/** Told of a read that stands twice: `first` and `later` are reads as they were gathered. */
export type DuplicateSink = (reads: ChannelReads, first: number, later: number) => void;

/**
 * The reads of one channel of a meter, from all its records: first as they were gathered, in the order of
 * the files, then in the order of time with each stamp once.
 */
export class ChannelReads {
  channel = 0;
  /** 0 where neither the records nor the reads tell it. */
  intervalMinutes = 0;
  /** As gathered. */
  count = 0;
  stamps = new Int32Array(READS_AT_FIRST);
  values = new Float64Array(READS_AT_FIRST);
  metas = new Int32Array(READS_AT_FIRST);
  /** Records they came from: the word each block begins at, and its first read. */
  blockCount = 0;
  blocks = new Int32Array(16);
  blockReads = new Int32Array(17);
  /** Calculation constant of all the records, in 0.00001; -1 where they differ. */
  constant = 0;
  /** Reads in the order of time, each stamp once: as gathered where `order` is null. */
  uniqueCount = 0;
  private order: Int32Array | null = null;
  private isRising = true;
  private readonly block = createOpenBlock();

  clear(channel: number): void {
    this.channel = channel;
    this.intervalMinutes = 0;
    this.count = 0;
    this.blockCount = 0;
    this.isRising = true;
    this.order = null;
  }

  /** Adds the reads of a block; blocks come in the order of the files. */
  gather(index: BlockIndex, start: number): void {
    const { block } = this;
    openBlock(index, start, block);
    const { count } = block;
    this.reserve(count);
    const { stamps, values, metas } = this;
    let at = this.count;
    let previous = at > 0 ? stamps[at - 1]! : Number.NEGATIVE_INFINITY;
    for (let i = 0; i < count; i++, at++) {
      const stamp = stampOfRead(index, block, i);
      if (stamp <= previous) this.isRising = false;
      previous = stamp;
      stamps[at] = stamp;
      values[at] = valueOfRead(index, block, i);
      metas[at] = metaOfRead(index, block, i);
    }
    const number = this.blockCount++;
    this.blocks[number] = start;
    if (number === 0) this.constant = block.constant;
    else if (block.constant !== this.constant) this.constant = -1;
    this.blockReads[number] = this.count;
    this.blockReads[number + 1] = at;
    this.count = at;
    if (this.intervalMinutes === 0) this.intervalMinutes = block.intervalMinutes;
  }

  /** Puts the reads in the order of time, each stamp once, and tells of those that stand twice. */
  settle(index: BlockIndex, duplicates: DuplicateSink): void {
    this.uniqueCount = this.count;
    if (this.isRising) return;
    const keys = new Float64Array(this.count);
    for (let i = 0; i < this.count; i++) keys[i] = this.stamps[i]! * CHANNEL_READS_MAX + i;
    keys.sort();
    const order = new Int32Array(this.count);
    let unique = 0;
    for (let i = 0; i < keys.length; ) {
      const stamp = Math.floor(keys[i]! / CHANNEL_READS_MAX);
      const first = keys[i]! - stamp * CHANNEL_READS_MAX;
      let base = first;
      let winner = first;
      for (i++; i < keys.length; i++) {
        const later = keys[i]! - stamp * CHANNEL_READS_MAX;
        if (later >= CHANNEL_READS_MAX) break;
        duplicates(this, base, later);
        // The first read with a value is what the later ones are held against.
        if (!this.hasValue(base) && this.hasValue(later)) base = later;
        if (this.beats(index, later, winner)) winner = later;
      }
      order[unique++] = winner;
    }
    this.order = order;
    this.uniqueCount = unique;
  }

  /** The i-th read in the order of time, as a read that was gathered. */
  inTime(i: number): number {
    return this.order === null ? i : this.order[i]!;
  }

  hasValue(read: number): boolean {
    return (this.metas[read]! & 7) !== NO_DECIMALS;
  }

  /** Number of the record that a read came in. */
  blockOf(read: number): number {
    const { blockReads } = this;
    let low = 0;
    let high = this.blockCount;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (blockReads[middle]! <= read) low = middle;
      else high = middle;
    }
    return low;
  }

  /** Whether a later read is the one that holds: a value beats none, then RESEND, creation, place. */
  private beats(index: BlockIndex, later: number, winner: number): boolean {
    if (this.hasValue(later) !== this.hasValue(winner)) return this.hasValue(later);
    const { words } = index;
    const a = this.blocks[this.blockOf(later)]!;
    const b = this.blocks[this.blockOf(winner)]!;
    const resend = (start: number) => (words[start + 1]! >>> 24) & BLOCK_RESEND;
    return (resend(a) - resend(b) || words[a + 3]! - words[b + 3]!) >= 0;
  }

  private reserve(more: number): void {
    const needed = this.count + more;
    if (needed > CHANNEL_READS_MAX)
      throw tooManyReads(`one channel has more than ${CHANNEL_READS_MAX} reads`);
    if (needed > this.stamps.length) {
      const length = Math.max(needed, this.stamps.length * 2);
      this.stamps = longer(this.stamps, new Int32Array(length));
      this.values = longer(this.values, new Float64Array(length));
      this.metas = longer(this.metas, new Int32Array(length));
    }
    if (this.blockCount === this.blocks.length) {
      const length = this.blocks.length * 2;
      this.blocks = longer(this.blocks, new Int32Array(length));
      this.blockReads = longer(this.blockReads, new Int32Array(length + 1));
    }
  }
}

/** The error that ends a check whose meters do not fit in memory one by one. */
export function tooManyReads(what: string): ReadmillError {
  const message = `The reads of one meter are too many to be compared: ${what}. Check fewer files in one call, or see whether one meter id stands for many meters.`;
  return new ReadmillError('READMILL_METER_TOO_LARGE', message);
}

function longer<T extends Int32Array | Float64Array>(from: T, to: T): T {
  to.set(from);
  return to;
}
