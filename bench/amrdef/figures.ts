import type { Machine } from '../machine.js';
import type { NightFigure } from '../night-rounds.js';
import type { ScanComparison } from '../result.js';

/** All that one run of the AMRDEF part measured. */
export interface AmrdefResult {
  /** The command that was given, and the day. */
  command: string;
  date: string;
  machine: Machine;
  /** Type of the file system that the work folder lies on. */
  fileSystem: string;
  /** saxes and our scan, over one file. */
  scans: ScanComparison;
  /** The first passes of fresh processes over a small file, one figure for each process. */
  coldScans: ScanComparison[];
  /** The same night with one worker and with two. */
  nights: { workers: number; night: NightFigure }[];
  /** A province, or null where it was not asked for; and the file system that it lay on. */
  province: { fileSystem: string; night: NightFigure } | null;
}

/** Every wrong answer of the run, for a person; empty where all are right. */
export function wrongAnswers({ scans, coldScans, nights, province }: AmrdefResult): string[] {
  const scanned = [scans, ...coldScans].flatMap(({ meters, figures }) =>
    figures
      .filter(({ isRight }) => !isRight)
      .map(({ contender }) => `${contender.name}, ${meters} meters of AMRDEF: wrong sum or count`),
  );
  const all = nights.map(({ night }) => night);
  if (province !== null) all.push(province.night);
  const ran = all.flatMap(({ meters, wrong }) =>
    wrong.map((what) => `night of ${meters} meters of AMRDEF: ${what}`),
  );
  return [...new Set([...scanned, ...ran])];
}
