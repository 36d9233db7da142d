import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkReport } from '../../../src/conformance/report/check-report.js';
import type { CheckedFiles } from '../../../src/conformance/report/checked-files.js';
import { badFile, checked, fullFile, goodFile, HOSTILE, hostileFile } from './sample-checks.js';

/** Where Debian's package puts it; test/preflight.mjs sees to it that it is there. */
const CHROMIUM = '/usr/bin/chromium';

const problems = [
  { path: 'gone.cmep', code: 'READMILL_FILE_UNREADABLE', message: 'gone.cmep cannot be read.' },
];
const SOUTH = 'inbox/a/path/that/is/long/enough/to/need/a/break/south-2026-11-20T00.00.00-part-0001.cmep';
const PAGES = {
  bad: checked(badFile()),
  good: checked(goodFile()),
  full: checked(fullFile()),
  hostile: checked(hostileFile()),
  several: { ...checked(badFile(), goodFile(), badFile(SOUTH), hostileFile()), problems },
  nothing: { ...checked(), problems },
} satisfies Record<string, CheckedFiles>;

let browser: Browser;
let folder = '';

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'readmill-check-page-'));
  // Chromium's sandbox needs rights that containers mostly lack; the page is our own.
  browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
});
afterAll(async () => {
  await browser?.close();
  rmSync(folder, { recursive: true });
});

