import { INTERVAL_OF } from '../model/units.js';
import * as AT from './assembly/scan-layout.js';
import { growKernelMemory, type Kernel, startKernel } from './load.js';

interface ScanExports {
  scanLines(from: number, to: number): number;
  readKnownHeader(from: number, to: number): number;
  readFields(
    first: number,
    end: number,
    previous: number,
    interval: number,
    grid: number,
    flag: number,
    flagBytes: number,
  ): number;
  markMeters(from: number, to: number): number;
  checkPairs(from: number, to: number, tolerance: number): number;
  sortBlocks(from: number, to: number, sorted: number, room: number): void;
  gatherBlocks(from: number, to: number, starts: number, partitions: number, gathered: number): number;
  splitPlain(from: number, to: number, delimiter: number, shift: number): number;
}

/** Whoever's knowledge of a source lies in the kernel: it takes it away before another one brings its own. */
export interface KernelOwner {
  leave(): void;
}

const BLOCK_WORDS_AT_FIRST = 1 << 20;
/** Blocks begin at a multiple of this, and what moves them is a multiple too. */
const ALIGNMENT_BYTES = 4096;
/** Room that `sortBlocks` needs beside two entries for each block, of which none is shorter than this. */
const SORT_ROOM_BYTES = 8192 + 16;
const SORT_ENTRIES_BYTES = 32;
const BLOCK_BYTES_MIN = 48;

/**
 * The kernel that reads plain lines of CMEP (`assembly/scan`), and its memory: bytes of a file go into `input`, and
 * blocks come out of it, in `words`. Where things lie is told in `assembly/scan-layout`.
 */
export class ScanKernel {
  readonly exports: ScanExports;
  /** Views of the memory; made anew, and the old ones good for nothing, whenever it grows. */
  cells!: Int32Array;
  memoryBytes!: Uint8Array;
  /** Where bytes of a file go. */
  input!: Uint8Array;
  /** Blocks (`model/block`), as words, bytes and doubles. */
  words!: Int32Array;
  bytes!: Uint8Array;
  doubles!: Float64Array;
  /** By field of the line that was split last: where it begins and ends. */
  fieldsFrom!: Int32Array;
  fieldsTo!: Int32Array;
  /** What `readFields` read last: stamps, values in 0.00001, and their decimals. */
  readStamps!: Int32Array;
  readValues!: Float64Array;
  readDecimals!: Int32Array;
  owner: KernelOwner | null = null;
  private readonly kernel: Kernel<ScanExports>;
  private blocksFrom: number;
  private blockWords: number;

  /** @param blockWords room for blocks at first */
  constructor(inputBytes: number, blockWords = BLOCK_WORDS_AT_FIRST) {
    this.blocksFrom = blocksFromFor(inputBytes);
    this.blockWords = blockWords;
    this.kernel = startKernel(this.blocksFrom + blockWords * 4);
    this.exports = this.kernel.exports;
    this.renewViews();
    this.cells.set(INTERVAL_OF, AT.INTERVAL_UNITS >> 2);
  }

  /** Makes sure that `input` has so many bytes and READ_AHEAD_BYTES behind them. Blocks are kept. */
  reserveInput(bytes: number): void {
    const from = this.blocksFrom;
    const to = blocksFromFor(bytes);
    if (to <= from) return;
    growKernelMemory(this.kernel.memory, to + this.blockWords * 4);
    new Uint8Array(this.kernel.memory.buffer).copyWithin(to, from, from + this.blockWords * 4);
    this.blocksFrom = to;
    this.renewViews();
  }

  /** Makes room for so many words of blocks at the least. */
  growBlocks(words: number): void {
    if (words <= this.blockWords) return;
    this.blockWords = words + (words & 1);
    growKernelMemory(this.kernel.memory, this.blocksFrom + this.blockWords * 4);
    this.renewViews();
  }

