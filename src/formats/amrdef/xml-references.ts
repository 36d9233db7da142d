import { isXmlCharacter } from './xml-characters.js';
import { REFERENCE_BYTES_MAX } from './xml-limits.js';
import { isSame } from './xml-names.js';

const TAB = 9;
const LF = 10;
const CR = 13;
const BLANK = 32;
const HASH = 0x23;
const AMPERSAND = 0x26;
const SEMICOLON = 0x3b;
const LETTER_X = 0x78;

/** The five entities of XML; no others can be, since a DOCTYPE is refused. */
const ENTITIES = (
  [
    ['amp', 0x26],
    ['lt', 0x3c],
    ['gt', 0x3e],
    ['quot', 0x22],
    ['apos', 0x27],
  ] as const
).map(([name, code]) => ({ name: Uint8Array.from(Buffer.from(name, 'latin1')), code }));

/** Code of the character that `referenceEnd` read last. */
export let referenceCode = 0;

/** What `referenceEnd` says instead of a place. */
export const BAD_REFERENCE = -1;
export const CUT_REFERENCE = -2;

/**
 * Reads a reference, `&amp;` or `&#38;` or `&#x26;`, and leaves the character's code in `referenceCode`.
 * @param at the `&`
 * @returns the place behind the `;`; BAD_REFERENCE; CUT_REFERENCE where it goes on beyond `to`
 */
export function referenceEnd(bytes: Uint8Array, at: number, to: number): number {
  const last = Math.min(to, at + REFERENCE_BYTES_MAX);
  let end = at + 1;
  while (end < last && bytes[end] !== SEMICOLON) end++;
  if (end === last) return last === to && to < at + REFERENCE_BYTES_MAX ? CUT_REFERENCE : BAD_REFERENCE;
  referenceCode = bytes[at + 1] === HASH ? numberOf(bytes, at + 2, end) : entity(bytes, at + 1, end);
  return referenceCode < 0 ? BAD_REFERENCE : end + 1;
}

function entity(bytes: Uint8Array, from: number, to: number): number {
  for (const { name, code } of ENTITIES) if (isSame(name, bytes, from, to)) return code;
  return -1;
}

function numberOf(bytes: Uint8Array, from: number, to: number): number {
  const isHex = bytes[from] === LETTER_X;
  const first = isHex ? from + 1 : from;
  if (first === to) return -1;
  let code = 0;
  for (let at = first; at < to; at++) {
    const byte = bytes[at]!;
    const letter = byte | 0x20;
    if (byte >= 0x30 && byte <= 0x39) code = code * (isHex ? 16 : 10) + byte - 0x30;
    else if (isHex && letter >= 0x61 && letter <= 0x66) code = code * 16 + letter - 0x57;
    else return -1;
  }
  return isXmlCharacter(code) ? code : -1;
}

/**
 * Puts the meaning of an attribute value where its text is: references resolved, line ends and tabs as blanks
 * (XML 1.0, 3.3.3). No reference is shorter than its character, so the text never grows.
 * @param from first byte of a value that the tokenizer found well formed
 * @returns where the meaning ends
 */
export function resolveInPlace(bytes: Uint8Array, from: number, to: number): number {
  let target = from;
  for (let at = from; at < to; ) {
    const byte = bytes[at]!;
    if (byte === AMPERSAND) {
      at = referenceEnd(bytes, at, to);
      target = putCharacter(bytes, target, referenceCode);
      continue;
    }
    at += byte === CR && at + 1 < to && bytes[at + 1] === LF ? 2 : 1;
    bytes[target++] = byte === TAB || byte === LF || byte === CR ? BLANK : byte;
  }
  return target;
}

function putCharacter(bytes: Uint8Array, at: number, code: number): number {
  let next = at;
  if (code < 0x80) bytes[next++] = code;
  else if (code < 0x800) {
    bytes[next++] = 0xc0 | (code >> 6);
    bytes[next++] = 0x80 | (code & 0x3f);
  } else if (code < 0x10000) {
    bytes[next++] = 0xe0 | (code >> 12);
    bytes[next++] = 0x80 | ((code >> 6) & 0x3f);
    bytes[next++] = 0x80 | (code & 0x3f);
  } else {
    bytes[next++] = 0xf0 | (code >> 18);
    bytes[next++] = 0x80 | ((code >> 12) & 0x3f);
    bytes[next++] = 0x80 | ((code >> 6) & 0x3f);
    bytes[next++] = 0x80 | (code & 0x3f);
  }
  return next;
}
