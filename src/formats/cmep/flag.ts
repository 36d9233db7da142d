import {
  FORM_BARE,
  FORM_GROUPS,
  FORM_MASK,
  LETTER_NONE,
  LETTERS,
  MASK_MAX,
  metaWord,
} from '../../model/quality.js';
import { FLAG_FORM_BARE, FLAG_FORM_GROUPS, FLAG_FORM_MASK } from './settings.js';

const BLANK = 32;
const MASK_DIGITS_MAX = 7;
/** `R 00 00` */
const GROUPS_BYTES = 7;
/** Number of the letter that a byte is; 0 where it is none. */
const LETTER_OF_BYTE = new Uint8Array(256);
for (const [number, letter] of LETTERS.entries())
  if (letter !== '') LETTER_OF_BYTE[letter.charCodeAt(0)] = number;

/**
 * Reads a quality flag into a meta word without decimals.
 * @param forms sum of FLAG_FORM_... that the dialect has
 * @param letters letters that the dialect has
 * @returns the meta word, or -1 where the dialect knows no such flag
 */
export function parseFlag(
  bytes: Uint8Array,
  from: number,
  to: number,
  forms: number,
  letters: string,
): number {
  if (from === to) return metaWord(0, LETTER_NONE);
  const letter = LETTER_OF_BYTE[bytes[from]!]!;
  if (letter === 0 || !hasByte(letters, bytes[from]!)) return -1;
  if (to - from === 1) return (forms & FLAG_FORM_BARE) !== 0 ? metaWord(0, letter, FORM_BARE) : -1;
  if (bytes[from + 1] === BLANK) {
    return (forms & FLAG_FORM_GROUPS) !== 0 ? parseGroups(bytes, from, to, letter) : -1;
  }
  return (forms & FLAG_FORM_MASK) !== 0 ? parseMask(bytes, from + 1, to, letter) : -1;
}

function hasByte(letters: string, byte: number): boolean {
  for (let i = 0; i < letters.length; i++) if (letters.charCodeAt(i) === byte) return true;
  return false;
}

function parseMask(bytes: Uint8Array, from: number, to: number, letter: number): number {
  const digits = to - from;
  if (digits > MASK_DIGITS_MAX) return -1;
  const mask = digitsToNumber(bytes, from, digits);
  return mask < 0 || mask > MASK_MAX ? -1 : metaWord(0, letter, FORM_MASK, digits, mask);
}

function parseGroups(bytes: Uint8Array, from: number, to: number, letter: number): number {
  if (to - from !== GROUPS_BYTES || bytes[from + 4] !== BLANK) return -1;
  const first = digitsToNumber(bytes, from + 2, 2);
  const second = digitsToNumber(bytes, from + 5, 2);
  return first < 0 || second < 0 ? -1 : metaWord(0, letter, FORM_GROUPS, 0, first * 100 + second);
}

function digitsToNumber(bytes: Uint8Array, from: number, count: number): number {
  let number = 0;
  for (let at = from; at < from + count; at++) {
    const digit = bytes[at]! - 48;
    if (digit < 0 || digit > 9) return -1;
    number = number * 10 + digit;
  }
  return number;
}
