import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { nightDelivery } from '../as2/sender/deliver-night.js';
import { finishedDeliveries, openDeliveries } from '../as2/sender/delivery-queue.js';
import { type VerifiedDeliveries, verifyDeliveries } from '../as2/sender/verify-deliveries.js';
import { type DeliveryConfig, readDeliveryConfig } from '../pipeline/config/config.js';
import { shownPath } from '../pipeline/intake/intake.js';
import { RUN_KEY, type RunRecord } from '../pipeline/run-state.js';
import { type StateVerdict, UNVERIFIED_FOLDERS, verifyState } from '../pipeline/verify-state.js';
import type { LedgerView } from '../store/ledger/ledger.js';
import { viewLedgerAt } from '../store/ledger/ledger-place.js';
import { isOnRedis, shownUrl } from '../store/redis/redis-connection.js';
import { deliveryLine } from './delivery-lines.js';
import { warnOfRedis } from './redis-lines.js';

const RUNS_SHOWN_DEFAULT = 10;
/** Deliveries that are done and are listed, the latest. */
const DELIVERED_SHOWN_MAX = 20;

interface StatusOptions {
  config: string;
  verify?: boolean;
  json?: boolean;
}

/** What `status --json` prints. */
interface Status {
  state: string;
  /** `embedded`, or the address of the Redis. */
  ledger: string;
  /** Processes that take jobs of runs, where hosts share the ledger; null where its Redis does not tell. */
  hosts: string[] | null;
  /** A run that was begun and has not ended; it may be at work just now. */
  unfinishedRun: { runId: string; phase: string; now: string; inputs: number } | null;
  /** Runs that have ended, all that the ledger knows. */
  runs: number;
  /** Files that were taken in and are done. */
  files: number;
  /** Batches of the runs that the ledger knows. */
  batches: number;
  lastRuns: { runId: string; now: string; inputs: number; batches: number; report: string | null }[];
  /** Deliveries by their status. */
  deliveries: Record<string, number>;
  /** Those that are not delivered. */
  openDeliveries: ReturnType<typeof nightDelivery>[];
  /** The latest that are. */
  lastDelivered: ReturnType<typeof nightDelivery>[];
}

export function registerStatus(program: Command): void {
  program
    .command('status')
    .description('runs, files, batches and deliveries, as the ledger has them')
    .requiredOption('--config <file>', 'configuration (docs/configuration.md)')
    .option('--verify', 'compare all files of the state folder with what was written')
    .option('--json', 'print the answer as one JSON document')
    .addHelpText(
      'after',
      '\nExamples:\n  readmill status --config night.json\n  readmill status --config night.json --verify\n\nIt changes nothing, and may be called while a run works; --verify is for the time when none works.\nExit code: 0; 1 where the state folder cannot be read, or something in it is damaged.',
    )
    .action(async (options: StatusOptions) => {
      const config = readDeliveryConfig(options.config);
      if (options.verify === true) {
        await printVerdict(config, options.json === true);
        return;
      }
      const ledger = await viewLedgerAt(config);
      try {
        const status = statusOf(config, ledger, await hostsOf(config));
        const text = options.json === true ? JSON.stringify(status, null, 2) : statusText(status, ledger);
        process.stdout.write(`${text}\n`);
      } finally {
        await ledger?.close();
      }
    });
}

/** Prints what `--verify` finds. */
async function printVerdict(config: DeliveryConfig, isJson: boolean): Promise<void> {
  let deliveries: VerifiedDeliveries = { messages: 0, receipts: 0, receiptsGone: 0 };
  const { damages, ...counts } = await verifyState(config, (state, ledger, look) => {
    deliveries = verifyDeliveries(state, ledger, look);
  });
  const isWhole = damages.length === 0;
  const head = { state: shownPath(config.state), isWhole, notVerified: UNVERIFIED_FOLDERS };
  const json = { ...head, ...counts, deliveries, damages };
  const text = verdictText(config.state, { damages, ...counts }, deliveries);
  process.stdout.write(`${isJson ? JSON.stringify(json, null, 2) : text}\n`);
  if (!isWhole) process.exitCode = 1;
}

