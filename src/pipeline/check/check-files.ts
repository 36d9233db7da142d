import { closeSync, openSync, statSync } from 'node:fs';
import type { CoverageDay, FileCheck } from '../../conformance/file-check.js';
import { FindingCollector } from '../../conformance/finding-collector.js';
import { findProfile, type Profile } from '../../conformance/profiles.js';
import { sourceSettings } from '../../conformance/source-settings.js';
import { DETECTION_BYTES, type Detection, detectFormat } from '../../formats/detect.js';
import type { FormatName, SourceSettings } from '../../formats/formats.js';
import { messageOf, ReadmillError } from '../../model/errors.js';
import { EST_OFFSET_MINUTES, isoDate, isoMinute, parseZone } from '../../model/time.js';
import { readFully } from '../../store/read-fully.js';
import type { Progress } from '../progress.js';
import { addCrossFindings, crossSettings } from './check-findings.js';
import { diskFull } from './check-inputs.js';
import { CHECK_SIZES, type CheckSizes, type CrossOutcome, passOver } from './check-passes.js';
import type { CheckPool } from './check-pool.js';

/** A file to check: where its bytes lie, and how it is called. */
export interface CheckInput {
  path: string;
  name: string;
}

export interface CheckOptions {
  /** Profile to judge by; without one it is detected, file by file. */
  profile?: Profile;
  /** Minutes that the stamps of the files are ahead of UTC; null = as the profile of each says. */
  zoneMinutes: number | null;
  /** The reference clock, milliseconds since 1970. */
  nowMs: number;
  /** Findings to keep of each code and file. */
  findingsMax: number;
  /** An imported meter register (`importRegister`), or null. */
  registerPath: string | null;
  /** Folder for work files; asked for only where the input is large and not in the order of its meters. */
  workDirectory(): string;
  progress: Progress;
}

export interface CheckOutcome {
  /** Verdicts in the order of the inputs. */
  checks: FileCheck[];
  /** Files that could not be checked. */
  failures: { name: string; error: ReadmillError }[];
}

/** A file that can be read, and what is gathered of it. */
export interface OpenedFile extends CheckInput {
  bytes: number;
  detection: Detection;
  profile: Profile;
  format: FormatName;
  settings: SourceSettings[FormatName];
  /** Why it could not be read to its end, or null. */
  failure: unknown;
  findings: FindingCollector;
  records: number;
  reads: number;
  firstStamp: number;
  lastStamp: number;
}

/**
 * Checks files: each record by itself, and all records of a meter together, whichever of the files they
 * stand in. One file that cannot be read does not keep the others from being checked.
 * @param sizes smaller ones let tests see many ranges and partitions
 * @throws ReadmillError READMILL_DISK_FULL where work files cannot be written, READMILL_REGISTER_DAMAGED
 */
export async function checkFiles(
  inputs: readonly CheckInput[],
  options: CheckOptions,
  pool: CheckPool,
  sizes: CheckSizes = CHECK_SIZES,
): Promise<CheckOutcome> {
  const files: OpenedFile[] = [];
  const failures: CheckOutcome['failures'] = [];
  for (const input of inputs) {
    try {
      files.push(openFile(input, options));
    } catch (thrown) {
      failures.push({ name: input.name, error: unreadable(input.name, thrown) });
    }
  }
  let cross: CrossOutcome | null = null;
  if (files.length > 0) {
    const settings = crossSettings(files, options.findingsMax, EST_OFFSET_MINUTES);
    cross = await passOver(files, settings, options, pool, sizes).catch((thrown) => {
      throw diskFull(thrown) ?? thrown;
    });
  }
  const checks: FileCheck[] = [];
  for (const [number, file] of files.entries()) {
    try {
      if (file.failure !== null) throw file.failure;
      addCrossFindings(files, number, cross!);
      checks.push(verdict(file, number, options, cross!));
    } catch (thrown) {
      failures.push({ name: file.name, error: unreadable(file.name, thrown) });
    }
  }
  return { checks, failures };
}

function unreadable(name: string, thrown: unknown): ReadmillError {
  if (thrown instanceof ReadmillError) return thrown;
  const message = `${name} cannot be read: ${messageOf(thrown)}. Check the name and the rights.`;
  return new ReadmillError('READMILL_FILE_UNREADABLE', message, { cause: thrown });
}

function openFile(input: CheckInput, options: CheckOptions): OpenedFile {
  const { bytes, head } = beginningOf(input.path);
  const detection = detectFormat(head);
  const format = detection.format === 'unknown' ? 'cmep' : detection.format;
  const profile = options.profile ?? findProfile(detection.profile || 'cmep-1.20')!;
  return {
    ...input,
    bytes,
    detection,
    profile,
    format,
    settings: sourceSettings(
      profile,
      options.zoneMinutes ?? parseZone(profile.timeZone)!,
      Math.floor(options.nowMs / 60_000),
    )[format],
    failure: null,
    findings: new FindingCollector(options.findingsMax),
    records: 0,
    reads: 0,
    firstStamp: Number.POSITIVE_INFINITY,
    lastStamp: Number.NEGATIVE_INFINITY,
  };
}

function beginningOf(path: string): { bytes: number; head: Uint8Array } {
  const fd = openSync(path, 'r');
  try {
    const head = new Uint8Array(DETECTION_BYTES);
    const length = readFully(fd, head, 0, head.length, 0);
    return { bytes: statSync(path).size, head: head.subarray(0, length) };
  } finally {
    closeSync(fd);
  }
}

function verdict(file: OpenedFile, number: number, options: CheckOptions, cross: CrossOutcome): FileCheck {
  const { days, leftOut } = cross.coverage.daysOf(number);
  const stamp = (minutes: number) => (Number.isFinite(minutes) ? isoMinute(minutes) : null);
  return {
    path: file.name,
    format: file.detection.format,
    profile: file.profile.name,
    profileReason: options.profile === undefined ? file.detection.reason : 'given',
    ...file.findings.finish(),
    bytes: file.bytes,
    records: file.records,
    reads: file.reads,
    meters: cross.meters[number]!,
    firstStamp: stamp(file.firstStamp),
    lastStamp: stamp(file.lastStamp),
    coverage: days.map(([day, { channels, present, expected }]): CoverageDay => {
      return { day: isoDate(day), channels, present: [...present], expected: [...expected] };
    }),
    coverageDaysLeftOut: leftOut,
  };
}
