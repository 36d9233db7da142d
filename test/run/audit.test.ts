import { describe, expect, test } from 'vitest';
import { type AuditedNight, auditRun, reportFile, slotKey } from './auditor.js';
import { compact, csvRows, fine, fineText } from './cmep-lines.js';
import {
  type Defect,
  folderWith,
  type GeneratedNight,
  generate,
  type Ran,
  type RunFolder,
  runNight,
} from './night-folder.js';
import { type Judgement, judgeDay } from './vee-referee.js';

const DAY_START = '202611200500';
const DIALECTS = ['cmep-1.20', 'sensus', 'smartsynch'];
const INTERVALS_MINUTES = [60, 30, 15];
const METERS = 1_000;

/** A night that ran, audited and judged. */
interface Case {
  dialect: string;
  intervalMinutes: number;
  night: GeneratedNight;
  folder: RunFolder;
  ran: Ran;
  audited: AuditedNight;
  judgement: Judgement;
  review: Record<string, string>[];
  of(kind: string): Defect[];
}

async function runCase(dialect: string, intervalMinutes: number, seed: number): Promise<Case> {
  const flags = { dialect, interval: intervalMinutes, seed };
  const night = await generate({ meters: METERS, files: 2, 'missing-rate': 0.01, ...flags });
  const folder = folderWith(night, { profile: dialect });
  const ran = await runNight(folder, { workers: 2 });
  const audited = auditRun({ night, folder, report: ran.report });
  return {
    dialect,
    intervalMinutes,
    night,
    folder,
    ran,
    audited,
    judgement: judgeDay(audited.winners, DAY_START, intervalMinutes),
    review: csvRows(reportFile(folder, ran.report, 'review.csv')),
    of: (kind) => night.defects.filter((defect) => defect.kind === kind),
  };
}

const minutesAfter = (iso: string) => (Date.parse(iso) - Date.parse('2026-11-20T05:00Z')) / 60_000;

/** Slots from the defect's stamp on, from 0. */
function slotsOf({ intervalMinutes }: Case, { stamp, slots = 1 }: Defect): { first: number; end: number } {
  const first = minutesAfter(stamp!) / intervalMinutes - 1;
  return { first, end: first + slots };
}

/** Slots without a value that lie between others of the day, so short that a straight line fills them. */
function isLine(night: Case, defect: Defect): boolean {
  const { first, end } = slotsOf(night, defect);
  const isShort = (end - first) * night.intervalMinutes <= 120;
  return isShort && first > 0 && end < 1440 / night.intervalMinutes;
}

/** Slots of a day in which the channel delivered nothing at all: the meter is missing, not its slots. */
function isWholeDay(night: Case, { slots = 1, form }: Defect): boolean {
  return form !== 'n-flag' && slots * night.intervalMinutes === 1440;
}

const total = (defects: Defect[], member: 'slots' | 'reads' | 'lines') =>
  defects.reduce((sum, defect) => sum + (defect[member] ?? 1), 0);

function expectVerdicts({ audited, judgement, ran }: Case): void {
  const { output, estimates } = audited;
  const wrong: string[] = [];
  for (const [key, { method, value, scale }] of judgement.verdicts) {
    const out = output.get(key);
    const row = estimates.get(key);
    const expected = method === 'none' ? '' : fineText(value).slice(0, -2);
    const isListed = method !== 'none' || audited.winners.has(key);
    const told = isListed ? `${row?.method} ${row?.scale}` : `${method} ${scale}`;
    if (out?.value !== expected || told !== `${method} ${scale}`) {
      wrong.push(`${key}: ${out?.value} ${told}, not ${expected} ${method} ${scale}`);
    }
  }
  for (const key of estimates.keys()) if (!judgement.verdicts.has(key)) wrong.push(`${key}: no estimate due`);
  expect(wrong.slice(0, 5)).toEqual([]);
  expect(ran.report.scaledSpans).toBe(judgement.scaledSpans);
  expect(judgement.scaledSpans).toBeGreaterThan(0);
  for (const { meterId, keys, advance } of judgement.spans) {
    const sum = keys.reduce((total, key) => total + fine(output.get(key)!.value), 0n);
    expect(`${meterId} ${sum}`).toBe(`${meterId} ${advance}`);
  }
}

