import type { ScanKernel } from '../../kernel/scan-kernel.js';
import type { RangeBounds, RangeEnd, RangeReader, RangeSink, RangeSource } from '../range.js';
import { CmepReader, READ_AHEAD_BYTES } from './reader.js';
import { type CmepSettings, LINE_BYTES_MAX } from './settings.js';

/** Bytes looked at beyond a range's end for the end of its last line, at first. */
const LOOK_AHEAD_BYTES = 8192;
/** Bytes that are read and looked at at a time, within a range; and when the end of a long line is looked for. */
const PIECE_BYTES = 256 * 1024;
const SEARCH_BYTES = 1 << 20;
const LF = 10;
const CR = 13;

let own = new Uint8Array(0);

/** Reads ranges of CMEP files, which are cut at line ends. */
export class CmepRangeReader implements RangeReader {
  private reader: CmepReader | null = null;

  /** @param alwaysCareful leaves the quick path out: for the test that compares both */
  constructor(
    private readonly settings: CmepSettings,
    private readonly alwaysCareful = false,
  ) {}

  readRange(source: RangeSource, bounds: RangeBounds, sink: RangeSink): RangeEnd {
    const lines = this.readLines(source, bounds, sink);
    return { start: bounds.from, end: bounds.to, lines, lastLineBytes: 0, refusal: '' };
  }

  private readLines(source: RangeSource, bounds: RangeBounds, sink: RangeSink): number {
    const { from, to } = bounds;
    const { sizeBytes } = source;
    const reader = this.readerFor(sink);
    const wanted = Math.min(to + LOOK_AHEAD_BYTES, sizeBytes) - from + 1;
    const buffer = new RangeBuffer(sink, from, wanted + LINE_BYTES_MAX + LOOK_AHEAD_BYTES);
    const { lines, next } = readPieces(source, bounds, reader, buffer);
    const { bytes, start } = buffer;
    buffer.fill(source, Math.min(to + LOOK_AHEAD_BYTES, sizeBytes) - start - buffer.length);
    const first = next >= 0 ? next : recordStart(bytes, 0, buffer.length);
    if (first < 0 || first + start >= to) return lines;
    let last = to >= sizeBytes ? buffer.length : recordStart(bytes, to - start - 1, buffer.length);
    for (const more of [LINE_BYTES_MAX, 1]) {
      // A CR at the very end of what was read may be half of a line end: one byte more tells.
      if (last >= 0 || start + buffer.length >= sizeBytes) break;
      if (more === 1 && bytes[buffer.length - 1] !== CR) break;
      buffer.fill(source, more);
      last = recordStart(bytes, to - start - 1, buffer.length);
    }
    if (last < 0 && start + buffer.length >= sizeBytes) last = buffer.length;
    if (last >= 0) return lines + reader.read(bytes, first, last, lines, start + first === 0);
    return readBeforeEndlessLine(source, reader, first, lines, buffer);
  }

  /** The reader keeps what it knows of the source's lines. */
  private readerFor(sink: RangeSink): CmepReader {
    this.reader ??= new CmepReader(this.settings, sink, this.alwaysCareful);
    this.reader.setSink(sink, sink.bulk);
    return this.reader;
  }
}

/** The bytes of a range: in the kernel's memory, which may move while they are read, or in that of this thread. */
class RangeBuffer {
  /** Offset in the file of the first byte: the one before a range tells whether a line begins there. */
  start = 0;
  length = 0;
  private readonly kernel: ScanKernel | null;

  /** @param bytesMax room for so many, and for looking ahead behind them */
  constructor(
    private readonly sink: RangeSink,
    from: number,
    bytesMax: number,
  ) {
    this.kernel = sink.bulk?.kernel ?? null;
    this.moveTo(Math.max(from - 1, 0));
    if (this.kernel !== null) this.kernel.reserveInput(bytesMax);
    else if (own.length < bytesMax + READ_AHEAD_BYTES) own = new Uint8Array(bytesMax + READ_AHEAD_BYTES);
  }

  get bytes(): Uint8Array {
    return this.kernel === null ? own : this.kernel.input;
  }

  /** Appends bytes of the file. @returns how many there were */
  fill(source: RangeSource, bytes: number): number {
    const got = source.read(this.bytes, this.length, bytes, this.start + this.length);
    this.length += got;
    return got;
  }

  /** Forgets the bytes before a place. */
  forget(before: number): void {
    this.bytes.copyWithin(0, before, this.length);
    this.length -= before;
    this.moveTo(this.start + before);
  }

  private moveTo(start: number): void {
    this.start = start;
    this.sink.fileOffset = start;
  }
}

/**
 * Reads the lines of a range that end well before its end, a piece of the file at a time. What was read makes way
 * for the next piece: so all of it stays in the processor's cache.
 * @returns where the next record begins in the buffer (-1 = not known), lines read
 */
function readPieces(
  source: RangeSource,
  { from, to }: RangeBounds,
  reader: CmepReader,
  buffer: RangeBuffer,
): { next: number; lines: number } {
  let next = from === 0 ? 0 : -1;
  let lines = 0;
  while (buffer.start + buffer.length + PIECE_BYTES <= to) {
    const { length, bytes } = buffer;
    const got = buffer.fill(source, PIECE_BYTES);
    if (got < PIECE_BYTES) break;
    if (next < 0) next = recordStart(bytes, 0, buffer.length);
    if (next < 0) continue;
    let end = buffer.length;
    const least = Math.max(next, length);
    while (end > least && bytes[end - 1] !== LF) end--;
    if (end === least) continue;
    lines += reader.read(bytes, next, end, lines, buffer.start + next === 0);
    buffer.forget(end - 1);
    next = 1;
  }
  return { next, lines };
}

/** The last line goes on beyond the buffer: reads those before it, and rejects it whole. */
function readBeforeEndlessLine(
  source: RangeSource,
  reader: CmepReader,
  first: number,
  linesBefore: number,
  buffer: RangeBuffer,
): number {
  const { bytes, start, length } = buffer;
  let lineStart = length;
  while (lineStart > first && bytes[lineStart - 1] !== LF && bytes[lineStart - 1] !== CR) lineStart--;
  const lines = linesBefore + reader.read(bytes, first, lineStart, linesBefore, start + first === 0);
  const piece = new Uint8Array(SEARCH_BYTES);
  let end = start + length;
  for (;;) {
    const got = source.read(piece, 0, piece.length, end);
    if (got === 0) break;
    let at = 0;
    while (at < got && piece[at] !== LF && piece[at] !== CR) at++;
    if (at === got) {
      end += got;
      continue;
    }
    end += at + 1;
    if (piece[at] === CR && byteAt(source, end) === LF) end++;
    break;
  }
  reader.rejectOverlong(buffer.bytes, lineStart, end - (start + lineStart), lines + 1);
  return lines + 1;
}

/** The byte at a place of the file, or -1 beyond its end. */
function byteAt(source: RangeSource, position: number): number {
  const one = new Uint8Array(1);
  return source.read(one, 0, 1, position) === 1 ? one[0]! : -1;
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
