import { FindingBuffer, type PackedFindings } from '../../conformance/finding-buffer.js';
import type { RangeEnd, RangeSink } from '../../formats/range.js';
import type { ReadFault, ReadRecord } from '../../formats/reads.js';
import { ExactSum } from '../../model/decimal.js';
import { readDayOf } from '../../model/time.js';
import { IS_REGISTER } from '../../model/units.js';
import { PartitionFinder } from '../../store/partition-map.js';
import { type FileRange, firstRuleOf, readRange } from './range-reader.js';
import { type RejectPiece, RejectRows } from './reject-rows.js';
import { appendToSpill, syncSpill } from './spill.js';
import { HELD_WORDS_MAX, type ThreadBlocks, threadBlocks } from './thread-blocks.js';

/** A piece of a file for one task of pass 1. */
export interface RangeTask extends FileRange {
  range: number;
  /** Lowest meter ids of the partitions; empty where blocks are not wanted. */
  partitionLowers: string[];
  /** Folder for what this range leaves to pass 2; '' where nothing is to be left. */
  workDirectory: string;
  /** Whether other hosts read what it leaves. */
  isShared: boolean;
  findingsMax: number;
  /** Minutes that market time is ahead of UTC. */
  marketZoneMinutes: number;
}

/** Blocks of a range that were appended to a work file: where, and the word each partition begins at. */
export interface SpilledBlocks {
  spillFile: string;
  spillOffset: number;
  partitionStarts: Uint32Array;
}

export interface RangeResult extends RangeEnd, SpilledBlocks {
  range: number;
  records: number;
  reads: number;
  rejectedRecords: number;
  rejectedReads: number;
  firstStamp: number;
  lastStamp: number;
  /** Records of intervals by read day. */
  recordsByDay: Map<number, number>;
  /** Exact sum of all values, in 0.00001. */
  sum: bigint;
  /** Blocks that were appended before these, since a record of the range is large. */
  spilledBefore: SpilledBlocks[];
  /** Where the rows of its rejected records lie. */
  rejects: RejectPiece[];
  findings: PackedFindings;
}

/** What is counted while a range is read. */
export class ScanSink implements RangeSink {
  fileOffset = 0;
  records = 0;
  reads = 0;
  rejectedRecords = 0;
  rejectedReads = 0;
  firstStamp = Number.POSITIVE_INFINITY;
  lastStamp = Number.NEGATIVE_INFINITY;
  readonly sum = new ExactSum();
  bulkSum = 0n;
  readonly rejects: RejectRows;
  readonly findings: FindingBuffer;
  private readonly finder: PartitionFinder | null;
  private readonly days = new Map<number, number>();
  private countedDay = -1;
  private dayRecords = 0;

  readonly spilled: SpilledBlocks[] = [];
  private readonly firstRule: number;

  constructor(
    private readonly task: RangeTask,
    readonly bulk: ThreadBlocks,
  ) {
    bulk.start(
      task,
      () => this.fileOffset,
      () => this.release(),
    );
    this.firstRule = firstRuleOf(task.format);
    this.findings = new FindingBuffer(task.findingsMax);
    this.rejects = new RejectRows(task.workDirectory);
    this.finder = task.partitionLowers.length > 0 ? new PartitionFinder(task.partitionLowers) : null;
  }

  record(record: ReadRecord, bytes: Uint8Array): void {
    const { count, stamps, values } = record;
    this.records++;
    this.reads += count;
    if (count === 0) return;
    if (IS_REGISTER[record.channel >> 2] === 0) this.countDays(stamps[0]!, stamps[count - 1]!);
    if (stamps[0]! < this.firstStamp) this.firstStamp = stamps[0]!;
    if (stamps[count - 1]! > this.lastStamp) this.lastStamp = stamps[count - 1]!;
    if (this.finder === null) {
      this.addValues(values, count);
      return;
    }
    const partition = this.finder.find(bytes, record.meterIdFrom, record.meterIdTo);
    const offset = record.start + this.fileOffset - this.task.from;
    const { buffer } = this.bulk;
    const sum = buffer.append(record, bytes, partition, this.task.range, offset);
    if (Number.isNaN(sum)) this.addValues(values, count);
    else this.sum.add(sum);
    if (buffer.usedWords > HELD_WORDS_MAX) this.release();
  }

