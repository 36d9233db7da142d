import { closeSync, openSync, readdirSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { FileCheck } from '../conformance/file-check.js';
import { FindingCollector } from '../conformance/finding-collector.js';
import { findProfile, type Profile, readerSettings } from '../conformance/profiles.js';
import { DETECTION_BYTES, type Detection, detectFormat } from '../formats/detect.js';
import { messageOf, ReadmillError } from '../model/errors.js';
import { EST_OFFSET_MINUTES, isoMinute } from '../model/time.js';
import type { RangeResult } from './scan-range.js';
import { forEachLimited, type WorkerPool } from './worker-pool.js';

export interface CheckOptions {
  /** Profile to judge by; without one it is detected. */
  profile?: Profile;
  zoneMinutes: number;
  nowMs: number;
  findingsMax: number;
}

const RANGE_BYTES = 4 * 1024 * 1024;

/**
 * The files that the arguments name: a folder stands for the files in it.
 * @throws ReadmillError READMILL_FILE_UNREADABLE
 */
export function filesToCheck(paths: readonly string[]): string[] {
  return paths.flatMap((path) => {
    try {
      if (!statSync(path).isDirectory()) return [path];
      const names = readdirSync(path, { withFileTypes: true }).filter((entry) => entry.isFile());
      return names.map((entry) => join(path, entry.name)).sort();
    } catch (thrown) {
      throw unreadable(path, thrown);
    }
  });
}

function unreadable(path: string, thrown: unknown): ReadmillError {
  const message = `${path} cannot be read: ${messageOf(thrown)}. Check the name and the rights.`;
  return new ReadmillError('READMILL_FILE_UNREADABLE', message, { cause: thrown });
}

/**
 * Checks one file, its ranges in parallel.
 * @throws ReadmillError READMILL_FILE_UNREADABLE, READMILL_FORMAT_UNSUPPORTED
 */
export async function checkFile(path: string, options: CheckOptions, pool: WorkerPool): Promise<FileCheck> {
  const { bytes, head } = beginningOf(path);
  const detection = detectFormat(head);
  const profile = options.profile ?? findProfile(detection.profile || 'cmep-1.20')!;
  if (detection.format === 'amrdef') {
    const message = `${path} is Elster AMRDEF, which this version does not read yet.`;
    throw new ReadmillError('READMILL_FORMAT_UNSUPPORTED', message);
  }
  const results = await scan(path, bytes, profile, options, pool);
  return verdict(path, bytes, profile, detection, options, results);
}

function beginningOf(path: string): { bytes: number; head: Uint8Array } {
  try {
    const fd = openSync(path, 'r');
    try {
      const head = new Uint8Array(DETECTION_BYTES);
      const length = readSync(fd, head);
      return { bytes: statSync(path).size, head: head.subarray(0, length) };
    } finally {
      closeSync(fd);
    }
  } catch (thrown) {
    throw unreadable(path, thrown);
  }
}

async function scan(
  path: string,
  bytes: number,
  profile: Profile,
  options: CheckOptions,
  pool: WorkerPool,
): Promise<RangeResult[]> {
  const settings = readerSettings(profile, options.zoneMinutes, Math.floor(options.nowMs / 60_000));
  const results: RangeResult[] = [];
  const starts = Array.from({ length: Math.ceil(bytes / RANGE_BYTES) }, (_, i) => i * RANGE_BYTES);
  await forEachLimited(starts.entries(), pool.workers + 1, async ([range, from]) => {
    results[range] = await pool.scanCmepRange({
      range,
      path,
      from,
      to: Math.min(from + RANGE_BYTES, bytes),
      fileBytes: bytes,
      settings,
      partitionLowers: [],
      workDirectory: '',
      findingsMax: options.findingsMax,
      marketZoneMinutes: EST_OFFSET_MINUTES,
      countsMeters: true,
    });
  });
  return results;
}

function verdict(
  path: string,
  bytes: number,
  profile: Profile,
  detection: Detection,
  options: CheckOptions,
  results: RangeResult[],
): FileCheck {
  const collector = new FindingCollector(options.findingsMax);
  const meters = new Set<number>();
  const sums = { records: 0, reads: 0, first: Number.POSITIVE_INFINITY, last: Number.NEGATIVE_INFINITY };
  for (const result of results) {
    collector.addRange(result.range, result.findings, result.lines);
    for (const hash of result.meterHashes) meters.add(hash);
    sums.records += result.records;
    sums.reads += result.reads;
    sums.first = Math.min(sums.first, result.firstStamp);
    sums.last = Math.max(sums.last, result.lastStamp);
  }
  if (sums.records === 0) collector.count('cmep/empty-file', 'error');
  return {
    path,
    format: detection.format,
    profile: profile.name,
    profileReason: options.profile === undefined ? detection.reason : 'given',
    ...collector.finish(),
    bytes,
    records: sums.records,
    reads: sums.reads,
    meters: meters.size,
    firstStamp: Number.isFinite(sums.first) ? isoMinute(sums.first) : null,
    lastStamp: Number.isFinite(sums.last) ? isoMinute(sums.last) : null,
    coverage: [],
    coverageDaysLeftOut: 0,
  };
}
