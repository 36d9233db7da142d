import { FindingBuffer, type PackedFindings } from '../conformance/finding-buffer.js';
import type { RangeEnd, RangeSink } from '../formats/range.js';
import type { ReadFault, ReadRecord } from '../formats/reads.js';
import type { BlockBuffer } from '../store/block-buffer.js';
import { type BlockIndex, meterIdLength, meterIdStart } from '../store/block-index.js';
import type { MeterRegister } from '../store/meter-register.js';
import { compareBytes, PartitionFinder } from '../store/partition-map.js';
import { type CrossResult, type CrossSettings, MeterChecker } from './check-meters.js';
import { openedRegister } from './check-partition.js';
import { type FileRange, firstRuleOf, readRange } from './range-reader.js';
import type { SpilledBlocks } from './scan-range.js';
import { appendToSpill } from './spill.js';
import { HELD_WORDS_MAX, type ThreadBlocks, threadBlocks } from './thread-blocks.js';

/** A piece of a file for one task of pass 1 of `check`. */
export interface CheckRangeTask extends FileRange {
  range: number;
  findingsMax: number;
  /** Findings that are counted and not kept (`FindingBuffer`). */
  isClosed: Uint8Array;
  /**
   * What becomes of the reads, for the rules that look at more than one record:
   * - `keep`: they are handed back, for input that is small as a whole;
   * - `settle`: the meters within the range are checked at once, and those at its ends, which the ranges
   *   beside it may have too, are handed back; right only where the meters of the input stand in order;
   * - `spill`: they go to this thread's work file, by partition.
   */
  reads: 'keep' | 'settle' | 'spill';
  cross: CrossSettings;
  registerPath: string | null;
  partitionLowers: string[];
  workDirectory: string;
}

/** Meters of a range that was settled at once. */
export interface SettledRange {
  /** False where a meter stands before one with a lower id: nothing was settled. */
  isInOrder: boolean;
  /** Lowest and highest meter id, latin1. */
  lowest: string;
  highest: string;
  cross: CrossResult | null;
}

export interface CheckRangeResult extends RangeEnd {
  range: number;
  records: number;
  reads: number;
  firstStamp: number;
  lastStamp: number;
  findings: PackedFindings;
  /** Blocks that are handed back. */
  kept: Int32Array;
  settled: SettledRange | null;
  /** File of blocks that this range was appended to, where, and the word each partition begins at. */
  spillFile: string;
  spillOffset: number;
  partitionStarts: Uint32Array;
  /** Blocks that were appended before these. */
  spilledBefore: SpilledBlocks[];
}

const NOTHING = new Int32Array(0);

/** What is counted while a range is checked. */
class CheckSink implements RangeSink {
  fileOffset = 0;
  records = 0;
  reads = 0;
  firstStamp = Number.POSITIVE_INFINITY;
  lastStamp = Number.NEGATIVE_INFINITY;
  readonly findings: FindingBuffer;
  readonly spilled: SpilledBlocks[] = [];
  isTooLarge = false;
  private readonly finder: PartitionFinder | null;
  private readonly firstRule: number;

  constructor(
    private readonly task: CheckRangeTask,
    readonly bulk: ThreadBlocks,
  ) {
    const { range, from, cross } = task;
    const partitionLowers = task.reads === 'spill' ? task.partitionLowers : [];
    bulk.start(
      { range, from, partitionLowers, marketZoneMinutes: cross.marketZoneMinutes },
      () => this.fileOffset,
      () => this.release(),
    );
    this.findings = new FindingBuffer(task.findingsMax, task.isClosed);
    this.finder = task.reads === 'spill' ? new PartitionFinder(task.partitionLowers) : null;
    this.firstRule = firstRuleOf(task.format);
  }

  record(record: ReadRecord, bytes: Uint8Array): void {
    const { count, stamps } = record;
    this.records++;
    this.reads += count;
    if (count === 0) return;
    if (stamps[0]! < this.firstStamp) this.firstStamp = stamps[0]!;
    if (stamps[count - 1]! > this.lastStamp) this.lastStamp = stamps[count - 1]!;
    const partition =
      this.finder === null ? 0 : this.finder.find(bytes, record.meterIdFrom, record.meterIdTo);
    const offset = record.start + this.fileOffset - this.task.from;
    const { buffer } = this.bulk;
    buffer.append(record, bytes, partition, this.task.range, offset);
    if (buffer.usedWords > HELD_WORDS_MAX) this.release();
  }

  /** Brings in what the kernel counted. */
  addBulk(): void {
    const counts = this.bulk.takeCounts();
    this.records += counts.records;
    this.reads += counts.reads;
    this.firstStamp = Math.min(this.firstStamp, counts.firstStamp);
    this.lastStamp = Math.max(this.lastStamp, counts.lastStamp);
  }

  /** One record is too large to be held: it goes to the work file, or shows that the input needs one. */
  private release(): void {
    if (this.task.reads === 'spill') this.spilled.push(spillBlocks(this.task, this.bulk));
    else if (this.task.reads === 'settle') this.isTooLarge = true;
    if (this.task.reads !== 'keep') this.bulk.buffer.clear();
  }

  fault(fault: ReadFault, bytes: Uint8Array): void {
    this.findings.add(
      this.firstRule + fault.fault,
      fault.severity,
      fault.line,
      fault.column,
      fault.field,
      fault.stamp,
      bytes,
      fault.textFrom,
      fault.textTo,
      fault.meterIdFrom,
      fault.meterIdTo,
      fault.start,
      fault.end,
    );
  }

