import { type Markup, markup, render } from '../conformance/report/html-markup.js';
import { page } from '../conformance/report/html-page.js';
import { formatCount, formatSeconds, readsPerSecond } from '../model/figures.js';
import type { ReportSection } from './attention.js';
import { batchesSection, deliveriesSection, inputsSection, sourcesSection } from './html-files.js';
import { estimatesSection, findingsSection, metersSection, reviewSection } from './html-findings.js';
import { SECTION_NAMES } from './html-page.js';
import { coverageSection, keyFigures, readsSection, successSection, verdictBanner } from './html-reads.js';
import { STYLE_SHEET } from './html-styles.js';
import { path } from './html-table.js';
import type { RunReport } from './run-report.js';

/**
 * The run as one HTML page that stands by itself: no network, no script, light and dark, fit for a telephone
 * and for paper. All text of the data is escaped. Long lists are cut at `TABLE_ROWS_MAX` rows and name the
 * file that holds them whole.
 */
export function htmlReport(report: RunReport): string {
  const body = markup`${verdictBanner(report)}
<main>
${keyFigures(report)}
${contents(report)}
${readsSection(report)}${successSection(report)}${coverageSection(report)}${sourcesSection(report)}
${findingsSection(report)}${estimatesSection(report)}${metersSection(report)}${reviewSection(report)}
${inputsSection(report)}${batchesSection(report)}${deliveriesSection(report)}
</main>
${pageFooter(report)}`;
  const title = `${report.tool} run ${report.runId}: ${report.status}`;
  return render(page({ title, styles: STYLE_SHEET, body }));
}

function contents(report: RunReport): Markup {
  const entries: [section: ReportSection, count: number | null][] = [
    ['reads', null],
    ['success', null],
    ['coverage', null],
    ['sources', report.sources.length],
    ['findings', report.findingDetails.length],
    ['estimates', null],
    ['meters', report.meters.missing],
    ['review', report.reviewCount],
    ['inputs', report.inputs.length],
    ['batches', report.batches.length],
  ];
  if (report.deliveries.length > 0) entries.push(['deliveries', report.deliveries.length]);
  return markup`<nav aria-label="Contents">${entries.map(
    ([section, count]) =>
      markup`<a href="#${section}">${SECTION_NAMES[section]}${count === null ? null : markup` <small>${formatCount(count)}</small>`}</a> `,
  )}</nav>`;
}

function pageFooter(report: RunReport): Markup {
  const speed = readsPerSecond(report.reads.received, report.seconds);
  const entries: [name: string, text: Markup | string][] = [
    ['Run', path(report.runId)],
    ['Reference clock', report.now],
    ['Tool', `${report.tool} ${report.version}`],
    ['Environment', path(report.environment ?? 'none named')],
    [
      'Time',
      `${formatSeconds(report.seconds)}${speed === null ? '' : `, ${formatCount(speed)} reads a second`}`,
    ],
    ['This page', path(report.report)],
    ['Manifest', path(report.files.manifest)],
    ['Estimates', path(report.files.estimates)],
    ['Review', path(report.files.review)],
    ['Missing meters', path(report.files.missingMeters)],
    ['Duplicates', path(report.files.duplicates)],
  ];
  return markup`<footer><dl>${entries.map(([name, text]) => markup`<div><dt>${name}</dt><dd>${text}</dd></div>`)}</dl></footer>`;
}
