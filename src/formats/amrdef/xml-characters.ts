/**
 * Characters of XML 1.0 (fifth edition) in UTF-8. What a byte below 0x80 may be stands in `BYTE_KIND`; a
 * longer character is decoded where it stands.
 */

export const IS_SPACE = 1;
export const IS_NAME_START = 2;
export const IS_NAME = 4;
/** A byte that an attribute value may have as it is, and that means nothing there. */
export const IS_PLAIN_VALUE = 8;
/** A character of its own that XML allows at all. */
export const IS_ALLOWED = 16;

const NAME_MARKS = [0x3a, 0x5f];
const NAME_MARKS_WITHIN = [0x2d, 0x2e];
const SPACES = [9, 10, 13, 32];
/** `"`, `&`, `'` and `<` have a meaning in an attribute value. */
const VALUE_MARKS = [0x22, 0x26, 0x27, 0x3c];

/** Sum of the kinds above for each byte; 0 for those from 0x80 on. */
export const BYTE_KIND = Uint8Array.from({ length: 256 }, (_, byte) => {
  if (byte > 0x7f) return 0;
  if (SPACES.includes(byte)) return IS_SPACE | IS_ALLOWED | (byte === 32 ? IS_PLAIN_VALUE : 0);
  if (byte < 32) return 0;
  let kind = IS_ALLOWED | (VALUE_MARKS.includes(byte) ? 0 : IS_PLAIN_VALUE);
  const isLetter = (byte >= 0x41 && byte <= 0x5a) || (byte >= 0x61 && byte <= 0x7a);
  const isDigit = byte >= 0x30 && byte <= 0x39;
  if (isLetter || NAME_MARKS.includes(byte)) kind |= IS_NAME_START | IS_NAME;
  if (isDigit || NAME_MARKS_WITHIN.includes(byte)) kind |= IS_NAME;
  return kind;
});

/** Ranges of XML 1.0 [4] and [4a] above 0x7F. */
const NAME_START_RANGES = [
  [0xc0, 0xd6],
  [0xd8, 0xf6],
  [0xf8, 0x2ff],
  [0x370, 0x37d],
  [0x37f, 0x1fff],
  [0x200c, 0x200d],
  [0x2070, 0x218f],
  [0x2c00, 0x2fef],
  [0x3001, 0xd7ff],
  [0xf900, 0xfdcf],
  [0xfdf0, 0xfffd],
  [0x10000, 0xeffff],
] as const;
const NAME_RANGES = [[0xb7, 0xb7], [0x300, 0x36f], [0x203f, 0x2040], ...NAME_START_RANGES] as const;

/** Whether a character above 0x7F may stand in a name. */
export function isNameCharacter(code: number, isFirst: boolean): boolean {
  const ranges = isFirst ? NAME_START_RANGES : NAME_RANGES;
  return ranges.some(([from, to]) => code >= from && code <= to);
}

/** Whether XML 1.0 [2] allows a character. */
export function isXmlCharacter(code: number): boolean {
  if (code < 0x20) return code === 9 || code === 10 || code === 13;
  return code <= 0xd7ff || (code >= 0xe000 && code <= 0xfffd) || (code >= 0x10000 && code <= 0x10ffff);
}

/** What `longCharacter` says instead of a length. */
export const BAD_CHARACTER = 0;
export const CUT_CHARACTER = -1;

/** Code point of the character that `longCharacter` read last. */
export let longCode = 0;

/**
 * Reads a character of two to four bytes, and leaves its code in `longCode`.
 * @param at its first byte, 0x80 or more
 * @param to end of what is there
 * @returns its length; BAD_CHARACTER where it is no UTF-8 or no character of XML; CUT_CHARACTER where it goes
 *   on beyond `to`
 */
export function longCharacter(bytes: Uint8Array, at: number, to: number): number {
  const first = bytes[at]!;
  const length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4) return BAD_CHARACTER;
  let code = first & (0xff >> (length + 1));
  for (let i = 1; i < length; i++) {
    if (at + i >= to) return CUT_CHARACTER;
    const next = bytes[at + i]!;
    if ((next & 0xc0) !== 0x80) return BAD_CHARACTER;
    code = (code << 6) | (next & 0x3f);
  }
  longCode = code;
  const least = length === 4 ? 0x10000 : length === 3 ? 0x800 : 0x80;
  return code >= least && isXmlCharacter(code) ? length : BAD_CHARACTER;
}
