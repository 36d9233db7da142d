import { statSync } from 'node:fs';
import { openPool, type WorkerPool } from '../worker-pool.js';
import type { CheckInput } from './check-files.js';
import { checkPartition } from './check-partition.js';
import { checkRange } from './check-range.js';

/** Input up to this is checked without starting threads. */
const OWN_THREAD_BYTES = 4 * 1024 * 1024;

/** The threads that a check works with. */
export type CheckPool = Pick<WorkerPool, 'workers' | 'checkRange' | 'checkPartition' | 'close'>;

/** The caller's own thread: for input that is too small to be worth starting threads. */
export function ownThread(): CheckPool {
  return {
    workers: 1,
    checkRange,
    checkPartition,
    close: async () => undefined,
  };
}

/** Threads for the inputs, or none where they are small. */
export function poolFor(inputs: readonly CheckInput[], workers: number): CheckPool {
  const bytes = inputs.reduce((sum, { path }) => {
    return sum + (statSync(path, { throwIfNoEntry: false })?.size ?? 0);
  }, 0);
  return bytes <= OWN_THREAD_BYTES ? ownThread() : openPool(workers);
}
