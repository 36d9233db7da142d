import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { RULES } from '../../src/conformance/rules.js';
import type { FinishedNight } from '../../src/pipeline/finish/finish.js';
import { writeReport } from '../../src/report/build-report.js';

const folder = mkdtempSync(join(tmpdir(), 'readmill-build-report-'));
afterAll(() => rmSync(folder, { recursive: true }));

const many = <T>(count: number, make: (i: number) => T): T[] =>
  Array.from({ length: count }, (_, i) => make(i));

/** Report of a night with so many places of one code, lines of its lists, and read days. */
function reportOf({ places = 0, lines = 0, days = 0 }) {
  const counts = { accepted: 0, replaced: 0, waiting: 0, rejected: 0, duplicates: 0, estimated: 0 };
  const put = (name: string, text: readonly string[]) => {
    const path = join(folder, name);
    writeFileSync(path, `${['header', ...text].join('\n')}\n`);
    return path;
  };
  const hours = new Float64Array(24);
  const finding = { code: RULES[0]!.code, column: 1, field: 1, meterId: null, stamp: null, message: '' };
  const input = {
    path: 'a.cmep',
    sha256: '0',
    status: 'done',
    sourceIndex: 0,
    sizeBytes: 1,
    source: 'north',
  };
  const night = {
    run: {
      ...{ runId: 'R', kind: 'night', nowIso: '2026-11-21T06:00:00Z', register: null, leftInInbox: [] },
      ...{ inputs: [{ ...input, members: [{ name: 'a.cmep' }] }] },
      ...{ inboxProblems: [], vee: { policies: {} } },
      config: { state: folder, sources: [{ name: 'north', profile: { name: 'sensus' } }] },
    },
    scan: {
      counts: [{ records: 1, reads: 1, rejectedRecords: 0, rejectedReads: 0 }],
      examples: many(places, (i) => ({ input: 0, member: 0, finding: { ...finding, line: i + 1 } })),
    },
    ...{ tasks: [], resumed: false, seconds: 1, quarantine: new Map(), archive: new Map() },
    totals: {
      ...{ received: 0, sources: [], drawnDays: [], metersSeen: 1, metersExpected: 1, metersMissing: 0 },
      ...{ slotsExpected: 0, slotsActual: 0, reviewCount: lines },
      outcome: { ...counts, unresolved: 0, policies: [], scaledSpans: 0, lateActuals: 0 },
      ruleCounts: Float64Array.from(RULES, (_, i) => (i === 0 ? places : 0)),
      days: many(days, (i) => ({
        ...{ day: 20_000 + i, settled: true, actual: hours, estimated: hours, unresolved: hours },
      })),
    },
    lists: {
      estimates: put('estimates.csv', []),
      review: put(
        'review.csv',
        many(lines, (i) => `M${i},KWH,,vee/spike,`),
      ),
      missingMeters: put(
        'missing-meters.csv',
        many(lines, (i) => `M${i},S,KWH,`),
      ),
      duplicates: put('duplicates.csv', []),
    },
    deliveries: { deliveries: [], certificateWarnings: [] },
  };
  return writeReport(night as unknown as FinishedNight, folder);
}

it('EXAMPLES_MAX: the first ten places of a code are told, and all are counted', () => {
  for (const places of [10, 11]) {
    const [finding] = reportOf({ places }).findingDetails;
    expect(finding!.count).toBe(places);
    expect(finding!.examples.map(({ line }) => line)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  }
  expect(reportOf({ places: 9 }).findingDetails[0]!.examples).toHaveLength(9);
});

it('SAMPLE_LINES_MAX: the first fifty lines of each list are told, and how many the review has', () => {
  for (const [lines, told] of [
    [50, 50],
    [51, 50],
  ] as const) {
    const { reviewSample, reviewCount, missingMeterSample } = reportOf({ lines });
    expect([reviewSample.length, reviewCount, missingMeterSample.length]).toEqual([told, lines, told]);
    expect([reviewSample.at(-1)!.meterId, missingMeterSample.at(-1)]).toEqual(['M49', 'M49']);
  }
});

it('DAYS_MAX: four hundred read days are told, of more the latest', () => {
  const [all, more] = [reportOf({ days: 400 }).days, reportOf({ days: 401 }).days];
  expect([all.length, more.length]).toEqual([400, 400]);
  expect([all[0]!.day, more[0]!.day]).toEqual(['2024-10-04', '2024-10-05']);
});
