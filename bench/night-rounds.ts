import { join } from 'node:path';
import type { NightData } from './night-data.js';
import { type NightRun, runNight } from './night-run.js';
import { isRightAnswer, startContender } from './scan-rounds.js';
import { median } from './statistics.js';

/** Runs of one night in one way. */
export interface NightFigure {
  meters: number;
  files: number;
  sizeBytes: number;
  hasDefects: boolean;
  hasRegister: boolean;
  runs: NightRun[];
  medianSeconds: number;
  /** Highest of all runs; null where the system does not tell. */
  sampledKib: number | null;
  highWaterKib: number | null;
  /** Median time of the DuckDB query over the same file, taken in turn with the runs; null where not asked. */
  duckdbSeconds: number | null;
  wrong: string[];
}

export interface NightRoundsOptions {
  /** Whether to run with a meter register, each time in turn. */
  registers: readonly boolean[];
  rounds: number;
  workers: number;
  /** Contender that reads and sums the night's one file, in turn with the runs. */
  duckdb: string | null;
  /** Passes of DuckDB before the first run. */
  warmUpRounds: number;
}

/** Runs a night several times, each way in turn. */
export async function timeNights(night: NightData, options: NightRoundsOptions): Promise<NightFigure[]> {
  const { registers, rounds, workers } = options;
  const runs = registers.map((): NightRun[] => []);
  const duckdb = options.duckdb === null ? null : startContender(options.duckdb);
  const duckdbSeconds: number[] = [];
  try {
    for (let n = 0; n < options.warmUpRounds; n++) await duckdb?.pass(night.files[0]!);
    for (let round = 0; round < rounds; round++) {
      if (duckdb !== null) {
        const { answer, seconds } = await duckdb.pass(night.files[0]!);
        // A wrong answer is no result: the time of DuckDB is left out of the page then.
        if (isRightAnswer(duckdb.contender, answer, night)) duckdbSeconds.push(seconds);
      }
      for (const [k, hasRegister] of registers.entries()) {
        const how = { hasRegister, workers, readsOutput: round === 0 };
        runs[k]!.push(await runNight(night, join(night.directory, 'run'), how));
      }
    }
  } finally {
    await duckdb?.close();
  }
  const duckdbMedian = duckdbSeconds.length > 0 ? median(duckdbSeconds) : null;
  return registers.map((hasRegister, k) => figureOf(night, hasRegister, runs[k]!, duckdbMedian));
}

function figureOf(
  night: NightData,
  hasRegister: boolean,
  runs: NightRun[],
  duckdbSeconds: number | null,
): NightFigure {
  return {
    meters: night.meters,
    files: night.files.length,
    sizeBytes: night.sizeBytes,
    hasDefects: night.hasDefects,
    hasRegister,
    runs,
    medianSeconds: median(runs.map(({ seconds }) => seconds)),
    sampledKib: highest(runs.map(({ peak }) => peak.sampledKib)),
    highWaterKib: highest(runs.map(({ peak }) => peak.highWaterKib)),
    duckdbSeconds,
    wrong: [...new Set(runs.flatMap(({ wrong }) => wrong))],
  };
}

function highest(kib: readonly (number | null)[]): number | null {
  const known = kib.filter((value) => value !== null);
  return known.length === 0 ? null : Math.max(...known);
}
