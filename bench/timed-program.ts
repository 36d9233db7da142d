import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { type TreePeak, watchTree } from './process-memory.js';

/** The program as it is built beside the bench. */
const CLI = fileURLToPath(new URL('../program/src/cli/main.js', import.meta.url));

/** A command of readmill that ran as a process of its own. */
export interface TimedProgram {
  /** From the start of the process to its end. */
  seconds: number;
  code: number | null;
  output: string;
  peak: TreePeak;
}

/** @param sampleEveryMs how often its memory is looked at */
export async function timeProgram(
  commandLine: readonly string[],
  sampleEveryMs: number,
  place: { cwd?: string; env?: NodeJS.ProcessEnv },
): Promise<TimedProgram> {
  const startedMs = performance.now();
  const child = spawn(process.execPath, [CLI, ...commandLine], {
    ...place,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  // Where the bench is stopped, the program is too.
  const kill = () => void child.kill('SIGKILL');
  process.once('exit', kill);
  const watch = watchTree(child.pid!, sampleEveryMs);
  const [output, [code]] = await Promise.all([text(child.stdout), once(child, 'exit')]);
  process.off('exit', kill);
  return { seconds: (performance.now() - startedMs) / 1000, code, output, peak: watch.stop() };
}
