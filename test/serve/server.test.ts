import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Config, readConfig } from '../../src/pipeline/config/config.js';
import { serveSchema } from '../../src/pipeline/config/watch-config.js';
import type { RunReport } from '../../src/report/run-report.js';
import type { Served } from '../../src/serve/served.js';
import { BODY_BYTES_MAX, makeDashboard } from '../../src/serve/server.js';
import { NightBook } from '../../src/watch/night-book.js';
import { NoticeBook } from '../../src/watch/notices.js';
import type { WatchStatus } from '../../src/watch/watch.js';
import { badNight, goodNight, sampleSource } from '../report/sample-report.js';

/** What must never come out as markup, wherever it came in. */
const HOSTILE = `<script>alert(1)</script>"'\`<img src=x onerror=alert(2)>`;
const NOW = Date.parse('2026-11-21T12:00:00Z');
const HOST = '127.0.0.1:4090';

let folder = '';
let config: Config;
let server: FastifyInstance;
let served: Served;
const asked: string[][] = [];
const status: WatchStatus = {
  phase: 'waiting',
  isStopping: false,
  reason: null,
  sinceMs: NOW,
  step: null,
  failure: null,
  polled: [],
  polledMs: NOW,
};

function putReport(report: RunReport): void {
  const directory = join(folder, 'state', 'reports', report.runId);
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, 'report.json'), JSON.stringify(report));
  writeFileSync(join(directory, 'report.html'), '<!doctype html><title>report</title>');
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'readmill-serve-'));
  const path = join(folder, 'night.json');
  const sources = ['north', 'south'].map((name) => ({ name, inbox: name }));
  const output = { directory: 'outbox', sender: 'A', receiver: 'B' };
  writeFileSync(path, JSON.stringify({ state: 'state', sources, output, environment: HOSTILE }));
  config = readConfig(path);
  for (let day = 11; day <= 20; day++)
    putReport(goodNight({ runId: `202611${day}110000-00${day}`, now: `2026-11-${day}T11:00:00.000Z` }));
  const bad = badNight({ runId: '20261121110000-0021', now: '2026-11-21T11:00:00.000Z' });
  putReport({
    ...bad,
    sources: [sampleSource('north', { rejected: 7 })],
    findingDetails: bad.findingDetails.map((finding) => ({ ...finding, title: HOSTILE })),
    reviewCount: 1,
    reviewSample: [{ meterId: HOSTILE, units: HOSTILE, stamp: HOSTILE, code: HOSTILE, detail: HOSTILE }],
    missingMeterSample: [HOSTILE],
  });
  served = {
    config,
    clock: () => NOW,
    book: new NightBook(config.state),
    watch: { status },
    certificates: () => ({
      certificates: [{ partner: HOSTILE, owner: 'ours', serial: HOSTILE, validToMs: NOW + 1e9 }],
      problems: [{ partner: HOSTILE, text: HOSTILE }],
    }),
    retry: async (ids) => {
      asked.push([...ids]);
      return 'asked';
    },
  };
  server = makeDashboard(served, serveSchema.parse({}), 0);
});
afterAll(async () => {
  await server.close();
  rmSync(folder, { recursive: true });
});

const get = (url: string, headers: Record<string, string> = {}) =>
  server.inject({ method: 'GET', url, headers: { host: HOST, accept: 'text/html', ...headers } });
const post = (url: string, payload: string | object, headers: Record<string, string> = {}) =>
  server.inject({
    method: 'POST',
    url,
    payload,
    headers: {
      host: HOST,
      ...(typeof payload === 'string' ? { 'content-type': 'application/x-www-form-urlencoded' } : {}),
      ...headers,
    },
  });

const hostilePath = encodeURIComponent(HOSTILE);
const PAGES = [
  '/',
  '/?said=%3Cscript%3Ealert(1)%3C/script%3E',
  '/nights',
  '/nights?month=2026-11',
  '/nights/2026-11-20',
  '/meters',
  `/meters?id=${hostilePath}&day=2026-11-20`,
  `/meters/${hostilePath}/2026-11-20`,
  `/nights/${hostilePath}`,
  `/nights?month=${hostilePath}`,
  `/${hostilePath}`,
  `/runs/${hostilePath}`,
];

