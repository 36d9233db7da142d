import { formatDecimal } from '../../model/decimal.js';
import { REGISTER_OF, UNITS } from '../../model/units.js';
import type { ReadFault } from '../reads.js';
import type { ElementPlace, FaultTeller } from './fault-teller.js';
import type { PendingElement, PendingReads } from './pending-reads.js';
import { REGISTER_READS_MAX, SEVERITY, SUMMARIES_MAX } from './settings.js';

/** A `Channel` of a `LoadProfileSummary`; -1 where it does not say. */
export interface Summary {
  unit: number;
  intervalMinutes: number;
  rangeFrom: number;
  rangeTo: number;
  count: number;
  /** Sum in 0.00001, NaN where there is none, and one unit of its last printed digit. */
  sum: number;
  sumUnit: number;
  place: ElementPlace;
}

/** A reading of a register: its total, or the part of a time-of-use tier. */
export interface RegisterRead {
  unit: number;
  isTotal: boolean;
  stamp: number;
  value: number;
  /** One unit of its last printed digit. */
  precision: number;
  line: number;
  column: number;
}

const NO_REGISTER: RegisterRead = {
  unit: -1,
  isTotal: false,
  stamp: 0,
  value: 0,
  precision: 1,
  line: 0,
  column: 0,
};

/** The sums of `number` magnitudes are exact below this. */
const EXACT_MAX = 2 ** 53;

/** The control totals of one `MeterReadings`, compared with its readings once all of it is known. */
export class ControlTotals {
  private summaries: Summary[] = [];
  /** The first `registerCount` are good; the others are kept for reads to come. */
  private readonly registers: RegisterRead[] = [];
  private registerCount = 0;

  clear(): void {
    if (this.summaries.length > 0) this.summaries = [];
    this.registerCount = 0;
  }

  addSummary(summary: Summary): void {
    if (this.summaries.length < SUMMARIES_MAX) this.summaries.push(summary);
  }

  addRegister(
    unit: number,
    isTotal: boolean,
    stamp: number,
    value: number,
    precision: number,
    line: number,
    column: number,
  ): void {
    if (this.registerCount === REGISTER_READS_MAX) return;
    if (this.registerCount === this.registers.length) this.registers.push({ ...NO_REGISTER });
    const read = this.registers[this.registerCount++]!;
    read.unit = unit;
    read.isTotal = isTotal;
    read.stamp = stamp;
    read.value = value;
    read.precision = precision;
    read.line = line;
    read.column = column;
  }

  /**
   * Compares all that was added. Elements whose count or sum is not that of their summary get an element
   * fault, where the rule is an error.
   * @param tolerance of register advance and interval sum, in 0.00001 of the unit
   */
  compare(pending: PendingReads, teller: FaultTeller, tolerance: number): void {
    for (const summary of this.summaries) this.compareSummary(summary, pending, teller);
    if (this.registerCount > 1) {
      this.compareTiers(teller);
      this.compareAdvances(pending, teller, tolerance);
    }
  }

  private compareSummary(summary: Summary, pending: PendingReads, teller: FaultTeller): void {
    const among: PendingElement[] = [];
    for (let i = 0; i < pending.elementCount; i++) {
      const element = pending.element(i);
      if (isOfChannel(element, summary)) among.push(element);
    }
    const whole = among.filter(({ rangeFrom, rangeTo }) => {
      return rangeFrom === summary.rangeFrom && rangeTo === summary.rangeTo;
    });
    // An element with the very range of the channel is all of it; what was exported twice is there twice.
    if (whole.length > 0) for (const element of whole) comparePart(summary, [element], teller);
    else if (among.length > 0) comparePart(summary, among, teller);
  }

  /** The tiers of a unit and stamp add up to its total, but for what rounding can do. */
  private compareTiers(teller: FaultTeller): void {
    const { registers, registerCount } = this;
    for (let t = 0; t < registerCount; t++) {
      const total = registers[t]!;
      if (!total.isTotal) continue;
      let sum = 0;
      let tiers = 0;
      let used = 0;
      let coarsest = total.precision;
      for (let k = 0; k < registerCount; k++) {
        const { isTotal, unit, stamp, value, precision } = registers[k]!;
        if (isTotal || unit !== total.unit || stamp !== total.stamp) continue;
        tiers++;
        if (value !== 0) used++;
        sum += value;
        if (precision > coarsest) coarsest = precision;
      }
      if (tiers === 0 || Math.abs(total.value - sum) <= Math.max(used - 1, 0) * coarsest) continue;
      const words = `Total ${formatDecimal(total.value)}, tiers ${formatDecimal(sum)}`;
      teller.tellWords('amrdef/register-tier-mismatch', placeOf(total), words);
    }
  }

