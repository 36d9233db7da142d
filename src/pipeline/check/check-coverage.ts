import { MINUTES_PER_DAY, readDayStart } from '../../model/time.js';

const HOURS = 24;
/** Doubles of a packed day: file, day, channels, then 24 counts of reads there and 24 of reads expected. */
export const COVERAGE_COLUMNS = 3 + 2 * HOURS;

export interface DayCounts {
  channels: number;
  present: Float64Array;
  expected: Float64Array;
  /** Channel days without a gap, all of one interval: not yet in the counts by hour. */
  wholeDays: number;
  wholeInterval: number;
}

interface FileDays {
  days: Map<number, DayCounts>;
  /** Days that gave way to later ones; a day never comes back from here. */
  leftOut: Set<number>;
}

/** Coverage as buffers that can be moved between threads. */
export interface PackedCoverage {
  rows: Float64Array;
  /** Pairs of file and day. */
  leftOut: Float64Array;
}

/**
 * Counts, for each file and read day, the reads of interval channels by the hour of market time they end
 * in, and how many there would be with none missing: a channel that delivered anything for a day is
 * expected to deliver all of it.
 */
export class CoverageCounter {
  private readonly files = new Map<number, FileDays>();
  /** What is counted of a day that was left out. */
  private readonly nowhere = emptyDay();
  /** The day that was asked for last. */
  private lastFile = -1;
  private lastDay = 0;
  private lastCounts = this.nowhere;
  /** Of the channel whose runs are being added: its file, interval, last day and slot. */
  private runFile = 0;
  private runInterval = 0;
  private runTimes = 1;
  private runDay = Number.NaN;
  private runSlot = 0;

  /**
   * @param zoneMinutes minutes that market time is ahead of UTC
   * @param daysMax days to keep of a file: the latest
   */
  constructor(
    private readonly zoneMinutes: number,
    private readonly daysMax: number,
  ) {}

  /**
   * Adds the reads of one channel in one file.
   * @param keys stamp x 2, plus 1 where the read has no value; rising, several may be of one stamp
   */
  addChannel(file: number, keys: Int32Array, from: number, to: number, intervalMinutes: number): void {
    const { zoneMinutes } = this;
    let dayEnd = Number.NEGATIVE_INFINITY;
    let dayStart = 0;
    let counts: DayCounts | null = null;
    let lastSlot = -1;
    for (let i = from; i < to; i++) {
      const stamp = keys[i]! >> 1;
      if (stamp > dayEnd) {
        const day = Math.floor((stamp + zoneMinutes - 1) / MINUTES_PER_DAY);
        dayStart = readDayStart(day, zoneMinutes);
        dayEnd = dayStart + MINUTES_PER_DAY;
        counts = this.day(file, day);
        counts.channels++;
        expectDay(counts.expected, intervalMinutes);
        lastSlot = -1;
      }
      if ((keys[i]! & 1) === 1) continue;
      const slot = Math.floor((stamp - dayStart - 1) / intervalMinutes);
      if (slot === lastSlot) continue;
      lastSlot = slot;
      counts!.present[hourOfSlot(slot, intervalMinutes)]!++;
    }
  }

  /**
   * Begins a channel of a file whose reads come as runs without a gap, rising.
   * @param times how many channels have the very same runs
   */
  beginRuns(file: number, intervalMinutes: number, times = 1): void {
    this.runTimes = times;
    this.runFile = file;
    this.runInterval = intervalMinutes;
    this.runDay = Number.NaN;
  }

  /** Adds reads that all have a value, each an interval after the one before. */
  addRun(firstStamp: number, count: number): void {
    const { zoneMinutes, runInterval, runTimes } = this;
    const perDay = MINUTES_PER_DAY / runInterval;
    let stamp = firstStamp;
    for (let left = count; left > 0; ) {
      const day = Math.floor((stamp + zoneMinutes - 1) / MINUTES_PER_DAY);
      const afterStart = stamp - readDayStart(day, zoneMinutes);
      const here = Math.min(left, Math.floor((MINUTES_PER_DAY - afterStart) / runInterval) + 1);
      const isNew = day !== this.runDay;
      const counts = this.day(this.runFile, day);
      if (isNew) {
        counts.channels += runTimes;
        this.runDay = day;
        this.runSlot = -1;
      }
      if (isNew && here === perDay && canBeWhole(counts, runInterval)) counts.wholeDays += runTimes;
      else {
        if (isNew) expectDay(counts.expected, runInterval, runTimes);
        this.addSlots(counts.present, Math.floor((afterStart - 1) / runInterval), here);
      }
      this.runSlot = Math.floor((afterStart - 1) / runInterval) + here - 1;
      stamp += here * runInterval;
      left -= here;
    }
  }