describe('pages', () => {
  it.each(PAGES)('%s let no text of the data become markup, and nothing from elsewhere', async (url) => {
    const { statusCode, headers, payload } = await get(url);
    expect([200, 303, 400, 404]).toContain(statusCode);
    expect(headers['content-security-policy']).toMatch(
      /^default-src 'none'; script-src 'self'; style-src 'self'/,
    );
    expect(headers['x-content-type-options']).toBe('nosniff');
    expect(headers['cache-control']).toBe('no-store');
    expect(payload).not.toMatch(/<script>|<img|onerror=alert\(2\)>/);
    // No script, style or handler in the page itself: the policy would stop it.
    expect(payload).not.toMatch(/<style|\sstyle=|\son[a-z]+="/);
    expect(
      [...payload.matchAll(/(?:src|href|action)="([^"]*)"/g)].filter(([, to]) => !to!.startsWith('/')),
    ).toEqual([]);
  });

  it('tonight tells what came of what is expected, and what needs somebody', async () => {
    const { payload } = await get('/');
    expect(payload).toMatch(/<h1>\d+ things need somebody<\/h1>/);
    expect(payload).toContain('Night of 2026-11-21');
    expect(payload).toContain(`of ${goodNight().sources[0]!.files}`);
    expect(payload).toContain('nothing yet');
    expect(payload).toContain('&lt;script&gt;alert(1)');
  });

  it('give their main part alone to the script, and files under names that may be kept', async () => {
    const { payload } = await get('/', { 'x-part': 'main' });
    expect(payload).not.toContain('<html');
    expect(payload).toContain('class="verdict');
    const page = (await get('/')).payload;
    for (const [, path] of page.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)) {
      const { statusCode, headers } = await get(path!);
      expect([statusCode, headers['cache-control']]).toEqual([200, 'public, max-age=31536000, immutable']);
    }
  });

  it('the calendar has each day of the month, and the worst of its runs', async () => {
    const { payload } = await get('/nights?month=2026-11');
    expect([...payload.matchAll(/<li class="day /g)]).toHaveLength(30);
    expect(payload).toMatch(/<li class="day complete"><a href="\/nights\/2026-11-20"/);
    expect(payload).toMatch(
      new RegExp(`<li class="day ${badNight().status} today"><a href="/nights/2026-11-21"`),
    );
    expect((await get('/nights/2026-11-20')).payload).toContain('<h1>Complete</h1>');
  });

  it('a report is shown as it lies there, and nothing else below the state folder', async () => {
    const { statusCode, payload, headers } = await get('/runs/20261120110000-0020');
    expect([statusCode, payload]).toEqual([200, '<!doctype html><title>report</title>']);
    expect(headers['content-security-policy']).not.toContain('script-src');
    for (const name of ['..%2F..%2Fnight.json', '20261120110000-0020%2F..', '%2Fetc%2Fpasswd'])
      expect((await get(`/runs/${name}`)).statusCode).toBe(404);
  });
});

describe('the API', () => {
  it('gives the night, the nights, a run and the notices as JSON', async () => {
    const night = (await get('/api/tonight')).json();
    expect(night).toMatchObject({
      day: '2026-11-21',
      isTonight: true,
      level: 'bad',
      readSuccess: { targetPercent: 98 },
    });
    expect(night.sources.map(({ name }: { name: string }) => name)).toEqual(['north', 'south']);
    expect((await get('/api/nights/2026-11-20')).json()).toMatchObject({ level: 'good', isTonight: false });
    const month = (await get('/api/nights?month=2026-11')).json();
    expect([month.days.length, month.previous, month.next]).toEqual([30, '2026-10', null]);
    expect((await get('/api/runs/20261120110000-0020')).json()).toMatchObject({ tool: 'readmill' });
    expect((await get('/api/notices')).json()).toEqual([]);
    expect((await get('/api/meters/M1/2026-11-20')).json()).toMatchObject({ meterId: 'M1', channels: [] });
  });

  it.each([
    ['/api/nights/yesterday', 400],
    ['/api/nights?month=13', 400],
    ['/api/runs/none', 404],
    ['/api/none', 404],
    ['/api/meters/M1/2026-02-30', 400],
  ])('%s is answered with %i and a sentence', async (url, code) => {
    const { statusCode, payload } = await get(url);
    expect([statusCode, Object.keys(JSON.parse(payload))]).toEqual([code, ['error']]);
  });

  it('refuses what comes from another page, under another name, or is too large', async () => {
    expect(
      (await post('/api/deliveries/retry', { all: true }, { origin: 'http://evil.example' })).statusCode,
    ).toBe(403);
    expect((await get('/api/tonight', { host: 'evil.example' })).statusCode).toBe(403);
    expect((await post('/api/deliveries/retry', 'x'.repeat(BODY_BYTES_MAX + 1))).statusCode).toBe(413);
    expect((await post('/api/tonight', {})).statusCode).toBe(404);
    expect(asked).toEqual([]);
  });

  it('knows only deliveries that are open', async () => {
    expect((await post('/api/deliveries/retry', {})).statusCode).toBe(400);
    expect((await post('/api/deliveries/retry', { id: 'sandbox/0/none' })).statusCode).toBe(404);
    expect((await post('/deliveries/retry', 'all=1')).statusCode).toBe(404);
  });
});

it('somebody acknowledges a notice, and it colours the page no more', async () => {
  const book = new NoticeBook(config.state);
  const before = (await get('/api/tonight')).json();
  book.update(
    before.attention.map((one: object) => ({ subject: HOSTILE, ...one })),
    NOW,
  );
  // The night's own: its id hangs on what it is about.
  const keys = { kind: 'keys' as const, subject: HOSTILE, level: 'bad' as const, text: HOSTILE };
  const [notice] = book.update([keys], NOW).filter(({ kind }) => kind === 'keys');
  const seen = await post('/notices/acknowledge', `id=${notice!.id}`);
  expect([seen.statusCode, seen.headers.location]).toEqual([303, '/']);
  const after = (await get('/api/tonight')).json();
  const own = after.attention.find(({ id }: { id: string }) => id === notice!.id);
  expect(own).toMatchObject({ acknowledged: new Date(NOW).toISOString(), canAcknowledge: false });
  expect(after.attention.at(-1).id).toBe(notice!.id);
  expect((await post('/api/notices/acknowledge', { id: '../../x' })).statusCode).toBe(404);
});

describe('health', () => {
  it('is live, and ready unless the last run failed or nobody looks into the inboxes', async () => {
    const ready = async () => (await get('/health/ready')).statusCode;
    expect([(await get('/health/live')).statusCode, await ready()]).toEqual([200, 200]);
    status.failure = { code: 'READMILL_DISK_FULL', message: HOSTILE, attempts: 1, ms: 0, nextMs: 0 };
    const failing = await get('/health/ready');
    expect([failing.statusCode, failing.json().problem]).toEqual([
      503,
      'the last run failed: READMILL_DISK_FULL',
    ]);
    status.failure = null;
    status.polledMs = NOW - 121_000;
    expect(await ready()).toBe(503);
    status.phase = 'running';
    expect(await ready()).toBe(200);
    Object.assign(status, { phase: 'waiting', polledMs: NOW });
  });
});

describe('with a token', () => {
  const TOKEN = 'a-token-that-is-long-enough';
  let guarded: FastifyInstance;
  beforeAll(() => {
    const tokenFile = join(folder, 'token');
    writeFileSync(tokenFile, TOKEN, { mode: 0o600 });
    guarded = makeDashboard(served, serveSchema.parse({ host: '0.0.0.0', tokenFile }));
  });
  afterAll(() => guarded.close());

  const ask = (url: string, headers: Record<string, string> = {}) =>
    guarded.inject({ method: 'GET', url, headers: { host: 'ops.example.org', ...headers } });

  it.each(['/api/tonight', '/metrics', '/api/events', '/runs/20261120110000-0020', '/meters/M1/2026-11-20'])(
    '%s is not shown to others',
    async (url) => {
      const { statusCode, payload } = await ask(url);
      expect([statusCode, Object.keys(JSON.parse(payload))]).toEqual([401, ['error']]);
      if (url !== '/api/events')
        expect((await ask(url, { authorization: `Bearer ${TOKEN}` })).statusCode).toBe(200);
    },
  );

  it('a browser is asked for it once, and lets itself be forgotten', async () => {
    const first = await ask('/', { accept: 'text/html' });
    expect([first.statusCode, first.headers.location]).toEqual([303, '/login']);
    expect((await ask('/login', { accept: 'text/html' })).payload).toContain('name="token"');
    const form = { 'content-type': 'application/x-www-form-urlencoded', host: 'ops.example.org' };
    const login = (token: string) =>
      guarded.inject({ method: 'POST', url: '/login', payload: `token=${token}`, headers: form });
    const wrong = await login('wrong');
    expect([wrong.statusCode, wrong.headers['set-cookie']]).toEqual([401, undefined]);
    const right = await login(TOKEN);
    expect([right.statusCode, right.headers.location]).toEqual([303, '/']);
    const cookie = String(right.headers['set-cookie']).split(';')[0]!;
    const page = await ask('/', { accept: 'text/html', cookie });
    expect([page.statusCode, page.payload]).toEqual([200, expect.stringContaining('Log out')]);
    expect(page.payload).not.toContain(TOKEN);
  });

  it('health is told to everybody', async () => {
    expect((await ask('/health/ready')).statusCode).toBe(200);
  });
});

describe('events', () => {
  it('tell the progress of a run, and that the page is old when something has changed', async () => {
    await server.listen({ host: '127.0.0.1', port: 0 });
    const { port } = server.server.address() as AddressInfo;
    const stop = new AbortController();
    const answer = await fetch(`http://127.0.0.1:${port}/api/events`, { signal: stop.signal });
    expect(answer.headers.get('content-type')).toBe('text/event-stream');
    expect(answer.headers.get('content-security-policy')).toContain("default-src 'none'");
    const reader = answer.body!.pipeThrough(new TextDecoderStream()).getReader();
    let text = '';
    const until = async (pattern: RegExp) => {
      while (!pattern.test(text)) text += (await reader.read()).value ?? '';
    };
    await until(/event: progress\ndata: null\n\n/);
    // The page as it is now is known.
    await until(/^: 2026-/m);
    Object.assign(status, { phase: 'running', step: { step: 'reading', done: 3, total: 4, unit: 'bytes' } });
    await until(/event: progress\ndata: \{"what":"running",.*"step":"reading","done":3,"total":4/);
    await until(/event: changed\n/);
    Object.assign(status, { phase: 'waiting', step: null });
    stop.abort();
  }, 30_000);
});
