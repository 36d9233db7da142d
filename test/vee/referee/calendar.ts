import type { KindOfDay, Setting } from './types.js';

/** Days are counted from 1 January 1970, a Thursday. */
export const dayNumber = (year: number, month: number, day: number): number =>
  Date.UTC(year, month - 1, day) / 86_400_000;

const SUNDAY = 0;
const MONDAY = 1;
const SATURDAY = 6;
export const weekdayOf = (day: number): number => (((day + 4) % 7) + 7) % 7;

/** Number of the n-th such weekday of a month. */
function nthWeekday(year: number, month: number, weekday: number, n: number): number {
  let day = dayNumber(year, month, 1);
  while (weekdayOf(day) !== weekday) day++;
  return day + 7 * (n - 1);
}

/** Easter Sunday by the tables of the golden number and the paschal full moon. */
function easterSunday(year: number): number {
  const golden = (year % 19) + 1;
  const century = Math.floor(year / 100) + 1;
  const droppedLeapDays = Math.floor((3 * century) / 4) - 12;
  const moonCorrection = Math.floor((8 * century + 5) / 25) - 5;
  const sundayLetter = Math.floor((5 * year) / 4) - droppedLeapDays - 10;
  let epact = (((11 * golden + 20 + moonCorrection - droppedLeapDays) % 30) + 30) % 30;
  if (epact === 24 || (epact === 25 && golden > 11)) epact++;
  let fullMoon = 44 - epact;
  if (fullMoon < 21) fullMoon += 30;
  const sunday = fullMoon + 7 - ((sundayLetter + fullMoon) % 7);
  return dayNumber(year, 3, 1) + sunday - 1;
}

/** Ontario's time-of-use holidays of a year; one that falls on a weekend is kept on the next weekday that is none. */
export function ontarioHolidays(year: number): Set<number> {
  // The Monday before 25 May.
  let victoriaDay = dayNumber(year, 5, 24);
  while (weekdayOf(victoriaDay) !== MONDAY) victoriaDay--;
  const onTheirDay = [
    nthWeekday(year, 2, MONDAY, 3), // Family Day
    easterSunday(year) - 2, // Good Friday
    victoriaDay,
    nthWeekday(year, 8, MONDAY, 1), // Civic Holiday
    nthWeekday(year, 9, MONDAY, 1), // Labour Day
    nthWeekday(year, 10, MONDAY, 2), // Thanksgiving
  ];
  const dated = [
    dayNumber(year, 1, 1),
    dayNumber(year, 7, 1),
    dayNumber(year, 12, 25),
    dayNumber(year, 12, 26),
  ];
  const isWeekend = (day: number) => weekdayOf(day) === SATURDAY || weekdayOf(day) === SUNDAY;
  const holidays = new Set([...onTheirDay, ...dated.filter((day) => !isWeekend(day))]);
  for (const day of dated.filter(isWeekend)) {
    let kept = day;
    while (isWeekend(kept) || holidays.has(kept)) kept++;
    holidays.add(kept);
  }
  return holidays;
}

const ofYear = new Map<number, Set<number>>();

export function isHoliday(setting: Setting, day: number): boolean {
  if (setting.holidays !== null) return setting.holidays.has(day);
  const year = new Date(day * 86_400_000).getUTCFullYear();
  if (!ofYear.has(year)) ofYear.set(year, ontarioHolidays(year));
  return ofYear.get(year)!.has(day);
}

export function kindOfDay(setting: Setting, day: number): KindOfDay {
  if (isHoliday(setting, day)) return 'holiday';
  if (weekdayOf(day) === SUNDAY) return 'sunday';
  return weekdayOf(day) === SATURDAY ? 'saturday' : 'weekday';
}

export const isSunday = (day: number): boolean => weekdayOf(day) === SUNDAY;
