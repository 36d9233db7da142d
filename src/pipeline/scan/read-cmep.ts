import { createReadStream } from 'node:fs';
import { type Finding, FindingBuffer, unpackFindings } from '../../conformance/finding-buffer.js';
import { findProfile, type Profile, readerSettings } from '../../conformance/profiles.js';
import { CmepReader, READ_AHEAD_BYTES } from '../../formats/cmep/reader.js';
import { LINE_BYTES_MAX } from '../../formats/cmep/settings.js';
import { DETECTION_BYTES, detectFormat } from '../../formats/detect.js';
import type { ReadFault, ReadRecord, ReadSink } from '../../formats/reads.js';
import { decimalsOf, flagText, NO_DECIMALS } from '../../model/quality.js';
import { parseZone } from '../../model/time.js';
import { COMMODITIES, UNITS } from '../../model/units.js';

/** The reads of one record. */
export interface CmepBlock {
  /** Line of the record, from 1. */
  line: number;
  meterId: string;
  /** As field 11 says: `KWH`, `KWHREG` ... */
  units: string;
  /** `E`, `G`, `W` or `S`. */
  commodity: string;
  /** Whether the record replaces what was sent before (purpose RESEND). */
  isResend: boolean;
  /** Creation of the record, minutes since 1970 UTC. */
  createdStamp: number;
  /** 0 where the record names none. */
  intervalMinutes: number;
  /** Calculation constant in 0.00001: 100000 where the record names none. */
  constant: number;
  /** Ends of the intervals, or times of the registers: minutes since 1970 UTC. */
  stamps: Int32Array;
  /** Whole numbers of 0.00001, exact; NaN where there is no value. */
  values: Float64Array;
  /** Decimals that each value came with; 0 where there is none. */
  decimals: Uint8Array;
  /** Quality flags as they came. */
  flags: string[];
}

export interface ReadCmepOptions {
  /** How the file is written; without it the first bytes decide. */
  profile?: Profile | undefined;
  /** Zone of the stamps, `UTC`, `EST` or `-05:00`; without it that of the profile. */
  timeZone?: string | undefined;
  /** Reference clock for stamps in the future, milliseconds since 1970; without it the system's. */
  nowMs?: number | undefined;
  /** Told of every finding about a record, in the order of the file. A record with an error has no block. */
  onFinding?: ((finding: Finding) => void) | undefined;
}

const PIECE_BYTES = 256 * 1024;
const LF = 10;
const CR = 13;

/**
 * Reads CMEP as a stream: one block for each record without an error, in the order of the file. Memory is
 * bounded by the size of a piece of the stream and of a line, whatever the length of either.
 * @param source path of a file, or its bytes in pieces of any length
 * @throws the system's error where the file cannot be read, or what the source throws
 */
export async function* readCmep(
  source: string | AsyncIterable<Uint8Array>,
  options: ReadCmepOptions = {},
): AsyncGenerator<CmepBlock> {
  const pieces =
    typeof source === 'string' ? createReadStream(source, { highWaterMark: PIECE_BYTES }) : source;
  const lines = new LineStream(options);
  for await (const piece of pieces) {
    for (let at = 0; at < piece.length; at += PIECE_BYTES) {
      yield* lines.add(piece.subarray(at, at + PIECE_BYTES));
    }
  }
  yield* lines.end();
}

/** Puts pieces together to whole lines, and reads these. */
class LineStream {
  private readonly buffer = new Uint8Array(LINE_BYTES_MAX + DETECTION_BYTES + PIECE_BYTES + READ_AHEAD_BYTES);
  private length = 0;
  private lines = 0;
  private isFirst = true;
  private reader: CmepReader | null = null;
  private readonly sink: BlockSink;
  /** Bytes of a line that is too long to be looked at, so far; -1 outside one. */
  private overlong = -1;

  constructor(private readonly options: ReadCmepOptions) {
    this.sink = new BlockSink(options.onFinding);
  }

  add(piece: Uint8Array): CmepBlock[] {
    this.buffer.set(piece, this.length);
    this.length += piece.length;
    const isToBeDetected = this.reader === null && this.options.profile === undefined;
    if (isToBeDetected && this.length < DETECTION_BYTES) return [];
    return this.readLines(false);
  }

  end(): CmepBlock[] {
    return this.readLines(true);
  }

