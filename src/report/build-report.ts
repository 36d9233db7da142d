import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { unpackFindings } from '../conformance/finding-buffer.js';
import { RULES } from '../conformance/rules.js';
import { formatSum } from '../model/decimal.js';
import { isoDate } from '../model/time.js';
import { VERSION } from '../model/version.js';
import { batchesOf, type FinishedNight, reportDirectory } from '../pipeline/finish/finish.js';
import { firstLines } from '../pipeline/finish/night-lists.js';
import { shownPath } from '../pipeline/intake/intake.js';
import type { InputRecord } from '../pipeline/run-state.js';
import { DELIVERED } from './attention.js';
import { htmlReport } from './html-report.js';
import { methodCounts, policyReports } from './policy-report.js';
import type { RunFinding, RunInput, RunReport, RunStatus } from './run-report.js';

/** Ontario AMI functional specification v2 (2007), 2.3.1: reads of all meters in each daily read period. */
const READ_SUCCESS_TARGET_PERCENT = 98;
/** Places of each finding, lines of the lists and read days that the report shows. */
const EXAMPLES_MAX = 10;
const SAMPLE_LINES_MAX = 50;
const DAYS_MAX = 400;

/** Makes the report of a night, and writes it as `report.json` and `report.html` into a folder. */
export function writeReport(night: FinishedNight, folder: string): RunReport {
  const report = buildReport(night, reportDirectory(night.run));
  writeFileSync(join(folder, 'report.json'), `${JSON.stringify(report, null, 2)}\n`, { mode: 0o600 });
  writeFileSync(join(folder, 'report.html'), htmlReport(report), { mode: 0o600 });
  return report;
}

function buildReport(night: FinishedNight, directory: string): RunReport {
  const { run, totals, lists } = night;
  const { outcome } = totals;
  const inputs = run.inputs.map((input, number) => inputOf(night, input, number));
  const { accepted, replaced, waiting, rejected, duplicates, estimated, unresolved } = outcome;
  const findingDetails = findingsOf(night);
  const batches = batchesOf(night);
  const expected = run.register === null ? totals.metersSeen : totals.metersExpected;
  const percent = totals.slotsExpected === 0 ? null : (totals.slotsActual / totals.slotsExpected) * 100;
  return {
    runId: run.runId,
    kind: run.kind,
    status: statusOf(night),
    inputs,
    reads: {
      received: totals.received,
      accepted,
      replaced,
      waiting,
      rejected,
      duplicates,
      estimated,
      unresolved,
    },
    meters: { expected, delivered: expected - totals.metersMissing, missing: totals.metersMissing },
    readSuccessPercent: percent,
    batches,
    deliveries: night.deliveries.deliveries,
    findings: Object.fromEntries(findingDetails.map(({ code, count }) => [code, count])),
    seconds: night.seconds,
    report: shownPath(join(directory, 'report.html')),
    tool: 'readmill',
    version: VERSION,
    now: run.nowIso,
    resumed: night.resumed,
    environment: run.config.environment ?? null,
    ...(night.deliveries.certificateWarnings.length === 0
      ? {}
      : { certificateWarnings: night.deliveries.certificateWarnings }),
    readSuccessTargetPercent: READ_SUCCESS_TARGET_PERCENT,
    sources: totals.sources.map(({ sizeBytes, ...source }) => ({ ...source, bytes: sizeBytes })),
    days: totals.days.slice(-DAYS_MAX).map((day) => ({
      day: isoDate(day.day),
      settled: day.settled,
      actual: [...day.actual],
      estimated: [...day.estimated],
      unresolved: [...day.unresolved],
    })),
    methods: methodCounts(outcome.policies),
    scaledSpans: outcome.scaledSpans,
    lateActuals: outcome.lateActuals,
    policies: policyReports(run.vee, outcome.policies),
    drawnDays: totals.drawnDays.sort((a, b) => (a.code < b.code ? -1 : 1)),
    findingDetails,
    outputSums: outputSums(night),
    files: {
      estimates: shownPath(lists.estimates),
      review: shownPath(lists.review),
      missingMeters: shownPath(lists.missingMeters),
      duplicates: shownPath(lists.duplicates),
      manifest: shownPath(join(directory, 'manifest.json')),
    },
    reviewSample: firstLines(lists.review, SAMPLE_LINES_MAX).map(reviewLine),
    reviewCount: totals.reviewCount,
    missingMeterSample: firstLines(lists.missingMeters, SAMPLE_LINES_MAX).map((line) => line.split(',')[0]!),
    leftInInbox: [...run.leftInInbox, ...run.inboxProblems.map((reason) => ({ path: 'inbox', reason }))],
  };
}

