import { readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openLedger } from '../../src/store/ledger/ledger.js';
import { reportFile } from './auditor.js';
import { cmepLines, csvRows, stampAfter, type Triple } from './cmep-lines.js';
import { type Report, type RunFolder, runFolder, runNight } from './night-folder.js';
import { readmill } from './program.js';
import { hourly, writtenLine } from './written-lines.js';

/** Read days begin at 05:00Z: the first slot of a day ends at 06:00Z. */
const firstStamp = (date: string) => `${date.replaceAll('-', '')}0600`;
const closed = (date: string) =>
  `${new Date(Date.parse(`${date}T06:30Z`) + 86_400_000).toISOString().slice(0, 16)}Z`;

/** A day's values: `scale` times 0.100, 0.101 ... */
const values = (scale: number) =>
  Array.from({ length: 24 }, (_, i) => (((100 + i) * scale) / 1000).toFixed(3));
const dayOf = (date: string, scale = 1, without: number[] = []): Triple[] =>
  hourly(firstStamp(date), values(scale)).filter((_, i) => !without.includes(i));

interface GivenRecord {
  meterId?: string;
  triples: Triple[];
  units?: string;
}

function put(folder: RunFolder, name: string, records: GivenRecord[]): string {
  const path = join(folder.inbox, name);
  const line = ({ meterId = 'M1', triples, units = 'KWH' }: GivenRecord) =>
    writtenLine({ meterId, triples, units });
  writeFileSync(path, records.map(line).join(''));
  return path;
}

const estimates = (folder: RunFolder, report: Report) => csvRows(reportFile(folder, report, 'estimates.csv'));
const review = (folder: RunFolder, report: Report) =>
  csvRows(reportFile(folder, report, 'review.csv')).map(({ code, stamp }) => `${code} ${stamp}`);

/** Fridays before Friday 20 November. */
const FRIDAYS = ['2026-10-23', '2026-10-30', '2026-11-06', '2026-11-13'];

async function importDays(folder: RunFolder, records: GivenRecord[], name = 'past.cmep') {
  const path = join(folder.directory, name);
  renameSync(put(folder, name, records), path);
  const arguments_ = ['history', 'import', path, '--config', folder.config, '--json', '--workers', '1'];
  return readmill([...arguments_, '--now', '2026-11-20T05:00:00Z']);
}

test.concurrent('imported days are the reference days of a gap, and are not sent', async () => {
  const folder = runFolder();
  const records = FRIDAYS.map((date, k) => ({ triples: dayOf(date, k + 1, k === 2 ? [7] : []) }));
  const imported = await importDays(folder, records);
  expect(imported.code).toBe(0);
  expect(JSON.parse(imported.stdout)).toMatchObject({
    files: [
      { status: 'done', reads: { received: 95, kept: 95 }, firstDay: '2026-10-23', lastDay: '2026-11-13' },
    ],
  });
  expect(readdirSync(folder.outbox)).toEqual([]);
  put(folder, 'day.cmep', [{ triples: dayOf('2026-11-20', 3, [4, 5, 6, 7]) }]);
  const { report } = await runNight(folder, { now: closed('2026-11-20') });
  // 6 November lacks a slot; the mean of 4, 2 and 1 times the value.
  expect(estimates(folder, report)).toMatchObject(
    [4, 5, 6, 7].map((i) => ({
      value: (((100 + i) * 7) / 3000).toFixed(3),
      method: 'like-day',
      reference_days: '2026-11-13 2026-10-30 2026-10-23',
      check: 'vee/missing',
      policy: 'default',
    })),
  );
  const again = await importDays(folder, records, 'again.cmep');
  expect(JSON.parse(again.stdout)).toMatchObject({ files: [{ status: 'duplicate' }] });
  const explained = await readmill([
    'explain',
    '--config',
    folder.config,
    '--meter',
    'M1',
    '--day',
    '2026-11-20',
    '--json',
  ]);
  const { channels } = JSON.parse(explained.stdout) as { channels: { slots: Record<string, unknown>[] }[] };
  expect(channels[0]!.slots[4]).toMatchObject({
    stamp: '2026-11-20T10:00Z',
    raw: null,
    final: '0.243',
    state: 'estimated',
    checks: ['vee/missing'],
    method: 'like-day',
    referenceDays: '2026-11-13 2026-10-30 2026-10-23',
    scale: null,
    runId: report.runId,
  });
  expect(channels[0]!.slots[3]).toMatchObject({
    raw: '0.309',
    final: '0.309',
    state: 'actual',
    method: null,
  });
  // Also while another process, here this one, works on the state folder.
  const held = openLedger(folder.state);
  const unknown = await readmill([
    'explain',
    '--config',
    folder.config,
    '--meter',
    'M9',
    '--day',
    '2026-11-20',
  ]);
  expect([unknown.code, unknown.stdout]).toEqual([2, expect.stringContaining('holds nothing')]);
  await held.close();
});

