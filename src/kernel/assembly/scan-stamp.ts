/** Reading stamps that are not known yet; the rules are those of `formats/cmep/stamp` and `model/time`. */

import { DATE_STAMP, DATE_TEXT } from './scan-layout';

const MINUTES_PER_DAY: i32 = 1440;
/** Years of stamps: as `formats/cmep/stamp` and `model/time` have them. */
const FIRST_YEAR: i32 = 1971;
const LAST_YEAR: i32 = 2999;
const FOUR_ZEROS: u32 = 0x30303030;
const HIGH_HALVES: u32 = 0xf0f0f0f0;
/** Added to a digit, it leaves the high half; added to the six bytes after 9, it does not. */
const SIX_EACH: u32 = 0x06060606;

/** Minutes of the twelve digits `CCYYMMDDHHMM`, in their zone; -1 where they are no real time. */
export function readStamp(at: i32): i32 {
  if (load<u64>(at) !== load<u64>(DATE_TEXT)) {
    const day = readDate(at);
    if (day < 0) return -1;
    store<u64>(DATE_TEXT, load<u64>(at));
    store<i32>(DATE_STAMP, day * MINUTES_PER_DAY);
  }
  const time = load<u32>(at + 8);
  if (!areDigits(time)) return -1;
  const hour = twoDigits(time);
  const minute = twoDigits(time >> 16);
  return hour > 23 || minute > 59 ? -1 : load<i32>(DATE_STAMP) + hour * 60 + minute;
}

function areDigits(word: u32): bool {
  return (word & HIGH_HALVES) === FOUR_ZEROS && ((word + SIX_EACH) & HIGH_HALVES) === FOUR_ZEROS;
}

/** The number of two digits in the low half of a little-endian word. */
function twoDigits(word: u32): i32 {
  return (word & 15) * 10 + ((word >> 8) & 15);
}

/** Day number of `CCYYMMDD`, or -1. */
function readDate(at: i32): i32 {
  const years = load<u32>(at);
  const days = load<u32>(at + 4);
  if (!areDigits(years) || !areDigits(days)) return -1;
  const year = twoDigits(years) * 100 + twoDigits(years >> 16);
  const month = twoDigits(days);
  const day = twoDigits(days >> 16);
  if (year < FIRST_YEAR || year > LAST_YEAR || month < 1 || month > 12) return -1;
  if (day < 1 || day > daysIn(year, month)) return -1;
  return daysFromCivil(year, month, day);
}

function daysIn(year: i32, month: i32): i32 {
  if (month === 2) return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

/** Counted from 1 March, so that the leap day is the last of its year (Howard Hinnant, days_from_civil). */
function daysFromCivil(year: i32, month: i32, day: i32): i32 {
  const y = month <= 2 ? year - 1 : year;
  const era = y / 400;
  const yearOfEra = y - era * 400;
  const dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  const dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear;
  return era * 146097 + dayOfEra - 719468;
}
