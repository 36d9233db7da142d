import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type DeliveryRecord, saveDelivery } from '../../src/as2/sender/delivery-queue.js';
import { type Config, readConfig } from '../../src/pipeline/config/config.js';
import { serveSchema } from '../../src/pipeline/config/watch-config.js';
import { openAccess } from '../../src/serve/access.js';
import { LISTENERS_MAX, LiveEvents } from '../../src/serve/live-events.js';
import { nightView } from '../../src/serve/night-view.js';
import type { Served } from '../../src/serve/served.js';
import { HEADER_BYTES_MAX, makeDashboard } from '../../src/serve/server.js';
import { type Ledger, type LedgerWrite, openLedger } from '../../src/store/ledger/ledger.js';
import { NightBook } from '../../src/watch/night-book.js';
import type { WatchStatus } from '../../src/watch/watch.js';
import { answeredConnections } from '../as2/open-connections.js';

const NOW = Date.parse('2026-11-21T12:00:00Z');
const status: WatchStatus = {
  ...{ phase: 'waiting', isStopping: false, reason: null, sinceMs: NOW, step: null, failure: null },
  ...{ polled: [], polledMs: NOW },
};
let folder = '';
let config: Config;
let served: Served;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'readmill-serve-limits-'));
  const path = join(folder, 'night.json');
  const output = { directory: 'outbox', sender: 'A', receiver: 'B' };
  const sources = [{ name: 'north', inbox: 'north' }];
  writeFileSync(path, JSON.stringify({ state: 'state', sources, output, watch: { pollSeconds: 30 } }));
  config = readConfig(path);
  served = {
    ...{ config, clock: () => NOW, book: new NightBook(config.state), watch: { status } },
    certificates: () => ({ certificates: [], problems: [] }),
    retry: async () => 'asked',
  };
});
afterAll(() => rmSync(folder, { recursive: true }));

/** A browser that takes nothing until it is asked to. */
function browser(): ServerResponse & { written: () => number } {
  const stream = new PassThrough({ highWaterMark: 1 });
  return Object.assign(stream, { writeHead: () => stream, written: () => stream.writableLength }) as never;
}

async function listening() {
  const server = makeDashboard(served, serveSchema.parse({}));
  await server.listen({ host: '127.0.0.1', port: 0 });
  return { server, port: (server.server.address() as AddressInfo).port };
}

describe('limits of the dashboard', () => {
  it('HEADER_BYTES_MAX: header lines beyond it are refused', async () => {
    const { server, port } = await listening();
    const statusWith = async (bytes: number) => {
      const headers = { x: 'h'.repeat(bytes) };
      const answer = await fetch(`http://127.0.0.1:${port}/health/live`, { headers });
      await answer.arrayBuffer();
      return answer.status;
    };
    // The request line and what fetch adds take some of it.
    expect(await statusWith(HEADER_BYTES_MAX - 400)).toBe(200);
    expect(await statusWith(HEADER_BYTES_MAX)).toBe(431);
    await server.close();
  });

  it('CONNECTIONS_MAX: 256 connections are answered, the next is closed', async () => {
    const { server, port } = await listening();
    expect(await answeredConnections(port, 257)).toBe(256);
    await server.close();
  });

  it('LISTENERS_MAX: so many pages are told of changes, one more is not, until one has gone', () => {
    const events = new LiveEvents(served, { forget: () => {} });
    const pages = Array.from({ length: LISTENERS_MAX }, browser);
    expect(pages.map((page) => events.add(page, {}))).not.toContain(false);
    expect(events.add(browser(), {})).toBe(false);
    pages[0]!.emit('close');
    expect([events.add(browser(), {}), events.add(browser(), {})]).toEqual([true, false]);
    events.close();
  });

  it('UNSENT_BYTES_MAX: a page that takes nothing is let go when so much waits for it', async () => {
    const events = new LiveEvents(served, { forget: () => {} });
    const page = browser();
    events.add(page, {});
    // The page as it is now is told first.
    await events.look();
    page.write('x'.repeat(256 * 1024 - page.writableLength));
    const progress = async (done: number) => {
      Object.assign(status, { phase: 'running', step: { step: 'reading', done, total: 4, unit: 'bytes' } });
      await events.look();
      return page.destroyed;
    };
    expect(await progress(1)).toBe(false);
    expect(page.writableLength).toBeGreaterThan(256 * 1024);
    expect(await progress(2)).toBe(true);
    Object.assign(status, { phase: 'waiting', step: null });
    events.close();
  });

  it('TOKEN_CHARACTERS_MAX: a token of 512 characters is taken, a longer one is refused', () => {
    const opened = (length: number) => {
      const tokenFile = join(folder, `token-${length}`);
      writeFileSync(tokenFile, 't'.repeat(length), { mode: 0o600 });
      return openAccess(serveSchema.parse({ host: '0.0.0.0', tokenFile })).needsToken;
    };
    expect(opened(512)).toBe(true);
    expect(() => opened(513)).toThrow(expect.objectContaining({ code: 'READMILL_TOKEN' }));
  });

  it('POLLS_MISSED_MAX: ready as long as six polls may be missed, and no longer', async () => {
    const server = makeDashboard(served, serveSchema.parse({}));
    const readyAfter = async (ms: number) => {
      status.polledMs = NOW - ms;
      const headers = { host: '127.0.0.1' };
      return (await server.inject({ method: 'GET', url: '/health/ready', headers })).statusCode;
    };
    const limitMs = config.watch.pollSeconds * 1000 * 6;
    expect([await readyAfter(limitMs), await readyAfter(limitMs + 1)]).toEqual([200, 503]);
    status.polledMs = NOW;
    await server.close();
  });

  it('OPEN_SHOWN_MAX and DELIVERED_SHOWN_MAX: so many deliveries are listed, the others counted', async () => {
    const record = (i: number, isDone: boolean) =>
      ({
        ...{
          partner: 'p',
          file: `F${String(i).padStart(4, '0')}`,
          path: '/x',
          sizeBytes: 1,
          sha256: 'a'.repeat(64),
        },
        ...{
          runId: null,
          messageId: `<${i}@x>`,
          status: isDone ? 'delivered' : 'waiting',
          attempts: 1,
          failures: 1,
        },
        ...{ problem: null, nextAttemptMs: null, evidence: null, settledMs: isDone ? NOW + i : null },
      }) as unknown as DeliveryRecord;
    const ledger = openLedger(config.state);
    const listed = async (open: number, done: number) => {
      const records = Array.from({ length: open + done }, (_, i) =>
        i < open ? record(i, false) : record(1000 + i - open, true),
      );
      // All in one transaction.
      const writes: LedgerWrite[] = [];
      const gathering = { write: async (more: LedgerWrite[]) => void writes.push(...more) };
      for (const one of records) await saveDelivery(gathering as unknown as Ledger, one);
      await ledger.write(writes);
      const { deliveries } = await nightView(served, null);
      const count = (name: string) => deliveries.listed.filter(({ status: one }) => one === name).length;
      return [deliveries.open, count('waiting'), count('delivered')];
    };
    expect(await listed(200, 20)).toEqual([200, 200, 20]);
    expect(await listed(201, 21)).toEqual([201, 200, 20]);
    await ledger.close();
  });
});
