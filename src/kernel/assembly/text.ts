import { DIGITS, LEAD, PREFIX_BYTES, TAIL_LENGTH, TAIL_TEXT, TEXT } from '../settle-memory';
import { copy } from './bytes';

const COMMA = 44;
const DOT = 46;
const MINUS = 45;
const ZERO = 48;
const LINE_END: u16 = 0x0a0d;
const DECIMALS_MAX = 5;
/** Values below it have one digit before the point. */
const TEN: i64 = 1_000_000;
/** A flag's prefix up to this length takes one store. */
const SHORT_PREFIX = 16;

/** Where the next byte goes. */
let end: usize = TEXT;
let leadLength: i32 = 0;

export function textLength(): i32 {
  return <i32>(end - TEXT);
}

/** Takes back what was written from a length on. */
export function setTextLength(length: i32): void {
  end = TEXT + length;
}

/** @param length of the text in LEAD */
export function setLead(length: i32): void {
  leadLength = length;
  for (let n: u32 = 0; n < 1000; n++) {
    const digits = ((ZERO + n / 100) << 8) | ((ZERO + ((n / 10) % 10)) << 16) | ((ZERO + (n % 10)) << 24);
    store<u32>(DIGITS + n * 4, DOT | digits);
  }
}

/** Fields 1 to 14 of a record. */
export function putHeader(id: usize, idLength: i32, tail: usize): void {
  copy(end, LEAD, leadLength);
  copy(end + leadLength, id, idLength);
  const at = end + leadLength + idLength;
  const length = load<i32>(tail + TAIL_LENGTH);
  copy(at, tail + TAIL_TEXT, length);
  end = at + length;
}

/**
 * Reads that follow each other, with one flag.
 * @param prefix of the first of them; those of the others follow
 * @param values 32-bit whole numbers of 0.00001
 */
export function putReads(prefix: usize, prefixLength: i32, decimals: i32, values: usize, count: i32): void {
  let at = end;
  const last = values + (count << 2);
  const isShort = prefixLength <= SHORT_PREFIX;
  while (values < last) {
    v128.store(at, v128.load(prefix));
    if (!isShort) v128.store(at + 16, v128.load(prefix + 16));
    at = putDecimal(at + prefixLength, <i64>load<i32>(values), decimals);
    values += 4;
    prefix += PREFIX_BYTES;
  }
  end = at;
}

/** One read. */
export function putRead(prefix: usize, prefixLength: i32, decimals: i32, value: i64): void {
  copy(end, prefix, prefixLength);
  end = putDecimal(end + prefixLength, value, decimals);
}

export function putLineEnd(): void {
  store<u16>(end, LINE_END);
  end += 2;
}

/** A value in 0.00001 with so many decimals, which are enough for it. @returns where it ends */
function putDecimal(at: usize, value: i64, decimals: i32): usize {
  if (decimals === 3 && <u64>value < <u64>TEN) {
    const thousandths = <u32>value / 100;
    const whole = thousandths / 1000;
    store<u8>(at, ZERO + whole);
    store<u32>(at + 1, load<u32>(DIGITS + ((thousandths - whole * 1000) << 2)));
    return at + 5;
  }
  return putAnyDecimal(at, value, decimals);
}

function putAnyDecimal(at: usize, value: i64, decimals: i32): usize {
  let magnitude = <u64>value;
  if (value < 0) {
    store<u8>(at++, MINUS);
    magnitude = <u64>-value;
  }
  for (let i = decimals; i < DECIMALS_MAX; i++) magnitude /= 10;
  let power: u64 = 1;
  for (let i = 0; i < decimals; i++) power *= 10;
  const whole = magnitude / power;
  at = putWhole(at, whole);
  if (decimals === 0) return at;
  let fraction = magnitude - whole * power;
  store<u8>(at, DOT);
  for (let i = decimals; i > 0; i--) {
    store<u8>(at + i, ZERO + <u32>(fraction % 10));
    fraction /= 10;
  }
  return at + decimals + 1;
}

function putWhole(at: usize, whole: u64): usize {
  let digits = 1;
  for (let rest = whole / 10; rest > 0; rest /= 10) digits++;
  let rest = whole;
  for (let i = digits - 1; i >= 0; i--) {
    store<u8>(at + i, ZERO + <u32>(rest % 10));
    rest /= 10;
  }
  return at + digits;
}

/** Bytes of `,stamp,flag,` beside the flag. */
export const PREFIX_FRAME = 15;

/** Writes `,stamp,flag,` for so many stamps that follow each other. */
export function makePrefixes(to: usize, stamps: usize, count: i32, flag: usize, flagLength: i32): void {
  for (let k = 0; k < count; k++) {
    const at = to + k * PREFIX_BYTES;
    store<u8>(at, COMMA);
    for (let i = 0; i < 12; i++) store<u8>(at + 1 + i, load<u8>(stamps + k * 12 + i));
    store<u8>(at + 13, COMMA);
    for (let i = 0; i < flagLength; i++) store<u8>(at + 14 + i, load<u8>(flag + i));
    store<u8>(at + 14 + flagLength, COMMA);
  }
}
