import { dateNumber, dayNumber, isoDate } from '../model/time.js';
import type { RunReport } from '../report/run-report.js';
import { marketDayOf } from '../watch/schedule.js';
import { spanOf } from './night-view.js';
import type { Served } from './served.js';

/** A night of the calendar. */
export interface CalendarDay {
  day: string;
  /** The worst of its runs; null where there was none. */
  status: RunReport['status'] | null;
  runs: number;
  files: number;
  received: number;
  readSuccessPercent: number | null;
  isFuture: boolean;
}

export interface Calendar {
  /** `2026-11`. */
  month: string;
  previous: string;
  /** null: the next month has not begun. */
  next: string | null;
  today: string;
  days: CalendarDay[];
}

const RANK = { failed: 2, partial: 1, complete: 0 } as const;

/** First day of a month `2026-11`, as day number, or -1. */
export function monthStart(month: string): number {
  const match = /^(\d{4})-(\d\d)$/.exec(month);
  return match === null ? -1 : dayNumber(Number(match[1]), Number(match[2]), 1);
}

/** The nights of a month. @param start its first day, day number */
export async function calendar(served: Served, start: number): Promise<Calendar> {
  const { config, clock, book } = served;
  const today = marketDayOf(config, clock());
  const next = firstOfMonth(start + 31);
  const nights = await book.nights(spanOf(served, start)[0], spanOf(served, next)[0]);
  const days: CalendarDay[] = [];
  for (let day = start; day < next; day++) {
    const own = nights.filter((night) => marketDayOf(config, night.nowMs) === day);
    const worst = own.map(({ status }) => status).sort((a, b) => RANK[b] - RANK[a])[0];
    days.push({
      day: isoDate(day),
      status: worst ?? null,
      runs: own.length,
      files: own.reduce((sum, { files }) => sum + files, 0),
      received: own.reduce((sum, { reads }) => sum + reads.received, 0),
      readSuccessPercent:
        own.findLast((night) => night.readSuccessPercent !== null)?.readSuccessPercent ?? null,
      isFuture: day > today,
    });
  }
  const monthOf = (day: number) => isoDate(day).slice(0, 7);
  return {
    month: monthOf(start),
    previous: monthOf(start - 1),
    next: next > today ? null : monthOf(next),
    today: isoDate(today),
    days,
  };
}

/** First day of the month that a day lies in. */
export function firstOfMonth(day: number): number {
  const date = dateNumber(day);
  return dayNumber(Math.floor(date / 10_000), Math.floor(date / 100) % 100, 1);
}
