import { existsSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { formatSum } from '../../model/decimal.js';
import { type FileSum, sumOfFile } from '../../store/file-sum.js';
import type { Ledger, LedgerWrite } from '../../store/ledger/ledger.js';
import { moveFile, syncFolder, syncPath } from '../files.js';
import { hasChanged, shownPath } from '../intake/intake.js';
import {
  type HistoryEntry,
  type InputRecord,
  RUN_KEY,
  type RunRecord,
  type ScanOutcome,
  taskKey,
} from '../run-state.js';
import type { TaskRecord } from '../settle/settle.js';
import { removeWork } from '../work-folder.js';
import { type NightDeliveries, NO_DELIVERIES } from './night-delivery.js';
import { joinLists, type ListName } from './night-lists.js';
import { type NightTotals, nightTotals } from './night-totals.js';
import { writeQuarantine } from './quarantine.js';

/** Days of history that are kept beyond what the policies look back. */
const HISTORY_SPARE_DAYS = 7;
/** Runs whose summary the ledger keeps. */
const RUNS_KEPT_MAX = 1000;

/** A night that went through both passes. */
export interface Night {
  run: RunRecord;
  scan: ScanOutcome;
  tasks: TaskRecord[];
  resumed: boolean;
  /** Folder of its work files. */
  work: string;
  seconds: number;
  totals?: NightTotals;
  lists?: Record<ListName, string>;
  /** By input number: its file in the quarantine, and where the input itself goes. */
  quarantine?: Map<number, string>;
  archive?: Map<number, string>;
  /** What was delivered, where a run delivers. */
  deliveries?: NightDeliveries;
}

/** A night that `finishNight` has completed. */
export type FinishedNight = Required<Night>;

export const reportDirectory = (run: RunRecord): string => join(run.config.state, 'reports', run.runId);

/** What happens at the end of a run and lies above it: delivery, and the report about all. */
export interface FinishSteps {
  /** Delivers the batches; their totals have been proved. Absent where a run stops at the batches. */
  deliver?: ((night: Night) => Promise<NightDeliveries>) | undefined;
  /** Writes its files into a folder; each gets its place when it is whole. */
  report(night: Night, folder: string): void;
}

/**
 * Ends a run: proves the totals, writes lists, manifest and quarantine, delivers, reports, puts the inputs away
 * and closes the run in the ledger. Done again after a crash, it does the same.
 */
export async function finishNight(
  night: Night,
  ledger: Ledger,
  { deliver, report }: FinishSteps,
): Promise<void> {
  const { run, scan, tasks } = night;
  const directory = reportDirectory(run);
  if (run.phase !== 'finish') {
    await ledger.confirm();
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    const drafts = join(night.work, `drafts-${ledger.fence}`);
    night.totals = nightTotals(run, scan, tasks);
    night.lists = await joinLists(directory, drafts, tasks);
    night.quarantine = await writeQuarantine(run, scan, drafts, tasks);
    const whole = join(drafts, 'report');
    mkdirSync(whole, { recursive: true, mode: 0o700 });
    writeManifest(night, whole);
    await putInPlace(whole, directory);
    night.deliveries = (await deliver?.(night)) ?? NO_DELIVERIES;
    await ledger.confirm();
    night.archive = archivePaths(run);
    report(night, whole);
    await putInPlace(whole, directory);
    await syncFolder(directory);
    run.phase = 'finish';
    await ledger.write([[RUN_KEY, run]]);
  } else {
    night.totals = nightTotals(run, scan, tasks);
    night.archive = archivePaths(run);
  }
  await ledger.confirm();
  for (const [number, path] of night.archive) {
    const input = run.inputs[number]!;
    const isThere = existsSync(input.path);
    if (isThere && hasChanged(input)) continue;
    if (isThere || existsSync(path)) await putAway(input, path);
  }
  await closeRun(night, ledger);
  await removeUnused(run, ledger);
  await removeWork(run.config.state, ledger);
}

/** Moves files that are whole to where they are looked at, also while a run is at work. */
async function putInPlace(from: string, to: string): Promise<void> {
  for (const name of readdirSync(from).sort()) {
    await syncPath(join(from, name));
    await moveFile(join(from, name), join(to, name));
  }
}

/** Moves an input; one that was changed in the very moment goes back, since nobody has read what it holds. */
async function putAway(input: InputRecord, path: string): Promise<void> {
  if (!(await moveFile(input.path, path))) return;
  const { size, mtimeMs } = statSync(path);
  const isAsRead = size === input.sizeBytes && mtimeMs === input.modifiedMs;
  if (!isAsRead && !existsSync(input.path)) await moveFile(path, input.path);
}

/**
 * Where each input goes: done and repeated ones to the archive, failed ones to the quarantine. What somebody changed
 * since it was read holds what nobody has read: it stays for the next run, and the report says so.
 */
function archivePaths(run: RunRecord): Map<number, string> {
  const paths = new Map<number, string>();
  const { state } = run.config;
  if (run.kind === 'history-import') return paths;
  for (const [number, input] of run.inputs.entries()) {
    const folder = { done: 'archive', duplicate: 'archive', failed: 'quarantine', claimed: '' }[input.status];
    if (folder === '' || staysInInbox(input)) continue;
    if (existsSync(input.path) && hasChanged(input)) {
      const reason = 'it was changed after it was read: the next run takes it';
      run.leftInInbox.push({ path: shownPath(input.path), reason });
      continue;
    }
    const below = input.status === 'duplicate' ? 'duplicates' : input.status === 'failed' ? 'failed' : '';
    paths.set(number, join(state, folder, run.runId, below, input.source, input.name));
  }
  return paths;
}

/** A file that could not be read, or was still changing, is left for the next run. */
function staysInInbox(input: InputRecord): boolean {
  return input.status === 'failed' && input.isToolFault !== undefined;
}

/** The batches of a night in the order of their names, with counts and control totals (exact, five decimals, by unit). */
export function batchesOf({ tasks }: Pick<Night, 'tasks'>) {
  return tasks.flatMap(({ result, names }) =>
    result.batches.map((batch, i) => ({
      file: names[i]!,
      records: batch.records,
      reads: batch.reads,
      bytes: batch.bytes,
      sha256: batch.sha256,
      sums: Object.fromEntries([...batch.sums].map(([unit, sum]) => [unit, formatSum(sum)])),
      firstMeter: batch.firstMeter,
      lastMeter: batch.lastMeter,
    })),
  );
}

/** `manifest.json`: every batch with its size, counts, control totals and SHA-256. */
function writeManifest(night: Night, directory: string): void {
  const { run } = night;
  const batches = batchesOf(night);
  const total = (key: 'records' | 'reads' | 'bytes') => batches.reduce((sum, batch) => sum + batch[key], 0);
  const manifest = {
    runId: run.runId,
    now: run.nowIso,
    directory: run.config.output.directory,
    totals: {
      batches: batches.length,
      records: total('records'),
      reads: total('reads'),
      bytes: total('bytes'),
    },
    batches,
  };
  writeFileSync(join(directory, 'manifest.json'), `${JSON.stringify(manifest, null, 2)}\n`, { mode: 0o600 });
}

/** A run that is over, as the ledger keeps it. */
export interface DoneRun {
  now: string;
  inputs: number;
  /** Names of its batches. */
  batches: string[];
  /** What the files in its folder of reports were when it ended, by their names; an earlier version noted none. */
  reports?: Record<string, FileSum>;
}

/** What lies in the folder of a run's reports; nothing where somebody has removed it. */
function reportSums(directory: string): Record<string, FileSum> {
  const entries = existsSync(directory) ? readdirSync(directory, { withFileTypes: true }) : [];
  const files = entries.filter((entry) => entry.isFile()).map(({ name }) => name);
  return Object.fromEntries(files.sort().map((name) => [name, sumOfFile(join(directory, name))]));
}

/** One transaction: files, days and batches are done, and the run is over. */
async function closeRun(night: Night, ledger: Ledger): Promise<void> {
  const { run, tasks } = night;
  const writes: LedgerWrite[] = [];
  for (const input of run.inputs) {
    if (input.status !== 'done') continue;
    writes.push([`file/${input.sha256}`, { name: input.name, sizeBytes: input.sizeBytes, runId: run.runId }]);
    writes.push([`size/${input.sizeBytes}`, true]);
  }
  const settled = new Set([...(ledger.get<number[]>('days/settled') ?? []), ...run.completeDays!]);
  writes.push(['days/settled', [...settled].sort((a, b) => a - b)]);
  const names = tasks.flatMap((task) => task.names);
  writes.push(['batches/lastSecond', run.batchSecond + names.length]);
  const over: DoneRun = {
    now: run.nowIso,
    inputs: run.inputs.length,
    batches: names,
    reports: reportSums(reportDirectory(run)),
  };
  writes.push([`runs/done/${run.runId}`, over]);
  for (const { result } of tasks) writes.push([taskKey(run.runId, result.index), undefined]);
  const done = ledger.list('runs/done/');
  for (const { key } of done.slice(0, Math.max(0, done.length + 1 - RUNS_KEPT_MAX)))
    writes.push([key, undefined]);
  writes.push([RUN_KEY, undefined]);
  await ledger.write(writes);
}

/** Forgets history that no policy looks back to, and removes history files that nothing names any more. */
async function removeUnused(run: RunRecord, ledger: Ledger): Promise<void> {
  const lookBack = Math.max(
    35,
    ...Object.values(run.config.vee.policies).map(({ historyDays }) => historyDays),
  );
  const entries = ledger.list<HistoryEntry>('history/');
  const dayOf = (key: string) => Number(key.split('/')[2]);
  const newest = Math.max(...entries.map(({ key }) => dayOf(key)));
  const isOld = ({ key, value }: { key: string; value: HistoryEntry }) =>
    !value.isOpen && dayOf(key) < newest - lookBack - HISTORY_SPARE_DAYS;
  const old = entries.filter(isOld);
  const directory = join(run.config.state, 'history');
  // What is there before the write is ours to remove; what comes after may be of who has the ledger by then.
  const files = existsSync(directory) ? readdirSync(directory) : [];
  await ledger.write(old.map(({ key }): LedgerWrite => [key, undefined]));
  const kept = entries.filter((entry) => !isOld(entry));
  const named = new Set(kept.flatMap(({ value }) => [value.file, value.totals]));
  for (const file of files) if (!named.has(file)) rmSync(join(directory, file));
}
