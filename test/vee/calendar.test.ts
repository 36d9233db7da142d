import { describe, expect, it } from 'vitest';
import { isoDate, parseIsoDate } from '../../src/model/time.js';
import {
  kindOfDay,
  likeDays,
  listedCalendar,
  ontarioCalendar,
  ontarioHolidays,
} from '../../src/vee/calendar.js';

/**
 * Days as published. 2021, 2022, 2025, 2026: Ontario Electricity Financial Corporation, PPA schedule, "OEFC
 * Holiday Calendar". 2017: Bluewater Power, "Holiday Schedule for Time-of-Use Prices (Regulated Price Plan)".
 */
const PUBLISHED: Record<number, string> = {
  2017: '01-02 02-20 04-14 05-22 07-03 08-07 09-04 10-09 12-25 12-26',
  2021: '01-01 02-15 04-02 05-24 07-01 08-02 09-06 10-11 12-27 12-28',
  2022: '01-03 02-21 04-15 05-23 07-01 08-01 09-05 10-10 12-26 12-27',
  2025: '01-01 02-17 04-18 05-19 07-01 08-04 09-01 10-13 12-25 12-26',
  2026: '01-01 02-16 04-03 05-18 07-01 08-03 09-07 10-12 12-25 12-28',
};

/** Good Fridays, from the tables of Easter that churches print. */
const GOOD_FRIDAYS =
  '2008-03-21 2009-04-10 2010-04-02 2011-04-22 2012-04-06 2013-03-29 2014-04-18 2015-04-03 2016-03-25 2018-03-30 2019-04-19 2020-04-10 2023-04-07 2024-03-29 2027-03-26 2028-04-14 2029-03-30 2030-04-19 2038-04-23'.split(
    ' ',
  );

const shortDates = (year: number) => ontarioHolidays(year).map((day) => isoDate(day).slice(5));

describe('Ontario holidays', () => {
  it.each(Object.entries(PUBLISHED))('of %s are those published', (year, dates) => {
    expect(shortDates(Number(year))).toEqual(dates.split(' '));
  });

  it.each(GOOD_FRIDAYS)('have Good Friday on %s', (date) => {
    expect(ontarioHolidays(Number(date.slice(0, 4)))).toContain(parseIsoDate(date));
  });

  it('are ten weekdays of their year, by the calendar of JavaScript', () => {
    for (let year = 1990; year < 2100; year++) {
      const dates = ontarioHolidays(year).map(isoDate);
      expect(new Set(dates).size, `${year}`).toBe(10);
      for (const date of dates) {
        expect(date.slice(0, 4)).toBe(String(year));
        expect([1, 2, 3, 4, 5]).toContain(new Date(`${date}T00:00Z`).getUTCDay());
      }
      // The rest of the year stands by weekday and week of the month.
      const mondays = (month: string, from: number, to: number) =>
        dates.filter((date) => {
          const day = Number(date.slice(8));
          return date.slice(5, 7) === month && day >= from && day <= to;
        });
      for (const [month, from, to] of [
        ['02', 15, 21],
        ['05', 18, 24],
        ['08', 1, 7],
        ['09', 1, 7],
        ['10', 8, 14],
      ] as const) {
        const found = mondays(month, from, to);
        expect(found, `${year}-${month}`).toHaveLength(1);
        expect(new Date(`${found[0]}T00:00Z`).getUTCDay()).toBe(1);
      }
    }
  });
});

describe('like days', () => {
  const calendar = ontarioCalendar();
  const of = (date: string, historyDays = 35) =>
    likeDays(parseIsoDate(date), historyDays, calendar).map(isoDate);

  it('are earlier days of the same weekday within the history, holidays left out', () => {
    expect(of('2026-11-20')).toEqual(['2026-11-13', '2026-11-06', '2026-10-30', '2026-10-23', '2026-10-16']);
    expect(of('2026-11-20', 34)).toHaveLength(4);
    // 12 October is Thanksgiving.
    expect(of('2026-10-26')).toEqual(['2026-10-19', '2026-10-05', '2026-09-28', '2026-09-21']);
  });

  it('of a holiday are earlier holidays, nearest first, then Sundays', () => {
    expect(of('2026-12-28')).toEqual([
      '2026-12-25',
      '2026-12-27',
      '2026-12-20',
      '2026-12-13',
      '2026-12-06',
      '2026-11-29',
    ]);
    expect(kindOfDay(parseIsoDate('2026-12-28'), calendar)).toBe('holiday');
    expect(kindOfDay(parseIsoDate('2026-12-26'), calendar)).toBe('saturday');
  });

  it('go by a list where one is given', () => {
    const listed = listedCalendar([parseIsoDate('2026-11-13')]);
    expect(likeDays(parseIsoDate('2026-11-20'), 14, listed).map(isoDate)).toEqual(['2026-11-06']);
  });
});
