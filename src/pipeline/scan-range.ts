import { FindingBuffer, type PackedFindings } from '../conformance/finding-buffer.js';
import type { CmepRecord, CmepSink, RecordFault } from '../formats/cmep/record.js';
import { ExactSum } from '../model/decimal.js';
import { readDayOf } from '../model/time.js';
import { IS_REGISTER } from '../model/units.js';
import { BlockBuffer } from '../store/block-buffer.js';
import { PartitionFinder } from '../store/partition-map.js';
import { bufferOffset, type FileRange, readRange } from './range-reader.js';
import { appendToSpill } from './spill.js';

/** A piece of a file for one task of pass 1. */
export interface RangeTask extends FileRange {
  range: number;
  /** Lowest meter ids of the partitions; empty where blocks are not wanted. */
  partitionLowers: string[];
  /** Folder for what this range leaves to pass 2; '' where nothing is to be left. */
  workDirectory: string;
  findingsMax: number;
  /** Minutes that market time is ahead of UTC. */
  marketZoneMinutes: number;
}

export interface RangeResult {
  range: number;
  lines: number;
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
  /** File of blocks that this range was appended to, where, and the word each partition begins at. */
  spillFile: string;
  spillOffset: number;
  partitionStarts: Uint32Array;
  /** Where in the same file the rows of its rejected records begin, `REJECT_COLUMNS` doubles each. */
  rejectOffset: number;
  findings: PackedFindings;
}

/** Doubles that describe a rejected record: range, offset in the file, length, line in the range, rule, column, reads. */
export const REJECT_COLUMNS = 7;

const blocks = new BlockBuffer();

/** What is counted while a range is read. */
class RangeSink implements CmepSink {
  records = 0;
  reads = 0;
  rejectedRecords = 0;
  rejectedReads = 0;
  firstStamp = Number.POSITIVE_INFINITY;
  lastStamp = Number.NEGATIVE_INFINITY;
  readonly sum = new ExactSum();
  readonly rejects: number[] = [];
  readonly findings: FindingBuffer;
  private readonly finder: PartitionFinder | null;
  private readonly days = new Map<number, number>();
  private countedDay = -1;
  private dayRecords = 0;

  /** @param fileOffset what to add to a place in the buffer for the offset in the file */
  constructor(
    private readonly task: RangeTask,
    private readonly fileOffset: number,
  ) {
    this.findings = new FindingBuffer(task.findingsMax);
    this.finder = task.partitionLowers.length > 0 ? new PartitionFinder(task.partitionLowers) : null;
  }

  record(record: CmepRecord, bytes: Uint8Array): void {
    const { count, stamps, values } = record;
    this.records++;
    this.reads += count;
    if (count === 0) return;
    this.addValues(values, count);
    if (IS_REGISTER[record.channel >> 2] === 0) this.countDays(stamps[0]!, stamps[count - 1]!);
    if (stamps[0]! < this.firstStamp) this.firstStamp = stamps[0]!;
    if (stamps[count - 1]! > this.lastStamp) this.lastStamp = stamps[count - 1]!;
    if (this.finder === null) return;
    const partition = this.finder.find(bytes, record.meterIdFrom, record.meterIdTo);
    const offset = record.start + this.fileOffset - this.task.from;
    blocks.append(record, bytes, partition, this.task.range, offset);
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
    this.days.set(this.countedDay, this.dayRecords);
    this.days.delete(-1);
    return this.days;
  }

  fault(fault: RecordFault, bytes: Uint8Array): void {
    this.findings.add(
      fault.fault,
      fault.severity,
      fault.line,
      fault.textFrom - fault.start + 1,
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

  rejected(start: number, byteLength: number, line: number, reads: number, first: RecordFault): void {
    this.rejectedRecords++;
    this.rejectedReads += reads;
    const column = first.textFrom - first.start + 1;
    this.rejects.push(this.task.range, start + this.fileOffset, byteLength, line, first.fault, column, reads);
  }

  passedOver(): void {
    this.records++;
  }
}

/**
 * Reads the records of one range of a CMEP file, and appends their reads to this thread's file of
 * blocks. Nothing else is changed, so a range can be scanned again at any time.
 * @throws the system's error where the file cannot be read or the blocks cannot be written
 */
export function scanCmepRange(task: RangeTask): RangeResult {
  blocks.clear();
  const sink = new RangeSink(task, bufferOffset(task));
  return finishRange(task, sink, readRange(task, sink));
}

function finishRange(task: RangeTask, sink: RangeSink, lines: number): RangeResult {
  const partitionCount = Math.max(task.partitionLowers.length, 1);
  const { words, partitionStarts } = blocks.gather(partitionCount);
  const { spillFile, spillOffset } =
    words.length > 0 ? appendToSpill(task.workDirectory, words) : { spillFile: '', spillOffset: 0 };
  const rejects = Float64Array.from(sink.rejects);
  const keepsRejects = task.workDirectory !== '' && rejects.length > 0;
  const rejected = keepsRejects ? appendToSpill(task.workDirectory, rejects) : { spillFile, spillOffset: 0 };
  return {
    range: task.range,
    lines,
    records: sink.records + sink.rejectedRecords,
    reads: sink.reads + sink.rejectedReads,
    rejectedRecords: sink.rejectedRecords,
    rejectedReads: sink.rejectedReads,
    firstStamp: sink.firstStamp,
    lastStamp: sink.lastStamp,
    recordsByDay: sink.recordsByDay(),
    sum: sink.sum.total(),
    spillFile: rejected.spillFile,
    spillOffset,
    partitionStarts,
    rejectOffset: rejected.spillOffset,
    findings: sink.findings.pack(),
  };
}
