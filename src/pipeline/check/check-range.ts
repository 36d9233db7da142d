import { FindingBuffer, type PackedFindings } from '../../conformance/finding-buffer.js';
import type { RangeEnd, RangeSink } from '../../formats/range.js';
import type { ReadFault, ReadRecord } from '../../formats/reads.js';
import * as AT from '../../kernel/assembly/scan-layout.js';
import type { BlockMemory } from '../../store/blocks/block-buffer.js';
import { meterIdLength, meterIdStart } from '../../store/blocks/block-index.js';
import { PartitionFinder } from '../../store/partition-map.js';
import type { MeterRegister } from '../../store/register/meter-register.js';
import { type FileRange, firstRuleOf, readRange } from '../scan/range-reader.js';
import type { SpilledBlocks } from '../scan/scan-range.js';
import { appendToSpill } from '../scan/spill.js';
import { HELD_WORDS_MAX, type ThreadBlocks, threadBlocks } from '../scan/thread-blocks.js';
import { type CrossResult, type CrossSettings, MeterChecker } from './check-meters.js';
import { openedRegister } from './check-partition.js';
import { RangeMeters } from './check-range-meters.js';

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

  countOnly(fault: number, severity: number): boolean {
    return this.findings.countOnly(this.firstRule + fault, severity);
  }

  fault(fault: ReadFault, bytes: Uint8Array): void {
    this.findings.addFault(this.firstRule + fault.fault, fault, bytes);
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
  else if (task.reads === 'settle') settleRange(task, result, register, sink.bulk);
  else Object.assign(result, spillBlocks(task, sink.bulk));
  return result;
}

function spillBlocks(task: CheckRangeTask, { kernel, buffer }: ThreadBlocks): SpilledBlocks {
  const { words, partitionStarts } = kernel.gatherBlocks(buffer.usedWords, task.partitionLowers.length);
  const place = appendToSpill(task.workDirectory, words);
  buffer.clear();
  return { ...place, partitionStarts };
}

/** Checks the meters of a range but for the first and the last, which are handed back. */
function settleRange(
  task: CheckRangeTask,
  result: CheckRangeResult,
  register: MeterRegister | null,
  blocks: ThreadBlocks,
): void {
  const { kernel, buffer } = blocks;
  const { from: base } = kernel.blockBounds;
  const end = buffer.usedWords;
  if (kernel.exports.markMeters(base, base + end * 4) === 0) {
    result.settled = { isInOrder: false, lowest: '', highest: '', cross: null };
    return;
  }
  const second = (kernel.cells[AT.METER_SECOND >> 2]! - base) >> 2;
  const last = (kernel.cells[AT.METER_LAST >> 2]! - base) >> 2;
  let cross: CrossResult | null = null;
  if (second < last) {
    const checker = new MeterChecker(task.cross, register);
    new RangeMeters(kernel, checker).check(second, last);
    cross = checker.result();
  }
  const { words } = buffer;
  const lastFrom = second < end ? last : end;
  result.kept = new Int32Array(second + end - lastFrom);
  result.kept.set(words.subarray(0, second));
  result.kept.set(words.subarray(lastFrom, end), second);
  const idOf = (start: number) => meterIdText(buffer.memory, start);
  result.settled = { isInOrder: true, lowest: idOf(0), highest: idOf(last), cross };
}

function meterIdText({ words, bytes }: BlockMemory, start: number): string {
  const from = meterIdStart(words, start);
  return Buffer.from(bytes.buffer, bytes.byteOffset + from, meterIdLength(words, start)).toString('latin1');
}
