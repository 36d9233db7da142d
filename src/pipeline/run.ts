import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { deserialize, serialize } from 'node:v8';
import { sourceSettings } from '../conformance/source-settings.js';
import { codeOf, diskFullError, isDiskFull, messageOf, ReadmillError } from '../model/errors.js';
import { compactSecond } from '../model/time.js';
import type { Ledger, LedgerWrite } from '../store/ledger/ledger.js';
import { openLedgerAt } from '../store/ledger/ledger-place.js';
import { EMPTY_PARTITION_MAP, type PartitionMap, splitPartitions } from '../store/partition-map.js';
import { isOnRedis } from '../store/redis/redis-connection.js';
import type { Config } from './config/config.js';
import { syncPath } from './files.js';
import { finishNight, type Night } from './finish/finish.js';
import type { NightDeliveries } from './finish/night-delivery.js';
import { checkNameTemplate } from './finish/publish.js';
import { expandInput } from './intake/expand.js';
import { detectFormats } from './intake/input-formats.js';
import { type Claim, claimFiles, inputOf, requireSameContent } from './intake/intake.js';
import { type SampledFile, sampleMeterIds } from './intake/sample.js';
import type { Progress } from './progress.js';
import { currentRegister } from './register-current.js';
import { MAP_KEY, RUN_KEY, type RunRecord, type ScanOutcome } from './run-state.js';
import { RANGE_BYTES, scanInputs } from './scan/scan.js';
import { planSettling, settlePartitions, type TaskRecord } from './settle/settle.js';
import { veeSettings } from './settle/vee-files.js';
import { removeWork, workBoot, workDirectory } from './work-folder.js';
import { openPool, type WorkerPool } from './worker-pool.js';

/** Bytes of input that a partition should hold, about: its blocks and its output then fit easily in memory. */
const PARTITION_INPUT_BYTES = 24 * 1024 * 1024;
/** While a state folder has fewer partitions, smaller ones are made too: the threads then end about together. */
const PARTITIONS_WANTED = 8;
const SMALL_PARTITION_INPUT_BYTES = 12 * 1024 * 1024;

export interface RunOptions {
  /** The reference clock, milliseconds since 1970. */
  nowMs: number;
  workers: number;
  rangeBytes?: number;
  progress: Progress;
  /** The files of a new run, where somebody else has looked into the inboxes. Absent: the run looks itself. */
  claim?: Claim | undefined;
  /** Called once all is counted and before the run is closed: writes the report's files into a folder. */
  report(night: Night, folder: string): void;
  /** Delivers the batches. Absent where the run stops at them. */
  sender?: NightSender | undefined;
}

/** What becomes of a run's batches above the pipeline. */
export interface NightSender {
  /**
   * Told of batches that have become current while others are still made. Nothing may leave yet: the run's totals
   * are not proved.
   */
  prepare(run: RunRecord, task: TaskRecord, ledger: Ledger, pool: WorkerPool): void;
  /** Called before the report, once the totals are proved. */
  deliver(night: Night, ledger: Ledger, pool: WorkerPool): Promise<NightDeliveries>;
}

/**
 * One night's transfer up to the batches: takes in, reads, settles, publishes, archives. An unfinished run
 * of the state folder is gone on with instead, with the files, clock and configuration that it began with; an
 * unfinished import of history is ended first.
 * @throws ReadmillError where the tool cannot do its work; the same call then goes on where it was
 */
export async function runNight(config: Config, options: RunOptions): Promise<Night> {
  return withState(config, options.workers, async (ledger, pool) => {
    const startedMs = Date.now();
    let found = ledger.get<RunRecord>(RUN_KEY);
    if (found?.kind === 'history-import') {
      await endRun(found, true, ledger, pool, { ...options, sender: undefined }, startedMs);
      found = undefined;
    }
    const run = found ?? (await beginRun(config, ledger, options, startedMs));
    return endRun(run, found !== undefined, ledger, pool, options, startedMs);
  });
}

/**
 * Loads past reads into the history without sending them: each file is a run of its own, which estimates
 * nothing and writes no batch. Files stay where they are.
 * @param sourceIndex the source whose profile, zone and name the files have
 * @throws ReadmillError READMILL_RUN_UNFINISHED where a night is unfinished; else as `runNight`
 */
