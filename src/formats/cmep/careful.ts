import { UNITS_PER_ONE } from '../../model/decimal.js';
import { LETTER_NO_VALUE, letterOf, NO_DECIMALS, withDecimals } from '../../model/quality.js';
import { gridMinutes } from '../../model/time.js';
import { IS_CONSUMPTION, IS_REGISTER } from '../../model/units.js';
import { FAULT } from './faults.js';
import { parseFlag } from './flag.js';
import { HeaderReader } from './header-reader.js';
import { KnownTriples, STAMP_BYTES } from './known-triples.js';
import { HEADER_FIELDS } from './line-reader.js';
import { parseNumber } from './number.js';
import { PlainParts } from './plain-parts.js';
import { OTHER_TYPES, TIME_OF_USE } from './record-types.js';
import { COUNT_MAX, PLAIN_FIELD_BYTES_MAX, PROTOCOL_TEXT_BYTES_MAX, SEVERITY } from './settings.js';
import { parseStamp } from './stamp.js';

const TAB = 9;

/**
 * Reads one line after all the rules, field by field, into `record`; what it finds goes to the sink. The
 * reader's quick path takes over the lines that repeat the shape of one that passed here.
 */
export class CarefulReader extends HeaderReader {
  private readonly known = new KnownTriples();
  private readonly plain = new PlainParts(this.record, this.settings.zoneMinutes);
  /** Of the line that was read last: reads that its header tells of, where that is known already or has no fault; else -1. */
  headerReads = -1;
  /** Whether its header was known already. */
  isHeaderKnown = false;
  private tripleErrors = 0;
  private rejectedTriples = 0;

  /**
   * Reads the line that was split last.
   * @param from first byte of the line
   * @param to end of the line's content
   * @param next end of the line with its line end
   * @param firstOfFile whether it is the file's first line, which may be a header in a tab dialect
   * @returns true where the line was a MEPMD01 record without an error, which the sink was given
   */
  read(from: number, to: number, next: number, line: number, firstOfFile: boolean): boolean {
    const { record, settings, bytes } = this;
    this.known.setBuffer(bytes, this.view);
    this.plain.begin(this.kernel);
    this.contentEnd = to;
    this.headerReads = -1;
    this.isHeaderKnown = false;
    this.errors = 0;
    this.faultsInHeader = 0;
    this.tripleErrors = 0;
    this.rejectedTriples = 0;
    record.start = from;
    record.byteLength = next - from;
    record.line = line;
    record.count = 0;
    record.meterIdFrom = record.meterIdTo = from;
    this.fault.stamp = -1;
    if (next - from > settings.lineBytes) this.tell('cmep/line-too-long', 0, from, to);
    const { badByteAt } = this.fields;
    if (badByteAt >= 0) this.tell('cmep/not-ascii', 0, badByteAt, badByteAt + 1);
    const type = this.text(0);
    if (firstOfFile && settings.delimiter === TAB && !type.startsWith('MEP')) return false;
    if (this.fields.badQuoteField > 0) {
      this.tellField('cmep/bad-quoting', this.fields.badQuoteField);
    } else if (type === 'MEPMD01') {
      this.isHeaderKnown = this.plain.readHeader(from, to);
      if (!this.isHeaderKnown) this.readHeader();
      this.readTriples();
    } else {
      this.otherType(type);
    }
    // Last, since the meter is known only now.
    this.checkLineEnd(to, next);
    if (this.errors > 0) {
      const inTriplesOnly = settings.rejectTriples && this.errors === this.tripleErrors;
      const reads = inTriplesOnly ? this.rejectedTriples : this.readsOnLine(type);
      this.sink.rejected(from, next - from, line, reads, this.firstError);
      if (inTriplesOnly && record.count > 0) this.sink.record(record, bytes);
      return false;
    }
    if (type !== 'MEPMD01') {
      this.sink.passedOver();
      return false;
    }
    this.sink.record(record, bytes);
    return true;
  }

  /** Rejects a line of which only the beginning is looked at. */
  rejectOverlong(bytes: Uint8Array, from: number, byteLength: number, line: number): void {
    const { record } = this;
    this.bytes = bytes;
    this.errors = 0;
    record.start = from;
    record.byteLength = byteLength;
    record.line = line;
    record.meterIdFrom = record.meterIdTo = from;
    this.fault.stamp = -1;
    this.report(FAULT['cmep/line-too-long'], 0, from, from, SEVERITY.error);
    this.sink.rejected(from, byteLength, line, 0, this.firstError);
  }

