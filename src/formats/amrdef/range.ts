import type { RangeBounds, RangeEnd, RangeReader, RangeSink, RangeSource } from '../range.js';
import { AmrdefReader } from './reader.js';
import type { AmrdefSettings } from './settings.js';
import { TAG_BYTES_MAX } from './xml-limits.js';

/** Bytes read at a time; what is left of a tag before them comes on top. */
const PIECE_BYTES = 256 * 1024;
const OPENING = Buffer.from('<MeterReadings', 'latin1');
/** What may follow the name in a start tag. */
const AFTER_NAME = [0x20, 0x09, 0x0a, 0x0d, 0x2f, 0x3e];

let buffer = new Uint8Array(0);

/**
 * Reads ranges of AMRDEF files, which are cut at `<MeterReadings`. In a comment these bytes are no element, and
 * an element of that name may stand deeper. So where a range begins is a guess, and the end of a range is read,
 * not guessed: it is the first `MeterReadings` of the root behind the range. Where the two differ, the range
 * that began wrong is read again.
 */
export class AmrdefRangeReader implements RangeReader {
  private reader: AmrdefReader | null = null;

  constructor(private readonly settings: AmrdefSettings) {}

  readRange(source: RangeSource, bounds: RangeBounds, sink: RangeSink): RangeEnd {
    const { to } = bounds;
    const { sizeBytes } = source;
    sink.fileOffset = 0;
    if (buffer.length === 0) buffer = new Uint8Array(PIECE_BYTES + TAG_BYTES_MAX);
    const start = bounds.startsAt ?? (bounds.from === 0 ? 0 : openingIn(source, bounds.from, to));
    if (start >= to && sizeBytes > 0) return nothing();
    const reader = this.readerFor(sink);
    if (start === 0) reader.begin();
    else reader.beginInRoot(start);
    reader.stopAt(to >= sizeBytes ? Number.POSITIVE_INFINITY : to);
    const end = readOn(source, reader, start);
    const { failure, line, lineOffset } = reader.xml;
    reader.fail(sizeBytes);
    return {
      start,
      end: failure === null && end < sizeBytes ? end : Number.POSITIVE_INFINITY,
      lines: line - 1,
      lastLineBytes: end - lineOffset,
      refusal: failure?.isDoctype ? `${failure.what}, line ${line} (amrdef/doctype)` : '',
    };
  }

  private readerFor(sink: RangeSink): AmrdefReader {
    this.reader ??= new AmrdefReader(this.settings, sink);
    this.reader.setSink(sink);
    return this.reader;
  }
}

function nothing(): RangeEnd {
  return { start: Number.POSITIVE_INFINITY, end: 0, lines: 0, lastLineBytes: 0, refusal: '' };
}

/** Moves the buffer along the file until the reader stops. @returns how far it came */
function readOn(source: RangeSource, reader: AmrdefReader, start: number): number {
  const { sizeBytes } = source;
  let base = start;
  let length = 0;
  for (;;) {
    const wanted = Math.min(PIECE_BYTES, sizeBytes - base - length);
    const got = source.read(buffer, length, wanted, base + length);
    length += got;
    // A file that got shorter while it is read ends where it ends.
    const isLast = base + length >= sizeBytes || got === 0;
    const at = reader.read(buffer, 0, length, base, isLast);
    if (reader.xml.failure !== null || reader.xml.isStopped || isLast) return base + at;
    buffer.copyWithin(0, at, length);
    base += at;
    length -= at;
  }
}

/** The first place in `from` to `to - 1` where `<MeterReadings` stands as a tag, or infinite. */
function openingIn(source: RangeSource, from: number, to: number): number {
  const view = Buffer.from(buffer.buffer, buffer.byteOffset, buffer.length);
  for (let base = from; base < to; base += PIECE_BYTES) {
    const length = source.read(buffer, 0, PIECE_BYTES + OPENING.length, base);
    for (let at = view.indexOf(OPENING); at >= 0; at = view.indexOf(OPENING, at + 1)) {
      if (at + OPENING.length >= length || base + at >= to) break;
      if (AFTER_NAME.includes(buffer[at + OPENING.length]!)) return base + at;
    }
  }
  return Number.POSITIVE_INFINITY;
}
