import { UNITS_PER_ONE } from '../../model/decimal.js';
import { LETTER_ESTIMATED, LETTER_RAW } from '../../model/quality.js';
import { channelCode } from '../../model/units.js';
import { createReadRecord, type ReadFault } from '../reads.js';
import { decimal, parseDecimalText } from './decimal-text.js';
import type { ElementPlace } from './fault-teller.js';
import type { PendingElement } from './pending-reads.js';
import type { ReaderContext } from './reader-context.js';
import { PENDING_READS_MAX, SEVERITY } from './settings.js';
import { ATTRIBUTE, nameNumber } from './shape.js';
import { parseTime, secondsOfTime } from './time-text.js';
import { commodityOf, unitOf } from './units-of-measure.js';

const ESTIMATED_SOURCE = 'Manually Estimated';
const ZONE_MINUTES_MAX = 14 * 60;
const BLANK = 32;
const COMMA = 44;
const QUOTE = 34;

/**
 * One `MeterReadings`: what it says of its meter, and what becomes of its readings when it ends. Its children
 * come in any order, so all is held back until then, or until there is too much of it.
 *
 * | fault                                  | rejects                                             |
 * | -------------------------------------- | --------------------------------------------------- |
 * | of the meter, or there is none         | the whole `MeterReadings`                           |
 * | of a spec, or of a control total       | the `IntervalData` or `ConsumptionData`             |
 * | of one reading                         | the same; with `rejectReadings` that reading alone  |
 */
export class MeterReadings {
  isOpen = false;
  /** Letter of its readings: raw, or estimated by a person. */
  letter = LETTER_RAW;
  private start = 0;
  private place: ElementPlace = { line: 0, column: 0, from: 0, to: 0 };
  /** Minutes since 1970 in the zone of the meter; -1 where it does not say. */
  private collected = -1;
  private hasMeter = false;
  private zoneMinutes = 0;
  private commodity = 0;
  /** The first fault of the meter that rejects all. */
  private fault: ReadFault | null = null;
  /** What was told or dropped before the end, since it was too much. */
  private wasParted = false;
  private droppedReads = 0;
  private told = 0;
  private readonly record = createReadRecord(PENDING_READS_MAX);

  constructor(
    private readonly context: ReaderContext,
    private readonly idAttribute: number,
  ) {}

  /** Bytes from its beginning to a place of the file. */
  bytesTo(offset: number): number {
    return offset - this.start;
  }

  begin(): void {
    const { context } = this;
    const { tag, attributes, teller } = context;
    this.isOpen = true;
    this.start = context.base + tag.from;
    this.place = { line: tag.line, column: tag.column, from: 0, to: 0 };
    this.letter = attributes.text(ATTRIBUTE.source) === ESTIMATED_SOURCE ? LETTER_ESTIMATED : LETTER_RAW;
    teller.meterIdLength = 0;
    this.hasMeter = false;
    this.zoneMinutes = context.settings.zoneMinutes;
    this.commodity = 0;
    this.fault = null;
    this.wasParted = false;
    this.droppedReads = 0;
    this.told = 0;
    context.pending.clear();
    context.totals.clear();
    this.collected = context.timeOf(ATTRIBUTE.collectionTime, SEVERITY.warning);
  }

  /** `Meter`: id, zone and commodity. */
  readMeter(): void {
    const { context } = this;
    const { attributes, teller, tag } = context;
    if (this.hasMeter) {
      const words = 'a second Meter';
      this.reject(teller.tellWords('amrdef/unknown-element', tag, words, SEVERITY.error));
      return;
    }
    this.hasMeter = true;
    this.readZone();
    this.commodity = commodityOf(attributes.text(ATTRIBUTE.meterType));
    if (!attributes.has(this.idAttribute)) {
      this.reject(context.tellAbsent('amrdef/missing-attribute', context.settings.meterIdAttribute));
    } else if (attributes.to - attributes.from > context.settings.meterIdBytes) {
      const { meterIdAttribute, meterIdBytes } = context.settings;
      const words = `${meterIdAttribute} of ${attributes.to - attributes.from} characters, longest ${meterIdBytes}`;
      this.reject(context.tellAbsent('amrdef/missing-attribute', words));
    } else if (!isMeterId(context.bytes, attributes.from, attributes.to)) {
      this.reject(context.tellValue('amrdef/missing-attribute'));
    } else {
      teller.meterId.set(context.bytes.subarray(attributes.from, attributes.to));
      teller.meterIdLength = attributes.to - attributes.from;
    }
  }

