import type { Machine } from './machine.js';
import type { NightFigure } from './night-rounds.js';
import type { ScanFigure } from './scan-rounds.js';

/** Passes of several contenders over one file. */
export interface ScanComparison {
  meters: number;
  reads: number;
  sizeBytes: number;
  figures: ScanFigure[];
}

/** A night on the disk, beside what the disk alone takes for what it keeps. */
export interface DiskFigure {
  fileSystem: string;
  night: NightFigure;
  floorSeconds: number;
}

/** All that one run of the bench measured. */
export interface BenchResult {
  /** The command that was given, and the day. */
  command: string;
  date: string;
  machine: Machine;
  /** Type of the file system that the work folder lies on. */
  fileSystem: string;
  /** DuckDB in all ways and our scan, over one large file. */
  scans: ScanComparison;
  /** The parsers in JavaScript and our scan, over a smaller file. */
  slowScans: ScanComparison;
  /** The way that was DuckDB's fastest with the right answer; null where none was right. */
  duckdb: string | null;
  /** Clean nights of one file, in the order of meters. */
  nights: NightFigure[];
  defects: NightFigure[];
  /** The same meters in more and more files. */
  inFiles: NightFigure[];
  disk: DiskFigure | null;
}

/** Every wrong answer of the run, for a person; empty where all are right. */
export function wrongAnswers(result: BenchResult): string[] {
  const scans = [result.scans, result.slowScans].flatMap(({ meters, figures }) =>
    figures
      .filter(({ isRight }) => !isRight)
      .map(({ contender }) => `${contender.name}, ${meters} meters: wrong sum or count`),
  );
  const nights = [...result.nights, ...result.defects, ...result.inFiles];
  if (result.disk !== null) nights.push(result.disk.night);
  const ofNights = nights.flatMap(({ meters, files, hasRegister, hasDefects, wrong }) => {
    const night = `night of ${meters} meters${hasDefects ? ' with defects' : ''}, files: ${files}, register: ${hasRegister ? 'yes' : 'no'}`;
    return wrong.map((what) => `${night}: ${what}`);
  });
  // The night in one file stands in two tables.
  return [...new Set([...scans, ...ofNights])];
}
