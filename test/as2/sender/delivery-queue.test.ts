import { expect, it } from 'vitest';
import {
  type DeliveryRecord,
  finishedDeliveries,
  forgetOldDeliveries,
  openDeliveries,
  saveDelivery,
} from '../../../src/as2/sender/delivery-queue.js';
import { openLedger } from '../../../src/store/ledger/ledger.js';
import { temporaryFolder } from '../../run/night-folder.js';

it('the oldest deliveries that are done are forgotten beyond what is kept; those that are open never', async () => {
  const ledger = openLedger(temporaryFolder());
  const record = (file: string, settledMs: number | null) =>
    saveDelivery(ledger, {
      ...{ partner: 'p', file, sha256: 'a'.repeat(64), settledMs },
      status: settledMs === null ? 'waiting' : 'delivered',
    } as DeliveryRecord);
  for (const [file, settledMs] of [
    ['open', null],
    ['c', 30],
    ['a', 10],
    ['b', 20],
  ] as const)
    record(file, settledMs);
  const files = () => finishedDeliveries(ledger).map(({ file }) => file);
  forgetOldDeliveries(ledger, 3);
  expect(files()).toEqual(['c', 'b', 'a']);
  forgetOldDeliveries(ledger, 2);
  expect(files()).toEqual(['c', 'b']);
  forgetOldDeliveries(ledger, 0);
  expect([files(), openDeliveries(ledger).map(({ file }) => file)]).toEqual([[], ['open']]);
  expect(ledger.list('delivery/')).toHaveLength(2);
  await ledger.close();
});
