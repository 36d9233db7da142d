/** Reading values: plain decimals, as whole numbers of 0.00001 (`model/decimal`). */

const DOT: i32 = 46;
const ZERO: i32 = 48;
const DECIMALS_MAX: i32 = 5;
/** A double holds as many digits exactly. */
const EXACT_DIGITS_MAX: i32 = 15;
/** Largest magnitude of a value (`model/decimal`). */
const VALUE_MAX: i64 = 999_999_999_999_999;

/** Eight bytes of one value. */
const ONES: u64 = ((<u64>0x01010101) << 32) | 0x01010101;
export const EIGHT_ZEROS: u64 = ONES * 0x30;
export const LOW_BITS: u64 = ONES * 0x7f;
const HIGH_BITS: u64 = ONES * 0x80;
/** Added to a byte of 10 to 127, it sets the highest bit. */
export const ABOVE_NINE: u64 = ONES * 0x76;
/** Of pairs of digits that were put together, one in two; of fours, likewise. */
const PAIRS: u64 = ((<u64>0x00ff00ff) << 32) | 0x00ff00ff;
const FOURS: u64 = ((<u64>0x0000ffff) << 32) | 0x0000ffff;
/** A point, less the digit 0 bit by bit. */
export const DOT_LESS_ZERO: u64 = 0x1e;

/** What `readValue` read. */
export let value: i64 = 0;
export let decimals: i32 = 0;

/** 10 to the power of 5 less the decimals. */
function scaleOf(count: i32): i64 {
  if (count === 3) return 100;
  if (count === 2) return 1_000;
  if (count === 5) return 1;
  if (count === 4) return 10;
  return count === 1 ? 10_000 : 100_000;
}

/**
 * Reads a plain decimal into `value` and `decimals`. Up to seven bytes are taken as one 64-bit word: the bytes
 * of the fraction are moved over the point, and eight digits become a number by three multiplications.
 * @returns where it ends; 0 where there is none, or not a plain one
 */
export function readValue(at: i32): i32 {
  const word = load<u64>(at) ^ EIGHT_ZEROS;
  const others = (((word & LOW_BITS) + ABOVE_NINE) | word) & HIGH_BITS;
  const first = ctz(others) & ~7;
  if (first >= 64) return readLong(at);
  let digits = word;
  let end = first;
  let places: i32 = 0;
  if (((word >> first) & 0xff) === DOT_LESS_ZERO) {
    end = ctz(others & (others - 1)) & ~7;
    if (end >= 64) return readLong(at);
    const before: u64 = ((<u64>1) << first) - 1;
    digits = (word & before) | ((word >> 8) & ~before);
    places = <i32>((end - first) >> 3) - 1;
    if (end === 8 || places > DECIMALS_MAX) return 0;
    digits <<= 72 - end;
  } else {
    if (first === 0) return 0;
    digits <<= 64 - first;
  }
  digits = (digits * 2561) >> 8;
  digits = ((digits & PAIRS) * 6553601) >> 16;
  digits = ((digits & FOURS) * 42949672960001) >> 32;
  value = <i64>digits * scaleOf(places);
  decimals = places;
  return at + <i32>(end >> 3);
}

/** The same byte by byte, for numbers of any length. */
function readLong(from: i32): i32 {
  let at = from;
  let number: i64 = 0;
  let point = 0;
  for (; at - from <= EXACT_DIGITS_MAX + 1; at++) {
    const digit = <i32>load<u8>(at) - ZERO;
    if (digit >= 0 && digit <= 9) number = number * 10 + digit;
    else if (digit === DOT - ZERO && point === 0) point = at + 1;
    else break;
  }
  const places = point === 0 ? 0 : at - point;
  const digits = at - from - (point === 0 ? 0 : 1);
  if (digits === 0 || digits > EXACT_DIGITS_MAX || places > DECIMALS_MAX) return 0;
  const scale = scaleOf(places);
  if (number > VALUE_MAX / scale) return 0;
  value = number * scale;
  decimals = places;
  return at;
}
