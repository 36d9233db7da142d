import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { describe, expect, it } from 'vitest';
import { DEFECT_KINDS } from '../../src/generate/defect-kinds.js';
import { generateNight } from '../../src/generate/generate-night.js';
import { brokenPlaces, fine, goodRecords, START_DAY, temporaryFolder, writeNight } from './written-night.js';

const DIALECTS = ['cmep-1.20', 'sensus', 'smartsynch'];

describe('the same options', () => {
  it('give the same bytes in all files', async () => {
    const [one, two] = [await writeNight({ files: 3, days: 2 }), await writeNight({ files: 3, days: 2 })];
    const names = [...one.lines.keys(), 'meters.csv', 'answers.json'];
    expect(names).toContain('cmep-1.20-2026-11-20-3.cmep');
    for (const name of names) {
      expect(
        readFileSync(join(one.directory, name)).equals(readFileSync(join(two.directory, name))),
        name,
      ).toBe(true);
    }
  });

  it('with another seed give other values', async () => {
    const [one, two] = [await writeNight({ meters: 10 }), await writeNight({ meters: 10, seed: 2 })];
    expect([...one.lines.values()]).not.toEqual([...two.lines.values()]);
  });
});

it('gives each meter the same lines in whatever file and beside whatever other meters', async () => {
  const together = [...(await writeNight({})).lines.values()].flat();
  const apart = [...(await writeNight({ files: 7 })).lines.values()].flat();
  expect(apart).toEqual(together);
  const middle = [...(await writeNight({ firstMeter: 700, meters: 600 })).lines.values()].flat();
  expect(middle.length).toBeGreaterThan(1_000);
  const start = together.indexOf(middle[0]!);
  expect(start).toBeGreaterThan(0);
  expect(together.slice(start, start + middle.length)).toEqual(middle);
});

it('continues the registers from day to day', async () => {
  const night = await writeNight({ meters: 300, days: 4, defects: [] });
  const readsOf = new Map<string, { registers: Map<string, number>; sum: number }>();
  for (const { meterId, units, triples } of goodRecords(night)) {
    const meter = readsOf.get(meterId) ?? { registers: new Map(), sum: 0 };
    readsOf.set(meterId, meter);
    for (const { stamp, value } of triples) {
      if (units === 'KWHREG') meter.registers.set(stamp, fine(value));
      else meter.sum += fine(value);
    }
  }
  expect(readsOf.size).toBe(300);
  for (const { registers, sum } of readsOf.values()) {
    expect([...registers.keys()]).toEqual([20, 21, 22, 23, 24].map((day) => `2026-11-${day}T05:00Z`));
    expect(registers.get('2026-11-24T05:00Z')! - registers.get('2026-11-20T05:00Z')!).toBe(sum);
  }
});

describe.each(DIALECTS)('a %s night', (dialect) => {
  it.each([60, 30, 15])('of %i minutes has every kind of defect at 2,000 meters', async (intervalMinutes) => {
    const night = await writeNight({ dialect, intervalMinutes, files: 2 });
    const counts = new Map<string, number>();
    for (const { kind } of night.answers.defects) counts.set(kind, (counts.get(kind) ?? 0) + 1);
    expect([...counts.keys()].sort()).toEqual([...DEFECT_KINDS].sort());
    expect(night.result.defectCounts).toEqual(Object.fromEntries(counts));
  });

  it.each([60, 30, 15])('of %i minutes has totals that add up', async (intervalMinutes) => {
    const night = await writeNight({ dialect, intervalMinutes, days: 2, files: 2 });
    const { totals, files } = night.result;
    expect(night.answers.totals).toEqual(totals);
    expect(night.answers.files).toEqual(files);
    let [records, reads, registerReads] = [0, 0, 0];
    for (const { units, triples } of goodRecords(night)) {
      records++;
      reads += triples.length;
      if (units === 'KWHREG') registerReads += triples.length;
    }
    const lines = [...night.lines.values()].flat().length;
    expect(totals).toMatchObject({ records, reads, registerReads, lines });
    expect(totals.brokenLines).toBe(brokenPlaces(night).size);
    expect(files.reduce((sum, file) => sum + file.bytes, 0)).toBe(
      files.reduce((sum, file) => sum + readFileSync(join(night.directory, file.name)).length, 0),
    );
    const slots = (1440 / intervalMinutes) * totals.meterDays;
    const told = totals.reads - totals.registerReads - totals.duplicateReads;
    expect(told + totals.withheldSlots + totals.slotsOnBrokenLines).toBe(slots);
    expect(totals.meterDays).toBe((totals.meters - totals.silentMeters) * 2);
    expect(totals.repeatedRegisterReads).toBe(dialect === 'sensus' ? totals.meterDays / 2 : 0);
  });

  it('has registers whose advance is the true sum', async () => {
    const night = await writeNight({ dialect, days: 2, defects: [], meters: 50 });
    let [advance, sum] = [0, 0];
    const first = new Map<string, number>();
    const last = new Map<string, number>();
    for (const { meterId, units, triples } of goodRecords(night)) {
      for (const { value } of triples) {
        if (units === 'KWH') sum += fine(value);
        else if (!first.has(meterId)) first.set(meterId, fine(value));
        else last.set(meterId, fine(value));
      }
    }
    for (const [meterId, start] of first) advance += last.get(meterId)! - start;
    expect(advance).toBe(sum);
    expect(fine(night.result.totals.trueKwh)).toBe(sum);
  });
});

