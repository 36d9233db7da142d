import type { FileCheck } from '../../src/conformance/file-check.js';
import { NOW_ISO } from '../night-day.js';
import { timeProgram } from '../timed-program.js';

/** One whole `check` as a process. */
export interface CheckRun {
  /** From the start of the process to its end. */
  seconds: number;
  highWaterKib: number | null;
  code: number | null;
  check: FileCheck;
}

const SAMPLE_EVERY_MS = 20;

/** Runs `readmill check` on a file, with its work files in `folder`. */
export async function runCheck(path: string, folder: string, workers: number): Promise<CheckRun> {
  const commandLine = ['check', path, '--format', 'json', '--now', NOW_ISO, '--workers', String(workers)];
  const env = { ...process.env, TMPDIR: folder };
  const { seconds, code, output, peak } = await timeProgram(commandLine, SAMPLE_EVERY_MS, { env });
  if (output === '') throw new Error(`readmill check ended with ${code} and no report`);
  const [check] = (JSON.parse(output) as { files: FileCheck[] }).files;
  return { seconds, highWaterKib: peak.highWaterKib, code, check: check! };
}
