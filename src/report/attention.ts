import { formatCount, formatNumberOf, formatReachedPercent, formatTargetPercent } from '../model/figures.js';
import type { ReadTotals, RunFinding, RunReport } from './run-report.js';

/** Where a delivery has arrived: the partner's receipt was verified. Any other status is not called sent. */
export const DELIVERED = 'delivered';
/** Where nothing more is done until a person has looked. */
const STOPPED = ['failed', 'given-up'];

/** Part of the report that tells more, and its anchor on the page. */
export type ReportSection =
  | 'reads'
  | 'success'
  | 'coverage'
  | 'sources'
  | 'findings'
  | 'estimates'
  | 'meters'
  | 'review'
  | 'inputs'
  | 'batches'
  | 'deliveries';

/** One thing that somebody should look at; `bad` before `doubt` before `note`. */
export interface AttentionPoint {
  level: 'bad' | 'doubt' | 'note';
  text: string;
  section: ReportSection;
}

/** Read success against its target; not yet known while no read day is settled. */
export type ReadSuccess = 'met' | 'not met' | 'not yet known';

export function readSuccessOf(
  report: Pick<RunReport, 'readSuccessPercent' | 'readSuccessTargetPercent'>,
): ReadSuccess {
  if (report.readSuccessPercent === null) return 'not yet known';
  return report.readSuccessPercent >= report.readSuccessTargetPercent ? 'met' : 'not met';
}

/** Where every received read went: should be `reads.received`. */
export function accountedReads(reads: ReadTotals): number {
  return reads.accepted + reads.replaced + reads.waiting + reads.rejected + reads.duplicates;
}

const SEVERITY_ORDER = { error: 0, warning: 1, info: 2 } as const;

/** Findings by code: errors first, then the most frequent, then by code. */
export function orderedFindings(report: RunReport): RunFinding[] {
  return [...report.findingDetails].sort(
    (a, b) =>
      SEVERITY_ORDER[a.severity] - SEVERITY_ORDER[b.severity] ||
      b.count - a.count ||
      (a.code < b.code ? -1 : Number(a.code > b.code)),
  );
}

/** Slots without a read of their own by method, the most frequent first. */
export function orderedMethods(report: RunReport): [method: string, slots: number][] {
  return Object.entries(report.methods).sort(([a, m], [b, n]) => n - m || (a < b ? -1 : Number(a > b)));
}

/**
 * What somebody should look at, the most urgent first; empty where all is well. A run that says it failed or
 * went through in part always has one.
 */
export function attentionPoints(report: RunReport): AttentionPoint[] {
  const points = [
    ...unbalanced(report),
    ...failedInputs(report),
    ...missedTarget(report),
    ...undelivered(report),
    ...endingCertificates(report),
    ...rejected(report),
    ...missingMeters(report),
    ...forReview(report),
    ...notTakenIn(report),
  ];
  const explained = points.some((point) => point.level === 'bad' || report.status === 'partial');
  if (report.status !== 'complete' && !explained) {
    points.unshift({
      level: 'bad',
      text: 'Nothing of what came could be carried: look at the files taken in and the findings.',
      section: 'inputs',
    });
  }
  return points;
}

function unbalanced({ reads }: RunReport): AttentionPoint[] {
  const difference = reads.received - accountedReads(reads);
  if (difference === 0) return [];
  const what =
    difference > 0
      ? `${formatNumberOf(difference, 'received read')} in no part of the totals`
      : `${formatNumberOf(-difference, 'read')} more in the parts than received`;
  return [
    { level: 'bad', text: `The totals do not add up: ${what}. Do not rely on this run.`, section: 'reads' },
  ];
}

function failedInputs({ inputs }: RunReport): AttentionPoint[] {
  const failed = inputs.filter((input) => input.status === 'failed');
  const first = failed[0];
  if (!first) return [];
  const which =
    failed.length === 1
      ? `${formatCount(1)} of ${formatNumberOf(inputs.length, 'file')} failed:`
      : `${formatCount(failed.length)} of ${formatNumberOf(inputs.length, 'file')} failed, first`;
  return [
    {
      level: 'bad',
      text: `${which} ${first.path}${first.problem ? `: ${first.problem}` : ''}`,
      section: 'inputs',
    },
  ];
}

