import { dayNumber, isIntervalLength, MINUTES_PER_DAY } from '../../model/time.js';

/** Reads are younger than this; no stamp is negative then, whatever its zone. */
const FIRST_YEAR = 1971;
const DIGITS_OF_STAMP = 12;
const DIGITS_OF_INTERVAL = 8;

/** Two digits as a number, or a number above 99 where one of them is no digit. */
function twoDigits(bytes: Uint8Array, at: number): number {
  const tens = bytes[at]! - 48;
  const ones = bytes[at + 1]! - 48;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : 1000;
}

/**
 * Reads `CCYYMMDDHHMM`, 0000 to 2359.
 * @returns minutes since 1970 in the zone of the stamp, or -1 where it is no real time
 */
export function parseStamp(bytes: Uint8Array, from: number, to: number): number {
  if (to - from !== DIGITS_OF_STAMP) return -1;
  const day = parseDate(bytes, from);
  const hour = twoDigits(bytes, from + 8);
  const minute = twoDigits(bytes, from + 10);
  return day < 0 || hour > 23 || minute > 59 ? -1 : day * MINUTES_PER_DAY + hour * 60 + minute;
}

/** The two dates that were read last, as two words of four bytes each: most records are of a night and a day. */
let lastHigh = 0;
let lastLow = 0;
let lastDay = -1;
let otherHigh = 0;
let otherLow = 0;
let otherDay = -1;

/** Day number of the eight digits `CCYYMMDD`, or -1. */
export function parseDate(bytes: Uint8Array, from: number): number {
  const high = word(bytes, from);
  const low = word(bytes, from + 4);
  if (high === lastHigh && low === lastLow) return lastDay;
  const isOther = high === otherHigh && low === otherLow;
  const day = isOther ? otherDay : dateOf(bytes, from);
  otherHigh = lastHigh;
  otherLow = lastLow;
  otherDay = lastDay;
  lastHigh = high;
  lastLow = low;
  lastDay = day;
  return day;
}

function word(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
}

function dateOf(bytes: Uint8Array, from: number): number {
  const century = twoDigits(bytes, from);
  const year = twoDigits(bytes, from + 2);
  if (century > 99 || year > 99 || century * 100 + year < FIRST_YEAR) return -1;
  return dayNumber(century * 100 + year, twoDigits(bytes, from + 4), twoDigits(bytes, from + 6));
}

/**
 * Reads `MMDDHHMM` as a length in minutes. A length must divide the hour or, from an hour on, the day
 * (CMEP v1.20: intervals under an hour align to the hour, under a day to midnight).
 * @returns minutes; 0 for `00000000`, which some head ends write where there is no interval; -1 where it is
 *   no such length
 */
export function parseInterval(bytes: Uint8Array, from: number, to: number): number {
  if (to - from !== DIGITS_OF_INTERVAL) return -1;
  const months = twoDigits(bytes, from);
  const days = twoDigits(bytes, from + 2);
  const hours = twoDigits(bytes, from + 4);
  const minutes = twoDigits(bytes, from + 6);
  if (months !== 0 || days > 99 || hours > 99 || minutes > 99) return -1;
  const length = days * MINUTES_PER_DAY + hours * 60 + minutes;
  return length === 0 || isIntervalLength(length) ? length : -1;
}
