import fc from 'fast-check';
import type { Action, Channel, Parameters, Slot } from './reference.js';

/** What can befall a run of slots, by the flag and the value that come. */
const EVENTS: ((value: bigint, extra: number) => Slot['given'])[] = [
  () => null,
  () => ({ value: null, letter: 'N', bits: [] }),
  () => ({ value: null, letter: 'N', bits: [5] }),
  () => ({ value: null, letter: 'N', bits: [1, 5] }),
  () => ({ value: 0n, letter: 'R', bits: [1] }),
  (value) => ({ value: value + 1n, letter: 'R', bits: [1] }),
  (value) => ({ value, letter: 'R', bits: [2] }),
  (value) => ({ value, letter: 'E', bits: [] }),
  (value) => ({ value, letter: 'A', bits: [] }),
  (value) => ({ value: -value - 1n, letter: 'R', bits: [] }),
  (value) => ({ value: value + 50_000_000n, letter: 'R', bits: [] }),
  (value, extra) => ({ value, letter: 'R', bits: [extra % 18] }),
  (value, extra) => ({ value, letter: 'R', bits: [...new Set([extra % 18, Math.floor(extra / 18) % 18])] }),
  (value, extra) => ({ value: -value - 1n, letter: 'R', bits: [extra % 18] }),
  (value, extra) => ({ value: value + 50_000_000n, letter: 'R', bits: [extra % 18] }),
  () => ({ value: 0n, letter: 'R', bits: [] }),
  (value, extra) => ({ value: extra % 2 === 0 ? null : value, letter: 'R', bits: [extra % 18] }),
];

const action: fc.Arbitrary<Action> = fc.constantFrom('estimate', 'flag', 'ignore');
const parameters: fc.Arbitrary<Parameters> = fc.record({
  linearHours: fc.constantFrom(2, 2, 2, 0, 0.25, 1, 5, 24),
  maximumKwh: fc.constantFrom(4_800_000n, 4_800_000n, 700_000n, 1n, 100_000_000n),
  sumTolerance: fc.constantFrom(200_000n, 0n, 1n, 50_000n),
  decimals: fc.constantFrom(3, 3, 0, 1, 2, 4, 5),
  historyDays: fc.constantFrom(35, 1, 2),
  distrustHeadEndEstimates: fc.boolean(),
  badStatus: fc.oneof(fc.constant<Action>('estimate'), action),
  doubtfulStatus: fc.oneof(fc.constant<Action>('flag'), action),
  negative: fc.oneof(fc.constant<Action>('estimate'), action),
  overMaximum: fc.oneof(fc.constant<Action>('estimate'), action),
  sum: fc.constantFrom('flag', 'flag', 'ignore'),
});

const event = fc.record({
  /** Where it begins, share of the window; how many slots it lasts. */
  where: fc.nat(9_999).map((n) => n / 10_000),
  length: fc.oneof(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 40 })),
  what: fc.nat(EVENTS.length - 1),
  extra: fc.nat(323),
});

const registerRead = fc.record({
  where: fc.nat(10_000).map((n) => n / 10_000),
  /** On a day's bound, on a slot's bound, or anywhere. */
  bound: fc.constantFrom<'day' | 'slot' | 'any'>('day', 'day', 'slot', 'any'),
  offBy: fc.oneof(
    fc.constant(0),
    fc.integer({ min: -300_000, max: 300_000 }),
    fc.integer({ min: -40_000_000, max: 40_000_000 }),
  ),
});

/** A short run without values, and a register that is right or nearly so: days that can be scaled. */
const gap = fc.record({
  where: fc.nat(9_999).map((n) => n / 10_000),
  length: fc.integer({ min: 1, max: 2 }),
  what: fc.integer({ min: 0, max: 4 }),
  extra: fc.nat(323),
});
const exactRead = fc.record({
  where: fc.nat(10_000).map((n) => n / 10_000),
  bound: fc.constantFrom<'day' | 'slot'>('day', 'day', 'slot'),
  offBy: fc.oneof(fc.constant(0), fc.integer({ min: -300_000, max: 300_000 })),
});

export interface ChannelDays {
  channel: Channel;
  parameters: Parameters;
  /** Of all days: `dayCount` of them, from midnight to midnight. */
  slots: Slot[];
  slotsPerDay: number;
  /** Days that came in this run, in order, and whether they have closed. */
  days: { day: number; isClosed: boolean }[];
}

