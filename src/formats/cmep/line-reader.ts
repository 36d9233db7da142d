import { emptyReadFault, type ReadFault, type ReadRecord, type ReadSink } from '../reads.js';
import { FAULT } from './faults.js';
import { createLineFields } from './line-fields.js';
import { type CmepSettings, LINE_BYTES_MAX, SEVERITY } from './settings.js';

/** Longest text that is compared with a list: longer than any record type, version, purpose or unit. */
const TEXT_BYTES_MAX = 16;

/** Fields before the triples. */
export const HEADER_FIELDS = 14;

/** The line that is being read: its fields, and the telling of what is wrong with them. */
export abstract class LineReader {
  protected readonly fields = createLineFields(LINE_BYTES_MAX + 1);
  protected readonly fault: ReadFault = emptyReadFault();
  protected readonly firstError: ReadFault = emptyReadFault();
  protected bytes: Uint8Array = new Uint8Array(0);
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
    let text = '';
    for (let at = from; at < to; at++) text += String.fromCharCode(this.bytes[at]!);
    return text;
  }

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
    const { fault, record } = this;
    if (field >= 1 && field <= HEADER_FIELDS) this.faultsInHeader++;
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
    if (severity === SEVERITY.error && this.errors++ === 0) Object.assign(this.firstError, fault);
  }

  setSink(sink: ReadSink): void {
    this.sink = sink;
  }
}
