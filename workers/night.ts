/** The tasks of `run` and `check` that run in worker threads, by the name that the pool is given. */
import type { PackageTask } from '../src/as2/sender/package-task.js';
import { carryingErrors } from '../src/pipeline/carried-error.js';
import * as partition from '../src/pipeline/check-partition.js';
import * as range from '../src/pipeline/check-range.js';
import * as hash from '../src/pipeline/hash-file.js';
import * as scan from '../src/pipeline/scan-range.js';
import * as settle from '../src/pipeline/settle-task.js';

export const checkRange = carryingErrors(range.checkRange);
export const checkPartition = carryingErrors(partition.checkPartition);
export const hashFile = carryingErrors(hash.hashFile);
export const scanRange = carryingErrors(scan.scanRange);
export const runSettleTask = carryingErrors(settle.runSettleTask);
/** Loaded when it is needed: a night that delivers nothing starts without it. */
export const packageMessage = carryingErrors(async (task: PackageTask) => {
  const { packageMessage: run } = await import('../src/as2/sender/package-task.js');
  return run(task);
});
