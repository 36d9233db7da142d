/** The tasks of `run` and `check` that run in worker threads, by the name that the pool is given. */
import type { PackageTask } from '../src/as2/sender/package-task.js';
import { carryingErrors } from '../src/pipeline/carried-error.js';
import type { CheckPartitionTask } from '../src/pipeline/check/check-partition.js';
import type { CheckRangeTask } from '../src/pipeline/check/check-range.js';
import { NIGHT_THREAD } from '../src/pipeline/night-thread.js';
import type { RangeTask } from '../src/pipeline/scan/scan-range.js';
import type { SettleTask } from '../src/pipeline/settle/settle-types.js';

if (process.argv.includes(NIGHT_THREAD)) {
  for (const loading of [
    import('../src/pipeline/scan/scan-range.js'),
    import('../src/pipeline/settle/settle-task.js'),
  ]) {
    // What fails to load fails again, and is told, where the task asks for it.
    loading.catch(() => {});
  }
}

// Each task is loaded when it is first needed: a check starts without what settles a night.
export const checkRange = carryingErrors(async (task: CheckRangeTask) => {
  const { checkRange: run } = await import('../src/pipeline/check/check-range.js');
  return run(task);
});
export const checkPartition = carryingErrors(async (task: CheckPartitionTask) => {
  const { checkPartition: run } = await import('../src/pipeline/check/check-partition.js');
  return run(task);
});
export const hashFile = carryingErrors(async (path: string) => {
  const { hashFile: run } = await import('../src/pipeline/intake/hash-file.js');
  return run(path);
});
export const scanRange = carryingErrors(async (task: RangeTask) => {
  const { scanRange: run } = await import('../src/pipeline/scan/scan-range.js');
  return run(task);
});
export const runSettleTask = carryingErrors(async (task: SettleTask) => {
  const { runSettleTask: run } = await import('../src/pipeline/settle/settle-task.js');
  return run(task);
});
export const packageMessage = carryingErrors(async (task: PackageTask) => {
  const { packageMessage: run } = await import('../src/as2/sender/package-task.js');
  return run(task);
});