  /** Two totals of a register, and all intervals between them. */
  private compareAdvances(pending: PendingReads, teller: FaultTeller, tolerance: number): void {
    const { registers, registerCount } = this;
    for (let c = 0; c < registerCount; c++) {
      const closing = registers[c]!;
      const opening = closing.isTotal ? this.totalBefore(closing) : null;
      if (opening === null || closing.value < opening.value) continue;
      const sum = sumBetween(pending, closing.unit, opening.stamp, closing.stamp);
      const advance = closing.value - opening.value;
      if (Number.isNaN(sum) || Math.abs(advance - sum) <= tolerance) continue;
      const words = `${UNITS[closing.unit]} advance ${formatDecimal(advance)}, intervals ${formatDecimal(sum)}`;
      teller.tellWords('amrdef/register-sum-mismatch', placeOf(closing), words);
    }
  }

  /** The latest total of the same register before another one; of several at one time the last read. */
  private totalBefore({ unit, stamp }: RegisterRead): RegisterRead | null {
    let latest: RegisterRead | null = null;
    for (let k = 0; k < this.registerCount; k++) {
      const read = this.registers[k]!;
      if (!read.isTotal || read.unit !== unit || read.stamp >= stamp) continue;
      if (latest === null || read.stamp >= latest.stamp) latest = read;
    }
    return latest;
  }
}

const placeOf = ({ line, column }: RegisterRead): ElementPlace => ({ line, column, from: 0, to: 0 });

function isOfChannel(element: PendingElement, summary: Summary): boolean {
  if (!element.isInterval || element.unit !== summary.unit) return false;
  if (summary.intervalMinutes > 0 && element.intervalMinutes !== summary.intervalMinutes) return false;
  if (element.rangeFrom < 0 || summary.rangeFrom < 0 || summary.rangeTo < 0) return true;
  return element.rangeFrom >= summary.rangeFrom && element.rangeTo <= summary.rangeTo;
}

function comparePart(summary: Summary, elements: readonly PendingElement[], teller: FaultTeller): void {
  let readings = 0;
  let sum = 0;
  let isWhole = true;
  for (const element of elements) {
    readings += element.readings;
    sum += element.sum;
    isWhole &&= element.isSumWhole;
  }
  let fault: ReadFault | null = null;
  const note = (told: ReadFault) => {
    if (told.severity === SEVERITY.error) fault ??= { ...told };
  };
  if (summary.count >= 0 && summary.count !== readings) {
    const words = `${summary.count}, here ${readings}`;
    note(teller.tellWords('amrdef/interval-count-mismatch', summary.place, words));
  }
  const isComparable = isWhole && !Number.isNaN(summary.sum) && Math.abs(sum) < EXACT_MAX;
  if (isComparable && Math.abs(sum - summary.sum) >= summary.sumUnit) {
    const words = `${formatDecimal(summary.sum)}, here ${formatDecimal(sum)}`;
    note(teller.tellWords('amrdef/interval-sum-mismatch', summary.place, words));
  }
  if (fault !== null) for (const element of elements) element.elementFault ??= fault;
}

/** Sum of the intervals after `from` up to `to` where each is there once, else NaN. */
function sumBetween(pending: PendingReads, register: number, from: number, to: number): number {
  let sum = 0;
  let minutes = 0;
  for (let i = 0; i < pending.elementCount; i++) {
    const element = pending.element(i);
    if (!element.isInterval || element.unit < 0 || REGISTER_OF[element.unit] !== register) continue;
    if (element.elementFault !== null) continue;
    for (let k = element.first; k < element.first + element.count; k++) {
      const stamp = pending.stamps[k]!;
      if (stamp <= from || stamp > to) continue;
      sum += pending.values[k]!;
      minutes += element.intervalMinutes;
    }
  }
  return minutes === to - from && Math.abs(sum) < EXACT_MAX ? sum : Number.NaN;
}
