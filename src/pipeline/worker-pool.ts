import { setFlagsFromString } from 'node:v8';
import { Piscina } from 'piscina';
import { messageOf, ReadmillError } from '../model/errors.js';
import { type CarriedError, orThrow } from './carried-error.js';
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

/** V8's flags that threads are started under; compiled code that the build keeps for them fits no other. */
export const THREAD_FLAGS = [
  // Each thread compiles what it runs hot by itself: further threads that do so take the processors from these.
  '--no-concurrent-recompilation',
  // V8 optimizes a function that has used up this budget some times over; by itself it has a quarter of it. What is
  // really hot in a night is in the kernel, or hot enough to get there all the same: with V8's own budget a night of
  // 1,000,000 meters took 2 to 6 % longer, one with gaps 5 %, for functions that had little left to do then.
  '--interrupt-budget=250000',
];

/** Threads, and the error that one of them ended with while it had no task: by itself that would end the process. */
interface Threads {
  pool: Piscina;
  failed: Promise<never>;
}

/** Threads that were started before they are needed, and how many. */
let ahead: { workers: number; threads: Threads } | null = null;

/** Starts the threads of a night, which load while the rest of the program does; `openPool` takes them. */
export function startPoolAhead(workers: number): void {
  ahead ??= { workers, threads: startThreads(workers, [NIGHT_THREAD]) };
}

/** Ends threads that were started ahead and that nobody took. */
export async function endPoolAhead(): Promise<void> {
  const unused = ahead;
  ahead = null;
  await unused?.threads.pool.destroy();
}

function startThreads(workers: number, argv: string[]): Threads {
  for (const flag of THREAD_FLAGS) setFlagsFromString(flag);
  const pool = new Piscina({
    filename: new URL('../../workers/night.js', import.meta.url).href,
    minThreads: workers,
    maxThreads: workers,
    idleTimeout: Number.POSITIVE_INFINITY,
    argv,
    ...(process.allowedNodeEnvironmentFlags.has(NO_REQUIRE) ? { execArgv: [NO_REQUIRE] } : {}),
  });
  // Where a thread cannot even begin, no other takes its place, and a task would wait for ever.
  const failed = new Promise<never>((_, reject) => void pool.on('error', reject));
  // It may come when nobody waits.
  failed.catch(() => undefined);
  return { pool, failed };
}

/** The error that a command ends with where a thread was lost; what a task throws comes back as its result. */
function threadError(thrown: unknown): ReadmillError {
  const message = `A thread of readmill ended: ${messageOf(thrown)}. Nothing is lost. See whether memory and open files suffice (ulimit -a), then run the same command again: it goes on where it was.`;
  return new ReadmillError('READMILL_THREAD', message, { cause: thrown });
}

/** @throws by its calls what a task throws, and ReadmillError READMILL_THREAD where a thread ends */
export function openPool(workers: number): WorkerPool {
  const { pool, failed } = ahead?.workers === workers ? ahead.threads : startThreads(workers, []);
  if (pool === ahead?.threads.pool) ahead = null;
  const run = async <R>(name: string, task: unknown): Promise<R> => {
    let result: R | CarriedError;
    try {
      result = (await Promise.race([pool.run(task, { name }), failed])) as R | CarriedError;
    } catch (thrown) {
      throw threadError(thrown);
    }
    return orThrow(result);
  };
  return {
    workers,
    tasksAtATime: workers,
    isShared: false,
    hashFile: (path) => run('hashFile', path),
    scanRange: (task) => run('scanRange', task),
    runSettleTask: (task) => run('runSettleTask', task),
    checkRange: (task) => run('checkRange', task),
    checkPartition: (task) => run('checkPartition', task),
    runNamed: (name, task) => run(name, task),
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
