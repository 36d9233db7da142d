import type { BulkSink } from '../../formats/range.js';
import * as AT from '../../kernel/assembly/scan-layout.js';
import { ScanKernel } from '../../kernel/scan-kernel.js';
import { blockWordsMax } from '../../model/block.js';
import { readDayOf } from '../../model/time.js';
import { BlockBuffer } from '../../store/blocks/block-buffer.js';

/** Blocks of a range that are held in memory, in words; one record may be as large as its file. */
export const HELD_WORDS_MAX = 8 * 1024 * 1024;

/** Room for a range of the usual length; the kernel's memory takes what is touched only. */
const INPUT_BYTES_AT_FIRST = 4.5 * 1024 * 1024;
const LAST_OF_STAMPS = 2 ** 31 - 1;
const FIRST_OF_STAMPS = -(2 ** 31);

/** What the kernel counted of the records that it took. */
export interface KernelCounts {
  records: number;
  reads: number;
  /** Infinite where it took none. */
  firstStamp: number;
  lastStamp: number;
  /** Exact, in 0.00001. */
  sum: bigint;
  /** Records of intervals by read day. */
  days: Map<number, number>;
}

/** What a task of pass 1 tells of its range. */
export interface BlockTask {
  range: number;
  /** Where the range begins in the file. */
  from: number;
  /** Lowest meter ids of the partitions; one partition where it is empty. */
  partitionLowers: readonly string[];
  marketZoneMinutes: number;
}

/** The kernel of this thread and the blocks in its memory, which plain records go to in bulk and others one by one. */
export class ThreadBlocks implements BulkSink {
  readonly kernel = new ScanKernel(INPUT_BYTES_AT_FIRST);
  readonly buffer = new BlockBuffer(this.kernel);
  private from = 0;
  /** Offset in the file of the bytes that are read. */
  private fileOffset: () => number = () => 0;
  private release: () => void = () => undefined;

  /**
   * Begins a range: no blocks, nothing counted.
   * @param fileOffset offset in the file of the buffer that is read
   * @param release takes the blocks away where they are too many to be held, or leaves them
   */
  start(task: BlockTask, fileOffset: () => number, release: () => void): void {
    this.buffer.clear();
    this.takeCounts();
    this.from = task.from;
    this.fileOffset = fileOffset;
    this.release = release;
    const { cells } = this.kernel;
    cells[AT.RANGE >> 2] = task.range;
    cells[AT.KEEPS_ID_PLACE >> 2] = 0;
    cells[AT.MARKET_ZONE >> 2] = task.marketZoneMinutes;
    this.setPartitions(task.partitionLowers);
  }

  private setPartitions(lowers: readonly string[]): void {
    const { cells, memoryBytes } = this.kernel;
    if (lowers.length > AT.PARTITIONS_ROOM) throw new RangeError(`${lowers.length} partitions`);
    cells[AT.PARTITION_COUNT >> 2] = Math.max(lowers.length, 1);
    cells[AT.LAST_PARTITION >> 2] = 0;
    for (const [i, lower] of lowers.entries()) {
      const at = AT.PARTITIONS + i * AT.PARTITION_BYTES;
      const id = Buffer.from(lower, 'latin1');
      memoryBytes.fill(0, at, at + AT.PARTITION_ID_BYTES);
      memoryBytes.set(id.subarray(0, AT.PARTITION_ID_BYTES), at);
      cells[(at + AT.PARTITION_ID_BYTES) >> 2] = id.length;
    }
  }

  begin(): void {}

  prepare(lineBefore: number): number {
    const { kernel, buffer } = this;
    const { cells } = kernel;
    const { from, to } = kernel.blockBounds;
    const heldTo = from + (HELD_WORDS_MAX + blockWordsMax(AT.READS_MAX)) * 4;
    cells[AT.BLOCKS_NEXT >> 2] = from + buffer.usedWords * 4;
    cells[AT.BLOCKS_TO >> 2] = buffer.usedWords > HELD_WORDS_MAX ? to : Math.min(to, heldTo);
    cells[AT.BLOCK_COUNT >> 2] = buffer.count;
    cells[AT.OFFSET_SHIFT >> 2] = AT.INPUT + this.from - this.fileOffset();
    cells[AT.LINE_BEFORE >> 2] = lineBefore;
    return AT.INPUT;
  }

  take(_bytes: Uint8Array, tellLast: (() => void) | null): void {
    tellLast?.();
    const { kernel, buffer } = this;
    buffer.usedWords = (kernel.cells[AT.BLOCKS_NEXT >> 2]! - kernel.blockBounds.from) >> 2;
    buffer.count = kernel.cells[AT.BLOCK_COUNT >> 2]!;
  }

  makeRoom(reads: number): void {
    if (this.buffer.usedWords > HELD_WORDS_MAX) this.release();
    this.buffer.reserve(blockWordsMax(reads));
  }

  /** What the kernel counted since the last call. */
  takeCounts(): KernelCounts {
    const { cells } = this.kernel;
    const zoneMinutes = cells[AT.MARKET_ZONE >> 2]!;
    const records = cells[AT.RECORDS >> 2]!;
    const counts: KernelCounts = {
      records,
      reads: cells[AT.READS >> 2]!,
      firstStamp: records > 0 ? cells[AT.FIRST_STAMP >> 2]! : Number.POSITIVE_INFINITY,
      lastStamp: records > 0 ? cells[AT.LAST_STAMP >> 2]! : Number.NEGATIVE_INFINITY,
      sum: this.sum(),
      days: new Map(),
    };
    if (records > 0) {
      const last = readDayOf(counts.lastStamp, zoneMinutes);
      for (let day = readDayOf(counts.firstStamp, zoneMinutes); day <= last; day++) {
        const cell = (AT.DAYS >> 2) + day;
        if (cells[cell] !== 0) counts.days.set(day, cells[cell]!);
        cells[cell] = 0;
      }
    }
    cells.fill(0, AT.RECORDS >> 2, (AT.SUM_HIGH >> 2) + 2);
    cells[AT.FIRST_STAMP >> 2] = LAST_OF_STAMPS;
    cells[AT.LAST_STAMP >> 2] = FIRST_OF_STAMPS;
    return counts;
  }

  private sum(): bigint {
    const parts = new BigInt64Array(this.kernel.cells.buffer, AT.SUM_LOW, 2);
    return (parts[1]! << 32n) + parts[0]!;
  }
}

let blocks: ThreadBlocks | null = null;

/** The blocks of this thread. Tasks of one thread do not wait between `start` and their end. */
export function threadBlocks(): ThreadBlocks {
  blocks ??= new ThreadBlocks();
  return blocks;
}
