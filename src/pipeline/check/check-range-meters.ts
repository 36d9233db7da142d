import * as AT from '../../kernel/assembly/scan-layout.js';
import type { ScanKernel } from '../../kernel/scan-kernel.js';
import type { BlockIndex } from '../../store/blocks/block-index.js';
import type { ThreadBlocks } from '../scan/thread-blocks.js';
import type { MeterChecker } from './check-meters.js';

const MARK_WORD = AT.METER_MARK >> 2;
const BLOCKS_AT_FIRST = 16;

/**
 * The meters of a range whose blocks lie in the memory of the kernel. It goes through the usual ones, and leaves the
 * others to the checker.
 */
export class RangeMeters {
  /** Words at which the second and the last meter begin, and at which the blocks end. */
  second = 0;
  last = 0;
  readonly end: number;
  private readonly kernel: ScanKernel;
  /** Where blocks begin, in the kernel's memory. */
  private readonly base: number;
  private readonly index: BlockIndex;

  /** @param blocks not empty */
  constructor({ kernel, buffer }: ThreadBlocks) {
    const { words, bytes, doubles } = kernel;
    this.kernel = kernel;
    this.base = kernel.blockBounds.from;
    this.end = buffer.usedWords;
    this.index = {
      ...{ count: 0, words, bytes, doubles, rangeOrder: null },
      ...{ starts: new Int32Array(BLOCKS_AT_FIRST), meterStarts: new Uint8Array(0) },
    };
  }

  /** Finds the meters. @returns false where they do not stand in order: then nothing is known of them */
  isInOrder(): boolean {
    const { kernel, base, end } = this;
    const { cells } = kernel;
    if (kernel.exports.markMeters(base, base + end * 4) === 0) return false;
    this.second = (cells[AT.METER_SECOND >> 2]! - base) >> 2;
    this.last = (cells[AT.METER_LAST >> 2]! - base) >> 2;
    return true;
  }

  /**
   * Checks all meters between the first and the last.
   * @param tolerance that the intervals and the register of a pair may differ by, 0.00001; NaN where no meter may be
   *   taken for usual
   */
  check(checker: MeterChecker, tolerance: number): void {
    const { kernel, base, last } = this;
    const { cells } = kernel;
    for (let at = this.second; at < last; ) {
      const from = at;
      if (!Number.isNaN(tolerance)) {
        cells[AT.PAIR_TIMES >> 2] = 0;
        at = (kernel.exports.checkPairs(base + at * 4, base + last * 4, tolerance) - base) >> 2;
      }
      if (at > from) this.addPairs(checker);
      else at = this.checkMeter(checker, at);
    }
  }

  private addPairs(checker: MeterChecker): void {
    const { cells } = this.kernel;
    const intervals = {
      firstStamp: cells[AT.PAIR_FIRST_STAMP >> 2]!,
      count: cells[AT.PAIR_COUNT >> 2]!,
      intervalMinutes: cells[AT.PAIR_INTERVAL >> 2]!,
    };
    checker.addPairs(0, intervals, cells[AT.PAIR_TIMES >> 2]!);
  }

  /** Checks one meter. @returns where the next one begins */
  private checkMeter(checker: MeterChecker, first: number): number {
    const { index, last } = this;
    const { words } = index;
    let count = 0;
    let at = first;
    do {
      if (count === index.starts.length) {
        const longer = new Int32Array(count * 2);
        longer.set(index.starts);
        index.starts = longer;
      }
      index.starts[count++] = at;
      at += words[at]!;
    } while (at < last && words[at + MARK_WORD] === 0);
    checker.check(index, 0, count);
    return at;
  }
}
