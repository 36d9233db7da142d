import {
  axisText,
  type BarPart,
  barLengths,
  hourStrip,
  percent,
  spoken,
} from '../conformance/report/hour-strip.js';
import { type Markup, markup } from '../conformance/report/html-markup.js';
import { formatCount, formatReachedPercent, formatTargetPercent } from '../model/figures.js';
import type { DayTotals } from './run-report.js';

/** Narrowest part of a bar that holds anything at all, so that a few among millions are seen. */
const SLIVER_PERCENT = 0.6;
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

/** Totals of a day over its hours. */
export function dayTotals(day: DayTotals): { actual: number; estimated: number; unresolved: number } {
  const sum = (counts: readonly number[]) => counts.reduce((total, count) => total + count, 0);
  return { actual: sum(day.actual), estimated: sum(day.estimated), unresolved: sum(day.unresolved) };
}

/** A day as 24 columns, each filled from below: actual, estimated, without a value. */
export function coverageStrip(day: DayTotals): Markup {
  const { actual, estimated, unresolved } = dayTotals(day);
  const label = `${day.day} by hour: ${formatCount(actual)} actual, ${formatCount(estimated)} estimated, ${formatCount(unresolved)} without a value`;
  return hourStrip(label, (hour) => [
    { name: 'actual', count: day.actual[hour] ?? 0, series: 'actual' },
    { name: 'estimated', count: day.estimated[hour] ?? 0, series: 'estimated' },
    { name: 'without a value', count: day.unresolved[hour] ?? 0, series: 'rejected' },
  ]);
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
