import * as AT from '../../kernel/assembly/scan-layout.js';
import type { ScanKernel } from '../../kernel/scan-kernel.js';
import { emptyReadFault, type ReadFault, type ReadRecord, type ReadSink } from '../reads.js';
import { isRightCrc } from './crc.js';
import { FAULT } from './faults.js';
import { createLineFields, splitLine } from './line-fields.js';
import { hexDigit } from './number.js';
import { type CmepSettings, LINE_BYTES_MAX, SEVERITY } from './settings.js';

/** Longest text that is compared with a list: a byte longer than any name that a profile may list. */
const TEXT_BYTES_MAX = 17;

const COMMA = 44;
const LETTER_H = 72;

/** Fields before the triples. */
export const HEADER_FIELDS = 14;

/** The line that is being read: its fields, and the telling of what is wrong with them. */
export abstract class LineReader {
  protected readonly fields = createLineFields(LINE_BYTES_MAX + 1);
  protected readonly fault: ReadFault = emptyReadFault();
  protected readonly firstError: ReadFault = emptyReadFault();
  protected bytes: Uint8Array = new Uint8Array(0);
  /** Of the fields of the header: what each held when it was last asked for. */
  private readonly lastTexts = new Array<string>(HEADER_FIELDS).fill('');
  protected view: DataView = new DataView(new ArrayBuffer(0));
  /** Where the line lies that was split there, and what is known of the source; null where it was not, or nothing is. */
  protected kernel: ScanKernel | null = null;
  protected errors = 0;
  /** Faults of any severity that were told. */
  protected told = 0;
  /** End of the line without its line end. */
  protected contentEnd = 0;
  /** Faults of any severity in fields 1 to 14 of the line that was read last. */
  faultsInHeader = 0;

  constructor(
    protected readonly settings: CmepSettings,
    protected readonly record: ReadRecord,
    protected sink: ReadSink,
  ) {}

  /**
   * Splits the line that is to be read.
   * @param limit the line may go on beyond it
   * @returns where the line ends; not at a CR or LF where that is not before `limit`
   */
  split(bytes: Uint8Array, view: DataView, from: number, limit: number): number {
    this.bytes = bytes;
    this.view = view;
    this.kernel = null;
    splitLine(bytes, from, limit, this.settings.delimiter, this.fields);
    return this.fields.end;
  }

  /** Does the same for a line that lies in the input of a kernel. */
  splitInKernel(kernel: ScanKernel, view: DataView, from: number, limit: number): number {
    const { fields } = this;
    const { delimiter } = this.settings;
    this.bytes = kernel.input;
    this.view = view;
    fields.from = kernel.fieldsFrom;
    fields.to = kernel.fieldsTo;
    const end = kernel.exports.splitPlain(from + AT.INPUT, limit + AT.INPUT, delimiter, AT.INPUT);
    this.kernel = end === 0 || delimiter !== COMMA ? null : kernel;
    if (end === 0) splitLine(this.bytes, from, limit, delimiter, fields);
    else {
      fields.count = kernel.cells[AT.FIELD_COUNT >> 2]!;
      fields.end = end - AT.INPUT;
      fields.badQuoteField = 0;
      fields.badByteAt = kernel.cells[AT.BAD_BYTE_AT >> 2]!;
    }
    return fields.end;
  }

  protected isEmpty(field: number): boolean {
    return this.length(field) === 0;
  }

  protected isEmptyFrom(field: number): boolean {
    for (let i = field; i <= this.fields.count; i++) if (!this.isEmpty(i)) return false;
    return true;
  }

  /** Length of a field, from 1; 0 where the record stops before it. */
  protected length(field: number): number {
    const { fields } = this;
    return field > fields.count ? 0 : fields.to[field - 1]! - fields.from[field - 1]!;
  }

