import { LETTER_NO_VALUE, letterOf } from '../../model/quality.js';
import { IS_REGISTER } from '../../model/units.js';
import {
  createReadRecord,
  emptyReadFault,
  type ReadFault,
  type ReadRecord,
  type ReadSink,
} from '../reads.js';
import { EMPTY_WORD_TEXT, hasTextAt, isSameText, type WordText, wordText } from '../word-text.js';
import { CarefulReader } from './careful.js';
import { FAULT } from './faults.js';
import { nothingKnown, QuickTriples, type Shape } from './quick-triples.js';
import { type CmepSettings, LINE_BYTES_MAX, SEVERITY, TRIPLES_MAX } from './settings.js';

const CR = 13;
const LF = 10;
const BLANK = 32;
const QUOTE = 34;
const COMMA = 44;

/** Fields before the triples, each ended by a comma. */
const HEADER_COMMAS = 14;
/** Field 7, CCYYMMDDHHMM. */
const CREATION_BYTES = 12;
/** Longest field 5, 6 or 8, and longest shape, that the quick path takes: all of it lies in the read-ahead. */
const QUICK_FIELD_BYTES_MAX = 64;
const SHAPE_BYTES_MAX = 256;
/** Lines in a row that the quick path tries in vain before it is tried for one in so many only. */
const MISSES_TRIED = 16;
/** Shapes (fields 9 to 14) that are remembered: intervals and registers of a few channels. */
const SHAPES_MAX = 8;
/** Bytes that must follow the end of what is read, so that whole words can be looked at. */
export const READ_AHEAD_BYTES = 256;

/**
 * Reads CMEP lines from a buffer and tells a sink of records and faults.
 *
 * Nearly all lines of a real file repeat the one before but for meter, stamps and values. So there are
 * two paths, which give the same for every line (a property test compares them):
 *
 * | path    | takes                                                              | does                         |
 * | ------- | ------------------------------------------------------------------ | ---------------------------- |
 * | quick   | lines whose fields 1-4, 7 and 9-14 equal those of a line that passed | reads meter id and triples    |
 * | careful | all others, and each line where the quick path meets anything unusual | splits the line, checks all |
 */
export class CmepReader {
  readonly record: ReadRecord = createReadRecord(TRIPLES_MAX);
  private readonly careful: CarefulReader;
  private readonly triples: QuickTriples;
  private readonly quickAllowed: boolean;
  private readonly lineEndFault: ReadFault;
  private readonly fifthBytesMax: number;
  private readonly sixthBytesMax: number;
  private readonly eighthBytesMax: number;
  /** Which of the fields 6 and 8 names the meter, and whether the other one does where it is empty. */
  private readonly idFrom6First: boolean;
  private readonly idHasOtherField: boolean;
  private bytes: Uint8Array = new Uint8Array(0);
  private view: DataView = new DataView(new ArrayBuffer(0));
  private line = 0;

  /** Fields 1 to 4 with their commas, and field 7 with its comma, of the last line that passed. */
  private lead: WordText = EMPTY_WORD_TEXT;
  private creation: WordText = EMPTY_WORD_TEXT;
  private creationStamp = 0;
  private shapes: Shape[] = [];
  private shapeHint = 0;
  /** Lines since one passed. */
  private misses = 0;

  /**
   * @param settings how the source writes
   * @param sink told of each record and fault, in the order of the bytes
   * @param alwaysCareful leaves the quick path out: for the test that compares both
   */
  constructor(
    private readonly settings: CmepSettings,
    private sink: ReadSink,
    alwaysCareful = false,
  ) {
    this.careful = new CarefulReader(settings, this.record, sink);
    this.triples = new QuickTriples(this.record, settings);
    this.quickAllowed = !alwaysCareful && settings.delimiter === COMMA;
    const quickBytes = (field: number) => Math.min(settings.fieldBytes[field - 1]!, QUICK_FIELD_BYTES_MAX);
    this.fifthBytesMax = quickBytes(5);
    this.sixthBytesMax = quickBytes(6);
    this.eighthBytesMax = quickBytes(8);
    this.idFrom6First = settings.meterIdFields[0] === 6;
    this.idHasOtherField = settings.meterIdFields.length > 1;
    const fault = FAULT['cmep/line-ending'];
    this.lineEndFault = { ...emptyReadFault(), fault, severity: settings.severities[fault]! };
  }

