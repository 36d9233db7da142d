import type { Finding } from '../conformance/finding-buffer.js';
import type { FormatName } from '../formats/formats.js';
import type { PartitionMap } from '../store/partition-map.js';
import type { Config } from './config/config.js';
import type { RejectPiece } from './scan/reject-rows.js';
import type { CoveredTime } from './settle/exchanges.js';
import type { VeeSettings } from './settle/vee-rules.js';

/** A file that a run took in, as the ledger keeps it while the run lasts. */
export interface InputRecord {
  source: string;
  sourceIndex: number;
  path: string;
  name: string;
  sizeBytes: number;
  /** Modification and change time when it was claimed, milliseconds: it must not change while it is read. */
  modifiedMs: number;
  changedMs: number;
  sha256: string;
  status: 'claimed' | 'done' | 'duplicate' | 'failed';
  duplicateOf?: string;
  /** Why it failed, and whether the tool (rather than the file) is to blame. */
  problem?: string;
  isToolFault?: boolean;
  /** The plain files to be read: the file itself, or what a .gz or .zip holds, expanded. */
  members: InputMember[];
}

/** A plain file to be read. */
export interface InputMember {
  path: string;
  name: string;
  sizeBytes: number;
  /** Set once it has been looked at. */
  format?: FormatName;
}

/** Counts of one input after pass 1. */
export interface InputCounts {
  records: number;
  reads: number;
  rejectedRecords: number;
  rejectedReads: number;
  firstStamp: number;
  lastStamp: number;
}

/** A range of a member with where its blocks lie; kept in a file between the passes. */
export interface ScannedRange {
  input: number;
  member: number;
  from: number;
  /** Lines of the member before the range, and bytes before it on its first line. */
  lineBefore: number;
  columnBefore: number;
  spillFile: string;
  spillOffset: number;
  partitionStarts: Uint32Array;
  /** Where the rows of its rejected records lie. */
  rejects: RejectPiece[];
}

/** Everything that pass 1 leaves for pass 2, but for the blocks themselves. */
export interface ScanOutcome {
  ranges: ScannedRange[];
  counts: InputCounts[];
  inputs: InputRecord[];
  /** By rule number, and the first places of each rule with the input they are in. */
  ruleCounts: Float64Array;
  examples: { input: number; member: number; finding: Finding }[];
  recordsByDay: Map<number, number>;
}

/** A run as the ledger keeps it: whoever finds it unfinished can go on with it. */
export interface RunRecord {
  runId: string;
  /** A night's transfer, or past reads that are loaded without being sent. */
  kind: 'night' | 'history-import';
  phase: 'scan' | 'settle' | 'finish';
  nowStamp: number;
  nowIso: string;
  startedMs: number;
  config: Config;
  vee: VeeSettings;
  inputs: InputRecord[];
  leftInInbox: { path: string; reason: string }[];
  /** Inboxes that could not be read. */
  inboxProblems: string[];
  partitionMap: PartitionMap;
  /** Path of the imported meter register, or null. */
  register: string | null;
  /** Second (since 1970) that the first batch is named after. */
  batchSecond: number;
  /** Number of the holding of the ledger that the work folder is named after; none where one host has the state. */
  fence?: number;
  /** The boot in which the work files were written: without a restart they are whole. Shared ones always are. */
  bootId: string;
  /** From the end of pass 1 on: the file that holds its outcome, and the tasks of pass 2. */
  scanFile?: string;
  completeDays?: number[];
  covered?: CoveredTime[];
  tasks?: number[][];
}

/** Partition and day of the history: the file that is current, and whether rows of it wait. */
export interface HistoryEntry {
  file: string;
  /** Of a day: its totals file. */
  totals?: string;
  isOpen: boolean;
}

export const RUN_KEY = 'run/current';
export const MAP_KEY = 'partitions';
export const dayKey = (day: number, partition: number): string => `history/day/${pad(day)}/${pad(partition)}`;
export const registersKey = (day: number, partition: number): string =>
  `history/registers/${pad(day)}/${pad(partition)}`;
export const taskKey = (runId: string, task: number): string => `task/${runId}/${pad(task)}`;

/** Numbers in keys have a fixed width, so that keys sort as the numbers do. */
function pad(number: number): string {
  return String(number).padStart(7, '0');
}
