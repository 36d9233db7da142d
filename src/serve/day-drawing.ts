import { type Markup, markup } from '../conformance/report/html-markup.js';
import type { ExplainedChannel, ExplainedSlot } from '../pipeline/explain-day.js';

const HEIGHT = 240;
const PLOT_TOP = 14;
const PLOT_BOTTOM = 214;
const SMALL_HEIGHT = 46;
/** Room beyond the final values that values which were replaced may take, of their span. */
const OUTLIER_ROOM = 0.5;
/** Share of a slot's width that its bar takes. */
const BAR_SHARE = 0.86;

const SERIES: Readonly<Record<ExplainedSlot['state'], string>> = {
  absent: 'none',
  actual: 'actual',
  waiting: 'waiting',
  'outage-zero': 'estimated',
  estimated: 'estimated',
  none: 'none',
  'other-meter': 'duplicate',
};

/** What is drawn of a slot: the final value, or the one that waits. */
const shown = ({ final, raw, state }: ExplainedSlot): number | null => {
  const text = state === 'waiting' ? raw : final;
  return text === null || text === '' ? null : Number(text);
};
const cameAs = ({ raw }: ExplainedSlot): number | null => (raw === null || raw === '' ? null : Number(raw));

/** A channel's day in bars, the values that came marked where others went out. */
export function dayDrawing({ units, intervalMinutes, slots }: ExplainedChannel): Markup {
  const { top, bottom } = boundsOf(slots);
  const y = (value: number) => PLOT_BOTTOM - ((value - bottom) / (top - bottom)) * (PLOT_BOTTOM - PLOT_TOP);
  const x = (slot: number) => `${((slot / slots.length) * 100).toFixed(3)}%`;
  const bars = slots.map((slot, i) => bar(slot, i, y, x, intervalMinutes));
  const marks = [...new Set([bottom, (top + bottom) / 2, top])];
  const lines = marks.map(
    (value) =>
      markup`<line class="grid" x1="0" x2="100%" y1="${y(value).toFixed(1)}" y2="${y(value).toFixed(1)}"/>`,
  );
  // Where the bars stand is plain without a number.
  const named = marks.filter((value) => value !== 0);
  const labels = named.map(
    (value) => markup`<text class="value" x="0" y="${(y(value) - 3).toFixed(1)}">${rounded(value)}</text>`,
  );
  const hours = [0, 6, 12, 18, 24].map((hour) => {
    const anchor = hour === 0 ? 'start' : hour === 24 ? 'end' : 'middle';
    const label = `${String(hour).padStart(2, '0')}:00`;
    return markup`<text x="${((hour / 24) * 100).toFixed(2)}%" y="${HEIGHT - 6}" text-anchor="${anchor}">${label}</text>`;
  });
  const estimated = slots.filter(({ state }) => SERIES[state] === 'estimated').length;
  const label = `${units} by slot, market time: ${slots.length} slots, ${estimated} estimated, highest ${rounded(top)}`;
  return markup`<svg class="drawing" role="img" aria-label="${label}" width="100%" height="${HEIGHT}"><g class="axis">${lines}${hours}</g>${bars}${labels}</svg>`;
}

function bar(
  slot: ExplainedSlot,
  i: number,
  y: (value: number) => number,
  x: (slot: number) => string,
  intervalMinutes: number,
): Markup {
  const value = shown(slot);
  const came = cameAs(slot);
  const series = value === null ? 'none' : SERIES[slot.state];
  const [from, to] =
    value === null ? [PLOT_TOP, PLOT_BOTTOM] : [y(Math.max(value, 0)), y(Math.min(value, 0))];
  const title = `to ${endOfSlot(i, intervalMinutes)}: ${value ?? 'no value'}, ${slot.state}${came === null || came === value ? '' : `, came as ${came}`}${slot.method === null ? '' : `, ${slot.method}`}`;
  const rect = markup`<rect class="s-${series}" x="${x(i)}" y="${from.toFixed(1)}" width="${x(BAR_SHARE)}" height="${Math.max(to - from, 1).toFixed(1)}"><title>${title}</title></rect>`;
  if (came === null || came === value) return rect;
  const at = Math.min(Math.max(y(came), PLOT_TOP), PLOT_BOTTOM).toFixed(1);
  return markup`${rect}<line class="raw" x1="${x(i)}" x2="${x(i + BAR_SHARE)}" y1="${at}" y2="${at}"><title>came as ${came}</title></line>`;
}

/** The same without words, for a list of days. */
export function smallDrawing(slots: readonly ExplainedSlot[]): Markup {
  const { top, bottom } = boundsOf(slots);
  const y = (value: number) => ((top - value) / (top - bottom)) * (SMALL_HEIGHT - 2) + 1;
  const bars = slots.map((slot, i) => {
    const value = shown(slot);
    const series = value === null ? 'none' : SERIES[slot.state];
    const [from, to] =
      value === null ? [1, SMALL_HEIGHT - 1] : [y(Math.max(value, 0)), y(Math.min(value, 0))];
    return markup`<rect class="s-${series}" x="${((i / slots.length) * 100).toFixed(2)}%" y="${from.toFixed(1)}" width="${(100 / slots.length).toFixed(2)}%" height="${Math.max(to - from, 0.5).toFixed(1)}"/>`;
  });
  return markup`<svg class="small" aria-hidden="true" width="100%" height="${SMALL_HEIGHT}">${bars}</svg>`;
}

/**
 * Zero is always in the picture; a day of zeros has some height too. A value that came and was replaced may lie far
 * from all others: it must not press them flat, and is marked at the edge.
 */
function boundsOf(slots: readonly ExplainedSlot[]): { top: number; bottom: number } {
  const finals = slots.map((slot) => shown(slot) ?? 0);
  const raws = slots.map((slot) => cameAs(slot) ?? 0);
  const highest = Math.max(...finals, 0);
  const lowest = Math.min(...finals, 0);
  const room = (highest - lowest) * OUTLIER_ROOM;
  const top = Math.min(Math.max(highest, ...raws), highest + room);
  const bottom = Math.max(Math.min(lowest, ...raws), lowest - room);
  return { top: top === bottom ? 1 : top, bottom };
}

const rounded = (value: number): string => String(Number(value.toPrecision(3)));

function endOfSlot(slot: number, intervalMinutes: number): string {
  const minute = (slot + 1) * intervalMinutes;
  const two = (number: number) => String(number).padStart(2, '0');
  return `${two(Math.floor(minute / 60))}:${two(minute % 60)}`;
}
