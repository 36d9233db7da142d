import { statfs } from 'node:fs/promises';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { VERSION } from '../model/version.js';
import type { NightSummary } from '../watch/night-book.js';
import { readNotices } from '../watch/notices.js';
import { standingOf } from '../watch/standing.js';
import { liveRun } from './live-run.js';
import { READ_SUCCESS_TARGET_PERCENT } from './night-view.js';
import type { Served } from './served.js';

const SECOND_MS = 1000;
/** Bounds of the histogram of run times, seconds. */
const RUN_SECONDS = [1, 5, 15, 60, 300, 900, 3600, 14_400];
/** Where the reads of a source may have gone. */
const OUTCOMES = ['accepted', 'replaced', 'waiting', 'rejected', 'duplicates'] as const;
const STATUSES = ['complete', 'partial', 'failed'] as const;
/** How far back a first look goes for the figures of the last run. */
const LOOK_BACK_MS = 40 * 86_400_000;

/** The metrics of a process. Counters count runs that ended since it began. */
export interface Metrics {
  registry: Registry;
  /** Looks at the state folder, and gives the text that Prometheus reads. */
  text(): Promise<string>;
}

type Instruments = ReturnType<typeof makeInstruments>;

export function makeMetrics(served: Served): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const instruments = makeInstruments(registry);
  instruments.build.set({ version: VERSION, node: process.versions.node }, 1);
  instruments.target.set(READ_SUCCESS_TARGET_PERCENT / 100);
  // Before the first run there is no such figure; 0 would be one.
  const { success, lastRun, missing, expected } = instruments;
  for (const gauge of [success, lastRun, missing, expected]) gauge.remove();
  for (const { name } of served.config.sources)
    for (const outcome of OUTCOMES) instruments.reads.inc({ source: name, outcome }, 0);
  for (const status of STATUSES) instruments.runs.inc({ status }, 0);
  const counted = new Set<string>();
  // Runs that ended before this process began are known, and not counted.
  let looking: Promise<void> = lastNights(served).then(
    (nights) => {
      for (const { runId } of nights) counted.add(runId);
    },
    () => undefined,
  );
  return {
    registry,
    async text() {
      // One look at a time, so that no run is counted by two; one that failed keeps the next from nothing.
      const own = looking.then(() => look(served, instruments, counted));
      looking = own.catch(() => undefined);
      await own;
      return registry.metrics();
    },
  };
}

function makeInstruments(registry: Registry) {
  const registers = [registry];
  const counter = <L extends string>(name: string, help: string, labelNames: readonly L[] = []) =>
    new Counter({ name, help, labelNames, registers });
  const gauge = <L extends string>(name: string, help: string, labelNames: readonly L[] = []) =>
    new Gauge({ name, help, labelNames, registers });
  return {
    reads: counter('readmill_reads_total', 'Reads that runs received, by where they went.', [
      'source',
      'outcome',
    ]),
    slots: counter('readmill_slots_filled_total', 'Slots that went out without an actual value.', ['kind']),
    files: counter('readmill_files_total', 'Files that runs took in.', ['status']),
    batches: counter('readmill_batches_total', 'Batches that runs wrote.'),
    findings: counter('readmill_findings_total', 'Findings of runs, by rule.', ['code', 'severity']),
    runs: counter('readmill_runs_total', 'Runs that ended, by status.', ['status']),
    seconds: new Histogram({
      name: 'readmill_run_duration_seconds',
      help: 'Time that runs took.',
      buckets: RUN_SECONDS,
      registers,
    }),
    build: gauge('readmill_build_info', 'Version that runs, always 1.', ['version', 'node']),
    success: gauge('readmill_read_success_ratio', 'Read success of the last run that settled a read day.'),
    target: gauge('readmill_read_success_target_ratio', 'Target of the read success.'),
    lastRun: gauge('readmill_last_run_timestamp_seconds', 'Reference clock of the last run that ended.'),
    lastStatus: gauge('readmill_last_run_status', '1 for the status of the last run that ended.', ['status']),
    missing: gauge(
      'readmill_meters_missing',
      'Meters that sent nothing, of the last run that settled a read day.',
    ),
    expected: gauge('readmill_meters_expected', 'Meters that should have, of the same run.'),
    review: gauge('readmill_review_entries', 'Entries of the review list of the last run.'),
    working: gauge('readmill_run_in_progress', '1 while a run works or waits to be gone on with.'),
    share: gauge('readmill_run_step_ratio', 'How far the step of the run under way has come.'),
    failing: gauge(
      'readmill_run_failed_attempts',
      'Attempts at the run under way that failed one after the other.',
    ),
    open: gauge('readmill_deliveries_open', 'Deliveries that are not done.', ['partner', 'status']),
    oldest: gauge('readmill_oldest_delivery_seconds', 'Age of the oldest delivery that is not done.', [
      'partner',
    ]),
    certificate: gauge('readmill_certificate_expiry_timestamp_seconds', 'When a certificate ends.', [
      'partner',
      'owner',
      'serial',
    ]),
    inboxUp: gauge('readmill_inbox_up', '1 where the last look into an inbox succeeded.', ['source']),
    inbox: gauge('readmill_inbox_files', 'Files in an inbox.', ['source', 'state']),
    notices: gauge('readmill_notices', 'Notices that are not over.', ['kind', 'acknowledged']),
    disk: gauge('readmill_disk_free_bytes', 'Free space where a folder lies.', ['folder']),
  };
}

