import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { runCheck } from './check-process.js';
import { ofSpoilt } from './check-rounds.js';
import { writeErrors } from './spoilt-files.js';

/** One check of a file of nothing but errors. */
export interface ErrorsFigure {
  errors: number;
  sizeBytes: number;
  seconds: number;
  highWaterKib: number | null;
  wrong: string[];
}

const WORKERS = 2;

/** Writes a file of so many lines with one error each, piece by piece, and checks it. */
export async function checkErrors(folder: string, errors: number): Promise<ErrorsFigure> {
  const file = writeErrors(join(folder, 'errors.cmep'), errors);
  const work = join(folder, 'errors-work');
  mkdirSync(work, { recursive: true });
  const run = await runCheck(file.path, work, WORKERS);
  const { seconds, highWaterKib } = run;
  rmSync(file.path);
  return { errors, sizeBytes: file.sizeBytes, seconds, highWaterKib, wrong: ofSpoilt(run, file) };
}
