import * as AT from '../../kernel/assembly/scan-layout.js';
import type { BulkSink } from '../range.js';
import {
  createReadRecord,
  emptyReadFault,
  type ReadFault,
  type ReadRecord,
  type ReadSink,
} from '../reads.js';
import { CarefulReader } from './careful.js';
import { FAULT } from './faults.js';
import { QuickLines } from './quick-lines.js';
import { Replay } from './replay.js';
import { type CmepSettings, LINE_BYTES_MAX, TRIPLES_MAX } from './settings.js';

export { READ_AHEAD_BYTES } from '../../kernel/assembly/scan-layout.js';

const CR = 13;
const LF = 10;
const BLANK = 32;
const COMMA = 44;

/** Lines in a row that the quick path tries in vain before it is tried for one in so many only. */
const MISSES_TRIED = 16;

/**
 * Reads CMEP lines from a buffer and tells a sink of records and faults.
 *
 * Nearly all lines of a real file repeat one before but for meter, stamps and values. So there are two paths,
 * which give the same for every line (a property test compares them):
 *
 * | path    | takes                                                            | does                            |
 * | ------- | ---------------------------------------------------------------- | ------------------------------- |
 * | quick   | lines whose fields 1-4 and 9-14 equal those of lines that passed  | reads them in the kernel, to blocks |
 * | careful | all others, and each line with anything unusual                  | splits the line, checks all      |
 *
 * A sink that takes records in bulk has the kernel's blocks as they are; to any other one they are told as records.
 */
export class CmepReader {
  readonly record: ReadRecord = createReadRecord(TRIPLES_MAX);
  private readonly careful: CarefulReader;
  private readonly quick: QuickLines | null;
  private readonly lineEndFault: ReadFault;
  private readonly replay: Replay;
  /** Where plain lines go. */
  private bulk: BulkSink;
  private bytes: Uint8Array = new Uint8Array(0);
  private view: DataView = new DataView(new ArrayBuffer(0));
  private line = 0;
  /** What the kernel's place of a byte is more than ours. */
  private shift = 0;
  /** Lines since one passed. */
  private misses = 0;

  /**
   * @param settings how the source writes
   * @param sink told of each record and fault, in the order of the bytes
   * @param alwaysCareful leaves the quick path out: for the test that compares both
   */
  constructor(
    settings: CmepSettings,
    private sink: ReadSink,
    private readonly alwaysCareful = false,
  ) {
    this.careful = new CarefulReader(settings, this.record, sink);
    this.replay = new Replay(this.record, sink);
    this.bulk = this.replay;
    const isQuick = !alwaysCareful && settings.delimiter === COMMA;
    this.quick = isQuick ? new QuickLines(settings) : null;
    const fault = FAULT['cmep/line-ending'];
    this.lineEndFault = { ...emptyReadFault(), fault, severity: settings.severities[fault]! };
  }

  /**
   * Tells another sink from now on; what is known of the source's lines is kept.
   * @param bulk takes plain records in bulk: then what is read lies in its kernel's memory
   */
  setSink(sink: ReadSink, bulk: BulkSink | null = null): void {
    this.sink = sink;
    this.careful.setSink(sink);
    this.replay.setSink(sink);
    this.bulk = bulk ?? this.replay;
  }

  /**
   * Reads all lines that lie in `bytes[from]` to `bytes[to - 1]`; the last may lack its line end.
   * @param bytes must go on for READ_AHEAD_BYTES of any content after `to`
   * @param lineBefore number of lines of the file (or range) before `from`
   * @param firstOfFile whether `from` is the beginning of the file
   * @returns how many lines were read
   */
  read(bytes: Uint8Array, from: number, to: number, lineBefore: number, firstOfFile = false): number {
    this.setBytes(bytes);
    this.line = lineBefore;
    this.bulk.begin(bytes, from, to);
    let at = from;
    while (at < to) {
      if (this.isQuickTried()) at = this.readQuick(at, to);
      if (at >= to) break;
      this.line++;
      at = this.readCareful(at, to, firstOfFile && at === from);
    }
    return this.line - lineBefore;
  }

