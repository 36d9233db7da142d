import {
  formatCount,
  formatNumberOf,
  formatReachedPercent,
  formatSeconds,
  formatSize,
  formatTargetPercent,
  readsPerSecond,
} from '../model/figures.js';
import { clipEnd, clipMiddle, printable, wrapText } from '../model/printable.js';
import {
  accountedReads,
  attentionPoints,
  orderedFindings,
  orderedMethods,
  type ReadSuccess,
  readSuccessOf,
} from './attention.js';
import type { RunReport } from './run-report.js';

const WIDTH = 100;
const LABEL_WIDTH = 14;
const REST_WIDTH = WIDTH - LABEL_WIDTH;
const FINDINGS_SHOWN_MAX = 8;
const SOURCES_SHOWN_MAX = 4;
const VERDICT_LINES_MAX = 3;
const METHOD_LINES_MAX = 2;
const CERTIFICATES_SHOWN_MAX = 2;

/** SGR parameters of the terminal: bold with a colour, or faint. */
const STYLES = { good: '1;32', doubt: '1;33', bad: '1;31', strong: '1', faint: '2' } as const;
type Style = keyof typeof STYLES;
type Paint = (style: Style, text: string) => string;

const STATUS_STYLES = { complete: 'good', partial: 'doubt', failed: 'bad' } as const;
const SEVERITY_STYLES = { error: 'bad', warning: 'doubt', info: 'faint' } as const;
const SUCCESS_STYLES: Record<ReadSuccess, Style> = {
  met: 'good',
  'not met': 'bad',
  'not yet known': 'doubt',
};

/**
 * The run in about forty lines of at most 100 columns, for a terminal in the night: the verdict and the one
 * thing to look at first, then what came, where each read went, and where to read on. Text of the data is
 * written without control characters. Only paths of files to open may make a line longer.
 * @param options.colour whether to write ANSI colours
 */
export function textSummary(report: RunReport, options: { colour: boolean }): string {
  const paint: Paint = options.colour
    ? (style, text) => `\u001b[${STYLES[style]}m${text}\u001b[0m`
    : (_, text) => text;
  const parts = [
    [...verdictLines(report, paint), runLine(report, paint)],
    [...fileLines(report, paint)],
    readLines(report, paint),
    [...estimateLines(report), successLine(report, paint), meterLine(report, paint)],
    findingLines(report, paint),
    [...batchLines(report), ...deliveryLines(report)],
    [...placeLines(report), timeLine(report)],
  ];
  return `${parts.map((lines) => lines.join('\n')).join('\n')}\n`;
}

function labelled(label: string, text: string): string {
  return `${label.padEnd(LABEL_WIDTH)}${text}`;
}

function verdictLines(report: RunReport, paint: Paint): string[] {
  const word = report.status.toUpperCase();
  const first = attentionPoints(report)[0];
  const text = first ? printable(first.text) : 'Nothing needs a person.';
  const lines = wrapText(text, REST_WIDTH, VERDICT_LINES_MAX);
  return lines.map((line, index) =>
    index === 0
      ? `${paint(STATUS_STYLES[report.status], word)}${' '.repeat(LABEL_WIDTH - word.length)}${paint('strong', line)}`
      : labelled('', paint('strong', line)),
  );
}

function runLine(report: RunReport, paint: Paint): string {
  const parts = [
    report.runId,
    ...(report.environment === null ? [] : [report.environment]),
    ...(report.resumed ? ['resumed'] : []),
    `clock ${report.now}`,
    `${report.tool} ${report.version}`,
  ];
  return paint('faint', labelled('Run', clipEnd(parts.map(printable).join(', '), REST_WIDTH)));
}

