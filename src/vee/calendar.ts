import { dateNumber, dayNumber } from '../model/time.js';

/** Days that take loads of their own. */
export interface Calendar {
  /** @param day day number, market time */
  isHoliday(day: number): boolean;
}

/** Kinds of day that a load profile tells apart. */
export const KINDS_OF_DAY = ['weekday', 'saturday', 'sunday', 'holiday'] as const;
export type KindOfDay = (typeof KINDS_OF_DAY)[number];

const SUNDAY = 0;
const MONDAY = 1;
const SATURDAY = 6;
const WEEK_DAYS = 7;

/** 0 = Sunday ... 6 = Saturday; 1970-01-01 was a Thursday. */
export const weekdayOf = (day: number): number => (day + 4) % WEEK_DAYS;

export function kindOfDay(day: number, calendar: Calendar): KindOfDay {
  if (calendar.isHoliday(day)) return 'holiday';
  const weekday = weekdayOf(day);
  return weekday === SUNDAY ? 'sunday' : weekday === SATURDAY ? 'saturday' : 'weekday';
}

/** Ontario's time-of-use holidays (docs/vee.md#holidays), of whatever year is asked for. */
export function ontarioCalendar(): Calendar {
  const years = new Map<number, Set<number>>();
  return {
    isHoliday(day) {
      const year = Math.floor(dateNumber(day) / 10_000);
      let days = years.get(year);
      if (days === undefined) {
        days = new Set(ontarioHolidays(year));
        years.set(year, days);
      }
      return days.has(day);
    },
  };
}

/** A calendar of given day numbers. */
export function listedCalendar(days: Iterable<number>): Calendar {
  const listed = new Set(days);
  return { isHoliday: (day) => listed.has(day) };
}

/**
 * Day numbers on which Ontario's ten time-of-use holidays of a year are kept, ascending. One that falls on a
 * weekend is kept on the next weekday that is no holiday itself.
 */
export function ontarioHolidays(year: number): number[] {
  const dates = [
    dayNumber(year, 1, 1),
    nthMonday(year, 2, 3),
    easterSunday(year) - 2,
    mondayBefore(dayNumber(year, 5, 25)),
    dayNumber(year, 7, 1),
    nthMonday(year, 8, 1),
    nthMonday(year, 9, 1),
    nthMonday(year, 10, 2),
    dayNumber(year, 12, 25),
    dayNumber(year, 12, 26),
  ];
  const isWeekend = (day: number) => weekdayOf(day) === SUNDAY || weekdayOf(day) === SATURDAY;
  const kept = new Set(dates.filter((day) => !isWeekend(day)));
  for (const day of dates.filter(isWeekend)) {
    let next = day + 1;
    while (isWeekend(next) || kept.has(next)) next++;
    kept.add(next);
  }
  return [...kept].sort((a, b) => a - b);
}

function nthMonday(year: number, month: number, nth: number): number {
  const first = dayNumber(year, month, 1);
  return first + ((MONDAY - weekdayOf(first) + WEEK_DAYS) % WEEK_DAYS) + (nth - 1) * WEEK_DAYS;
}

/** Last Monday before a day. */
function mondayBefore(day: number): number {
  return day - ((weekdayOf(day) - MONDAY + WEEK_DAYS - 1) % WEEK_DAYS) - 1;
}

/** Day number of Easter Sunday, Gregorian calendar (Meeus, Jones, Butcher). */
function easterSunday(year: number): number {
  const a = year % 19;
  const b = Math.floor(year / 100);
  const c = year % 100;
  const d = (19 * a + b - Math.floor(b / 4) - Math.floor((b - Math.floor((b + 8) / 25) + 1) / 3) + 15) % 30;
  const e = (32 + 2 * (b % 4) + 2 * Math.floor(c / 4) - d - (c % 4)) % 7;
  const f = d + e - 7 * Math.floor((a + 11 * d + 22 * e) / 451) + 114;
  return dayNumber(year, Math.floor(f / 31), (f % 31) + 1);
}

/**
 * Days that a like-day estimate of `day` may look at, nearest first: earlier days of the same weekday that are
 * no holidays; for a holiday earlier holidays, then Sundays.
 */
export function likeDays(day: number, historyDays: number, calendar: Calendar): number[] {
  const oldest = day - historyDays;
  const days: number[] = [];
  if (!calendar.isHoliday(day)) {
    for (let d = day - WEEK_DAYS; d >= oldest; d -= WEEK_DAYS) if (!calendar.isHoliday(d)) days.push(d);
    return days;
  }
  for (let d = day - 1; d >= oldest; d--) if (calendar.isHoliday(d)) days.push(d);
  for (let d = day - 1; d >= oldest; d--) if (weekdayOf(d) === SUNDAY && !calendar.isHoliday(d)) days.push(d);
  return days;
}