  private setBytes(bytes: Uint8Array): void {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Whether the quick path may try the next line: after some misses only now and then, until a line passes. */
  private isQuickTried(): boolean {
    if (this.quick === null || this.quick.shapes === 0) return false;
    this.misses++;
    return this.misses <= MISSES_TRIED || this.misses % MISSES_TRIED === 0;
  }

  /**
   * Rejects a line that is too long to be looked at, of which only the beginning need be in the buffer.
   * @param byteLength its whole length with its line end
   */
  rejectOverlong(bytes: Uint8Array, from: number, byteLength: number, line: number): void {
    this.careful.rejectOverlong(bytes, from, byteLength, line);
  }

  /** Reads plain lines in the kernel. @returns where the first line begins that is not plain */
  private readQuick(from: number, to: number): number {
    const { bulk, quick } = this;
    const { kernel } = bulk;
    quick!.enter(kernel);
    let at = from;
    for (;;) {
      const shift = bulk.prepare(this.line);
      at = kernel.exports.scanLines(at + shift, to + shift) - shift;
      const { cells } = kernel;
      const lines = cells[AT.LINES >> 2]!;
      const stopped = cells[AT.STOPPED >> 2]!;
      this.shift = shift;
      bulk.take(this.bytes, stopped === AT.STOP_LINE_END ? this.tellLineEnd : null);
      this.line += lines;
      if (lines > 0) this.misses = 0;
      if (stopped === AT.STOP_NO_ROOM) this.makeRoom(AT.READS_MAX);
      else if (stopped !== AT.STOP_LINE_END) return at;
    }
  }

  /** What is read may lie in memory that moves where there is not room enough. */
  private makeRoom(reads: number): void {
    const { bulk } = this;
    bulk.makeRoom(reads);
    if (bulk !== this.replay && this.bytes !== bulk.kernel.input) this.setBytes(bulk.kernel.input);
  }

  private readCareful(from: number, to: number, firstOfFile: boolean): number {
    const isInKernel = this.bulk !== this.replay;
    if (isInKernel) this.makeRoom(TRIPLES_MAX);
    const { bytes, view, careful, quick } = this;
    if (isInKernel) quick?.enter(this.bulk.kernel);
    const limit = Math.min(to, from + LINE_BYTES_MAX + 1);
    let end =
      isInKernel && !this.alwaysCareful
        ? careful.splitInKernel(this.bulk.kernel, view, from, limit)
        : careful.split(bytes, view, from, limit);
    while (end < to && bytes[end] !== LF && bytes[end] !== CR) end++;
    let next = end;
    if (end < to) next = bytes[end] === CR && end + 1 < to && bytes[end + 1] === LF ? end + 2 : end + 1;
    if (next - from > LINE_BYTES_MAX) {
      this.rejectOverlong(bytes, from, next - from, this.line);
      return next;
    }
    let at = from;
    while (at < end && bytes[at] === BLANK) at++;
    if (at === end) return next;
    const passed = this.careful.read(from, end, next, this.line, firstOfFile);
    if (passed) this.misses = 0;
    if (quick === null || careful.headerReads <= 0) return next;
    if (passed) {
      quick.enter(this.bulk.kernel);
      quick.remember(bytes, from, end, this.record);
    } else if (isInKernel && !careful.isHeaderKnown)
      quick.rememberHeader(bytes, from, end, this.record, careful.headerReads);
    return next;
  }

  /** Tells of the line end of LF alone that the kernel stopped at. */
  private readonly tellLineEnd = (): void => {
    const { lineEndFault, shift } = this;
    const { cells } = this.bulk.kernel;
    const end = cells[AT.TOLD_END >> 2]! - shift;
    lineEndFault.start = cells[AT.TOLD_FROM >> 2]! - shift;
    lineEndFault.column = end - lineEndFault.start + 1;
    lineEndFault.end = end + 1;
    lineEndFault.line = this.line + cells[AT.LINES >> 2]!;
    lineEndFault.textFrom = end;
    lineEndFault.textTo = end + 1;
    lineEndFault.meterIdFrom = cells[AT.TOLD_ID_FROM >> 2]! - shift;
    lineEndFault.meterIdTo = cells[AT.TOLD_ID_TO >> 2]! - shift;
    this.sink.fault(lineEndFault, this.bytes);
  };
}
