import { DECIMALS_MAX, multiplyDivideHalfUp, UNITS_PER_ONE, VALUE_MAX } from '../../model/decimal.js';
import { decimalsOf, maskOf } from '../../model/quality.js';
import { gridMinutes, isIntervalLength } from '../../model/time.js';
import type { ReadFault } from '../reads.js';
import { decimal, parseDecimalText } from './decimal-text.js';
import type { AmrdefFaultCode } from './faults.js';
import type { MeterReadings } from './meter-readings.js';
import type { PendingElement } from './pending-reads.js';
import { namedMeta, statusOfFlag } from './quality-flags.js';
import type { ReaderContext } from './reader-context.js';
import { SEVERITY } from './settings.js';
import { ATTRIBUTE } from './shape.js';
import { parseTime, secondsOfTime } from './time-text.js';
import { DIRECTIONS, NO_UNIT, UNKNOWN_UOM, unitOf } from './units-of-measure.js';

/** What the spec of a channel must say, besides its interval. */
const NEEDED = [
  [ATTRIBUTE.uom, 'UOM'],
  [ATTRIBUTE.direction, 'Direction'],
] as const;

/** What a spec without a fault said. */
interface SpecMeaning
  extends Pick<
    PendingElement,
    'carriesReads' | 'unit' | 'intervalMinutes' | 'multiplier' | 'rangeFrom' | 'rangeTo'
  > {
  isTotal: boolean;
  isTier: boolean;
  registerUnit: number;
}

/** Reads the elements that hold `Reading`s, one at a time. */
export class DataElements {
  /** The open `IntervalData` or `ConsumptionData`, or null (another element with readings, or none). */
  open: PendingElement | null = null;
  /** Whether the readings that follow may be taken by the quick path. */
  isPlain = false;
  private isSpecified = false;
  /** Whether the readings of a register are its total, or a time-of-use part of it. */
  private isTotal = false;
  private isTier = false;
  private registerUnit = NO_UNIT;
  /** Whether the reading under work has a fault that rejects it, and whether it was kept. */
  private isFaulty = false;
  private isKept = false;

  constructor(
    private readonly context: ReaderContext,
    private readonly readings: MeterReadings,
  ) {}

  /** Begins an `IntervalData` or a `ConsumptionData`. */
  begin(isInterval: boolean): void {
    const { context } = this;
    const { tag, pending } = context;
    if (pending.isFull && pending.elementCount > 0) {
      this.readings.release();
      pending.clear();
    }
    const element = pending.addElement();
    element.isInterval = isInterval;
    element.isZoneKnown = this.readings.isZoneKnown;
    element.start = context.base + tag.from;
    element.line = tag.line;
    element.column = tag.column;
    this.open = element;
    this.isSpecified = false;
    this.isTotal = false;
    this.isTier = false;
    this.isPlain = false;
  }

  /** Begins another element with readings: their times and numbers are looked at, and no more. */
  beginOther(): void {
    this.open = null;
    this.isPlain = false;
  }

  /** @param offset in the file, behind its end tag */
  end(offset: number): void {
    const { open } = this;
    this.open = null;
    this.isPlain = false;
    if (open === null) return;
    open.byteLength = offset - open.start;
    this.checkEnd(open);
  }

  /** Intervals that are missing before the end of the range. */
  private checkEnd({ rangeFrom, rangeTo, lastStamp, intervalMinutes, line, column }: PendingElement): void {
    if (rangeTo < 0 || intervalMinutes === 0) return;
    const next = lastStamp < 0 ? rangeFrom : lastStamp + intervalMinutes;
    const missing = Math.floor((rangeTo - next) / intervalMinutes) + 1;
    if (next < 0 || missing <= 0) return;
    const words = `${missing} before TimestampEnd`;
    this.context.teller.tellWords('amrdef/stamp-gap', { line, column, from: 0, to: 0 }, words);
  }

  /** Forgets an element that was not read to its end. */
  abandon(): void {
    this.open = null;
    this.isPlain = false;
  }

  /** Takes a fault of the whole element down, where it is an error. */
  private rejectElement(fault: ReadFault | null): void {
    if (fault !== null && fault.severity === SEVERITY.error) this.open!.elementFault ??= { ...fault };
  }