  private otherType(type: string): void {
    if (type === TIME_OF_USE || OTHER_TYPES.includes(type)) {
      for (let field = 1; field <= this.fields.count; field++) {
        if (this.length(field) > PLAIN_FIELD_BYTES_MAX) this.tellField('cmep/field-too-long', field);
      }
    }
    if (type === '') this.tellField('cmep/missing-field', 1);
    else if (OTHER_TYPES.includes(type)) this.tellField('cmep/unsupported-record-type', 1);
    else if (this.settings.vendorRecordTypes.includes(type)) {
      this.tellField('cmep/unknown-record-type', 1, SEVERITY.warning);
    } else if (type === TIME_OF_USE) this.tellField('cmep/unsupported-record-type', 1, SEVERITY.error);
    else this.tellField('cmep/unknown-record-type', 1);
  }

  private checkLineEnd(to: number, next: number): void {
    if (next === to) this.tell('cmep/missing-final-newline', 0, to, to);
    else if (next - to === 1) this.tell('cmep/line-ending', 0, to, next);
  }

  /** Count of triples by field 14, or -1 where that is no whole number. */
  private readCount(): number {
    if (this.isEmpty(14)) return -1;
    const fault = parseNumber(this.bytes, this.fields.from[13]!, this.fields.to[13]!, this.number);
    const count = this.number.value / UNITS_PER_ONE;
    if (fault === FAULT['cmep/number-too-long']) this.tellNumber(fault, 14);
    else if (fault >= 0 || this.number.decimals > 0 || count < 0 || !Number.isInteger(count)) {
      this.tellField('cmep/bad-count', 14);
    } else return count;
    return -1;
  }

  private readTriples(): void {
    const { record } = this;
    const count = this.readCount();
    const rest = this.fieldsOfTriples();
    let onLine = Math.ceil(rest / 3);
    if (count >= 0 && count !== onLine) {
      const extra = HEADER_FIELDS + count * 3 + 1;
      if (count * 3 < rest && (rest - count * 3 < 3 || this.isEmptyFrom(extra))) {
        this.tellField('cmep/extra-fields', extra);
        onLine = count;
      } else this.tellField('cmep/count-mismatch', 14);
    }
    if (count > COUNT_MAX) this.tellField('cmep/count-exceeds-48', 14);
    if (this.faultsInHeader === 0) this.headerReads = onLine;
    record.regular = true;
    this.known.setInterval(record.intervalMinutes);
    let previous = -1;
    let previousIsGood = false;
    for (let k = 0; k < onLine; k++) {
      if (k === 0 || previousIsGood) {
        const plain = this.plain.readTriples(k, onLine, previous, this.known, this.isWanted());
        if (plain > 0) {
          k += plain;
          previous = this.plain.lastStamp;
          previousIsGood = true;
          if (record.intervalMinutes === 0 && k > 1) record.regular = false;
          if (k === onLine) break;
        }
      }
      const errorsBefore = this.errors;
      const stampField = HEADER_FIELDS + k * 3 + 1;
      this.fault.stamp = -1;
      const stamp = this.stampOf(stampField, k, previous);
      this.fault.stamp = stamp;
      const meta = this.flagOf(stampField + 1);
      const decimals = this.readValue(stampField + 2, meta);
      if (k > 0 && (!previousIsGood || stamp - previous !== record.intervalMinutes)) record.regular = false;
      previousIsGood = this.errors === errorsBefore;
      if (stamp >= 0) previous = stamp;
      if (previousIsGood) {
        const at = record.count++;
        record.stamps[at] = stamp;
        record.metas[at] = withDecimals(meta, decimals);
        record.values[at] = decimals === NO_DECIMALS ? 0 : this.number.value;
      } else {
        this.tripleErrors += this.errors - errorsBefore;
        this.rejectedTriples++;
      }
    }
    this.fault.stamp = -1;
  }

  /** Whether the record's reads may still be told. */
  private isWanted(): boolean {
    return this.errors === 0 || (this.settings.rejectTriples && this.errors === this.tripleErrors);
  }

  /** Fields after the 14th that belong to triples: without a closing bare comma or CRC. */
  private fieldsOfTriples(): number {
    const { fields } = this;
    const rest = Math.max(fields.count - HEADER_FIELDS, 0);
    if (rest % 3 !== 1) return rest;
    const last = fields.count;
    if (this.isEmpty(last)) return rest - 1;
    if (!this.isCrc(last)) return rest;
    this.checkCrc(last);
    return rest - 1;
  }

