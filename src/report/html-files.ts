import { type Markup, markup } from '../conformance/report/html-markup.js';
import { formatCount, formatNumberOf, formatSize } from '../model/figures.js';
import { section } from './html-page.js';
import { type Column, path, shortHash, table } from './html-table.js';
import type { RunBatch, RunDelivery, RunInput, RunReport, SourceTotals } from './run-report.js';

/** Failed files stand first, so that no limit of rows can hide them. */
const INPUT_ORDER = { failed: 0, done: 1, duplicate: 2 } as const;

/** Totals of each source, and their sum where there is more than one. */
export function sourcesSection(report: RunReport): Markup {
  const { sources } = report;
  if (sources.length === 0) {
    return section('sources', markup`<p class="empty">Nothing came from any source.</p>`);
  }
  const column = (head: string, of: (source: SourceTotals) => number): Column<SourceTotals> => ({
    head,
    numeric: true,
    cell: (source) => formatCount(of(source)),
    ...(sources.length > 1
      ? { foot: formatCount(sources.reduce((sum, source) => sum + of(source), 0)) }
      : {}),
  });
  const body = table({
    label: 'Reads by source',
    columns: [
      {
        head: 'Source',
        rowHead: true,
        cell: (source) => path(source.name),
        ...(sources.length > 1 ? { foot: 'All' } : {}),
      },
      column('Files', (source) => source.files),
      column('Bytes', (source) => source.bytes),
      column('Records', (source) => source.records),
      column('Received', (source) => source.received),
      column('Accepted', (source) => source.accepted),
      column('Replaced', (source) => source.replaced),
      column('Waiting', (source) => source.waiting),
      column('Rejected', (source) => source.rejected),
      column('Duplicates', (source) => source.duplicates),
    ],
    rows: sources,
    fullList: 'report.json',
  });
  return section('sources', body);
}

/** Files that came, the failed ones first, and those that were left in the inbox. */
export function inputsSection(report: RunReport): Markup {
  const { inputs, leftInInbox } = report;
  const ordered = [...inputs].sort((a, b) => INPUT_ORDER[a.status] - INPUT_ORDER[b.status]);
  const withStatus = (status: RunInput['status']) =>
    formatCount(inputs.filter((input) => input.status === status).length);
  const taken =
    inputs.length === 0
      ? markup`<p class="empty">No file was taken in.</p>`
      : markup`<p>${withStatus('failed')} failed, ${withStatus('done')} done, ${withStatus('duplicate')} put aside as duplicates.</p>
${table({ label: 'Files taken in', columns: inputColumns(), rows: ordered, fullList: 'report.json' })}`;
  const left =
    leftInInbox.length === 0
      ? null
      : markup`<h3>Left in the inbox</h3>${table({
          label: 'Files left in the inbox',
          columns: [
            { head: 'File', rowHead: true, cell: (file) => path(file.path) },
            { head: 'Why', cell: (file) => markup`<span class="long">${file.reason}</span>` },
          ],
          rows: leftInInbox,
          fullList: 'report.json',
        })}`;
  return section('inputs', markup`${taken}${left}`);
}

function inputColumns(): Column<RunInput>[] {
  return [
    { head: 'File', rowHead: true, cell: inputName },
    { head: 'Status', cell: (input) => markup`<span class="status ${input.status}">${input.status}</span>` },
    { head: 'Source', cell: (input) => path(input.source) },
    {
      head: 'Format, profile',
      cell: (input) =>
        markup`<span class="stamp">${input.format}${input.profile === '' ? '' : `, ${input.profile}`}</span>`,
    },
    { head: 'Bytes', numeric: true, cell: (input) => formatCount(input.sizeBytes) },
    { head: 'Records', numeric: true, cell: (input) => formatCount(input.records) },
    { head: 'Reads', numeric: true, cell: (input) => formatCount(input.reads) },
    { head: 'Rejected records', numeric: true, cell: (input) => formatCount(input.rejectedRecords) },
    { head: 'Rejected reads', numeric: true, cell: (input) => formatCount(input.rejectedReads) },
    { head: 'SHA-256', cell: (input) => shortHash(input.sha256) },
  ];
}

