import { DECIMALS_MAX, POWERS_OF_TEN, VALUE_MAX } from '../../model/decimal.js';

/** Bytes of a number. */
export const NUMBER_BYTES_MAX = 40;
const EXPONENT_MAX = 99;

const PLUS = 43;
const MINUS = 45;
const DOT = 46;

/** What `parseDecimalText` found; one object, written again by each call. */
export const decimal = {
  /** Whole number of 0.00001. */
  value: 0,
  /** Decimals that the text has, 0 to 5. */
  decimals: 0,
  /** True where more than five decimals were rounded half up to five. */
  rounded: false,
  /** One unit of the last digit that is printed, in 0.00001; at least 1. */
  unit: 1,
};

const digits = new Uint8Array(NUMBER_BYTES_MAX);

/**
 * Reads a decimal number, with an exponent or without: `12`, `-0.5`, `1.23457e+06`. Leaves it in `decimal`.
 * @returns false where the text is no such number or out of bounds (+/-9999999999.99999)
 */
export function parseDecimalText(bytes: Uint8Array, from: number, to: number): boolean {
  if (to - from > NUMBER_BYTES_MAX) return false;
  let at = from;
  const isNegative = bytes[at] === MINUS;
  if (isNegative || bytes[at] === PLUS) at++;
  let count = 0;
  let point = -1;
  for (; at < to; at++) {
    const digit = bytes[at]! - 48;
    if (digit >= 0 && digit <= 9) digits[count++] = digit;
    else if (bytes[at] === DOT && point < 0) point = count;
    else break;
  }
  if (count === 0) return false;
  const exponent = at < to ? exponentOf(bytes, at, to) : 0;
  if (exponent === null) return false;
  const fraction = (point < 0 ? 0 : count - point) - exponent;
  const magnitude = scaled(count, count - fraction, isNegative);
  if (magnitude > VALUE_MAX) return false;
  decimal.value = isNegative && magnitude !== 0 ? -magnitude : magnitude;
  decimal.rounded = fraction > DECIMALS_MAX;
  decimal.decimals = Math.min(Math.max(fraction, 0), DECIMALS_MAX);
  decimal.unit = fraction >= DECIMALS_MAX ? 1 : (POWERS_OF_TEN[DECIMALS_MAX - fraction] ?? VALUE_MAX);
  return true;
}

/**
 * Magnitude in 0.00001 of the digits with the point after `pointAt` of them; half of the last unit is rounded
 * towards plus infinity. Beyond VALUE_MAX where it is out of bounds.
 */
function scaled(count: number, pointAt: number, isNegative: boolean): number {
  const kept = pointAt + DECIMALS_MAX;
  let value = 0;
  for (let i = 0; i < kept && value <= VALUE_MAX; i++) {
    value = value * 10 + (i < count ? digits[i]! : 0);
    if (value === 0 && i >= count) break;
  }
  if (kept < 0 || kept >= count) return value;
  const next = digits[kept]!;
  const isBeyond = digits.subarray(kept + 1, count).some((digit) => digit !== 0);
  return next > 5 || (next === 5 && (isBeyond || !isNegative)) ? value + 1 : value;
}

function exponentOf(bytes: Uint8Array, from: number, to: number): number | null {
  if ((bytes[from]! | 0x20) !== 0x65) return null;
  let at = from + 1;
  const isNegative = bytes[at] === MINUS;
  if (at < to && (isNegative || bytes[at] === PLUS)) at++;
  if (at >= to) return null;
  let exponent = 0;
  for (; at < to; at++) {
    const digit = bytes[at]! - 48;
    if (digit < 0 || digit > 9) return null;
    exponent = Math.min(exponent * 10 + digit, EXPONENT_MAX);
  }
  return isNegative ? -exponent : exponent;
}
