import { checkPartition } from './check-partition.js';
import { checkCmepRange } from './check-range.js';
import type { WorkerPool } from './worker-pool.js';

/** The threads that a check works with. */
export type CheckPool = Pick<WorkerPool, 'workers' | 'checkCmepRange' | 'checkPartition' | 'close'>;

/** The caller's own thread: for input that is too small to be worth starting threads. */
export function ownThread(): CheckPool {
  return {
    workers: 1,
    checkCmepRange: async (task) => checkCmepRange(task),
    checkPartition: async (task) => checkPartition(task),
    close: async () => undefined,
  };
}
