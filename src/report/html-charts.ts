import { formatCount, formatReachedPercent, formatTargetPercent } from './figures.js';
import { type Markup, markup, type Piece } from './html-markup.js';
import type { DayTotals } from './run-report.js';

/** Colour of a part, by what became of the reads: a class of the style sheet. */
export type Series = 'actual' | 'estimated' | 'waiting' | 'rejected' | 'duplicate' | 'none';

export interface BarPart {
  name: string;
  count: number;
  series: Series;
}

/** Narrowest part of a bar that holds anything at all, so that a few among millions are seen. */
const SLIVER_PERCENT = 0.6;
/** The same for the hours of the coverage strip, which are small. */
const HOUR_SLIVER_PERCENT = 14;

const HOURS_PER_DAY = 24;

/**
 * Lengths in percent of `whole`, which is what 100 % stands for. What is not zero gets at least `sliver`; the
 * longest part gives what the slivers take.
 */
export function barLengths(counts: readonly number[], whole: number, sliver: number): number[] {
  if (whole <= 0) return counts.map(() => 0);
  const exact = counts.map((count) => (count / whole) * 100);
  const lengths = exact.map((length) => (length > 0 ? Math.max(length, sliver) : 0));
  const longest = exact.indexOf(Math.max(...exact));
  const excess = lengths.reduce((sum, length, index) => sum + length - exact[index]!, 0);
  lengths[longest] = Math.max(Math.min(sliver, lengths[longest]!), lengths[longest]! - excess);
  return lengths;
}

/** A sentence for who cannot see the picture: `Received: 10 accepted, 2 rejected`. */
function spoken(label: string, parts: readonly BarPart[]): string {
  return `${label}: ${parts.map((part) => `${formatCount(part.count)} ${part.name}`).join(', ')}`;
}

/** Position or length within a picture, which all are percentages so that no text is ever stretched. */
function percent(position: number): string {
  return `${position.toFixed(3).replace(/\.?0+$/, '')}%`;
}

/** One horizontal bar of parts that lie end to end; its full width stands for `whole`. */
export function stackedBar(label: string, parts: readonly BarPart[], whole: number): Markup {
  const lengths = barLengths(
    parts.map((part) => part.count),
    whole,
    SLIVER_PERCENT,
  );
  let start = 0;
  const bars = parts.map((part, index) => {
    const length = lengths[index]!;
    if (length === 0) return null;
    const x = start;
    start += length;
    return markup`<rect class="s-${part.series}" x="${percent(x)}" y="0" width="${percent(length)}" height="100%"><title>${part.name}: ${formatCount(part.count)}</title></rect>`;
  });
  return markup`<svg class="bar" role="img" aria-label="${spoken(label, parts)}" width="100%" height="26"><rect class="s-none" width="100%" height="100%"/>${bars}</svg>`;
}

/** A small square in the colour of a series, for a legend. */
export function swatch(series: Series): Markup {
  return markup`<svg class="swatch" width="11" height="11" aria-hidden="true"><rect class="s-${series}" width="11" height="11"/></svg>`;
}

/** Totals of a day over its hours. */
export function dayTotals(day: DayTotals): { actual: number; estimated: number; unresolved: number } {
  const sum = (counts: readonly number[]) => counts.reduce((total, count) => total + count, 0);
  return { actual: sum(day.actual), estimated: sum(day.estimated), unresolved: sum(day.unresolved) };
}

/** A day as 24 columns, each filled from below: actual, estimated, without a value. */
export function coverageStrip(day: DayTotals): Markup {
  const { actual, estimated, unresolved } = dayTotals(day);
  const label = `${day.day} by hour: ${formatCount(actual)} actual, ${formatCount(estimated)} estimated, ${formatCount(unresolved)} without a value`;
  const hours = Array.from({ length: HOURS_PER_DAY }, (_, hour) => coverageHour(day, hour));
  return markup`<svg class="strip" role="img" aria-label="${label}" width="100%" height="30">${hours}</svg>`;
}

