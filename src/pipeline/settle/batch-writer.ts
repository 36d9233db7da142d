import { createHash, type Hash } from 'node:crypto';
import { closeSync, openSync, writeSync } from 'node:fs';
import type { CmepWriter } from '../../formats/cmep/writer.js';
import { ExactSum } from '../../model/decimal.js';
import { UNITS } from '../../model/units.js';
import type { OutputSettings, StagedBatch } from './settle-types.js';

/** Bytes that are gathered before they are hashed and written. */
const PIECE_BYTES = 1 << 20;
/** Text up to this length is gathered; longer text is a piece of its own. */
const GATHERED_BYTES = 1 << 16;

/** Exact sum of values of a unit, by its code, in 0.00001. */
export interface UnitSum {
  unit: number;
  sum: bigint;
}

/**
 * Cuts the records that the writer makes into batches, at record bounds: a batch has at most
 * `maximumRecords` records and `maximumBytes` bytes (a single longer record stands alone).
 */
export class BatchWriter {
  readonly batches: StagedBatch[] = [];
  private hash: Hash = createHash('sha256');
  private fd = -1;
  private path = '';
  private bytes = 0;
  private records = 0;
  private reads = 0;
  private firstMeter = '';
  /** Meter of the last record: `lastMeter[lastFrom]` to `lastMeter[lastTo - 1]`. */
  private lastMeter: Uint8Array = new Uint8Array(0);
  private lastFrom = 0;
  private lastTo = 0;
  /** By code of the unit; null where the batch has none of it. */
  private sums = noSums();
  /** Length of the writer's buffer at the end of the last whole record. */
  private wholeLength = 0;

  /** @param pathPrefix where staged batches go: `<prefix>-0.dat`, `<prefix>-1.dat` ... */
  constructor(
    private readonly writer: CmepWriter,
    private readonly output: OutputSettings,
    private readonly pathPrefix: string,
  ) {}

  /**
   * Takes the record that the writer has just ended; where it does not fit the batch any more, the batch is
   * closed before it.
   * @param meter the meter id is `meter[from]` to `meter[to - 1]`; it must stay so until `keepMeter`
   * @param sum exact sum of the record's values, in 0.00001
   */
  endRecord(meter: Uint8Array, from: number, to: number, reads: number, unit: number, sum: number): void {
    const { maximumBytes, maximumRecords } = this.output;
    if (
      this.records > 0 &&
      (this.records >= maximumRecords || this.bytes + this.writer.length > maximumBytes)
    ) {
      this.closeBatch();
    }
    if (this.records === 0) this.firstMeter = Buffer.from(meter.subarray(from, to)).toString('latin1');
    this.lastMeter = meter;
    this.lastFrom = from;
    this.lastTo = to;
    this.records++;
    this.reads += reads;
    let total = this.sums[unit]!;
    if (total === null) {
      total = new ExactSum();
      this.sums[unit] = total;
    }
    total.add(sum);
    this.wholeLength = this.writer.length;
    if (this.wholeLength >= PIECE_BYTES) this.flush();
  }

  /** Records and bytes that the batch at hand still takes. */
  room(): { records: number; bytes: number } {
    const { maximumBytes, maximumRecords } = this.output;
    return {
      records: maximumRecords - this.records,
      bytes: maximumBytes - this.bytes - this.writer.length,
    };
  }

  /**
   * Appends records that fit the batch at hand and that stand as text already.
   * @param sums exact sums of their values
   * @param ids meter ids of the first and the last of them, in `meters`
   */
  append(
    text: Uint8Array,
    records: number,
    reads: number,
    sums: readonly UnitSum[],
    meters: Uint8Array,
    ids: { firstFrom: number; firstTo: number; lastFrom: number; lastTo: number },
  ): void {
    const { firstFrom, firstTo, lastFrom, lastTo } = ids;
    if (this.records === 0)
      this.firstMeter = Buffer.from(meters.subarray(firstFrom, firstTo)).toString('latin1');
    this.lastMeter = meters;
    this.lastFrom = lastFrom;
    this.lastTo = lastTo;
    this.records += records;
    this.reads += reads;
    for (const { unit, sum } of sums) {
      this.sums[unit] ??= new ExactSum();
      this.sums[unit].addWhole(sum);
    }
    if (text.length > GATHERED_BYTES) {
      this.flush();
      this.writePiece(text);
      return;
    }
    this.writer.append(text);
    this.wholeLength = this.writer.length;
    if (this.wholeLength >= PIECE_BYTES) this.flush();
  }

  /** Copies what is still needed of the memory that meter ids were given in. */
  keepMeter(): void {
    this.lastMeter = this.lastMeter.slice(this.lastFrom, this.lastTo);
    this.lastTo -= this.lastFrom;
    this.lastFrom = 0;
  }

  private writePiece(piece: Uint8Array): void {
    if (this.fd < 0) {
      this.path = `${this.pathPrefix}-${this.batches.length}.dat`;
      this.fd = openSync(this.path, 'w', 0o600);
    }
    this.hash.update(piece);
    let written = 0;
    while (written < piece.length) written += writeSync(this.fd, piece, written);
    this.bytes += piece.length;
  }

  private flush(): void {
    if (this.wholeLength === 0) return;
    this.writePiece(this.writer.bytes.subarray(0, this.wholeLength));
    this.writer.bytes.copyWithin(0, this.wholeLength, this.writer.length);
    this.writer.length -= this.wholeLength;
    this.wholeLength = 0;
  }

  private closeBatch(): void {
    this.flush();
    closeSync(this.fd);
    this.fd = -1;
    this.batches.push({
      path: this.path,
      records: this.records,
      reads: this.reads,
      bytes: this.bytes,
      sha256: this.hash.digest('hex'),
      sums: totalsByUnit(this.sums),
      firstMeter: this.firstMeter,
      lastMeter: Buffer.from(this.lastMeter.subarray(this.lastFrom, this.lastTo)).toString('latin1'),
    });
    this.hash = createHash('sha256');
    this.bytes = 0;
    this.records = 0;
    this.reads = 0;
    this.sums = noSums();
  }

  /** Closes the last batch. */
  finish(): void {
    if (this.records > 0) this.closeBatch();
  }
}

const noSums = (): (ExactSum | null)[] => UNITS.map(() => null);

function totalsByUnit(sums: readonly (ExactSum | null)[]): Map<string, bigint> {
  const totals = new Map<string, bigint>();
  for (const [unit, sum] of sums.entries()) if (sum !== null) totals.set(UNITS[unit]!, sum.total());
  return totals;
}