export async function importHistory(
  config: Config,
  files: readonly string[],
  sourceIndex: number,
  options: RunOptions,
): Promise<Night[]> {
  return withState(config, options.workers, async (ledger, pool) => {
    const found = ledger.get<RunRecord>(RUN_KEY);
    if (found !== undefined && found.kind !== 'history-import') {
      throw new ReadmillError(
        'READMILL_RUN_UNFINISHED',
        `The run ${found.runId} of this state folder is not finished. Finish it with \`readmill run\`, then import again.`,
      );
    }
    const inputs = files.map((file) => inputOf(file, config, sourceIndex));
    if (found !== undefined) await endRun(found, true, ledger, pool, options, Date.now());
    const nights: Night[] = [];
    for (const input of inputs) {
      const startedMs = Date.now();
      const claim = { inputs: [input], leftInInbox: [], inboxProblems: [] };
      const run = await enterRun('history-import', claim, config, ledger, options, startedMs);
      nights.push(await endRun(run, false, ledger, pool, options, startedMs));
    }
    return nights;
  });
}

/** Takes the state folder and the threads for some work, and gives them back. */
async function withState<T>(
  config: Config,
  workers: number,
  work: (ledger: Ledger, pool: WorkerPool) => Promise<T>,
): Promise<T> {
  const ledger = await openLedgerAt(config);
  let pool: WorkerPool | null = null;
  try {
    pool = await poolOf(config, ledger, workers);
    return await work(ledger, pool);
  } catch (thrown) {
    throw explained(await lossOr(ledger, thrown));
  } finally {
    await pool?.close();
    await ledger.close();
  }
}

/** That the state folder is lost, where it is: what else went wrong comes of it. */
async function lossOr(ledger: Ledger, thrown: unknown): Promise<unknown> {
  try {
    await ledger.confirm();
  } catch (lost) {
    if (codeOf(lost) === 'READMILL_STATE_LOST') return lost;
  }
  return thrown;
}

/** The threads of this process, or with a ledger on Redis those of all hosts that take jobs. */
async function poolOf(config: Config, ledger: Ledger, workers: number): Promise<WorkerPool> {
  if (!isOnRedis(config)) return openPool(workers);
  const { openSharedPool } = await import('./hosts/shared-pool.js');
  return openSharedPool(config, ledger, workers);
}

async function endRun(
  run: RunRecord,
  resumed: boolean,
  ledger: Ledger,
  pool: WorkerPool,
  options: RunOptions,
  startedMs: number,
): Promise<Night> {
  const night = await continueRun(run, resumed, ledger, pool, options);
  night.seconds = (Date.now() - startedMs) / 1000;
  const { sender, report } = options;
  await finishNight(night, ledger, {
    report,
    deliver:
      sender === undefined
        ? undefined
        : async (unreported) => {
            const deliveries = await sender.deliver(unreported, ledger, pool);
            unreported.seconds = (Date.now() - startedMs) / 1000;
            return deliveries;
          },
  });
  return night;
}

/** System errors that end a run, with what to do. */
function explained(thrown: unknown): unknown {
  if (thrown instanceof ReadmillError) return thrown;
  if (isDiskFull(thrown)) return diskFullError(thrown);
  const code = codeOf(thrown);
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') {
    const message = `A file or folder cannot be used: ${messageOf(thrown)}. Give this user the right, then run the same command again.`;
    return new ReadmillError('READMILL_NO_RIGHTS', message, { cause: thrown });
  }
  if ((thrown as NodeJS.ErrnoException | null)?.syscall === undefined) return thrown;
  const remedy = SYSTEM_REMEDIES[code] ?? 'See whether the disk is sound and mounted';
  const message = `The system refused work on a file: ${messageOf(thrown)}. Nothing is lost. ${remedy}, then run the same command again: it goes on where it was.`;
  return new ReadmillError('READMILL_SYSTEM', message, { cause: thrown });
}

const SYSTEM_REMEDIES: Record<string, string | undefined> = {
  EMFILE: 'Allow this user more open files (ulimit -n)',
  ENFILE: 'Close programs that hold many files open, or allow more of them on this machine (fs.file-max)',
  EFBIG: 'Allow this user larger files (ulimit -f)',
};

