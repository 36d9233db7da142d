import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RunFolder } from './night-folder.js';

/** Members of `report.json` that hang on the input alone: no path, no time. */
const REPORT_MEMBERS = [
  'runId',
  'status',
  'reads',
  'meters',
  'readSuccessPercent',
  'batches',
  'findings',
  'findingDetails',
  'sources',
  'days',
  'methods',
  'scaledSpans',
  'outputSums',
  'reviewSample',
  'reviewCount',
  'missingMeterSample',
];
const INPUT_MEMBERS = [
  'sha256',
  'status',
  'records',
  'reads',
  'rejectedRecords',
  'rejectedReads',
  'sizeBytes',
];

/**
 * SHA-256 of every file that runs left for people and partners, by its path; what tells the folder or the
 * time of day is taken out of manifest and report. Two folders in which the same was done have the same.
 */
export function fingerprint(folder: RunFolder): Record<string, string> {
  const found: Record<string, string> = {};
  for (const part of ['outbox', 'state/archive', 'state/history', 'state/quarantine', 'state/reports']) {
    for (const path of filesBelow(folder.directory, part)) {
      if (path.endsWith('.html')) continue;
      found[path] = createHash('sha256').update(comparable(folder, path)).digest('hex');
    }
  }
  return found;
}

/** Paths of all files below a folder, relative to `base`, sorted. */
export function filesBelow(base: string, part: string): string[] {
  if (!existsSync(join(base, part))) return [];
  const entries = readdirSync(join(base, part), { withFileTypes: true, recursive: true });
  const files = entries.filter((entry) => !entry.isDirectory());
  return files.map((entry) => join(entry.parentPath, entry.name).slice(base.length + 1)).sort();
}

function comparable(folder: RunFolder, path: string): Buffer | string {
  const bytes = readFileSync(join(folder.directory, path));
  if (path.endsWith('/manifest.json')) return bytes.toString().replaceAll(folder.directory, '');
  if (!path.endsWith('/report.json')) return bytes;
  const report = JSON.parse(bytes.toString()) as Record<string, unknown>;
  const pick = (from: Record<string, unknown>, names: string[]) => names.map((name) => [name, from[name]]);
  const inputs = report.inputs as Record<string, unknown>[];
  return JSON.stringify([pick(report, REPORT_MEMBERS), inputs.map((input) => pick(input, INPUT_MEMBERS))]);
}
