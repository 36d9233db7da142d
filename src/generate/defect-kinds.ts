import { ReadmillError } from '../model/errors.js';
import { MINUTES_PER_DAY } from '../model/time.js';
import { defectKey, drawBelow, fractionOf, hash } from './hash.js';

/**
 * Kinds of defects and how many of a thousand meters (of a thousand meter-days, below the first two) have
 * one. How often slots are missing is an option.
 */
export const DEFECTS_PER_THOUSAND = {
  'unknown-meter': 2,
  'silent-meter': 2,
  'missing-short': 0,
  'missing-long': 0,
  outage: 2,
  spike: 2,
  negative: 2,
  'duplicate-same': 2,
  'duplicate-different': 2,
  'register-decreased': 2,
  'sum-mismatch': 2,
  'broken-truncated': 1,
  'broken-number': 1,
  'broken-stamp': 1,
  'broken-units': 1,
  'broken-comma': 1,
  'broken-count': 1,
  'broken-meter-id': 1,
  'broken-byte': 1,
  'broken-flag': 1,
  'broken-type': 1,
} as const;

export type DefectKind = keyof typeof DEFECTS_PER_THOUSAND;

export const DEFECT_KINDS = Object.keys(DEFECTS_PER_THOUSAND) as readonly DefectKind[];

/** Kinds that a meter has for good; all others are of one meter and day. */
const METER_KINDS: readonly DefectKind[] = ['unknown-meter', 'silent-meter'];

export const DEFAULT_MISSING_RATE = 0.005;

/** Runs of missing slots of up to so many hours are short, and so large a share of all runs is. */
const SHORT_RUN_HOURS_MAX = 2;
const SHORT_SHARE = 0.8;

/**
 * The kinds that a list names: `all`, `none`, or kinds and first words of kinds (`broken`, `missing`,
 * `duplicate`) with commas between.
 * @throws ReadmillError READMILL_OPTION for a name that is none
 */
export function parseDefects(list: string): DefectKind[] {
  if (list === 'all') return [...DEFECT_KINDS];
  if (list === 'none') return [];
  const names = list.split(',').map((name) => name.trim());
  const isNamed = (kind: DefectKind, name: string) => kind === name || kind.startsWith(`${name}-`);
  const unknown = names.find((name) => name === '' || !DEFECT_KINDS.some((kind) => isNamed(kind, name)));
  if (unknown !== undefined) {
    const message = `--defects: there is no kind "${unknown}". Take all, none, or some of: ${DEFECT_KINDS.join(', ')}.`;
    throw new ReadmillError('READMILL_OPTION', message);
  }
  return DEFECT_KINDS.filter((kind) => names.some((name) => isNamed(kind, name)));
}

/** How the runs of missing slots of a day are drawn, so that the share of missing slots is the rate. */
export interface MissingPlan {
  /** Share of meter-days with a short run and with a long one. */
  short: number;
  long: number;
  /** Share of the long runs that take the whole day. */
  wholeDay: number;
  /** Longest short run, in slots; a long run takes more. */
  shortSlotsMax: number;
}

/**
 * One run at most in a meter-day: where the rate asks for more than that gives, runs get longer, in the end
 * to whole days on all the meter-days that are free.
 * @param rate share of all slots
 * @param free share of meter-days that no other kind takes
 */
export function planMissing(
  rate: number,
  intervalMinutes: number,
  free: number,
  kinds: readonly DefectKind[],
): MissingPlan {
  const slots = MINUTES_PER_DAY / intervalMinutes;
  const shortSlotsMax = (SHORT_RUN_HOURS_MAX * 60) / intervalMinutes;
  const hasShort = kinds.includes('missing-short');
  const hasLong = kinds.includes('missing-long');
  if (!hasShort && !hasLong) return { short: 0, long: 0, wholeDay: 0, shortSlotsMax };
  const meanShort = (1 + shortSlotsMax) / 2;
  const meanLong = (shortSlotsMax + 1 + slots) / 2;
  const leastMean = Math.min((rate * slots) / free, slots);
  let longShare = hasShort ? (hasLong ? 1 - SHORT_SHARE : 0) : 1;
  if (hasShort && hasLong) {
    longShare = Math.min(1, Math.max(longShare, (leastMean - meanShort) / (meanLong - meanShort)));
  }
  let mean = meanShort + longShare * (meanLong - meanShort);
  let wholeDay = 0;
  if (hasLong && leastMean > meanLong) {
    wholeDay = (leastMean - meanLong) / (slots - meanLong);
    mean = leastMean;
  }
  const share = Math.min((rate * slots) / mean, free);
  return { short: share * (1 - longShare), long: share * longShare, wholeDay, shortSlotsMax };
}

