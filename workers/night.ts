/** The tasks of `run` and `check` that run in worker threads, by the name that the pool is given. */
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