function verdictText(state: string, verdict: StateVerdict, deliveries: VerifiedDeliveries): string {
  const { ledgerEntries, history, registerRows, archivedFiles, reports, damages } = verdict;
  const { messages, receipts, receiptsGone } = deliveries;
  const count = (number: number) => number.toLocaleString('en');
  const gone = (number: number) => (number === 0 ? '' : `; ${count(number)} more were taken away`);
  const lines = [
    `State      ${shownPath(state)}`,
    `Ledger     ${count(ledgerEntries)} entries`,
    `History    ${count(history.files)} files, ${count(Math.ceil(history.bytes / 1e6))} MB`,
    `Register   ${count(registerRows)} rows`,
    `Archive    ${count(archivedFiles)} files`,
    `Reports    ${count(reports.reportFiles)} files`,
    `Batches    ${count(reports.batches)}${gone(reports.batchesGone)}`,
    `Spool      ${count(messages)} messages`,
    `Receipts   ${count(receipts)}${gone(receiptsGone)}`,
    `Not looked at: ${UNVERIFIED_FOLDERS.join(', ')}`,
    ...damages.map(({ path, code, message }) => `Damaged    ${path}\n           ${message} [${code}]`),
  ];
  const end = damages.length === 0 ? 'All of this is as it was written.' : 'See docs/recovery.md.';
  return [...lines, end].join('\n');
}

/** Who takes jobs, and what of the Redis's settings may lose the ledger. */
async function hostsOf(config: DeliveryConfig): Promise<Status['hosts']> {
  if (!isOnRedis(config)) return [];
  await warnOfRedis(config);
  const { hostsAtWork } = await import('../pipeline/hosts/shared-hosts.js');
  return hostsAtWork(config);
}

function hostLines({ ledger, hosts }: Status): string[] {
  if (ledger === 'embedded') return [];
  const known = hosts?.length === 0 ? 'none, a run does all by itself' : hosts?.join(', ');
  const names = known ?? 'not known, the Redis does not tell';
  return [`Ledger     ${ledger}`, `Take jobs  ${names}`];
}

interface DoneRun {
  now: string;
  inputs: number;
  batches: string[];
}

function statusOf(config: DeliveryConfig, ledger: LedgerView | null, hosts: Status['hosts']): Status {
  const { state } = config;
  const run = ledger?.get<RunRecord>(RUN_KEY);
  const done = ledger?.list<DoneRun>('runs/done/') ?? [];
  const open = ledger === null ? [] : openDeliveries(ledger);
  const finished = ledger === null ? [] : finishedDeliveries(ledger);
  const counts: Record<string, number> = {};
  for (const { status } of [...finished, ...open]) counts[status] = (counts[status] ?? 0) + 1;
  const last = done.slice(-RUNS_SHOWN_DEFAULT).map(({ key, value }) => {
    const runId = key.slice('runs/done/'.length);
    const report = join(state, 'reports', runId, 'report.html');
    const { now, inputs, batches } = value;
    return {
      runId,
      now,
      inputs,
      batches: batches.length,
      report: existsSync(report) ? shownPath(report) : null,
    };
  });
  return {
    state: shownPath(state),
    ledger: isOnRedis(config) ? shownUrl(config.ledger) : 'embedded',
    hosts,
    unfinishedRun:
      run === undefined
        ? null
        : { runId: run.runId, phase: run.phase, now: run.nowIso, inputs: run.inputs.length },
    runs: done.length,
    files: ledger?.list('file/').length ?? 0,
    batches: done.reduce((sum, { value }) => sum + value.batches.length, 0),
    lastRuns: last.reverse(),
    deliveries: counts,
    openDeliveries: open.map(nightDelivery),
    lastDelivered: finished.slice(0, DELIVERED_SHOWN_MAX).map(nightDelivery),
  };
}

function statusText(status: Status, ledger: LedgerView | null): string {
  if (ledger === null) return `Nothing was done yet in ${status.state}.`;
  const { unfinishedRun, runs, files, batches, lastRuns, deliveries } = status;
  const counts = Object.entries(deliveries).map(([name, count]) => `${count} ${name}`);
  const lines = [
    `State      ${status.state}`,
    ...hostLines(status),
    `Runs       ${runs} ended${unfinishedRun === null ? '' : `; ${unfinishedRun.runId} is at work or was stopped (${unfinishedRun.phase}): readmill run goes on with it`}`,
    `Files      ${files} done`,
    `Batches    ${batches}`,
    `Deliveries ${counts.length === 0 ? 'none' : counts.join(', ')}`,
    ...lastRuns.map(
      (run) =>
        `  ${run.runId}  ${run.inputs} files, ${run.batches} batches${run.report === null ? '' : `  ${run.report}`}`,
    ),
    ...openDeliveries(ledger).map(deliveryLine),
  ];
  return lines.join('\n');
}