  /** Appends the blocks that are held to the work file, where they are wanted, and forgets them. */
  private release(): void {
    if (this.finder === null) this.bulk.buffer.clear();
    else this.spilled.push(spillBlocks(this.task, this.bulk));
  }

  /** Brings in what the kernel counted. */
  addBulk(): void {
    const counts = this.bulk.takeCounts();
    this.records += counts.records;
    this.reads += counts.reads;
    this.firstStamp = Math.min(this.firstStamp, counts.firstStamp);
    this.lastStamp = Math.max(this.lastStamp, counts.lastStamp);
    this.bulkSum = counts.sum;
    this.days.set(this.countedDay, this.dayRecords);
    this.countedDay = -1;
    this.dayRecords = 0;
    for (const [day, records] of counts.days) this.days.set(day, (this.days.get(day) ?? 0) + records);
    if (this.finder === null) this.bulk.buffer.clear();
  }

  private addValues(values: Float64Array, count: number): void {
    let sum = 0;
    let magnitude = 0;
    for (let i = 0; i < count; i++) {
      sum += values[i]!;
      magnitude += Math.abs(values[i]!);
    }
    if (magnitude < 2 ** 52) this.sum.add(sum);
    else for (let i = 0; i < count; i++) this.sum.add(values[i]!);
  }

  private countDays(firstStamp: number, lastStamp: number): void {
    const { marketZoneMinutes } = this.task;
    const last = readDayOf(lastStamp, marketZoneMinutes);
    for (let day = readDayOf(firstStamp, marketZoneMinutes); day <= last; day++) {
      if (day !== this.countedDay) {
        this.days.set(this.countedDay, this.dayRecords);
        this.countedDay = day;
        this.dayRecords = this.days.get(day) ?? 0;
      }
      this.dayRecords++;
    }
  }

  /** Records of intervals by read day. */
  recordsByDay(): Map<number, number> {
    this.days.delete(-1);
    return this.days;
  }

  countOnly(fault: number, severity: number): boolean {
    return this.findings.countOnly(this.firstRule + fault, severity);
  }

  fault(fault: ReadFault, bytes: Uint8Array): void {
    this.findings.addFault(this.firstRule + fault.fault, fault, bytes);
  }

  rejected(start: number, byteLength: number, line: number, reads: number, first: ReadFault): void {
    this.rejectedRecords++;
    this.rejectedReads += reads;
    const { column } = first;
    const rule = this.firstRule + first.fault;
    this.rejects.add(this.task.range, start + this.fileOffset, byteLength, line, rule, column, reads);
  }

  passedOver(): void {
    this.records++;
  }
}

/**
 * Reads the records of one range of a file, and appends their reads to this thread's file of
 * blocks. Nothing else is changed, so a range can be scanned again at any time.
 * @throws the system's error where the file cannot be read or the blocks cannot be written
 */
export function scanRange(task: RangeTask): RangeResult {
  const sink = new ScanSink(task, threadBlocks());
  const end = readRange(task, sink);
  sink.addBulk();
  const result = finishRange(task, sink, end);
  if (task.isShared) syncSpill();
  return result;
}

/** Appends the blocks that are held to the work file, and forgets them. */
function spillBlocks(task: RangeTask, { kernel, buffer }: ThreadBlocks): SpilledBlocks {
  const partitions = Math.max(task.partitionLowers.length, 1);
  const { words, partitionStarts } = kernel.gatherBlocks(buffer.usedWords, partitions);
  const place =
    words.length > 0 ? appendToSpill(task.workDirectory, words) : { spillFile: '', spillOffset: 0 };
  buffer.clear();
  return { ...place, partitionStarts };
}

function finishRange(task: RangeTask, sink: ScanSink, end: RangeEnd): RangeResult {
  const { spillFile, spillOffset, partitionStarts } = spillBlocks(task, sink.bulk);
  return {
    ...end,
    range: task.range,
    records: sink.records + sink.rejectedRecords,
    reads: sink.reads + sink.rejectedReads,
    rejectedRecords: sink.rejectedRecords,
    rejectedReads: sink.rejectedReads,
    firstStamp: sink.firstStamp,
    lastStamp: sink.lastStamp,
    recordsByDay: sink.recordsByDay(),
    sum: sink.sum.total() + sink.bulkSum,
    spillFile,
    spilledBefore: sink.spilled,
    spillOffset,
    partitionStarts,
    rejects: sink.rejects.finish(),
    findings: sink.findings.pack(),
  };
}
