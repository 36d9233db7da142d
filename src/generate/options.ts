import { ReadmillError } from '../model/errors.js';
import { dayNumber, isoDate } from '../model/time.js';
import { DEFAULT_MISSING_RATE, DEFECT_KINDS, type DefectKind } from './defect-kinds.js';
import { AMRDEF_DIALECT, DIALECTS, type Dialect, findDialect, METER_DIGITS_COUNT } from './dialects.js';

export interface GenerateOptions {
  /** How many meters, those that keep silent and those that are not in the register among them. */
  meters: number;
  /** Read days of market time, from `startDay` on (day number). */
  days: number;
  startDay: number;
  /** Folder for all files; made where it is not there. Files of the same names are written over. */
  outDirectory: string;
  /** `cmep` (default) or `amrdef`. */
  format?: string;
  /** Of CMEP; default `cmep-1.20`. */
  dialect?: string;
  /** 60 (default), 30 or 15. */
  intervalMinutes?: number;
  /** 0 to 2^32 - 1; default 1. */
  seed?: number;
  /** Files that share the meters among them, each a slice in order; default 1. */
  files?: number;
  /** Share of slots that are missing, 0 to 1, where `defects` names missing runs; default 0.005. */
  missingRate?: number;
  /** Default: all kinds. */
  defects?: readonly DefectKind[];
  /** Number of the first meter, so that two runs can have different meters; default 0. */
  firstMeter?: number;
  /**
   * By meter: what its register reads when the first day begins, in units of the last decimal, NaN where it is a
   * new one. Changed to what they read in the end, so that a later night goes on from there.
   */
  registers?: Float64Array;
}

export interface ResolvedOptions extends Required<Omit<GenerateOptions, 'dialect' | 'registers'>> {
  dialect: Dialect;
  registers: Float64Array | null;
}

export const FORMATS: readonly string[] = ['cmep', 'amrdef'];
const INTERVALS_MINUTES: readonly number[] = [60, 30, 15];
/** Numbers of meters, as many as the digits of a meter id name. */
const METER_NUMBERS = 10 ** METER_DIGITS_COUNT;
/** Ten years. */
const DAYS_MAX = 3_660;
const FILES_MAX = 10_000;
const SEED_MAX = 2 ** 32 - 1;
/** Years that `model/time` knows. */
const FIRST_DAY = dayNumber(1971, 1, 1);
const LAST_DAY = dayNumber(2999, 12, 30);

/**
 * Options with their defaults.
 * @throws ReadmillError READMILL_OPTION for one that is out of its bounds
 */
export function resolveOptions(options: GenerateOptions): ResolvedOptions {
  const format = options.format ?? FORMATS[0];
  if (!FORMATS.includes(format)) {
    const message = `--format: "${format}" cannot be generated. Supported: ${FORMATS.join(', ')}.`;
    throw new ReadmillError('READMILL_OPTION', message);
  }
  const dialect = format === 'amrdef' ? AMRDEF_DIALECT : findDialect(options.dialect ?? DIALECTS[0]!.name);
  if (!dialect) {
    const names = DIALECTS.map(({ name }) => name).join(', ');
    throw new ReadmillError('READMILL_OPTION', `--dialect: "${options.dialect}" is none of ${names}.`);
  }
  const resolved = {
    meters: options.meters,
    days: options.days,
    startDay: options.startDay,
    outDirectory: options.outDirectory,
    format,
    dialect,
    intervalMinutes: options.intervalMinutes ?? 60,
    seed: options.seed ?? 1,
    files: options.files ?? 1,
    missingRate: options.missingRate ?? DEFAULT_MISSING_RATE,
    defects: options.defects ?? DEFECT_KINDS,
    firstMeter: options.firstMeter ?? 0,
    registers: options.registers ?? null,
  };
  mustBeWhole('--first-meter', resolved.firstMeter, 0, METER_NUMBERS - 1);
  mustBeWhole('--meters', resolved.meters, 1, METER_NUMBERS - resolved.firstMeter);
  mustBeWhole('--days', resolved.days, 1, DAYS_MAX);
  mustBeWhole('--seed', resolved.seed, 0, SEED_MAX);
  mustBeWhole('--files', resolved.files, 1, Math.min(FILES_MAX, resolved.meters));
  if (!INTERVALS_MINUTES.includes(resolved.intervalMinutes)) {
    const message = `--interval: ${resolved.intervalMinutes} is none of ${INTERVALS_MINUTES.join(', ')} minutes.`;
    throw new ReadmillError('READMILL_OPTION', message);
  }
  if (!(resolved.missingRate >= 0 && resolved.missingRate <= 1)) {
    throw new ReadmillError('READMILL_OPTION', '--missing-rate: must be a share of slots from 0 to 1.');
  }
  if (!(resolved.startDay >= FIRST_DAY && resolved.startDay + resolved.days - 1 <= LAST_DAY)) {
    const message = `--start: all days must lie from ${isoDate(FIRST_DAY)} to ${isoDate(LAST_DAY)}.`;
    throw new ReadmillError('READMILL_OPTION', message);
  }
  return resolved;
}

function mustBeWhole(option: string, value: number, least: number, most: number): void {
  if (Number.isInteger(value) && value >= least && value <= most) return;
  throw new ReadmillError('READMILL_OPTION', `${option}: must be a whole number from ${least} to ${most}.`);
}
