import { createHash } from 'node:crypto';
import { createReadStream, existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { ReadmillError } from '../../model/errors.js';
import { makeFolder } from '../../model/make-folder.js';
import { compactSecond } from '../../model/time.js';
import { withChecksum } from '../../store/history/history-names.js';
import type { Ledger, LedgerWrite } from '../../store/ledger/ledger.js';
import type { Config } from '../config/config.js';
import { moveFile, syncPath } from '../files.js';
import { dayKey, type HistoryEntry, type RunRecord, registersKey, taskKey } from '../run-state.js';
import type { TaskRecord } from '../settle/settle.js';
import type { SettleResult, StagedBatch, StagedHistory } from '../settle/settle-types.js';

/** Name of a batch: the template with the time of the run, one second more for each batch before it. */
export function batchName(output: Config['output'], second: number): string {
  const values: Record<string, string> = {
    sender: output.sender,
    receiver: output.receiver,
    fileType: output.fileType,
    version: output.version,
    timestamp: compactSecond(second),
  };
  return output.name.replace(/\{(\w+)\}/g, (whole, key: string) => values[key] ?? whole);
}

/**
 * Checks that the name template gives each batch a name of its own that is allowed.
 * @throws ReadmillError READMILL_CONFIG_INVALID
 */
export function checkNameTemplate(output: Config['output'], second: number): void {
  const name = batchName(output, second);
  let pattern: RegExp;
  try {
    pattern = new RegExp(output.namePattern);
  } catch {
    throw new ReadmillError(
      'READMILL_CONFIG_INVALID',
      `output.namePattern is no regular expression: ${output.namePattern}`,
    );
  }
  const isPath = name.includes('/') || name.includes('\\') || name.startsWith('.');
  if (isPath || !pattern.test(name) || !output.name.includes('{timestamp}')) {
    throw new ReadmillError(
      'READMILL_CONFIG_INVALID',
      `output.name gives "${name}", which is no allowed file name. It must hold {timestamp}, no folder, and fit ${output.namePattern}.`,
    );
  }
}

/** Writes what a task left to the disk, under the names that it has until it is made current. */
export async function syncStaged(result: SettleResult): Promise<void> {
  await Promise.all(stagedFiles(result).map(syncPath));
}

/**
 * Makes what a task left, and what is on the disk, current: renames it to its final names, and then says so in one
 * transaction of the ledger. Done again after a crash, it does the same.
 * @param batchesBefore batches of the tasks before this one
 * @throws ReadmillError READMILL_OUTPUT_EXISTS where another file has a batch's name
 */
export async function publishTask(
  run: RunRecord,
  ledger: Ledger,
  result: SettleResult,
  batchesBefore: number,
): Promise<TaskRecord> {
  const { config, runId } = run;
  await ledger.confirm();
  const historyDirectory = join(config.state, 'history');
  makeFolder(config.output.directory, 0o750);
  mkdirSync(historyDirectory, { recursive: true, mode: 0o700 });
  const names: string[] = [];
  for (const batch of result.batches) {
    const name = batchName(config.output, run.batchSecond + batchesBefore + names.length);
    await refuseOther(join(config.output.directory, name), batch);
    await moveFile(batch.path, join(config.output.directory, name));
    names.push(name);
  }
  for (const file of result.history)
    await moveFile(file.path, join(historyDirectory, historyName(file, runId)));
  await Promise.all([syncPath(config.output.directory), syncPath(historyDirectory)]);
  const record: TaskRecord = { result, names };
  await ledger.write([...historyWrites(result, runId), [taskKey(runId, result.index), record]]);
  return record;
}

/** Paths of all files that a task left. */
export function stagedFiles({ batches, history, lists, rejectsFile }: SettleResult): string[] {
  const others = [...Object.values(lists), rejectsFile].filter((path) => path !== '');
  return [...batches.map(({ path }) => path), ...history.map(({ path }) => path), ...others];
}

function historyName({ kind, day, partition, crc32 }: StagedHistory, runId: string): string {
  return withChecksum(`${kind}-${day}-${partition}-${runId}`, crc32);
}

function historyWrites(result: SettleResult, runId: string): LedgerWrite[] {
  const open = new Set(result.openDays);
  const writes: LedgerWrite[] = [];
  for (const file of result.history) {
    const { kind, day, partition } = file;
    const name = historyName(file, runId);
    if (kind === 'registers') {
      writes.push([registersKey(day, partition), { file: name, isOpen: false } satisfies HistoryEntry]);
    } else if (kind === 'day') {
      const isTotals = (other: StagedHistory) =>
        other.kind === 'totals' && other.day === day && other.partition === partition;
      const totals = historyName(result.history.find(isTotals)!, runId);
      const entry: HistoryEntry = { file: name, totals, isOpen: open.has(day) };
      writes.push([dayKey(day, partition), entry]);
    }
  }
  return writes;
}

/** A file of the same name is ours where it has the same content, from before a crash. */
async function refuseOther(path: string, batch: StagedBatch): Promise<void> {
  if (!existsSync(path) || !existsSync(batch.path)) return;
  const hash = createHash('sha256');
  for await (const piece of createReadStream(path)) hash.update(piece);
  if (hash.digest('hex') === batch.sha256) return;
  throw new ReadmillError(
    'READMILL_OUTPUT_EXISTS',
    `${path} is there already with other content. Move it away, then run again.`,
  );
}
