import * as AT from '../../kernel/assembly/scan-layout.js';
import type { ScanKernel } from '../../kernel/scan-kernel.js';
import { BLOCK_HAS_CONSTANT, BLOCK_RESEND } from '../../model/block.js';
import { UNITS_PER_ONE } from '../../model/decimal.js';
import { LETTER_NO_VALUE, letterOf, withDecimals } from '../../model/quality.js';
import { gridMinutes } from '../../model/time.js';
import type { ReadRecord } from '../reads.js';
import type { KnownTriples } from './known-triples.js';

/**
 * The parts of a line that are plain, on the careful path: its header where that is known (`QuickLines`), and triples
 * of which there is nothing to tell. The kernel reads them in a line that it has split.
 */
export class PlainParts {
  /** Stamp of the triple that was read last. */
  lastStamp = -1;
  private kernel: ScanKernel | null = null;

  constructor(
    private readonly record: ReadRecord,
    private readonly zoneMinutes: number,
  ) {}

  /**
   * Begins a line.
   * @param kernel it has split the line, and what is known of the source lies in it; null where not
   */
  begin(kernel: ScanKernel | null): void {
    this.kernel = kernel;
  }

  /** Reads a header that is known and has no fault into the record. @returns false where it is not */
  readHeader(from: number, to: number): boolean {
    const { kernel, record } = this;
    if (kernel === null) return false;
    const shape = kernel.exports.readKnownHeader(from + AT.INPUT, to + AT.INPUT);
    if (shape === 0) return false;
    const { cells } = kernel;
    const flags = cells[(shape + AT.SHAPE_BLOCK_FLAGS) >> 2]!;
    record.meterIdFrom = cells[AT.TOLD_ID_FROM >> 2]! - AT.INPUT;
    record.meterIdTo = cells[AT.TOLD_ID_TO >> 2]! - AT.INPUT;
    record.creationStamp = cells[AT.CREATION_STAMP >> 2]! - this.zoneMinutes;
    record.channel = cells[(shape + AT.SHAPE_CHANNEL) >> 2]!;
    record.resend = (flags & BLOCK_RESEND) !== 0;
    record.intervalMinutes = cells[(shape + AT.SHAPE_INTERVAL) >> 2]!;
    const hasConstant = (flags & BLOCK_HAS_CONSTANT) !== 0;
    record.constant = hasConstant ? kernel.shapeConstant(shape) : UNITS_PER_ONE;
    return true;
  }

  /**
   * Reads triples from number `first` on, to the first of which there is something to tell.
   * @param end number behind the line's last one
   * @param previous stamp of the one before, which has no fault, or -1 where there is none
   * @param isWanted whether the reads go to the record, or are only counted there
   * @returns how many were read
   */
  readTriples(first: number, end: number, previous: number, known: KnownTriples, isWanted: boolean): number {
    const { kernel, record } = this;
    const { flag, flagBytes, flagMeta } = known;
    if (kernel === null || flagBytes < 0 || letterOf(flagMeta) === LETTER_NO_VALUE) return 0;
    const interval = record.intervalMinutes;
    const grid = interval > 0 ? gridMinutes(interval) : 1;
    const count = kernel.exports.readFields(first, end, previous, interval, grid, flag, flagBytes);
    if (count === 0) return 0;
    const { readStamps, readValues, readDecimals } = kernel;
    this.lastStamp = readStamps[count - 1]!;
    const at = record.count;
    record.count += count;
    if (!isWanted) return count;
    for (let i = 0; i < count; i++) {
      record.stamps[at + i] = readStamps[i]!;
      record.values[at + i] = readValues[i]!;
      record.metas[at + i] = withDecimals(flagMeta, readDecimals[i]!);
    }
    return count;
  }
}