function fileLines(report: RunReport, paint: Paint): string[] {
  const { inputs, sources, leftInInbox } = report;
  const withStatus = (status: string) => inputs.filter((input) => input.status === status).length;
  const failed = `${formatCount(withStatus('failed'))} failed`;
  const bytes = inputs.reduce((sum, input) => sum + input.sizeBytes, 0);
  const lines = [
    labelled(
      'Files',
      `${formatCount(inputs.length)}: ${formatCount(withStatus('done'))} done, ` +
        `${formatCount(withStatus('duplicate'))} duplicate, ` +
        `${withStatus('failed') > 0 ? paint('bad', failed) : failed}; ${formatSize(bytes)}` +
        (leftInInbox.length > 0 ? `; ${formatCount(leftInInbox.length)} left in the inbox` : ''),
    ),
  ];
  if (sources.length < 2) return lines;
  const shown = sources.length > SOURCES_SHOWN_MAX + 1 ? sources.slice(0, SOURCES_SHOWN_MAX) : sources;
  for (const source of shown) {
    const text =
      `${clipEnd(printable(source.name), 20).padEnd(20)} ${formatNumberOf(source.files, 'file').padStart(11)}` +
      `${formatCount(source.received).padStart(15)} reads${formatCount(source.rejected).padStart(12)} rejected`;
    lines.push(labelled('', text));
  }
  if (shown.length < sources.length) {
    lines.push(labelled('', `and ${formatCount(sources.length - shown.length)} more sources`));
  }
  return lines;
}

function readLines({ reads }: RunReport, paint: Paint): string[] {
  const rows: [sign: string, name: string, count: number, meaning: string][] = [
    ['', 'received', reads.received, ''],
    ['=', 'accepted', reads.accepted, 'sent as they came'],
    ['+', 'replaced', reads.replaced, 'an estimate went out in their place'],
    ['+', 'waiting', reads.waiting, 'kept until their read day is settled'],
    ['+', 'rejected', reads.rejected, 'in the quarantine'],
    ['+', 'duplicates', reads.duplicates, 'repeats of a read that was kept'],
  ];
  const width = Math.max(...rows.map(([, , count]) => formatCount(count).length));
  const lines = rows.map(([sign, name, count, meaning], index) =>
    labelled(
      index === 0 ? 'Reads' : '',
      `${sign.padEnd(2)}${name.padEnd(11)}${formatCount(count).padStart(width)}  ${paint('faint', meaning)}`,
    ),
  );
  lines[0] = labelled('Reads', `  received   ${formatCount(reads.received).padStart(width)}`);
  const difference = reads.received - accountedReads(reads);
  if (difference !== 0) {
    lines.push(labelled('', paint('bad', `does not add up: ${formatCount(difference)} not accounted for`)));
  }
  return lines;
}

function estimateLines(report: RunReport): string[] {
  const { reads } = report;
  const methods = orderedMethods(report)
    .filter(([method]) => method !== 'none')
    .map(([method, slots]) => `${printable(method)} ${formatCount(slots)}`);
  const text =
    `${formatNumberOf(reads.estimated, 'slot')}${methods.length > 0 ? `: ${methods.join(', ')}` : ''}` +
    `; ${formatCount(reads.unresolved)} unresolved`;
  return wrapText(text, REST_WIDTH, METHOD_LINES_MAX).map((line, index) =>
    labelled(index === 0 ? 'Estimated' : '', line),
  );
}

function successLine(report: RunReport, paint: Paint): string {
  const target = formatTargetPercent(report.readSuccessTargetPercent);
  const success = readSuccessOf(report);
  if (report.readSuccessPercent === null) {
    const text = `${paint(SUCCESS_STYLES[success], success)}: no read day settled (target ${target})`;
    return labelled('Read success', text);
  }
  const verdict = paint(SUCCESS_STYLES[success], success === 'met' ? 'met' : 'NOT met');
  const reached = formatReachedPercent(report.readSuccessPercent);
  return labelled('Read success', `${reached}  ${verdict} (target ${target})`);
}

function meterLine({ meters }: RunReport, paint: Paint): string {
  const missing = `${formatCount(meters.missing)} missing`;
  return labelled(
    'Meters',
    `${formatCount(meters.expected)} expected, ${formatCount(meters.delivered)} delivered, ` +
      (meters.missing > 0 ? paint('doubt', missing) : missing),
  );
}

