import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { htmlReport } from '../../src/report/html-report.js';
import type { RunReport } from '../../src/report/run-report.js';
import { badNight, emptyNight, goodNight, longNight, sampleFinding } from './sample-report.js';
import { replaceTexts } from './text-fields.js';

const ENTITIES: Record<string, string> = {
  '&lt;': '<',
  '&gt;': '>',
  '&quot;': '"',
  '&#39;': "'",
  '&#96;': '`',
  '&amp;': '&',
};

/** What a reader sees: the page without style sheet and tags, entities resolved. */
function shownText(page: string): string {
  return page
    .replace(/<style>[\s\S]*?<\/style>/, '')
    .replace(/<[^>]*>/g, ' ')
    .replace(/&(?:lt|gt|quot|amp|#39|#96);/g, (entity) => ENTITIES[entity]!)
    .replace(/\s+/g, ' ');
}

/**
 * Tags of a page with the names of their attributes, read as an HTML tokenizer does: data can change them
 * only by breaking out of text or out of a quoted attribute.
 * @throws Error where the page has a `<` that begins no tag, or an attribute without quotes
 */
function tagsOf(page: string): string[] {
  const tags: string[] = [];
  const tag = /<(!doctype html|\/?[a-z][a-z0-9]*)((?:\s+[a-zA-Z][a-zA-Z0-9:-]*(?:="[^"<>]*")?)*)\s*(\/?)>/y;
  let position = page.indexOf('<');
  while (position !== -1) {
    tag.lastIndex = position;
    const match = tag.exec(page);
    if (!match) throw new Error(`not a tag: ${page.slice(position, position + 80)}`);
    tags.push(`${match[1]} ${match[2]!.replace(/="[^"]*"/g, '')} ${match[3]}`);
    position = page.indexOf('<', tag.lastIndex);
  }
  return tags;
}

/** Every number of the report that is a count, as the page writes it. */
function countsOf(value: unknown): string[] {
  if (typeof value === 'number') return [value.toLocaleString('en-US')];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(countsOf);
}

const SAMPLES: [string, () => RunReport][] = [
  ['good', () => goodNight()],
  ['bad', () => badNight()],
  ['empty', () => emptyNight()],
  ['long', () => longNight()],
];

describe('html report', () => {
  it('says the verdict and what to look at first', () => {
    expect(shownText(htmlReport(goodNight()))).toMatch(/Complete 10 of 10,000 meters sent nothing\./);
    const bad = shownText(htmlReport(badNight()));
    expect(bad).toMatch(/Partial 2 of 8 files failed, first inbox\/east\/.*The gzip stream ends/);
    expect(bad).toContain('Read success 90.81 % NOT met, target 98.0 %');
    expect(bad).toContain('Read success 90.81 % is below 98.0 %; 813 meters sent nothing.');
    expect(shownText(htmlReport(goodNight({ status: 'failed' })))).toMatch(
      /Failed Nothing of what came could be carried/,
    );
    const unsettled = shownText(htmlReport(goodNight({ readSuccessPercent: null })));
    expect(unsettled).toContain('not yet known, target 98.0 %');
  });

  it('shows every number of the report', () => {
    for (const report of [goodNight(), badNight()]) {
      const text = shownText(htmlReport(report));
      const { readSuccessPercent, readSuccessTargetPercent, seconds, findings, ...counted } = report;
      expect(countsOf(counted).length).toBeGreaterThan(150);
      for (const count of [...countsOf(counted), ...countsOf(findings)]) {
        // Not as a part of a longer number.
        expect(text).toMatch(new RegExp(`(?<![\\d,.])${count}(?![\\d]|[,.]\\d)`));
      }
    }
  });

  it('shows every text of the report', () => {
    const report = badNight();
    const page = htmlReport(report);
    const text = shownText(page).replace(/\s/g, '');
    for (const batch of report.batches) {
      for (const word of [batch.file, batch.firstMeter, batch.lastMeter, ...Object.values(batch.sums)]) {
        expect(text).toContain(word);
      }
      expect(page).toContain(`title="${batch.sha256}"`);
      expect(text).toContain(batch.sha256.slice(0, 12));
    }
    for (const input of report.inputs) {
      for (const word of [input.path, input.archivedAs, input.quarantine, input.problem]) {
        if (word !== undefined) expect(text).toContain(word.replace(/\s/g, ''));
      }
      expect(page).toContain(`title="${input.sha256}"`);
    }
    for (const { code, title, examples } of report.findingDetails) {
      for (const word of [code, title, ...examples.flatMap(({ file, message }) => [file, message])]) {
        expect(text).toContain(word.replace(/\s/g, ''));
      }
    }
    const places = [report.runId, report.now, report.report, ...Object.values(report.files)];
    for (const word of [...places, ...report.missingMeterSample, ...Object.values(report.outputSums)]) {
      expect(text).toContain(word);
    }
  });

  it('shows the equation of the reads, and tells where it does not hold', () => {
    const report = badNight();
    expect(shownText(htmlReport(report))).toContain(
      '200,000 + 9,806 + 18,432 + 2,968 + 201 = 231,407 received: adds up.',
    );
    report.reads.waiting += 1;
    const text = shownText(htmlReport(report));
    expect(text).toContain('= 231,408, but 231,407 received: does not add up.');
    expect(text).toContain('The totals do not add up: 1 read more in the parts than received.');
  });

  it.each(SAMPLES)('needs no network and no script: %s', (_, sample) => {
    const page = htmlReport(sample());
    expect(page).not.toMatch(/https?:|\/\/[a-z]/i);
    expect(page).not.toMatch(/\bsrc\s*=|url\(|@import|<script|<link|<base|<iframe|\son[a-z]+\s*=/i);
    const targets = [...page.matchAll(/href="([^"]*)"/g)].map(([, target]) => target!);
    expect(targets.length).toBeGreaterThan(0);
    for (const target of targets) expect(page).toContain(`id="${target.replace(/^#/, '')}"`);
    expect(page).toMatch(
      /<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:;/,
    );
  });

  it.each(SAMPLES)('is well formed: %s', (_, sample) => {
    const open: string[] = [];
    for (const tag of tagsOf(htmlReport(sample()))) {
      const [name] = tag.split(' ');
      if (/^(!doctype|meta)$/.test(name!) || tag.endsWith('/')) continue;
      if (name!.startsWith('/')) expect(open.pop()).toBe(name!.slice(1));
      else open.push(name!);
    }
    expect(open).toEqual([]);
  });

  it('makes markup in any text of the data harmless', () => {
    const page = htmlReport(replaceTexts(badNight(), '<script>alert(1)</script>'));
    expect(page).not.toMatch(/<script/i);
    expect(page).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
  });

  it('has the same tags and attributes whatever the texts of the data are', () => {
    const expected = tagsOf(htmlReport(replaceTexts(badNight(), 'x')));
    const hostile = fc.array(
      fc.constantFrom(
        '<',
        '>',
        '"',
        "'",
        '`',
        '&',
        '=',
        '/',
        '-->',
        '<!--',
        ']]>',
        '</title>',
        '</style>',
        'a ',
      ),
      { minLength: 1, maxLength: 12 },
    );
    const texts = fc.oneof(
      fc.string({ unit: 'binary', minLength: 1, maxLength: 40 }),
      hostile.map((pieces) => pieces.join('')),
    );
    fc.assert(
      fc.property(texts, (text) => {
        expect(tagsOf(htmlReport(replaceTexts(badNight(), text)))).toEqual(expected);
      }),
    );
  });

  it('says so where there is nothing', () => {
    const text = shownText(htmlReport(emptyNight()));
    for (const sentence of [
      'No file came: nothing was taken in.',
      'No slot of any read day went out.',
      'Nothing came from any source.',
      'No findings.',
      'No slot was estimated.',
      'Nothing needs a person.',
      'No file was taken in.',
      'No batch was written.',
    ]) {
      expect(text).toContain(sentence);
    }
    expect(text).not.toMatch(/NaN|undefined|Infinity|null/);
  });

  it('cuts long lists at 200 rows and names the file that holds all', () => {
    const report = longNight();
    const page = htmlReport(report);
    const text = shownText(page);
    const batches = page.slice(
      page.indexOf('<section id="batches"'),
      page.indexOf('<section id="deliveries"'),
    );
    expect(batches.match(/\.DAT<\/bdi>/g)).toHaveLength(200);
    expect(batches).toMatch(/800 more: the full list is in <span class="path"><bdi>\S+manifest\.json</);
    const inputs = page.slice(page.indexOf('<section id="inputs"'), page.indexOf('<section id="batches"'));
    expect(inputs.match(/class="status /g)).toHaveLength(200);
    expect(text).toContain('60 more: the full list is in report.json');
    expect(text).toContain('100 more codes: the full list is in report.json');
    expect(text).toContain('50 earlier days: the full list is in report.json');
    expect(text).toContain(
      '763 more: the full list is in state/reports/20261121T071500Z-7f3a/missing-meters.csv',
    );
    expect(text).toContain('1,527 more: the full list is in state/reports/20261121T071500Z-7f3a/review.csv');
    // Totals are of all batches, not of those shown, and a failed file is never among those left out.
    const [, foot] = /<tfoot>(.*?)<\/tfoot>/.exec(batches.slice(batches.indexOf('aria-label="Batches"')))!;
    for (const total of ['10,506,500', '125,510,500', '3,620,403,500']) expect(foot).toContain(total);
    expect(inputs).toContain('Not a file of reads');
  });

  it('shows two hundred files whole', () => {
    const report = longNight();
    report.inputs.length = 200;
    const page = htmlReport(report);
    const inputs = page.slice(page.indexOf('<section id="inputs"'), page.indexOf('<section id="batches"'));
    expect(inputs.match(/class="status /g)).toHaveLength(200);
    expect(inputs).not.toContain('the full list');
  });

  it('bounds the places of one finding', () => {
    const findingDetails = [sampleFinding('cmep/bad-number', 'error', 'Not a CMEP number', 5_000, 1_000)];
    const page = htmlReport(badNight({ findingDetails }));
    const findings = page.slice(
      page.indexOf('<section id="findings"'),
      page.indexOf('<section id="estimates"'),
    );
    expect(findings.match(/letter O for a zero/g)).toHaveLength(20);
    expect(findings).toContain('The first 20 of 5,000.');
  });

  it('gives every picture a text', () => {
    const page = htmlReport(badNight());
    for (const [svg] of page.matchAll(/<svg [^>]*>/g)) {
      expect(svg).toMatch(/role="img" aria-label="[^"]+"|aria-hidden="true"/);
    }
    expect(page).toContain(
      'aria-label="Came in: 200,000 accepted, 9,806 replaced, 18,432 waiting, 2,968 rejected, 201 duplicates"',
    );
    expect(page).toContain('aria-label="This run: 90.81 %, target 98.0 %"');
  });
});