function inputName(input: RunInput): Markup {
  const line = (label: string, text: string | undefined) =>
    text === undefined ? null : markup`<small>${label} ${path(text)}</small>`;
  return markup`${path(input.path)}${input.problem === undefined ? null : markup`<small class="bad">${input.problem}</small>`}${line('same content as', input.duplicateOf)}${line('now', input.archivedAs)}${line('rejected records in', input.quarantine)}`;
}

/** What was written for the repository, with the control totals of each file and of all. */
export function batchesSection(report: RunReport): Markup {
  const { batches } = report;
  if (batches.length === 0) {
    return section('batches', markup`<p class="empty">No batch was written.</p>${outputSums(report)}`);
  }
  const total = (of: (batch: RunBatch) => number) => batches.reduce((sum, batch) => sum + of(batch), 0);
  const column = (head: string, of: (batch: RunBatch) => number): Column<RunBatch> => ({
    head,
    numeric: true,
    cell: (batch) => formatCount(of(batch)),
    foot: formatCount(total(of)),
  });
  const bytes = formatSize(total((batch) => batch.bytes));
  const body = markup`<p>${formatNumberOf(batches.length, 'file')}, ${bytes}. Manifest: ${path(report.files.manifest)}</p>
${outputSums(report)}
${table({
  label: 'Batches',
  columns: [
    { head: 'File', rowHead: true, cell: (batch) => path(batch.file), foot: 'All' },
    column('Records', (batch) => batch.records),
    column('Reads', (batch) => batch.reads),
    column('Bytes', (batch) => batch.bytes),
    { head: 'First meter', cell: (batch) => path(batch.firstMeter) },
    { head: 'Last meter', cell: (batch) => path(batch.lastMeter) },
    {
      head: 'Control totals',
      numeric: true,
      cell: (batch) =>
        Object.entries(batch.sums).map(([unit, sum]) => markup`<span class="sum">${unit} ${sum}</span>`),
    },
    { head: 'SHA-256', cell: (batch) => shortHash(batch.sha256) },
  ],
  rows: batches,
  fullList: report.files.manifest,
})}`;
  return section('batches', body);
}

function outputSums({ outputSums }: RunReport): Markup | null {
  const sums = Object.entries(outputSums);
  if (sums.length === 0) return null;
  return table({
    label: 'Control totals of everything that went out',
    columns: [
      { head: 'Units', rowHead: true, cell: ([unit]) => unit },
      { head: 'Sum of everything that went out', numeric: true, cell: ([, sum]) => sum },
    ],
    rows: sums,
    fullList: 'report.json',
  });
}

/** Deliveries to the partners; the section is absent where none was tried. */
export function deliveriesSection(report: RunReport): Markup | null {
  const { certificateWarnings = [] } = report;
  if (report.deliveries.length === 0 && certificateWarnings.length === 0) return null;
  const body = table({
    label: 'Deliveries',
    columns: [
      { head: 'File', rowHead: true, cell: (delivery) => path(delivery.file) },
      { head: 'Partner', cell: (delivery) => path(delivery.partner) },
      { head: 'Status', cell: deliveryStatus },
      { head: 'Attempts', numeric: true, cell: (delivery) => formatCount(delivery.attempts) },
      { head: 'Message-ID', cell: (delivery) => path(delivery.messageId) },
      { head: 'Receipt', cell: (delivery) => (delivery.receipt ? path(delivery.receipt) : 'none') },
    ],
    rows: report.deliveries,
    fullList: 'report.json',
  });
  const warnings = certificateWarnings.map((text) => markup`<p>${text}</p>`);
  return section('deliveries', markup`${warnings}${report.deliveries.length === 0 ? null : body}`);
}

function deliveryStatus({ status, problem, nextAttempt }: RunDelivery): Markup {
  const why = problem ? markup`<small class="bad">${problem}</small>` : null;
  const next = nextAttempt ? markup`<small>next attempt ${nextAttempt}</small>` : null;
  return markup`${status}${why}${next}`;
}