function expectReview({ review, judgement }: Case): void {
  const told = review.map(({ meter_id, units, stamp, code }) => {
    return `${slotKey(meter_id!, units!, compact(stamp!))}|${code}`;
  });
  expect(new Set(told)).toEqual(judgement.review);
  expect(told).toHaveLength(judgement.review.size);
}

/** Counts from `answers.json` alone, by kind of defect. */
function expectAnswers(night: Case): void {
  const { of, ran, audited, review, intervalMinutes } = night;
  const { report } = ran;
  const { output } = audited;
  const negative = of('negative').filter(({ value }) => value!.startsWith('-') && fine(value!) < 0n);
  const gaps = [...of('missing-short'), ...of('missing-long'), ...negative].filter((defect) => {
    return !isWholeDay(night, defect);
  });
  const lines = gaps.filter((defect) => isLine(night, defect));
  const outages = of('outage').filter(({ form }) => form === 'n-flag');
  const broken = night.night.defects.filter(({ kind }) => kind.startsWith('broken-'));
  // Where the broken record was the day's only one, the channel delivered nothing.
  const halfDays = intervalMinutes === 15 ? broken : [];
  const slots = total(lines, 'slots');
  expect(report.methods.linear ?? 0).toBe(slots);
  expect(report.methods['outage-zero'] ?? 0).toBe(total(outages, 'slots'));
  const shared = report.methods['register-share'] ?? 0;
  expect(report.reads.estimated).toBe(slots + shared + total(outages, 'slots'));
  // Longer gaps take a share of the register, where it is one that can be: the verdicts above say which.
  const others = total(gaps, 'slots') - slots + total(halfDays, 'slots');
  expect(shared + report.reads.unresolved).toBe(others);
  const repeats = [...of('duplicate-same'), ...of('duplicate-different')];
  expect(report.reads.duplicates).toBe(total(repeats, 'slots'));
  expect(report.findings['vee/duplicate-read']).toBe(of('duplicate-different').length);
  expect(report.reads.rejected).toBe(total(of('unknown-meter'), 'reads') + total(broken, 'reads'));
  expect(report.findings['vee/unknown-meter']).toBe(total(of('unknown-meter'), 'lines'));
  expect(report.findings['vee/negative']).toBe(negative.length);
  for (const { code } of broken) expect(report.findings[code!]).toBeGreaterThan(0);
  const outputOf = ({ meterId, stamp }: Defect) => output.get(slotKey(meterId, 'KWH', compact(stamp!)))!;
  for (const defect of of('duplicate-different')) expect(outputOf(defect).value).toBe(defect.value);
  for (const defect of of('spike')) expect(outputOf(defect).value).toBe(defect.value);
  const flagged = (code: string) => review.filter((row) => row.code === code).map(({ meter_id }) => meter_id);
  const metersOf = (...kinds: string[]) => kinds.flatMap(of).map(({ meterId }) => meterId);
  expect(flagged('vee/register-decreased').sort()).toEqual(metersOf('register-decreased').sort());
  // A spike does not stand on the register: it disagrees with the sum, too.
  expect(flagged('vee/sum').sort()).toEqual(metersOf('sum-mismatch', 'spike').sort());
}

function expectMissingMeters({ night, folder, ran, audited, of }: Case): void {
  const known = new Set(csvRows(night.register).map(({ meter_id }) => meter_id));
  const delivered = new Set<string>();
  for (const { meterId, units } of audited.winners.values()) if (units === 'KWH') delivered.add(meterId);
  const silent = [...known].filter((meterId) => !delivered.has(meterId!));
  const told = csvRows(reportFile(folder, ran.report, 'missing-meters.csv'));
  expect(told.map(({ meter_id }) => meter_id)).toEqual(silent.sort());
  expect(ran.report.meters).toMatchObject({ expected: known.size, missing: silent.length });
  for (const { meterId } of of('silent-meter')) expect(silent).toContain(meterId);
}

describe.each(DIALECTS)('%s', (dialect) => {
  test.concurrent.each(INTERVALS_MINUTES)(
    'a night of %i-minute intervals is carried as the rules say',
    async (interval) => {
      const seed = 11 + DIALECTS.indexOf(dialect) * 10 + interval;
      const night = await runCase(dialect, interval, seed);
      expect(night.audited.violations).toEqual([]);
      expect(night.ran.code).toBe(2);
      expect(night.ran.report.status).toBe('partial');
      expectVerdicts(night);
      expectReview(night);
      expectAnswers(night);
      expectMissingMeters(night);
    },
  );
});