const lastNights = ({ book, clock }: Served): Promise<NightSummary[]> =>
  book.nights(clock() - LOOK_BACK_MS, clock() + LOOK_BACK_MS);

async function look(served: Served, instruments: Instruments, counted: Set<string>): Promise<void> {
  const { config, clock } = served;
  const nowMs = clock();
  const nights = await lastNights(served);
  const known = new Set(nights.map(({ runId }) => runId));
  for (const runId of counted) if (!known.has(runId)) counted.delete(runId);
  for (const night of nights) {
    if (counted.has(night.runId)) continue;
    counted.add(night.runId);
    countNight(night, instruments);
  }
  lastNight(nights, instruments);
  const standing = await standingOf(config);
  const run = liveRun(served, standing);
  instruments.working.set(run === null || run.what === 'delivering' ? 0 : 1);
  instruments.share.set(run === null || run.done === null || !run.total ? 0 : run.done / run.total);
  instruments.failing.set(served.watch?.status.failure?.attempts ?? 0);
  openDeliveries(standing.open, nowMs, served, instruments);
  instruments.certificate.reset();
  for (const { partner, owner, serial, validToMs } of served.certificates().certificates)
    instruments.certificate.set({ partner, owner, serial }, validToMs / SECOND_MS);
  inboxes(served, instruments);
  instruments.notices.reset();
  for (const { kind, overMs, acknowledgedMs } of readNotices(config.state))
    if (overMs === null)
      instruments.notices.inc({ kind, acknowledged: acknowledgedMs === null ? 'no' : 'yes' });
  await disks(served, instruments);
}

function countNight(night: NightSummary, instruments: Instruments): void {
  const { sources, reads, status, seconds, files, failedFiles, batches, findings } = night;
  for (const source of sources)
    for (const outcome of OUTCOMES) instruments.reads.inc({ source: source.name, outcome }, source[outcome]);
  instruments.slots.inc({ kind: 'estimated' }, reads.estimated);
  instruments.slots.inc({ kind: 'unresolved' }, reads.unresolved);
  instruments.files.inc({ status: 'failed' }, failedFiles);
  instruments.files.inc({ status: 'taken' }, files - failedFiles);
  instruments.batches.inc(batches);
  for (const { code, severity, count } of findings) instruments.findings.inc({ code, severity }, count);
  instruments.runs.inc({ status });
  instruments.seconds.observe(seconds);
}

function lastNight(nights: readonly NightSummary[], instruments: Instruments): void {
  const last = nights.at(-1);
  if (last !== undefined) {
    instruments.lastRun.set(last.nowMs / SECOND_MS);
    for (const status of STATUSES) instruments.lastStatus.set({ status }, last.status === status ? 1 : 0);
    instruments.review.set(last.reviewCount);
  }
  const settled = nights.findLast(({ readSuccessPercent }) => readSuccessPercent !== null);
  if (settled === undefined) return;
  instruments.success.set(settled.readSuccessPercent! / 100);
  instruments.missing.set(settled.meters.missing);
  instruments.expected.set(settled.meters.expected);
}

function openDeliveries(
  open: Awaited<ReturnType<typeof standingOf>>['open'],
  nowMs: number,
  { config }: Served,
  instruments: Instruments,
): void {
  instruments.open.reset();
  instruments.oldest.reset();
  for (const { name: partner, url } of config.partners)
    if (url !== undefined) instruments.oldest.set({ partner }, 0);
  const first = new Map<string, number>();
  for (const { partner, status, packagedMs } of open) {
    instruments.open.inc({ partner, status });
    first.set(partner, Math.min(first.get(partner) ?? packagedMs, packagedMs));
  }
  for (const [partner, ms] of first) instruments.oldest.set({ partner }, (nowMs - ms) / SECOND_MS);
}

function inboxes({ watch }: Served, instruments: Instruments): void {
  for (const { source, ready, left, problem } of watch?.status.polled ?? []) {
    instruments.inboxUp.set({ source }, problem === null ? 1 : 0);
    instruments.inbox.set({ source, state: 'ready' }, ready.length);
    instruments.inbox.set({ source, state: 'coming' }, left.filter(({ isComing }) => isComing).length);
  }
}

async function disks({ config }: Served, instruments: Instruments): Promise<void> {
  for (const [folder, path] of [
    ['state', config.state],
    ['output', config.output.directory],
  ] as const) {
    // A folder that is not there yet has no figure.
    const stat = await statfs(path).catch(() => null);
    if (stat !== null) instruments.disk.set({ folder }, stat.bavail * stat.bsize);
  }
}