  /** Tells another sink from now on; what is known of the source's lines is kept. */
  setSink(sink: ReadSink): void {
    this.sink = sink;
    this.careful.setSink(sink);
  }

  /**
   * Reads all lines that lie in `bytes[from]` to `bytes[to - 1]`; the last may lack its line end.
   * @param bytes must go on for READ_AHEAD_BYTES of any content after `to`
   * @param lineBefore number of lines of the file (or range) before `from`
   * @param firstOfFile whether `from` is the beginning of the file
   * @returns how many lines were read
   */
  read(bytes: Uint8Array, from: number, to: number, lineBefore: number, firstOfFile = false): number {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.triples.setBuffer(bytes, this.view);
    this.line = lineBefore;
    let at = from;
    while (at < to) {
      this.line++;
      const next = this.isQuickTried() ? this.readQuick(at, to) : -1;
      if (next >= 0) {
        this.misses = 0;
        at = next;
      } else at = this.readCareful(at, to, firstOfFile && at === from);
    }
    return this.line - lineBefore;
  }

  /** Whether the quick path may try the next line: after some misses only now and then, until a line passes. */
  private isQuickTried(): boolean {
    if (this.shapes.length === 0) return false;
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

  private readCareful(from: number, to: number, firstOfFile: boolean): number {
    const { bytes } = this;
    let end = this.careful.split(bytes, this.view, from, Math.min(to, from + LINE_BYTES_MAX + 1));
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
    if (passed && this.quickAllowed) this.remember(from, end);
    return next;
  }

  /** Keeps what the quick path compares with, where the line's form allows it. */
  private remember(from: number, end: number): void {
    const { bytes, record } = this;
    const commas: number[] = [];
    for (let at = from; at < end && commas.length < HEADER_COMMAS; at++) {
      if (bytes[at] === QUOTE) return;
      if (bytes[at] === COMMA) commas.push(at);
    }
    if (commas.length < HEADER_COMMAS || record.count === 0 || this.careful.faultsInHeader > 0) return;
    const triplesFrom = commas[HEADER_COMMAS - 1]! + 1;
    if (letterOf(record.metas[0]!) !== LETTER_NO_VALUE) {
      this.triples.rememberFlag(triplesFrom, end, record.metas[0]!);
    }
    const sixth = commas[5]!;
    const seventh = commas[6]!;
    if (seventh - sixth !== CREATION_BYTES + 1) return;
    if (this.isKnownHeader(from, sixth + 1, commas[7]!, triplesFrom)) return;
    this.lead = wordText(bytes, from, commas[3]! + 1);
    this.creation = wordText(bytes, sixth + 1, seventh + 1);
    this.creationStamp = record.creationStamp;
    if (triplesFrom - commas[7]! > SHAPE_BYTES_MAX) return;
    const text = wordText(bytes, commas[7]!, triplesFrom);
    if (this.shapes.some((known) => isSameText(known.text, text))) return;
    if (this.shapes.length >= SHAPES_MAX) this.shapes.shift();
    this.shapes.push({
      text,
      channel: record.channel,
      resend: record.resend,
      intervalMinutes: record.intervalMinutes,
      constant: record.constant,
      count: record.count,
      isRegister: IS_REGISTER[record.channel >> 2] === 1,
      ...nothingKnown(record.count),
    });
    this.shapeHint = 0;
  }

  /** Whether the quick path has this line's header already: it was something in the triples that it left. */
  private isKnownHeader(from: number, creationFrom: number, shapeFrom: number, shapeTo: number): boolean {
    const { view } = this;
    if (this.lead.length === 0 || !hasTextAt(view, from, this.lead)) return false;
    if (!hasTextAt(view, creationFrom, this.creation)) return false;
    return this.shapes.some(
      ({ text }) => text.length === shapeTo - shapeFrom && hasTextAt(view, shapeFrom, text),
    );
  }

  /** @returns where the next line begins, or -1 where the careful path must read this one */
  private readQuick(from: number, to: number): number {
    const { bytes, view, lead, record } = this;
    if (to - from < lead.length + READ_AHEAD_BYTES || !hasTextAt(view, from, lead)) return -1;
    const fifth = from + lead.length;
    const fifthEnd = this.plainFieldEnd(fifth, this.fifthBytesMax);
    if (fifthEnd < 0) return -1;
    const sixth = fifthEnd + 1;
    const sixthEnd = this.plainFieldEnd(sixth, this.sixthBytesMax);
    if (sixthEnd < 0 || !hasTextAt(view, sixthEnd + 1, this.creation)) return -1;
    const eighth = sixthEnd + 1 + this.creation.length;
    const eighthEnd = this.plainFieldEnd(eighth, this.eighthBytesMax);
    if (eighthEnd < 0) return -1;
    let idInField6 = this.idFrom6First;
    if (this.idHasOtherField && (idInField6 ? sixthEnd === sixth : eighthEnd === eighth)) {
      idInField6 = !idInField6;
    }
    record.meterIdFrom = idInField6 ? sixth : eighth;
    record.meterIdTo = idInField6 ? sixthEnd : eighthEnd;
    if (record.meterIdFrom === record.meterIdTo) return -1;
    if (bytes[record.meterIdFrom] === BLANK || bytes[record.meterIdTo - 1] === BLANK) return -1;
    const shape = this.findShape(eighthEnd);
    if (shape === null) return -1;
    const end = this.triples.read(eighthEnd + shape.text.length, to, shape);
    return end < 0 ? -1 : this.finishQuick(from, end, to, shape);
  }

  private finishQuick(from: number, end: number, to: number, shape: Shape): number {
    const { bytes, record } = this;
    let next = end + 1;
    if (bytes[end] === CR) {
      if (next >= to || bytes[next] !== LF) return -1;
      next++;
    }
    if (next - from > this.settings.lineBytes) return -1;
    record.start = from;
    record.byteLength = next - from;
    record.line = this.line;
    record.channel = shape.channel;
    record.resend = shape.resend;
    record.creationStamp = this.creationStamp;
    record.intervalMinutes = shape.intervalMinutes;
    record.constant = shape.constant;
    record.count = shape.count;
    if (bytes[end] === LF && this.lineEndFault.severity !== SEVERITY.off) {
      if (this.lineEndFault.severity === SEVERITY.error) return -1;
      this.tellLineEnd(from, end, next);
    }
    this.sink.record(record, bytes);
    return next;
  }

  private tellLineEnd(from: number, end: number, next: number): void {
    const { lineEndFault, record } = this;
    lineEndFault.start = from;
    lineEndFault.column = end - from + 1;
    lineEndFault.end = next;
    lineEndFault.line = this.line;
    lineEndFault.textFrom = end;
    lineEndFault.textTo = next;
    lineEndFault.meterIdFrom = record.meterIdFrom;
    lineEndFault.meterIdTo = record.meterIdTo;
    this.sink.fault(lineEndFault, this.bytes);
  }

  /** End of a field of printable bytes without quotes, or -1 where it is longer than allowed or not plain. */
  private plainFieldEnd(from: number, bytesMax: number): number {
    const { bytes } = this;
    const last = from + bytesMax;
    for (let at = from; at <= last; at++) {
      const byte = bytes[at]!;
      if (byte === COMMA) return at;
      if (byte < BLANK || byte > 0x7e || byte === QUOTE) return -1;
    }
    return -1;
  }

  private findShape(at: number): Shape | null {
    const { shapes, view } = this;
    let index = this.shapeHint;
    for (let tries = shapes.length; tries > 0; tries--) {
      const shape = shapes[index]!;
      index = index + 1 === shapes.length ? 0 : index + 1;
      if (hasTextAt(view, at, shape.text)) {
        // Channels of a meter alternate in most files: the next line most likely has the next shape.
        this.shapeHint = index;
        return shape;
      }
    }
    return null;
  }
}
