import { connectRedis, type LedgerPlace, leaseMsOf } from '../../store/redis/redis-connection.js';
import { findKeys } from '../../store/redis/redis-keys.js';
import { QUEUE } from './shared-jobs.js';

/**
 * Names of the processes that take jobs of a state folder at this moment, with this version.
 * @returns null where the Redis does not tell who is connected
 * @throws ReadmillError READMILL_REDIS where it cannot be reached
 */
export async function hostsAtWork(place: LedgerPlace): Promise<string[] | null> {
  const keys = findKeys(place.state);
  if (keys === null) return [];
  const { Queue } = await import('bullmq');
  const connection = await connectRedis(place, leaseMsOf(place));
  const queue = new Queue(QUEUE, { connection, prefix: keys.jobs, skipMetasUpdate: true });
  queue.on('error', () => undefined);
  try {
    const workers = await queue.getWorkers();
    return workers.map(({ rawname = '' }) => rawname.slice(rawname.lastIndexOf(':') + 1)).sort();
  } catch {
    // Where somebody else runs the Redis, it may not be asked for that.
    return null;
  } finally {
    await queue.close();
    connection.disconnect();
  }
}
