import type { PackedFindings } from '../../conformance/finding-buffer.js';
import type { BlockPieces } from '../../store/blocks/block-index.js';
import type { DrawnDay } from './drawn-days.js';
import type { CoveredTime } from './exchanges.js';
import type { PolicyCounts, VeeSettings } from './vee-rules.js';

/** How output records are written. */
export interface OutputSettings {
  sender: string;
  receiver: string;
  /** Field 7, `CCYYMMDDHHMM`. */
  created: string;
  zoneMinutes: number;
  stamps: 'explicit' | 'implied';
  flags: 'as-received' | 'letter';
  validatedFlag: 'keep' | 'empty';
  maximumBytes: number;
  maximumRecords: number;
}

/** A history file that a partition may look into. */
export interface HistoryRef {
  day: number;
  path: string;
  /** The totals file beside a day file; '' for register reads. */
  totalsPath: string;
  /** Whether rows of the day wait to be settled. */
  isOpen: boolean;
}

export interface PartitionInput {
  id: number;
  /** Meter ids of the partition: from `lower` (latin1) on, below `upper`; null = no bound. */
  lower: string;
  upper: string | null;
  pieces: BlockPieces;
  days: HistoryRef[];
  registers: HistoryRef[];
}

/** One task of pass 2: some partitions that follow each other, and all that settling them needs. */
export interface SettleTask {
  index: number;
  partitions: PartitionInput[];
  spillFiles: string[];
  /** By range: where it begins in its file, and the source it came from. */
  rangeStarts: Float64Array;
  rangeSources: Uint16Array;
  sourceCount: number;
  /** By range: name of its file, for check 2 and the list of duplicates. */
  rangeFiles: string[];
  /** By range: its place in the order of file names (check 2); null where that is the order of ranges. */
  rangeOrder: Int32Array | null;
  nowStamp: number;
  closeAfterMinutes: number;
  marketZoneMinutes: number;
  vee: VeeSettings;
  register: string | null;
  /** Time of channels that the register says another meter covers. */
  covered: CoveredTime[];
  /** Read days that are settled by this run and count for completeness. */
  completeDays: number[];
  output: OutputSettings;
  /** Folder for what this task leaves: batches, history files, pieces of the lists. */
  stagingDirectory: string;
  /** Whether what is settled goes out; an import of history only keeps it. */
  sends: boolean;
  findingsMax: number;
}

export interface StagedBatch {
  path: string;
  records: number;
  reads: number;
  bytes: number;
  sha256: string;
  /** Exact sum of the values by unit, in 0.00001. */
  sums: Map<string, bigint>;
  firstMeter: string;
  lastMeter: string;
}

export interface StagedHistory {
  partition: number;
  kind: 'day' | 'totals' | 'registers';
  day: number;
  path: string;
  /** CRC-32 of its bytes. */
  crc32: number;
}

/** Counts of reads by where they went; `bySource` has one entry for each source. */
export interface Outcome {
  accepted: number;
  replaced: number;
  waiting: number;
  rejected: number;
  duplicates: number;
  estimated: number;
  unresolved: number;
  /** Numbers of replaced, waiting, rejected, duplicates for each source, in this order. */
  exceptionsBySource: Float64Array;
  /** Slots that were replaced or filled, by policy, check and method. */
  policies: PolicyCounts[];
  scaledSpans: number;
  /** Late actuals that replaced an estimate, or nothing, that had gone out. */
  lateActuals: number;
}

export interface DayHours {
  day: number;
  settled: boolean;
  /** 24 numbers each: slots that went out actual, estimated, without a value. */
  actual: Float64Array;
  estimated: Float64Array;
  unresolved: Float64Array;
  /** Channels of which all slots were actual, by slots a day; not in the numbers above yet. */
  fullChannels: Map<number, number>;
  /** The same for the slots a day that were seen last, not in the map yet. */
  fullSlotsPerDay: number;
  fullCount: number;
}

export interface SettleResult {
  index: number;
  outcome: Outcome;
  batches: StagedBatch[];
  history: StagedHistory[];
  days: DayHours[];
  /** Meters that sent something; with a meter register, those expected and those of them that sent nothing. */
  metersSeen: number;
  metersExpected: number;
  metersMissing: number;
  /** On the complete days: slots that count, and slots with an actual value. */
  slotsExpected: number;
  slotsActual: number;
  /** File of the rows of rejected records (as in pass 1), '' where there are none. */
  rejectsFile: string;
  rejectedRecords: number;
  findings: PackedFindings;
  /** Pieces of the lists, empty where nothing was written. */
  lists: { estimates: string; review: string; missingMeters: string; duplicates: string };
  /** Read days of which some rows still wait. */
  openDays: number[];
  reviewCount: number;
  /** Days that a person should look at first. */
  drawnDays: DrawnDay[];
}
