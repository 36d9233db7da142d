/**
 * Time in reads is counted in whole minutes. A *stamp* is minutes since 1970-01-01T00:00Z and names the
 * end of an interval. A *day number* is days since 1970-01-01 on the calendar of some zone.
 * Zones have no daylight saving: market time is a fixed offset all year.
 */

export const MINUTES_PER_DAY = 1440;

/** Ontario market time: Eastern Standard Time all year. */
export const EST_OFFSET_MINUTES = -300;

const FIRST_YEAR = 1970;
const LAST_YEAR = 2999;
const DAYS_IN_MONTH = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

export function isLeapYear(year: number): boolean {
  return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
}

/**
 * Day number of a calendar date, or -1 where there is no such date or it lies outside the years
 * 1970 to 2999, which no meter read can.
 */
export function dayNumber(year: number, month: number, day: number): number {
  if (year < FIRST_YEAR || year > LAST_YEAR || month < 1 || month > 12 || day < 1) return -1;
  const last = month === 2 && isLeapYear(year) ? 29 : DAYS_IN_MONTH[month - 1]!;
  if (day > last) return -1;
  // Counted from 1 March, so that the leap day is the last of its year (Howard Hinnant, days_from_civil).
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146097 + dayOfEra - 719468;
}

/** Calendar date of a day number, as the whole number `yyyymmdd`. */
export function dateNumber(day: number): number {
  const z = day + 719468;
  const era = Math.floor(z / 146097);
  const dayOfEra = z - era * 146097;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36524) - Math.floor(dayOfEra / 146096)) /
      365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shifted = Math.floor((5 * dayOfYear + 2) / 153);
  const date = dayOfYear - Math.floor((153 * shifted + 2) / 5) + 1;
  const month = shifted < 10 ? shifted + 3 : shifted - 9;
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
  return year * 10000 + month * 100 + date;
}

/** `2026-11-20` for a day number. */
export function isoDate(day: number): string {
  const text = String(dateNumber(day)).padStart(8, '0');
  return `${text.slice(0, 4)}-${text.slice(4, 6)}-${text.slice(6)}`;
}

/** Day number of `2026-11-20`, or -1. */
export function parseIsoDate(text: string): number {
  const match = /^(\d{4})-(\d\d)-(\d\d)$/.exec(text);
  return match ? dayNumber(Number(match[1]), Number(match[2]), Number(match[3])) : -1;
}

/** `2026-11-20T05:00Z` for a stamp. */
export function isoMinute(stamp: number): string {
  const day = Math.floor(stamp / MINUTES_PER_DAY);
  const minute = stamp - day * MINUTES_PER_DAY;
  return `${isoDate(day)}T${clock(minute)}Z`;
}

function clock(minute: number): string {
  const hour = Math.floor(minute / 60);
  return `${String(hour).padStart(2, '0')}:${String(minute - hour * 60).padStart(2, '0')}`;
}

/** `yyyyMMddHHmmss` of a second count since 1970, as the TIS writes date and time. */
export function compactSecond(second: number): string {
  const day = Math.floor(second / 86400);
  const rest = second - day * 86400;
  const hour = Math.floor(rest / 3600);
  const minute = Math.floor((rest - hour * 3600) / 60);
  const two = (n: number) => String(n).padStart(2, '0');
  return `${dateNumber(day)}${two(hour)}${two(minute)}${two(rest % 60)}`;
}

/**
 * Minutes that a zone is ahead of UTC.
 * @param text `UTC`, `EST`, or a fixed offset such as `-05:00`
 * @returns the offset, or null where the text names no zone
 */
export function parseZone(text: string): number | null {
  if (text === 'UTC' || text === 'Z') return 0;
  if (text === 'EST') return EST_OFFSET_MINUTES;
  const match = /^([+-])(\d\d):(\d\d)$/.exec(text);
  if (!match) return null;
  const minutes = Number(match[2]) * 60 + Number(match[3]);
  if (Number(match[3]) > 59 || minutes > 14 * 60) return null;
  return match[1] === '-' ? -minutes : minutes;
}

/**
 * Read day of a stamp: the market day D whose span (D 00:00, D 24:00] holds it (midnight ends a day).
 * @param zoneMinutes minutes that market time is ahead of UTC
 */
export function readDayOf(stamp: number, zoneMinutes: number): number {
  return Math.floor((stamp + zoneMinutes - 1) / MINUTES_PER_DAY);
}

/** The stamp at which a read day begins. */
export function readDayStart(day: number, zoneMinutes: number): number {
  return day * MINUTES_PER_DAY - zoneMinutes;
}

/** Whether a length in minutes divides the hour or, from an hour on, the day. */
export function isIntervalLength(minutes: number): boolean {
  if (minutes < 1 || minutes > MINUTES_PER_DAY) return false;
  return 60 % minutes === 0 || (minutes % 60 === 0 && MINUTES_PER_DAY % minutes === 0);
}

/**
 * Grid that the ends of intervals lie on, counted from midnight of the zone of the stamps: the interval
 * itself below a day (CMEP v1.20, as above); of a day the hour, since nothing says when such a day begins.
 */
export function gridMinutes(intervalMinutes: number): number {
  return intervalMinutes < MINUTES_PER_DAY ? intervalMinutes : 60;
}
