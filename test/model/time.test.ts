import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  compactSecond,
  dateNumber,
  dayNumber,
  isLeapYear,
  isoDate,
  isoMinute,
  parseIsoDate,
  parseZone,
  readDayOf,
  readDayStart,
} from '../../src/model/time.js';

const DAY_MS = 86_400_000;
/** First and last day that a stamp can name: 1970-01-01 and 2999-12-31. */
const LAST_DAY = Date.UTC(2999, 11, 31) / DAY_MS;

const day = fc.integer({ min: 0, max: LAST_DAY });
const zone = fc.integer({ min: -14 * 60, max: 14 * 60 });

describe('day numbers', () => {
  it('are those of Date.UTC for every day of the range, and back', () => {
    for (let number = 0; number <= LAST_DAY; number++) {
      const date = new Date(number * DAY_MS);
      const [year, month, dayOfMonth] = [date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate()];
      if (dayNumber(year, month, dayOfMonth) !== number) expect.unreachable(date.toISOString());
      if (dateNumber(number) !== year * 10_000 + month * 100 + dayOfMonth)
        expect.unreachable(date.toISOString());
    }
  });

  it('exist for a date exactly where JavaScript keeps it as it is', () => {
    const date = [fc.integer({ min: 1960, max: 3010 }), fc.integer({ min: -1, max: 14 })] as const;
    fc.assert(
      fc.property(...date, fc.integer({ min: -1, max: 33 }), (year, month, dayOfMonth) => {
        const time = Date.UTC(year, month - 1, dayOfMonth);
        const js = new Date(time);
        const isReal =
          js.getUTCFullYear() === year && js.getUTCMonth() === month - 1 && js.getUTCDate() === dayOfMonth;
        const isInRange = year >= 1970 && year <= 2999;
        expect(dayNumber(year, month, dayOfMonth)).toBe(isReal && isInRange ? time / DAY_MS : -1);
      }),
      { numRuns: 5_000 },
    );
  });

  it('tell leap years as the calendar does', () => {
    for (let year = 1970; year <= 2999; year++) {
      expect(isLeapYear(year)).toBe(new Date(Date.UTC(year, 1, 29)).getUTCMonth() === 1);
    }
  });
});

describe('texts', () => {
  it('are those of toISOString', () => {
    fc.assert(
      fc.property(day, fc.nat(1439), fc.nat(59), (number, minute, second) => {
        const iso = new Date(number * DAY_MS + minute * 60_000 + second * 1000).toISOString();
        expect(isoDate(number)).toBe(iso.slice(0, 10));
        expect(isoMinute(number * 1440 + minute)).toBe(`${iso.slice(0, 16)}Z`);
        const compact = iso.slice(0, 19).replace(/[-:T]/g, '');
        expect(compactSecond((number * 1440 + minute) * 60 + second)).toBe(compact);
        expect(parseIsoDate(iso.slice(0, 10))).toBe(number);
      }),
      { numRuns: 3_000 },
    );
  });

  it.each(['2026-02-30', '2026-13-01', '2026-1-01', '20260101', '2026-01-01T', ' 2026-01-01', '1969-12-31'])(
    'names no day: %s',
    (text) => {
      expect(parseIsoDate(text)).toBe(-1);
    },
  );
});

describe('zones', () => {
  it('are read as minutes ahead of UTC', () => {
    fc.assert(
      fc.property(zone, (minutes) => {
        const size = Math.abs(minutes);
        const two = (n: number) => String(n).padStart(2, '0');
        const text = `${minutes < 0 ? '-' : '+'}${two(Math.floor(size / 60))}:${two(size % 60)}`;
        expect(parseZone(text)).toBe(minutes);
      }),
    );
    expect(parseZone('UTC')).toBe(0);
    expect(parseZone('EST')).toBe(-300);
  });

  it.each(['', 'utc', '05:00', '+5:00', '+14:01', '-15:00', '+05:60', '+05:00 ', 'America/Toronto'])(
    'names no zone: "%s"',
    (text) => {
      expect(parseZone(text)).toBeNull();
    },
  );
});

describe('read days', () => {
  it('hold the stamps after their beginning up to the beginning of the next', () => {
    fc.assert(
      fc.property(day, zone, fc.integer({ min: 1, max: 1440 }), (number, zoneMinutes, minute) => {
        const start = readDayStart(number, zoneMinutes);
        expect(new Date((start + zoneMinutes) * 60_000).toISOString()).toMatch(/T00:00:00/);
        expect(readDayOf(start + minute, zoneMinutes)).toBe(number);
        expect(readDayOf(start, zoneMinutes)).toBe(number - 1);
      }),
    );
  });

  it('end at midnight of Ontario market time, five hours after that of UTC', () => {
    const midnight = Date.UTC(2026, 10, 21, 5, 0) / 60_000;
    expect(isoDate(readDayOf(midnight, -300))).toBe('2026-11-20');
    expect(isoDate(readDayOf(midnight + 1, -300))).toBe('2026-11-21');
  });
});
