import { RULES } from '../../conformance/rules.js';
import { ReadmillError } from '../../model/errors.js';
import type { RunRecord, ScanOutcome } from '../run-state.js';
import { addDrawnDays, type DrawnDay } from '../settle/drawn-days.js';
import type { TaskRecord } from '../settle/settle.js';
import { EXCEPTION, EXCEPTIONS, emptyOutcome } from '../settle/settle-state.js';
import type { DayHours, Outcome } from '../settle/settle-types.js';

/** Where the reads of a source went. */
export interface SourceOutcome {
  name: string;
  files: number;
  sizeBytes: number;
  records: number;
  received: number;
  accepted: number;
  replaced: number;
  waiting: number;
  rejected: number;
  duplicates: number;
}

/** Everything that a night counted, both passes together. */
export interface NightTotals {
  received: number;
  outcome: Outcome;
  sources: SourceOutcome[];
  ruleCounts: Float64Array;
  days: DayHours[];
  metersSeen: number;
  metersExpected: number;
  metersMissing: number;
  slotsExpected: number;
  slotsActual: number;
  reviewCount: number;
  drawnDays: DrawnDay[];
}

/**
 * Adds up what pass 1 and the tasks of pass 2 counted, and proves that each read went to one place.
 * @throws ReadmillError READMILL_TOTALS where the counts do not add up: nothing may be trusted then
 */
export function nightTotals(run: RunRecord, scan: ScanOutcome, tasks: readonly TaskRecord[]): NightTotals {
  const totals = addTasks(run, scan, tasks);
  const { outcome, received } = totals;
  for (const [i, counts] of scan.counts.entries()) {
    if (run.inputs[i]!.status !== 'done') continue;
    const source = totals.sources[run.inputs[i]!.sourceIndex]!;
    source.files++;
    source.sizeBytes += run.inputs[i]!.sizeBytes;
    source.records += counts.records;
    source.received += counts.reads;
    source.rejected += counts.rejectedReads;
    outcome.rejected += counts.rejectedReads;
  }
  for (const source of totals.sources) {
    source.accepted =
      source.received - source.replaced - source.waiting - source.rejected - source.duplicates;
  }
  const placed =
    outcome.accepted + outcome.replaced + outcome.waiting + outcome.rejected + outcome.duplicates;
  const written = tasks.reduce(
    (sum, { result }) => sum + result.batches.reduce((s, { reads }) => s + reads, 0),
    0,
  );
  const due = run.kind === 'night' ? outcome.accepted + outcome.estimated + outcome.unresolved : 0;
  if (placed !== received || written !== due) {
    throw new ReadmillError(
      'READMILL_TOTALS',
      `The totals of run ${run.runId} do not add up: ${received} reads received, ${placed} placed (${JSON.stringify(outcome)}), ${written} written. Do not send these batches; keep the state folder and report this as a defect.`,
    );
  }
  return totals;
}

function addTasks(run: RunRecord, scan: ScanOutcome, tasks: readonly TaskRecord[]): NightTotals {
  const totals: NightTotals = {
    received: scan.counts.reduce(
      (sum, { reads }, i) => sum + (run.inputs[i]!.status === 'done' ? reads : 0),
      0,
    ),
    outcome: emptyOutcome(run.config.sources.length),
    sources: run.config.sources.map(({ name }) => emptySource(name)),
    ruleCounts: scan.ruleCounts.slice(),
    days: [],
    metersSeen: 0,
    metersExpected: 0,
    metersMissing: 0,
    slotsExpected: 0,
    slotsActual: 0,
    reviewCount: 0,
    drawnDays: [],
  };
  const days = new Map<number, DayHours>();
  for (const { result } of tasks) {
    addOutcome(totals.outcome, result.outcome);
    for (const [s, source] of totals.sources.entries()) {
      const own = result.outcome.exceptionsBySource;
      source.replaced += own[s * EXCEPTIONS + EXCEPTION.replaced]!;
      source.waiting += own[s * EXCEPTIONS + EXCEPTION.waiting]!;
      source.rejected += own[s * EXCEPTIONS + EXCEPTION.rejected]!;
      source.duplicates += own[s * EXCEPTIONS + EXCEPTION.duplicates]!;
    }
    for (let rule = 0; rule < RULES.length; rule++) totals.ruleCounts[rule]! += result.findings.counts[rule]!;
    for (const hours of result.days) addHours(days, hours);
    totals.metersSeen += result.metersSeen;
    totals.metersExpected += result.metersExpected;
    totals.metersMissing += result.metersMissing;
    totals.slotsExpected += result.slotsExpected;
    totals.slotsActual += result.slotsActual;
    totals.reviewCount += result.reviewCount;
    addDrawnDays(totals.drawnDays, result.drawnDays);
  }
  totals.days = [...days.values()].sort((a, b) => a.day - b.day);
  return totals;
}

function emptySource(name: string): SourceOutcome {
  return {
    name,
    files: 0,
    sizeBytes: 0,
    records: 0,
    received: 0,
    accepted: 0,
    replaced: 0,
    waiting: 0,
    rejected: 0,
    duplicates: 0,
  };
}

function addOutcome(to: Outcome, from: Outcome): void {
  to.accepted += from.accepted;
  to.replaced += from.replaced;
  to.waiting += from.waiting;
  to.rejected += from.rejected;
  to.duplicates += from.duplicates;
  to.estimated += from.estimated;
  to.unresolved += from.unresolved;
  to.scaledSpans += from.scaledSpans;
  to.lateActuals += from.lateActuals;
  for (const { policy, slots } of from.policies) {
    const sum = to.policies.find((counts) => counts.policy === policy);
    if (sum === undefined) to.policies.push({ policy, slots: slots.slice() });
    else for (let i = 0; i < slots.length; i++) sum.slots[i]! += slots[i]!;
  }
}

function addHours(days: Map<number, DayHours>, hours: DayHours): void {
  const sum = days.get(hours.day);
  if (sum === undefined) {
    days.set(hours.day, {
      ...hours,
      actual: hours.actual.slice(),
      estimated: hours.estimated.slice(),
      unresolved: hours.unresolved.slice(),
    });
    return;
  }
  sum.settled ||= hours.settled;
  for (let hour = 0; hour < 24; hour++) {
    sum.actual[hour]! += hours.actual[hour]!;
    sum.estimated[hour]! += hours.estimated[hour]!;
    sum.unresolved[hour]! += hours.unresolved[hour]!;
  }
}