  /** `IntervalSpec` or `ConsumptionSpec`. */
  readSpec(): void {
    const { tag, teller } = this.context;
    const { whole } = tag;
    const element = this.open!;
    this.isSpecified = true;
    // Specs of one meter are mostly, to the letter, those of the meter before.
    const known = whole === null ? null : (whole.meaning as SpecMeaning | null);
    if (known !== null) {
      element.carriesReads = known.carriesReads;
      element.unit = known.unit;
      element.intervalMinutes = known.intervalMinutes;
      element.multiplier = known.multiplier;
      element.rangeFrom = known.rangeFrom;
      element.rangeTo = known.rangeTo;
      this.isTotal = known.isTotal;
      this.isTier = known.isTier;
      this.registerUnit = known.registerUnit;
    } else {
      const { calls } = teller;
      if (element.isInterval) this.readIntervalSpec();
      else this.readConsumptionSpec();
      const { isTotal, isTier, registerUnit } = this;
      if (whole !== null && calls === teller.calls) {
        const { carriesReads, unit, intervalMinutes, multiplier, rangeFrom, rangeTo } = element;
        const ofElement = { carriesReads, unit, intervalMinutes, multiplier, rangeFrom, rangeTo };
        const meaning: SpecMeaning = { ...ofElement, isTotal, isTier, registerUnit };
        whole.meaning = meaning;
      }
    }
    this.endReading();
  }

  private readIntervalSpec(): void {
    const { context } = this;
    const { attributes, bytes } = context;
    const element = this.open!;
    if (!attributes.has(ATTRIBUTE.interval)) {
      this.rejectElement(context.tellAbsent('amrdef/missing-attribute', 'Interval'));
    } else {
      const isNumber = parseDecimalText(bytes, attributes.from, attributes.to);
      const minutes = decimal.value / UNITS_PER_ONE;
      if (isNumber && isIntervalLength(minutes)) element.intervalMinutes = minutes;
      else this.rejectElement(context.tellValue('amrdef/bad-interval'));
    }
    element.rangeFrom = context.timeOf(ATTRIBUTE.timestampStart);
    this.rejectElement(context.timeFault);
    element.rangeTo = context.timeOf(ATTRIBUTE.timestampEnd);
    this.rejectElement(context.timeFault);
    if (element.rangeTo >= 0 && element.rangeTo < element.rangeFrom) {
      this.rejectElement(context.tellValue('amrdef/stamp-order'));
    }
    this.readUnit(false);
    this.readMultiplier();
  }

  private readConsumptionSpec(): void {
    const { context } = this;
    const { attributes } = context;
    const element = this.open!;
    const period = attributes.text(ATTRIBUTE.measurementPeriod);
    const bucket = attributes.text(ATTRIBUTE.touBucket);
    const isCurrent = period === 'Current' || period === '';
    if (bucket === '') this.rejectElement(context.tellAbsent('amrdef/missing-attribute', 'TouBucket'));
    this.isTotal = isCurrent && (bucket === 'Total' || bucket === '');
    this.isTier = isCurrent && /^Tier[A-D]$/.test(bucket);
    element.carriesReads = this.isTotal;
    this.readUnit(true);
    this.registerUnit = element.unit;
    this.readMultiplier();
  }

  /** `UOM` and `Direction`. Readings that CMEP has no unit for are no reads, which is told. */
  private readUnit(isRegister: boolean): void {
    const { context } = this;
    const { attributes } = context;
    const element = this.open!;
    for (const [attribute, name] of NEEDED) {
      if (attributes.has(attribute)) continue;
      this.rejectElement(context.tellAbsent('amrdef/missing-attribute', name));
      return;
    }
    const direction = attributes.text(ATTRIBUTE.direction);
    const uom = attributes.text(ATTRIBUTE.uom);
    const unit = unitOf(uom, direction, isRegister);
    if (!DIRECTIONS.includes(direction)) attributes.has(ATTRIBUTE.direction);
    if (unit >= 0) element.unit = unit;
    else if (unit === UNKNOWN_UOM) {
      const fault = context.tellValue('amrdef/unknown-uom');
      // It may be a misspelt kWh: its readings go to the quarantine, whatever the severity, so none is lost.
      element.elementFault ??= { ...fault };
    } else {
      if (element.carriesReads) context.tellValue('amrdef/unknown-uom', -1, SEVERITY.info);
      element.carriesReads = false;
    }
  }

