import { rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { FormatName } from '../src/formats/formats.js';
import { generateNight } from '../src/generate/generate-night.js';
import type { Totals } from '../src/generate/totals.js';
import { formatSum } from '../src/model/decimal.js';
import { readAmrdefPlainly } from './amrdef/plain-reader.js';
import { READ_DAY } from './night-day.js';
import { type PlainTotals, readPlainly } from './plain-reader.js';

/** Profile that the generated files of each format keep to. */
export const BENCH_PROFILES: Record<FormatName, string> = { cmep: 'cmep-1.20', amrdef: 'energyaxis' };

/** A generated night and what is right about it. */
export interface NightData {
  meters: number;
  format: FormatName;
  hasDefects: boolean;
  directory: string;
  files: string[];
  registerPath: string;
  sizeBytes: number;
  totals: Totals & { trueKwh: string };
  /** Of the files, read plainly; null where there are defects, which the plain reader cannot judge. */
  plain: PlainTotals | null;
}

/**
 * Generates one hourly day, of CMEP v1.20 where nothing else is said, and reads it plainly.
 * @throws Error where the plain reader and the generator disagree: then nothing here could be judged
 */
export async function makeNight(
  workDirectory: string,
  meters: number,
  options: { files?: number; hasDefects?: boolean; format?: FormatName } = {},
): Promise<NightData> {
  const { files = 1, hasDefects = false, format = 'cmep' } = options;
  const directory = join(workDirectory, `night-${format}-${meters}-${files}${hasDefects ? '-defects' : ''}`);
  const made = await generateNight({
    meters,
    days: 1,
    startDay: READ_DAY,
    outDirectory: directory,
    files,
    format,
    ...(hasDefects ? {} : { defects: [], missingRate: 0 }),
  });
  const paths = made.files.map(({ name }) => join(directory, name));
  const readPlain = format === 'cmep' ? readPlainly : readAmrdefPlainly;
  const plain = hasDefects ? null : readPlain(paths);
  if (plain !== null) {
    const kwh = formatSum(plain.sums.get('KWH') ?? 0n);
    if (plain.reads !== made.totals.reads || kwh !== made.totals.trueKwh) {
      const read = `${plain.reads} reads, ${kwh} kWh`;
      throw new Error(
        `plain reader: ${read}; generator: ${made.totals.reads} reads, ${made.totals.trueKwh} kWh`,
      );
    }
  }
  return {
    meters,
    format,
    hasDefects,
    directory,
    files: paths,
    registerPath: made.registerPath,
    sizeBytes: paths.reduce((sum, path) => sum + statSync(path).size, 0),
    totals: made.totals,
    plain,
  };
}

export function removeNight(night: NightData): void {
  rmSync(night.directory, { recursive: true, force: true });
}