  private addSlots(present: Float64Array, first: number, count: number): void {
    for (let slot = Math.max(first, this.runSlot + 1); slot < first + count; slot++) {
      present[hourOfSlot(slot, this.runInterval)]! += this.runTimes;
    }
  }

  private day(file: number, day: number): DayCounts {
    if (file === this.lastFile && day === this.lastDay) return this.lastCounts;
    this.lastCounts = this.foundDay(file, day);
    this.lastFile = file;
    this.lastDay = day;
    return this.lastCounts;
  }

  private foundDay(file: number, day: number): DayCounts {
    let known = this.files.get(file);
    if (known === undefined) {
      known = { days: new Map(), leftOut: new Set() };
      this.files.set(file, known);
    }
    if (known.leftOut.has(day)) return this.nowhere;
    let counts = known.days.get(day);
    if (counts === undefined) {
      if (known.days.size >= this.daysMax * 2) {
        leaveOutEarliest(known, this.daysMax);
        return this.foundDay(file, day);
      }
      counts = emptyDay();
      known.days.set(day, counts);
    }
    return counts;
  }

  /** Adds what another thread counted; its files count from `firstFile` on. */
  merge({ rows, leftOut }: PackedCoverage, firstFile: number): void {
    for (let at = 0; at < rows.length; at += COVERAGE_COLUMNS) {
      const counts = this.day(firstFile + rows[at]!, rows[at + 1]!);
      counts.channels += rows[at + 2]!;
      for (let hour = 0; hour < HOURS; hour++) {
        counts.present[hour]! += rows[at + 3 + hour]!;
        counts.expected[hour]! += rows[at + 3 + HOURS + hour]!;
      }
    }
    for (let at = 0; at < leftOut.length; at += 2) {
      const day = leftOut[at + 1]!;
      this.day(firstFile + leftOut[at]!, day);
      const known = this.files.get(firstFile + leftOut[at]!)!;
      known.days.delete(day);
      known.leftOut.add(day);
      this.lastFile = -1;
    }
  }

  pack(): PackedCoverage {
    const rows: number[] = [];
    const leftOut: number[] = [];
    for (const [file, known] of this.files) {
      for (const [day, counts] of known.days) {
        const { channels, present, expected } = spread(counts);
        rows.push(file, day, channels, ...present, ...expected);
      }
      for (const day of known.leftOut) leftOut.push(file, day);
    }
    return { rows: Float64Array.from(rows), leftOut: Float64Array.from(leftOut) };
  }

  /** The latest days of a file in order, and how many were left out before them. */
  daysOf(file: number): { days: [number, DayCounts][]; leftOut: number } {
    const known = this.files.get(file);
    if (known === undefined) return { days: [], leftOut: 0 };
    leaveOutEarliest(known, this.daysMax);
    for (const counts of known.days.values()) spread(counts);
    return { days: [...known.days].sort(([a], [b]) => a - b), leftOut: known.leftOut.size };
  }
}

function leaveOutEarliest({ days, leftOut }: FileDays, kept: number): void {
  const inOrder = [...days.keys()].sort((a, b) => a - b);
  for (const day of inOrder.slice(0, Math.max(inOrder.length - kept, 0))) {
    days.delete(day);
    leftOut.add(day);
  }
}

function emptyDay(): DayCounts {
  const [present, expected] = [new Float64Array(HOURS), new Float64Array(HOURS)];
  return { channels: 0, present, expected, wholeDays: 0, wholeInterval: 0 };
}

function canBeWhole(counts: DayCounts, intervalMinutes: number): boolean {
  if (counts.wholeInterval === 0) counts.wholeInterval = intervalMinutes;
  return counts.wholeInterval === intervalMinutes;
}

/** Brings the whole days into the counts by hour. */
function spread(counts: DayCounts): DayCounts {
  const { present, expected, wholeDays, wholeInterval } = counts;
  if (wholeDays === 0) return counts;
  const ofOne = new Float64Array(HOURS);
  expectDay(ofOne, wholeInterval);
  for (let hour = 0; hour < HOURS; hour++) {
    present[hour]! += ofOne[hour]! * wholeDays;
    expected[hour]! += ofOne[hour]! * wholeDays;
  }
  counts.wholeDays = 0;
  return counts;
}

const hourOfSlot = (slot: number, intervalMinutes: number): number =>
  Math.min(Math.floor(((slot + 1) * intervalMinutes - 1) / 60), HOURS - 1);

function expectDay(expected: Float64Array, intervalMinutes: number, times = 1): void {
  if (intervalMinutes <= 60) {
    const inHour = (60 / intervalMinutes) * times;
    for (let hour = 0; hour < HOURS; hour++) expected[hour]! += inHour;
    return;
  }
  const slots = MINUTES_PER_DAY / intervalMinutes;
  for (let slot = 0; slot < slots; slot++) expected[hourOfSlot(slot, intervalMinutes)]! += times;
}
