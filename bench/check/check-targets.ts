import type { Verdict } from '../targets.js';
import type { CheckFigure, FileKind, NightChecks } from './check-rounds.js';
import type { ErrorsFigure } from './errors.js';

/** A clean file against DuckDB reading and summing it; a file of errors against the clean one; memory. */
const OVER_DUCKDB = 1;
const OVER_DUCKDB_AIM = 0.7;
const ERRORS_OVER_CLEAN = 3;
const MEMORY_METERS = 5_000_000;
const MEMORY_MIB = 400;

/** All that one run of this part measured. */
export interface CheckBench {
  nights: NightChecks[];
  errors: ErrorsFigure | null;
}

const count = (number: number): string => number.toLocaleString('en');

export function checkVerdicts({ nights, errors }: CheckBench): Verdict[] {
  const timed = nights.filter(({ duckdb }) => duckdb !== null);
  return [
    ...timed.flatMap((night) => (['in order', 'shuffled'] as const).map((kind) => cleanVerdict(night, kind))),
    ...timed.flatMap((night) =>
      (['a bad number on every line', 'all kinds of errors'] as const).map((kind) =>
        errorsVerdict(night, kind),
      ),
    ),
    memoryVerdict(nights),
    ...(errors === null ? [] : [boundedVerdict(errors)]),
  ];
}

function figureOf(night: NightChecks, kind: FileKind): CheckFigure {
  return night.figures.find((figure) => figure.kind === kind)!;
}

function cleanVerdict(night: NightChecks, kind: FileKind): Verdict {
  const target = `a clean file of ${count(night.meters)} meters, ${kind}, in at most ${OVER_DUCKDB} times what DuckDB takes to read and sum it (aim ${OVER_DUCKDB_AIM})`;
  return ratioVerdict(target, figureOf(night, kind), night.duckdb!.medianSeconds, OVER_DUCKDB);
}

function errorsVerdict(night: NightChecks, kind: FileKind): Verdict {
  const target = `${count(night.meters)} meters, ${kind}, in at most ${ERRORS_OVER_CLEAN} times what the clean file takes`;
  const clean = figureOf(night, 'in order').medianSeconds;
  return ratioVerdict(target, figureOf(night, kind), clean, ERRORS_OVER_CLEAN);
}

function ratioVerdict(target: string, figure: CheckFigure, seconds: number, most: number): Verdict {
  if (figure.wrong.length > 0) return { target, measured: 'no right answer', isMet: false };
  const factor = figure.medianSeconds / seconds;
  return { target, measured: `${factor.toFixed(2)} times`, isMet: factor <= most };
}

function memoryVerdict(nights: readonly NightChecks[]): Verdict {
  const target = `${count(MEMORY_METERS)} meters, clean or with an error on every line, within ${MEMORY_MIB} MiB`;
  const large = nights.find(({ meters }) => meters === MEMORY_METERS);
  const peak = Math.max(0, ...(large?.figures ?? []).map(({ highWaterKib }) => highWaterKib ?? 0));
  if (peak === 0) return { target, measured: 'not measured: needs `--large`', isMet: null };
  return { target, measured: `${Math.round(peak / 1024)} MiB`, isMet: peak <= MEMORY_MIB * 1024 };
}

function boundedVerdict({ errors, highWaterKib, wrong }: ErrorsFigure): Verdict {
  const target = `a file of ${count(errors)} errors ends, with right counts, within ${MEMORY_MIB} MiB`;
  const peak = Math.round((highWaterKib ?? 0) / 1024);
  const isMet = wrong.length === 0 && peak > 0 && peak <= MEMORY_MIB;
  return { target, measured: wrong.length === 0 ? `${peak} MiB` : 'wrong counts', isMet };
}
