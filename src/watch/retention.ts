import type { Dirent } from 'node:fs';
import { lstat, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf } from '../model/errors.js';
import type { Config } from '../pipeline/config/config.js';
import type { WatchConfig } from '../pipeline/config/watch-config.js';
import { RUN_KEY, type RunRecord } from '../pipeline/run-state.js';
import type { Ledger } from '../store/ledger/ledger.js';

/** Folders of the state that hold a folder for each run, and of which old ones are removed. */
const FOLDERS = ['archive', 'quarantine', 'reports'] as const;
/** Names of runs: the time of the reference clock, and a number. */
const RUN_NAME = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)-\d{4,}$/;
const DAY_MS = 86_400_000;

type Rule = WatchConfig['retention'][(typeof FOLDERS)[number]];

/** What was removed from a folder. */
export interface Removed {
  folder: string;
  runs: number;
  bytes: number;
}

interface KeptRun {
  name: string;
  timeMs: number;
  /** Not counted where no rule asks for it. */
  bytes: number;
}

/**
 * Removes runs from archive, quarantine and reports that are older than is kept, then the oldest while there are
 * more bytes than are kept. The latest run of each folder and an unfinished one always stay, and so does whatever
 * is not named like a run.
 * @param ledger shows that no run is at work while it is open for writing
 */
export async function removeOldRuns(
  { state, watch }: Pick<Config, 'state' | 'watch'>,
  ledger: Pick<Ledger, 'get' | 'confirm'>,
  nowMs: number,
): Promise<Removed[]> {
  const unfinished = ledger.get<RunRecord>(RUN_KEY)?.runId;
  const removed: Removed[] = [];
  for (const folder of FOLDERS) {
    const rule = watch.retention[folder];
    const path = join(state, folder);
    const runs = await runsIn(path, rule.maximumBytes !== null);
    const old = tooMuch(
      runs.filter(({ name }) => name !== unfinished),
      rule,
      nowMs,
    );
    let bytes = 0;
    for (const { name } of old) {
      bytes += await sizeOf(join(path, name));
      await ledger.confirm();
      await rm(join(path, name), { recursive: true, force: true });
    }
    if (old.length > 0) removed.push({ folder, runs: old.length, bytes });
  }
  return removed;
}

/** Runs of a folder, the oldest first. */
async function runsIn(path: string, isMeasured: boolean): Promise<KeptRun[]> {
  let entries: Dirent[];
  try {
    entries = await readdir(path, { withFileTypes: true });
  } catch (thrown) {
    if (codeOf(thrown) === 'ENOENT') return [];
    throw thrown;
  }
  const runs: KeptRun[] = [];
  for (const entry of entries) {
    const timeMs = timeOf(entry.name);
    if (!entry.isDirectory() || timeMs === null) continue;
    runs.push({ name: entry.name, timeMs, bytes: isMeasured ? await sizeOf(join(path, entry.name)) : 0 });
  }
  return runs.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** @param runs the oldest first */
function tooMuch(runs: readonly KeptRun[], { days, maximumBytes }: Rule, nowMs: number): KeptRun[] {
  const older = runs.slice(0, -1);
  let bytes = runs.reduce((sum, run) => sum + run.bytes, 0);
  return older.filter((run) => {
    const isOld = days !== null && run.timeMs < nowMs - days * DAY_MS;
    const isMuch = maximumBytes !== null && bytes > maximumBytes;
    if (isOld || isMuch) bytes -= run.bytes;
    return isOld || isMuch;
  });
}

/** Time of a run by its name, milliseconds since 1970, or null. */
export function timeOf(name: string): number | null {
  const match = RUN_NAME.exec(name);
  if (match === null) return null;
  const [, year, month, day, hour, minute, second] = match;
  return Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
}

/** Bytes of all files below a path; links are not followed. */
async function sizeOf(path: string): Promise<number> {
  const stat = await lstat(path);
  if (!stat.isDirectory()) return stat.size;
  let bytes = 0;
  for (const name of await readdir(path)) bytes += await sizeOf(join(path, name));
  return bytes;
}
