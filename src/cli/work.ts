import { hostname } from 'node:os';
import type { Command } from 'commander';
import { pino } from 'pino';
import { messageOf, ReadmillError } from '../model/errors.js';
import { formatNumberOf } from '../model/figures.js';
import { type Config, readConfig } from '../pipeline/config/config.js';
import type { SharedTask } from '../pipeline/hosts/shared-jobs.js';
import { openPool } from '../pipeline/worker-pool.js';
import { isOnRedis, shownUrl } from '../store/redis/redis-connection.js';
import { redisWarnings } from '../store/redis/redis-health.js';
import { findKeys, type RedisKeys } from '../store/redis/redis-keys.js';
import { defaultWorkers, parseWorkers } from './terminal.js';

/** So often it is looked whether the first run has begun, or the shared folder is mounted. */
const LOOK_MS = 2_000;

interface WorkOptions {
  config: string;
  workers: number;
}

const JOBS: Record<SharedTask['kind'], string> = {
  hashFile: 'hashes a file',
  scanRange: 'reads a piece of a file',
  runSettleTask: 'estimates and writes partitions',
};

export function registerWork(program: Command): void {
  program
    .command('work')
    .description('takes jobs of a run on another host: where several hosts share a ledger on Redis')
    .requiredOption('--config <file>', 'configuration (docs/operating/scaling.md)')
    .option('--workers <n>', 'worker threads', parseWorkers, defaultWorkers())
    .addHelpText(
      'after',
      `
Example:
  readmill work --config night.json

It waits for jobs of runs that readmill run or readmill watch begin anywhere, and does as many at a time as it has
threads. A line for each job goes to standard output, problems go to standard error as JSON.
Ctrl-C, or a request to end, lets the jobs under way come to their end; a second Ctrl-C leaves them to other hosts.
Exit code: 0 stopped; 1 this host can do no jobs.`,
    )
    .action(work);
}

async function work({ config: path, workers }: WorkOptions): Promise<void> {
  const config = readConfig(path);
  if (!isOnRedis(config)) {
    const message = `The configuration ${path} has the ledger in the state folder, so one host does all the work. Set ledger to the redis:// address that the hosts share (docs/operating/scaling.md).`;
    throw new ReadmillError('READMILL_CONFIG_INVALID', message);
  }
  const { takeJobs } = await import('../pipeline/hosts/shared-jobs.js');
  const logger = pino({ base: null }, pino.destination({ dest: 2, sync: true }));
  const print = (line: string) =>
    void process.stdout.write(`${new Date().toISOString().slice(0, 19)}Z ${line}\n`);
  for (const warning of await redisWarnings(config)) logger.warn(warning);
  const stop = stopOnSignal();
  const keys = await keysOf(config, stop.signal, print);
  let unfit: ReadmillError | null = null;
  let done = 0;
  if (keys !== null) {
    const pool = openPool(workers);
    const taker = await takeJobs({
      place: config,
      keys,
      pool,
      name: `${hostname()}/${process.pid}`,
      onJob(jobId, kind) {
        done++;
        print(`Job ${jobId}: ${JOBS[kind]}`);
      },
      onProblem: (thrown) => logger.error(messageOf(thrown)),
      onUnfit(error) {
        unfit ??= error;
        stop.abort();
      },
    });
    print(`Takes jobs of ${config.state} from ${shownUrl(config.ledger)}, ${workers} at a time.`);
    await aborted(stop.signal);
    print('Stopping: jobs under way come to their end. Ctrl-C again leaves them to other hosts.');
    await taker.close(unfit === null ? config.watch.stopSeconds * 1000 : 0);
    await pool.close();
  }
  if (unfit !== null) throw unfit;
  print(`Stopped after ${formatNumberOf(done, 'job')}.`);
  process.exit(0);
}

/** Stops at the first signal; ends at once at the second. */
function stopOnSignal(): AbortController {
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.removeAllListeners(signal);
    process.on(signal, () => {
      if (stop.signal.aborted) process.exit(0);
      stop.abort();
    });
  }
  return stop;
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

/**
 * Keys of the state folder on the Redis: waited for, since this host may be up before the shared folder is mounted,
 * or the first run has begun. @returns null where it is stopped before
 */
async function keysOf(
  { state }: Config,
  signal: AbortSignal,
  print: (line: string) => void,
): Promise<RedisKeys | null> {
  for (let looks = 0; !signal.aborted; looks++) {
    const keys = findKeys(state);
    if (keys !== null) return keys;
    if (looks === 0)
      print(`Waits for a first run in ${state}. If there was one, the folder is not mounted on this host.`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
  return null;
}
