import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LETTER_RAW, metaWord } from '../../src/model/quality.js';
import type { DayHistory } from '../../src/vee/day-history.js';
import { type LoadProfile, weightsFor } from '../../src/vee/load-profile.js';
import { DEFAULT_POLICY, type Policy } from '../../src/vee/policy.js';
import { policySchema } from '../../src/vee/policy-schema.js';
import { type DayContext, settleDay } from '../../src/vee/settle-day.js';
import {
  clearSlots,
  createSlots,
  METHODS,
  ORIGIN_NEW,
  resetSlots,
  SLOT_COVERED,
  SLOT_PASSED,
  SLOT_UNRESOLVED,
  type Slots,
} from '../../src/vee/slots.js';

const META = metaWord(3, LETTER_RAW);
const DAY = 20_777;
const START = DAY * 1440;

interface Past {
  /** Values of the reference days, nearest first. */
  references?: number[][];
  use?: { sum: number; count: number };
  run?: { slots: number; value: number };
}

function historyOf({
  references = [],
  use = { sum: 0, count: 0 },
  run = { slots: 0, value: 0 },
}: Past): DayHistory {
  return {
    referenceDays: () => ({
      count: references.length,
      days: references.map((_, k) => DAY - 7 * (k + 1)),
      totalsSum: references.flat().reduce((sum, value) => sum + value, 0),
    }),
    referenceValues: () => references.flat(),
    dailyUse: () => use,
    runBefore: () => run,
  };
}

interface Given extends Past {
  /** null: nothing came. */
  values: (number | null)[];
  policy?: Partial<Policy>;
  profile?: LoadProfile[];
  registers?: { slot: number; value: number }[];
  covered?: number[];
}

function settle(given: Given): { slots: Slots; told: string[]; settled: ReturnType<typeof settleDay> } {
  const slots = createSlots();
  const interval = 1440 / given.values.length;
  resetSlots(slots, DAY, 1, interval);
  clearSlots(slots, 0, slots.slotCount);
  for (const [i, value] of given.values.entries()) {
    if (value === null) continue;
    slots.values[i] = value;
    slots.metas[i] = META;
    slots.origins[i] = ORIGIN_NEW;
    slots.states[i] = SLOT_PASSED;
  }
  for (const i of given.covered ?? []) slots.states[i] = SLOT_COVERED;
  const registers = given.registers ?? [];
  const told: string[] = [];
  const context: DayContext = {
    limits: { isOneWayEnergy: true, isKwh: true, maximumValue: 4_800_000 * 24 },
    register: { multiplier: 100_000, registerDigits: 6, maximumPerHour: 4_800_000 },
    reads: {
      count: registers.length,
      stamps: registers.map(({ slot }) => START + slot * interval),
      values: registers.map(({ value }) => value),
    },
    policy: { ...DEFAULT_POLICY, linearHours: 0, ...given.policy },
    zoneMinutes: 0,
    history: historyOf(given),
    weightsOf: () => weightsFor(given.profile ?? [], 'home', 'weekday', interval),
    tell: (code, slot) => void told.push(`${code} ${slot}`),
  };
  return { slots, told, settled: settleDay(slots, 0, context) };
}

const day = (value: number, slots = 24): number[] => new Array<number>(slots).fill(value);
const without = (values: number[], ...places: number[]) =>
  values.map((value, i) => (places.includes(i) ? null : value));
const finals = ({ slots }: { slots: Slots }, ...places: number[]) =>
  places.map((i) => `${slots.finals[i]} ${METHODS[slots.methods[i]!]}`);

describe('like-day', () => {
  it('is the mean of the same slot, rounded half up', () => {
    const references = [day(100_000), day(200_000), day(300_000).with(5, 100_001)];
    const result = settle({ values: without(day(200_000), 4, 5), references, policy: { decimals: 5 } });
    // (100000 + 200000 + 100001) / 3 = 133333.67
    expect(finals(result, 4, 5)).toEqual(['200000 like-day', '133334 like-day']);
    expect(result.settled.referenceDays).toEqual([DAY - 7, DAY - 14, DAY - 21]);
    const rounded = settle({ values: without(day(200_000), 5), references });
    expect(finals(rounded, 5)).toEqual(['133300 like-day']);
  });

  it('needs as many reference days as the policy says', () => {
    const given = { values: without(day(200_000), 4), references: [day(100_000)] };
    expect(finals(settle(given), 4)).toEqual(['100000 like-day']);
    const result = settle({ ...given, policy: { minimumReferenceDays: 2 } });
    expect(result.slots.states[4]).toBe(SLOT_UNRESOLVED);
    expect(result.told).toEqual(['vee/needs-review 4']);
  });

  it('is scaled to the register: the day adds up to its advance', () => {
    const references = [day(100_000).with(4, 300_000)];
    const registers = [
      { slot: 0, value: 5_000_000 },
      { slot: 24, value: 5_000_000 + 22 * 200_000 + 200_000 },
    ];
    const result = settle({ values: without(day(200_000), 4, 5), references, registers });
    expect(finals(result, 4, 5)).toEqual(['150000 like-day', '50000 like-day']);
    expect(result.settled.scaledSpans).toBe(1);
  });
});