  private readMultiplier(): void {
    const { context } = this;
    const { attributes, bytes } = context;
    const element = this.open!;
    element.multiplier = UNITS_PER_ONE;
    if (!attributes.has(ATTRIBUTE.multiplier)) return;
    if (parseDecimalText(bytes, attributes.from, attributes.to) && decimal.value > 0) {
      element.multiplier = decimal.value;
      return;
    }
    const override = context.settings.applyMultiplier ? undefined : SEVERITY.warning;
    this.rejectElement(context.tellValue('amrdef/bad-number', -1, override));
  }

  /** A `Reading`, of whatever element. */
  readReading(): void {
    const { context, open } = this;
    this.isFaulty = false;
    this.isKept = false;
    if (open === null) {
      this.checkOther();
      return;
    }
    if (!this.isSpecified) {
      this.isSpecified = true;
      const spec = open.isInterval ? 'IntervalSpec' : 'ConsumptionSpec';
      this.rejectElement(context.tellAbsent('amrdef/missing-attribute', `${spec} before it`));
    }
    if (context.pending.isFullOfReads) {
      this.readings.part(context.base + context.tag.from, context.tag.line, context.tag.column);
    }
    open.readings++;
    const stamp = this.readStamp(open);
    const isValue = this.readValue(open, stamp);
    if (isValue && stamp >= 0) this.noteRegister(open, stamp);
    if (!this.isFaulty && open.carriesReads && open.elementFault === null) this.keep(open, stamp);
    if (!this.isFaulty) return;
    open.faulty++;
    open.isRegular = false;
  }

  private fault(fault: ReadFault): void {
    if (fault.severity !== SEVERITY.error) return;
    this.isFaulty = true;
    this.open!.readingFault ??= { ...fault };
  }

  private keep(element: PendingElement, stamp: number): void {
    const { context } = this;
    let { value, decimals } = decimal;
    if (context.settings.applyMultiplier && element.multiplier !== UNITS_PER_ONE) {
      value = multiplyDivideHalfUp(value, element.multiplier, UNITS_PER_ONE);
      decimals = Math.min(decimals + decimalsNeeded(element.multiplier), DECIMALS_MAX);
      if (Math.abs(value) > VALUE_MAX) {
        this.fault(context.tellValue('amrdef/bad-number'));
        return;
      }
    }
    context.pending.push(element, stamp, value, namedMeta(decimals, this.readings.letter, 0));
    this.isKept = true;
  }

  /** @returns the stamp in the zone of the meter, or -1 where there is none */
  private readStamp(element: PendingElement): number {
    const { context } = this;
    const { attributes, bytes } = context;
    if (!attributes.has(ATTRIBUTE.timeStamp)) {
      this.fault(context.tellAbsent('amrdef/missing-attribute', 'TimeStamp'));
      return -1;
    }
    const stamp = parseTime(bytes, attributes.from, attributes.to);
    if (stamp < 0) {
      this.fault(context.tellValue('amrdef/bad-timestamp'));
      return -1;
    }
    if (element.isInterval && element.intervalMinutes > 0) this.checkGrid(element, stamp);
    this.judge(element, stamp);
    if (stamp > element.latestStamp) element.latestStamp = stamp;
    if (stamp > element.lastStamp) element.lastStamp = stamp;
    return stamp;
  }

  private checkGrid(element: PendingElement, stamp: number): void {
    const { lastStamp, intervalMinutes, rangeFrom } = element;
    if (secondsOfTime !== 0 || stamp % gridMinutes(intervalMinutes) !== 0) {
      this.tellStamp('amrdef/stamp-not-aligned', stamp);
    }
    const expected = lastStamp >= 0 ? lastStamp + intervalMinutes : rangeFrom;
    if (expected >= 0 && stamp > expected) this.tellStamp('amrdef/stamp-gap', stamp);
    if (lastStamp >= 0 && stamp !== expected) element.isRegular = false;
  }