async function beginRun(
  config: Config,
  ledger: Ledger,
  options: RunOptions,
  startedMs: number,
): Promise<RunRecord> {
  checkNameTemplate(config.output, Math.floor(options.nowMs / 1000));
  return enterRun('night', options.claim ?? null, config, ledger, options, startedMs);
}

/** Enters a new run in the ledger. @param given its files; null = those of the inboxes */
async function enterRun(
  kind: RunRecord['kind'],
  given: Claim | null,
  config: Config,
  ledger: Ledger,
  options: RunOptions,
  startedMs: number,
): Promise<RunRecord> {
  const second = Math.floor(options.nowMs / 1000);
  const vee = veeSettings(config);
  const register = await currentRegister(config, ledger);
  const claim = given ?? claimFiles(config, Date.now());
  const number = (ledger.get<number>('runs/count') ?? 0) + 1;
  const runId = `${compactSecond(second)}-${String(number).padStart(4, '0')}`;
  const run: RunRecord = {
    runId,
    kind,
    phase: 'scan',
    nowStamp: Math.floor(options.nowMs / 60_000),
    nowIso: new Date(options.nowMs).toISOString(),
    startedMs,
    config,
    vee,
    ...claim,
    partitionMap: ledger.get<PartitionMap>(MAP_KEY) ?? EMPTY_PARTITION_MAP,
    register,
    batchSecond: Math.max(second, (ledger.get<number>('batches/lastSecond') ?? 0) + 1),
    fence: ledger.fence,
    bootId: workBoot(ledger),
  };
  await removeWork(config.state, ledger);
  await expandInputs(run);
  const writes = growPartitions(run, ledger);
  await ledger.write([...writes, ['runs/count', number], [RUN_KEY, run]]);
  return run;
}

async function expandInputs(run: RunRecord): Promise<void> {
  const directory = join(workDirectory(run), 'expanded');
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  for (const [number, input] of run.inputs.entries()) {
    if (input.status !== 'claimed') continue;
    try {
      await expandInput(input, number, directory);
      if (run.fence) for (const { path } of input.members) await syncPath(path);
    } catch (thrown) {
      const { syscall, path = input.path } = thrown as NodeJS.ErrnoException;
      if (isDiskFull(thrown) || syscall === 'write' || path !== input.path) throw thrown;
      input.status = 'failed';
      // What the system refuses is no fault of the file: it stays in the inbox.
      if (syscall !== undefined) input.isToolFault = true;
      input.problem = `cannot be ${syscall === undefined ? 'expanded' : 'read'}: ${messageOf(thrown)}`;
      input.members = [];
    }
  }
}

function sampledFiles(run: RunRecord): SampledFile[] {
  detectFormats(run.inputs);
  const settings = run.config.sources.map(({ profile }) => sourceSettings(profile, 0, run.nowStamp));
  return run.inputs
    .filter(({ status }) => status === 'claimed')
    .flatMap(({ members, sourceIndex }) =>
      members.map(({ path, sizeBytes, format }): SampledFile => {
        return { path, sizeBytes, format: format!, settings: settings[sourceIndex]![format!] };
      }),
    );
}

/** Splits partitions that this run would overfill; the parts take over the history of what they come from. */
function growPartitions(run: RunRecord, ledger: Ledger): LedgerWrite[] {
  const before = run.partitionMap;
  const { meterIds, bytesPerSample } = sampleMeterIds(sampledFiles(run));
  const targetBytes = partitionTarget(before, meterIds.length * bytesPerSample);
  const after = splitPartitions(before, meterIds, bytesPerSample, targetBytes);
  run.partitionMap = after;
  const writes: LedgerWrite[] = [[MAP_KEY, after]];
  const known = new Set(before.ids);
  const history = ledger.list('history/');
  let origin = before.ids[0]!;
  for (const id of after.ids) {
    if (known.has(id)) {
      origin = id;
      continue;
    }
    const suffix = `/${String(origin).padStart(7, '0')}`;
    for (const { key, value } of history) {
      if (!key.endsWith(suffix)) continue;
      writes.push([`${key.slice(0, -suffix.length)}/${String(id).padStart(7, '0')}`, value]);
    }
  }
  return writes;
}

