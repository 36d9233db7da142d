import { INTERVAL_OF } from '../model/units.js';
import * as AT from './assembly/scan-layout.js';
import { growKernelMemory, type Kernel, startKernel } from './load.js';

interface ScanExports {
  scanLines(from: number, to: number): number;
  markMeters(from: number, to: number): number;
  checkPairs(from: number, to: number, tolerance: number): number;
}

/** Whoever's knowledge of a source lies in the kernel: it takes it away before another one brings its own. */
export interface KernelOwner {
  leave(): void;
}

const BLOCK_WORDS_AT_FIRST = 1 << 20;
/** Blocks begin at a multiple of this, and what moves them is a multiple too. */
const ALIGNMENT_BYTES = 4096;

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

  private renewViews(): void {
    const { buffer } = this.kernel.memory;
    this.cells = new Int32Array(buffer);
    this.memoryBytes = new Uint8Array(buffer);
    this.input = new Uint8Array(buffer, AT.INPUT, this.blocksFrom - AT.INPUT);
    this.words = new Int32Array(buffer, this.blocksFrom, this.blockWords);
    this.bytes = new Uint8Array(buffer, this.blocksFrom, this.blockWords * 4);
    this.doubles = new Float64Array(buffer, this.blocksFrom, this.blockWords >> 1);
  }
}

function blocksFromFor(inputBytes: number): number {
  const bytes = AT.INPUT + inputBytes + AT.READ_AHEAD_BYTES;
  return Math.ceil(bytes / ALIGNMENT_BYTES) * ALIGNMENT_BYTES;
}
