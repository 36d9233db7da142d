import { availableParallelism } from 'node:os';
import { Presets, SingleBar } from 'cli-progress';
import { InvalidArgumentError } from 'commander';
import { type Progress, SILENT } from '../pipeline/progress.js';

/** Worker threads at the most, whatever the machine has. */
const WORKERS_MAX = 64;

export const defaultWorkers = (): number => Math.min(availableParallelism(), WORKERS_MAX);

/** Parses `--workers`. @throws InvalidArgumentError for anything but 1 to 64 */
export function parseWorkers(text: string): number {
  const workers = Number(text);
  if (!Number.isInteger(workers) || workers < 1 || workers > WORKERS_MAX) {
    throw new InvalidArgumentError(`It must be a whole number from 1 to ${WORKERS_MAX}.`);
  }
  return workers;
}

/** Parses `--now`: an ISO time with its zone. @returns milliseconds since 1970 */
export function parseNow(text: string): number {
  const isFull = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d))?$/.test(text);
  const ms = isFull ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(ms)) throw new InvalidArgumentError('It must be a time such as 2026-11-20T06:00:00Z.');
  return ms;
}

/** A clock that begins at `--now`, or at the system's time, and goes on from there. */
export function startClock(nowMs = Date.now()): () => number {
  const startedMs = performance.now();
  return () => Math.round(nowMs + performance.now() - startedMs);
}

/** A progress bar on standard error, where that is a terminal. */
export function terminalProgress(): Progress {
  if (!process.stderr.isTTY) return SILENT;
  let bar: SingleBar | null = null;
  return {
    begin(step, total, unit) {
      bar?.stop();
      const format = `${step.padEnd(22)} {bar} {percentage} % | {value}/{total} ${unit} | {eta_formatted} left`;
      bar = new SingleBar({ format, stream: process.stderr, hideCursor: true }, Presets.shades_classic);
      bar.start(Math.max(total, 1), 0);
    },
    advance: (amount) => bar?.increment(amount),
    end() {
      bar?.stop();
      bar = null;
    },
  };
}
