import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { deserialize, serialize } from 'node:v8';
import type { Job } from 'bullmq';
import type { Redis } from 'ioredis';
import { ReadmillError } from '../../model/errors.js';
import { VERSION } from '../../model/version.js';
import {
  connectForLibrary,
  connectRedis,
  type LedgerPlace,
  leaseMsOf,
} from '../../store/redis/redis-connection.js';
import { findKeys, type RedisKeys } from '../../store/redis/redis-keys.js';
import { CLAIM_JOB, HAND_IN } from '../../store/redis/redis-scripts.js';
import { syncPath } from '../files.js';
import { stagedFiles } from '../finish/publish.js';
import type { RangeTask } from '../scan/scan-range.js';
import type { SettleTask } from '../settle/settle-types.js';
import type { WorkerPool } from '../worker-pool.js';

/** Tasks of a run that any host may do. */
export type SharedTask =
  | { kind: 'hashFile'; task: string }
  | { kind: 'scanRange'; task: RangeTask }
  | { kind: 'runSettleTask'; task: SettleTask };

/** A job as it lies in the queue. */
export interface SharedJob {
  /** The state folder, which all hosts have under this path. */
  state: string;
  /** Number of the holding of the ledger that the job is for. */
  fence: number;
  /** The task, serialized, in base64. */
  task: string;
}

/** Only hosts of the same version share jobs: what a job and its result hold may differ between versions. */
export const QUEUE = `readmill-${VERSION}`;
/** Results and numbers of attempts stay so long on the Redis where nobody fetches them. */
const KEPT_SECONDS = 86_400;
/** A job whose hosts die so often is left to the host of the run. */
const HOSTS_LOST_MAX = 3;
/** So often a host looks for jobs, since the word that there is one may go to a host that stands still. */
const LOOK_SECONDS = 1;
/** Closing a connection may last so long. */
const CLOSE_TIMEOUT_MS = 1_000;

const fenceKey = ({ jobs }: RedisKeys, jobId: string): string => `${jobs}:fence:${jobId}`;
export const resultKey = ({ jobs }: RedisKeys, jobId: string): string => `${jobs}:result:${jobId}`;

export const encodeTask = (task: SharedTask): string => serialize(task).toString('base64');

export interface TakerOptions {
  place: LedgerPlace;
  keys: RedisKeys;
  /** Threads that do the jobs, one each at a time. */
  pool: WorkerPool;
  /** Name of this host in the queue. */
  name: string;
  onJob?(jobId: string, kind: SharedTask['kind']): void;
  /** What went wrong with a job or with the connection; all goes on. */
  onProblem(thrown: unknown): void;
  /** Called where this host can do no job at all. */
  onUnfit(error: ReadmillError): void;
}

export interface JobTaker {
  /** Takes no more jobs. @param patienceMs for what is under way; 0 = it is left to others */
  close(patienceMs: number): Promise<void>;
}

/**
 * Takes jobs from the queue and does them, as many at a time as there are threads.
 *
 * ```
 * waiting -> taken by a host under a number -> result handed in
 *    ^                  |                          '- refused where another host has taken the job since
 *    '------------------'  the host has not been heard of for the time of a lease
 * ```
 */
export async function takeJobs(options: TakerOptions): Promise<JobTaker> {
  const { place, keys, pool, name, onProblem } = options;
  const { Worker } = await import('bullmq');
  const leaseMs = leaseMsOf(place);
  const queueSide = await connectForLibrary(place);
  const own = await connectRedis(place, leaseMs);
  const worker = new Worker<SharedJob>(QUEUE, (job) => doJob(job, own, options), {
    connection: queueSide.redis,
    prefix: keys.jobs,
    name,
    concurrency: pool.workers,
    lockDuration: leaseMs,
    stalledInterval: Math.round(leaseMs / 2),
    maxStalledCount: HOSTS_LOST_MAX,
    drainDelay: LOOK_SECONDS,
  });
  worker.on('error', onProblem);
  worker.on('failed', (_, thrown) => onProblem(thrown));
  return {
    async close(patienceMs) {
      await inTime([worker.close(patienceMs === 0)], patienceMs + CLOSE_TIMEOUT_MS);
      queueSide.end();
      own.disconnect();
    },
  };
}

/** Waits for all, but for no longer than so long: without a connection some never end. */
export async function inTime(works: readonly Promise<unknown>[], timeoutMs: number): Promise<void> {
  const ended = Promise.allSettled(works);
  let timer: NodeJS.Timeout | undefined;
  await Promise.race([
    ended,
    new Promise((resolve) => {
      timer = setTimeout(resolve, timeoutMs);
    }),
  ]);
  clearTimeout(timer);
}

/** Does a job under a number of its own, and hands its result in where the job is still ours. */
async function doJob(job: Job<SharedJob>, redis: Redis, options: TakerOptions): Promise<void> {
  const { place, keys, pool } = options;
  const { state, fence, task } = job.data;
  const jobId = job.id!;
  const unfit = whyUnfit(state, place, keys);
  if (unfit !== null) {
    options.onUnfit(unfit);
    throw unfit;
  }
  const shared = deserialize(Buffer.from(task, 'base64')) as SharedTask;
  const attempt = await redis.eval(CLAIM_JOB, 2, fenceKey(keys, jobId), keys.fence, fence, KEPT_SECONDS);
  // Of a run that another process has gone on with.
  if (attempt === 0) return;
  options.onJob?.(jobId, shared.kind);
  const mark = `${jobId}-${attempt}`;
  const result = serialize(await doTask(shared, pool, mark));
  const words = [attempt as number, fence, result, KEPT_SECONDS];
  const names = [fenceKey(keys, jobId), keys.fence, resultKey(keys, jobId)];
  const isTaken = await redis.eval(HAND_IN, 3, ...names, ...words);
  // Another host does it, or has done it: what this one made is of no use.
  if (isTaken !== 1 && shared.kind === 'runSettleTask')
    rmSync(join(shared.task.stagingDirectory, mark), { recursive: true, force: true });
}

/** Why this host can do no job; null where it can. */
function whyUnfit(state: string, place: LedgerPlace, keys: RedisKeys): ReadmillError | null {
  if (state !== place.state) {
    const message = `The run has its state folder at ${state}, this host at ${place.state}. All hosts must have the shared folder under the same path (docs/operating/scaling.md).`;
    return new ReadmillError('READMILL_CONFIG_INVALID', message);
  }
  if (findKeys(state)?.id === keys.id) return null;
  const message = `The state folder ${state} is not there any more on this host. Mount the shared folder again, then start readmill work again.`;
  return new ReadmillError('READMILL_STATE_UNUSABLE', message);
}

/**
 * Does a task so that other hosts can read what it leaves: on the disk when it returns.
 * @param mark what no other attempt has: the folder of what a task of pass 2 leaves
 */
export async function doTask(shared: SharedTask, pool: WorkerPool, mark: string): Promise<unknown> {
  if (shared.kind === 'hashFile') return pool.hashFile(shared.task);
  if (shared.kind === 'scanRange') return pool.scanRange(shared.task);
  const stagingDirectory = join(shared.task.stagingDirectory, mark);
  mkdirSync(stagingDirectory, { recursive: true, mode: 0o700 });
  const result = await pool.runSettleTask({ ...shared.task, stagingDirectory });
  await Promise.all(stagedFiles(result).map(syncPath));
  await syncPath(stagingDirectory);
  return result;
}
