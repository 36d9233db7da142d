import { isOnRedis, type LedgerPlace } from '../redis/redis-connection.js';
import { type Ledger, type LedgerView, openLedger, viewLedger } from './ledger.js';

/**
 * Opens the ledger of a configuration, wherever it is kept, and takes the state folder for this process.
 * @throws ReadmillError as `openLedger` and `openRedisLedger`
 */
export async function openLedgerAt(place: LedgerPlace): Promise<Ledger> {
  if (!isOnRedis(place)) return openLedger(place.state);
  const { openRedisLedger } = await import('../redis/redis-ledger.js');
  return openRedisLedger(place);
}

/**
 * Opens the ledger of a configuration to look at it, whoever works on it.
 * @returns null where there is none yet
 * @throws ReadmillError as `viewLedger` and `viewRedisLedger`
 */
export async function viewLedgerAt(place: LedgerPlace): Promise<LedgerView | null> {
  if (!isOnRedis(place)) return viewLedger(place.state);
  const { viewRedisLedger } = await import('../redis/redis-ledger.js');
  return viewRedisLedger(place);
}