function missedTarget(report: RunReport): AttentionPoint[] {
  if (report.readSuccessPercent === null || readSuccessOf(report) !== 'not met') return [];
  const { missing } = report.meters;
  const missingText = missing > 0 ? `; ${formatNumberOf(missing, 'meter')} sent nothing` : '';
  const reached = formatReachedPercent(report.readSuccessPercent);
  const target = formatTargetPercent(report.readSuccessTargetPercent);
  return [
    { level: 'bad', text: `Read success ${reached} is below ${target}${missingText}.`, section: 'success' },
  ];
}

function undelivered({ deliveries }: RunReport): AttentionPoint[] {
  const open = deliveries.filter((delivery) => delivery.status !== DELIVERED);
  const stopped = open.filter((delivery) => STOPPED.includes(delivery.status));
  const points: AttentionPoint[] = [];
  for (const [some, level] of [
    [stopped, 'bad'],
    [open.filter((delivery) => !stopped.includes(delivery)), 'doubt'],
  ] as const) {
    const first = some[0];
    if (!first) continue;
    const which = `${formatCount(some.length)} of ${formatNumberOf(deliveries.length, 'delivery', 'deliveries')}`;
    const next = first.nextAttempt ? `; next attempt due ${first.nextAttempt}` : '';
    const why = first.problem ? ` (${first.problem.replace(/\.$/, '')})` : '';
    const text =
      level === 'bad'
        ? `${which} not delivered, and not tried again by themselves, first ${first.file} to ${first.partner}: ${first.status}${why}.`
        : `${which} not delivered yet, first ${first.file} to ${first.partner}: ${first.status}${why}${next}.`;
    points.push({ level, text, section: 'deliveries' });
  }
  return points;
}

function endingCertificates({ certificateWarnings = [] }: RunReport): AttentionPoint[] {
  return certificateWarnings.map((text) => ({ level: 'doubt', text, section: 'deliveries' }));
}

function rejected(report: RunReport): AttentionPoint[] {
  if (report.reads.rejected === 0) return [];
  const finding = orderedFindings(report).find(({ severity }) => severity === 'error');
  const most = finding
    ? `; most frequent error ${finding.code} (${formatCount(finding.count)}): ${finding.title}`
    : '';
  const text = `${formatNumberOf(report.reads.rejected, 'read')} in the quarantine${most}.`;
  return [{ level: 'doubt', text, section: 'findings' }];
}

function missingMeters(report: RunReport): AttentionPoint[] {
  // Where the target was missed, the sentence about it has told of them.
  if (report.meters.missing === 0 || readSuccessOf(report) === 'not met') return [];
  const { missing, expected } = report.meters;
  const text = `${formatCount(missing)} of ${formatNumberOf(expected, 'meter')} sent nothing.`;
  return [{ level: 'doubt', text, section: 'meters' }];
}

function forReview(report: RunReport): AttentionPoint[] {
  if (report.reviewCount === 0) return [];
  const text = `${formatNumberOf(report.reviewCount, 'slot or channel', 'slots or channels')} for a person to review.`;
  return [{ level: 'note', text, section: 'review' }];
}

function notTakenIn(report: RunReport): AttentionPoint[] {
  const points: AttentionPoint[] = [];
  if (report.inputs.length === 0) {
    points.push({ level: 'doubt', text: 'No file came: nothing was taken in.', section: 'inputs' });
  }
  const first = report.leftInInbox[0];
  if (first) {
    const count = formatNumberOf(report.leftInInbox.length, 'file');
    const text = `${count} left in the inbox, first ${first.path}: ${first.reason}.`;
    points.push({ level: 'note', text, section: 'inputs' });
  }
  return points;
}
