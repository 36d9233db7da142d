import fc from 'fast-check';
import { dayNumber } from '../referee/calendar.js';
import { parseExact } from '../referee/exact.js';
import type { InputRecord, LoadProfile, MeterRow, Night, Policy, Setting } from '../referee/types.js';
import { type ChannelMonth, CLASS_COUNT, channelMonth, MONTH_DAYS } from './channel-month.js';
import { type MonthFrame, type Parcel, parcelsOf, rowsOf } from './month-reads.js';

const ZONE_MINUTES = -300;
const DAY_MINUTES = 1440;

/** A policy as the configuration has it: decimals are text. */
const action = fc.constantFrom('estimate', 'flag', 'ignore');
const dayAction = fc.constantFrom('flag', 'flag', 'flag', 'ignore');
const usually = <T>(value: T, others: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 3, arbitrary: fc.constant(value) }, { weight: 1, arbitrary: others });

const policy = fc.record({
  linearHours: usually(2, fc.constantFrom(0, 0.25, 1, 5, 24)),
  maximumKwh: usually('48', fc.constantFrom('7', '0.4', '1000', '2.5')),
  sumTolerance: usually('2', fc.constantFrom('0', '0.00001', '0.5')),
  decimals: usually(3, fc.constantFrom(0, 1, 2, 4, 5)),
  historyDays: usually(35, fc.constantFrom(1, 2, 8, 15, 22)),
  referenceDays: usually(3, fc.constantFrom(1, 2, 4, 5)),
  minimumReferenceDays: usually(1, fc.constantFrom(2, 3, 4)),
  distrustHeadEndEstimates: usually(false, fc.constant(true)),
  estimateMissingMeters: usually(false, fc.constant(true)),
  spikeFloor: usually('2', fc.constantFrom('0', '0.2', '10')),
  spikeRatio: usually('1.8', fc.constantFrom('0', '0.3', '5')),
  zeroRunHours: usually(24, fc.constantFrom(1, 6.5, 30, 72)),
  frozenRunHours: usually(24, fc.constantFrom(2, 5, 48)),
  low: usually('0.1', fc.constantFrom('0', '0.9', '1')),
  high: usually('4', fc.constantFrom('1', '1.10001', '2')),
  actions: fc.record({
    badStatus: usually('estimate', action),
    doubtfulStatus: usually('flag', action),
    negative: usually('estimate', action),
    overMaximum: usually('estimate', action),
    sum: fc.constantFrom('flag', 'flag', 'flag', 'ignore'),
    spike: dayAction,
    zeroRun: dayAction,
    frozen: dayAction,
    highLow: dayAction,
  }),
});
export type PolicyKeys = typeof policy extends fc.Arbitrary<infer T> ? T : never;

export function policyOf(keys: PolicyKeys): Policy {
  const { maximumKwh, sumTolerance, spikeFloor, spikeRatio, low, high, actions, ...same } = keys;
  return {
    ...same,
    maximumKwh: parseExact(maximumKwh),
    sumTolerance: parseExact(sumTolerance),
    spikeFloor: parseExact(spikeFloor),
    spikeRatio: parseExact(spikeRatio),
    low: parseExact(low),
    high: parseExact(high),
    actions: actions as Policy['actions'],
  };
}

/** Beginnings of months with holidays in them, and one with hardly any. */
const STARTS: [number, number, number][] = [
  [2026, 12, 7],
  [2025, 12, 1],
  [2027, 12, 6],
  [2026, 3, 20],
  [2026, 9, 1],
  [2026, 6, 10],
  [2025, 10, 27],
];

const clock = fc.record({
  /** Minutes after the day's end. */
  after: usually(60, fc.constantFrom(0, 1, 119, 120, 300, 700, 1439)),
  /** Whether there is a run after that day; every sixth day has one. */
  isHeld: usually(true, fc.boolean()),
});

const profile = fc.record({
  serviceClass: fc.nat(CLASS_COUNT),
  kindOfDay: fc.constantFrom('weekday' as const, 'saturday' as const, 'sunday' as const, 'holiday' as const),
  intervalMinutes: fc.constantFrom(60, 30, 15),
  weights: fc.array(fc.constantFrom(0, 1, 2, 3, 5, 8, 11, 137), { minLength: 24, maxLength: 24 }),
});

/** Several hundred channel-months that are run together. */
export interface MonthCase {
  start: [number, number, number];
  closeAfterMinutes: number;
  clocks: { after: number; isHeld: boolean }[];
  policies: PolicyKeys[];
  profiles: {
    serviceClass: number;
    kindOfDay: LoadProfile['kindOfDay'];
    intervalMinutes: number;
    weights: number[];
  }[];
  /** Days of the month, or null for Ontario's. */
  holidays: number[] | null;
  months: ChannelMonth[];
}

