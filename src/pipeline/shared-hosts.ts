import { connectRedis, type LedgerPlace, leaseMsOf, redisError } from '../store/redis-connection.js';
import { findKeys } from '../store/redis-keys.js';
import { QUEUE } from './shared-jobs.js';

/**
 * Names of the processes that take jobs of a state folder at this moment, with this version.
 * @throws ReadmillError READMILL_REDIS where Redis cannot be asked
 */
export async function hostsAtWork(place: LedgerPlace): Promise<string[]> {
  const keys = findKeys(place.state);
  if (keys === null) return [];
  const { Queue } = await import('bullmq');
  const connection = await connectRedis(place, leaseMsOf(place));
  const queue = new Queue(QUEUE, { connection, prefix: keys.jobs, skipMetasUpdate: true });
  queue.on('error', () => undefined);
  try {
    const workers = await queue.getWorkers();
    return workers.map(({ rawname = '' }) => rawname.slice(rawname.lastIndexOf(':') + 1)).sort();
  } catch (thrown) {
    throw redisError(place, thrown);
  } finally {
    await queue.close();
    connection.disconnect();
  }
}
