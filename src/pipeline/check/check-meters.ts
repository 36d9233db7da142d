import { BLOCK_RESEND } from '../../model/block.js';
import { multiplyDivideHalfUp, UNITS_PER_ONE } from '../../model/decimal.js';
import { MINUTES_PER_DAY } from '../../model/time.js';
import { channelCode, INTERVAL_OF, IS_KWH, IS_REGISTER } from '../../model/units.js';
import {
  type BlockIndex,
  channelOfBlock,
  meterIdLength,
  meterIdStart,
} from '../../store/blocks/block-index.js';
import type { MeterRegister } from '../../store/register/meter-register.js';
import { NO_ADVANCE, type RegisterFacts, registerAdvance } from '../../vee/register-span.js';
import { ChannelReads } from './check-channel.js';
import type { PackedCoverage } from './check-coverage.js';
import { dialDigits, isRestart, MAY_DECREASE } from './check-dial.js';
import { MeterCoverage } from './check-meter-coverage.js';
import { isPlainPair, pair } from './check-pair.js';
import { KIND, KINDS, type PackedPlaces, PlaceLists } from './check-places.js';
import { QuickMeter } from './check-quick.js';
import { FilesByRange, type RangedFile } from './check-ranges.js';
import { RegisterCursor } from './check-register.js';

/** What the cross-record rules need to know; plain data that can be sent to a worker. */
export interface CrossSettings {
  /** First range of each file; a range belongs to the last file that begins at or before it. */
  fileStarts: Int32Array;
  /** By file and `KIND`: false where the file's profile switches the rule off. */
  isOn: Uint8Array;
  /** By file: how much intervals and register may differ, whole number of 0.00001, per multiplier. */
  sumTolerances: Float64Array;
  /** Highest plausible value of one hour, in 0.00001, where the meter register gives none. */
  maximumPerHour: number;
  /** Minutes that market time is ahead of UTC. */
  marketZoneMinutes: number;
  /** Places to keep of each kind and file. */
  findingsMax: number;
  coverageDaysMax: number;
}

/** What going through meters gave, as buffers that can be moved between threads. */
export interface CrossResult {
  /** Meters of each file. */
  meters: Float64Array;
  counts: Float64Array;
  places: PackedPlaces[];
  coverage: PackedCoverage;
}

/** Goes through the blocks of meters, one meter at a time, and notes what the cross-record rules find. */
export class MeterChecker {
  private readonly meters: Float64Array;
  /** By file: the meter, by its number in this pass, that was counted there last. */
  private readonly meterInFile: Float64Array;
  private meterNumber = 0;
  private readonly places: PlaceLists;
  private readonly coverage: MeterCoverage;
  private readonly register: RegisterCursor | null;
  private readonly channels: ChannelReads[] = [];
  private channelCount = 0;
  private readonly quick = new QuickMeter();
  private keys = new Float64Array(16);
  private index!: BlockIndex;
  private readonly files: FilesByRange;
  private readonly facts: RegisterFacts = { multiplier: 0, registerDigits: 0, maximumPerHour: 0 };

  constructor(
    private readonly settings: CrossSettings,
    register: MeterRegister | null,
  ) {
    const fileCount = settings.fileStarts.length;
    this.meters = new Float64Array(fileCount);
    this.meterInFile = new Float64Array(fileCount);
    this.places = new PlaceLists(fileCount, settings.findingsMax);
    this.coverage = new MeterCoverage(settings.marketZoneMinutes, settings.coverageDaysMax);
    this.files = new FilesByRange(settings);
    this.register = register === null ? null : new RegisterCursor(register);
  }

  result(): CrossResult {
    const { meters, places, coverage } = this;
    return { meters, counts: places.counts, places: places.pack(), coverage: coverage.pack() };
  }

