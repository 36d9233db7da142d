import { closeSync, openSync, readSync, writeSync } from 'node:fs';
import { FindingBuffer, type PackedFindings } from '../conformance/finding-buffer.js';
import { CmepReader, READ_AHEAD_BYTES } from '../formats/cmep/reader.js';
import type { CmepRecord, CmepSink, RecordFault } from '../formats/cmep/record.js';
import { type CmepSettings, LINE_BYTES_MAX } from '../formats/cmep/settings.js';
import { ExactSum } from '../model/decimal.js';
import { readDayOf } from '../model/time.js';
import { IS_REGISTER } from '../model/units.js';
import { BlockBuffer } from '../store/block-buffer.js';
import { PartitionFinder } from '../store/partition-map.js';

/** A piece of a file for one task of pass 1: all records that begin in `from` to `to - 1`. */
export interface RangeTask {
  range: number;
  path: string;
  from: number;
  to: number;
  fileBytes: number;
  settings: CmepSettings;
  /** Lowest meter ids of the partitions; empty where blocks are not wanted. */
  partitionLowers: string[];
  /** Folder for what this range leaves to pass 2; '' where nothing is to be left. */
  workDirectory: string;
  findingsMax: number;
  /** Minutes that market time is ahead of UTC. */
  marketZoneMinutes: number;
  /** Whether to tell the meters apart, for counting them. */
  countsMeters: boolean;
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
  /** A hash of 53 bits for each meter, where meters are counted. */
  meterHashes: Float64Array;
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

/** Bytes looked at beyond a range's end for the end of its last line, at first. */
const LOOK_AHEAD_BYTES = 8192;
const LF = 10;
const CR = 13;

const blocks = new BlockBuffer();
let buffer = new Uint8Array(0);
let spill = { directory: '', path: '', fd: -1, length: 0 };

/** The reader of the source that was read last: it keeps what it knows of the source's lines. */
let lastReader: { settings: string; reader: CmepReader } | null = null;

function readerFor(settings: CmepSettings, sink: CmepSink): CmepReader {
  const key = JSON.stringify(settings);
  if (lastReader?.settings !== key) lastReader = { settings: key, reader: new CmepReader(settings, sink) };
  lastReader.reader.setSink(sink);
  return lastReader.reader;
}

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
  readonly meters = new Set<number>();
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
    if (this.task.countsMeters) this.meters.add(hashOfMeter(bytes, record.meterIdFrom, record.meterIdTo));
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
  const fd = openSync(task.path, 'r');
  try {
    blocks.clear();
    const before = task.from > 0 ? 1 : 0;
    const start = task.from - before;
    const wanted = Math.min(task.to + LOOK_AHEAD_BYTES, task.fileBytes) - start;
    ensureBuffer(wanted + LINE_BYTES_MAX + LOOK_AHEAD_BYTES);
    let length = fill(fd, start, 0, wanted);
    const first = before === 0 ? 0 : recordStart(buffer, 0, length);
    const sink = new RangeSink(task, start);
    let lines = 0;
    if (first >= 0 && first + start < task.to) {
      const atEnd = task.to >= task.fileBytes;
      let last = atEnd ? length : recordStart(buffer, task.to - start - 1, length);
      for (const more of [LINE_BYTES_MAX, 1]) {
        // A CR at the very end of what was read may be half of a line end: one byte more tells.
        if (last >= 0 || start + length >= task.fileBytes) break;
        if (more === 1 && buffer[length - 1] !== CR) break;
        length += fill(fd, start + length, length, more);
        last = recordStart(buffer, task.to - start - 1, length);
      }
      if (last < 0 && start + length >= task.fileBytes) last = length;
      const reader = readerFor(task.settings, sink);
      if (last >= 0) lines = reader.read(buffer, first, last, 0, task.from === 0);
      else lines = readBeforeEndlessLine(fd, task, reader, first, length, start);
    }
    return finishRange(task, sink, lines);
  } finally {
    closeSync(fd);
  }
}