  private readZone(): void {
    const { context } = this;
    const { attributes, bytes } = context;
    if (!attributes.has(ATTRIBUTE.timeZoneOffset)) return;
    const isNumber = parseDecimalText(bytes, attributes.from, attributes.to);
    const minutes = decimal.value / UNITS_PER_ONE;
    if (!isNumber || !Number.isInteger(minutes) || Math.abs(minutes) > ZONE_MINUTES_MAX) {
      this.reject(context.tellValue('amrdef/bad-number'));
    } else this.zoneMinutes = -minutes;
  }

  private reject(fault: ReadFault): void {
    if (fault.severity === SEVERITY.error) this.fault ??= { ...fault };
  }

  /** `Clock`: how far the meter's is from the server's. */
  readClock(): void {
    const { context } = this;
    const { attributes, settings, bytes } = context;
    const secondsOf = (attribute: number): number => {
      if (context.timeOf(attribute, SEVERITY.warning) < 0) return Number.NaN;
      return parseTime(bytes, attributes.from, attributes.to) * 60 + secondsOfTime;
    };
    const server = secondsOf(ATTRIBUTE.serverTime);
    const drift = Math.abs(secondsOf(ATTRIBUTE.meterTime) - server);
    if (drift > settings.clockDriftSeconds) {
      context.teller.tellWords('amrdef/clock-drift', context.tag, `${drift} seconds`);
    }
  }

  /** `Channel` of a `LoadProfileSummary`: the control totals of a channel. */
  readSummary(): void {
    const { context } = this;
    const { attributes, tag, bytes } = context;
    const unit = unitOf(attributes.text(ATTRIBUTE.uom), attributes.text(ATTRIBUTE.direction), false);
    const seconds = this.wholeNumber(ATTRIBUTE.intervalSeconds, 'amrdef/bad-interval');
    const count = this.wholeNumber(ATTRIBUTE.numIntervalsRead, 'amrdef/bad-number');
    const rangeFrom = context.timeOf(ATTRIBUTE.firstIntervalTimestamp, SEVERITY.warning);
    const rangeTo = context.timeOf(ATTRIBUTE.readingRangeEndTimestamp, SEVERITY.warning);
    let sum = Number.NaN;
    if (attributes.has(ATTRIBUTE.sumOfIntervalValues)) {
      if (parseDecimalText(bytes, attributes.from, attributes.to)) sum = decimal.value;
      else context.tellValue('amrdef/bad-number');
    }
    if (unit < 0) return;
    const place = { line: tag.line, column: tag.column, from: 0, to: 0 };
    const intervalMinutes = seconds > 0 ? seconds / 60 : -1;
    const sumUnit = decimal.unit;
    context.totals.addSummary({ unit, intervalMinutes, rangeFrom, rangeTo, count, sum, sumUnit, place });
  }

  /** A whole number that may be left out: -1 then, and where it is none. */
  private wholeNumber(attribute: number, code: 'amrdef/bad-interval' | 'amrdef/bad-number'): number {
    const { context } = this;
    const { attributes, bytes } = context;
    if (!attributes.has(attribute)) return -1;
    const isNumber = parseDecimalText(bytes, attributes.from, attributes.to);
    const number = decimal.value / UNITS_PER_ONE;
    if (isNumber && Number.isInteger(number) && number >= 0) return number;
    context.tellValue(code);
    return -1;
  }

  /** Stamps after this one, in the zone of the meter, are in the future; infinite while that is not known. */
  get latestStamp(): number {
    return this.hasMeter ? this.context.settings.latestStamp + this.zoneMinutes : Number.POSITIVE_INFINITY;
  }

  /** A stamp in the zone of the meter, as UTC; -1 while the zone is not known. */
  utcOf(stamp: number): number {
    return this.hasMeter && stamp >= 0 ? stamp - this.zoneMinutes : -1;
  }

  /** Whether `Meter` was read, and with it the zone of the stamps. */
  get isZoneKnown(): boolean {
    return this.hasMeter;
  }

  /** Tells what is held back before the end, since it is too much, and forgets it. */
  release(): void {
    if (this.hasMeter) this.settleElements();
    else this.drop();
    this.wasParted = true;
  }

  /**
   * Tells what is held back within an element, which goes on.
   * @param offset in the file, up to which all was read
   */
  part(offset: number, line: number, column: number): void {
    const { pending } = this.context;
    const last = pending.element(pending.elementCount - 1);
    last.byteLength = offset - last.start;
    this.release();
    pending.keepLast();
    last.start = offset;
    last.line = line;
    last.column = column;
  }

