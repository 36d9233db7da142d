import { test, vi } from 'vitest';
import { compareMonths, extentOf } from './months/compare-months.js';

vi.mock('../../src/pipeline/worker-pool.js', async (original) => ({
  ...(await original<object>()),
  openPool: (await import('./months/own-thread.js')).ownThread,
}));

test('months of channels come out as the rules say', async () => {
  await compareMonths(extentOf(3, 100));
});