describe('profile', () => {
  const profile: LoadProfile[] = [
    { serviceClass: 'home', kindOfDay: 'weekday', intervalMinutes: 60, weights: day(1).with(4, 2) },
  ];

  it('spreads the mean total of the worthy days', () => {
    const use = { sum: 5_000_001, count: 2 };
    const result = settle({ values: without(day(100_000), 4, 5), profile, use, policy: { decimals: 5 } });
    // 2500000.5 x 2 / 25 = 200000.04; x 1 / 25 = 100000.02
    expect(finals(result, 4, 5)).toEqual(['200000 profile', '100000 profile']);
    expect(result.settled.dailyUseDays).toBe(2);
  });

  it('takes the advance of the span that holds the slot where no day is worthy', () => {
    const registers = [
      { slot: 0, value: 0 },
      { slot: 12, value: 1_250_000 },
    ];
    const result = settle({ values: without(day(0), 4, 5, 20), profile, registers });
    // Daily use 2500000: 200000 and 100000, scaled to the advance 1250000 of which nothing is measured.
    expect(finals(result, 4, 5)).toEqual(['833300 profile', '416700 profile']);
    // Slot 20 lies in no span.
    expect(result.slots.states[20]).toBe(SLOT_UNRESOLVED);
  });

  it('is spread or added up to slots of another length', () => {
    const quarters = weightsFor(profile, 'home', 'weekday', 15)!;
    expect([...Array.from(quarters.weights).slice(14, 21)]).toEqual([1, 1, 2, 2, 2, 2, 1]);
    const twoHours = weightsFor(profile, 'home', 'weekday', 120)!;
    expect(Array.from(twoHours.weights)).toEqual(day(2, 12).with(2, 3));
    expect(weightsFor(profile, 'home', 'sunday', 60)).toBeNull();
    expect(weightsFor(profile, 'shop', 'weekday', 60)).toBeNull();
    const sunday = profile.map((one) => ({ ...one, kindOfDay: 'sunday' as const }));
    expect(weightsFor(sunday, 'home', 'holiday', 60)!.sum).toBe(25);
  });
});

describe('register-share', () => {
  const registers = (advance: number) => [
    { slot: 0, value: 0 },
    { slot: 24, value: advance },
  ];

  it('shares equally what the advance leaves', () => {
    const result = settle({
      values: without(day(100_000), 4, 5),
      registers: registers(22 * 100_000 + 300_000),
    });
    expect(finals(result, 4, 5)).toEqual(['150000 register-share', '150000 register-share']);
  });

  it('is zero beside estimates that take more than is left, which are then scaled', () => {
    const values = without(day(100_000), 4, 8, 9, 10);
    const result = settle({
      values,
      registers: registers(20 * 100_000 + 50_000),
      policy: { linearHours: 1 },
    });
    expect(finals(result, 4, 8, 9, 10)).toEqual([
      '50000 linear',
      '0 register-share',
      '0 register-share',
      '0 register-share',
    ]);
  });

  it('does not apply where the measured slots exceed the advance, nor where a slot has no value', () => {
    const over = settle({ values: without(day(100_000), 4), registers: registers(2_200_000) });
    expect(over.slots.states[4]).toBe(SLOT_UNRESOLVED);
    expect(over.told).toEqual(['vee/needs-review 4']);
    const covered = settle({
      values: without(day(100_000), 4),
      registers: registers(3_000_000),
      covered: [9],
    });
    expect(covered.slots.states[4]).toBe(SLOT_UNRESOLVED);
  });
});

