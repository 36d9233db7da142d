import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { connectRedis, type LedgerPlace } from '../../../src/store/redis/redis-connection.js';
import { findKeys } from '../../../src/store/redis/redis-keys.js';
import { takeTurn } from '../../../src/store/redis/redis-turn.js';
import { type RedisServer, startRedis } from './redis-server.js';

let server: RedisServer;
let place: LedgerPlace;
const folders: string[] = [];
beforeAll(async () => {
  server = await startRedis();
});
afterAll(async () => {
  await server.stop();
  for (const folder of folders) rmSync(folder, { recursive: true });
});
beforeEach(() => {
  const state = mkdtempSync(join(tmpdir(), 'readmill-turn-'));
  folders.push(state);
  place = { state, ledger: server.url, hosts: { leaseSeconds: 1 } };
});

it('is had by one host; the next is told who has it, and follows', async () => {
  const waits: number[] = [];
  const first = await takeTurn(place, ({ pid }) => waits.push(pid));
  const order: string[] = [];
  let isWaiting: () => void = () => undefined;
  const waiting = new Promise<void>((resolve) => {
    isWaiting = resolve;
  });
  const following = takeTurn(place, ({ pid }) => {
    waits.push(pid);
    isWaiting();
  }).then((turn) => {
    order.push('second');
    return turn;
  });
  await waiting;
  order.push('first gives');
  await first.give();
  const second = await following;
  expect(order).toEqual(['first gives', 'second']);
  expect(waits).toEqual([process.pid]);
  await second.give();
});

it('is lost where another took it, and is not given away by who lost it', async () => {
  const first = await takeTurn(place, () => undefined);
  const redis = await connectRedis(place, null);
  const { watchLease } = findKeys(place.state)!;
  await redis.del(watchLease);
  const second = await takeTurn(place, () => undefined);
  const holder = await redis.get(watchLease);
  expect(await first.lost).toMatchObject({ code: 'READMILL_STATE_LOST' });
  await first.give();
  expect(await redis.get(watchLease)).toBe(holder);
  await second.give();
  redis.disconnect();
});
