import type { BulkSink, RangeBounds, RangeEnd, RangeReader, RangeSink, RangeSource } from '../range.js';
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
    const start = bounds.from > 0 ? bounds.from - 1 : 0;
    sink.fileOffset = start;
    const lines = this.readLines(source, bounds, start, sink);
    return { start: bounds.from, end: bounds.to, lines, lastLineBytes: 0, refusal: '' };
  }

  /** @param start offset in the file of the buffer: the byte before the range tells whether a line begins there */
  private readLines(source: RangeSource, bounds: RangeBounds, start: number, sink: RangeSink): number {
    const { from, to } = bounds;
    const { sizeBytes } = source;
    const wanted = Math.min(to + LOOK_AHEAD_BYTES, sizeBytes) - start;
    const reader = this.readerFor(sink);
    const buffer = new RangeBuffer(sink.bulk ?? null, wanted + LINE_BYTES_MAX + LOOK_AHEAD_BYTES);
    const inPieces = readPieces(source, bounds, reader, start, buffer);
    const { lines } = inPieces;
    let { length } = inPieces;
    // Nothing is read to blocks from here to `reader.read`: the bytes stay where they are.
    const { bytes } = buffer;
    length += source.read(bytes, length, wanted - length, start + length);
    const first = inPieces.next >= 0 ? inPieces.next : recordStart(bytes, 0, length);
    if (first < 0 || first + start >= to) return lines;
    let last = to >= sizeBytes ? length : recordStart(bytes, to - start - 1, length);
    for (const more of [LINE_BYTES_MAX, 1]) {
      // A CR at the very end of what was read may be half of a line end: one byte more tells.
      if (last >= 0 || start + length >= sizeBytes) break;
      if (more === 1 && bytes[length - 1] !== CR) break;
      length += source.read(bytes, length, more, start + length);
      last = recordStart(bytes, to - start - 1, length);
    }
    if (last < 0 && start + length >= sizeBytes) last = length;
    if (last >= 0) return lines + reader.read(bytes, first, last, lines, from + first === 0);
    return readBeforeEndlessLine(source, from + first === 0, reader, first, length, start, lines, buffer);
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
  /** @param bytes room for so many, and for looking ahead behind them */
  constructor(
    private readonly bulk: BulkSink | null,
    bytes: number,
  ) {
    if (bulk !== null) bulk.kernel.reserveInput(bytes);
    else if (own.length < bytes + READ_AHEAD_BYTES) own = new Uint8Array(bytes + READ_AHEAD_BYTES);
  }

  get bytes(): Uint8Array {
    return this.bulk === null ? own : this.bulk.kernel.input;
  }
}

/**
 * Reads the lines of a range that end well before its end, a piece of the file at a time: what was just
 * copied from the file is then still in the processor's cache.
 * @returns bytes that are in the buffer, where the next record begins in it (-1 = not known), lines read
 */
function readPieces(
  source: RangeSource,
  { from, to }: RangeBounds,
  reader: CmepReader,
  start: number,
  buffer: RangeBuffer,
): { length: number; next: number; lines: number } {
  let next = from === 0 ? 0 : -1;
  let length = 0;
  let lines = 0;
  while (start + length + PIECE_BYTES <= to) {
    const { bytes } = buffer;
    const got = source.read(bytes, length, PIECE_BYTES, start + length);
    length += got;
    if (got < PIECE_BYTES) break;
    if (next < 0) next = recordStart(bytes, 0, length);
    if (next < 0) continue;
    let end = length;
    const least = Math.max(next, length - got);
    while (end > least && bytes[end - 1] !== LF) end--;
    if (end === least) continue;
    lines += reader.read(bytes, next, end, lines, from + next === 0);
    next = end;
  }
  return { length, next, lines };
}

/** The last line goes on beyond the buffer: reads those before it, and rejects it whole. */
function readBeforeEndlessLine(
  source: RangeSource,
  firstOfFile: boolean,
  reader: CmepReader,
  first: number,
  length: number,
  start: number,
  linesBefore: number,
  buffer: RangeBuffer,
): number {
  const { bytes } = buffer;
  let lineStart = length;
  while (lineStart > first && bytes[lineStart - 1] !== LF && bytes[lineStart - 1] !== CR) lineStart--;
  const lines = linesBefore + reader.read(bytes, first, lineStart, linesBefore, firstOfFile);
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
