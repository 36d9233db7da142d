import { type Markup, markup } from '../conformance/report/html-markup.js';
import { formatCount, formatNumberOf, formatShare } from '../model/figures.js';
import { orderedFindings, orderedMethods } from './attention.js';
import { drawnDays } from './html-days.js';
import { section } from './html-page.js';
import { moreLine, path, TABLE_ROWS_MAX, table } from './html-table.js';
import type { RunFinding, RunReport } from './run-report.js';

/** Places of one finding that the page shows. */
const EXAMPLES_SHOWN_MAX = 20;

/** Findings by code, errors first, with their first places. */
export function findingsSection(report: RunReport): Markup {
  const findings = orderedFindings(report);
  if (findings.length === 0) return section('findings', markup`<p class="empty">No findings.</p>`);
  const total = findings.reduce((sum, finding) => sum + finding.count, 0);
  const shown = findings.slice(0, TABLE_ROWS_MAX);
  const body = markup`<p>${formatNumberOf(total, 'finding')} of ${formatNumberOf(findings.length, 'code')}, errors first.</p>
<div class="findings">${shown.map((finding, index) => findingEntry(finding, index === 0))}</div>
${moreLine(findings.length - shown.length, 'report.json', 'more codes')}`;
  return section('findings', body);
}

/** Line or column; what was found across records has neither. */
const placeNumber = (place: number): string => (place === 0 ? '–' : formatCount(place));

function findingEntry(finding: RunFinding, open: boolean): Markup {
  const { severity, code, title, count, examples } = finding;
  const head = markup`<span class="severity ${severity}">${severity}</span><span class="what">${title} <code>${code}</code></span><span class="n">${formatCount(count)}</span>`;
  if (examples.length === 0) return markup`<div class="finding">${head}</div>`;
  const places = examples.slice(0, EXAMPLES_SHOWN_MAX);
  return markup`<details class="finding"${open && severity === 'error' ? markup` open` : null}><summary>${head}</summary>
${table({
  label: `First places of ${code}`,
  columns: [
    { head: 'File', rowHead: true, cell: (example) => path(example.file === '' ? '–' : example.file) },
    { head: 'Line', numeric: true, cell: (example) => placeNumber(example.line) },
    { head: 'Column', numeric: true, cell: (example) => placeNumber(example.column) },
    {
      head: 'Field',
      numeric: true,
      cell: (example) =>
        example.line === 0 ? '–' : example.field === 0 ? 'record' : formatCount(example.field),
    },
    { head: 'Meter', cell: (example) => path(example.meterId ?? '–') },
    { head: 'Stamp', cell: (example) => markup`<span class="stamp">${example.stamp ?? '–'}</span>` },
    { head: 'Message', cell: (example) => markup`<span class="long">${example.message}</span>` },
  ],
  rows: places,
  rowCount: places.length,
  fullList: 'report.json',
})}${count > places.length ? markup`<p class="more">The first ${formatCount(places.length)} of ${formatCount(count)}.</p>` : null}</details>`;
}

/** Slots without a read of their own, by the method that filled them. */
export function estimatesSection(report: RunReport): Markup {
  const methods = orderedMethods(report);
  const { estimated, unresolved } = report.reads;
  const where = markup`<p class="note">Each with its raw value, method and reference days: ${path(report.files.estimates)}</p>`;
  if (methods.length === 0) {
    const late = report.lateActuals > 0 ? lateNote(report) : null;
    const text = markup`<p class="empty">No slot was estimated.</p>${estimated + unresolved > 0 ? where : null}${late}${drawnDays(report)}`;
    return section('estimates', text);
  }
  const slots = methods.reduce((sum, [, count]) => sum + count, 0);
  const body = markup`<p>${formatNumberOf(estimated, 'slot')} estimated, ${formatCount(unresolved)} without a value. ${formatNumberOf(report.scaledSpans, 'register span')} scaled to the register's advance.</p>
${table({
  label: 'Slots by method',
  columns: [
    { head: 'Method', rowHead: true, cell: ([method]) => method },
    { head: 'Slots', numeric: true, cell: ([, count]) => formatCount(count) },
    { head: 'Share', numeric: true, cell: ([, count]) => formatShare(count, slots) },
  ],
  rows: methods,
  fullList: 'report.json',
})}${policiesTable(report)}${report.lateActuals > 0 ? lateNote(report) : null}${where}${drawnDays(report)}`;
  return section('estimates', body);
}

/** Which policy replaced slots, by the check that they failed and the method that filled them. */
function policiesTable(report: RunReport): Markup {
  const rows = report.policies.flatMap(({ policy, slots }) => slots.map((one) => ({ policy, ...one })));
  return table({
    label: 'Slots by policy, check and method',
    columns: [
      { head: 'Policy', rowHead: true, cell: ({ policy }) => policy },
      { head: 'Check', cell: ({ check }) => markup`<code>${check}</code>` },
      { head: 'Method', cell: ({ method }) => method },
      { head: 'Slots', numeric: true, cell: ({ count }) => formatCount(count) },
    ],
    rows,
    fullList: 'report.json',
  });
}

function lateNote({ lateActuals }: RunReport): Markup {
  return markup`<p>${formatNumberOf(lateActuals, 'late actual read')} replaced what had gone out as an estimate or without a value, and went out with the purpose RESEND.</p>`;
}

/** Meters that sent nothing: how many, the first ones, and where all are. */
export function metersSection(report: RunReport): Markup {
  const { expected, delivered, missing } = report.meters;
  const counts = markup`<p>${formatCount(expected)} expected, ${formatCount(delivered)} delivered, ${formatCount(missing)} missing.</p>`;
  if (missing === 0) return section('meters', counts);
  const shown = report.missingMeterSample.slice(0, TABLE_ROWS_MAX);
  const body = markup`${counts}
<ul class="meters">${shown.map((meter) => markup`<li>${path(meter)}</li>`)}</ul>
${shown.length < missing ? moreLine(missing - shown.length, report.files.missingMeters) : markup`<p class="note">The same list: ${path(report.files.missingMeters)}</p>`}`;
  return section('meters', body);
}

/** What needs a person: the first lines of the review list. */
export function reviewSection(report: RunReport): Markup {
  if (report.reviewCount === 0) {
    return section('review', markup`<p class="empty">Nothing needs a person.</p>`);
  }
  const body = markup`<p>${formatNumberOf(report.reviewCount, 'line')} in ${path(report.files.review)}</p>
${table({
  label: 'First lines of the review list',
  columns: [
    { head: 'Meter', rowHead: true, cell: (line) => path(line.meterId) },
    { head: 'Units', cell: (line) => line.units },
    { head: 'Stamp', cell: (line) => markup`<span class="stamp">${line.stamp}</span>` },
    { head: 'Code', cell: (line) => markup`<code>${line.code}</code>` },
    { head: 'Detail', cell: (line) => markup`<span class="long">${line.detail}</span>` },
  ],
  rows: report.reviewSample,
  rowCount: report.reviewCount,
  fullList: report.files.review,
})}`;
  return section('review', body);
}
