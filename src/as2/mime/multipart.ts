import type { ByteRange } from '../byte-range.js';
import { MessageFault } from '../faults.js';

/** RFC 2046 allows 70; more is taken. */
const BOUNDARY_BYTES_MAX = 256;
/** Parts of a multipart entity: a message has two, a receipt has three. */
const PARTS_MAX = 20;
/** Places that look like a boundary and are none; a sender that means well has next to none. */
const FALSE_BOUNDARIES_MAX = 1000;
/** Blanks that may follow a boundary on its line. */
const PADDING_BYTES_MAX = 256;
/** What may follow a boundary: blanks, and the end of its line or of all. */
const PADDING = new RegExp(`^[ \\t]{0,${PADDING_BYTES_MAX}}(?:\\r?\\n|$)`);

interface Delimiter {
  /** Where the line end before the boundary begins: it belongs to the boundary. */
  from: number;
  /** Where the line after the boundary begins. */
  to: number;
  isLast: boolean;
}

/**
 * The parts of a multipart body, exact to the byte (RFC 2046, 5.1). A body that ends without the closing
 * boundary has its last part up to the end.
 * @throws MessageFault unexpected-processing-error
 */
export async function partsOf(body: ByteRange, boundary: string | undefined): Promise<ByteRange[]> {
  if (boundary === undefined || boundary === '' || boundary.length > BOUNDARY_BYTES_MAX)
    throw new MessageFault('unexpected-processing-error', 'a multipart message names no usable boundary');
  const parts: ByteRange[] = [];
  let partAt = -1;
  for await (const delimiter of delimiters(body, Buffer.from(`--${boundary}`, 'latin1'))) {
    if (partAt >= 0) parts.push(body.slice(partAt, Math.max(partAt, delimiter.from)));
    if (parts.length > PARTS_MAX)
      throw new MessageFault('unexpected-processing-error', `a message has more than ${PARTS_MAX} parts`);
    partAt = delimiter.isLast ? -1 : delimiter.to;
    if (delimiter.isLast) break;
  }
  if (partAt >= 0) parts.push(body.slice(partAt));
  return parts;
}

async function* delimiters(body: ByteRange, needle: Buffer): AsyncGenerator<Delimiter> {
  let at = 0;
  let falseOnes = 0;
  for await (const found of occurrences(body, needle)) {
    if (found < at) continue;
    const delimiter = await delimiterAt(body, found, needle);
    if (delimiter !== null) {
      at = delimiter.to;
      yield delimiter;
    } else if (++falseOnes > FALSE_BOUNDARIES_MAX)
      throw new MessageFault(
        'unexpected-processing-error',
        'the boundary of a message is all over its content',
      );
  }
}

/** Places of the bytes in the body, in order. */
async function* occurrences(body: ByteRange, needle: Buffer): AsyncGenerator<number> {
  const overlap = needle.length - 1;
  let carried: Buffer = Buffer.alloc(0);
  let pieceAt = 0;
  for await (const piece of body.pieces()) {
    // Places that begin in what came before are looked for in a small buffer, the piece itself is not copied.
    const seam = Buffer.concat([carried, piece.subarray(0, overlap)]);
    for (let at = seam.indexOf(needle); at !== -1; at = seam.indexOf(needle, at + 1))
      yield pieceAt - carried.length + at;
    for (let at = piece.indexOf(needle); at !== -1; at = piece.indexOf(needle, at + 1)) yield pieceAt + at;
    pieceAt += piece.length;
    const kept = Buffer.concat([carried, piece.subarray(-overlap)]);
    carried = Buffer.from(kept.subarray(Math.max(0, kept.length - overlap)));
  }
}

/** Whether a boundary stands by itself on a line: only blanks follow, or two dashes and anything. */
async function delimiterAt(body: ByteRange, found: number, needle: Buffer): Promise<Delimiter | null> {
  const before = await body.read(Math.max(0, found - 2), Math.min(2, found));
  if (found > 0 && before.at(-1) !== 0x0a) return null;
  const lineEnd = before.length === 2 && before[0] === 0x0d ? 2 : before.length === 0 ? 0 : 1;
  const from = found - lineEnd;
  const after = (await body.read(found + needle.length, 2 + PADDING_BYTES_MAX)).toString('latin1');
  if (after.startsWith('--')) return { from, to: body.sizeBytes, isLast: true };
  const padding = PADDING.exec(after);
  return padding === null ? null : { from, to: found + needle.length + padding[0].length, isLast: false };
}
