import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { reportFile } from './auditor.js';
import { cmepLines, csvRows } from './cmep-lines.js';
import { type Ran, type RunFolder, runFolder, runNight } from './night-folder.js';
import { hourly, type WrittenRecord, writtenLine } from './written-lines.js';

/** A meter without a meter register; the read day of 20 November closes at 05:00Z of the 21st. */
const METER = 'M000000001';
const FIRST = '202611200600';
/** Hours 8 (one hour) and 15 to 18 (four hours) are missing. */
const VALUES = Array.from({ length: 24 }, (_, i) => `1.${String(i).padStart(3, '0')}`);
const DAY = hourly(FIRST, VALUES);
const isMissing = (i: number) => i === 8 || (i >= 15 && i < 19);
const GAPPY = DAY.map((triple, i) => (isMissing(i) ? { ...triple, flag: 'N', value: '' } : triple));

interface Settled {
  folder: RunFolder;
  /** Runs the records of a file through. @returns the report and what went out, `purpose stamp value flag` */
  send(
    name: string,
    now: string,
    records: Omit<WrittenRecord, 'meterId'>[],
  ): Promise<Ran & { sent: string[] }>;
}

function openFolder(profile = 'cmep-1.20'): Settled {
  const folder = runFolder({ profile });
  const known = new Set<string>();
  return {
    folder,
    async send(name, now, records) {
      const text = records.map((record) => writtenLine({ meterId: METER, ...record })).join('');
      if (text !== '') writeFileSync(join(folder.inbox, name), text);
      const ran = await runNight(folder, { now });
      const batches = readdirSync(folder.outbox).filter((batch) => !known.has(batch));
      for (const batch of batches) known.add(batch);
      const lines = batches.flatMap((batch) => cmepLines(join(folder.outbox, batch)));
      const sent = lines.flatMap(({ purpose, triples }) => {
        return triples.map(({ stamp, value, flag }) => `${purpose} ${stamp} ${value} ${flag}`);
      });
      return { ...ran, sent };
    },
  };
}

/** A folder in which the gappy day is settled. */
async function settledFolder(): Promise<Settled> {
  const settled = openFolder();
  const { report } = await settled.send('day.cmep', '2026-11-21T06:00:00Z', [{ triples: GAPPY }]);
  expect(report.reads).toMatchObject({
    received: 24,
    accepted: 19,
    replaced: 5,
    estimated: 1,
    unresolved: 4,
  });
  return settled;
}

const LATER = '2026-11-21T09:00:00Z';
const at = (i: number) => DAY[i]!;

test.concurrent('late actuals replace an estimate and an empty slot, and go out as RESEND', async () => {
  const { send } = await settledFolder();
  const late = [8, 15, 16, 17, 18].map(at);
  const { report, sent } = await send(
    'late.cmep',
    LATER,
    late.map((triple) => ({ triples: [triple] })),
  );
  expect(sent).toEqual(late.map(({ stamp, value }) => `RESEND ${stamp} ${value} R`));
  expect(report.reads).toMatchObject({
    received: 5,
    accepted: 5,
    duplicates: 0,
    estimated: 0,
    unresolved: 0,
  });
});

test.concurrent('the same late reads again change nothing, whatever file they are in', async () => {
  const { send } = await settledFolder();
  const late = [15, 16, 17, 18].map((i) => ({ triples: [at(i)] }));
  await send('late.cmep', LATER, late);
  const sameFile = await send('late-again.cmep', '2026-11-21T10:00:00Z', late);
  expect(sameFile.report.inputs[0]!.status).toBe('duplicate');
  expect(sameFile.sent).toEqual([]);
  const sameReads = await send('late-other.cmep', '2026-11-21T11:00:00Z', [...late].reverse());
  expect(sameReads.report.reads).toMatchObject({ received: 4, accepted: 0, duplicates: 4 });
  expect(sameReads.report.findings).toEqual({});
  expect(sameReads.sent).toEqual([]);
});

test.concurrent('a late read against an actual: the later creation wins, an earlier one is told', async () => {
  const { send, folder } = await settledFolder();
  const other = { ...at(3), value: '9.999' };
  const earlier = await send('early.cmep', LATER, [{ triples: [other], creation: '202611210001' }]);
  expect(earlier.sent).toEqual([]);
  expect(earlier.report.findings).toEqual({ 'vee/duplicate-read': 1 });
  expect(csvRows(reportFile(folder, earlier.report, 'duplicates.csv'))).toMatchObject([
    { meter_id: METER, stamp: '2026-11-20T09:00Z', kept_value: '1.003', value: '9.999' },
  ]);
  const later = await send('late.cmep', LATER, [{ triples: [other], creation: '202611210800' }]);
  expect(later.sent).toEqual([`RESEND ${other.stamp} 9.999 R`]);
});

test.concurrent('a RESEND of one day gives the next day no precedence', async () => {
  const { send } = openFolder();
  const next = hourly('202611210600', VALUES);
  await send('days.cmep', '2026-11-22T06:00:00Z', [
    { triples: DAY, purpose: 'RESEND' },
    { triples: next, creation: '202611220530' },
  ]);
  const corrected = { ...next[5]!, value: '7.777' };
  const correction = [{ triples: [corrected], creation: '202611220700' }];
  const { sent } = await send('correction.cmep', '2026-11-22T09:00:00Z', correction);
  expect(sent).toEqual([`RESEND ${corrected.stamp} 7.777 R`]);
});

