import { closeSync, openSync, readdirSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { FileCheck } from '../conformance/file-check.js';
import { type Finding, unpackFindings } from '../conformance/finding-buffer.js';
import { findProfile, type Profile, readerSettings } from '../conformance/profiles.js';
import { RULES, type SeverityName } from '../conformance/rules.js';
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
  const ruleCounts = new Float64Array(RULES.length);
  const severities = new Map<string, SeverityName>();
  const kept = new Map<string, number>();
  const findings: Finding[] = [];
  const meters = new Set<number>();
  const sums = {
    records: 0,
    reads: 0,
    first: Number.POSITIVE_INFINITY,
    last: Number.NEGATIVE_INFINITY,
    lines: 0,
  };
  for (const result of results) {
    for (let rule = 0; rule < RULES.length; rule++) ruleCounts[rule]! += result.findings.counts[rule]!;
    for (const finding of unpackFindings(result.findings, sums.lines)) {
      const worst = severities.get(finding.code);
      if (worst === undefined || rank(finding.severity) > rank(worst))
        severities.set(finding.code, finding.severity);
      const count = (kept.get(finding.code) ?? 0) + 1;
      kept.set(finding.code, count);
      if (count <= options.findingsMax) findings.push(finding);
    }
    for (const hash of result.meterHashes) meters.add(hash);
    sums.lines += result.lines;
    sums.records += result.records;
    sums.reads += result.reads;
    sums.first = Math.min(sums.first, result.firstStamp);
    sums.last = Math.max(sums.last, result.lastStamp);
  }
  if (sums.records === 0) ruleCounts[RULES.findIndex(({ code }) => code === 'cmep/empty-file')] = 1;
  const counts: FileCheck['counts'] = {};
  for (const [number, rule] of RULES.entries()) {
    if (ruleCounts[number]! > 0) {
      counts[rule.code] = {
        severity: severities.get(rule.code) ?? rule.severity,
        count: ruleCounts[number]!,
      };
    }
  }
  const total = Object.values(counts).reduce((sum, { count }) => sum + count, 0);
  return {
    path,
    format: detection.format,
    profile: profile.name,
    profileReason: options.profile === undefined ? detection.reason : 'given',
    valid: !Object.values(counts).some(({ severity }) => severity === 'error'),
    truncated: findings.length < total,
    bytes,
    records: sums.records,
    reads: sums.reads,
    meters: meters.size,
    firstStamp: Number.isFinite(sums.first) ? isoMinute(sums.first) : null,
    lastStamp: Number.isFinite(sums.last) ? isoMinute(sums.last) : null,
    counts,
    findings,
    coverage: [],
    coverageDaysLeftOut: 0,
  };
}

const rank = (severity: SeverityName): number => ['info', 'warning', 'error'].indexOf(severity);
