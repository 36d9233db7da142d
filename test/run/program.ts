import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** The program as users start it; `npm test` has built it. */
export const LAUNCHER = fileURLToPath(new URL('../../src/cli/launch.mjs', import.meta.url));
/** Folder of the built program, for what has no option on the command line. */
export const BUILT = new URL('../../dist/', import.meta.url);

export interface Ended {
  /** Exit code; null where a signal ended it. */
  code: number | null;
  stdout: string;
  stderr: string;
  wallMs: number;
}

export interface Started {
  child: ChildProcess;
  ended: Promise<Ended>;
}

export interface StartOptions {
  cwd?: string;
  env?: Record<string, string>;
  uid?: number;
  gid?: number;
}

/** Starts any program, and gathers what it prints. */
export function start(command: string, args: readonly string[], options: StartOptions = {}): Started {
  const beginMs = performance.now();
  const { env, ...rest } = options;
  const child = spawn(command, args, {
    ...rest,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  child.stdout.on('data', (piece: Buffer) => out.push(piece));
  child.stderr.on('data', (piece: Buffer) => err.push(piece));
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      const wallMs = performance.now() - beginMs;
      resolve({ code, stdout: text(out), stderr: text(err), wallMs });
    });
  });
  return { child, ended };
}

function text(pieces: Buffer[]): string {
  return Buffer.concat(pieces).toString('utf8');
}

/** Starts `readmill` with the arguments. */
export function startReadmill(args: readonly string[], options: StartOptions = {}): Started {
  return start(process.execPath, [LAUNCHER, ...args], options);
}

/** Runs `readmill` to its end. */
export function readmill(args: readonly string[], options: StartOptions = {}): Promise<Ended> {
  return startReadmill(args, options).ended;
}
