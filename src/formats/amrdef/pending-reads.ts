import type { ReadFault } from '../reads.js';
import { PENDING_ELEMENTS_MAX, PENDING_READS_MAX } from './settings.js';

const READS_AT_FIRST = 4096;

/** An `IntervalData`, or a `ConsumptionData` with a register's total, whose readings are held back. */
export interface PendingElement {
  isInterval: boolean;
  /** Whether the zone of its stamps was known when it was read. */
  isZoneKnown: boolean;
  /** Whether its readings are reads in our terms. */
  carriesReads: boolean;
  /** Unit (`model/units`), or -1 where it is not known. */
  unit: number;
  /** 0 for readings of a register. */
  intervalMinutes: number;
  /** Whole number of 0.00001. */
  multiplier: number;
  /** First and last stamp that it should have, in the zone of the meter; -1 where it does not say. */
  rangeFrom: number;
  rangeTo: number;
  /** Its readings that are held: the first one's place, and how many. */
  first: number;
  count: number;
  /** All its `Reading` elements, and those of them that are at fault. */
  readings: number;
  faulty: number;
  /** Sum of the values as written, and whether it is one of all values. */
  sum: number;
  isSumWhole: boolean;
  lastStamp: number;
  latestStamp: number;
  isRegular: boolean;
  /** Where it begins in the file, its length, and the place of its start tag. */
  start: number;
  byteLength: number;
  line: number;
  column: number;
  /** The first fault that rejects a reading of it, and the first that rejects all of it. */
  readingFault: ReadFault | null;
  elementFault: ReadFault | null;
}

/** The readings of one `MeterReadings`, until all of it is known. */
export class PendingReads {
  count = 0;
  /** Minutes since 1970 in the zone of the meter; values in 0.00001; meta words. */
  stamps = new Int32Array(READS_AT_FIRST);
  values = new Float64Array(READS_AT_FIRST);
  metas = new Int32Array(READS_AT_FIRST);
  elementCount = 0;
  private readonly elements: PendingElement[] = [];

  clear(): void {
    this.count = 0;
    this.elementCount = 0;
  }

  /** Whether there is no room for a further reading. */
  get isFullOfReads(): boolean {
    return this.count >= PENDING_READS_MAX;
  }

  /** Whether there is no room for a further element. */
  get isFull(): boolean {
    return this.isFullOfReads || this.elementCount >= PENDING_ELEMENTS_MAX;
  }

  element(index: number): PendingElement {
    return this.elements[index]!;
  }

  /** A new element at the end, with nothing in it. */
  addElement(): PendingElement {
    if (this.elementCount === this.elements.length) this.elements.push(newElement());
    const element = this.elements[this.elementCount++]!;
    element.isInterval = false;
    element.isZoneKnown = false;
    element.carriesReads = true;
    element.unit = -1;
    element.intervalMinutes = 0;
    element.multiplier = 0;
    element.rangeFrom = -1;
    element.rangeTo = -1;
    element.start = 0;
    element.byteLength = 0;
    element.line = 0;
    element.column = 0;
    element.elementFault = null;
    this.restart(element);
    return element;
  }

  /** Forgets the readings of the last element, which goes on. */
  restart(element: PendingElement): void {
    element.first = this.count;
    element.count = 0;
    element.readings = 0;
    element.faulty = 0;
    element.sum = 0;
    element.isSumWhole = true;
    element.lastStamp = -1;
    element.latestStamp = -1;
    element.isRegular = true;
    element.readingFault = null;
  }

  /** Takes the last element away again. */
  dropLast(): void {
    this.elementCount--;
    this.count = this.elements[this.elementCount]!.first;
  }

  /** Keeps only the last element, without readings: what was before it has been told. */
  keepLast(): void {
    const last = this.elements[this.elementCount - 1]!;
    this.elements[this.elementCount - 1] = this.elements[0]!;
    this.elements[0] = last;
    this.elementCount = 1;
    this.count = 0;
    const { lastStamp } = last;
    this.restart(last);
    last.lastStamp = lastStamp;
  }

  /** Adds a reading to the last element. */
  push(element: PendingElement, stamp: number, value: number, meta: number): void {
    const { count } = this;
    if (count === this.stamps.length) this.grow();
    this.stamps[count] = stamp;
    this.values[count] = value;
    this.metas[count] = meta;
    this.count = count + 1;
    element.count++;
  }

  /** Takes the last reading of the last element away again. */
  pop(element: PendingElement): void {
    this.count--;
    element.count--;
  }

  private grow(): void {
    const length = Math.min(this.count * 2, PENDING_READS_MAX);
    const stamps = new Int32Array(length);
    stamps.set(this.stamps);
    this.stamps = stamps;
    const values = new Float64Array(length);
    values.set(this.values);
    this.values = values;
    const metas = new Int32Array(length);
    metas.set(this.metas);
    this.metas = metas;
  }
}

/** All fields at once, and in one order: the engine then has one layout for all elements. */
function newElement(): PendingElement {
  return {
    isInterval: false,
    isZoneKnown: false,
    carriesReads: true,
    unit: -1,
    intervalMinutes: 0,
    multiplier: 0,
    rangeFrom: -1,
    rangeTo: -1,
    first: 0,
    count: 0,
    readings: 0,
    faulty: 0,
    sum: 0,
    isSumWhole: true,
    lastStamp: -1,
    latestStamp: -1,
    isRegular: true,
    start: 0,
    byteLength: 0,
    line: 0,
    column: 0,
    readingFault: null,
    elementFault: null,
  };
}
