import { type DeliveryRecord, deliveryId, openDeliveries } from '../as2/sender/delivery-queue.js';
import { isDue } from '../as2/sender/sender.js';
import { partnersFor, tryAgain } from '../as2/sender/try-again.js';
import type { Config } from '../pipeline/config/config.js';
import { openLedgerAt } from '../store/ledger/ledger-place.js';

/**
 * Tries deliveries while no run works on the state folder.
 * @param asked ids of deliveries that a person wants to be tried, whatever their state
 * @param dueToo also those whose time has come
 * @throws ReadmillError READMILL_STATE_BUSY, and where keys or certificates are not right
 */
export async function tryDeliveries(
  config: Config,
  clock: () => number,
  asked: ReadonlySet<string>,
  dueToo: boolean,
): Promise<DeliveryRecord[]> {
  const ledger = await openLedgerAt(config);
  try {
    const wanted = openDeliveries(ledger).filter(
      (record) => asked.has(deliveryId(record)) || (dueToo && isDue(record, clock())),
    );
    const partners = partnersFor(wanted, config.partners, clock());
    return await tryAgain(wanted, { ledger, config, partners, clock });
  } finally {
    await ledger.close();
  }
}