/** Meters go by thousands: each aligned thousand of meter numbers has its defects in full. */
const THOUSAND = 1000;
const METER_RANKS = METER_KINDS.reduce((sum, kind) => sum + DEFECTS_PER_THOUSAND[kind], 0);
const DAY_RANKS = THOUSAND - METER_RANKS;
/** Steps without a factor in common with THOUSAND (2, 5) and DAY_RANKS (996 = 2 x 2 x 3 x 83). */
const STEPS = [
  101, 127, 149, 173, 197, 227, 251, 277, 307, 331, 353, 379, 401, 431, 457, 479, 509, 541, 569, 593, 617,
  643, 673, 701, 733, 761, 787, 811, 839, 863, 887, 911,
];

/** Tells which defect a meter has on a day: at most one. */
export interface DefectPicker {
  missing: MissingPlan;
  /**
   * @param key of the meter (`meterKey`)
   * @param day day number
   */
  pick(meter: number, key: number, day: number): DefectKind | null;
}

/**
 * Meters of a thousand are ranked by a permutation, and those of a day once more; the first ranks have the
 * defects. So in each aligned thousand (0 to 999, 1000 to 1999 ...) each kind of DEFECTS_PER_THOUSAND has
 * exactly its number on every day, and a missing run its share, rounded down or up by chance.
 */
export function createDefectPicker(
  seed: number,
  kinds: readonly DefectKind[],
  missingRate: number,
  intervalMinutes: number,
): DefectPicker {
  const ranked = (among: readonly DefectKind[]) =>
    among.flatMap((kind) => new Array<DefectKind | null>(DEFECTS_PER_THOUSAND[kind]).fill(kind));
  const isOn = (kind: DefectKind) => kinds.includes(kind);
  const ofMeters = ranked(METER_KINDS).map((kind) => (kind !== null && isOn(kind) ? kind : null));
  const ofDays = ranked(DEFECT_KINDS.filter((kind) => isOn(kind) && !METER_KINDS.includes(kind)));
  const free = (DAY_RANKS - ofDays.length - 2) / THOUSAND;
  const missing = planMissing(missingRate, intervalMinutes, free, kinds);
  /** By rank: the chance that its kind occurs, where it is not certain. */
  const chances = new Map<number, number>();
  const append = (kind: DefectKind, perThousand: number) => {
    const certain = Math.floor(perThousand);
    for (let k = 0; k < certain; k++) ofDays.push(kind);
    if (perThousand > certain) chances.set(ofDays.push(kind) - 1, perThousand - certain);
  };
  append('missing-short', missing.short * THOUSAND);
  append('missing-long', missing.long * THOUSAND);

  const blockSeed = hash(seed, 2);
  let thousandNow = -1;
  let dayNow = -1;
  let [meterStep, meterShift, dayStep, dayShift] = [1, 0, 1, 0];
  const turnTo = (thousand: number, day: number) => {
    const key = hash(blockSeed, thousand);
    const dayKey = hash(key, 2 + day);
    meterStep = STEPS[drawBelow(key, 0, STEPS.length)]!;
    meterShift = drawBelow(key, 1, THOUSAND);
    dayStep = STEPS[drawBelow(dayKey, 0, STEPS.length)]!;
    dayShift = drawBelow(dayKey, 1, DAY_RANKS);
    thousandNow = thousand;
    dayNow = day;
  };

  const pick = (meter: number, key: number, day: number) => {
    const thousand = Math.floor(meter / THOUSAND);
    if (thousand !== thousandNow || day !== dayNow) turnTo(thousand, day);
    const meterRank = ((meter - thousand * THOUSAND) * meterStep + meterShift) % THOUSAND;
    if (meterRank < METER_RANKS) return ofMeters[meterRank]!;
    const rank = ((meterRank - METER_RANKS) * dayStep + dayShift) % DAY_RANKS;
    if (rank >= ofDays.length) return null;
    const chance = chances.get(rank);
    if (chance !== undefined && fractionOf(hash(defectKey(key, day), 0)) >= chance) return null;
    return ofDays[rank]!;
  };
  return { missing, pick };
}
