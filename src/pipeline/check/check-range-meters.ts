import * as AT from '../../kernel/assembly/scan-layout.js';
import type { ScanKernel } from '../../kernel/scan-kernel.js';
import type { BlockIndex } from '../../store/blocks/block-index.js';
import type { MeterChecker } from './check-meters.js';

const RANGE_WORD = 4;
const MARK_WORD = AT.METER_MARK >> 2;
const BLOCKS_AT_FIRST = 16;

/**
 * Meters in order, whose blocks lie in the memory of the kernel. It goes through the usual ones, and leaves the others
 * to the checker.
 */
export class RangeMeters {
  private readonly cells: Int32Array;
  private readonly index: BlockIndex;
  /** Where blocks begin, in the kernel's memory. */
  private readonly base: number;

  /** @param kernel its memory must not grow meanwhile */
  constructor(
    private readonly kernel: ScanKernel,
    private readonly checker: MeterChecker,
  ) {
    const { words, bytes, doubles, cells, blockBounds } = kernel;
    this.cells = cells;
    this.base = blockBounds.from;
    this.index = {
      ...{ count: 0, words, bytes, doubles, rangeOrder: null },
      ...{ starts: new Int32Array(BLOCKS_AT_FIRST), meterStarts: new Uint8Array(0) },
    };
  }

  /**
   * Checks meters that are marked and in order.
   * @param from word at which the first one begins
   * @param to word at which the last one ends
   */
  check(from: number, to: number): void {
    const { kernel, checker, base, cells } = this;
    for (let at = from; at < to; ) {
      const first = at;
      const file = checker.pairsFrom(this.index.words[first + RANGE_WORD]!);
      if (file !== null) {
        cells[AT.PAIR_TIMES >> 2] = 0;
        cells[AT.PAIR_RANGE_FROM >> 2] = file.firstRange;
        cells[AT.PAIR_RANGE_TO >> 2] = file.endRange;
        at = (kernel.exports.checkPairs(base + at * 4, base + to * 4, file.tolerance) - base) >> 2;
      }
      if (at > first) this.addPairs(file!.number);
      else at = this.checkMeter(at, to);
    }
  }

  private addPairs(file: number): void {
    const { cells } = this;
    const intervals = {
      firstStamp: cells[AT.PAIR_FIRST_STAMP >> 2]!,
      count: cells[AT.PAIR_COUNT >> 2]!,
      intervalMinutes: cells[AT.PAIR_INTERVAL >> 2]!,
    };
    this.checker.addPairs(file, intervals, cells[AT.PAIR_TIMES >> 2]!);
  }

  /** Checks one meter. @returns where the next one begins */
  private checkMeter(first: number, to: number): number {
    const { index } = this;
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
    } while (at < to && words[at + MARK_WORD] === 0);
    this.checker.check(index, 0, count);
    return at;
  }
}