  private readLines(isLast: boolean): CmepBlock[] {
    const { buffer } = this;
    this.reader ??= this.openReader();
    if (this.overlong >= 0) this.passOverlong(isLast);
    const end = this.overlong >= 0 ? 0 : isLast ? this.length : lastLineEnd(buffer, this.length);
    if (end > 0) {
      this.lines += this.reader.read(buffer, 0, end, this.lines, this.isFirst);
      this.isFirst = false;
      buffer.copyWithin(0, end, this.length);
      this.length -= end;
    }
    if (this.length > LINE_BYTES_MAX && this.overlong < 0) {
      // A CR at the end may be half of a line end: the byte behind it tells.
      const kept = buffer[this.length - 1] === CR ? 1 : 0;
      this.overlong = this.length - kept;
      buffer[0] = CR;
      this.length = kept;
    }
    return this.sink.take();
  }

  /** Passes over bytes of a line that is too long, and rejects it where it ends. */
  private passOverlong(isLast: boolean): void {
    const { buffer, length } = this;
    let at = 0;
    while (at < length && buffer[at] !== LF && buffer[at] !== CR) at++;
    if (!isLast && (at === length || (buffer[at] === CR && at + 1 === length))) {
      this.overlong += at;
      buffer.copyWithin(0, at, length);
      this.length -= at;
      return;
    }
    if (at < length) at += buffer[at] === CR && buffer[at + 1] === LF && at + 1 < length ? 2 : 1;
    this.reader!.rejectOverlong(buffer, 0, this.overlong + at, ++this.lines);
    buffer.copyWithin(0, at, length);
    this.length -= at;
    this.overlong = -1;
  }

  private openReader(): CmepReader {
    const { profile, timeZone, nowMs = Date.now() } = this.options;
    const detected = () => detectFormat(this.buffer.subarray(0, Math.min(this.length, DETECTION_BYTES)));
    const used = profile ?? findProfile(detected().profile || 'cmep-1.20')!;
    const zone = parseZone(timeZone ?? used.timeZone);
    if (zone === null) throw new TypeError(`no time zone: ${timeZone}; UTC, EST or an offset such as -05:00`);
    return new CmepReader(readerSettings(used, zone, Math.floor(nowMs / 60_000)), this.sink);
  }
}

/** Where the last line end of the buffer ends, or 0. A CR at the very end is none yet. */
function lastLineEnd(buffer: Uint8Array, length: number): number {
  for (let end = length; end > 0; end--) {
    if (buffer[end - 1] === LF || (buffer[end - 1] === CR && end < length)) return end;
  }
  return 0;
}

/** Keeps the blocks of the lines that were read last, and tells of the faults. */
class BlockSink implements ReadSink {
  private blocks: CmepBlock[] = [];
  private findings = new FindingBuffer(Number.POSITIVE_INFINITY);

  constructor(private readonly onFinding: ((finding: Finding) => void) | undefined) {}

  record(record: ReadRecord, bytes: Uint8Array): void {
    const { count, channel, metas } = record;
    const block: CmepBlock = {
      line: record.line,
      meterId: Buffer.from(bytes.subarray(record.meterIdFrom, record.meterIdTo)).toString('latin1'),
      units: UNITS[channel >> 2]!,
      commodity: COMMODITIES[channel & 3]!,
      isResend: record.resend,
      createdStamp: record.creationStamp,
      intervalMinutes: record.intervalMinutes,
      constant: record.constant,
      stamps: record.stamps.slice(0, count),
      values: record.values.slice(0, count),
      decimals: new Uint8Array(count),
      flags: Array.from({ length: count }, (_, i) => flagText(metas[i]!)),
    };
    for (let i = 0; i < count; i++) {
      const decimals = decimalsOf(metas[i]!);
      if (decimals === NO_DECIMALS) block.values[i] = Number.NaN;
      else block.decimals[i] = decimals;
    }
    this.blocks.push(block);
  }

  fault(fault: ReadFault, bytes: Uint8Array): void {
    if (this.onFinding === undefined) return;
    this.findings.addFault(fault.fault, fault, bytes, fault.textFrom - fault.start + 1);
  }

  rejected(): void {}

  passedOver(): void {}

  /** The blocks since the last call; the findings go where they are wanted. */
  take(): CmepBlock[] {
    const { blocks } = this;
    this.blocks = [];
    if (this.onFinding !== undefined) {
      for (const finding of unpackFindings(this.findings.pack(), 0)) this.onFinding(finding);
      this.findings = new FindingBuffer(Number.POSITIVE_INFINITY);
    }
    return blocks;
  }
}
