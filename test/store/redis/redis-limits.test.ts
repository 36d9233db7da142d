import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openLedgerAt } from '../../../src/store/ledger/ledger-place.js';
import { connectRedis } from '../../../src/store/redis/redis-connection.js';
import { type RedisServer, startRedis } from './redis-server.js';

let server: RedisServer;
const folder = mkdtempSync(join(tmpdir(), 'readmill-redis-limits-'));
beforeAll(async () => {
  server = await startRedis();
});
afterAll(async () => {
  await server.stop();
  rmSync(folder, { recursive: true });
});

it('KEY_BYTES_MAX: a key of 1,978 bytes is written, on Redis as in the embedded ledger; a longer one is refused', async () => {
  // Bytes count, not characters.
  const key = `${'\u00e9'.repeat(988)}kk`;
  expect(Buffer.byteLength(key)).toBe(1978);
  for (const ledgerUrl of ['embedded', server.url]) {
    const state = join(folder, ledgerUrl === 'embedded' ? 'own' : 'shared');
    const ledger = await openLedgerAt({ state, ledger: ledgerUrl, hosts: { leaseSeconds: 5 } });
    try {
      await ledger.write([[key, 1]]);
      await expect(ledger.write([[`${key}k`, 2]])).rejects.toThrow();
      await ledger.write([['after', 3]]);
      expect([ledger.get(key), ledger.get(`${key}k`), ledger.get('after')]).toEqual([1, undefined, 3]);
      ledger.check();
    } finally {
      await ledger.close();
    }
  }
});

it('RECONNECT_PAUSE_MS_MAX: the pauses before a connection is tried again grow up to a second', async () => {
  const redis = await connectRedis({ state: '', ledger: server.url, hosts: { leaseSeconds: 5 } }, null);
  const { retryStrategy } = redis.options;
  redis.disconnect();
  expect([1, 9, 10, 11, 1e6].map((times) => retryStrategy!(times))).toEqual([100, 900, 1_000, 1_000, 1_000]);
});
