import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { readConfig } from '../../src/pipeline/config/config.js';
import { serveSchema } from '../../src/pipeline/config/watch-config.js';
import { type Listening, listen } from '../../src/serve/listen.js';
import type { Served } from '../../src/serve/served.js';
import { NightBook } from '../../src/watch/night-book.js';
import { NoticeBook } from '../../src/watch/notices.js';
import { problemsOf } from '../../src/watch/problems.js';
import type { WatchStatus } from '../../src/watch/watch.js';
import { folderWith, generate, NOW, type RunFolder, runNight } from '../run/night-folder.js';

/** Where Debian's package puts it; test/preflight.mjs sees to it that it is there. */
const CHROMIUM = '/usr/bin/chromium';
const IDLE: WatchStatus = {
  phase: 'waiting',
  isStopping: false,
  reason: null,
  sinceMs: Date.parse(NOW),
  step: null,
  failure: null,
  polled: [],
  polledMs: Date.parse(NOW),
};

let browser: Browser;
let folder: RunFolder;
let listening: Listening;
let served: Served;
const status: WatchStatus = { ...IDLE };
/** A meter of which a value was replaced, and the day. */
let estimated = { meter: '', stamp: '' };

beforeAll(async () => {
  const night = await generate({ meters: 600, seed: 8, dialect: 'sensus' });
  folder = folderWith(night, { profile: 'sensus' });
  await runNight(folder);
  const config = readConfig(folder.config);
  served = {
    config,
    clock: () => Date.parse(NOW) + 60_000,
    book: new NightBook(config.state),
    watch: { status },
    certificates: () => ({ certificates: [], problems: [] }),
    retry: async () => 'asked',
  };
  listening = await listen(served, serveSchema.parse({ port: 0 }));
  const [run] = await served.book.runIds();
  const lines = readFileSync(join(folder.state, 'reports', run!, 'estimates.csv'), 'utf8').split('\n');
  const [meter, , stamp] = lines.find((line) => /,-[\d.]+,.*vee\/negative/.test(line))!.split(',');
  estimated = { meter: meter!, stamp: stamp! };
  // Chromium's sandbox needs rights that containers mostly lack; the page is our own.
  browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
});
afterAll(async () => {
  await browser?.close();
  await listening?.close();
});
beforeEach(() => {
  Object.assign(status, IDLE);
});

interface Opened {
  page: Page;
  context: BrowserContext;
  /** What the browser complains of, the policy's refusals among it. */
  complaints: string[];
  requests: string[];
}

async function open(path: string, width = 1280): Promise<Opened> {
  const context = await browser.newContext({ viewport: { width, height: 900 } });
  const page = await context.newPage();
  const complaints: string[] = [];
  const requests: string[] = [];
  page.on('console', (message) => complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('request', (request) => requests.push(request.url()));
  await page.goto(new URL(path, listening.url).href);
  return { page, context, complaints, requests };
}

interface Screen {
  document: { documentElement: { scrollWidth: number; clientWidth: number } };
}

/** Width of what the page holds, and of the window. */
const widths = (page: Page) =>
  page.evaluate(() => {
    const { scrollWidth, clientWidth } = (globalThis as unknown as Screen).document.documentElement;
    return [scrollWidth, clientWidth] as const;
  });

describe('a page', () => {
  it.each([
    ['/', 1280],
    ['METER', 1280],
    ['/', 390],
    ['/nights', 390],
    ['/nights/2026-11-20', 390],
    ['/meters', 390],
    ['METER', 390],
  ])(
    '%s, %i px wide, is quiet, fetches from here alone, and does not scroll sideways',
    async (path, width) => {
      const at = path === 'METER' ? `/meters/${estimated.meter}/at/${estimated.stamp}` : path;
      const { page, context, complaints, requests } = await open(at, width);
      expect(complaints).toEqual([]);
      expect(requests.filter((url) => !url.startsWith(listening.url))).toEqual([]);
      const [content, window] = await widths(page);
      expect([window, content <= window]).toEqual([width, true]);
      expect(await page.locator('h1').isVisible()).toBe(true);
      await context.close();
    },
  );
});

it('a live night: progress is drawn as it goes, and the page is new when it is done', async () => {
  const { page, context, complaints } = await open('/');
  expect(await page.locator('progress').count()).toBe(0);
  const said = page.locator('h1');
  const before = await said.textContent();
  Object.assign(status, { phase: 'running', step: { step: 'reading', done: 1, total: 4, unit: 'bytes' } });
  const bar = page.locator('progress');
  await bar.waitFor();
  expect(await page.locator('.progress .step').textContent()).toBe('reading');
  Object.assign(status, { step: { step: 'estimating and writing', done: 3, total: 4, unit: 'tasks' } });
  await page.locator('.progress .share', { hasText: '75 %' }).waitFor();
  expect(await bar.getAttribute('value')).toBe('3');
  expect(await page.locator('.progress .step').textContent()).toBe('estimating and writing');
  Object.assign(status, IDLE);
  await bar.waitFor({ state: 'detached' });
  expect([await said.textContent(), complaints]).toEqual([before, []]);
  await context.close();
});

it('a failing night: says what is wrong first, and somebody acknowledges it', async () => {
  const failure = {
    code: 'READMILL_DISK_FULL',
    message: 'The disk is full: no space left.',
    attempts: 2,
    ms: 0,
    nextMs: Date.parse(NOW),
  };
  status.failure = failure;
  const standing = { unfinishedMs: 0, nights: [], polled: [], open: [] };
  const problems = problemsOf({
    config: served.config,
    nowMs: served.clock(),
    failure,
    ...standing,
    certificates: served.certificates(),
  });
  new NoticeBook(served.config.state).update(problems, served.clock());
  const { page, context, complaints } = await open('/', 390);
  expect(await page.locator('.verdict.bad h1').textContent()).toBe('One thing needs somebody');
  expect(await page.locator('.todo li.bad').textContent()).toContain('The disk is full: no space left.');
  await page.getByRole('button', { name: 'Acknowledge' }).click();
  await page.locator('.todo li.seen').waitFor();
  expect(await page.locator('.verdict.bad').count()).toBe(0);
  expect(complaints).toEqual([]);
  await context.close();
});

it('the meter page draws what came and what went out, says why, and turns by key', async () => {
  const { page, context, complaints } = await open('/');
  await page.keyboard.press('m');
  await page.waitForURL('**/meters');
  await page.keyboard.press('/');
  await page.keyboard.type(estimated.meter);
  await page.locator('input[name=day]').fill('2026-11-20');
  await page.keyboard.press('Enter');
  await page.waitForURL(`**/meters/${estimated.meter}/2026-11-20`);
  const drawing = page.locator('svg.drawing').first();
  expect(await drawing.locator('rect').count()).toBe(24);
  expect(await drawing.locator('rect.s-estimated').count()).toBeGreaterThan(0);
  expect(await drawing.locator('line.raw').count()).toBeGreaterThan(0);
  expect(await page.locator('.why').textContent()).toMatch(/had come .*Check: vee\/negative/);
  await page.locator('summary', { hasText: 'All 24 slots' }).click();
  expect(await page.locator('tbody tr').count()).toBe(24);
  await page.keyboard.press('[');
  await page.waitForURL(`**/meters/${estimated.meter}/2026-11-19`);
  expect(await page.locator('.said').textContent()).toContain('holds nothing of this meter');
  await page.keyboard.press('n');
  await page.waitForURL('**/nights');
  await page.keyboard.press('t');
  await page.waitForURL(listening.url);
  expect(complaints).toEqual([]);
  await context.close();
});
