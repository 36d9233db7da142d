import { swatch } from '../conformance/report/hour-strip.js';
import { type Markup, markup } from '../conformance/report/html-markup.js';
import { path } from './html-table.js';
import type { RunReport } from './run-report.js';

type DrawnDay = RunReport['drawnDays'][number];

/** Codes in the order in which their cases are shown, with what a case is. */
const REASONS: readonly (readonly [code: string, words: string])[] = [
  ['vee/needs-review', 'most slots without a value'],
  ['vee/negative-scaling-refused', 'measured slots furthest above the register'],
  ['vee/register-decreased', 'register that went down furthest'],
  ['vee/sum', 'intervals furthest from the register'],
  ['vee/high-low', 'day total furthest from its reference days'],
  ['vee/spike', 'highest spike'],
  ['vee/over-maximum', 'estimate furthest above the maximum'],
  ['vee/frozen', 'longest run of one value'],
  ['vee/zero-run', 'longest run of zeros'],
  ['estimate', 'most energy estimated'],
];

/** Drawings on the page; all cases are in report.json. */
const DAYS_DRAWN_MAX = 8;
const HEIGHT = 110;
const PLOT_TOP = 6;
const PLOT_BOTTOM = 92;

/** The largest case of each code, drawn: what to look at first. */
export function drawnDays({ drawnDays: days }: RunReport): Markup | null {
  if (days.length === 0) return null;
  const rank = (code: string) => REASONS.findIndex(([known]) => known === code);
  const shown = [...days].sort((a, b) => rank(a.code) - rank(b.code)).slice(0, DAYS_DRAWN_MAX);
  return markup`<h3>Days to look at first</h3>
<p class="note">The largest case of each kind. Bars are slots of the day in market time, the line is the mean that the register's advance gives.</p>
<p class="legend"><span class="keep">${swatch('actual')} actual</span> <span class="keep">${swatch('estimated')} estimated</span> <span class="keep">${swatch('none')} no value</span></p>
<div class="days">${shown.map(drawing)}</div>`;
}

function drawing(drawn: DrawnDay): Markup {
  const { meterId, units, day, code, values, kinds, register } = drawn;
  const reason = REASONS.find(([known]) => known === code)?.[1] ?? code;
  const numbers = values.map((value) => (value === null ? 0 : Number(value)));
  const means = register.map(({ meanOfSlot }) => Number(meanOfSlot));
  const top = Math.max(...numbers, ...means, 0);
  const bottom = Math.min(...numbers, ...means, 0);
  const y = (value: number) =>
    PLOT_BOTTOM - ((value - bottom) / (top - bottom || 1)) * (PLOT_BOTTOM - PLOT_TOP);
  const x = (slot: number) => `${((slot / values.length) * 100).toFixed(3)}%`;
  const bars = numbers.map((value, slot) => {
    const isNone = kinds[slot] === 'none';
    const [from, to] = isNone ? [PLOT_TOP, PLOT_BOTTOM] : [y(Math.max(value, 0)), y(Math.min(value, 0))];
    const title = `${endOfSlot(slot, drawn)} ${values[slot] ?? 'no value'} ${kinds[slot]!}`;
    return markup`<rect class="s-${kinds[slot]!}" x="${x(slot)}" y="${from.toFixed(1)}" width="${x(0.9)}" height="${Math.max(to - from, 0.5).toFixed(1)}"><title>${title}</title></rect>`;
  });
  const lines = register.map(({ firstSlot, endSlot, advance, meanOfSlot }) => {
    const place = y(Number(meanOfSlot)).toFixed(1);
    return markup`<line class="register" x1="${x(firstSlot)}" x2="${x(endSlot)}" y1="${place}" y2="${place}"><title>register advance ${advance}</title></line>`;
  });
  const estimated = kinds.filter((kind) => kind === 'estimated').length;
  const spoken = `${meterId} ${units} ${day}: ${kinds.length - estimated} slots not estimated, ${estimated} estimated, highest ${top}`;
  return markup`<figure class="day-drawn"><figcaption>${path(meterId)} ${units}, ${day}: ${reason} <code>${code}</code> <small>highest ${top}</small></figcaption>
<svg role="img" aria-label="${spoken}" width="100%" height="${HEIGHT}">${bars}${lines}<g class="axis"><text x="0" y="106">00:00</text><text x="50%" y="106" text-anchor="middle">12:00</text><text x="100%" y="106" text-anchor="end">24:00</text></g></svg></figure>`;
}

function endOfSlot(slot: number, { intervalMinutes }: DrawnDay): string {
  const minute = (slot + 1) * intervalMinutes;
  const two = (number: number) => String(number).padStart(2, '0');
  return `${two(Math.floor(minute / 60))}:${two(minute % 60)}`;
}
