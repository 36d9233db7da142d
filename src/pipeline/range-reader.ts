import { closeSync, openSync, readSync } from 'node:fs';
import { CmepReader, READ_AHEAD_BYTES } from '../formats/cmep/reader.js';
import type { CmepSink } from '../formats/cmep/record.js';
import { type CmepSettings, LINE_BYTES_MAX } from '../formats/cmep/settings.js';

/** A piece of a CMEP file: all records that begin in `from` to `to - 1`. */
export interface FileRange {
  path: string;
  from: number;
  to: number;
  fileBytes: number;
  settings: CmepSettings;
}

/** Bytes looked at beyond a range's end for the end of its last line, at first. */
const LOOK_AHEAD_BYTES = 8192;
/** Bytes that are read and looked at at a time, within a range. */
const PIECE_BYTES = 256 * 1024;
const LF = 10;
const CR = 13;

let buffer = new Uint8Array(0);

/** The reader of the source that was read last: it keeps what it knows of the source's lines. */
let lastReader: { settings: string; reader: CmepReader } | null = null;

function readerFor(settings: CmepSettings, sink: CmepSink): CmepReader {
  const key = JSON.stringify(settings);
  if (lastReader?.settings !== key) lastReader = { settings: key, reader: new CmepReader(settings, sink) };
  lastReader.reader.setSink(sink);
  return lastReader.reader;
}

/** Offset in the file of the first byte of the buffer that the sink of a range is shown. */
export const bufferOffset = (range: FileRange): number => (range.from > 0 ? range.from - 1 : 0);

/**
 * Reads the records of one range and tells the sink of them; places are in a buffer that begins at
 * `bufferOffset` of the file, lines count from 1 in the range.
 * @returns how many lines the range has
 * @throws the system's error where the file cannot be read
 */
export function readRange(range: FileRange, sink: CmepSink): number {
  const fd = openSync(range.path, 'r');
  try {
    const start = bufferOffset(range);
    const wanted = Math.min(range.to + LOOK_AHEAD_BYTES, range.fileBytes) - start;
    ensureBuffer(wanted + LINE_BYTES_MAX + LOOK_AHEAD_BYTES);
    const reader = readerFor(range.settings, sink);
    const inPieces = readPieces(fd, range, reader, start);
    let { length } = inPieces;
    length += fill(fd, start + length, length, wanted - length);
    const first = inPieces.next >= 0 ? inPieces.next : recordStart(buffer, 0, length);
    if (first < 0 || first + start >= range.to) return inPieces.lines;
    const atEnd = range.to >= range.fileBytes;
    let last = atEnd ? length : recordStart(buffer, range.to - start - 1, length);
    for (const more of [LINE_BYTES_MAX, 1]) {
      // A CR at the very end of what was read may be half of a line end: one byte more tells.
      if (last >= 0 || start + length >= range.fileBytes) break;
      if (more === 1 && buffer[length - 1] !== CR) break;
      length += fill(fd, start + length, length, more);
      last = recordStart(buffer, range.to - start - 1, length);
    }
    if (last < 0 && start + length >= range.fileBytes) last = length;
    const { lines } = inPieces;
    if (last >= 0) return lines + reader.read(buffer, first, last, lines, range.from + first === 0);
    return readBeforeEndlessLine(fd, range.from + first === 0, reader, first, length, start, lines);
  } finally {
    closeSync(fd);
  }
}

/**
 * Reads the lines of a range that end well before its end, a piece of the file at a time: what was just
 * copied from the file is then still in the processor's cache.
 * @returns bytes that are in the buffer, where the next record begins in it (-1 = not known), lines read
 */
function readPieces(
  fd: number,
  range: FileRange,
  reader: CmepReader,
  start: number,
): { length: number; next: number; lines: number } {
  let next = range.from === 0 ? 0 : -1;
  let length = 0;
  let lines = 0;
  while (start + length + PIECE_BYTES <= range.to) {
    const got = fill(fd, start + length, length, PIECE_BYTES);
    length += got;
    if (got < PIECE_BYTES) break;
    if (next < 0) next = recordStart(buffer, 0, length);
    if (next < 0) continue;
    let end = length;
    const least = Math.max(next, length - got);
    while (end > least && buffer[end - 1] !== LF) end--;
    if (end === least) continue;
    lines += reader.read(buffer, next, end, lines, range.from + next === 0);
    next = end;
  }
  return { length, next, lines };
}

/** The last line goes on beyond the buffer: reads those before it, and rejects it whole. */
function readBeforeEndlessLine(
  fd: number,
  firstOfFile: boolean,
  reader: CmepReader,
  first: number,
  length: number,
  start: number,
  linesBefore: number,
): number {
  let lineStart = length;
  while (lineStart > first && buffer[lineStart - 1] !== LF && buffer[lineStart - 1] !== CR) lineStart--;
  const lines = linesBefore + reader.read(buffer, first, lineStart, linesBefore, firstOfFile);
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
