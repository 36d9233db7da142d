import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Ledger } from '../../../src/store/ledger/ledger.js';
import { openLedgerAt, viewLedgerAt } from '../../../src/store/ledger/ledger-place.js';
import { connectRedis, type LedgerPlace } from '../../../src/store/redis/redis-connection.js';
import { findKeys } from '../../../src/store/redis/redis-keys.js';
import { expectLikeMap } from '../ledger/ledger-model.js';
import { cableTo, type RedisServer, startRedis } from './redis-server.js';

let server: RedisServer;
let place: LedgerPlace;
const opened: Ledger[] = [];
beforeAll(async () => {
  server = await startRedis();
});
afterAll(() => server.stop());
beforeEach(() => {
  const state = mkdtempSync(join(tmpdir(), 'readmill-redis-ledger-'));
  place = { state, ledger: server.url, hosts: { leaseSeconds: 1 } };
});
afterEach(async () => {
  for (const ledger of opened.splice(0)) await ledger.close();
  rmSync(place.state, { recursive: true, force: true });
});

/** Opens it, and closes it when the test is done. */
async function opening(at: LedgerPlace = place): Promise<Ledger> {
  const ledger = await openLedgerAt(at);
  opened.push(ledger);
  return ledger;
}

const withCode = (code: string) => expect.objectContaining({ code });

describe('a ledger on Redis', () => {
  it('is what a map holds after the same writes, for who opens it next and for who looks at it', async () => {
    const ledger = await opening();
    const model = await expectLikeMap(ledger, 60);
    const view = (await viewLedgerAt(place))!;
    for (const [key, value] of model) expect(view.get(key)).toEqual(value);
    await ledger.close();
    const again = await opening();
    for (const [key, value] of model) expect(again.get(key)).toEqual(value);
    expect(again.fence).toBe(ledger.fence + 1);
    // The layout and the sum.
    expect(again.check()).toBe(model.size + 2);
  });

  it('is nothing yet to who looks at it first', async () => {
    expect(await viewLedgerAt(place)).toBeNull();
  });

  it('is taken by one at a time', async () => {
    const ledger = await opening();
    await expect(openLedgerAt(place)).rejects.toThrow(withCode('READMILL_STATE_BUSY'));
    await expect(openLedgerAt(place)).rejects.toThrow(`process ${process.pid} `);
    await ledger.write([['run/1', 1]]);
    await ledger.close();
    expect((await opening()).get('run/1')).toBe(1);
  });

  it('is all or nothing where a value cannot be kept', async () => {
    const ledger = await opening();
    await ledger.write([['a', 1]]);
    const bad: [string, unknown][] = [
      ['a', 2],
      ['c', () => {}],
    ];
    await expect(ledger.write(bad)).rejects.toThrow();
    await expect(ledger.write([['k'.repeat(5_000), 3]])).rejects.toThrow();
    await ledger.write([['b', 1]]);
    const view = (await viewLedgerAt(place))!;
    expect(['a', 'b', 'c'].map((key) => view.get(key))).toEqual([1, 1, undefined]);
    expect(view.check()).toBe(4);
  });

  it('keeps writes that are made at once in their order', async () => {
    const ledger = await opening();
    await Promise.all(Array.from({ length: 50 }, (_, i) => ledger.write([['count', i]])));
    expect((await viewLedgerAt(place))!.get('count')).toBe(49);
  });
});