it('writes a meter register without the unknown meters and with the silent ones', async () => {
  const night = await writeNight({ intervalMinutes: 30, firstMeter: 1_000 });
  const rows: Record<string, string>[] = parse(readFileSync(join(night.directory, 'meters.csv')), {
    columns: true,
  });
  const registered = new Set(rows.map((row) => row.meter_id));
  const sending = new Set([...goodRecords(night)].map(({ meterId }) => meterId));
  const metersOf = (wanted: string) =>
    new Set(night.answers.defects.filter(({ kind }) => kind === wanted).map(({ meterId }) => meterId));
  const [unknown, silent] = [metersOf('unknown-meter'), metersOf('silent-meter')];
  expect(unknown.size).toBe(4);
  expect(silent.size).toBe(4);
  expect([...sending].filter((meterId) => !registered.has(meterId)).sort()).toEqual([...unknown].sort());
  expect([...registered].filter((meterId) => !sending.has(meterId!)).sort()).toEqual([...silent].sort());
  expect(registered.size).toBe(night.result.totals.metersInRegister);
  expect(rows[0]).toMatchObject({
    meter_id: 'M000001000',
    units: 'KWH',
    interval_minutes: '30',
    multiplier: '1',
  });
  for (const row of rows) expect(row.active_from! < '2026-11-20').toBe(true);
  const businesses = rows.filter((row) => row.service_class === 'small-commercial').length;
  expect(businesses).toBeGreaterThan(40);
  expect(businesses).toBeLessThan(140);
});

describe('options', () => {
  it.each([
    [{ meters: 0 }, '--meters'],
    [{ meters: 1.5 }, '--meters'],
    [{ meters: 2, firstMeter: 999_999_999 }, '--meters'],
    [{ days: 0 }, '--days'],
    [{ files: 3, meters: 2 }, '--files'],
    [{ seed: -1 }, '--seed'],
    [{ intervalMinutes: 20 }, '--interval'],
    [{ missingRate: 1.1 }, '--missing-rate'],
    [{ missingRate: Number.NaN }, '--missing-rate'],
    [{ startDay: -1 }, '--start'],
    [{ dialect: 'tab' }, '--dialect'],
  ])('%j are refused', async (options, named) => {
    const outDirectory = temporaryFolder();
    const night = generateNight({ meters: 10, days: 1, startDay: START_DAY, outDirectory, ...options });
    await expect(night).rejects.toMatchObject({
      code: 'READMILL_OPTION',
      message: expect.stringContaining(named),
    });
  });

  it('name the folder that cannot be made', async () => {
    const outDirectory = join(temporaryFolder(), 'a');
    const good = { meters: 1, days: 1, startDay: START_DAY };
    await generateNight({ ...good, outDirectory });
    const night = generateNight({ ...good, outDirectory: join(outDirectory, 'meters.csv') });
    await expect(night).rejects.toMatchObject({
      code: 'READMILL_OUTPUT',
      message: expect.stringContaining('meters.csv'),
    });
  });
});
