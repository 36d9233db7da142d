/** The tasks of `run` and `check` that run in worker threads, by the name that the pool is given. */
import { carryingErrors } from '../src/pipeline/carried-error.js';
import * as hash from '../src/pipeline/hash-file.js';
import * as scan from '../src/pipeline/scan-range.js';
import * as settle from '../src/pipeline/settle-task.js';

export const hashFile = carryingErrors(hash.hashFile);
export const scanCmepRange = carryingErrors(scan.scanCmepRange);
export const runSettleTask = carryingErrors(settle.runSettleTask);
