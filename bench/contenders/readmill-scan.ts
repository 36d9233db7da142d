import { statSync } from 'node:fs';
import { findProfile, readerSettings } from '../../src/conformance/profiles.js';
import { formatSum } from '../../src/model/decimal.js';
import { EST_OFFSET_MINUTES } from '../../src/model/time.js';
import { forEachLimited, openPool, type WorkerPool } from '../../src/pipeline/worker-pool.js';
import { NOW_STAMP } from '../night-day.js';
import type { OpenContender, ScanAnswer } from './contender.js';

const RANGE_BYTES = 4 << 20;

/** Our pass 1, with every check that `readmill check` makes; reads are summed and not kept. */
export async function openReadmillScan(workers: number): Promise<OpenContender> {
  const pool = openPool(workers);
  return { sumFile: (path) => sumFile(path, pool), close: () => pool.close() };
}

async function sumFile(path: string, pool: WorkerPool): Promise<ScanAnswer> {
  const fileBytes = statSync(path).size;
  const settings = readerSettings(findProfile('cmep-1.20')!, 0, NOW_STAMP);
  const starts = Array.from({ length: Math.ceil(fileBytes / RANGE_BYTES) }, (_, k) => k * RANGE_BYTES);
  let reads = 0;
  let sum = 0n;
  await forEachLimited(starts.entries(), pool.workers + 1, async ([range, from]) => {
    const result = await pool.scanRange({
      startsAt: null,
      format: 'cmep',
      range,
      path,
      from,
      to: Math.min(from + RANGE_BYTES, fileBytes),
      fileBytes,
      settings,
      partitionLowers: [],
      workDirectory: '',
      findingsMax: 0,
      marketZoneMinutes: EST_OFFSET_MINUTES,
    });
    reads += result.reads;
    sum += result.sum;
  });
  return { reads, sum: formatSum(sum) };
}