  /** Checks one meter: blocks `first` to `end - 1` of the index, in any order. */
  check(index: BlockIndex, first: number, end: number): void {
    this.index = index;
    const isKnown = this.register === null || this.seekRegister(index.starts[first]!);
    this.meterNumber++;
    if (this.register === null && end - first === 2 && this.isPair(first)) return;
    if (isKnown && this.isCovered(first, end)) return;
    const keys = this.inOrder(first, end);
    this.channelCount = 0;
    let reads: ChannelReads | null = null;
    for (let i = 0; i < end - first; i++) {
      const start = keys[i]! % 2 ** 32;
      const channel = channelOfBlock(index.words, start);
      if (reads === null || reads.channel !== channel) reads = this.nextChannel(channel);
      reads.gather(index, start);
      this.countMeter(this.fileOf(start));
      if (!isKnown) this.tell(KIND.unknownMeter, start, -1, -1, Number.NaN, Number.NaN, -1);
    }
    for (let c = 0; c < this.channelCount; c++) this.checkChannel(this.channels[c]!);
  }

  /** Counts the meter in a file once. */
  private countMeter(file: number): void {
    if (this.meterInFile[file] === this.meterNumber) return;
    this.meterInFile[file] = this.meterNumber;
    this.meters[file]!++;
  }

  /** Counts the reads of a meter of two plain records. @returns false where they are not, and nothing was counted */
  private isPair(first: number): boolean {
    const { starts } = this.index;
    const file = this.fileOf(starts[first]!);
    // What two files share is counted read by read.
    if (this.fileOf(starts[first + 1]!) !== file) return false;
    if (!isPlainPair(this.index, first, this.settings.sumTolerances[file]!)) return false;
    this.countMeter(file);
    this.coverage.addPair(file);
    return true;
  }

  /**
   * The file of a range, where plain pairs of it need not be looked at here (`addPairs`); null where the meter register
   * must be asked of each meter.
   */
  pairsFrom(range: number): RangedFile | null {
    return this.register === null ? this.files.of(range) : null;
  }

  /** Counts meters of plain pairs that were looked at elsewhere, and have the same intervals. */
  addPairs(file: number, intervals: typeof pair, times: number): void {
    this.meterNumber += times;
    this.meters[file]! += times;
    Object.assign(pair, intervals);
    this.coverage.addPair(file, times);
  }

  /** Counts the reads of the usual meter. @returns false where it is not, and nothing was counted */
  private isCovered(first: number, end: number): boolean {
    const { quick, index, settings, coverage } = this;
    const tolerance = settings.sumTolerances[this.fileOf(index.starts[first]!)]!;
    if (!quick.isClean(index, first, end, this.multiplierOf, tolerance)) return false;
    const { words } = index;
    // A channel that several files share is counted read by read.
    for (let i = 1; i < quick.count; i++) {
      if (this.fileOf(quick.order[i]!) !== this.fileOf(quick.order[0]!)) return false;
    }
    const file = this.fileOf(quick.order[0]!);
    this.countMeter(file);
    let last = -1;
    for (let i = 0; i < quick.count; i++) {
      const channel = channelOfBlock(words, quick.order[i]!);
      if (IS_REGISTER[channel >> 2] === 1) continue;
      const { intervalMinutes, firstStamp, count } = quick.blockAt(i);
      if (channel !== last) coverage.beginRuns(file, intervalMinutes);
      last = channel;
      coverage.addRun(firstStamp, count);
    }
    return true;
  }

  private readonly multiplierOf = (channel: number): number => {
    const { register, facts } = this;
    if (register === null) return UNITS_PER_ONE;
    return register.describe(channel >> 2, false, facts) ? facts.multiplier : UNITS_PER_ONE;
  };

  /** Blocks by channel, then in the order of the files, which is the order they lie in: channel x 2^32 + word. */
  private inOrder(first: number, end: number): Float64Array {
    const { words, starts } = this.index;
    const count = end - first;
    if (count > this.keys.length) this.keys = new Float64Array(count * 2);
    const { keys } = this;
    let isSorted = true;
    for (let i = 0; i < count; i++) {
      const start = starts[first + i]!;
      keys[i] = channelOfBlock(words, start) * 2 ** 32 + start;
      if (i > 0 && keys[i]! < keys[i - 1]!) isSorted = false;
    }
    if (!isSorted) keys.subarray(0, count).sort();
    return keys;
  }

