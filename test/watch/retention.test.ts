import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { watchSchema } from '../../src/pipeline/config/watch-config.js';
import { removeOldRuns } from '../../src/watch/retention.js';

let state = '';
beforeEach(() => {
  state = mkdtempSync(join(tmpdir(), 'readmill-kept-'));
});
afterEach(() => rmSync(state, { recursive: true }));

const NOW = Date.parse('2026-11-25T07:00:00Z');

function makeRun(folder: string, name: string, bytes: number): void {
  mkdirSync(join(state, folder, name, 'north'), { recursive: true });
  writeFileSync(join(state, folder, name, 'north', 'a.cmep'), Buffer.alloc(bytes));
}

function remove(retention: Record<string, unknown>, unfinished?: string) {
  const watch = watchSchema.parse({ retention });
  const ledger = {
    confirm: async () => undefined,
    get: <T>() => (unfinished === undefined ? undefined : ({ runId: unfinished } as T)),
  };
  return removeOldRuns({ state, watch }, ledger, NOW);
}

const left = (folder: string) => readdirSync(join(state, folder)).sort();

it('removes what is older than so many days, each folder by its own rule', async () => {
  for (const folder of ['archive', 'reports']) {
    makeRun(folder, '20261001070000-0001', 10);
    makeRun(folder, '20261122065959-0002', 20);
    makeRun(folder, '20261122070000-0003', 30);
    makeRun(folder, '20261124070000-0004', 40);
  }
  const removed = await remove({ archive: { days: 3 }, reports: { days: null } });
  expect(removed).toEqual([{ folder: 'archive', runs: 2, bytes: 30 }]);
  expect(left('archive')).toEqual(['20261122070000-0003', '20261124070000-0004']);
  expect(left('reports')).toHaveLength(4);
});

it('removes the oldest while there are more bytes than are kept, but never the latest', async () => {
  makeRun('quarantine', '20261120070000-0001', 100);
  makeRun('quarantine', '20261121070000-0002', 100);
  makeRun('quarantine', '20261122070000-0003', 100);
  expect(await remove({ quarantine: { maximumBytes: 200 } })).toEqual([
    { folder: 'quarantine', runs: 1, bytes: 100 },
  ]);
  expect(await remove({ quarantine: { maximumBytes: 200 } })).toEqual([]);
  await remove({ quarantine: { maximumBytes: 0 } });
  expect(left('quarantine')).toEqual(['20261122070000-0003']);
});

it('leaves an unfinished run, and whatever is no run', async () => {
  makeRun('archive', '20200101070000-0001', 1);
  makeRun('archive', '20200102070000-0002', 1);
  makeRun('archive', '20261124070000-0003', 1);
  makeRun('archive', 'notes', 1);
  mkdirSync(join(state, 'elsewhere'));
  writeFileSync(join(state, 'elsewhere', 'kept'), 'x');
  symlinkSync(join(state, 'elsewhere'), join(state, 'archive', '20200103070000-0004'));
  symlinkSync(join(state, 'elsewhere'), join(state, 'archive', '20200102070000-0002', 'link'));
  await remove({}, '20200101070000-0001');
  expect(left('archive')).toEqual([
    '20200101070000-0001',
    '20200103070000-0004',
    '20261124070000-0003',
    'notes',
  ]);
  expect(existsSync(join(state, 'elsewhere', 'kept'))).toBe(true);
});

it('finds nothing to do where there is no state yet', async () => {
  expect(await remove({})).toEqual([]);
});
