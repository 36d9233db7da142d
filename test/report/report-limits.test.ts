import { describe, expect, it } from 'vitest';
import { htmlReport } from '../../src/report/html-report.js';
import { TABLE_ROWS_MAX } from '../../src/report/html-table.js';
import type { RunReport } from '../../src/report/run-report.js';
import { textSummary } from '../../src/report/text-summary.js';
import { badNight, goodNight, sampleBatch, sampleDay, sampleFinding, sampleSource } from './sample-report.js';

const many = <T>(count: number, make: (i: number) => T): T[] =>
  Array.from({ length: count }, (_, i) => make(i));
const timesIn = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].length;
const text = (changes: Partial<RunReport>) => textSummary(goodNight(changes), { colour: false });
const page = (changes: Partial<RunReport>) => htmlReport(goodNight(changes));

describe('limits of the printed summary', () => {
  it('FINDINGS_SHOWN_MAX: eight codes, and a ninth where it is the last; of ten, eight and how many more', () => {
    const details = (count: number) =>
      many(count, (i) => sampleFinding(`vee/code-${i}`, 'warning', 'Title', 1));
    const shown = (count: number) => timesIn(text({ findingDetails: details(count) }), /^ {2}warning /gm);
    expect([shown(8), shown(9), shown(10)]).toEqual([8, 9, 8]);
    expect(text({ findingDetails: details(9) })).not.toContain('more code');
    expect(text({ findingDetails: details(10) })).toContain('and 2 more codes with 2 findings');
  });

  it('SOURCES_SHOWN_MAX: four sources, and a fifth where it is the last; of six, four and how many more', () => {
    const sources = (count: number) => many(count, (i) => sampleSource(`source${i}`));
    const shown = (count: number) => timesIn(text({ sources: sources(count) }), /^ +source\d /gm);
    expect([shown(4), shown(5), shown(6)]).toEqual([4, 5, 4]);
    expect(text({ sources: sources(5) })).not.toContain('more sources');
    expect(text({ sources: sources(6) })).toContain('and 2 more sources');
  });

  it('CERTIFICATES_SHOWN_MAX: two certificates that end, then how many more', () => {
    const warned = (count: number) =>
      text({ certificateWarnings: many(count, (i) => `Certificate ${i} ends.`) });
    expect([timesIn(warned(2), /^Certificate /gm), timesIn(warned(3), /^Certificate /gm)]).toEqual([2, 2]);
    expect(warned(2)).not.toContain('more certificates');
    expect(warned(3)).toContain('and 1 more certificates that end soon');
  });

  it('METHOD_LINES_MAX: two lines of methods, then they are cut', () => {
    const lines = (count: number) => {
      const methods = Object.fromEntries(many(count, (i) => [`method-${String(i).padStart(3, '0')}`, 1]));
      const all = text({ methods }).split('\n');
      const at = all.findIndex((line) => line.startsWith('Estimated'));
      return all
        .slice(
          at,
          all.findIndex((line) => line.startsWith('Read success')),
        )
        .join('\n');
    };
    const counts = many(30, (i) => lines(i).split('\n').length);
    expect(Math.max(...counts)).toBe(2);
    // As long as all stands on two lines nothing is cut off, and what is cut off ends in a sign of it.
    const cut = many(30, lines).find((one) => !one.includes('unresolved'))!;
    expect(cut.split('\n')).toHaveLength(2);
    expect(cut).toMatch(/…$/);
  });

  it('VERDICT_LINES_MAX: three lines of what needs a person, then it is cut', () => {
    const verdict = (length: number) => {
      const report = badNight();
      const failed = report.inputs.find(({ status }) => status === 'failed')!;
      failed.problem = many(length, () => 'word').join(' ');
      const all = textSummary(report, { colour: false }).split('\n');
      return all.slice(
        0,
        all.findIndex((line) => line.startsWith('Run ')),
      );
    };
    const lines = many(60, verdict);
    expect(Math.max(...lines.map((one) => one.filter((line) => line !== '').length))).toBe(3);
    expect(lines.at(-1)!.join('\n').trimEnd()).toMatch(/…$/);
    expect(lines[0]!.join('\n').trimEnd()).not.toMatch(/…$/);
  });
});

describe('limits of the page', () => {
  it('EXAMPLES_SHOWN_MAX: twenty places of a code', () => {
    const shown = (count: number) => {
      const finding = sampleFinding('vee/missing', 'warning', 'Title', count, count);
      return timesIn(page({ findingDetails: [finding] }), /O for a zero\?/g);
    };
    const one = shown(1);
    expect([shown(20) / one, shown(21) / one]).toEqual([20, 20]);
  });

  it('TABLE_ROWS_MAX: two hundred rows of a table, then where the full list is', () => {
    const batches = (count: number) => page({ batches: many(count, (i) => sampleBatch(i)) });
    const shown = (count: number) => new Set(batches(count).match(/00\.2026112107\d{4}\.DAT/g)).size;
    expect([shown(TABLE_ROWS_MAX), shown(TABLE_ROWS_MAX + 1)]).toEqual([200, 200]);
    expect(batches(200)).not.toMatch(/1 more: the full list/);
    expect(batches(201)).toMatch(/1 more: the full list is in .*manifest\.json/);
  });

  it('DAYS_DRAWN_MAX: the latest forty read days, then that there are earlier ones', () => {
    const days = (count: number) =>
      page({
        days: many(count, (i) => sampleDay(new Date(Date.UTC(2026, 0, 1 + i)).toISOString().slice(0, 10))),
      });
    expect(days(40)).toContain('2026-01-01');
    expect(days(40)).not.toContain('earlier days');
    expect(days(41)).not.toContain('2026-01-01');
    expect(days(41)).toContain('1 earlier days: the full list is in');
  });

  it('DAYS_DRAWN_MAX: eight days of channels are drawn', () => {
    const drawn = (count: number) => {
      const day = {
        ...{ meterId: 'M1', units: 'KWH', day: '2026-11-20', code: 'vee/spike', intervalMinutes: 60 },
        ...{ values: many(24, () => '1.00000'), kinds: many(24, () => 'actual'), register: [] },
      };
      const drawnDays = many(count, (i) => ({
        ...day,
        meterId: `DRAWN${i}`,
      })) as unknown as RunReport['drawnDays'];
      return new Set(page({ drawnDays }).match(/DRAWN\d+/g)).size;
    };
    expect([drawn(8), drawn(9)]).toEqual([8, 8]);
  });
});