  private judge(element: PendingElement, stamp: number): void {
    const { rangeFrom, rangeTo, lastStamp } = element;
    if (lastStamp >= 0 && stamp <= lastStamp) this.tellStamp('amrdef/stamp-order', stamp);
    if (stamp < rangeFrom || (rangeTo >= 0 && stamp > rangeTo)) {
      this.tellStamp('amrdef/stamp-outside-range', stamp);
    }
    if (stamp > this.readings.latestStamp) this.tellStamp('amrdef/stamp-in-future', stamp);
  }

  private tellStamp(code: AmrdefFaultCode, stamp: number): void {
    this.fault(this.context.tellValue(code, this.readings.utcOf(stamp)));
  }

  /** Leaves the value in `decimal`. @returns whether there is one */
  private readValue(element: PendingElement, stamp: number): boolean {
    const { context } = this;
    const { attributes, bytes } = context;
    const utc = this.readings.utcOf(stamp);
    if (!attributes.has(element.isInterval ? ATTRIBUTE.rawReading : ATTRIBUTE.value)) {
      element.isSumWhole = false;
      const name = element.isInterval ? 'RawReading' : 'Value';
      this.fault(context.tellAbsent('amrdef/missing-attribute', name));
      return false;
    }
    if (!parseDecimalText(bytes, attributes.from, attributes.to)) {
      element.isSumWhole = false;
      this.fault(context.tellValue('amrdef/bad-number', utc));
      return false;
    }
    if (decimal.rounded) context.tellValue('amrdef/bad-number', utc, SEVERITY.warning);
    element.sum += decimal.value;
    return true;
  }

  private noteRegister(element: PendingElement, stamp: number): void {
    const { isTotal, isTier, registerUnit: unit } = this;
    if (element.isInterval || unit < 0 || !(isTotal || isTier)) return;
    const { tag, totals } = this.context;
    totals.addRegister(unit, isTotal, stamp, decimal.value, decimal.unit, tag.line, tag.column);
  }

  /** A reading of demand and the like. */
  private checkOther(): void {
    const { context } = this;
    const { attributes, bytes } = context;
    context.timeOf(ATTRIBUTE.timeStamp);
    if (!attributes.has(ATTRIBUTE.value)) context.tellAbsent('amrdef/missing-attribute', 'Value');
    else if (!parseDecimalText(bytes, attributes.from, attributes.to)) context.tellValue('amrdef/bad-number');
  }

  /** `QualityFlags` of the reading that was read last. */
  readFlags(): void {
    const { context, open } = this;
    const { tag, attributes, bytes, pending } = context;
    let status = 0;
    this.isFaulty = false;
    for (let i = 0; i < tag.count; i++) {
      const bits = statusOfFlag(tag.nameOf(i), bytes, tag.valueFroms[i]!, tag.valueTos[i]!);
      if (bits >= 0) {
        status |= bits;
        continue;
      }
      attributes.from = tag.nameFromOf(i);
      attributes.to = tag.valueTos[i]! + 1;
      const fault = context.tellValue('amrdef/unknown-quality-flag');
      if (open !== null) this.fault(fault);
    }
    if (!this.isKept || open === null) return;
    if (this.isFaulty) {
      pending.pop(open);
      open.faulty++;
      open.isRegular = false;
      this.isKept = false;
      return;
    }
    const meta = pending.metas[pending.count - 1]!;
    pending.metas[pending.count - 1] = namedMeta(
      decimalsOf(meta),
      this.readings.letter,
      maskOf(meta) | status,
    );
  }

  /** The end of a `Reading`, or of the spec before them. */
  endReading(): void {
    const { open } = this;
    if (open === null || !open.isInterval || open.intervalMinutes === 0) return;
    const isMultiplied = this.context.settings.applyMultiplier && open.multiplier !== UNITS_PER_ONE;
    this.isPlain = open.unit >= 0 && open.elementFault === null && !isMultiplied;
  }
}

/** Decimals that a whole number of 0.00001 needs. */
function decimalsNeeded(value: number): number {
  let decimals = DECIMALS_MAX;
  for (let rest = value; decimals > 0 && rest % 10 === 0; rest /= 10) decimals--;
  return decimals;
}
