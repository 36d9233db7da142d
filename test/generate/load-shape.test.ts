import { expect, it } from 'vitest';
import { meterKey } from '../../src/generate/hash.js';
import {
  createLoadModel,
  isCommercial,
  isWeekend,
  PEAK_KW,
  seasonOf,
} from '../../src/generate/load-shape.js';
import { parseIsoDate } from '../../src/model/time.js';

const METERS = 3_000;

/** Mean kWh of all meters of a class by slot. */
function meanDay(date: string, wantsBusiness: boolean, intervalMinutes = 60): number[] {
  const load = createLoadModel(1, intervalMinutes, 1000);
  load.turnTo(parseIsoDate(date));
  const values = new Int32Array(1440 / intervalMinutes);
  const sums = new Array<number>(values.length).fill(0);
  let meters = 0;
  for (let meter = 0; meter < METERS; meter++) {
    const key = meterKey(1, meter);
    if (isCommercial(key) !== wantsBusiness) continue;
    load.fill(key, values);
    meters++;
    for (let slot = 0; slot < values.length; slot++) sums[slot]! += values[slot]! / 1000;
  }
  return sums.map((sum) => sum / meters);
}

const total = (day: number[]) => day.reduce((sum, kwh) => sum + kwh, 0);

it('has homes that use most in the evening and least at night', () => {
  const day = meanDay('2026-10-14', false);
  expect(day.indexOf(Math.max(...day))).toBeGreaterThanOrEqual(17);
  expect(day.indexOf(Math.min(...day))).toBeLessThanOrEqual(6);
  expect(total(day)).toBeGreaterThan(8);
  expect(total(day)).toBeLessThan(40);
});

it('has homes that are busier at noon of a weekend, and businesses that are not', () => {
  expect(meanDay('2026-10-17', false)[11]!).toBeGreaterThan(meanDay('2026-10-14', false)[11]! * 1.3);
  expect(meanDay('2026-10-17', true)[11]!).toBeLessThan(meanDay('2026-10-14', true)[11]! * 0.7);
});

it('uses more in January and July than in April', () => {
  const spring = total(meanDay('2026-04-22', false));
  expect(total(meanDay('2026-01-21', false))).toBeGreaterThan(spring * 1.3);
  expect(total(meanDay('2026-07-22', false))).toBeGreaterThan(spring * 1.3);
});

it('knows the season and the weekday of a date', () => {
  expect(seasonOf(parseIsoDate('2026-01-21'))).toEqual({ cold: 1, hot: 0 });
  expect(seasonOf(parseIsoDate('2026-12-31')).cold).toBeGreaterThan(0.7);
  expect(seasonOf(parseIsoDate('2026-07-22')).hot).toBe(1);
  expect(
    ['2026-11-20', '2026-11-21', '2026-11-22', '2026-11-23'].map((d) => isWeekend(parseIsoDate(d))),
  ).toEqual([false, true, true, false]);
});

it.each([60, 30, 15])(
  'stays above zero and below the peak, and returns the sum, at %i minutes',
  (intervalMinutes) => {
    for (const gridPerKwh of [1_000, 100_000]) {
      const load = createLoadModel(4, intervalMinutes, gridPerKwh);
      const values = new Int32Array(1440 / intervalMinutes);
      load.turnTo(parseIsoDate('2026-07-22'));
      for (let meter = 0; meter < METERS; meter++) {
        const sum = load.fill(meterKey(4, meter), values);
        expect(sum).toBe(values.reduce((a, b) => a + b, 0));
        if (Math.min(...values) < 1 || Math.max(...values) >= (PEAK_KW * gridPerKwh * intervalMinutes) / 60) {
          expect([...values]).toBe('within bounds');
        }
      }
    }
  },
);

it('uses as much in quarter hours as in hours', () => {
  const hours = total(meanDay('2026-11-20', false, 60));
  expect(Math.abs(total(meanDay('2026-11-20', false, 15)) / hours - 1)).toBeLessThan(0.03);
});
