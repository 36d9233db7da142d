import { describe, expect, it } from 'vitest';
import { formatDecimal, parseDecimal } from '../../src/model/decimal.js';
import { NO_ADVANCE, registerAdvance } from '../../src/vee/register-span.js';
import { SLOT_ESTIMATED, SLOT_OUTAGE_ZERO, SLOT_PASSED, SLOT_UNRESOLVED } from '../../src/vee/slots.js';
import type { ChannelDays } from './channel-days.js';
import type { Channel, Parameters, Slot } from './reference.js';
import { settleWindow } from './settle-window.js';

const PARAMETERS: Parameters = {
  ...{ linearHours: 2, maximumKwh: 4_800_000n, sumTolerance: 200_000n, decimals: 3, historyDays: 35 },
  ...{ distrustHeadEndEstimates: false, badStatus: 'estimate', doubtfulStatus: 'flag' },
  ...{ negative: 'estimate', overMaximum: 'estimate', sum: 'flag' },
};

const unitsOf = (text: string) => BigInt(parseDecimal(text)!);
const read = (text: string, bits: number[] = []): Slot['given'] => ({
  value: unitsOf(text),
  letter: 'R',
  bits,
});
const NONE: Slot['given'] = { value: null, letter: 'N', bits: [] };

/** Two days of 1.000 in each slot, of which the second has just come; `came` changes slots of both. */
function twoDays(
  intervalMinutes: number,
  came: Record<number, Slot['given']>,
  more: { channel?: Partial<Channel>; parameters?: Partial<Parameters>; bothAreNew?: boolean } = {},
): ChannelDays {
  const slotsPerDay = 1440 / intervalMinutes;
  const slots = Array.from({ length: 2 * slotsPerDay }, (_, i): Slot => {
    const given = i in came ? came[i]! : read('1');
    if (more.bothAreNew || i >= slotsPerDay) return { given, settledBefore: null };
    return { given: given ?? read('0'), settledBefore: 'passed' };
  });
  const channel = {
    intervalMinutes,
    isOneWayEnergy: true,
    isKwh: true,
    multiplier: 100_000n,
    registerDigits: 0,
  };
  return {
    channel: { ...channel, registers: [], ...more.channel },
    parameters: { ...PARAMETERS, ...more.parameters },
    slots,
    slotsPerDay,
    days: (more.bothAreNew ? [0, 1] : [1]).map((day) => ({ day, isClosed: true })),
  };
}

const QUARTER = 15;
const DAY = 96;

/** Final values of slots and what they are. */
function settled(
  given: ChannelDays,
  from: number,
  count: number,
): { values: string[]; told: string[]; states: number[] } {
  const { slots, told } = settleWindow(given);
  const places = Array.from({ length: count }, (_, k) => from + k);
  const text = (i: number) =>
    formatDecimal(slots.states[i] === SLOT_PASSED ? slots.values[i]! : slots.finals[i]!);
  return { values: places.map(text), told, states: places.map((i) => slots.states[i]!) };
}

function missing(from: number, count: number, given: Slot['given'] = NONE): Record<number, Slot['given']> {
  return Object.fromEntries(Array.from({ length: count }, (_, k) => [from + k, given]));
}

