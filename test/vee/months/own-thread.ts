import { orThrow } from '../../../src/pipeline/carried-error.js';
import type { WorkerPool } from '../../../src/pipeline/worker-pool.js';
import { checkPartition, checkRange, hashFile, runSettleTask, scanRange } from '../../../workers/night.js';

/** A pool without threads: to start one takes longer than a small night. */
export function ownThread(workers: number): WorkerPool {
  return {
    workers,
    tasksAtATime: workers,
    isShared: false,
    hashFile: async (path) => orThrow(await hashFile(path)),
    scanRange: async (task) => orThrow(await scanRange(task)),
    runSettleTask: async (task) => orThrow(await runSettleTask(task)),
    checkRange: async (task) => orThrow(await checkRange(task)),
    checkPartition: async (task) => orThrow(await checkPartition(task)),
    runNamed: (name) => Promise.reject(new Error(`${name}: nothing is delivered here`)),
    close: () => Promise.resolve(),
  };
}
