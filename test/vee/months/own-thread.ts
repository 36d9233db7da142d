import { orThrow } from '../../../src/pipeline/carried-error.js';
import type { WorkerPool } from '../../../src/pipeline/worker-pool.js';
import { hashFile, runSettleTask, scanCmepRange } from '../../../workers/night.js';

/** A pool without threads: to start one takes longer than a small night. */
export function ownThread(workers: number): WorkerPool {
  return {
    workers,
    hashFile: async (path) => orThrow(await hashFile(path)),
    scanCmepRange: async (task) => orThrow(await scanCmepRange(task)),
    runSettleTask: async (task) => orThrow(await runSettleTask(task)),
    close: () => Promise.resolve(),
  };
}