test.concurrent('a run of zeros and a strange total are told with what earlier days hold', async () => {
  const folder = runFolder();
  const zeros = (date: string, from: number, to: number) =>
    dayOf(date).map((triple, i) => (i >= from && i < to ? { ...triple, value: '0.000' } : triple));
  await importDays(folder, [
    ...FRIDAYS.map((date) => ({ meterId: 'M2', triples: dayOf(date) })),
    { triples: zeros('2026-11-18', 20, 24) },
    { triples: zeros('2026-11-19', 0, 24) },
  ]);
  put(folder, 'day.cmep', [
    { triples: zeros('2026-11-20', 0, 3) },
    { meterId: 'M2', triples: dayOf('2026-11-20', 5) },
  ]);
  const { report } = await runNight(folder, { now: closed('2026-11-20') });
  expect(review(folder, report)).toEqual([
    'vee/zero-run 2026-11-20T08:00Z',
    'vee/high-low 2026-11-21T05:00Z',
  ]);
  const page = readFileSync(reportFile(folder, report, 'report.html'), 'utf8');
  expect(page).toContain('longest run of zeros');
  expect(page).toContain('day total furthest from its reference days');
});

test.concurrent('an exchanged meter is not estimated where the other one covers, before or after', async () => {
  const folder = runFolder({ register: './meters.csv' });
  // Exchanged at 15:20Z: the slot that ends at 16:00Z is the new meter's.
  const register = [
    'meter_id,sdp_id,units,active_from,active_to',
    'M1,S1,KWH,,2026-11-20T15:20Z',
    'M2,S1,KWH,2026-11-20T15:20Z,',
    'M3,S3,KWH,,',
  ];
  writeFileSync(join(folder.directory, 'meters.csv'), register.join('\n'));
  const all = hourly(firstStamp('2026-11-20'), values(1));
  put(folder, 'day.cmep', [
    { meterId: 'M1', triples: all.slice(0, 9) },
    { meterId: 'M2', triples: all.slice(11) },
    { meterId: 'M3', triples: all.slice(0, 9) },
  ]);
  const { report } = await runNight(folder, { now: closed('2026-11-20') });
  // M1 lacks the slot that ends at 15:00Z, M2 that of 16:00Z; the rest is the other's.
  const lines = cmepLines(join(folder.outbox, report.batches[0]!.file));
  const empty = lines.flatMap(({ meterId, triples }) =>
    triples.filter(({ flag }) => flag === 'N').map(({ stamp }) => `${meterId} ${stamp}`),
  );
  expect(empty.filter((text) => !text.startsWith('M3'))).toEqual(['M1 202611201500', 'M2 202611201600']);
  expect(empty.filter((text) => text.startsWith('M3'))).toHaveLength(15);
  expect(report.meters).toEqual({ expected: 3, delivered: 3, missing: 0 });
  // Actuals of covered slots that come late are carried all the same, for the first time.
  put(folder, 'late.cmep', [{ meterId: 'M1', triples: [all[12]!] }]);
  const late = await runNight(folder, { now: '2026-11-21T09:00:00Z' });
  const [line] = cmepLines(join(folder.outbox, late.report.batches[0]!.file));
  expect([line!.purpose, line!.triples[0]!.stamp]).toEqual(['OK', all[12]!.stamp]);
});

test.concurrent('channels that deliver nothing are estimated where their policy says so, and still missing', async () => {
  const folder = runFolder({
    register: './meters.csv',
    config: { vee: { policies: { home: { estimateMissingMeters: true } } } },
  });
  const register = ['meter_id,units,service_class', 'M1,KWH,home', 'M2,KWH,home', 'M3,KWH,shop'];
  writeFileSync(join(folder.directory, 'meters.csv'), register.join('\n'));
  const past = ['M1', 'M2', 'M3'].flatMap((meterId) =>
    FRIDAYS.map((date) => ({ meterId, triples: dayOf(date) })),
  );
  await importDays(folder, past);
  put(folder, 'day.cmep', [{ triples: dayOf('2026-11-20') }]);
  const { report } = await runNight(folder, { now: closed('2026-11-20') });
  expect(report.reads).toMatchObject({ received: 24, accepted: 24, estimated: 24, unresolved: 0 });
  expect(estimates(folder, report).map(({ meter_id, value }) => `${meter_id} ${value}`)).toEqual(
    values(1).map((value) => `M2 ${value}`),
  );
  expect(report.meters).toEqual({ expected: 3, delivered: 1, missing: 2 });
  const missing = csvRows(reportFile(folder, report, 'missing-meters.csv'));
  expect(missing.map(({ meter_id }) => meter_id)).toEqual(['M2', 'M3']);
  // What comes late replaces the estimates.
  put(folder, 'late.cmep', [{ meterId: 'M2', triples: dayOf('2026-11-20', 2) }]);
  const late = await runNight(folder, { now: '2026-11-21T09:00:00Z' });
  expect(late.report.reads).toMatchObject({ received: 24, accepted: 24, duplicates: 0 });
  const [line] = cmepLines(join(folder.outbox, late.report.batches[0]!.file));
  expect(line!.purpose).toBe('RESEND');
  expect(late.report).toMatchObject({ lateActuals: 24 });
});