/** 53 bits of a meter id: two FNV-1a hashes with different beginnings. */
function hashOfMeter(bytes: Uint8Array, from: number, to: number): number {
  let high = 0x811c9dc5;
  let low = 0x1b873593;
  for (let at = from; at < to; at++) {
    high = Math.imul(high ^ bytes[at]!, 0x01000193);
    low = Math.imul(low ^ bytes[at]!, 0x01000193);
  }
  return (high >>> 11) * 2 ** 32 + (low >>> 0);
}

/** The last line goes on beyond the buffer: reads those before it, and rejects it whole. */
function readBeforeEndlessLine(
  fd: number,
  task: RangeTask,
  reader: CmepReader,
  first: number,
  length: number,
  start: number,
): number {
  let lineStart = length;
  while (lineStart > first && buffer[lineStart - 1] !== LF && buffer[lineStart - 1] !== CR) lineStart--;
  const lines = reader.read(buffer, first, lineStart, 0, task.from === 0);
  const piece = new Uint8Array(1 << 20);
  let end = start + length;
  for (;;) {
    const got = readSync(fd, piece, 0, piece.length, end);
    if (got === 0) break;
    let at = 0;
    while (at < got && piece[at] !== LF && piece[at] !== CR) at++;
    if (at === got) {
      end += got;
      continue;
    }
    end += at + 1;
    if (piece[at] === CR && byteAt(fd, end) === LF) end++;
    break;
  }
  reader.rejectOverlong(buffer, lineStart, end - (start + lineStart), lines + 1);
  return lines + 1;
}

/** The byte at a place of the file, or -1 beyond its end. */
function byteAt(fd: number, position: number): number {
  const one = new Uint8Array(1);
  return readSync(fd, one, 0, 1, position) === 1 ? one[0]! : -1;
}

/**
 * First place after `from` where a record begins: behind the first line end at or after `from`.
 * @returns -1 where there is none in the buffer
 */
function recordStart(bytes: Uint8Array, from: number, length: number): number {
  for (let at = from; at < length; at++) {
    if (bytes[at] === LF) return at + 1;
    if (bytes[at] === CR) {
      if (at + 1 >= length) return -1;
      return bytes[at + 1] === LF ? at + 2 : at + 1;
    }
  }
  return -1;
}

function ensureBuffer(bytes: number): void {
  const needed = bytes + READ_AHEAD_BYTES;
  if (buffer.length < needed) buffer = new Uint8Array(needed);
}

/** Reads up to `wanted` bytes at a position of the file into the buffer. @returns how many were there */
function fill(fd: number, position: number, at: number, wanted: number): number {
  let got = 0;
  while (got < wanted) {
    const n = readSync(fd, buffer, at + got, wanted - got, position + got);
    if (n === 0) break;
    got += n;
  }
  return got;
}

function finishRange(task: RangeTask, sink: RangeSink, lines: number): RangeResult {
  const partitionCount = Math.max(task.partitionLowers.length, 1);
  const { words, partitionStarts } = blocks.gather(partitionCount);
  const spillOffset = words.length > 0 ? appendToSpill(task.workDirectory, words) : 0;
  const rejects = Float64Array.from(sink.rejects);
  const keepsRejects = task.workDirectory !== '' && rejects.length > 0;
  const rejectOffset = keepsRejects ? appendToSpill(task.workDirectory, rejects) : 0;
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
    meterHashes: Float64Array.from(sink.meters),
    sum: sink.sum.total(),
    spillFile: spill.path,
    spillOffset,
    partitionStarts,
    rejectOffset,
    findings: sink.findings.pack(),
  };
}

/** Appends to this thread's file of blocks, which no other thread writes. @returns the offset */
function appendToSpill(directory: string, words: Int32Array | Float64Array): number {
  if (spill.directory !== directory) {
    if (spill.fd >= 0) closeSync(spill.fd);
    const name = `${process.pid}-${process.hrtime.bigint()}.blocks`;
    spill = { directory, path: `${directory}/${name}`, fd: -1, length: 0 };
    spill.fd = openSync(spill.path, 'wx', 0o600);
  }
  const offset = spill.length;
  const piece = new Uint8Array(words.buffer, words.byteOffset, words.byteLength);
  let written = 0;
  while (written < piece.length) written += writeSync(spill.fd, piece, written, piece.length - written);
  spill.length += piece.length;
  return offset;
}
