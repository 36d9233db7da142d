import type { Redis } from 'ioredis';
import { connectRedis, type LedgerPlace, leaseMsOf, redisError, shownUrl } from './redis-connection.js';

/**
 * What of a Redis's settings may lose the ledger; empty where nothing does, or the ledger is embedded.
 * @throws ReadmillError READMILL_REDIS where it cannot be asked
 */
export async function redisWarnings(place: LedgerPlace): Promise<string[]> {
  if (place.ledger === 'embedded') return [];
  const redis = await connectRedis(place, leaseMsOf(place));
  try {
    const facts = await factsOf(redis);
    return problemsOf(facts).map(
      (problem) => `Redis at ${shownUrl(place.ledger)}: ${problem} See docs/operating/scaling.md#redis.`,
    );
  } catch (thrown) {
    throw redisError(place, thrown);
  } finally {
    redis.disconnect();
  }
}

async function factsOf(redis: Redis): Promise<Map<string, string>> {
  const text = `${await redis.info('persistence')}\n${await redis.info('memory')}`;
  const facts = new Map(
    text.split(/\r?\n/).map((line) => [line.split(':')[0]!, line.slice(line.indexOf(':') + 1)]),
  );
  // Where somebody else runs the Redis, its settings may not be asked for.
  const fsync = (await redis.config('GET', 'appendfsync').catch(() => [])) as string[];
  return facts.set('appendfsync', fsync[1] ?? '');
}

function problemsOf(facts: ReadonlyMap<string, string>): string[] {
  const problems: string[] = [];
  if (facts.get('aof_enabled') === '0') {
    problems.push(
      'it keeps what it is told in memory only (appendonly is "no"): when it ends, the ledger is lost, and no run can go on. Set appendonly to "yes" and appendfsync to "always".',
    );
  } else if (facts.get('appendfsync') !== 'always') {
    problems.push(
      'it may lose the writes of its last second when its machine fails (appendfsync is not "always"). Set it to "always".',
    );
  }
  const policy = facts.get('maxmemory_policy');
  if (policy !== undefined && policy !== 'noeviction')
    problems.push(
      `it throws entries away when its memory is full (maxmemory-policy is "${policy}"). Set it to "noeviction".`,
    );
  return problems;
}
