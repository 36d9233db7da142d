import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { FaultOrder } from './fault-order.js';

const LAUNCHER = fileURLToPath(new URL('../../../src/cli/launch.mjs', import.meta.url));
const PRELOAD = new URL('./fault-preload.js', import.meta.url).href;
const WITH_PARENT = new URL('./with-parent.js', import.meta.url).href;
/** No command of a torture night takes longer, or it hangs. */
const HANG_SECONDS = 180;

export interface Ended {
  /** Exit code; null where a signal ended it. */
  code: number | null;
  signal: NodeJS.Signals | null;
  hung: boolean;
  stdout: string;
  stderr: string;
  wallMs: number;
}

export interface Started {
  child: ChildProcess;
  ended: Promise<Ended>;
}

/** What of a program is not as ever. */
export interface Circumstances {
  order?: FaultOrder | undefined;
  /** Limit on the size of any file. */
  fileLimitKib?: number | undefined;
  /** It does not end by itself. */
  isLasting?: boolean;
}

/** Starts `readmill`, with something that goes wrong in it. */
export function startProgram(args: readonly string[], circumstances: Circumstances = {}): Started {
  const { order, fileLimitKib, isLasting = false } = circumstances;
  const beganMs = performance.now();
  const preloads = order === undefined ? [WITH_PARENT] : [WITH_PARENT, PRELOAD];
  const env: NodeJS.ProcessEnv = {
    ...process.env,
    READMILL_PARENT: `${process.pid}`,
    NODE_OPTIONS: preloads.map((preload) => `--import ${preload}`).join(' '),
  };
  if (order !== undefined) env.READMILL_FAULT = JSON.stringify(order);
  const words = [process.execPath, LAUNCHER, ...args];
  // `ulimit -f` counts blocks of 512 bytes.
  const limited = ['sh', '-c', `ulimit -f ${(fileLimitKib ?? 0) * 2}; exec "$@"`, 'sh', ...words];
  const [command = '', ...rest] = fileLimitKib === undefined ? words : limited;
  const child = spawn(command, rest, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  child.stdout.on('data', (piece: Buffer) => out.push(piece));
  child.stderr.on('data', (piece: Buffer) => err.push(piece));
  let hung = false;
  // Seconds are counted, not measured: a machine that was halted meanwhile has not let the command work either.
  let seconds = 0;
  const timer = setInterval(() => {
    if (isLasting || ++seconds < HANG_SECONDS) return;
    hung = true;
    child.kill('SIGKILL');
  }, 1_000);
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      clearInterval(timer);
      const text = (pieces: Buffer[]) => Buffer.concat(pieces).toString('utf8');
      const wallMs = performance.now() - beganMs;
      resolve({ code, signal, hung, stdout: text(out), stderr: text(err), wallMs });
    });
  });
  return { child, ended };
}

/** Runs a command that must do its work. */
export async function must(args: readonly string[]): Promise<Ended> {
  const ended = await startProgram(args).ended;
  if (ended.code !== 0 && ended.code !== 2)
    throw new Error(`readmill ${args.join(' ')} ended with ${ended.code}: ${ended.stderr}`);
  return ended;
}