/** Complete: all that came was carried, and all that was to be delivered is. Failed: something came and nothing of it could be carried. */
function statusOf({ run, totals, scan, deliveries }: FinishedNight): RunStatus {
  const failed = run.inputs.filter(({ status }) => status === 'failed').length;
  const rejected =
    totals.outcome.rejected + scan.counts.reduce((sum, { rejectedRecords }) => sum + rejectedRecords, 0);
  const isDelivered = deliveries.deliveries.every(({ status }) => status === DELIVERED);
  if (failed === 0 && run.inboxProblems.length === 0 && rejected === 0)
    return isDelivered ? 'complete' : 'partial';
  return run.inputs.some(({ status }) => status !== 'failed') ? 'partial' : 'failed';
}

function inputOf(
  { run, scan, quarantine, archive }: FinishedNight,
  input: InputRecord,
  number: number,
): RunInput {
  const counts = scan.counts[number]!;
  const source = run.config.sources[input.sourceIndex]!;
  const archivedAs = archive.get(number);
  const quarantined = quarantine.get(number);
  return {
    path: shownPath(input.path),
    sha256: input.sha256,
    format: input.members[0]?.format ?? 'cmep',
    status: input.status === 'claimed' ? 'failed' : input.status,
    records: counts.records,
    reads: counts.reads,
    rejectedRecords: counts.rejectedRecords,
    source: input.source,
    profile: source.profile.name,
    sizeBytes: input.sizeBytes,
    rejectedReads: counts.rejectedReads,
    ...(input.duplicateOf === undefined ? {} : { duplicateOf: input.duplicateOf }),
    ...(input.problem === undefined ? {} : { problem: input.problem }),
    ...(archivedAs === undefined ? {} : { archivedAs: shownPath(archivedAs) }),
    ...(quarantined === undefined ? {} : { quarantine: shownPath(quarantined) }),
  };
}

function outputSums({ tasks }: FinishedNight): Record<string, string> {
  const sums = new Map<string, bigint>();
  for (const { result } of tasks) {
    for (const batch of result.batches) {
      for (const [unit, sum] of batch.sums) sums.set(unit, (sums.get(unit) ?? 0n) + sum);
    }
  }
  return Object.fromEntries([...sums].sort().map(([unit, sum]) => [unit, formatSum(sum)]));
}

function findingsOf({ run, scan, tasks, totals }: FinishedNight): RunFinding[] {
  const examples = new Map<string, RunFinding['examples']>();
  const add = (file: string, finding: ReturnType<typeof unpackFindings>[number]) => {
    const list = examples.get(finding.code) ?? [];
    examples.set(finding.code, list);
    if (list.length >= EXAMPLES_MAX) return;
    const { line, column, field, meterId, stamp, message } = finding;
    list.push({ file, line, column, field, meterId, stamp, message });
  };
  for (const { input, member, finding } of scan.examples)
    add(run.inputs[input]!.members[member]!.name, finding);
  for (const { result } of tasks) for (const finding of unpackFindings(result.findings, 0)) add('', finding);
  return RULES.flatMap((rule, number) => {
    const count = totals.ruleCounts[number]!;
    if (count === 0) return [];
    return [
      {
        code: rule.code,
        severity: rule.severity,
        title: rule.title,
        count,
        examples: examples.get(rule.code) ?? [],
      },
    ];
  });
}

/** A line of review.csv; only the last field can hold a comma or quotes. */
function reviewLine(line: string): RunReport['reviewSample'][number] {
  const [meterId = '', units = '', stamp = '', code = '', ...rest] = line.split(',');
  const detail = rest
    .join(',')
    .replace(/^"(.*)"$/, '$1')
    .replaceAll('""', '"');
  return { meterId, units, stamp, code, detail };
}