export function monthCase(channels: number): fc.Arbitrary<MonthCase> {
  return fc.record({
    start: fc.constantFrom(...STARTS),
    closeAfterMinutes: usually(0, fc.constantFrom(60, 119, 1500)),
    clocks: fc.array(clock, { minLength: MONTH_DAYS + 2, maxLength: MONTH_DAYS + 2 }),
    policies: fc.array(policy, { minLength: CLASS_COUNT, maxLength: CLASS_COUNT }),
    profiles: fc.array(profile, { maxLength: 16 }),
    holidays: usually<number[] | null>(
      null,
      fc.array(fc.nat(MONTH_DAYS - 1), { minLength: 1, maxLength: 8 }),
    ),
    months: fc.array(channelMonth, { minLength: channels, maxLength: channels }),
  });
}

/** A case made ready: what the program and the referee are given. */
export interface BuiltCase {
  frame: MonthFrame;
  setting: Setting;
  nights: Night[];
  /** Records of each night, by file. */
  files: Map<string, Parcel[]>[];
  rows: MeterRow[];
}

function frameOf(given: MonthCase): MonthFrame {
  const start = dayNumber(...given.start) * DAY_MINUTES - ZONE_MINUTES;
  const clocks = given.clocks
    .map(({ after, isHeld }, day) => ({ at: start + (day + 1) * DAY_MINUTES + after, isHeld, day }))
    .filter(({ isHeld, day }) => (day < 12 ? day % 6 === 5 : isHeld) || day >= MONTH_DAYS)
    .map(({ at }) => at);
  return { start, clocks };
}

function profilesOf(given: MonthCase): LoadProfile[] {
  const byKey = new Map<string, LoadProfile>();
  for (const { serviceClass, kindOfDay, intervalMinutes, weights } of given.profiles) {
    const count = DAY_MINUTES / intervalMinutes;
    // A profile needs a weight somewhere.
    const all = Array.from({ length: count }, (_, i) =>
      BigInt(weights[i % 24]! * (1 + (i % 3)) + (i === 0 ? 1 : 0)),
    );
    byKey.set(`${serviceClass} ${kindOfDay}`, {
      serviceClass: `c${serviceClass}`,
      kindOfDay,
      intervalMinutes,
      weights: all,
    });
  }
  return [...byKey.values()];
}

export function buildCase(given: MonthCase): BuiltCase {
  const frame = frameOf(given);
  const rows = given.months.flatMap((month, index) => rowsOf(month, index, frame.start));
  const parcels = given.months.flatMap((month, index) => parcelsOf(month, index, frame));
  const files = frame.clocks.map(() => new Map<string, Parcel[]>());
  for (const parcel of parcels) {
    const night = files[parcel.run]!;
    night.set(parcel.file, [...(night.get(parcel.file) ?? []), parcel]);
  }
  const nights = files.map((night, run): Night => {
    const records: InputRecord[] = [];
    for (const list of night.values()) {
      list.sort((a, b) => a.order - b.order);
      records.push(...list.map((parcel, i) => ({ ...parcel, line: i + 1 })));
    }
    return { now: frame.clocks[run]!, records };
  });
  const startDay = dayNumber(...given.start);
  const policies = new Map(given.policies.map((keys, i) => [`c${i}`, policyOf(keys)]));
  policies.set('default', policyOf(DEFAULT_KEYS));
  const setting: Setting = {
    zoneMinutes: ZONE_MINUTES,
    closeAfterMinutes: given.closeAfterMinutes,
    policies,
    rows,
    holidays: given.holidays === null ? null : new Set(given.holidays.map((day) => startDay + day)),
    profiles: profilesOf(given),
  };
  return { frame, setting, nights, files, rows };
}

/** The policy of a service class that is not named: all defaults of the rules. */
export const DEFAULT_KEYS: PolicyKeys = {
  linearHours: 2,
  maximumKwh: '48',
  sumTolerance: '2',
  decimals: 3,
  historyDays: 35,
  referenceDays: 3,
  minimumReferenceDays: 1,
  distrustHeadEndEstimates: false,
  estimateMissingMeters: false,
  spikeFloor: '2',
  spikeRatio: '1.8',
  zeroRunHours: 24,
  frozenRunHours: 24,
  low: '0.1',
  high: '4',
  actions: {
    badStatus: 'estimate',
    doubtfulStatus: 'flag',
    negative: 'estimate',
    overMaximum: 'estimate',
    sum: 'flag',
    spike: 'flag',
    zeroRun: 'flag',
    frozen: 'flag',
    highLow: 'flag',
  },
};
