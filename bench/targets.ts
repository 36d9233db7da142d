import { DUCKDB_WAYS } from './contenders/catalogue.js';
import type { NightFigure } from './night-rounds.js';
import type { BenchResult } from './result.js';
import { fastest, type ScanFigure } from './scan-rounds.js';

/** A target, and what came of it. */
export interface Verdict {
  target: string;
  measured: string;
  /** null: this run did not measure it. */
  isMet: boolean | null;
}

const SCAN_OVER_DUCKDB = 1.8;
const SCAN_OVER_CSV_PARSE = 30;
const NIGHT_OVER_DUCKDB = 2;
const NIGHT_OVER_DUCKDB_AIM = 1.5;
const PROVINCE_METERS = 5_000_000;
const PROVINCE_KIB = 1024 * 1024;
/** Time per meter counts as flat where it grows by at most this factor. */
const FLAT_FACTOR = 1.1;

export function verdicts(result: BenchResult): Verdict[] {
  return [
    scanVerdict(
      `our scan with two workers at least ${SCAN_OVER_DUCKDB} times as fast as DuckDB's fastest query with two threads`,
      SCAN_OVER_DUCKDB,
      fastest(result.scans.figures, DUCKDB_WAYS),
      fastest(result.scans.figures, ['readmill-2']),
    ),
    scanVerdict(
      `our scan with two workers at least ${SCAN_OVER_CSV_PARSE} times as fast as csv-parse`,
      SCAN_OVER_CSV_PARSE,
      fastest(result.slowScans.figures, ['csv-parse']),
      fastest(result.slowScans.figures, ['readmill-2']),
    ),
    ...[...new Set(result.nights.map(({ meters }) => meters))].map((meters) => nightVerdict(result, meters)),
    provinceVerdict(result.nights),
    flatVerdict(result.nights),
  ];
}

function scanVerdict(
  target: string,
  least: number,
  rival: ScanFigure | undefined,
  ours: ScanFigure | undefined,
): Verdict {
  if (rival === undefined || ours === undefined) return { target, measured: 'no right answer', isMet: false };
  const factor = rival.medianSeconds / ours.medianSeconds;
  return { target, measured: `${factor.toFixed(2)} times`, isMet: factor >= least };
}

/** The slower of the runs with and without a meter register counts. */
function nightVerdict(result: BenchResult, meters: number): Verdict {
  const target = `a whole night of ${meters.toLocaleString('en')} meters in at most ${NIGHT_OVER_DUCKDB} times what DuckDB takes to read and sum its file (aim ${NIGHT_OVER_DUCKDB_AIM})`;
  const figures = result.nights.filter((figure) => figure.meters === meters);
  const factors = figures.map(({ medianSeconds, duckdbSeconds }) => medianSeconds / (duckdbSeconds ?? 0));
  const factor = Math.max(...factors);
  const isRight = figures.every(({ wrong }) => wrong.length === 0);
  if (!isRight || !Number.isFinite(factor)) return { target, measured: 'no right answer', isMet: false };
  return { target, measured: `${factor.toFixed(2)} times`, isMet: factor <= NIGHT_OVER_DUCKDB };
}

function provinceVerdict(nights: readonly NightFigure[]): Verdict {
  const target = `a province-night (${PROVINCE_METERS.toLocaleString('en')} meters) within 1 GiB of resident memory, all processes together`;
  const peaks = nights
    .filter(({ meters }) => meters === PROVINCE_METERS)
    .map(({ sampledKib, highWaterKib }) => Math.max(sampledKib ?? 0, highWaterKib ?? 0));
  const peak = Math.max(0, ...peaks);
  if (peak === 0) return { target, measured: 'not measured: needs `--large`', isMet: null };
  return { target, measured: `${Math.round(peak / 1024)} MiB`, isMet: peak <= PROVINCE_KIB };
}

function flatVerdict(nights: readonly NightFigure[]): Verdict {
  const least = Math.min(...nights.map(({ meters }) => meters));
  const most = Math.max(...nights.map(({ meters }) => meters));
  const bounds = `from ${least.toLocaleString('en')} to ${most.toLocaleString('en')} meters`;
  const target = `time per meter flat ${bounds} (grows by a factor of ${FLAT_FACTOR.toFixed(2)} at most)`;
  const perMeter = (meters: number, hasRegister: boolean) => {
    const figure = nights.find((night) => night.meters === meters && night.hasRegister === hasRegister);
    return (figure?.medianSeconds ?? Number.NaN) / meters;
  };
  const growth = Math.max(...[false, true].map((has) => perMeter(most, has) / perMeter(least, has)));
  const isMet = most < PROVINCE_METERS && growth <= FLAT_FACTOR ? null : growth <= FLAT_FACTOR;
  const note = isMet === null ? '; the rest needs `--large`' : '';
  return { target, measured: `factor ${growth.toFixed(2)}${note}`, isMet };
}
