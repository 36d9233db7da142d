/**
 * What one run has to say, as plain data: `run --json` prints it, `report.json` keeps it, and the text
 * summary and the HTML page are made from it. Fields of the command line's contract stand first in each
 * part; counts are whole numbers of reads unless a name says otherwise.
 */

import type { DrawnDay } from '../pipeline/settle/drawn-days.js';

export type RunStatus = 'complete' | 'partial' | 'failed';

export interface ReadTotals {
  /** Always accepted + replaced + waiting + rejected + duplicates. */
  received: number;
  /** Written to an output batch as they came. */
  accepted: number;
  /** Came, but an estimate (or, where none applies, quality N) went out in their place. */
  replaced: number;
  /** Kept in the history until their read day is settled. */
  waiting: number;
  /** In the quarantine. */
  rejected: number;
  /** Repeats of a read that was kept. */
  duplicates: number;
  /** Slots that went out with an estimated value. */
  estimated: number;
  /** Slots that went out without a value, quality N. */
  unresolved: number;
}

export interface RunInput {
  /** As configured: inbox folder and file name, relative to the working folder where it lies below it. */
  path: string;
  sha256: string;
  format: string;
  /** `done`, `duplicate` (put aside: same content as `duplicateOf`), `failed` (see `problem`). */
  status: 'done' | 'duplicate' | 'failed';
  records: number;
  reads: number;
  rejectedRecords: number;
  source: string;
  profile: string;
  sizeBytes: number;
  rejectedReads: number;
  duplicateOf?: string;
  problem?: string;
  /** Where the file lies now, and its rejected records. */
  archivedAs?: string;
  quarantine?: string;
}

export interface RunBatch {
  file: string;
  records: number;
  reads: number;
  bytes: number;
  sha256: string;
  /** Exact sum of the values in each unit, five decimals, as control total. */
  sums: Record<string, string>;
  firstMeter: string;
  lastMeter: string;
}

export interface RunDelivery {
  file: string;
  partner: string;
  messageId: string;
  /** `delivered` where the partner's receipt proves it; anything else is not called sent. */
  status: string;
  attempts: number;
  /** Why it is not delivered. */
  problem?: string | null;
  /** When the next attempt is due, ISO; null where none is until somebody asks for it. */
  nextAttempt?: string | null;
  /** Path of the receipt that came. */
  receipt?: string | null;
}

export interface SourceTotals {
  name: string;
  files: number;
  bytes: number;
  records: number;
  received: number;
  accepted: number;
  replaced: number;
  waiting: number;
  rejected: number;
  duplicates: number;
}

export interface DayTotals {
  /** Read day, `2026-11-20`, market time. */
  day: string;
  settled: boolean;
  /** Per hour of the market day, 24 numbers each: slots by what they went out with in this run. */
  actual: number[];
  estimated: number[];
  unresolved: number[];
}

export interface PolicyReport {
  policy: string;
  /** All parameters, those of the configuration and the defaults; decimals as text. */
  parameters: Record<string, unknown>;
  /** Slots by the check that they failed and the method that filled them (`none`: no method applied). */
  slots: { check: string; method: string; count: number }[];
}

export interface RunFinding {
  code: string;
  severity: 'error' | 'warning' | 'info';
  title: string;
  count: number;
  /** The first places, in the order of the files. */
  examples: {
    file: string;
    line: number;
    column: number;
    field: number;
    meterId: string | null;
    stamp: string | null;
    message: string;
  }[];
}

export interface RunReport {
  runId: string;
  /** A night's transfer, or an import of history: then "accepted" is kept without being sent. */
  kind: 'night' | 'history-import';
  status: RunStatus;
  inputs: RunInput[];
  reads: ReadTotals;
  meters: { expected: number; delivered: number; missing: number };
  /** Slots of the settled days with an actual value, of all slots expected; null where no day was settled. */
  readSuccessPercent: number | null;
  batches: RunBatch[];
  deliveries: RunDelivery[];
  findings: Record<string, number>;
  seconds: number;
  /** Path of the HTML page. */
  report: string;

  tool: string;
  version: string;
  /** The reference clock, ISO. */
  now: string;
  /** Files that another attempt at the same run had already done before this one went on. */
  resumed: boolean;
  environment: string | null;
  /** Sentences about certificates of partners and ours that end soon; absent where none does. */
  certificateWarnings?: string[];
  /** 98.0: Ontario AMI functional specification v2 (2007), 2.3.1. */
  readSuccessTargetPercent: number;
  sources: SourceTotals[];
  days: DayTotals[];
  /** Replaced or filled slots by method: `outage-zero`, `linear` ... `none`. */
  methods: Record<string, number>;
  /** Register spans in which estimates were scaled to the register's advance. */
  scaledSpans: number;
  /** Late actuals that replaced an estimate, or nothing, that had gone out; sent with purpose RESEND. */
  lateActuals: number;
  /** Policies that slots were replaced by: their parameters, and the slots by check and method. */
  policies: PolicyReport[];
  /** The largest case of each code that a person should look at, to be drawn. */
  drawnDays: DrawnDay[];
  findingDetails: RunFinding[];
  /** Exact sum of what went out, by unit. */
  outputSums: Record<string, string>;
  files: { estimates: string; review: string; missingMeters: string; duplicates: string; manifest: string };
  /** Lines of the review list and of the missing-meter list, the first ones, for the page. */
  reviewSample: { meterId: string; units: string; stamp: string; code: string; detail: string }[];
  reviewCount: number;
  missingMeterSample: string[];
  /** Files of the inboxes that were left where they are, and why (too young, changing, of a later run). */
  leftInInbox: { path: string; reason: string }[];
}
