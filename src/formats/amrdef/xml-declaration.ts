import { BYTE_KIND, IS_SPACE } from './xml-characters.js';
import { DECLARATION_BYTES_MAX } from './xml-limits.js';

const GREATER = 0x3e;
const BYTE_ORDER_MARK = Uint8Array.of(0xef, 0xbb, 0xbf);
const OPENING = Uint8Array.from(Buffer.from('<?xml', 'latin1'));

const S = '[ \\t\\r\\n]';
const assigned = (pattern: string) => `${S}*=${S}*(?:"${pattern}"|'${pattern}')`;
const DECLARATION = new RegExp(
  `^<\\?xml${S}+version${assigned('1\\.[0-9]+')}` +
    `(?:${S}+encoding${assigned('[A-Za-z][A-Za-z0-9._-]*')})?` +
    `(?:${S}+standalone${assigned('(?:yes|no)')})?${S}*\\?>$`,
);

/** What `startEnd` says instead of a place. */
export const START_CUT = -1;
export const START_BAD = -2;

/**
 * Reads what may stand before all else in a document: a byte order mark, and the XML declaration.
 * @returns where the rest begins; START_CUT where more bytes are wanted; START_BAD for a wrong declaration
 */
export function startEnd(bytes: Uint8Array, from: number, to: number, isLast: boolean): number {
  const marks = sharedLength(bytes, from, to, BYTE_ORDER_MARK);
  if (marks < BYTE_ORDER_MARK.length && from + marks === to && !isLast) return START_CUT;
  const first = marks === BYTE_ORDER_MARK.length ? from + marks : from;
  const shared = sharedLength(bytes, first, to, OPENING);
  const next = first + shared;
  if (next === to && !isLast) return START_CUT;
  if (shared < OPENING.length || next === to || (BYTE_KIND[bytes[next]!]! & IS_SPACE) === 0) return first;
  const last = Math.min(to, first + DECLARATION_BYTES_MAX);
  let end = next;
  while (end < last && bytes[end] !== GREATER) end++;
  if (end === last) return to < first + DECLARATION_BYTES_MAX && !isLast ? START_CUT : START_BAD;
  const text = String.fromCharCode(...bytes.subarray(first, end + 1));
  return DECLARATION.test(text) ? end + 1 : START_BAD;
}

/** How many bytes of `text` stand at a place. */
function sharedLength(bytes: Uint8Array, from: number, to: number, text: Uint8Array): number {
  let length = 0;
  while (length < text.length && from + length < to && bytes[from + length] === text[length]) length++;
  return length;
}