  private drop(): void {
    this.droppedReads += this.readsHeld();
    if (this.fault !== null) return;
    const words = `Meter (not within ${PENDING_READS_MAX} readings)`;
    this.reject(this.context.teller.tellWords('amrdef/missing-attribute', this.place, words));
  }

  private readsHeld(): number {
    const { pending } = this.context;
    let reads = 0;
    for (let i = 0; i < pending.elementCount; i++) {
      if (pending.element(i).carriesReads) reads += pending.element(i).readings;
    }
    return reads;
  }

  /**
   * The end of the element, or of what of it can be read.
   * @param offset in the file, behind it
   */
  end(offset: number): void {
    const { context } = this;
    const { pending, teller, sink } = context;
    this.isOpen = false;
    if (!this.hasMeter && this.fault === null) {
      this.reject(teller.tellWords('amrdef/missing-attribute', this.place, 'Meter'));
    }
    if (this.fault !== null) {
      const reads = this.droppedReads + this.readsHeld();
      sink.rejected(this.start, offset - this.start, this.place.line, reads, this.fault);
    } else if (teller.meterIdLength > 0) {
      if (!this.wasParted) context.totals.compare(pending, teller, context.settings.registerTolerance);
      this.settleElements();
      if (this.told === 0) sink.passedOver();
    }
    pending.clear();
    teller.meterIdLength = 0;
  }

  /** Tells of each element that is held: its reads, or that it is rejected. */
  private settleElements(): void {
    const { pending } = this.context;
    if (this.fault !== null) {
      this.droppedReads += this.readsHeld();
      return;
    }
    for (let i = 0; i < pending.elementCount; i++) this.settleElement(pending.element(i));
  }

  private settleElement(element: PendingElement): void {
    const { settings, sink, teller, bytes } = this.context;
    if (!element.carriesReads) return;
    if (!element.isZoneKnown && element.latestStamp > this.latestStamp) {
      // The zone came after the readings: which of them it is was not noted.
      const stamp = this.utcOf(element.latestStamp);
      const place = { line: element.line, column: element.column, from: 0, to: 0 };
      const fault = teller.tell('amrdef/stamp-in-future', place, bytes, 0, 0, stamp);
      if (fault.severity === SEVERITY.error) element.elementFault ??= { ...fault };
    }
    const { readingFault, elementFault, start, byteLength, line } = element;
    const rejecting = elementFault ?? (settings.rejectReadings ? null : readingFault);
    if (rejecting !== null) {
      this.told++;
      sink.rejected(start, byteLength, line, element.readings, rejecting);
      return;
    }
    this.told++;
    if (readingFault !== null) sink.rejected(start, byteLength, line, element.faulty, readingFault);
    if (readingFault === null || element.count > 0) this.tellRecord(element);
  }

  private tellRecord(element: PendingElement): void {
    const { context, record, zoneMinutes } = this;
    const { pending, teller } = context;
    const { stamps, values, metas } = record;
    const { first, count } = element;
    for (let i = 0; i < count; i++) {
      stamps[i] = pending.stamps[first + i]! - zoneMinutes;
      values[i] = pending.values[first + i]!;
      metas[i] = pending.metas[first + i]!;
    }
    record.start = element.start;
    record.byteLength = element.byteLength;
    record.line = element.line;
    record.meterIdFrom = 0;
    record.meterIdTo = teller.meterIdLength;
    record.channel = channelCode(element.unit, this.commodity);
    record.creationStamp = this.collected < 0 ? 0 : this.collected - zoneMinutes;
    record.intervalMinutes = element.intervalMinutes;
    record.constant = UNITS_PER_ONE;
    record.regular = element.isInterval && element.isRegular;
    record.count = count;
    context.sink.record(record, teller.meterId);
  }
}

/** Number of the attribute that names the meter. */
export const meterIdNumber = (attribute: string): number => nameNumber(attribute);

/** Printable ASCII without comma, quote and edge blanks: what can stand in a field of CMEP. */
function isMeterId(bytes: Uint8Array, from: number, to: number): boolean {
  if (bytes[from] === BLANK || bytes[to - 1] === BLANK) return false;
  for (let at = from; at < to; at++) {
    const byte = bytes[at]!;
    if (byte < BLANK || byte > 0x7e || byte === COMMA || byte === QUOTE) return false;
  }
  return true;
}
