import { dayNumber, MINUTES_PER_DAY } from '../../model/time.js';

/** Bytes of `YYYY-MM-DD HH:MM:SS`. */
export const TIME_BYTES = 19;
const BLANK = 32;
const DASH = 45;
const COLON = 58;
/** Reads are younger than this; no stamp is negative then, whatever its zone. */
const FIRST_YEAR = 1971;

/** Seconds beyond the whole minute of the time that `parseTime` read last. */
export let secondsOfTime = 0;

/** Two digits as a number, or a number above 99 where one of them is no digit. */
export function twoDigits(bytes: Uint8Array, at: number): number {
  const tens = bytes[at]! - 48;
  const ones = bytes[at + 1]! - 48;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : 1000;
}

/** Day number of `YYYY-MM-DD`, or -1 where it is no real date. */
export function parseDay(bytes: Uint8Array, at: number): number {
  if (bytes[at + 4] !== DASH || bytes[at + 7] !== DASH) return -1;
  const century = twoDigits(bytes, at);
  const year = twoDigits(bytes, at + 2);
  if (century > 99 || year > 99 || century * 100 + year < FIRST_YEAR) return -1;
  return dayNumber(century * 100 + year, twoDigits(bytes, at + 5), twoDigits(bytes, at + 8));
}

/**
 * Reads `YYYY-MM-DD HH:MM:SS`; 24:00:00 is the next day's midnight. Leaves the seconds in `secondsOfTime`.
 * @returns whole minutes since 1970 in the zone of the text, or -1 where it is no real time
 */
export function parseTime(bytes: Uint8Array, from: number, to: number): number {
  if (to - from !== TIME_BYTES) return -1;
  const day = parseDay(bytes, from);
  if (day < 0 || bytes[from + 10] !== BLANK) return -1;
  if (bytes[from + 13] !== COLON || bytes[from + 16] !== COLON) return -1;
  const hour = twoDigits(bytes, from + 11);
  const minute = twoDigits(bytes, from + 14);
  const second = twoDigits(bytes, from + 17);
  if (hour > 24 || minute > 59 || second > 59 || (hour === 24 && minute + second > 0)) return -1;
  secondsOfTime = second;
  return day * MINUTES_PER_DAY + hour * 60 + minute;
}
