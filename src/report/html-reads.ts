import { type BarPart, hourAxis, hourSpan, swatch } from '../conformance/report/hour-strip.js';
import { type Markup, markup, type Piece } from '../conformance/report/html-markup.js';
import {
  formatCount,
  formatNumberOf,
  formatReachedPercent,
  formatSeconds,
  formatShare,
  formatSize,
  formatTargetPercent,
  readsPerSecond,
} from '../model/figures.js';
import { accountedReads, attentionPoints, type ReportSection, readSuccessOf } from './attention.js';
import {
  coverageStrip,
  dayPercent,
  dayTotals,
  stackedBar,
  successAxis,
  successMark,
  successScaleStart,
} from './html-charts.js';
import { SECTION_NAMES, section } from './html-page.js';
import { moreLine, table } from './html-table.js';
import type { DayTotals, RunReport } from './run-report.js';

/** Read days that are drawn: the latest ones. A month and the days around it. */
const DAYS_DRAWN_MAX = 40;

const VERDICTS = { complete: 'Complete', partial: 'Partial', failed: 'Failed' } as const;

/** The verdict, the one thing to look at, and what else there is, each with the way to its section. */
export function verdictBanner(report: RunReport): Markup {
  const [first, ...others] = attentionPoints(report);
  const linked = (point: { text: string; section: ReportSection }) =>
    markup`${point.text} <a href="#${point.section}">${SECTION_NAMES[point.section]}</a>`;
  return markup`<header class="verdict ${report.status}">
<p class="run">${report.tool} run <bdi>${report.runId}</bdi>${report.environment === null ? null : markup`, <bdi>${report.environment}</bdi>`}</p>
<h1>${VERDICTS[report.status]}</h1>
<p class="first">${first ? linked(first) : 'Nothing needs a person.'}</p>
${others.length > 0 ? markup`<ul>${others.map((point) => markup`<li>${linked(point)}</li>`)}</ul>` : null}
${report.resumed ? markup`<p class="note">An earlier attempt at this run was cut off; this one went on from where it stood.</p>` : null}
</header>`;
}

/** The figures that the night is judged by. */
export function keyFigures(report: RunReport): Markup {
  const { reads, meters, inputs, batches } = report;
  const failed = inputs.filter((input) => input.status === 'failed').length;
  const speed = readsPerSecond(reads.received, report.seconds);
  const target = formatTargetPercent(report.readSuccessTargetPercent);
  const success = readSuccessOf(report);
  const outputBytes = batches.reduce((sum, batch) => sum + batch.bytes, 0);
  const outputReads = batches.reduce((sum, batch) => sum + batch.reads, 0);
  const figures: [label: string, figure: string, note: string, level: '' | 'bad' | 'bad-note' | 'good'][] = [
    [
      'Read success',
      report.readSuccessPercent === null ? '–' : formatReachedPercent(report.readSuccessPercent),
      `${success === 'not met' ? 'NOT met' : success}, target ${target}`,
      success === 'met' ? 'good' : success === 'not met' ? 'bad' : '',
    ],
    [
      'Reads received',
      formatCount(reads.received),
      speed === null ? '' : `${formatCount(speed)} a second`,
      '',
    ],
    [
      'Meters missing',
      formatCount(meters.missing),
      `of ${formatCount(meters.expected)} expected; ${formatCount(meters.delivered)} delivered`,
      '',
    ],
    ['Slots estimated', formatCount(reads.estimated), `${formatCount(reads.unresolved)} unresolved`, ''],
    [
      'Reads rejected',
      formatCount(reads.rejected),
      `${formatShare(reads.rejected, reads.received)} of received`,
      '',
    ],
    [
      'Files taken in',
      formatCount(inputs.length),
      formatNumberOf(failed, 'failed', 'failed'),
      failed > 0 ? 'bad-note' : '',
    ],
    [
      'Batches written',
      formatCount(batches.length),
      `${formatNumberOf(outputReads, 'read')}, ${formatSize(outputBytes)}`,
      '',
    ],
    ['Time', formatSeconds(report.seconds), '', ''],
  ];
  return markup`<dl class="figures">${figures.map(
    ([label, figure, note, level]) =>
      markup`<div class="${level}"><dt>${label}</dt><dd><b>${figure}</b><span>${note}</span></dd></div>`,
  )}</dl>`;
}

/** Where every read went, and what went out: two bars on one scale, and the sums. */
export function readsSection(report: RunReport): Markup {
  const { reads } = report;
  const came: (BarPart & { meaning: string })[] = [
    { name: 'accepted', count: reads.accepted, series: 'actual', meaning: 'Sent as they came' },
    {
      name: 'replaced',
      count: reads.replaced,
      series: 'estimated',
      meaning: 'An estimate, or no value, went out in their place',
    },
    {
      name: 'waiting',
      count: reads.waiting,
      series: 'waiting',
      meaning: 'Kept until their read day is settled',
    },
    { name: 'rejected', count: reads.rejected, series: 'rejected', meaning: 'In the quarantine' },
    {
      name: 'duplicates',
      count: reads.duplicates,
      series: 'duplicate',
      meaning: 'Repeats of a read that was kept',
    },
  ];
  const went: BarPart[] = [
    { name: 'actual', count: reads.accepted, series: 'actual' },
    { name: 'estimated', count: reads.estimated, series: 'estimated' },
    { name: 'without a value', count: reads.unresolved, series: 'rejected' },
  ];
  const sent = reads.accepted + reads.estimated + reads.unresolved;
  const whole = Math.max(reads.received, sent, 1);
  const body = markup`<div class="flow">
<p>Came in: ${formatNumberOf(reads.received, 'read')}</p>${stackedBar('Came in', came, whole)}
<p>Went out: ${formatCount(reads.accepted)} actual, ${formatCount(reads.estimated)} estimated, ${formatCount(reads.unresolved)} without a value</p>${stackedBar('Went out', went, whole)}
</div>
${table({
  label: 'Where every received read went',
  columns: [
    {
      head: 'Part',
      rowHead: true,
      cell: (part) => markup`<span class="keep">${swatch(part.series)} ${part.name}</span>`,
      foot: 'received',
    },
    {
      head: 'Reads',
      numeric: true,
      cell: (part) => formatCount(part.count),
      foot: formatCount(reads.received),
    },
    { head: 'Share', numeric: true, cell: (part) => formatShare(part.count, reads.received) },
    { head: 'What became of them', cell: (part) => part.meaning },
  ],
  rows: came,
  fullList: 'report.json',
})}
${equation(report)}
<p class="note">Both bars have the same scale. A part that holds anything is drawn at least as a sliver.</p>`;
  return section('reads', body);
}

