import type { LedgerPlace } from '../store/redis/redis-connection.js';
import { redisWarnings } from '../store/redis/redis-health.js';

/** Tells on standard error what of the settings of a ledger's Redis may lose it. */
export async function warnOfRedis(place: LedgerPlace): Promise<void> {
  for (const warning of await redisWarnings(place)) process.stderr.write(`readmill: ${warning}\n`);
}
