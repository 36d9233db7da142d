import { formatCount } from '../../model/figures.js';
import { type Markup, markup, type Piece } from './html-markup.js';

/** Colour of a part, by what became of the reads: a class of the style sheet. */
export type Series = 'actual' | 'estimated' | 'waiting' | 'rejected' | 'duplicate' | 'none';

export interface BarPart {
  name: string;
  count: number;
  series: Series;
}

/** Narrowest part of an hour that holds anything at all, so that a few among millions are seen. */
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
export function spoken(label: string, parts: readonly BarPart[]): string {
  return `${label}: ${parts.map((part) => `${formatCount(part.count)} ${part.name}`).join(', ')}`;
}

/** Position or length within a picture, which all are percentages so that no text is ever stretched. */
export function percent(position: number): string {
  return `${position.toFixed(3).replace(/\.?0+$/, '')}%`;
}

/** A small square in the colour of a series, for a legend. */
export function swatch(series: Series): Markup {
  return markup`<svg class="swatch" width="11" height="11" aria-hidden="true"><rect class="s-${series}" width="11" height="11"/></svg>`;
}

/**
 * A day as 24 columns, each filled from below.
 * @param label what the whole picture says, for who cannot see it
 * @param partsOf parts of an hour from 0 to 23; the fill of an hour is divided among all of them
 */
export function hourStrip(label: string, partsOf: (hour: number) => BarPart[]): Markup {
  const hours = Array.from({ length: HOURS_PER_DAY }, (_, hour) => hourColumn(hour, partsOf(hour)));
  return markup`<svg class="strip" role="img" aria-label="${label}" width="100%" height="30">${hours}</svg>`;
}

function hourColumn(hour: number, parts: BarPart[]): Markup {
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

export function axisText(position: number, y: number, text: Piece): Markup {
  const anchor = position < 3 ? 'start' : position > 97 ? 'end' : 'middle';
  return markup`<text x="${percent(position)}" y="${y}" text-anchor="${anchor}">${text}</text>`;
}
