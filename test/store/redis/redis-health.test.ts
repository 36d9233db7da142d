import { afterAll, beforeAll, expect, it } from 'vitest';
import { connectRedis, type LedgerPlace } from '../../../src/store/redis/redis-connection.js';
import { redisWarnings } from '../../../src/store/redis/redis-health.js';
import { type RedisServer, startRedis } from './redis-server.js';

let server: RedisServer;
let place: LedgerPlace;
beforeAll(async () => {
  server = await startRedis();
  place = { state: '', ledger: server.url, hosts: { leaseSeconds: 5 } };
});
afterAll(() => server.stop());

it.each([
  [{ appendonly: 'yes', appendfsync: 'always', 'maxmemory-policy': 'noeviction' }, []],
  [{ 'maxmemory-policy': 'allkeys-lru' }, [/"noeviction"/]],
  [{ appendfsync: 'everysec' }, [/may lose the writes of its last second.*"always"/, /"noeviction"/]],
  [{ appendonly: 'no', 'maxmemory-policy': 'noeviction' }, [/in memory only.*appendonly to "yes"/]],
])('of a Redis with %o', async (settings, expected) => {
  const redis = await connectRedis(place, null);
  for (const [name, value] of Object.entries(settings)) await redis.config('SET', name, value);
  redis.disconnect();
  const warnings = await redisWarnings(place);
  expect(warnings).toHaveLength(expected.length);
  for (const [i, pattern] of expected.entries()) expect(warnings[i]).toMatch(pattern);
});

it('has nothing to say of an embedded ledger', async () => {
  expect(await redisWarnings({ ...place, ledger: 'embedded' })).toEqual([]);
});