describe('checks of the whole day', () => {
  const low = (i: number) => 100_000 + i * 1_000;
  const usual = Array.from({ length: 24 }, (_, i) => low(i));
  const told = (given: Omit<Given, 'values'> & { values?: Given['values'] }) =>
    settle({ values: usual, ...given }).told;

  it('spike: over the floor, and 1.8 times the third highest above it', () => {
    expect(told({ values: usual.with(7, 341_600) })).toEqual([]);
    expect(told({ values: usual.with(7, 341_601) })).toEqual(['vee/spike 7']);
    expect(told({ values: usual.map((v) => v / 10).with(7, 199_999) })).toEqual([]);
    expect(told({ values: usual.map((v) => v / 10).with(7, 200_000) })).toEqual(['vee/spike 7']);
    expect(told({ values: usual.with(7, 900_000).with(9, 900_000) })).toEqual(['vee/spike 7']);
    expect(told({ values: usual.with(7, 900_000), policy: quiet('spike') })).toEqual([]);
  });

  it('runs of one value are counted from where they began, and told at their last slot', () => {
    expect(told({ values: day(0) })).toEqual(['vee/zero-run 23']);
    expect(told({ values: day(5) })).toEqual(['vee/frozen 23']);
    const morning = usual.map((value, i) => (i < 3 ? 0 : value));
    expect(told({ values: morning, run: { slots: 21, value: 0 } })).toEqual(['vee/zero-run 2']);
    expect(told({ values: morning, run: { slots: 20, value: 0 } })).toEqual([]);
    expect(told({ values: morning, run: { slots: 40, value: 7 } })).toEqual([]);
    // A run that ended before the day does not touch it.
    expect(told({ run: { slots: 40, value: 0 } })).toEqual([]);
    const twice = usual.map((value, i) => (i % 8 < 4 ? 0 : value));
    expect(told({ values: twice, policy: { zeroRunHours: 4 } })).toEqual(
      [3, 11, 19].map((i) => `vee/zero-run ${i}`),
    );
  });

  it('high and low: against three reference days, also on estimated values', () => {
    const total = usual.reduce((sum, value) => sum + value, 0);
    const references = (factor: number, count = 3) =>
      new Array<number[]>(count).fill(usual.map((value) => value * factor));
    expect(told({ references: references(0.25) })).toEqual([]);
    expect(told({ references: references(0.249) })).toEqual(['vee/high-low 23']);
    expect(told({ references: references(0.249, 2) })).toEqual([]);
    expect(told({ references: references(10) })).toEqual([]);
    expect(told({ references: references(10.1) })).toEqual(['vee/high-low 23']);
    expect(total).toBeGreaterThan(0);
    const gap = without(usual, 4);
    expect(told({ values: gap, references: references(50) })).toEqual(['vee/high-low 23']);
    expect(told({ values: gap, covered: [6], references: references(50) })).toEqual([]);
  });
});

const quiet = (name: 'spike' | 'zeroRun' | 'frozen' | 'highLow'): Partial<Policy> =>
  policySchema.parse({ linearHours: 0, actions: { [name]: 'ignore' } });

describe('whatever the day', () => {
  it('measured values stay, and where a span was scaled it adds up to the advance on the grid', () => {
    const slot = fc.option(fc.integer({ min: 0, max: 300_000 }), { freq: 3 });
    const given = fc.record({
      values: fc.array(slot, { minLength: 24, maxLength: 24 }),
      advance: fc.integer({ min: 0, max: 9_000_000 }),
      reference: fc.array(fc.integer({ min: 0, max: 300_000 }), { minLength: 24, maxLength: 24 }),
      hasReference: fc.boolean(),
      linearHours: fc.constantFrom(0, 2),
    });
    let scaled = 0;
    fc.assert(
      fc.property(given, ({ values, advance, reference, hasReference, linearHours }) => {
        const registers = [
          { slot: 0, value: 0 },
          { slot: 24, value: advance },
        ];
        const references = hasReference ? [reference] : [];
        const result = settle({ values, registers, references, policy: { linearHours } });
        let passed = 0;
        let estimated = 0;
        for (const [i, value] of values.entries()) {
          if (value === null) {
            estimated += result.slots.finals[i]!;
            continue;
          }
          expect([result.slots.states[i], result.slots.values[i]]).toEqual([SLOT_PASSED, value]);
          passed += value;
        }
        scaled += result.settled.scaledSpans;
        if (result.settled.scaledSpans === 1) {
          expect(estimated).toBe(Math.floor((advance - passed) / 100 + 0.5) * 100);
        }
      }),
      { numRuns: 2_000 },
    );
    expect(scaled).toBeGreaterThan(500);
  });
});