  private nextChannel(channel: number): ChannelReads {
    if (this.channelCount === this.channels.length) this.channels.push(new ChannelReads());
    const reads = this.channels[this.channelCount++]!;
    reads.clear(channel);
    return reads;
  }

  private readonly fileOfBlock = (start: number): number => this.fileOf(start);

  private fileOf(start: number): number {
    return this.files.of(this.index.words[start + 4]!).number;
  }

  private seekRegister(start: number): boolean {
    const { words, bytes } = this.index;
    const from = meterIdStart(words, start);
    return this.register!.seek(bytes, from, from + meterIdLength(words, start));
  }

  private tell(
    kind: number,
    block: number,
    read: number,
    stamp: number,
    value: number,
    against: number,
    earlier: number,
  ): void {
    const file = this.fileOf(block);
    if (this.settings.isOn[file * KINDS + kind] === 0) return;
    this.places.add(file, kind, this.index.words, block, read, stamp, value, against, earlier);
  }

  private checkChannel(reads: ChannelReads): void {
    reads.settle(this.index, this.duplicates);
    const unit = reads.channel >> 2;
    if (IS_REGISTER[unit] === 1) {
      this.checkRegister(reads, this.intervalsOf(reads.channel));
      return;
    }
    if (reads.intervalMinutes === 0) reads.intervalMinutes = leastStep(reads);
    if (reads.intervalMinutes > 0) this.coverage.addReads(reads, this.fileOfBlock);
  }

  private readonly duplicates = (reads: ChannelReads, first: number, later: number): void => {
    const a = reads.hasValue(first) ? reads.values[first]! : Number.NaN;
    const b = reads.hasValue(later) ? reads.values[later]! : Number.NaN;
    const isConflict = a < b || a > b;
    const kind =
      isConflict && !this.isCorrection(reads, first, later)
        ? KIND.duplicateDifferent
        : KIND.duplicateHarmless;
    this.tellOfRead(kind, reads, later, b, a, first);
  };

  /** Whether one read was sent to replace the other, which another file holds. */
  private isCorrection(reads: ChannelReads, first: number, later: number): boolean {
    const a = reads.blocks[reads.blockOf(first)]!;
    const b = reads.blocks[reads.blockOf(later)]!;
    const { words } = this.index;
    return (
      ((words[a + 1]! ^ words[b + 1]!) & (BLOCK_RESEND << 24)) !== 0 && this.fileOf(a) !== this.fileOf(b)
    );
  }

  private tellOfRead(
    kind: number,
    reads: ChannelReads,
    read: number,
    value: number,
    against: number,
    earlier: number,
  ): void {
    const number = reads.blockOf(read);
    const other = reads.blocks[reads.blockOf(earlier)]!;
    const place = read - reads.blockReads[number]!;
    this.tell(kind, reads.blocks[number]!, place, reads.stamps[read]!, value, against, other);
  }

  /** The intervals that a register counts, or null where the meter sent none. */
  private intervalsOf(registerChannel: number): ChannelReads | null {
    const unit = INTERVAL_OF[registerChannel >> 2]!;
    if (unit < 0) return null;
    const channel = channelCode(unit, registerChannel & 3);
    for (let c = 0; c < this.channelCount; c++)
      if (this.channels[c]!.channel === channel) return this.channels[c]!;
    return null;
  }

  /** Goes through the registers in the order of time, each with the one before it. */
  private checkRegister(reads: ChannelReads, intervals: ChannelReads | null): void {
    let before = -1;
    let at = 0;
    for (let i = 0; i < reads.uniqueCount; i++) {
      const read = reads.inTime(i);
      if (!reads.hasValue(read)) continue;
      if (before >= 0) at = this.checkSpan(reads, before, read, intervals, at);
      before = read;
    }
  }

