import { setFlagsFromString } from 'node:v8';
import { Piscina } from 'piscina';
import { orThrow } from './carried-error.js';
import type { CrossResult } from './check/check-meters.js';
import type { CheckPartitionTask } from './check/check-partition.js';
import type { CheckRangeResult, CheckRangeTask } from './check/check-range.js';
import { NIGHT_THREAD } from './night-thread.js';
import type { RangeResult, RangeTask } from './scan/scan-range.js';
import type { SettleResult, SettleTask } from './settle/settle-types.js';

/** The threads that a run works with. */
export interface WorkerPool {
  workers: number;
  /** Tasks of both passes that are handed out at a time. */
  tasksAtATime: number;
  /** Whether other hosts do them too. */
  isShared: boolean;
  hashFile(path: string): Promise<string>;
  scanRange(task: RangeTask): Promise<RangeResult>;
  runSettleTask(task: SettleTask): Promise<SettleResult>;
  checkRange(task: CheckRangeTask): Promise<CheckRangeResult>;
  checkPartition(task: CheckPartitionTask): Promise<CrossResult>;
  /** A task of a layer above, by the name under which `workers/night.ts` has it. */
  runNamed<R>(name: string, task: unknown): Promise<R>;
  close(): Promise<void>;
}

/**
 * Piscina asks for a module by `require` before it imports it. Where Node.js 20 does that for an ES module in a thread
 * that is being ended (an empty night is over before its threads have started), the whole process aborts: with this
 * option `require` refuses at once, and the module is imported.
 */
const NO_REQUIRE = '--no-experimental-require-module';

/** Threads that were started before they are needed, and how many. */
let ahead: { workers: number; pool: Piscina } | null = null;

/** Starts the threads of a night, which load while the rest of the program does; `openPool` takes them. */
export function startPoolAhead(workers: number): void {
  ahead ??= { workers, pool: startThreads(workers, [NIGHT_THREAD]) };
}

/** Ends threads that were started ahead and that nobody took. */
export async function endPoolAhead(): Promise<void> {
  const unused = ahead;
  ahead = null;
  await unused?.pool.destroy();
}

function startThreads(workers: number, argv: string[]): Piscina {
  // Each thread compiles what it runs hot by itself: further threads that do so take the processors from these.
  setFlagsFromString('--no-concurrent-recompilation');
  return new Piscina({
    filename: new URL('../../workers/night.js', import.meta.url).href,
    minThreads: workers,
    maxThreads: workers,
    idleTimeout: Number.POSITIVE_INFINITY,
    argv,
    ...(process.allowedNodeEnvironmentFlags.has(NO_REQUIRE) ? { execArgv: [NO_REQUIRE] } : {}),
  });
}

export function openPool(workers: number): WorkerPool {
  const pool = ahead?.workers === workers ? ahead.pool : startThreads(workers, []);
  if (pool === ahead?.pool) ahead = null;
  return {
    workers,
    tasksAtATime: workers,
    isShared: false,
    hashFile: async (path) => orThrow(await pool.run(path, { name: 'hashFile' })),
    scanRange: async (task) => orThrow(await pool.run(task, { name: 'scanRange' })),
    runSettleTask: async (task) => orThrow(await pool.run(task, { name: 'runSettleTask' })),
    checkRange: async (task) => orThrow(await pool.run(task, { name: 'checkRange' })),
    checkPartition: async (task) => orThrow(await pool.run(task, { name: 'checkPartition' })),
    runNamed: async (name, task) => orThrow(await pool.run(task, { name })),
    close: () => pool.destroy(),
  };
}

/**
 * Runs `work` on each item, at most `limit` at a time, begun in order.
 * @throws the first error, after those that were begun have ended
 */
export async function forEachLimited<T>(
  items: Iterable<T>,
  limit: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const iterator = items[Symbol.iterator]();
  const errors: unknown[] = [];
  const lane = async () => {
    for (let next = iterator.next(); !next.done && errors.length === 0; next = iterator.next()) {
      try {
        await work(next.value);
      } catch (thrown) {
        errors.push(thrown);
      }
    }
  };
  await Promise.all(Array.from({ length: limit }, lane));
  if (errors.length > 0) throw errors[0];
}