function coverageHour(day: DayTotals, hour: number): Markup {
  const parts: BarPart[] = [
    { name: 'actual', count: day.actual[hour] ?? 0, series: 'actual' },
    { name: 'estimated', count: day.estimated[hour] ?? 0, series: 'estimated' },
    { name: 'without a value', count: day.unresolved[hour] ?? 0, series: 'rejected' },
  ];
  const whole = parts.reduce((sum, part) => sum + part.count, 0);
  const lengths = barLengths(
    parts.map((part) => part.count),
    whole,
    HOUR_SLIVER_PERCENT,
  );
  const x = percent((hour / HOURS_PER_DAY) * 100);
  const width = percent(100 / HOURS_PER_DAY);
  let top = 100;
  const rects = parts.map((part, index) => {
    if (part.count === 0) return null;
    top -= lengths[index]!;
    return markup`<rect class="s-${part.series}" x="${x}" y="${percent(Math.max(0, top))}" width="${width}" height="${percent(lengths[index]!)}"/>`;
  });
  return markup`<g><title>${spoken(hourSpan(hour), parts)}</title><rect class="s-none" x="${x}" width="${width}" height="100%"/>${rects}</g>`;
}

/** `07:00 to 08:00`. */
export function hourSpan(hour: number): string {
  const clock = (value: number) => `${String(value).padStart(2, '0')}:00`;
  return `${clock(hour)} to ${clock(hour + 1)}`;
}

/** The hours below the coverage strips. */
export function hourAxis(): Markup {
  const marks = [0, 6, 12, 18, 24].map((hour) => axisText((hour / HOURS_PER_DAY) * 100, 12, String(hour)));
  return markup`<svg class="axis" aria-hidden="true" width="100%" height="16">${marks}</svg>`;
}

function axisText(position: number, y: number, text: Piece): Markup {
  const anchor = position < 3 ? 'start' : position > 97 ? 'end' : 'middle';
  return markup`<text x="${percent(position)}" y="${y}" text-anchor="${anchor}">${text}</text>`;
}

/** Where a success scale may begin: high where all is near the target, so that tenths of a percent are seen. */
const SCALE_STARTS = [95, 90, 80, 50, 0];

/** Lower end in percent of a scale up to 100 that shows all the figures, none of them at its very edge. */
export function successScaleStart(percents: readonly number[]): number {
  const lowest = Math.min(...percents);
  return SCALE_STARTS.find((start) => lowest >= start + 0.5) ?? 0;
}

/** Place of a percentage on a scale from `start` to 100. */
function onScale(value: number, start: number): number {
  return Math.min(100, Math.max(0, ((value - start) / (100 - start)) * 100));
}

/** A mark on the scale with the line of the target; hollow where the figure is not final. */
export function successMark(
  label: string,
  mark: { percent: number | null; settled: boolean },
  scale: { start: number; targetPercent: number },
): Markup {
  const { percent: value, settled } = mark;
  const target = percent(onScale(scale.targetPercent, scale.start));
  const reached = value !== null && value >= scale.targetPercent;
  const text = value === null ? `${label}: no figure` : `${label}: ${formatReachedPercent(value)}`;
  const kind = settled ? (reached ? 'above' : 'below') : 'open';
  const x = value === null ? null : percent(onScale(value, scale.start));
  return markup`<svg class="mark" role="img" aria-label="${text}, target ${formatTargetPercent(scale.targetPercent)}" width="100%" height="24"><title>${text}</title><line class="track" x1="0" x2="100%" y1="12" y2="12"/><line class="target" x1="${target}" x2="${target}" y1="0" y2="24"/>${
    x === null ? null : markup`<circle class="${kind}" cx="${x}" cy="12" r="5"/>`
  }</svg>`;
}

/** The scale below the marks: its ends, and the target above them. */
export function successAxis(scale: { start: number; targetPercent: number }): Markup {
  const target = onScale(scale.targetPercent, scale.start);
  const anchor = target > 80 ? 'end' : 'middle';
  return markup`<svg class="axis" aria-hidden="true" width="100%" height="30"><text class="target-text" x="${percent(target)}" y="12" text-anchor="${anchor}">target ${formatTargetPercent(scale.targetPercent)}</text>${axisText(0, 27, `${scale.start} %`)}${axisText(100, 27, '100 %')}</svg>`;
}

/** Percent of actual among the slots that went out for a day, or null where none did. */
export function dayPercent(day: DayTotals): number | null {
  const { actual, estimated, unresolved } = dayTotals(day);
  const slots = actual + estimated + unresolved;
  return slots === 0 ? null : (actual / slots) * 100;
}
