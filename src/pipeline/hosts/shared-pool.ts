import { closeSync, existsSync, fstatSync, openSync } from 'node:fs';
import { hostname } from 'node:os';
import { deserialize } from 'node:v8';
import type { Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import type { Ledger } from '../../store/ledger/ledger.js';
import {
  connectForLibrary,
  connectRedis,
  type LedgerPlace,
  leaseMsOf,
  redisError,
} from '../../store/redis/redis-connection.js';
import { findKeys, type RedisKeys } from '../../store/redis/redis-keys.js';
import { stagedFiles } from '../finish/publish.js';
import { REJECT_COLUMNS } from '../scan/reject-rows.js';
import type { RangeResult } from '../scan/scan-range.js';
import type { SettleResult } from '../settle/settle-types.js';
import { openPool, type WorkerPool } from '../worker-pool.js';
import {
  doTask,
  encodeTask,
  inTime,
  type JobTaker,
  QUEUE,
  resultKey,
  type SharedJob,
  type SharedTask,
  takeJobs,
} from './shared-jobs.js';

/** Jobs of a run that wait or are under way at a time: enough for many hosts, and their results fit in memory. */
const JOBS_AT_A_TIME = 64;
const CLOSE_TIMEOUT_MS = 1_000;

/** A job that has no result yet. */
interface Waiting {
  job: SharedJob;
  task: SharedTask;
  sinceMs: number;
  /** Two events may tell of one job. */
  isSettling: boolean;
  resolve(result: unknown): void;
  reject(thrown: unknown): void;
}

/** What the jobs of a run hang on. */
interface Jobs {
  place: LedgerPlace;
  keys: RedisKeys;
  ledger: Ledger;
  redis: Redis;
  queue: Queue<SharedJob>;
  /** Threads of this host. */
  local: WorkerPool;
  waiting: Map<string, Waiting>;
}

/**
 * The threads of a run that shares its work with other hosts: files, byte ranges and partitions are jobs of a
 * queue that any host takes, this one among them. What a host could not do, this one does by itself, and what it
 * then says counts. Messages are packaged here: keys go to no other host.
 * @param ledger held by this process; only the results of its jobs are taken
 */
export async function openSharedPool(
  place: LedgerPlace,
  ledger: Ledger,
  workers: number,
): Promise<WorkerPool> {
  const { Queue, QueueEvents } = await import('bullmq');
  const keys = findKeys(place.state)!;
  const redis = await connectRedis(place, leaseMsOf(place));
  const waitingSide = await connectForLibrary(place);
  const queue = new Queue<SharedJob>(QUEUE, { connection: redis, prefix: keys.jobs });
  const events = new QueueEvents(QUEUE, { connection: waitingSide.redis, prefix: keys.jobs });
  const local = openPool(workers);
  const jobs: Jobs = { place, keys, ledger, redis, queue, local, waiting: new Map() };
  let taker: JobTaker | null = null;
  let looking: Promise<void> = Promise.resolve();
  let timer: NodeJS.Timeout | undefined;
  const close = async () => {
    clearInterval(timer);
    await looking;
    // No job of this run is left; one that another run left behind is done by others.
    await taker?.close(0);
    await inTime([events.close(), queue.close()], CLOSE_TIMEOUT_MS);
    redis.disconnect();
    waitingSide.end();
    await local.close();
  };
  // A connection that is lost is told by the ledger, whose lease then runs out.
  queue.on('error', () => undefined);
  events.on('error', () => undefined);
  try {
    await inTimeOrThrow(place, [events.waitUntilReady(), queue.waitUntilReady()]);
    events.on('completed', ({ jobId }) => void settleJob(jobs, jobId));
    events.on('failed', ({ jobId }) => void settleJob(jobs, jobId));
    const ignore = () => undefined;
    taker = await takeJobs({
      place,
      keys,
      pool: local,
      name: hostname(),
      onProblem: ignore,
      onUnfit: ignore,
    });
  } catch (thrown) {
    await close();
    throw redisError(place, thrown);
  }
  timer = setInterval(() => {
    looking = looking.then(() => look(jobs));
  }, leaseMsOf(place) / 2);
  let number = 0;
  const run = (task: SharedTask) => addJob(jobs, `${ledger.fence}-${++number}`, task);
  return {
    ...local,
    isShared: true,
    tasksAtATime: JOBS_AT_A_TIME,
    hashFile: async (task) => (await run({ kind: 'hashFile', task })) as string,
    scanRange: async (task) => (await run({ kind: 'scanRange', task })) as RangeResult,
    runSettleTask: async (task) => (await run({ kind: 'runSettleTask', task })) as SettleResult,
    close,
  };
}

async function inTimeOrThrow(place: LedgerPlace, works: Promise<unknown>[]): Promise<void> {
  let isReady = false;
  const ready = Promise.all(works).then(() => {
    isReady = true;
  });
  await inTime([ready], leaseMsOf(place));
  if (!isReady) throw redisError(place, new Error('it does not answer'));
}

function addJob(jobs: Jobs, jobId: string, task: SharedTask): Promise<unknown> {
  const { place, ledger, waiting } = jobs;
  const job: SharedJob = { state: place.state, fence: ledger.fence, task: encodeTask(task) };
  return new Promise((resolve, reject) => {
    waiting.set(jobId, { job, task, sinceMs: performance.now(), isSettling: false, resolve, reject });
    // Where it could not be added, the next look adds it.
    enqueue(jobs, jobId, job).catch(() => undefined);
  });
}

async function enqueue({ queue }: Jobs, jobId: string, job: SharedJob): Promise<void> {
  await queue.add('task', job, { jobId, attempts: 1, removeOnComplete: true, removeOnFail: true });
}

/** Takes the result of a job; one that has ended without a result, or whose files are not whole, is done here. */
async function settleJob(jobs: Jobs, jobId: string): Promise<void> {
  const { waiting, redis, keys, local } = jobs;
  const job = waiting.get(jobId);
  if (job === undefined || job.isSettling) return;
  job.isSettling = true;
  let bytes: Buffer | null;
  try {
    bytes = await redis.getdelBuffer(resultKey(keys, jobId));
  } catch {
    // The next look asks again, or tells that Redis cannot be reached.
    job.isSettling = false;
    return;
  }
  waiting.delete(jobId);
  try {
    const result = bytes === null ? null : (deserialize(bytes) as unknown);
    if (result !== null && isWhole(job.task, result)) job.resolve(result);
    else job.resolve(await doTask(job.task, local, `${jobId}-here`));
  } catch (thrown) {
    job.reject(thrown);
  }
}

/** Whether all that a result names is there, as long as it says. */
function isWhole({ kind }: SharedTask, result: unknown): boolean {
  if (kind === 'hashFile') return true;
  if (kind === 'runSettleTask') {
    const settled = result as SettleResult;
    const isLong = settled.batches.every(({ path, bytes }) => lengthOf(path) === bytes);
    return isLong && stagedFiles(settled).every((path) => existsSync(path));
  }
  const range = result as RangeResult;
  const ends = [
    ...[range, ...range.spilledBefore].map(({ spillFile, spillOffset, partitionStarts }) => ({
      file: spillFile,
      end: spillOffset + (partitionStarts.at(-1) ?? 0) * Int32Array.BYTES_PER_ELEMENT,
    })),
    ...range.rejects.map(({ file, offset, rows }) => ({
      file,
      end: offset + rows * REJECT_COLUMNS * Float64Array.BYTES_PER_ELEMENT,
    })),
  ];
  return ends.every(({ file, end }) => file === '' || lengthOf(file) >= end);
}

/** Bytes of a file, asked of an open one: what a host only looks at may be remembered from before. */
function lengthOf(path: string): number {
  try {
    const fd = openSync(path, 'r');
    try {
      return fstatSync(fd).size;
    } finally {
      closeSync(fd);
    }
  } catch {
    return -1;
  }
}

/**
 * Looks after jobs that take long: whether this process still has the ledger, and whether a job that nobody tells
 * of has ended, or has gone.
 */
async function look(jobs: Jobs): Promise<void> {
  const { waiting, queue, redis, keys, ledger, place } = jobs;
  try {
    await ledger.confirm();
    const longMs = leaseMsOf(place) / 2;
    for (const [jobId, { job, sinceMs }] of [...waiting]) {
      if (performance.now() - sinceMs < longMs) continue;
      const hasResult = (await redis.exists(resultKey(keys, jobId))) === 1;
      if (hasResult) await settleJob(jobs, jobId);
      else if ((await queue.getJobState(jobId)) === 'unknown') await enqueue(jobs, jobId, job);
    }
  } catch (thrown) {
    for (const { reject } of waiting.values()) reject(redisError(place, thrown));
    waiting.clear();
  }
}
