import type { ReadRecord } from '../../formats/reads.js';
import {
  BLOCK_EXPLICIT_STAMPS,
  BLOCK_HAS_CONSTANT,
  BLOCK_HEADER_WORDS,
  BLOCK_MIXED_METAS,
  BLOCK_RESEND,
  BLOCK_WIDE_VALUES,
  blockWordsMax,
} from '../../model/block.js';
import { UNITS_PER_ONE } from '../../model/decimal.js';

/** The reads of one record as a format's reader hands them over; see `model/block` for the fields. */
export type ReadsOfRecord = Omit<ReadRecord, 'start'>;

/** Word of a block that holds the index of its partition. */
const PARTITION_WORD = 9;

/** Memory that blocks are appended to: views of all of it, made anew when it grows. */
export interface BlockMemory {
  readonly words: Int32Array;
  readonly bytes: Uint8Array;
  readonly doubles: Float64Array;
  /** Makes room for so many words at the least, and keeps what is there. */
  growBlocks(words: number): void;
}

const WORDS_AT_FIRST = 1 << 20;

/** Memory of its own, for blocks that no kernel writes. */
class OwnMemory implements BlockMemory {
  words = new Int32Array(WORDS_AT_FIRST);
  bytes = new Uint8Array(this.words.buffer);
  doubles = new Float64Array(this.words.buffer);

  growBlocks(least: number): void {
    const words = new Int32Array(least + (least & 1));
    words.set(this.words);
    this.words = words;
    this.bytes = new Uint8Array(words.buffer);
    this.doubles = new Float64Array(words.buffer);
  }
}

/** Blocks of a range in the order of its records, each with the index of its partition in word 9. */
export class BlockBuffer {
  usedWords = 0;
  count = 0;

  constructor(readonly memory: BlockMemory = new OwnMemory()) {}

  get words(): Int32Array {
    return this.memory.words;
  }

  clear(): void {
    this.usedWords = 0;
    this.count = 0;
  }

  /**
   * Appends a record's reads.
   * @param source the buffer that holds the meter id
   * @param range number of the range, and the record's offset in it, for finding the record again
   * @returns the sum of the values, exact; NaN where some do not fit 32 bits
   */
  append(
    reads: ReadsOfRecord,
    source: Uint8Array,
    partition: number,
    range: number,
    offsetInRange: number,
  ): number {
    const { count, values, metas } = reads;
    this.reserve(blockWordsMax(count));
    const { words, doubles } = this.memory;
    const start = this.usedWords;
    const firstMeta = metas[0]!;
    let difference = 0;
    for (let i = 1; i < count; i++) difference |= metas[i]! ^ firstMeta;
    const mixed = difference !== 0;
    const hasConstant = reads.constant !== UNITS_PER_ONE;
    const idLength = reads.meterIdTo - reads.meterIdFrom;
    const flags =
      (reads.regular ? 0 : BLOCK_EXPLICIT_STAMPS) |
      (mixed ? BLOCK_MIXED_METAS : 0) |
      (reads.resend ? BLOCK_RESEND : 0) |
      (hasConstant ? BLOCK_HAS_CONSTANT : 0);
    words[start + 1] = reads.channel | (idLength << 16) | (flags << 24);
    words[start + 2] = reads.intervalMinutes | (count << 16);
    words[start + 3] = reads.creationStamp;
    words[start + 4] = range;
    words[start + 5] = offsetInRange;
    words[start + 6] = reads.byteLength;
    words[start + 7] = reads.line;
    words[start + 8] = count > 0 ? reads.stamps[0]! : 0;
    words[start + PARTITION_WORD] = partition;
    let at = start + BLOCK_HEADER_WORDS;
    if (hasConstant) {
      doubles[at >> 1] = reads.constant;
      at += 2;
    }
    at = this.putMeterId(source, reads.meterIdFrom, idLength, at);
    if (!reads.regular) for (let i = 0; i < count; i++) words[at++] = reads.stamps[i]!;
    const metaCount = mixed ? count : Math.min(count, 1);
    for (let i = 0; i < metaCount; i++) words[at++] = metas[i]!;
    let wide = false;
    let sum = 0;
    for (let i = 0; i < count; i++) {
      const value = values[i]!;
      const word = value | 0;
      words[at + i] = word;
      sum += value;
      if (word !== value) wide = true;
    }
    if (wide) {
      words[start + 1] = words[start + 1]! | (BLOCK_WIDE_VALUES << 24);
      if ((at & 1) === 1) words[at++] = 0;
      for (let i = 0; i < count; i++) doubles[(at >> 1) + i] = values[i]!;
      at += count * 2;
    } else at += count;
    if ((at & 1) === 1) words[at++] = 0;
    words[start] = at - start;
    this.usedWords = at;
    this.count++;
    return wide ? Number.NaN : sum;
  }

  private putMeterId(source: Uint8Array, from: number, length: number, at: number): number {
    const { words, bytes } = this.memory;
    const wordCount = (length + 3) >> 2;
    const first = at * 4;
    words[at + wordCount - 1] = 0;
    for (let i = 0; i < length; i++) bytes[first + i] = source[from + i]!;
    return at + wordCount;
  }

  /** Makes room for so many more words; the memory may have moved after it. */
  reserve(moreWords: number): void {
    const needed = this.usedWords + moreWords;
    if (needed > this.memory.words.length) this.memory.growBlocks(needed * 2);
  }
}