describe('a straight line', () => {
  it('goes from 4.300 to 4.100 over four quarter hours', () => {
    const around = {
      [DAY + 9]: read('4.35'),
      [DAY + 10]: read('4.3'),
      [DAY + 15]: read('4.1'),
      [DAY + 16]: read('3.9'),
    };
    const { values } = settled(twoDays(QUARTER, { ...around, ...missing(DAY + 11, 4) }), DAY + 11, 4);
    expect(values).toEqual(['4.26', '4.22', '4.18', '4.14']);
  });

  it('goes from 75 to 100 over four slots', () => {
    const came = { [DAY + 10]: read('75'), [DAY + 15]: read('100'), ...missing(DAY + 11, 4) };
    const given = twoDays(QUARTER, came, { parameters: { maximumKwh: 100_000_000n } });
    expect(settled(given, DAY + 11, 4).values).toEqual(['80', '85', '90', '95']);
  });

  it('fills eight quarter hours and not nine', () => {
    const eight = settled(twoDays(QUARTER, missing(DAY + 40, 8)), DAY + 40, 8);
    expect(eight.states).toEqual(new Array(8).fill(SLOT_ESTIMATED));
    expect(eight.told).toEqual([]);
    const nine = settled(twoDays(QUARTER, missing(DAY + 40, 9)), DAY + 40, 9);
    expect(nine.states).toEqual(new Array(9).fill(SLOT_UNRESOLVED));
    expect(nine.told).toEqual(Array.from({ length: 9 }, (_, k) => `vee/needs-review ${DAY + 40 + k}`));
  });

  it('fills nothing where nothing came, up to eight slots, like a missing value', () => {
    expect(settled(twoDays(QUARTER, missing(DAY + 40, 8, null)), DAY + 40, 8).values).toEqual(
      new Array(8).fill('1'),
    );
  });

  it('crosses midnight, from a day settled earlier or in the same run', () => {
    const came = { [DAY - 3]: read('2'), ...missing(DAY - 2, 4), [DAY + 2]: read('7') };
    const { values } = settled(twoDays(QUARTER, came, { bothAreNew: true }), DAY - 2, 4);
    expect(values).toEqual(['3', '4', '5', '6']);
    // Settled earlier without a line, since the next day was not there: its slots count in the run.
    const given = twoDays(QUARTER, came);
    for (const i of [DAY - 2, DAY - 1]) given.slots[i] = { given: read('0'), settledBefore: 'none' };
    expect(settled(given, DAY, 2).values).toEqual(['5', '6']);
  });

  it('is not drawn from or to a slot with outage status, or beyond the window', () => {
    for (const bit of [1, 2]) {
      const value = bit === 1 ? read('0', [1]) : read('1', [bit]);
      const given = twoDays(QUARTER, { [DAY + 10]: value, ...missing(DAY + 11, 2) });
      expect(settled(given, DAY + 11, 2).states).toEqual([SLOT_UNRESOLVED, SLOT_UNRESOLVED]);
    }
    expect(settled(twoDays(QUARTER, missing(2 * DAY - 2, 2)), 2 * DAY - 2, 2).states).toEqual([
      SLOT_UNRESOLVED,
      SLOT_UNRESOLVED,
    ]);
  });

  it('leaves out the slots of an outage next to it, which end it', () => {
    const outage: Slot['given'] = { value: null, letter: 'N', bits: [1, 5] };
    const given = twoDays(QUARTER, { ...missing(DAY + 10, 2), ...missing(DAY + 12, 20, outage) });
    const { values, states } = settled(given, DAY + 10, 23);
    expect(states).toEqual([
      ...[SLOT_UNRESOLVED, SLOT_UNRESOLVED],
      ...new Array(20).fill(SLOT_OUTAGE_ZERO),
      SLOT_PASSED,
    ]);
    expect(values.slice(2, 22)).toEqual(new Array(20).fill('0'));
  });

  it('is rounded half up to three decimals, above and below zero', () => {
    const line = (from: string, to: string, gap: number) => {
      const came = { [DAY + 5]: read(from), ...missing(DAY + 6, gap), [DAY + 6 + gap]: read(to) };
      return settled(twoDays(QUARTER, came, { channel: { isOneWayEnergy: false } }), DAY + 6, gap).values;
    };
    expect(line('0.000', '0.001', 1)).toEqual(['0.001']);
    expect(line('-0.001', '0.000', 1)).toEqual(['0']);
    expect(line('-0.003', '-0.002', 1)).toEqual(['-0.002']);
    expect(line('1.000', '2.000', 2)).toEqual(['1.333', '1.667']);
  });
});

/** Registers at the bounds of the second day. */
const registers = (start: string, end: string) => [
  { minute: 1440, value: unitsOf(start) },
  { minute: 2880, value: unitsOf(end) },
];

