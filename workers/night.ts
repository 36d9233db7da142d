/** The tasks of a night that run in worker threads, by the name that the pool is given. */
export { hashFile } from '../src/pipeline/hash-file.js';
export { scanCmepRange } from '../src/pipeline/scan-range.js';
export { runSettleTask } from '../src/pipeline/settle-task.js';
