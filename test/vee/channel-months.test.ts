import { expect, test, vi } from 'vitest';
import { compareMonths, extentOf } from './months/compare-months.js';

vi.mock('../../src/pipeline/worker-pool.js', async (original) => ({
  ...(await original<object>()),
  openPool: (await import('./months/own-thread.js')).ownThread,
}));

/** The same months each time; `npm run test:long` draws others. */
const SEED = 92_577_414;

test('months of channels come out as the rules say', { timeout: 400_000 }, async () => {
  expect(await compareMonths(extentOf(3, 100, SEED))).toEqual([]);
});
