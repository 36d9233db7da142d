import { describe, expect, it } from 'vitest';
import { type CheckFormat, checkReport } from '../../../src/conformance/report/check-report.js';
import type { CheckedFiles } from '../../../src/conformance/report/checked-files.js';
import { checked, coverageDay, sampleCheck, sampleFinding } from './sample-checks.js';

const written = (format: CheckFormat, files: CheckedFiles) =>
  [...checkReport(format, files, { colour: false })].join('');
const many = <T>(count: number, make: (i: number) => T): T[] =>
  Array.from({ length: count }, (_, i) => make(i));
const timesIn = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].length;

const findingsOn = (count: number) => many(count, (i) => sampleFinding({ line: 3 + i, meterId: `M${i}` }));
const dayOf = (i: number) => new Date(Date.UTC(2026, 0, 1 + i)).toISOString().slice(0, 10);
/** A file of so many days, of which each next one misses more. */
const withGaps = (days: number, path = 'a.cmep') =>
  sampleCheck([], { path, coverage: many(days, (i) => coverageDay(dayOf(i), 100, { 3: i + 1 })) });

describe('limits of the text of check', () => {
  it('PLACES_SHOWN_MAX: five lines of a code, then how many more', () => {
    const text = (count: number) => written('text', checked(sampleCheck(findingsOn(count))));
    expect(timesIn(text(5), /^ +line \d+/gm)).toBe(5);
    expect(text(5)).not.toMatch(/and \d+ more/);
    expect(timesIn(text(6), /^ +line \d+/gm)).toBe(5);
    expect(text(6)).toMatch(/and 1 more/);
  });

  it('COVERAGE_DAYS_SHOWN_MAX: seven days with gaps, then how many more', () => {
    const text = (days: number) => written('text', checked(withGaps(days)));
    const shown = /^ +2026-01-\d\d {2}\[/gm;
    expect([timesIn(text(7), shown), timesIn(text(8), shown)]).toEqual([7, 7]);
    expect(text(7)).not.toContain('with gaps');
    expect(text(8)).toContain('and 1 more day with gaps');
  });
});

it('PLACES_LISTED_MAX: twenty places of a code stand in JUnit, then how many more', () => {
  const text = (count: number) => written('junit', checked(sampleCheck(findingsOn(count))));
  const places = /^line \d+/gm;
  expect([timesIn(text(20), places), timesIn(text(21), places)]).toEqual([20, 20]);
  expect(text(20)).not.toMatch(/and \d+ more/);
  expect(text(21)).toContain('and 1 more');
});

describe('limits of the page of check', () => {
  const rows = (page: string) => timesIn(page, /202611200100/g);
  const perRow = rows(written('html', checked(sampleCheck(findingsOn(1)))));

  it('PLACES_ON_PAGE_MAX: a thousand places of a code, then that there are more', () => {
    const page = (count: number) => written('html', checked(sampleCheck(findingsOn(count))));
    const [full, more] = [page(1_000), page(1_001)];
    expect([rows(full) / perRow, rows(more) / perRow]).toEqual([1_000, 1_000]);
    expect(full).not.toContain('are in this page');
    expect(more).toContain('1,000 of 1,001 are in this page');
  });

  it('FILES_NAMED_MAX: twenty files are named by a code, then how many more', () => {
    const page = (count: number) =>
      written('html', checked(...many(count, (i) => sampleCheck(findingsOn(1), { path: `f${i}.cmep` }))));
    expect(page(20)).not.toContain('and 1 more');
    expect(page(20)).toMatch(/In 20 files: .*<bdi>f19\.cmep<\/bdi>/);
    expect(page(21)).toMatch(/In 21 files: .*<bdi>f19\.cmep<\/bdi> 1 and 1 more/);
  });

  it('FILES_LISTED_MAX: five hundred files and problems are listed, then how many more', () => {
    const page = (count: number) =>
      written('html', checked(...many(count, (i) => sampleCheck([], { path: `f${i}.cmep` }))));
    expect(page(500)).not.toContain('more file');
    expect(page(500)).toContain('f499.cmep');
    expect(page(501)).toContain('1 more file: all are in --format json');
    expect(page(501)).not.toContain('f500.cmep');
    const problems = (count: number) =>
      written('html', {
        ...checked(),
        problems: many(count, (i) => ({
          path: `p${i}`,
          code: 'READMILL_FILE_UNREADABLE',
          message: `p${i} is bad.`,
        })),
      });
    expect([timesIn(problems(500), /is bad\./g), timesIn(problems(501), /is bad\./g)]).toEqual([500, 500]);
    expect(problems(500)).not.toContain('more file');
    expect(problems(501)).toContain('1 more file: all are in --format json');
  });

  it('RULES_NAMED_MAX: three broken rules stand in the verdict, then how many more', () => {
    const codes = [
      'cmep/bad-timestamp',
      'cmep/missing-field',
      'cmep/bad-interval',
      'cmep/not-ascii',
    ] as const;
    const verdict = (count: number) => {
      const findings = codes.slice(0, count).map((code) => sampleFinding({ code, severity: 'error' }));
      return /<p class="first">(.*?)<\/p>/.exec(written('html', checked(sampleCheck(findings))))![1]!;
    };
    expect(timesIn(verdict(3), /\(1\)/g)).toBe(3);
    expect(verdict(3)).not.toContain('more rule');
    expect(timesIn(verdict(4), /\(1\)/g)).toBe(3);
    expect(verdict(4)).toContain('and 1 more rule.');
  });

  it('DAYS_DRAWN_MAX: the forty days of a file with the most missing are drawn', () => {
    const page = (days: number) => written('html', checked(withGaps(days)));
    const drawn = /<span class="day">/g;
    expect([timesIn(page(40), drawn), timesIn(page(41), drawn)]).toEqual([40, 40]);
    expect(page(40)).not.toContain('left out');
    expect(page(41)).toContain('1 day with fewer reads missing left out');
    expect(page(41)).not.toContain(`<span class="day">${dayOf(0)}<`);
  });

  it('FILES_DRAWN_MAX: the forty files with the most missing are drawn', () => {
    const page = (files: number) =>
      written('html', checked(...many(files, (i) => withGaps(Math.min(i + 1, 3), `f${i}`))));
    const drawn = /<summary><bdi>f\d+<\/bdi>: [\d,]+ reads? missing/g;
    expect([timesIn(page(40), drawn), timesIn(page(41), drawn)]).toEqual([40, 40]);
    expect(page(40)).not.toContain('left out');
    expect(page(41)).toContain('1 file with fewer reads missing left out');
    expect(page(41)).not.toContain('<summary><bdi>f0</bdi>');
  });
});