  rejected(_start: number, _byteLength: number, _line: number, reads: number): void {
    this.records++;
    this.reads += reads;
  }

  passedOver(): void {
    this.records++;
  }
}

/**
 * Checks the records of one range of a file. Nothing but this thread's work file is changed.
 * @throws the system's error where the file cannot be read or the blocks cannot be written
 */
export async function checkRange(task: CheckRangeTask): Promise<CheckRangeResult> {
  const register = task.reads === 'settle' ? await openedRegister(task.registerPath) : null;
  // From here on nothing waits: a thread has one buffer of blocks.
  const sink = new CheckSink(task, threadBlocks());
  const end = readRange(task, sink);
  sink.addBulk();
  const { buffer } = sink.bulk;
  const result: CheckRangeResult = {
    ...end,
    range: task.range,
    records: sink.records,
    reads: sink.reads,
    firstStamp: sink.firstStamp,
    lastStamp: sink.lastStamp,
    findings: sink.findings.pack(),
    kept: NOTHING,
    settled: null,
    spillFile: '',
    spillOffset: 0,
    partitionStarts: new Uint32Array(0),
    spilledBefore: [],
  };
  result.spilledBefore = sink.spilled;
  if (sink.isTooLarge) {
    result.settled = { isInOrder: false, lowest: '', highest: '', cross: null };
    return result;
  }
  if (buffer.count === 0) return result;
  if (task.reads === 'keep') result.kept = buffer.words.slice(0, buffer.usedWords);
  else if (task.reads === 'settle') settleRange(task, result, register, buffer);
  else Object.assign(result, spillBlocks(task, sink.bulk));
  return result;
}

function spillBlocks(task: CheckRangeTask, { buffer }: ThreadBlocks): SpilledBlocks {
  const { words, partitionStarts } = buffer.gather(task.partitionLowers.length);
  const place = appendToSpill(task.workDirectory, words);
  buffer.clear();
  return { ...place, partitionStarts };
}

/** Checks the meters of a range but for the first and the last, which are handed back. */
function settleRange(
  task: CheckRangeTask,
  result: CheckRangeResult,
  register: MeterRegister | null,
  blocks: BlockBuffer,
): void {
  const index = indexInPlace(blocks);
  if (index === null) {
    result.settled = { isInOrder: false, lowest: '', highest: '', cross: null };
    return;
  }
  const { starts, meterStarts, count, words } = index;
  let first = 1;
  while (meterStarts[first] === 0) first++;
  let last = count - 1;
  while (meterStarts[last] === 0) last--;
  let cross: CrossResult | null = null;
  if (last > first) {
    const checker = new MeterChecker(task.cross, register);
    for (let b = first; b < last; ) {
      let end = b + 1;
      while (meterStarts[end] === 0) end++;
      checker.check(index, b, end);
      b = end;
    }
    cross = checker.result();
  }
  const firstWords = words.subarray(0, first < count ? starts[first]! : words.length);
  const lastWords = last >= first ? words.subarray(starts[last]!) : NOTHING;
  result.kept = new Int32Array(firstWords.length + lastWords.length);
  result.kept.set(firstWords);
  result.kept.set(lastWords, firstWords.length);
  const idOf = (start: number) => meterIdText(index, start);
  result.settled = { isInOrder: true, lowest: idOf(starts[0]!), highest: idOf(starts[last]!), cross };
}

/** The blocks of the buffer as an index, or null where the meters do not stand in order. */
function indexInPlace({ count, usedWords, memory }: BlockBuffer): BlockIndex | null {
  const { words: all, bytes, doubles } = memory;
  const allStarts = new Int32Array(count);
  for (let at = 0, i = 0; i < count; at += all[at]!) allStarts[i++] = at;
  const meterStarts = new Uint8Array(count + 1);
  meterStarts[0] = 1;
  for (let i = 1; i < count; i++) {
    if (isSameMeter(all, allStarts[i - 1]!, allStarts[i]!)) continue;
    const a = meterIdStart(all, allStarts[i - 1]!);
    const b = meterIdStart(all, allStarts[i]!);
    const aEnd = a + meterIdLength(all, allStarts[i - 1]!);
    if (compareBytes(bytes, a, aEnd, bytes, b, b + meterIdLength(all, allStarts[i]!)) > 0) return null;
    meterStarts[i] = 1;
  }
  meterStarts[count] = 1;
  const words = all.subarray(0, usedWords);
  return {
    count,
    words,
    bytes,
    doubles,
    starts: allStarts.subarray(0, count),
    meterStarts,
    rangeOrder: null,
  };
}

/** Whether two blocks have the same meter id: it lies in whole words, zeros after it. */
function isSameMeter(words: Int32Array, a: number, b: number): boolean {
  const length = meterIdLength(words, a);
  if (length !== meterIdLength(words, b)) return false;
  const aFrom = meterIdStart(words, a) >> 2;
  const bFrom = meterIdStart(words, b) >> 2;
  for (let k = 0; k < (length + 3) >> 2; k++) if (words[aFrom + k] !== words[bFrom + k]) return false;
  return true;
}

function meterIdText({ words, bytes }: BlockIndex, start: number): string {
  const from = meterIdStart(words, start);
  return Buffer.from(bytes.buffer, bytes.byteOffset + from, meterIdLength(words, start)).toString('latin1');
}
