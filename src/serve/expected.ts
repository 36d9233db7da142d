import type { NightSummary } from '../watch/night-book.js';

/** Nights before that tell what to expect, and how many of them there must be at least. */
const NIGHTS_MAX = 14;
const NIGHTS_LEAST = 3;

/** What came from a source in a night, all its runs together. */
export interface SourceNight {
  files: number;
  bytes: number;
  received: number;
  accepted: number;
  replaced: number;
  waiting: number;
  rejected: number;
  duplicates: number;
}

/** What a source mostly brings in a night. */
export interface Expected {
  files: number;
  /** Reads without repeats. */
  reads: number;
  nights: number;
}

export function sourceNight(nights: readonly NightSummary[], source: string): SourceNight {
  const sum = {
    files: 0,
    bytes: 0,
    received: 0,
    accepted: 0,
    replaced: 0,
    waiting: 0,
    rejected: 0,
    duplicates: 0,
  };
  for (const { sources } of nights) {
    const own = sources.find(({ name }) => name === source);
    if (own === undefined) continue;
    for (const key of Object.keys(sum) as (keyof SourceNight)[]) sum[key] += own[key];
  }
  return sum;
}

/**
 * The median of the nights before in which the source brought anything.
 * @param nightsBefore runs of each night, the latest night last
 * @returns null where too few nights are known
 */
export function expectedOf(
  nightsBefore: readonly (readonly NightSummary[])[],
  source: string,
): Expected | null {
  const known = nightsBefore.map((runs) => sourceNight(runs, source)).filter(({ files }) => files > 0);
  const last = known.slice(-NIGHTS_MAX);
  if (last.length < NIGHTS_LEAST) return null;
  return {
    files: median(last.map(({ files }) => files)),
    reads: median(last.map(({ received, duplicates }) => received - duplicates)),
    nights: last.length,
  };
}

/** Share of the expected reads that came and were neither rejected nor replaced; null where nothing is expected. */
export function sourceSuccess(night: SourceNight, expected: Expected | null): number | null {
  const whole = Math.max(expected?.reads ?? 0, night.received - night.duplicates);
  return whole === 0 ? null : ((night.accepted + night.waiting) / whole) * 100;
}

/** The lower of the two in the middle, so that a count stays one that came. */
function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)]!;
}