  /** @returns how many intervals, in the order of time, end at or before the later register */
  private checkSpan(
    reads: ChannelReads,
    before: number,
    read: number,
    intervals: ChannelReads | null,
    at: number,
  ): number {
    const { facts } = this;
    const start = reads.values[before]!;
    const end = reads.values[read]!;
    const minutes = reads.stamps[read]! - reads.stamps[before]!;
    const isKnown = this.setFacts(reads);
    if (end < start && facts.registerDigits === 0) facts.registerDigits = dialDigits(start);
    let advance = registerAdvance(start, end, minutes, facts);
    if (end < start && MAY_DECREASE[reads.channel >> 2] === 1) {
      advance = multiplyDivideHalfUp(end - start, facts.multiplier, UNITS_PER_ONE);
    } else if (Number.isNaN(advance) || isRestart(reads.metas[read]!)) {
      if (!isRestart(reads.metas[read]!)) {
        this.tellOfRead(KIND.registerDecreased, reads, read, end, start, before);
      }
      advance = NO_ADVANCE;
    }
    if (intervals === null) return at;
    const constant = isKnown ? UNITS_PER_ONE : intervals.constant;
    if (!isKnown && (constant <= 0 || reads.constant <= 0)) advance = NO_ADVANCE;
    return this.checkSum(reads, before, read, intervals, at, advance, constant);
  }

  /** What is known of the dial. @returns whether the meter register tells it */
  private setFacts(reads: ChannelReads): boolean {
    const { facts, settings } = this;
    const unit = reads.channel >> 2;
    facts.registerDigits = 0;
    facts.maximumPerHour = settings.maximumPerHour;
    // Without a meter register the records' own constant is all that is known of the dial.
    facts.multiplier = reads.constant > 0 ? reads.constant : UNITS_PER_ONE;
    const isKwh = INTERVAL_OF[unit]! >= 0 && IS_KWH[INTERVAL_OF[unit]!] === 1;
    return this.register?.describe(unit, isKwh, facts) ?? false;
  }

  /**
   * Holds the advance against the sum of the intervals, where all intervals of the span are there.
   * @param at intervals, in the order of time, that end before the span for sure
   * @param constant calculation constant of the intervals
   * @returns how many intervals end at or before the later register
   */
  private checkSum(
    reads: ChannelReads,
    before: number,
    read: number,
    intervals: ChannelReads,
    at: number,
    advance: number,
    constant: number,
  ): number {
    const start = reads.stamps[before]!;
    const end = reads.stamps[read]!;
    const length = intervals.intervalMinutes;
    let i = at;
    while (i < intervals.uniqueCount && intervals.stamps[intervals.inTime(i)]! <= start) i++;
    let slots = 0;
    let sum = 0;
    for (; i < intervals.uniqueCount; i++) {
      const slot = intervals.inTime(i);
      const stamp = intervals.stamps[slot]!;
      if (stamp > end) break;
      if (!intervals.hasValue(slot) || length === 0 || (stamp - start) % length !== 0) continue;
      slots++;
      sum += intervals.values[slot]!;
    }
    if (Number.isNaN(advance) || slots === 0 || slots * length !== end - start) return i;
    const tolerance = this.settings.sumTolerances[this.fileOf(reads.blocks[reads.blockOf(read)]!)]!;
    const allowed = multiplyDivideHalfUp(tolerance, this.facts.multiplier, UNITS_PER_ONE);
    const used = constant === UNITS_PER_ONE ? sum : multiplyDivideHalfUp(sum, constant, UNITS_PER_ONE);
    if (Math.abs(advance - used) > allowed) {
      this.tellOfRead(KIND.registerSum, reads, read, advance, used, before);
    }
    return i;
  }
}

/** Least step between two reads, where that can be an interval: it divides the day. Else 0. */
function leastStep(reads: ChannelReads): number {
  let least = MINUTES_PER_DAY;
  for (let i = 1; i < reads.uniqueCount; i++) {
    least = Math.min(least, reads.stamps[reads.inTime(i)]! - reads.stamps[reads.inTime(i - 1)]!);
  }
  return reads.uniqueCount > 1 && MINUTES_PER_DAY % least === 0 ? least : 0;
}