test.concurrent('a late read that fails a check keeps its raw value in the estimates file', async () => {
  const { send, folder } = await settledFolder();
  const bad = { ...at(8), value: '-5.125' };
  const { report, sent } = await send('late.cmep', LATER, [{ triples: [bad] }]);
  expect(sent).toEqual([]);
  expect(report.reads).toMatchObject({ received: 1, replaced: 1 });
  const rows = csvRows(reportFile(folder, report, 'estimates.csv'));
  expect(rows).toMatchObject([{ meter_id: METER, stamp: '2026-11-20T14:00Z', raw_value: '-5.125' }]);
});

test.concurrent('a line across midnight is drawn to a day that is still open', async () => {
  const { send } = openFolder();
  const gap = DAY.map((triple, i) => (i >= 22 ? { ...triple, flag: 'N', value: '' } : triple));
  const morning = hourly('202611210600', ['4.021', '4.100']);
  const { sent } = await send('day.cmep', '2026-11-21T08:00:00Z', [{ triples: gap }, { triples: morning }]);
  // From 1.021 to 4.021 in three steps.
  expect(sent.slice(22)).toEqual([
    'OK 202611210400 2.021 E',
    'OK 202611210500 3.021 E',
    'OK 202611210600 4.021 R',
    'OK 202611210700 4.100 R',
  ]);
});

test.concurrent('reads of other intervals, constants and grids are rejected as records', async () => {
  const { send } = openFolder();
  const { report, sent } = await send('day.cmep', LATER, [
    { triples: DAY },
    { triples: [{ ...at(0), stamp: '202611200615' }], interval: '00000015', creation: '202611210600' },
    { triples: hourly('202611190600', VALUES.slice(0, 2)), constant: '10', creation: '202611210601' },
  ]);
  expect(sent.filter((text) => text.includes('202611200615') || text.includes('20261119'))).toEqual([]);
  expect(report.reads.rejected).toBe(3);
  expect(report.reads.received).toBe(27);
  expect(report.reads.accepted).toBe(24);
});

test.concurrent('the last of several reads for a slot is held against what was sent, and no other', async () => {
  const { send, folder } = await settledFolder();
  const other = { ...at(3), value: '9.999' };
  // The last one has the value that was sent: nothing goes out.
  const silent = await send('silent.cmep', LATER, [
    { triples: [other], creation: '202611210601' },
    { triples: [at(3)], creation: '202611210602' },
  ]);
  expect(silent.sent).toEqual([]);
  expect(silent.report.reads).toMatchObject({ received: 2, accepted: 0, duplicates: 2 });
  expect(csvRows(reportFile(folder, silent.report, 'duplicates.csv'))).toMatchObject([
    { stamp: '2026-11-20T09:00Z', kept_value: '1.003', value: '9.999' },
  ]);
  // An estimate gives way to the read with a value, whatever came without one.
  const late = await send('late.cmep', '2026-11-21T10:00:00Z', [
    { triples: [{ ...at(8), flag: 'N', value: '' }], creation: '202611210603' },
    { triples: [at(8)], creation: '202611210604' },
  ]);
  expect(late.sent).toEqual([`RESEND ${at(8).stamp} ${at(8).value} R`]);
  expect(csvRows(reportFile(folder, late.report, 'estimates.csv'))).toEqual([]);
});

test.concurrent('of three reads for a slot the losers are told against the one that is kept', async () => {
  const { send, folder } = openFolder();
  const low = { ...at(2), value: '0.050' };
  const { report, sent } = await send('day.cmep', LATER, [
    { triples: [low], creation: '202611210601' },
    { triples: [{ ...low, value: '3.695' }], creation: '202611210602' },
    { triples: [low], creation: '202611210603' },
    { triples: DAY.filter((_, i) => i !== 2) },
  ]);
  expect(sent).toContain(`OK ${low.stamp} 0.050 R`);
  expect(report.reads).toMatchObject({ received: 26, accepted: 24, duplicates: 2 });
  expect(csvRows(reportFile(folder, report, 'duplicates.csv'))).toMatchObject([
    { kept_value: '0.050', value: '3.695' },
  ]);
});

test.concurrent('a good read takes the place of one with the same value that waits for its bad status', async () => {
  const { send } = openFolder('sensus');
  const overflow = DAY.slice(0, 3).map((triple, i) => ({ ...triple, flag: i === 1 ? 'R512' : 'R0' }));
  await send('early.cmep', '2026-11-20T09:00:00Z', [{ triples: overflow, creation: '202611200830' }]);
  const good = [{ triples: [{ ...at(1), flag: 'R0' }], creation: '202611200930' }];
  const { report, sent } = await send('later.cmep', '2026-11-20T10:00:00Z', good);
  expect(report.reads).toMatchObject({ received: 1, accepted: 1, duplicates: 0 });
  expect(sent).toEqual([`OK ${at(1).stamp} ${at(1).value} R0`]);
});
