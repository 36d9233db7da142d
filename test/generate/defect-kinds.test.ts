import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  createDefectPicker,
  DEFECT_KINDS,
  DEFECTS_PER_THOUSAND,
  parseDefects,
  planMissing,
} from '../../src/generate/defect-kinds.js';
import { meterKey } from '../../src/generate/hash.js';

function countKinds(seed: number, firstMeter: number, meters: number, day: number): Map<string, number> {
  const picker = createDefectPicker(seed, DEFECT_KINDS, 0.005, 60);
  const counts = new Map<string, number>();
  for (let meter = firstMeter; meter < firstMeter + meters; meter++) {
    const kind = picker.pick(meter, meterKey(seed, meter), day);
    if (kind !== null) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  return counts;
}

it('gives each thousand of meters its defects in full, on every day', () => {
  const seeds = fc.integer({ min: 0, max: 2 ** 32 - 1 });
  fc.assert(
    fc.property(seeds, fc.nat(999_999), fc.nat(30_000), (seed, thousand, day) => {
      const counts = countKinds(seed, thousand * 1000, 1000, day);
      for (const kind of DEFECT_KINDS) {
        if (kind.startsWith('missing-')) expect(counts.get(kind) ?? 0).toBeGreaterThan(4);
        else expect(counts.get(kind)).toBe(DEFECTS_PER_THOUSAND[kind]);
      }
    }),
    { numRuns: 50 },
  );
});

it('keeps unknown and silent meters the same every day, and changes the others', () => {
  const picker = createDefectPicker(1, DEFECT_KINDS, 0.005, 60);
  const ofDay = (day: number, isOfMeter: boolean) =>
    Array.from({ length: 1000 }, (_, meter) => picker.pick(meter, meterKey(1, meter), day)).map((kind) =>
      (kind === 'unknown-meter' || kind === 'silent-meter') === isOfMeter ? kind : null,
    );
  expect(ofDay(20_001, true)).toEqual(ofDay(20_000, true));
  expect(ofDay(20_001, false)).not.toEqual(ofDay(20_000, false));
});

it('picks nothing where no kind is asked for', () => {
  const picker = createDefectPicker(1, [], 0.5, 60);
  for (let meter = 0; meter < 2_000; meter++)
    expect(picker.pick(meter, meterKey(1, meter), 20_000)).toBe(null);
});

it('draws missing runs that are rarer than one in a thousand', () => {
  const METERS = 400_000;
  const picker = createDefectPicker(1, DEFECT_KINDS, 0.0002, 60);
  const { short, long } = picker.missing;
  expect(short).toBeLessThan(0.001);
  let [shortRuns, longRuns] = [0, 0];
  for (let meter = 0; meter < METERS; meter++) {
    const kind = picker.pick(meter, meterKey(1, meter), 20_000);
    if (kind === 'missing-short') shortRuns++;
    if (kind === 'missing-long') longRuns++;
  }
  expect(Math.abs(shortRuns / (short * METERS) - 1)).toBeLessThan(0.2);
  expect(Math.abs(longRuns / (long * METERS) - 1)).toBeLessThan(0.3);
});

describe('the plan of missing runs', () => {
  const FREE = 0.9;
  it.each([60, 30, 15])(
    'gives the rate that is asked for, as far as it goes, at %i minutes',
    (intervalMinutes) => {
      const slots = 1440 / intervalMinutes;
      fc.assert(
        fc.property(fc.double({ min: 0, max: 1, noNaN: true }), (rate) => {
          const plan = planMissing(rate, intervalMinutes, FREE, DEFECT_KINDS);
          const meanLong =
            (1 - plan.wholeDay) * ((plan.shortSlotsMax + 1 + slots) / 2) + plan.wholeDay * slots;
          const missing = plan.short * ((1 + plan.shortSlotsMax) / 2) + plan.long * meanLong;
          expect(missing / slots).toBeCloseTo(Math.min(rate, FREE), 9);
          expect(plan.short + plan.long).toBeLessThanOrEqual(FREE + 1e-9);
          expect(Math.min(plan.short, plan.long, plan.wholeDay)).toBeGreaterThanOrEqual(0);
        }),
      );
    },
  );

  it('keeps to the kinds that are asked for', () => {
    expect(planMissing(0.1, 60, FREE, ['missing-short'])).toMatchObject({ long: 0 });
    expect(planMissing(0.1, 60, FREE, ['missing-long'])).toMatchObject({ short: 0 });
    expect(planMissing(0.1, 60, FREE, ['spike'])).toMatchObject({ short: 0, long: 0 });
  });
});

describe('a list of kinds', () => {
  it('names kinds and families', () => {
    expect(parseDefects('all')).toEqual(DEFECT_KINDS);
    expect(parseDefects('none')).toEqual([]);
    expect(parseDefects('spike, missing')).toEqual(['missing-short', 'missing-long', 'spike']);
    expect(parseDefects('broken').length).toBe(10);
  });

  it.each(['', 'spikes', 'spike,', 'brok', 'all,spike'])('"%s" is refused', (list) => {
    expect(() => parseDefects(list)).toThrow(expect.objectContaining({ code: 'READMILL_OPTION' }));
  });
});
