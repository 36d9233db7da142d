import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Browser, chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { formatCount } from '../../src/model/figures.js';
import { htmlReport } from '../../src/report/html-report.js';
import { badNight, emptyNight, goodNight, longNight } from './sample-report.js';

/** Where Debian's package puts it; test/preflight.mjs sees to it that it is there. */
const CHROMIUM = '/usr/bin/chromium';

const NIGHTS = {
  'a good night': goodNight(),
  'a bad night': badNight(),
  'a night of nothing': emptyNight(),
  'a long night': longNight(),
};

describe('the report in a browser', () => {
  let browser: Browser;
  let folder = '';

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'readmill-page-'));
    // Chromium's sandbox needs rights that containers mostly lack; the page is our own.
    browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
  });
  afterAll(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true });
  });

  /** Opens the report of a night, and gathers what the browser complains of or asks the network for. */
  async function open(night: keyof typeof NIGHTS, width: number) {
    const path = join(folder, `${night.replaceAll(' ', '-')}-${width}.html`);
    writeFileSync(path, htmlReport(NIGHTS[night]));
    const context = await browser.newContext({ viewport: { width, height: 900 } });
    const page = await context.newPage();
    const complaints: string[] = [];
    const requests: string[] = [];
    page.on('console', (message) => complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('request', (request) => requests.push(request.url()));
    const url = pathToFileURL(path).href;
    await page.goto(url);
    return { page, context, complaints, requests: requests.filter((request) => request !== url) };
  }

  describe.each([1280, 390])('%i px wide', (width) => {
    it.each(Object.keys(NIGHTS) as (keyof typeof NIGHTS)[])(
      '%s: quiet, nothing fetched, no sideways scrolling, totals to be seen',
      async (night) => {
        const { page, context, complaints, requests } = await open(night, width);
        expect(complaints).toEqual([]);
        expect(requests).toEqual([]);
        const { scrollWidth, clientWidth } = await page.evaluate(() => {
          // What runs in the browser has a document, which this project's types do not know.
          const { documentElement } = (globalThis as unknown as { document: DocumentLike }).document;
          return { scrollWidth: documentElement.scrollWidth, clientWidth: documentElement.clientWidth };
        });
        expect(clientWidth).toBe(width);
        expect(scrollWidth).toBeLessThanOrEqual(clientWidth);
        const { reads } = NIGHTS[night];
        const section = page.locator('#reads');
        for (const part of [
          'received',
          'accepted',
          'replaced',
          'waiting',
          'rejected',
          'duplicates',
        ] as const) {
          const row = section.locator('tr', { hasText: part });
          expect(await row.first().isVisible(), part).toBe(true);
          expect(await row.first().textContent()).toContain(formatCount(reads[part]));
        }
        await context.close();
      },
    );
  });
});

interface DocumentLike {
  documentElement: { scrollWidth: number; clientWidth: number };
}