describe('scaling', () => {
  it('makes values v of a register advance S into v x S / sum(v)', () => {
    // Hourly; 3 missing of which the line gives 2, 3, 4; 21 slots of 1 passed.
    const came = { [24 + 4]: read('1'), ...missing(24 + 5, 3), [24 + 8]: read('5') };
    const wide = { parameters: { linearHours: 5 } };
    const given = twoDays(60, came, { ...wide, channel: { registers: registers('100', '142') } });
    // Passed: 20 x 1 + 5 = 25; T = 42 - 25 = 17 over 9.
    const { values, told } = settled(given, 24 + 5, 3);
    expect(values).toEqual(['3.778', '5.667', '7.555']);
    expect(told).toEqual([]);
  });

  it('shares S equally where all are zero, the rest to the earlier slots', () => {
    const came = { [24 + 4]: read('0'), ...missing(24 + 5, 3), [24 + 8]: read('0') };
    const given = twoDays(60, came, {
      parameters: { linearHours: 5 },
      channel: { registers: registers('100', '119.002') },
    });
    expect(settled(given, 24 + 5, 3).values).toEqual(['0.001', '0.001', '0']);
  });

  it('is refused where passed slots are above the advance', () => {
    const given = twoDays(60, missing(24 + 5, 2), { channel: { registers: registers('100', '121.99') } });
    const { values, told } = settled(given, 24 + 5, 2);
    expect(values).toEqual(['1', '1']);
    expect(told).toEqual(['vee/negative-scaling-refused']);
    const exact = twoDays(60, missing(24 + 5, 2), { channel: { registers: registers('100', '122') } });
    expect(settled(exact, 24 + 5, 2)).toMatchObject({ values: ['0', '0'], told: [] });
  });

  it('multiplies the advance of the dial', () => {
    const given = twoDays(60, missing(24 + 5, 2), {
      channel: { multiplier: 4_000_000n, registers: registers('100', '100.65') },
    });
    expect(settled(given, 24 + 5, 2).values).toEqual(['2', '2']);
  });

  it('tells a final value over the maximum, and keeps it', () => {
    const given = twoDays(60, missing(24 + 5, 2), { channel: { registers: registers('100', '240') } });
    const { values, told } = settled(given, 24 + 5, 2);
    expect(values).toEqual(['59', '59']);
    expect(told).toEqual([`vee/over-maximum ${24 + 5}`, `vee/over-maximum ${24 + 6}`]);
  });
});

describe('sum check', () => {
  const told = (end: string, multiplier = 100_000n, parameters: Partial<Parameters> = {}) =>
    settled(twoDays(60, {}, { channel: { multiplier, registers: registers('0', end) }, parameters }), 24, 1)
      .told;

  it('tolerates two multipliers and no more', () => {
    expect(told('26')).toEqual([]);
    expect(told('22')).toEqual([]);
    expect(told('26.00001')).toEqual(['vee/sum']);
    expect(told('21.99999')).toEqual(['vee/sum']);
    expect(told('2.6', 1_000_000n)).toEqual([]);
    expect(told('4.4', 1_000_000n)).toEqual([]);
    expect(told('4.40001', 1_000_000n)).toEqual(['vee/sum']);
    expect(told('30', 100_000n, { sum: 'ignore' })).toEqual([]);
    // The product is not rounded: 0.00001 x 0.5 is below a difference of 0.00001.
    expect(told('48.00002', 50_000n, { sumTolerance: 1n })).toEqual(['vee/sum']);
    expect(told('24.00001', 100_000n, { sumTolerance: 1n })).toEqual([]);
  });
});

describe('rollover', () => {
  const facts = { multiplier: 100_000, registerDigits: 5, maximumPerHour: 4_800_000 };
  const advance = (start: string, end: string, minutes = 1440, changes: Partial<typeof facts> = {}) =>
    registerAdvance(parseDecimal(start)!, parseDecimal(end)!, minutes, { ...facts, ...changes });

  it('adds 10^digits where the maximum allows it', () => {
    expect(advance('99990', '10')).toBe(2_000_000);
    expect(advance('99990', '1142')).toBe(115_200_000);
    expect(advance('99990', '1142.00001')).toBe(NO_ADVANCE);
    expect(advance('99990', '10', 1440, { multiplier: 4_000_000 })).toBe(80_000_000);
    expect(advance('99990', '40', 1440, { multiplier: 4_000_000 })).toBe(NO_ADVANCE);
  });

  it('is no way out without digits, or for a small decrease', () => {
    expect(advance('99990', '10', 1440, { registerDigits: 0 })).toBe(NO_ADVANCE);
    expect(advance('100', '99.99')).toBe(NO_ADVANCE);
    const given = twoDays(60, {}, { channel: { registers: registers('100', '99') } });
    expect(settled(given, 24, 1).told).toEqual(['vee/register-decreased']);
  });
});

describe('several statuses at once', () => {
  const kept = (slot: Slot['given'], parameters: Partial<Parameters> = {}) =>
    settled(twoDays(60, { [24 + 5]: slot }, { parameters }), 24 + 5, 1).states[0] === SLOT_PASSED;

  it('are judged one after the other: a flag does not save a value that a later check estimates', () => {
    expect(kept(read('5', [1]))).toBe(true);
    expect(kept(read('5', [1, 9]))).toBe(false);
    expect(kept(read('0', [1, 9]))).toBe(true);
    expect(kept(read('-5', [9]), { badStatus: 'flag' })).toBe(false);
    expect(kept(read('99', [12]), { badStatus: 'flag' })).toBe(false);
    expect(kept(read('5', [12]), { badStatus: 'flag' })).toBe(true);
    expect(kept(read('5', [8]))).toBe(true);
    expect(kept(read('5', [8, 12]))).toBe(false);
  });
});
