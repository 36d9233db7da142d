import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { textSummary } from '../../src/report/text-summary.js';
import {
  badNight,
  emptyNight,
  goodNight,
  longNight,
  sampleDay,
  sampleFinding,
  sampleSource,
} from './sample-report.js';
import { replaceTexts } from './text-fields.js';

const plain = (report: Parameters<typeof textSummary>[0]) => textSummary(report, { colour: false });
const lineWith = (text: string, word: string) => text.split('\n').find((line) => line.startsWith(word)) ?? '';

describe('text summary', () => {
  it('begins with the verdict and the one thing to look at', () => {
    expect(plain(goodNight())).toMatch(/^COMPLETE +10 of 10,000 meters sent nothing\.\n/);
    expect(plain(badNight())).toMatch(/^PARTIAL +2 of 8 files failed, first\n +inbox\/east\//);
    expect(plain(badNight({ status: 'failed' }))).toMatch(/^FAILED /);
    expect(plain(emptyNight())).toMatch(/^COMPLETE +No file came/);
  });

  it('says that nothing needs a person where all came', () => {
    const meters = { expected: 10_000, delivered: 10_000, missing: 0 };
    expect(plain(goodNight({ meters, reviewCount: 0 }))).toMatch(/^COMPLETE +Nothing needs a person\.\n/);
  });

  it('does not leave a failed run without a reason', () => {
    const text = plain(goodNight({ status: 'failed' }));
    expect(text).toMatch(/^FAILED +Nothing of what came could be carried/);
  });

  it('shows the equation of the reads with right-aligned figures', () => {
    const lines = plain(badNight()).split('\n');
    const start = lines.findIndex((line) => line.startsWith('Reads '));
    const rows = lines.slice(start, start + 6);
    expect(rows.map((line) => /([=+]?) +?(\w+) +([\d,]+)/.exec(line.slice(14))!.slice(1))).toEqual([
      ['', 'received', '231,407'],
      ['=', 'accepted', '200,000'],
      ['+', 'replaced', '9,806'],
      ['+', 'waiting', '18,432'],
      ['+', 'rejected', '2,968'],
      ['+', 'duplicates', '201'],
    ]);
    const ends = rows.map((line) => /^\D*[\d,]+/.exec(line)![0].length);
    expect(new Set(ends).size).toBe(1);
  });

  it('tells totals that do not add up before anything else', () => {
    const report = badNight();
    report.reads.accepted -= 7;
    expect(plain(report)).toMatch(/^PARTIAL +The totals do not add up: 7 received reads in no part/);
    expect(plain(report)).toContain('does not add up: 7 not accounted for');
    report.reads.accepted += 8;
    expect(plain(report)).toMatch(/^PARTIAL +The totals do not add up: 1 read more in the parts/);
  });

  it('judges read success without rounding up to the target', () => {
    const of = (readSuccessPercent: number | null) =>
      lineWith(plain(goodNight({ readSuccessPercent })), 'Read success ');
    expect(of(98)).toMatch(/98\.00 % +met \(target 98\.0 %\)/);
    expect(of(97.99)).toMatch(/97\.99 % +NOT met/);
    expect(of(97.999999)).toMatch(/97\.99 % +NOT met/);
    expect(of(100)).toMatch(/100\.00 % +met/);
    expect(of(null)).toMatch(/not yet known: no read day settled/);
  });

  it('shows every figure of the run', () => {
    const text = plain(badNight());
    for (const figure of [
      '8: 6 done, 0 duplicate, 2 failed',
      '1 left in the inbox',
      '180,011 reads',
      '2,902 rejected',
      '12,211 slots',
      'like-day 6,290',
      'linear 4,803',
      'profile 611',
      'register-share 308',
      'outage-zero 199',
      '733 unresolved',
      '90.81 %',
      '10,000 expected, 9,187 delivered, 813 missing',
      '43,659 of 11 codes',
      '3 files, 30,024 records, 375,036 reads, 10.8 MB',
      'ORG00001.ORG00000.0000.00.20261121070000.DAT',
      'ORG00001.ORG00000.0000.00.20261121070002.DAT',
      '1 delivered, 1 refused',
      '(1,529 lines)',
      '14.3 s, 16,228 reads/s',
      'production, resumed, clock 2026-11-21T07:15:00Z, readmill 1.0.0',
    ]) {
      expect(text).toContain(figure);
    }
    const { report, files } = badNight();
    for (const place of [report, files.estimates, files.review, files.manifest, files.missingMeters]) {
      expect(text).toContain(place);
    }
  });

  it('lists the first eight findings, errors first, and counts the others', () => {
    const lines = plain(badNight()).split('\n');
    const shown = lines.filter((line) => /^ {2}(error|warning|info) /.test(line));
    expect(shown.map((line) => line.trim().split(/ +/).slice(0, 3).join(' '))).toEqual([
      'error 412 cmep/bad-number',
      'error 87 vee/unknown-meter',
      'error 51 cmep/count-mismatch',
      'error 33 cmep/bad-timestamp',
      'warning 29,102 cmep/line-ending',
      'warning 12,944 vee/missing',
      'warning 734 vee/needs-review',
      'warning 77 vee/sum',
    ]);
    expect(lines).toContain('  and 3 more codes with 219 findings');
  });

  it('writes sources only where there is more than one', () => {
    expect(plain(goodNight())).not.toMatch(/north +4 files/);
    expect(plain(goodNight({ sources: [sampleSource('north'), sampleSource('south')] }))).toMatch(
      /south +4 files +250,022 reads/,
    );
    expect(plain(longNight())).toContain('and 66 more sources');
  });

  it('stays within 40 lines and 100 columns', () => {
    for (const report of [goodNight(), badNight(), emptyNight(), longNight()]) {
      const lines = plain(report).trimEnd().split('\n');
      expect(lines.length).toBeLessThanOrEqual(40);
      expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(100);
    }
  });

  it('writes escape sequences only where colour is wanted, and the same text with them', () => {
    for (const report of [goodNight(), badNight(), emptyNight()]) {
      const coloured = textSummary(report, { colour: true });
      expect(plain(report)).not.toContain('\u001b');
      expect(coloured).toContain('\u001b[1;');
      // biome-ignore lint/suspicious/noControlCharactersInRegex: the escape sequences are what is looked for
      expect(coloured.replace(/\u001b\[[\d;]*m/g, '')).toBe(plain(report));
    }
  });

  it('lets no control character or direction mark of the data through', () => {
    const days = [sampleDay('2026-11-20')];
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 30 }), (text) => {
        const summary = plain(replaceTexts(badNight({ days }), `${text}\u001b[2J\u202e\u0000\r\n`));
        // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
        expect(summary).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/);
        expect(summary.split('\n').length).toBeLessThanOrEqual(45);
      }),
    );
  });

  it('keeps lines within 100 columns whatever names and messages hold, save the paths to open', () => {
    const long = 'x'.repeat(500);
    const finding = sampleFinding(long, 'error', long, 3);
    const report = badNight({ findingDetails: [finding], runId: long, environment: long });
    report.inputs[6]!.path = long;
    report.inputs[6]!.problem = `${long} ${long}`;
    report.sources[0]!.name = long;
    report.batches[0]!.file = long;
    report.deliveries[1]!.status = long;
    report.methods = { [long]: 5 };
    for (const line of plain(report).split('\n')) expect(line.length).toBeLessThanOrEqual(100);
  });
});
