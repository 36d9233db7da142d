import { formatCount, formatNumberOf, formatShare } from '../../model/figures.js';
import type { CoverageDay, FileCheck } from '../file-check.js';
import { hourAxis, hourStrip, swatch } from './hour-strip.js';
import { type Markup, markup } from './html-markup.js';

/** Read days of a file that are drawn, and files that have theirs drawn: those with the most missing. */
const DAYS_DRAWN_MAX = 40;
const FILES_DRAWN_MAX = 40;

const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 0);

/** Reads that are missing of a day. Two files or two records may give a read twice, so an hour may hold more than expected. */
function missingOf({ present, expected }: CoverageDay): number {
  return sum(expected.map((count, hour) => Math.max(0, count - (present[hour] ?? 0))));
}

/** For each file and read day the hours in which reads are there and in which they are missing. */
export function coverageSection(checks: readonly FileCheck[]): Markup | null {
  const files = checks
    .filter(({ coverage }) => coverage.length > 0)
    .map((check) => ({ check, missing: sum(check.coverage.map(missingOf)) }));
  if (files.length === 0) return null;
  // One file is drawn in any case; of several those with gaps, the largest first.
  const withGaps = files.filter(({ missing }) => missing > 0).sort((a, b) => b.missing - a.missing);
  const complete = files.length - withGaps.length;
  const drawn = files.length === 1 ? files : withGaps.slice(0, FILES_DRAWN_MAX);
  const left = withGaps.length - FILES_DRAWN_MAX;
  return markup`<section id="coverage" aria-labelledby="coverage-heading"><h2 id="coverage-heading">Coverage by hour</h2>
<p class="legend"><span class="keep">${swatch('actual')} there</span> <span class="keep">${swatch('rejected')} missing</span> <span class="keep">${swatch('none')} not expected</span></p>
${drawn.map(({ check, missing }) => fileCoverage(check, missing, files.length === 1))}
${files.length > 1 && complete > 0 ? markup`<p>${formatNumberOf(complete, 'file')} with no read missing.</p>` : null}
${left > 0 ? markup`<p class="more">${formatNumberOf(left, 'file')} with fewer reads missing left out: all are in --format json</p>` : null}
<p class="note">Hours of the market day that intervals end in. A channel that delivered anything for a day is expected to deliver all of it. An hour with any read missing shows at least a sliver of it.</p>
</section>`;
}

function fileCoverage(check: FileCheck, missing: number, alone: boolean): Markup {
  const { path, coverage, coverageDaysLeftOut } = check;
  const worst = [...coverage].sort((a, b) => missingOf(b) - missingOf(a)).slice(0, DAYS_DRAWN_MAX);
  const drawn = coverage.length > DAYS_DRAWN_MAX ? coverage.filter((day) => worst.includes(day)) : coverage;
  const leftOut = coverage.length - drawn.length;
  const rows = markup`<div class="rows">${drawn.map(dayRow)}<div class="row">${hourAxis()}</div></div>
${leftOut > 0 ? markup`<p class="more">${formatNumberOf(leftOut, 'day')} with fewer reads missing left out: all are in --format json</p>` : null}
${coverageDaysLeftOut > 0 ? markup`<p class="more">${formatNumberOf(coverageDaysLeftOut, 'earlier day')} not looked at</p>` : null}`;
  if (alone) return rows;
  return markup`<details open><summary><bdi>${path}</bdi>: ${formatNumberOf(missing, 'read')} missing</summary>${rows}</details>`;
}

function dayRow(day: CoverageDay): Markup {
  const missing = missingOf(day);
  const expected = sum(day.expected);
  const label = `${day.day} by hour, ${formatNumberOf(day.channels, 'channel')}: ${formatCount(missing)} of ${formatNumberOf(expected, 'read')} missing`;
  const strip = hourStrip(label, (hour) => {
    const there = day.present[hour] ?? 0;
    return [
      { name: 'there', count: there, series: 'actual' },
      { name: 'missing', count: Math.max(0, (day.expected[hour] ?? 0) - there), series: 'rejected' },
    ];
  });
  const share = formatShare(expected - missing, expected);
  return markup`<div class="row"><span class="day">${day.day}</span>${strip}<span class="value">${share} <small>${missing === 0 ? 'complete' : `${formatCount(missing)} missing`}</small></span></div>`;
}
