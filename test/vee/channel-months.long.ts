import { expect, test, vi } from 'vitest';
import { compareMonths, extentOf } from './months/compare-months.js';

vi.mock('../../src/pipeline/worker-pool.js', async (original) => ({
  ...(await original<object>()),
  openPool: (await import('./months/own-thread.js')).ownThread,
}));

/** Some minutes; the few hundred of `npm test` are drawn from the same months. */
test('thousands of months of channels come out as the rules say', { timeout: 3_600_000 }, async () => {
  expect(await compareMonths(extentOf(30, 120))).toEqual([]);
});
