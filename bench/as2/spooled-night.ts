import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { makeNight, removeNight } from '../night-data.js';
import { type NightRun, runNight } from '../night-run.js';
import { median } from '../statistics.js';
import { floorSeconds } from './night-floor.js';

const WORKERS = 2;

/** A night up to the spool, with what it stands on. Seconds are medians of runs in turn. */
export interface SpooledNightFigure {
  meters: number;
  inputBytes: number;
  batches: number;
  spoolBytes: number;
  floorSeconds: number;
  /** `run --no-deliver`: up to the batches. */
  batchesSeconds: number;
  /** `run` with a partner that cannot be reached: up to the spool. */
  spoolSeconds: number;
  wrong: string[];
}

/** Runs a night up to its packaged messages, in turn with the floor and with runs that stop at the batches. */
export async function measureSpooledNight(
  folder: string,
  meters: number,
  rounds: number,
): Promise<SpooledNightFigure> {
  const night = await makeNight(folder, meters);
  const options = { hasRegister: false, workers: WORKERS, readsOutput: false };
  const partner = { keyFolder: folder };
  const floor: number[] = [];
  const batched: NightRun[] = [];
  const spooled: NightRun[] = [];
  for (let round = 0; round < rounds; round++) {
    floor.push(await floorSeconds(night.files[0]!));
    batched.push(await runNight(night, join(folder, 'run'), options));
    spooled.push(await runNight(night, join(folder, 'run'), { ...options, partner }));
  }
  removeNight(night);
  rmSync(join(folder, 'run'), { recursive: true, force: true });
  return {
    meters,
    inputBytes: night.sizeBytes,
    batches: spooled[0]!.batches,
    spoolBytes: spooled[0]!.spoolBytes,
    floorSeconds: median(floor),
    batchesSeconds: median(batched.map(({ seconds }) => seconds)),
    spoolSeconds: median(spooled.map(({ seconds }) => seconds)),
    wrong: [...new Set([...batched, ...spooled].flatMap(({ wrong }) => wrong))],
  };
}
