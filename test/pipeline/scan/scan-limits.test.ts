import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { findProfile } from '../../../src/conformance/profiles.js';
import { ruleNumber } from '../../../src/conformance/rules.js';
import { SILENT } from '../../../src/pipeline/progress.js';
import type { RunRecord } from '../../../src/pipeline/run-state.js';
import { scanInputs } from '../../../src/pipeline/scan/scan.js';
import { scanRange } from '../../../src/pipeline/scan/scan-range.js';
import type { WorkerPool } from '../../../src/pipeline/worker-pool.js';
import type { Ledger } from '../../../src/store/ledger/ledger.js';
import { lineOf } from '../../formats/cmep/hand-made-lines.js';
import { temporaryFolder } from '../../run/night-folder.js';

const folder = temporaryFolder();
const pool = {
  ...{ tasksAtATime: 1, isShared: false },
  hashFile: async (path: string) => path,
  scanRange: async (task: Parameters<WorkerPool['scanRange']>[0]) => scanRange(task),
} as unknown as WorkerPool;
const ledger = { get: () => undefined } as unknown as Ledger;

/** Scans a file of so many lines with one fault each. @returns places of it that are kept, and how many there are */
async function scan(badLines: number, rangeBytes: number): Promise<[number, number]> {
  const path = join(folder, 'bad.cmep');
  writeFileSync(path, `${lineOf({ 17: 'x' })}\r\n`.repeat(badLines));
  const { size, mtimeMs, ctimeMs } = statSync(path);
  const input = {
    ...{ source: 'north', sourceIndex: 0, path, name: 'bad.cmep', sha256: '', status: 'claimed' },
    ...{ sizeBytes: size, modifiedMs: mtimeMs, changedMs: ctimeMs },
    members: [{ path, name: 'bad.cmep', sizeBytes: size }],
  };
  const source = { profile: findProfile('cmep-1.20')!, timeZone: 'UTC', reject: 'record' };
  const run = {
    inputs: [input],
    config: { sources: [source], marketTimeZone: 'EST' },
    nowStamp: Date.UTC(2026, 11, 1) / 60_000,
    partitionMap: { ids: [0], lowers: [''] },
  } as unknown as RunRecord;
  const { examples, ruleCounts } = await scanInputs(run, ledger, pool, folder, rangeBytes, SILENT);
  const places = examples.filter(({ finding }) => finding.code === 'cmep/bad-number');
  expect(places.map(({ finding }) => finding.line)).toEqual(places.map((_, i) => i + 1));
  return [places.length, ruleCounts[ruleNumber('cmep/bad-number')]!];
}

it('RUN_FINDINGS_MAX: a hundred places of a code are kept of a run, and all are counted', async () => {
  expect(await scan(100, 2 ** 20)).toEqual([100, 100]);
  expect(await scan(101, 2 ** 20)).toEqual([100, 101]);
  // In ranges, each of which keeps fewer than are kept of all.
  expect(await scan(150, 5_000)).toEqual([100, 150]);
});