  /** What `readStamp` gives, at once where the stamp is one that was read before without a fault. */
  private stampOf(field: number, k: number, previous: number): number {
    const { fields, known, record } = this;
    const from = fields.from[field - 1]!;
    if (fields.to[field - 1]! - from === STAMP_BYTES && field <= fields.count) {
      const stamp = known.stampAt(k, from);
      if (stamp > previous && (previous < 0 || stamp - previous === record.intervalMinutes)) return stamp;
    }
    const told = this.told;
    const stamp = this.readStamp(field, k, previous);
    if (this.told === told && stamp >= 0 && this.length(field) === STAMP_BYTES)
      known.addStamp(k, from, stamp);
    return stamp;
  }

  private flagOf(field: number): number {
    const { fields, known } = this;
    if (field > fields.count) return 0;
    const from = fields.from[field - 1]!;
    const to = fields.to[field - 1]!;
    const meta = known.flagAt(from, to);
    if (meta >= 0) return meta;
    const { told } = this;
    const read = this.readFlag(field);
    if (this.told === told) known.addFlag(from, to, read);
    return read;
  }

  /** Stamp of the k-th triple in UTC minutes, moved to the grid within the tolerance; -1 after an error. */
  private readStamp(field: number, k: number, previous: number): number {
    const { fields, settings, record } = this;
    const length = record.intervalMinutes;
    const isInterval = IS_REGISTER[record.channel >> 2] === 0 && length > 0;
    if (this.isEmpty(field)) {
      if (k === 0) this.tellField('cmep/first-stamp-missing', field);
      else if (length === 0) this.tellField('cmep/implied-stamp-without-interval', field);
      else if (previous >= 0) return previous + length;
      return -1;
    }
    const local = parseStamp(this.bytes, fields.from[field - 1]!, fields.to[field - 1]!);
    if (local < 0) {
      this.tellNumber(FAULT['cmep/bad-timestamp'], field);
      return -1;
    }
    let stamp = local - settings.zoneMinutes;
    this.fault.stamp = stamp;
    if (length > 0) {
      const grid = gridMinutes(length);
      const after = local % grid;
      const off = after * 2 >= grid ? after - grid : after;
      if (off !== 0) {
        const tolerated = Math.abs(off) <= settings.stampToleranceMinutes;
        this.tellField('cmep/stamp-not-aligned', field, tolerated ? SEVERITY.info : undefined);
        if (tolerated && isInterval) stamp -= off;
      }
    }
    if (stamp > settings.latestStamp) this.tellField('cmep/stamp-in-future', field);
    if (previous >= 0) {
      if (stamp <= previous) this.tellField('cmep/stamp-order', field);
      else if (isInterval && stamp - previous > length) this.tellField('cmep/stamp-gap', field);
    }
    return stamp;
  }

  private readFlag(field: number): number {
    const { fields, settings } = this;
    if (field > fields.count) return 0;
    if (this.length(field) > PROTOCOL_TEXT_BYTES_MAX) {
      this.tellField('cmep/field-too-long', field);
      return 0;
    }
    const from = fields.from[field - 1]!;
    const meta = parseFlag(this.bytes, from, fields.to[field - 1]!, settings.flagForms, settings.flagLetters);
    if (meta < 0) this.tellNumber(FAULT['cmep/bad-quality-flag'], field);
    return Math.max(meta, 0);
  }

  /** Leaves the value in `this.number` and returns its decimals, NO_DECIMALS where there is no value. */
  private readValue(field: number, meta: number): number {
    const { fields, number, record } = this;
    const noValue = letterOf(meta) === LETTER_NO_VALUE;
    if (this.isEmpty(field)) {
      if (!noValue) this.tellField('cmep/value-missing', field);
      return NO_DECIMALS;
    }
    const fault = parseNumber(this.bytes, fields.from[field - 1]!, fields.to[field - 1]!, number);
    if (fault >= 0) {
      this.tellNumber(fault, field);
      return NO_DECIMALS;
    }
    if (noValue) {
      this.tellField('cmep/value-with-n-flag', field);
      return NO_DECIMALS;
    }
    if (number.rounded) this.tellField('cmep/too-many-decimals', field);
    if (number.value < 0 && IS_CONSUMPTION[record.channel >> 2] === 1) {
      this.tellField('cmep/negative-consumption', field);
    }
    return number.decimals;
  }

  /** Reads that a rejected line takes with it: the triples begun on it. */
  private readsOnLine(type: string): number {
    if (type !== 'MEPMD01' && type !== TIME_OF_USE) return 0;
    const header = type === TIME_OF_USE ? 16 : HEADER_FIELDS;
    const rest = Math.max(this.fields.count - header, 0);
    const closing = rest % 3 === 1 && (this.isEmpty(this.fields.count) || this.isCrc(this.fields.count));
    return Math.ceil((closing ? rest - 1 : rest) / 3);
  }
}