const drawn = fc.record({
  intervalMinutes: fc.constantFrom(60, 60, 30, 15, 5),
  dayCount: fc.integer({ min: 2, max: 4 }),
  isOneWayEnergy: fc.boolean(),
  isKwh: fc.boolean(),
  multiplier: fc.constantFrom(100_000n, 100_000n, 4_000_000n, 50_000n, 123_457n),
  registerDigits: fc.constantFrom(0, 5, 6, 3),
  hasHistory: fc.boolean(),
  lastIsOpen: fc.boolean(),
  valueMax: fc.constantFrom(200_000, 10, 1, 3_000_000, 2_000_000_000),
  seed: fc.nat(1_000_000),
  events: fc.array(event, { maxLength: 12 }),
  registers: fc.array(registerRead, { maxLength: 6 }),
  start: fc.nat(99_999_999_99),
  parameters,
});
type Drawn = typeof drawn extends fc.Arbitrary<infer T> ? T : never;

function baseValues(given: Drawn, count: number): bigint[] {
  let state = given.seed | 1;
  return Array.from({ length: count }, () => {
    state = (Math.imul(state ^ (state >>> 13), 0x5bd1e995) + 0x6d2b79f5) | 0;
    return BigInt((state >>> 0) % (given.valueMax + 1));
  });
}

/** What the history keeps of slots of the first day, settled in an earlier run. */
function settledSlot(given: Slot['given'], value: bigint, extra: number): Slot {
  const before = (['estimated', 'outage-zero', 'none'] as const)[extra % 3]!;
  if (given?.value == null || given.letter === 'N' || given.bits.includes(5)) {
    return { given: { value, letter: 'R', bits: [] }, settledBefore: before };
  }
  return { given, settledBefore: 'passed' };
}

/** Register reads whose advance is that of the true values, but for what is off. */
function registerReads(given: Drawn, values: bigint[], slotsPerDay: number): Channel['registers'] {
  const { intervalMinutes, multiplier, registerDigits } = given;
  const windowMinutes = values.length * intervalMinutes;
  const reads = new Map<number, bigint>();
  for (const { where, bound, offBy } of given.registers) {
    const step = bound === 'day' ? slotsPerDay * intervalMinutes : bound === 'slot' ? intervalMinutes : 1;
    const minute = Math.floor((where * windowMinutes) / step) * step;
    const used = values
      .slice(0, Math.floor(minute / intervalMinutes))
      .reduce((sum, value) => sum + value, 0n);
    let dial = BigInt(given.start) + (used * 100_000n) / multiplier + BigInt(offBy);
    if (registerDigits > 0) dial %= 10n ** BigInt(registerDigits) * 100_000n;
    reads.set(minute, dial < 0n ? 0n : dial);
  }
  return [...reads].sort(([a], [b]) => a - b).map(([minute, value]) => ({ minute, value }));
}

function build(given: Drawn): ChannelDays {
  const { intervalMinutes, dayCount, isOneWayEnergy, isKwh, multiplier, registerDigits } = given;
  const slotsPerDay = 1440 / intervalMinutes;
  const values = baseValues(given, slotsPerDay * dayCount);
  const came: Slot['given'][] = values.map((value) => ({ value, letter: 'R', bits: [] }));
  const extras = values.map((_, i) => i);
  for (const { where, length, what, extra } of given.events) {
    const first = Math.floor(where * values.length);
    for (let i = first; i < Math.min(first + length, values.length); i++) {
      came[i] = EVENTS[what]!(values[i]!, extra);
      extras[i] = extra;
    }
  }
  const slots = came.map((slot, i): Slot => {
    if (i >= slotsPerDay) return { given: slot, settledBefore: null };
    if (!given.hasHistory) return { given: null, settledBefore: null };
    return settledSlot(slot, values[i]!, extras[i]!);
  });
  const days = Array.from({ length: dayCount - 1 }, (_, i) => {
    return { day: i + 1, isClosed: !(given.lastIsOpen && i === dayCount - 2) };
  });
  const registers = registerReads(given, values, slotsPerDay);
  const channel = { intervalMinutes, isOneWayEnergy, isKwh, multiplier, registerDigits, registers };
  return { channel, parameters: given.parameters, slots, slotsPerDay, days };
}

/** A channel over some days: one settled earlier or unknown, the others just come, the last perhaps still open. */
export const channelDays = fc.oneof(
  drawn.map(build),
  fc
    .record({
      drawn,
      gaps: fc.array(gap, { minLength: 1, maxLength: 4 }),
      reads: fc.array(exactRead, { maxLength: 6 }),
    })
    .map((given) => build({ ...given.drawn, events: given.gaps, registers: given.reads })),
);
