import { mkdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DUCKDB_WAYS } from '../contenders/catalogue.js';
import { makeNight, type NightData, removeNight } from '../night-data.js';
import { fastest, startContender, timeScans } from '../scan-rounds.js';
import { median } from '../statistics.js';
import { type CheckRun, runCheck } from './check-process.js';
import { breakLines, type SpoiltFile, shuffleLines } from './spoilt-files.js';

/** What is checked: the clean night, the same lines in any order, or with an error on every line. */
export type FileKind = 'in order' | 'shuffled' | 'a bad number on every line' | 'all kinds of errors';

/** Checks of one file, in turn with DuckDB reading and summing the clean one. */
export interface CheckFigure {
  kind: FileKind;
  meters: number;
  sizeBytes: number;
  seconds: number[];
  medianSeconds: number;
  highWaterKib: number | null;
  wrong: string[];
}

/** All files of one night, and what DuckDB took for the clean one. */
export interface NightChecks {
  meters: number;
  rounds: number;
  /** The way that was DuckDB's fastest, and its passes in turn with the checks; null where none was timed. */
  duckdb: { name: string; seconds: number[]; medianSeconds: number } | null;
  figures: CheckFigure[];
}

interface CheckedFile {
  path: string;
  spoilt: SpoiltFile | null;
}

const WORKERS = 2;
const DUCKDB_CHOICE_ROUNDS = 2;

/**
 * Generates a night, spoils it, and checks all of it in turns.
 * @param hasDuckDB whether DuckDB takes its turn
 */
export async function timeChecks(
  folder: string,
  meters: number,
  rounds: number,
  hasDuckDB: boolean,
): Promise<NightChecks> {
  const night = await makeNight(folder, meters);
  const files = makeFiles(night, folder);
  const figures = new Map<FileKind, CheckFigure>();
  for (const [kind, { path }] of files) {
    const sizeBytes = statSync(path).size;
    figures.set(kind, {
      ...{ kind, meters, sizeBytes, seconds: [], medianSeconds: 0, highWaterKib: null, wrong: [] },
    });
  }
  const way = hasDuckDB ? await fastestWay(night) : null;
  const duckdb = way === null ? null : startContender(way);
  const duckdbSeconds: number[] = [];
  const work = join(folder, 'work');
  mkdirSync(work, { recursive: true });
  try {
    if (duckdb !== null) await duckdb.pass(night.files[0]!);
    for (let round = 0; round < rounds; round++) {
      if (duckdb !== null) duckdbSeconds.push((await duckdb.pass(night.files[0]!)).seconds);
      for (const [kind, file] of files) {
        note(figures.get(kind)!, await runCheck(file.path, work, WORKERS), night, file.spoilt);
      }
    }
  } finally {
    await duckdb?.close();
    for (const { path } of files.values()) rmSync(path, { force: true });
    removeNight(night);
  }
  return {
    meters,
    rounds,
    duckdb: way === null ? null : { name: way, seconds: duckdbSeconds, medianSeconds: median(duckdbSeconds) },
    figures: [...figures.values()],
  };
}

function makeFiles(night: NightData, folder: string): Map<FileKind, CheckedFile> {
  const clean = night.files[0]!;
  const shuffled = join(folder, 'shuffled.cmep');
  shuffleLines(clean, shuffled);
  const numbers = breakLines(clean, join(folder, 'numbers.cmep'), ['broken-number']);
  const all = breakLines(clean, join(folder, 'all-kinds.cmep'));
  return new Map<FileKind, CheckedFile>([
    ['in order', { path: clean, spoilt: null }],
    ['shuffled', { path: shuffled, spoilt: null }],
    ['a bad number on every line', { path: numbers.path, spoilt: numbers }],
    ['all kinds of errors', { path: all.path, spoilt: all }],
  ]);
}

async function fastestWay(night: NightData): Promise<string> {
  const figures = await timeScans(night, DUCKDB_WAYS, DUCKDB_CHOICE_ROUNDS, 1);
  const way = fastest(figures, DUCKDB_WAYS);
  if (way === undefined) throw new Error('DuckDB gives a wrong sum in all ways');
  return way.contender.name;
}

function note(figure: CheckFigure, run: CheckRun, night: NightData, spoilt: SpoiltFile | null): void {
  figure.seconds.push(run.seconds);
  figure.medianSeconds = median(figure.seconds);
  figure.highWaterKib = Math.max(figure.highWaterKib ?? 0, run.highWaterKib ?? 0) || null;
  figure.wrong = [
    ...new Set([...figure.wrong, ...(spoilt === null ? ofClean(run, night) : ofSpoilt(run, spoilt))]),
  ];
}

function ofClean({ code, check }: CheckRun, night: NightData): string[] {
  return differences([
    ['exit code', code, 0],
    ['codes found', Object.keys(check.counts).join(' '), ''],
    ['meters', check.meters, night.meters],
    ['reads', check.reads, night.totals.reads],
    ['bytes', check.bytes, night.sizeBytes],
  ]);
}

/** What is wrong with what was found in a spoilt file. */
export function ofSpoilt({ code, check }: CheckRun, spoilt: SpoiltFile): string[] {
  const counts = [...spoilt.codes].map(([rule, least]): [string, unknown, unknown] => {
    const count = check.counts[rule]?.count ?? 0;
    // A line that is shifted by a comma breaks more rules than the one it was broken for.
    return [
      `count of ${rule}`,
      spoilt.codes.size > 1 ? count >= least : count,
      spoilt.codes.size > 1 ? true : least,
    ];
  });
  return differences([
    ['exit code', code, 2],
    ['records', check.records, spoilt.lines],
    ['valid', check.valid, false],
    ['bytes', check.bytes, spoilt.sizeBytes],
    ...counts,
  ]);
}

export function differences(found: [what: string, found: unknown, expected: unknown][]): string[] {
  return found
    .filter(([, value, expected]) => value !== expected)
    .map(([what, value, expected]) => `${what}: ${value}, must be ${expected}`);
}