  /** Where blocks begin, and where their room ends, for the kernel. */
  get blockBounds(): { from: number; to: number } {
    return { from: this.blocksFrom, to: this.blocksFrom + this.blockWords * 4 };
  }

  /**
   * Puts blocks in the order of their meters, those of a meter in the order they lie in, each marked by whether it
   * begins one (METER_MARK).
   * @param words of blocks, which are the first
   * @returns the words at which the ordered ones begin and end; they are as good as gone when blocks are appended
   */
  orderBlocks(words: number): { from: number; to: number } {
    const bytes = words * 4;
    const entriesBytes = Math.ceil(bytes / BLOCK_BYTES_MIN) * SORT_ENTRIES_BYTES;
    this.growBlocks(words * 2 + ((SORT_ROOM_BYTES + entriesBytes) >> 2));
    const { exports, blocksFrom } = this;
    if (exports.markMeters(blocksFrom, blocksFrom + bytes) !== 0) return { from: 0, to: words };
    const room = Math.ceil((blocksFrom + bytes * 2) / 16) * 16;
    exports.sortBlocks(blocksFrom, blocksFrom + bytes, blocksFrom + bytes, room);
    return { from: words, to: words * 2 };
  }

  /**
   * Puts blocks together by partition.
   * @param words of blocks, which are the first
   * @param partitions how many there are; word 9 of each block has the index of its own
   * @returns a view of the words in the order of the partitions, good until blocks are appended, and for each
   *   partition the word it begins at (one more entry for the end)
   */
  gatherBlocks(words: number, partitions: number): { words: Int32Array; partitionStarts: Uint32Array } {
    this.growBlocks(words * 2 + partitions + 1);
    const { exports, blocksFrom } = this;
    const startsFrom = words * 2;
    this.words.fill(0, startsFrom, startsFrom + partitions + 1);
    const [to, starts] = [blocksFrom + words * 4, blocksFrom + startsFrom * 4];
    const isCopied = exports.gatherBlocks(blocksFrom, to, starts, partitions, to) !== 0;
    const partitionStarts = Uint32Array.from(this.words.subarray(startsFrom, startsFrom + partitions + 1));
    return {
      words: isCopied ? this.words.subarray(words, words * 2) : this.words.subarray(0, words),
      partitionStarts,
    };
  }

  /** Calculation constant of a shape that has one. */
  shapeConstant(shape: number): number {
    return new DataView(this.memoryBytes.buffer).getFloat64(shape + AT.SHAPE_CONSTANT, true);
  }

  private renewViews(): void {
    const { buffer } = this.kernel.memory;
    this.cells = new Int32Array(buffer);
    this.memoryBytes = new Uint8Array(buffer);
    this.input = new Uint8Array(buffer, AT.INPUT, this.blocksFrom - AT.INPUT);
    this.fieldsFrom = new Int32Array(buffer, AT.FIELDS_FROM, AT.FIELDS_ROOM);
    this.fieldsTo = new Int32Array(buffer, AT.FIELDS_TO, AT.FIELDS_ROOM);
    this.readStamps = new Int32Array(buffer, AT.SCRATCH_STAMPS, AT.READS_MAX);
    this.readValues = new Float64Array(buffer, AT.SCRATCH_VALUES, AT.READS_MAX);
    this.readDecimals = new Int32Array(buffer, AT.SCRATCH_METAS, AT.READS_MAX);
    this.words = new Int32Array(buffer, this.blocksFrom, this.blockWords);
    this.bytes = new Uint8Array(buffer, this.blocksFrom, this.blockWords * 4);
    this.doubles = new Float64Array(buffer, this.blocksFrom, this.blockWords >> 1);
  }
}

function blocksFromFor(inputBytes: number): number {
  const bytes = AT.INPUT + inputBytes + AT.READ_AHEAD_BYTES;
  return Math.ceil(bytes / ALIGNMENT_BYTES) * ALIGNMENT_BYTES;
}