function findingLines(report: RunReport, paint: Paint): string[] {
  const findings = orderedFindings(report);
  if (findings.length === 0) return [labelled('Findings', 'none')];
  const total = findings.reduce((sum, finding) => sum + finding.count, 0);
  const shown = findings.length > FINDINGS_SHOWN_MAX + 1 ? findings.slice(0, FINDINGS_SHOWN_MAX) : findings;
  const countWidth = Math.max(...shown.map(({ count }) => formatCount(count).length));
  const lines = [labelled('Findings', `${formatCount(total)} of ${formatNumberOf(findings.length, 'code')}`)];
  for (const { severity, code, count, title } of shown) {
    const codeText = clipEnd(printable(code), 30).padEnd(30);
    const titleWidth = WIDTH - (2 + 8 + countWidth + 2 + 30 + 2);
    lines.push(
      `  ${paint(SEVERITY_STYLES[severity], severity.padEnd(8))}${formatCount(count).padStart(countWidth)}  ` +
        `${codeText}  ${clipEnd(printable(title), titleWidth)}`,
    );
  }
  if (shown.length < findings.length) {
    const rest = findings.slice(shown.length);
    const restCount = rest.reduce((sum, finding) => sum + finding.count, 0);
    const codes = formatNumberOf(rest.length, 'more code', 'more codes');
    lines.push(`  and ${codes} with ${formatNumberOf(restCount, 'finding')}`);
  }
  return lines;
}

function batchLines({ batches }: RunReport): string[] {
  const first = batches[0];
  const last = batches.at(-1);
  if (!first || !last) return [labelled('Batches', 'none')];
  const sum = (of: (batch: (typeof batches)[number]) => number) =>
    batches.reduce((total, batch) => total + of(batch), 0);
  const lines = [
    labelled(
      'Batches',
      `${formatNumberOf(batches.length, 'file')}, ${formatNumberOf(
        sum((batch) => batch.records),
        'record',
      )}, ${formatNumberOf(
        sum((batch) => batch.reads),
        'read',
      )}, ${formatSize(sum((batch) => batch.bytes))}`,
    ),
    labelled(batches.length > 1 ? '  first' : '', clipMiddle(printable(first.file), REST_WIDTH)),
  ];
  if (batches.length > 1) lines.push(labelled('  last', clipMiddle(printable(last.file), REST_WIDTH)));
  return lines;
}

function deliveryLines({ deliveries, certificateWarnings = [] }: RunReport): string[] {
  const byStatus = new Map<string, number>();
  for (const { status } of deliveries) byStatus.set(status, (byStatus.get(status) ?? 0) + 1);
  const text = [...byStatus]
    .map(([status, count]) => `${formatCount(count)} ${printable(status)}`)
    .join(', ');
  const lines = deliveries.length === 0 ? [] : [labelled('Deliveries', clipEnd(text, REST_WIDTH))];
  const warnings = certificateWarnings.slice(0, CERTIFICATES_SHOWN_MAX);
  const more = certificateWarnings.length - warnings.length;
  return [
    ...lines,
    ...warnings.map((warning) => labelled('Certificate', clipEnd(printable(warning), REST_WIDTH))),
    ...(more > 0 ? [labelled('', `and ${formatCount(more)} more certificates that end soon`)] : []),
  ];
}

function placeLines(report: RunReport): string[] {
  const { files } = report;
  const review = `${printable(files.review)}  (${formatNumberOf(report.reviewCount, 'line')})`;
  return [
    labelled('Report', printable(report.report)),
    labelled('Estimates', printable(files.estimates)),
    labelled('Review', review),
    ...(report.meters.missing > 0 ? [labelled('Missing', printable(files.missingMeters))] : []),
    labelled('Manifest', printable(files.manifest)),
  ];
}

function timeLine({ reads, seconds }: RunReport): string {
  const speed = readsPerSecond(reads.received, seconds);
  return labelled(
    'Time',
    `${formatSeconds(seconds)}${speed === null ? '' : `, ${formatCount(speed)} reads/s`}`,
  );
}
