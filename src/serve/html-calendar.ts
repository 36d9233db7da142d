import { constantMarkup, type Markup, markup } from '../conformance/report/html-markup.js';
import { formatCount, formatNumberOf, formatReachedPercent } from '../model/figures.js';
import { parseIsoDate } from '../model/time.js';
import type { Calendar, CalendarDay } from './calendar.js';
import { READ_SUCCESS_TARGET_PERCENT } from './night-view.js';

const WEEKDAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];
/** 1970-01-01 was a Thursday. */
const FIRST_WEEKDAY = 3;

/** 0 = Monday. @param day day number */
const weekdayOf = (day: number): number => (day + FIRST_WEEKDAY) % WEEKDAYS.length;

/** The nights of a month. */
export function calendarMain(calendar: Calendar): Markup {
  const { month, previous, next, days } = calendar;
  const heads = WEEKDAYS.map((name) => markup`<li class="head" aria-hidden="true">${name}</li>`);
  const forward =
    next === null
      ? null
      : markup`<a href="/nights?month=${next}" data-key="]" aria-keyshortcuts="]">${next} <kbd>]</kbd></a>`;
  return markup`<div class="turn verdict"><h1>Nights of ${month}</h1><a href="/nights?month=${previous}" data-key="[" aria-keyshortcuts="[">${previous} <kbd>[</kbd></a>${forward}</div>
<p class="note">A night stands under the day, in market time, on which its runs were made. Read success is that of the read day that was settled last in it.</p>
<ol class="month">${heads}${days.map((day, i) => dayCell(day, i, calendar))}</ol>`;
}

function dayCell(cell: CalendarDay, i: number, { today }: Calendar): Markup {
  const { day, status, runs, files, received, readSuccessPercent, isFuture } = cell;
  const number = Number(day.slice(8));
  const weekday = weekdayOf(parseIsoDate(day));
  const classes = [
    'day',
    status ?? (isFuture ? 'future' : 'none'),
    day === today ? 'today' : '',
    i === 0 ? `first-${weekday + 1}` : '',
  ].filter((name) => name !== '');
  const head = markup`<b>${number} <span>${WEEKDAYS[weekday]!}</span></b>`;
  if (isFuture) return markup`<li class="${classes.join(' ')}"><span>${head}</span></li>`;
  const isBelow = readSuccessPercent !== null && readSuccessPercent < READ_SUCCESS_TARGET_PERCENT;
  const success =
    readSuccessPercent === null
      ? null
      : markup`<strong class="${isBelow ? 'below' : 'success'}">${formatReachedPercent(readSuccessPercent)}</strong>`;
  const what =
    runs === 0
      ? markup`<small>no run</small>`
      : markup`${success}<small>${status}, ${formatNumberOf(files, 'file')}</small><small>${formatCount(received)} reads</small>`;
  const current = constantMarkup(day === today ? ' aria-current="date"' : '');
  return markup`<li class="${classes.join(' ')}"><a href="/nights/${day}"${current}>${head}${what}</a></li>`;
}