/** Opens the page of a check, and gathers what the browser complains of or asks the network for. */
async function open(name: keyof typeof PAGES, width = 1280) {
  const path = join(folder, `${name}.html`);
  writeFileSync(path, [...checkReport('html', PAGES[name], { colour: false })].join(''));
  const context = await browser.newContext({ viewport: { width, height: 900 } });
  const page = await context.newPage();
  page.setDefaultTimeout(10_000);
  const complaints: string[] = [];
  const requests: string[] = [];
  page.on('console', (message) => complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('dialog', (dialog) => complaints.push(dialog.message()));
  page.on('request', (request) => requests.push(request.url()));
  const url = pathToFileURL(path).href;
  await page.goto(url);
  return { page, context, complaints, requests: requests.filter((request) => request !== url) };
}

const rule = (page: Page, code: string) =>
  page.locator('details.finding', { has: page.locator('code', { hasText: code }) });
const visibleRules = (page: Page) => page.locator('details.finding:visible summary code').allTextContents();

async function searchFor(page: Page, text: string, shown: RegExp | string) {
  await page.locator('#search').fill(text);
  await page.locator('#shown', { hasText: shown }).waitFor({ state: 'attached' });
}

describe.each([1280, 390])('the page of a check, %i px wide', (width) => {
  it.each(Object.keys(PAGES) as (keyof typeof PAGES)[])(
    '%s: quiet, nothing fetched, no sideways scrolling, all rules opened',
    async (name) => {
      const { page, context, complaints, requests } = await open(name, width);
      const openAll = page.locator('#all');
      if ((await openAll.count()) > 0) await openAll.click();
      const { scrollWidth, clientWidth } = await page.evaluate(() => {
        // What runs in the browser has a document, which this project's types do not know.
        const { documentElement } = (globalThis as unknown as { document: DocumentLike }).document;
        return { scrollWidth: documentElement.scrollWidth, clientWidth: documentElement.clientWidth };
      });
      expect(clientWidth).toBe(width);
      expect(scrollWidth).toBeLessThanOrEqual(clientWidth);
      expect(complaints).toEqual([]);
      expect(requests).toEqual([]);
      await context.close();
    },
  );
});

describe('the page of a check', () => {
  it('says the verdict and shows the first error at once, with the text at fault marked', async () => {
    const { page, context } = await open('bad');
    expect(await page.locator('h1').textContent()).toBe('Not valid');
    const first = rule(page, 'cmep/bad-timestamp');
    expect(await first.locator('summary .n').first().textContent()).toBe('1,234,567');
    expect(await first.locator('.places li').count()).toBe(25);
    expect(await first.locator('.places li').first().locator('.where').textContent()).toBe(
      'line 3, column 76, field 15 (stamp of read 1), meter M0010000, 2026-11-20T06:00Z',
    );
    expect(await first.locator('mark').first().textContent()).toBe('202611200100');
    expect(await first.locator('.more').textContent()).toMatch(/^120 of 1,234,567 are in this page/);
    expect(await page.locator('#coverage .row .value').nth(1).textContent()).toBe(
      '93.70 % 1,512,015 missing',
    );
    await context.close();
    const good = await open('good');
    expect(await good.page.locator('h1').textContent()).toBe('Valid');
    expect(await good.page.locator('#tools').count()).toBe(0);
    await good.context.close();
  });

  it('opens a rule and shows its places some at a time', async () => {
    const { page, context } = await open('full');
    const one = rule(page, 'cmep/bad-number');
    expect(await one.locator('.places li').count()).toBe(0);
    await one.locator('summary').click();
    expect(await one.locator('.places li:visible').count()).toBe(25);
    expect(await one.locator('.rule dd').nth(2).isVisible()).toBe(true);
    await one.locator('.next').click();
    expect(await one.locator('.places li').count()).toBe(50);
    expect(await one.locator('.next').textContent()).toBe('Show 25 more of 950');
    await page.locator('#all').click();
    expect(await page.locator('details.finding[open]').count()).toBe(30);
    await page.locator('#all').click();
    expect(await page.locator('details.finding[open]').count()).toBe(0);
    await context.close();
  });

  it('filters by severity, the findings of a rule that has several too', async () => {
    const { page, context } = await open('bad');
    const off = (severity: string) =>
      page.locator('label.box', { hasText: severity }).locator('input').uncheck();
    await off('error');
    expect(await visibleRules(page)).toEqual([
      'cmep/stamp-not-aligned',
      'vee/missing',
      'cmep/value-with-n-flag',
    ]);
    await off('info');
    expect(await visibleRules(page)).toEqual(['cmep/stamp-not-aligned', 'vee/missing']);
    expect(await page.locator('#shown').textContent()).toBe('2 rules, 5 places');
    const mixed = rule(page, 'cmep/stamp-not-aligned');
    await mixed.locator('summary').click();
    expect(await mixed.locator('.places li .severity').allTextContents()).toEqual(Array(4).fill('warning'));
    await off('warning');
    expect(await visibleRules(page)).toEqual([]);
    expect(await page.locator('#nothing').isVisible()).toBe(true);
    await page.locator('label.box', { hasText: 'error' }).locator('input').check();
    expect(await visibleRules(page)).toEqual(['cmep/bad-timestamp', 'cmep/missing-field']);
    await context.close();
  });

  it('finds a meter among 30,000 places, opens what it is in, and closes it again', async () => {
    const { page, context } = await open('full');
    await page.locator('details.finding[open] summary').first().click();
    await searchFor(page, 'm000000777', '30 rules, 30 places');
    expect(await page.locator('details.finding[open] .places li:visible').count()).toBe(30);
    await searchFor(page, 'm000000777 cmep/bad-number', '1 rule, 1 place');
    expect(await visibleRules(page)).toEqual(['cmep/bad-number']);
    expect(await page.locator('.places li:visible .where').textContent()).toContain('meter M000000777');
    await searchFor(page, 'no such thing', '0 rules');
    expect(await page.locator('#nothing').isVisible()).toBe(true);
    await searchFor(page, '', /^$/);
    expect((await visibleRules(page)).length).toBe(30);
    expect(await page.locator('details.finding[open]').count()).toBe(0);
    await context.close();
  });

  it('narrows several files to one, and names the file of each place', async () => {
    const { page, context } = await open('several');
    expect(await page.locator('#files tbody tr').count()).toBe(4);
    expect(await page.locator('#problems').textContent()).toContain('gone.cmep cannot be read.');
    await page.locator('#file').selectOption({ label: SOUTH });
    expect(await page.locator('#shown').textContent()).toBe('5 rules, 159 places');
    const paths = await rule(page, 'cmep/bad-timestamp').locator('.places li bdi').allTextContents();
    expect(paths).toEqual(Array(25).fill(SOUTH));
    await context.close();
  });

  it('shows hostile text as text', async () => {
    const { page, context, complaints } = await open('hostile');
    await page.locator('#all').click();
    const shown = await page.locator('.places .excerpt mark').first().textContent();
    expect(shown).toBe(
      '</script><script>alert(1)</script>"\'<!--]]>&amp;\\u{1b}[31m\\u{202e}\\u{2028}\\u{d800}\\',
    );
    // One script of ours, and one of data for each rule.
    expect(await page.locator('script').count()).toBe(1 + 2);
    expect(await page.locator('script:not([type])').count()).toBe(1);
    expect(complaints).toEqual([]);
    await context.close();
  });
});

it('XML for CI servers is well formed and counts right, whatever the texts', async () => {
  const page = await browser.newPage();
  for (const files of Object.values(PAGES)) {
    const xml = [...checkReport('junit', files, { colour: false })].join('');
    const parsed = await page.evaluate((text) => {
      const { DOMParser } = globalThis as unknown as { DOMParser: DomParserLike };
      const document = new DOMParser().parseFromString(text, 'application/xml');
      const count = (selector: string) => document.querySelectorAll(selector).length;
      const root = document.documentElement;
      return {
        root: root.tagName,
        cases: count('testcase'),
        failures: count('failure'),
        errors: count('error'),
        suites: [...document.querySelectorAll('testsuite')].map((suite) => suite.getAttribute('name')),
        said: ['tests', 'failures', 'errors'].map((name) => Number(root.getAttribute(name))),
        parserErrors: count('parsererror'),
      };
    }, xml);
    expect(parsed.parserErrors).toBe(0);
    expect(parsed.root).toBe('testsuites');
    expect(parsed.said).toEqual([parsed.cases, parsed.failures, parsed.errors]);
    expect(parsed.suites).toHaveLength(files.checks.length + files.problems.length);
    const invalid = files.checks.filter(({ valid }) => !valid);
    expect(parsed.failures).toBe(
      invalid.length +
        files.checks
          .flatMap(({ counts }) => Object.values(counts))
          .filter(({ severity }) => severity === 'error').length,
    );
  }
  await page.close();
  expect(HOSTILE).toContain('</script>');
});

interface DocumentLike {
  documentElement: { scrollWidth: number; clientWidth: number };
}

interface ElementLike {
  tagName: string;
  getAttribute(name: string): string | null;
}

type DomParserLike = new () => {
  parseFromString(
    text: string,
    type: string,
  ): {
    documentElement: ElementLike;
    querySelectorAll(selector: string): Iterable<ElementLike> & { length: number };
  };
};