function equation({ reads }: RunReport): Markup {
  const parts = [reads.accepted, reads.replaced, reads.waiting, reads.rejected, reads.duplicates];
  const accounted = accountedReads(reads);
  const sums = `${parts.map(formatCount).join(' + ')} = ${formatCount(accounted)}`;
  return accounted === reads.received
    ? markup`<p class="equation">${sums} received: adds up.</p>`
    : markup`<p class="equation bad">${sums}, but ${formatCount(reads.received)} received: does not add up.</p>`;
}

/** Read success of the run and the share of actual slots of each day against the target. */
export function successSection(report: RunReport): Markup {
  const target = report.readSuccessTargetPercent;
  const success = readSuccessOf(report);
  const days = drawnDays(report);
  const percents = days.map(dayPercent);
  const known = [report.readSuccessPercent, ...percents].filter((value) => value !== null);
  const scale = { start: successScaleStart([target, ...known]), targetPercent: target };
  const row = (label: string, value: number | null, settled: boolean, word: string): Piece =>
    markup`<div class="row"><span class="day">${label}</span>${successMark(label, { percent: value, settled }, scale)}<span class="value">${value === null ? '–' : formatReachedPercent(value)} <small>${word}</small></span></div>`;
  const dayRows = days.map((day, index) => {
    const value = percents[index]!;
    const word = !day.settled ? 'open' : value === null ? 'no slot' : value >= target ? 'above' : 'below';
    return row(day.day, value, day.settled, word);
  });
  const runWord = success === 'not met' ? 'NOT met' : success;
  const body = markup`<div class="rows"><div class="row">${successAxis(scale)}</div>${row('This run', report.readSuccessPercent, true, runWord)}${dayRows}</div>
${earlierDays(report)}
<p class="note">This run: actual slots of the settled days, of all slots expected. A day: actual slots, of those that went out for it in this run; slots of meters that sent nothing are not among them. Target ${formatTargetPercent(target)}: Ontario AMI functional specification v2 (2007), 2.3.1.</p>`;
  return section('success', body);
}

/** What the slots of each read day went out with, hour by hour. */
export function coverageSection(report: RunReport): Markup {
  const days = drawnDays(report);
  if (days.length === 0) {
    return section('coverage', markup`<p class="empty">No slot of any read day went out.</p>`);
  }
  const rows = days.map((day) => {
    const { estimated, unresolved } = dayTotals(day);
    const gaps = estimated + unresolved;
    return markup`<div class="row"><span class="day">${day.day}</span>${coverageStrip(day)}<span class="value">${formatCount(gaps)} <small>not actual</small></span></div>`;
  });
  const body = markup`<p class="legend"><span class="keep">${swatch('actual')} actual</span> <span class="keep">${swatch('estimated')} estimated</span> <span class="keep">${swatch('rejected')} without a value</span> <span class="keep">${swatch('none')} nothing went out</span></p>
<div class="rows">${rows}<div class="row">${hourAxis()}</div></div>
${earlierDays(report)}
<p class="note">Hours of the market day. An hour with any estimate or gap shows at least a sliver of it.</p>
${days.map(dayDetails)}`;
  return section('coverage', body);
}

function dayDetails(day: DayTotals): Markup {
  const { actual, estimated, unresolved } = dayTotals(day);
  const hours = Array.from({ length: day.actual.length }, (_, hour) => hour);
  const column = (head: string, counts: readonly number[], total: number) => ({
    head,
    numeric: true,
    cell: (hour: number) => formatCount(counts[hour] ?? 0),
    foot: formatCount(total),
  });
  return markup`<details><summary>${day.day} in figures (${day.settled ? 'settled' : 'open'}): ${formatCount(actual)} actual, ${formatCount(estimated)} estimated, ${formatCount(unresolved)} without a value</summary>
${table({
  label: `Slots of ${day.day} by hour`,
  columns: [
    { head: 'Hour', rowHead: true, cell: hourSpan, foot: 'Day' },
    column('Actual', day.actual, actual),
    column('Estimated', day.estimated, estimated),
    column('Without a value', day.unresolved, unresolved),
  ],
  rows: hours,
  fullList: 'report.json',
})}</details>`;
}

function drawnDays({ days }: RunReport): DayTotals[] {
  return days.slice(-DAYS_DRAWN_MAX);
}

function earlierDays({ days }: RunReport): Markup | null {
  return moreLine(days.length - DAYS_DRAWN_MAX, 'report.json', 'earlier days');
}
