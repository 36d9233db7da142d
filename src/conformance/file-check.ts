import type { Finding } from './finding-buffer.js';
import type { SeverityName } from './rules.js';

/** Read days of a file that its coverage tells of; a file of more days leaves out the earliest. */
export const COVERAGE_DAYS_MAX = 400;

/** What a file holds of one read day: reads on interval channels, by the hour of market time they end in. */
export interface CoverageDay {
  /** `2026-11-20`, in market time. */
  day: string;
  /** Interval channels that delivered anything for the day. */
  channels: number;
  /** Reads that are there, by hour: 24 counts, the first for (00:00, 01:00]. */
  present: number[];
  /** Reads that the day's channels would have with none missing, by hour: 24 counts. */
  expected: number[];
}

/** How often a rule was broken. `count` is complete, whatever number of places is kept. */
export interface RuleCount {
  /** The worst severity that was found: a profile or a tolerance may make some of the findings milder. */
  severity: SeverityName;
  count: number;
  /** How many of each severity, where there is more than one. */
  bySeverity?: Partial<Record<SeverityName, number>>;
}

/** One file's verdict; fields are those of the command line's contract. */
export interface FileCheck {
  path: string;
  format: string;
  profile: string;
  /** Why this profile: given, or what speaks for it. */
  profileReason: string;
  valid: boolean;
  /** Whether findings were left out beyond the number to keep; counts are complete. */
  truncated: boolean;
  bytes: number;
  records: number;
  reads: number;
  meters: number;
  firstStamp: string | null;
  lastStamp: string | null;
  counts: Record<string, RuleCount>;
  /** In the order of the file; at most so many of each code, the worst of them. */
  findings: Finding[];
  /** At most COVERAGE_DAYS_MAX days, in order; empty where the file has no interval reads. */
  coverage: CoverageDay[];
  /** Days of reads before those of `coverage`. */
  coverageDaysLeftOut: number;
}