  /** Text of a field by its index from 0, as far as it may go to be in a list. */
  protected text(index: number): string {
    if (index >= this.fields.count) return '';
    const from = this.fields.from[index]!;
    const to = Math.min(this.fields.to[index]!, from + TEXT_BYTES_MAX);
    const last = this.lastTexts[index]!;
    if (this.hasText(last, from, to)) return last;
    let text = '';
    for (let at = from; at < to; at++) text += String.fromCharCode(this.bytes[at]!);
    this.lastTexts[index] = text;
    return text;
  }

  private hasText(text: string, from: number, to: number): boolean {
    if (text.length !== to - from) return false;
    for (let at = from; at < to; at++) if (this.bytes[at] !== text.charCodeAt(at - from)) return false;
    return true;
  }

  protected checkCrc(field: number): void {
    const { bytes, fields, record, settings } = this;
    const from = fields.from[field - 1]!;
    let told = 0;
    for (let at = from + 1; at < from + 5; at++) told = told * 16 + hexDigit(bytes[at]!);
    let comma = from;
    while (bytes[comma] !== settings.delimiter) comma--;
    if (!isRightCrc(bytes, record.start, comma, told, settings.crc)) this.tellField('cmep/bad-crc', field);
  }

  protected isCrc(field: number): boolean {
    const from = this.fields.from[field - 1]!;
    if (this.length(field) !== 5 || this.bytes[from] !== LETTER_H) return false;
    for (let at = from + 1; at < from + 5; at++) if (hexDigit(this.bytes[at]!) < 0) return false;
    return true;
  }

  /** Tells of a field that is there, by the number of the fault: a file of errors has many of them. */
  protected tellNumber(fault: number, field: number): void {
    const { fields } = this;
    this.report(fault, field, fields.from[field - 1]!, fields.to[field - 1]!);
  }

  protected tellField(code: keyof typeof FAULT, field: number, severity?: number): void {
    const { fields } = this;
    const isThere = field <= fields.count;
    const from = isThere ? fields.from[field - 1]! : this.contentEnd;
    this.report(FAULT[code], field, from, isThere ? fields.to[field - 1]! : this.contentEnd, severity);
  }

  protected tell(code: keyof typeof FAULT, field: number, from: number, to: number): void {
    this.report(FAULT[code], field, from, to);
  }

  protected report(number: number, field: number, from: number, to: number, override?: number): void {
    const own = this.settings.severities[number]!;
    // What must be an error is one, also where the profile has switched the rule off.
    const isOff = own === SEVERITY.off && override !== SEVERITY.error;
    const severity = isOff ? own : (override ?? own);
    this.told++;
    if (severity === SEVERITY.off) return;
    if (field >= 1 && field <= HEADER_FIELDS) this.faultsInHeader++;
    const isError = severity === SEVERITY.error;
    // What rejects a line is told with it.
    const isFirstError = isError && this.errors === 0;
    if (isError) this.errors++;
    if (!isFirstError && this.sink.countOnly?.(number, severity) === true) return;
    const { fault, record } = this;
    fault.fault = number;
    fault.severity = severity;
    fault.start = record.start;
    fault.end = record.start + record.byteLength;
    fault.line = record.line;
    fault.column = from - record.start + 1;
    fault.field = field;
    fault.textFrom = from;
    fault.textTo = to;
    fault.meterIdFrom = record.meterIdFrom;
    fault.meterIdTo = record.meterIdTo;
    this.sink.fault(fault, this.bytes);
    if (isFirstError) copyFault(fault, this.firstError);
  }

  setSink(sink: ReadSink): void {
    this.sink = sink;
  }
}

function copyFault(from: ReadFault, to: ReadFault): void {
  to.fault = from.fault;
  to.severity = from.severity;
  to.line = from.line;
  to.column = from.column;
  to.start = from.start;
  to.end = from.end;
  to.field = from.field;
  to.textFrom = from.textFrom;
  to.textTo = from.textTo;
  to.meterIdFrom = from.meterIdFrom;
  to.meterIdTo = from.meterIdTo;
  to.stamp = from.stamp;
}