/** Size that a partition should have: of the night that a state folder begins with, no part is to be large. */
function partitionTarget(map: PartitionMap, inputBytes: number): number {
  if (map.ids.length >= PARTITIONS_WANTED) return PARTITION_INPUT_BYTES;
  const share = inputBytes / PARTITIONS_WANTED;
  return Math.min(PARTITION_INPUT_BYTES, Math.max(SMALL_PARTITION_INPUT_BYTES, share));
}

async function continueRun(
  run: RunRecord,
  resumed: boolean,
  ledger: Ledger,
  pool: WorkerPool,
  options: RunOptions,
): Promise<Night> {
  // What pass 1 came to is on the disk; its blocks, which only pass 2 needs, may not be after a restart of the machine.
  const isWhole = run.phase === 'finish' || (run.phase === 'settle' && run.bootId === workBoot(ledger));
  let scan: ScanOutcome;
  if (isWhole) scan = deserialize(readFileSync(run.scanFile!)) as ScanOutcome;
  else {
    const done = run.inputs.filter(({ status }) => status === 'done');
    const carried = new Set(done.map(({ path }) => path));
    if (resumed) await restart(run, ledger);
    const blocks = join(workDirectory(run), 'blocks');
    mkdirSync(blocks, { recursive: true, mode: 0o700 });
    scan = await scanInputs(run, ledger, pool, blocks, options.rangeBytes ?? RANGE_BYTES, options.progress);
    planAgain(run, ledger, scan, carried);
    run.scanFile = join(workDirectory(run), 'scan.bin');
    writeFileSync(run.scanFile, serialize(scan), { mode: 0o600 });
    await syncPath(run.scanFile);
    run.phase = 'settle';
    run.bootId = workBoot(ledger);
    await ledger.write([[RUN_KEY, run]]);
  }
  run.inputs = scan.inputs;
  const work = workDirectory(run);
  const staging = join(work, ledger.fence === 0 ? 'staging' : `staging-${ledger.fence}`);
  mkdirSync(staging, { recursive: true, mode: 0o700 });
  const { progress, sender } = options;
  const prepare = (task: TaskRecord) => sender?.prepare(run, task, ledger, pool);
  const tasks = await settlePartitions(run, ledger, pool, scan, staging, progress, prepare).catch(
    async (thrown) => {
      if (codeOf(thrown) === 'READMILL_WORK_LOST') await distrustWork(run, ledger);
      throw thrown;
    },
  );
  progress.end();
  return { run, scan, tasks, resumed, work, seconds: 0 };
}

/** Enters that pass 1 is to be done again, whatever work files there are. */
async function distrustWork(run: RunRecord, ledger: Ledger): Promise<void> {
  run.bootId = '';
  await ledger.write([[RUN_KEY, run]]);
}

/**
 * Tasks that were made current before a restart of the machine stay as they were planned, and need the files that
 * they were made of.
 * @param carried paths of the files that were read before the restart
 * @throws ReadmillError READMILL_INPUT_CHANGED
 */
function planAgain(run: RunRecord, ledger: Ledger, scan: ScanOutcome, carried: ReadonlySet<string>): void {
  if (run.tasks === undefined || ledger.list(`task/${run.runId}/`).length === 0) {
    planSettling(run, ledger, scan);
    return;
  }
  const lost = scan.inputs.find(({ path, status }) => carried.has(path) && status !== 'done');
  if (lost === undefined) return;
  throw new ReadmillError(
    'READMILL_INPUT_CHANGED',
    `${lost.path} was read before the machine was restarted, and now: ${lost.problem}. Parts of the run are current already. Put the file back as it came, then run the same command again: it goes on where it was.`,
  );
}

/**
 * Begins pass 1 again: whatever it left is of no use. Where it had ended, parts of pass 2 may be current already, and
 * the files must be those that they were made of.
 */
async function restart(run: RunRecord, ledger: Ledger): Promise<void> {
  for (const input of run.inputs)
    if (run.phase === 'settle' && input.status === 'done')
      requireSameContent(input, 'after a restart of the machine it has to be read again');
  run.fence = ledger.fence;
  // First the ledger knows, then they go.
  await distrustWork(run, ledger);
  rmSync(join(workDirectory(run), 'blocks'), { recursive: true, force: true });
  for (const input of run.inputs) {
    input.status = 'claimed';
    input.sha256 = '';
    delete input.problem;
    delete input.isToolFault;
    delete input.duplicateOf;
  }
  await expandInputs(run);
}
