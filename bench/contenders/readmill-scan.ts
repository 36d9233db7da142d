import { statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { findProfile } from '../../src/conformance/profiles.js';
import { sourceSettings } from '../../src/conformance/source-settings.js';
import type { FormatName } from '../../src/formats/formats.js';
import { formatSum } from '../../src/model/decimal.js';
import { EST_OFFSET_MINUTES, parseZone } from '../../src/model/time.js';
import { forEachLimited, openPool, type WorkerPool } from '../../src/pipeline/worker-pool.js';
import { BENCH_PROFILES } from '../night-data.js';
import { NOW_STAMP } from '../night-day.js';
import type { OpenContender, ScanAnswer } from './contender.js';

const RANGE_BYTES = 4 << 20;

/** Our pass 1, with every check that `readmill check` makes; reads are summed and not kept. */
export async function openReadmillScan(workers: number, format: FormatName): Promise<OpenContender> {
  const pool = openPool(workers);
  // The threads load their code before the first pass, as other contenders do.
  await Promise.all(Array.from({ length: workers }, () => pool.hashFile(fileURLToPath(import.meta.url))));
  return { sumFile: (path) => sumFile(path, format, pool), close: () => pool.close() };
}

async function sumFile(path: string, format: FormatName, pool: WorkerPool): Promise<ScanAnswer> {
  const fileBytes = statSync(path).size;
  const profile = findProfile(BENCH_PROFILES[format])!;
  const settings = sourceSettings(profile, parseZone(profile.timeZone)!, NOW_STAMP)[format];
  const starts = Array.from({ length: Math.ceil(fileBytes / RANGE_BYTES) }, (_, k) => k * RANGE_BYTES);
  let reads = 0;
  let sum = 0n;
  await forEachLimited(starts.entries(), pool.workers + 1, async ([range, from]) => {
    const result = await pool.scanRange({
      startsAt: null,
      format,
      range,
      path,
      from,
      to: Math.min(from + RANGE_BYTES, fileBytes),
      fileBytes,
      settings,
      partitionLowers: [],
      isShared: false,
      workDirectory: '',
      findingsMax: 0,
      marketZoneMinutes: EST_OFFSET_MINUTES,
    });
    reads += result.reads;
    sum += result.sum;
  });
  return { reads, sum: formatSum(sum) };
}