test.concurrent('load profiles and holidays come from files; a bad line is named', async () => {
  const profile = ['service_class,kind_of_day,ends,weight'];
  for (let hour = 1; hour <= 24; hour++) {
    profile.push(`default,holiday,${String(hour).padStart(2, '0')}:00,${hour === 1 ? 2 : 1}`);
  }
  const config = { vee: { loadProfiles: './profiles.csv', holidays: './holidays.csv' } };
  const folder = runFolder({ config });
  writeFileSync(join(folder.directory, 'holidays.csv'), 'date,name\n2026-11-20,Ours\n');
  writeFileSync(join(folder.directory, 'profiles.csv'), profile.join('\n'));
  const triples = dayOf('2026-11-20', 1, [0, 1, 2, 3]);
  const register = (stamp: string, value: string) => ({
    units: 'KWHREG',
    triples: [{ stamp, flag: 'R', value }],
  });
  const end = stampAfter(firstStamp('2026-11-20'), 23 * 60);
  const known = triples.reduce((sum, { value }) => sum + Math.round(Number(value) * 1000), 0);
  put(folder, 'day.cmep', [
    { triples },
    register('202611200500', '100.000'),
    register(end, `${(100_000 + known + 1000) / 1000}`),
  ]);
  const { report } = await runNight(folder, { now: closed('2026-11-20') });
  expect(estimates(folder, report).map(({ method, value }) => `${method} ${value}`)).toEqual([
    'profile 0.400',
    'profile 0.200',
    'profile 0.200',
    'profile 0.200',
  ]);
  writeFileSync(
    join(folder.directory, 'profiles.csv'),
    profile.with(3, 'default,holiday,03:00,x').join('\n'),
  );
  const { code, stderr } = await readmill(['run', '--config', folder.config]);
  expect(code).toBe(1);
  expect(stderr).toMatch(/profiles\.csv, line 4: the weight "x" .*\[READMILL_VEE_FILE\]/);
});

test.concurrent('a span begins at the last register read, also where other meters have later ones', async () => {
  const folder = runFolder();
  const days = ['2026-11-17', '2026-11-18', '2026-11-19', '2026-11-20'] as const;
  /** Register read at the end of so many of the days. */
  const register = (meterId: string, day: number, value: string): GivenRecord => ({
    meterId,
    units: 'KWHREG',
    triples: [{ stamp: stampAfter(firstStamp(days[0]), day * 1440 - 60), flag: 'R', value }],
  });
  const reads = (meterId: string, ...given: string[]): GivenRecord[] =>
    given.map((date) => ({ meterId, triples: dayOf(date) }));
  // A day has 2.676 kWh.
  put(folder, '1.cmep', [
    ...reads('M1', days[0]),
    ...reads('M2', days[0]),
    register('M1', 0, '9'),
    register('M2', 0, '10'),
  ]);
  await runNight(folder, { now: closed(days[0]) });
  put(folder, '2.cmep', [
    ...reads('M1', days[1], days[2]),
    ...reads('M2', days[1], days[2]),
    register('M1', 2, '15.352'),
    register('M2', 2, '15.352'),
    register('M2', 3, '18.028'),
  ]);
  await runNight(folder, { now: closed(days[2]) });
  // Between the end of the second day and that of the fourth: 2.676 of the third, and 2.8 of the fourth.
  put(folder, '3.cmep', [{ meterId: 'M1', triples: dayOf(days[3], 1, [5]) }, register('M1', 4, '20.828')]);
  const { report } = await runNight(folder, { now: closed(days[3]) });
  const [row] = estimates(folder, report);
  expect(row).toMatchObject({ method: 'linear', value: '0.229' });
});