describe('a holder that stood still for longer than its lease', () => {
  it('writes no more, once another has taken the ledger', async () => {
    const cable = await cableTo(server.port);
    const late = await opening({ ...place, ledger: `redis://127.0.0.1:${cable.port}/0` });
    await late.write([['file/1', 'late']]);
    cable.cut();
    const writing = late.write([['file/1', 'too late']]);
    const confirming = late.confirm();
    const refused = Promise.all([
      expect(writing).rejects.toThrow(withCode('READMILL_REDIS')),
      expect(confirming).rejects.toThrow(withCode('READMILL_REDIS')),
    ]);
    const next = await openedOnceFree();
    await next.write([['file/1', 'next']]);
    await refused;
    cable.mend();
    // What lay in the cable reaches Redis now.
    await expect(late.write([['file/2', 'late']])).rejects.toThrow();
    await next.confirm();
    const view = (await viewLedgerAt(place))!;
    expect([view.get('file/1'), view.get('file/2')]).toEqual(['next', undefined]);
    await next.write([['file/3', 'next']]);
    cable.close();
  });

  it('is told so by each write and by asking, and cannot give back what another has', async () => {
    const late = await opening();
    const redis = await connectRedis(place, null);
    await redis.del(findKeys(place.state)!.lease);
    const next = await opening();
    await expect(late.confirm()).rejects.toThrow(withCode('READMILL_STATE_LOST'));
    await expect(late.write([['a', 1]])).rejects.toThrow(withCode('READMILL_STATE_LOST'));
    await late.close();
    await expect(openLedgerAt(place)).rejects.toThrow(withCode('READMILL_STATE_BUSY'));
    await next.write([['a', 2]]);
    redis.disconnect();
  });

  it('goes on where nobody has taken it', async () => {
    const ledger = await opening();
    const redis = await connectRedis(place, null);
    await redis.del(findKeys(place.state)!.lease);
    await ledger.write([['a', 1]]);
    await expect(openLedgerAt(place)).rejects.toThrow(withCode('READMILL_STATE_BUSY'));
    redis.disconnect();
  });

  /** Opens the ledger as soon as the lease of its holder has run out. */
  async function openedOnceFree(): Promise<Ledger> {
    for (;;) {
      try {
        return await opening();
      } catch (thrown) {
        expect(thrown).toEqual(withCode('READMILL_STATE_BUSY'));
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
  }
});

describe('a Redis that has lost something', () => {
  async function withRedis(
    change: (entries: string, sequence: string) => (string | number)[],
  ): Promise<void> {
    const redis = await connectRedis(place, null);
    const { entries, sequence } = findKeys(place.state)!;
    const [command, ...words] = change(entries, sequence);
    await redis.call(String(command), ...words);
    redis.disconnect();
  }

  it.each<[string, (entries: string, sequence: string) => (string | number)[]]>([
    ['all of it', (entries) => ['DEL', entries]],
    ['an entry', (entries) => ['HDEL', entries, 'file/1']],
    ['an entry and what all add up to', (entries) => ['HDEL', entries, 'file/1', 'sum']],
    ['the last write', (_, sequence) => ['DECR', sequence]],
    ['a byte of an entry', (entries) => ['HSET', entries, 'file/1', 'x'.repeat(20)]],
  ])('is told that lost %s', async (_, change) => {
    const ledger = await opening();
    await ledger.write([['file/1', 1]]);
    await ledger.close();
    await withRedis(change);
    await expect(openLedgerAt(place)).rejects.toThrow(withCode('READMILL_STATE_DAMAGED'));
    // It is told again: whoever is refused keeps nothing.
    await expect(openLedgerAt(place)).rejects.toThrow(withCode('READMILL_STATE_DAMAGED'));
  });

  it('is told to the holder too, and nothing is written on top', async () => {
    const ledger = await opening();
    await ledger.write([['file/1', 1]]);
    await ledger.write([['file/2', 1]]);
    await withRedis((_, sequence) => ['SET', sequence, 0]);
    await expect(ledger.write([['file/3', 1]])).rejects.toThrow(withCode('READMILL_STATE_DAMAGED'));
    await expect(ledger.write([['file/4', 1]])).rejects.toThrow(withCode('READMILL_STATE_DAMAGED'));
  });

  it('has all that was written where it was killed', async () => {
    const own = await startRedis();
    const at = { ...place, ledger: own.url };
    const ledger = await opening(at);
    for (let i = 0; i < 20; i++) await ledger.write([[`file/${i}`, i]]);
    await own.kill();
    await own.start();
    await ledger.write([['file/20', 20]]);
    expect((await viewLedgerAt(at))!.list('file/')).toHaveLength(21);
    await ledger.close();
    opened.length = 0;
    await own.stop();
  });
});

describe('a state folder', () => {
  it('is refused with an embedded ledger once its ledger is on a Redis', async () => {
    await (await opening()).close();
    const embedded = { ...place, ledger: 'embedded' };
    await expect(openLedgerAt(embedded)).rejects.toThrow(/is on a Redis/);
    await expect(viewLedgerAt(embedded)).rejects.toThrow(/is on a Redis/);
  });

  it('has its embedded ledger moved to Redis, whole, and never back', async () => {
    const embedded = { ...place, ledger: 'embedded' };
    const before = await openLedgerAt(embedded);
    const model = await expectLikeMap(before, 20);
    await expect(openLedgerAt(place)).rejects.toThrow(withCode('READMILL_STATE_BUSY'));
    await before.close();
    await expect(viewLedgerAt(place)).rejects.toThrow(/moves it to Redis/);
    const ledger = await opening();
    expect(ledger.check()).toBe(model.size + 2);
    for (const [key, value] of model) expect(ledger.get(key)).toEqual(value);
    expect(readdirSync(place.state).sort()).toEqual(['ledger-before-redis', 'ledger-redis']);
    await expect(openLedgerAt(embedded)).rejects.toThrow(/is on a Redis/);
  });

  it('takes the password of its Redis from a file', async () => {
    const passwordFile = join(place.state, 'password');
    writeFileSync(passwordFile, 'hush hush\n');
    const redis = await connectRedis(place, null);
    await redis.config('SET', 'requirepass', 'hush hush');
    const withPassword = { ...place, hosts: { ...place.hosts, passwordFile } };
    await (await openLedgerAt(withPassword)).close();
    await expect(openLedgerAt(place)).rejects.toThrow(/NOAUTH/);
    await redis.config('SET', 'requirepass', '');
    redis.disconnect();
    rmSync(passwordFile);
    await expect(openLedgerAt(withPassword)).rejects.toThrow(withCode('READMILL_CONFIG_INVALID'));
  });

  it('says what is wrong where no Redis answers', async () => {
    const nobody = { ...place, ledger: 'redis://127.0.0.1:1/0' };
    await expect(openLedgerAt(nobody)).rejects.toThrow(withCode('READMILL_REDIS'));
    await expect(openLedgerAt(nobody)).rejects.toThrow(/redis:\/\/127\.0\.0\.1:1\/0.*ECONNREFUSED/s);
  });
});
