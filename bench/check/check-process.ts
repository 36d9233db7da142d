import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import type { FileCheck } from '../../src/conformance/file-check.js';
import { NOW_ISO } from '../night-day.js';
import { watchTree } from '../process-memory.js';

/** One whole `check` as a process. */
export interface CheckRun {
  /** From the start of the process to its end. */
  seconds: number;
  highWaterKib: number | null;
  code: number | null;
  check: FileCheck;
}

const CLI = fileURLToPath(new URL('../../program/src/cli/main.js', import.meta.url));
const SAMPLE_EVERY_MS = 20;

/** Runs `readmill check` on a file, with its work files in `folder`. */
export async function runCheck(path: string, folder: string, workers: number): Promise<CheckRun> {
  const commandLine = ['check', path, '--format', 'json', '--now', NOW_ISO, '--workers', String(workers)];
  const startedMs = performance.now();
  const child = spawn(process.execPath, [CLI, ...commandLine], {
    env: { ...process.env, TMPDIR: folder },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  // Where the bench is stopped, the check is too.
  const kill = () => void child.kill('SIGKILL');
  process.once('exit', kill);
  const watch = watchTree(child.pid!, SAMPLE_EVERY_MS);
  const [output, [code]] = await Promise.all([text(child.stdout), once(child, 'exit')]);
  process.off('exit', kill);
  const seconds = (performance.now() - startedMs) / 1000;
  const { highWaterKib } = watch.stop();
  if (output === '') throw new Error(`readmill check ended with ${code} and no report`);
  const [check] = (JSON.parse(output) as { files: FileCheck[] }).files;
  return { seconds, highWaterKib, code, check: check! };
}
