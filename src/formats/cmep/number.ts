import { DECIMALS_MAX, POWERS_OF_TEN, VALUE_MAX } from '../../model/decimal.js';
import { FAULT } from './faults.js';
import { NUMBER_BYTES_MAX } from './settings.js';

/** What `parseNumber` found; one object, written again by each call, so that none is made for each value. */
export interface NumberResult {
  /** Whole number of 0.00001. */
  value: number;
  /** Decimals that the text has, 0 to 5 (more are rounded away); of an exponent form, those it needs. */
  decimals: number;
  /** True where more than five decimals were rounded half up to five. */
  rounded: boolean;
}

const PLUS = 43;
const MINUS = 45;
const DOT = 46;
const EXPONENT_MAX = 99;
/** Length of a number that is within bounds whatever its digits. */
const SHORT_NUMBER_BYTES = 10;

/** Digits of the number being read, most significant first. */
const digits = new Uint8Array(NUMBER_BYTES_MAX * 2);

/**
 * Reads a CMEP number: decimal with optional sign, hex with a leading `H`, or decimal with an exponent
 * (E, e, D, d); at most 16 bytes; within +/-9999999999.99999 (CMEP v1.20, general rules).
 * @param bytes the line; the number is `bytes[from]` to `bytes[to - 1]`, not empty
 * @param out where the result is written; undefined where a fault is returned
 * @returns -1, or the number of the fault
 */
export function parseNumber(bytes: Uint8Array, from: number, to: number, out: NumberResult): number {
  if (to - from > NUMBER_BYTES_MAX) return FAULT['cmep/number-too-long'];
  if (to - from <= SHORT_NUMBER_BYTES && parseShort(bytes, from, to, out)) return -1;
  const first = bytes[from]!;
  if (first === 0x48) return parseHex(bytes, from + 1, to, out);
  let at = from;
  const negative = first === MINUS;
  if (negative || first === PLUS) at++;
  let count = 0;
  let point = -1;
  for (; at < to; at++) {
    const byte = bytes[at]!;
    const digit = byte - 48;
    if (digit >= 0 && digit <= 9) digits[count++] = digit;
    else if (byte === DOT && point < 0) point = count;
    else break;
  }
  if (count === 0) return FAULT['cmep/bad-number'];
  const fractionDigits = point < 0 ? 0 : count - point;
  let pointAt = point < 0 ? count : point;
  let hasExponent = false;
  if (at < to) {
    const exponent = parseExponent(bytes, at, to);
    if (exponent === null) return FAULT['cmep/bad-number'];
    pointAt += exponent;
    hasExponent = true;
  }
  const value = scaledValue(count, pointAt, negative);
  if (Number.isNaN(value)) return FAULT['cmep/number-too-long'];
  out.value = negative && value !== 0 ? -value : value;
  out.rounded = hasExponent ? count - pointAt > DECIMALS_MAX : fractionDigits > DECIMALS_MAX;
  out.decimals = hasExponent ? decimalsNeeded(value) : Math.min(fractionDigits, DECIMALS_MAX);
  return -1;
}

/** Reads digits with at most one point and five decimals, as nearly all numbers are. @returns whether it did */
function parseShort(bytes: Uint8Array, from: number, to: number, out: NumberResult): boolean {
  let value = 0;
  let point = -1;
  for (let at = from; at < to; at++) {
    const digit = bytes[at]! - 48;
    if (digit >= 0 && digit <= 9) value = value * 10 + digit;
    else if (digit === DOT - 48 && point < 0) point = at;
    else return false;
  }
  const decimals = point < 0 ? 0 : to - point - 1;
  if (decimals > DECIMALS_MAX || to - from - (point < 0 ? 0 : 1) === 0) return false;
  out.value = value * POWERS_OF_TEN[DECIMALS_MAX - decimals]!;
  out.decimals = decimals;
  out.rounded = false;
  return true;
}

/**
 * Magnitude in 0.00001 of the digits with the decimal point after `pointAt` of them. Half of the last
 * unit is rounded towards plus infinity, so up for a positive and down (in magnitude) for a negative number.
 * @returns NaN where the magnitude is out of bounds
 */
function scaledValue(count: number, pointAt: number, negative: boolean): number {
  const kept = pointAt + DECIMALS_MAX;
  let value = 0;
  for (let i = 0; i < kept; i++) {
    value = value * 10 + (i < count ? digits[i]! : 0);
    if (value > VALUE_MAX) return Number.NaN;
    if (value === 0 && i >= count) break;
  }
  if (kept >= 0 && kept < count) {
    const next = digits[kept]!;
    let beyond = false;
    for (let i = kept + 1; i < count; i++) beyond ||= digits[i] !== 0;
    if (next > 5 || (next === 5 && (beyond || !negative))) value += 1;
  }
  return value > VALUE_MAX ? Number.NaN : value;
}

function parseExponent(bytes: Uint8Array, from: number, to: number): number | null {
  const letter = bytes[from]! | 0x20;
  if (letter !== 0x65 && letter !== 0x64) return null;
  let at = from + 1;
  const negative = bytes[at] === MINUS;
  if (at < to && (negative || bytes[at] === PLUS)) at++;
  if (at >= to) return null;
  let exponent = 0;
  for (; at < to; at++) {
    const digit = bytes[at]! - 48;
    if (digit < 0 || digit > 9) return null;
    exponent = Math.min(exponent * 10 + digit, EXPONENT_MAX);
  }
  return negative ? -exponent : exponent;
}

function decimalsNeeded(value: number): number {
  let rest = value;
  let decimals = DECIMALS_MAX;
  while (decimals > 0 && rest % 10 === 0) {
    rest /= 10;
    decimals--;
  }
  return decimals;
}

function parseHex(bytes: Uint8Array, from: number, to: number, out: NumberResult): number {
  if (from >= to) return FAULT['cmep/bad-number'];
  let value = 0;
  for (let at = from; at < to; at++) {
    const digit = hexDigit(bytes[at]!);
    if (digit < 0) return FAULT['cmep/bad-number'];
    value = value * 16 + digit;
    if (value > VALUE_MAX) return FAULT['cmep/number-too-long'];
  }
  value *= 100_000;
  if (value > VALUE_MAX) return FAULT['cmep/number-too-long'];
  out.value = value;
  out.decimals = 0;
  out.rounded = false;
  return -1;
}

/** Value of a hexadecimal digit, or -1. */
export function hexDigit(byte: number): number {
  if (byte >= 48 && byte <= 57) return byte - 48;
  const letter = byte | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}
