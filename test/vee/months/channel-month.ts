import fc from 'fast-check';

/** Days of a month: enough for three reference days of one weekday, and for holidays after holidays. */
export const MONTH_DAYS = 36;
/** Named policies of a case; a channel's service class is one of them. */
export const CLASS_COUNT = 12;

/** What befalls a run of slots. Where it begins and a length are shares of the month and a number of slots. */
export interface Incident {
  day: number;
  /** Share of the day at which it begins. */
  at: number;
  length: number;
  kind: number;
  extra: number;
}

/** What becomes of the reads of some slots on their way, or of register reads. */
export interface Delivery extends Incident {
  runsLater: number;
}

/** A month of one service delivery point's channel, as drawn: all else follows from it. */
export interface ChannelMonth {
  units: 'KWH' | 'GKWH' | 'KVARH';
  intervalMinutes: number;
  /** Decimals of the values, and of the register. */
  decimals: number;
  registerDecimals: number;
  multiplier: string;
  registerDigits: number;
  /** Dial at the beginning, in parts of 10^digits: 1 is just before the rollover. */
  dialStart: number;
  maximumKwh: string;
  serviceClass: number;
  /** Largest value of a slot, 0.00001. */
  level: number;
  shape: 'random' | 'daily';
  seed: number;
  flag: string;
  /** Days between two scheduled register reads; 0 = none. */
  registerEvery: number;
  /** Of the true values: spikes, zeros, frozen values. */
  truths: Incident[];
  /** Of the values that are sent. */
  faults: Incident[];
  registerFaults: Incident[];
  extraRegisters: Incident[];
  deliveries: Delivery[];
  exchange: { day: number; at: number; isOnBound: boolean; overlaps: boolean } | null;
  isUnknown: boolean;
}

const share = fc.nat(9_999).map((n) => n / 10_000);
const incident = (length: fc.Arbitrary<number>): fc.Arbitrary<Incident> =>
  fc.record({
    day: fc.nat(MONTH_DAYS - 1),
    at: fc.oneof(share, fc.constantFrom(0, 0.96, 0.99)),
    length,
    kind: fc.nat(99),
    extra: fc.nat(999_999),
  });
const short = fc.integer({ min: 1, max: 3 });
const lengths = fc.oneof(short, short, fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 60 }));
const runs = fc.oneof(short, fc.integer({ min: 20, max: 60 }));

const delivery: fc.Arbitrary<Delivery> = fc
  .tuple(incident(fc.oneof(lengths, fc.constant(400))), fc.oneof(fc.nat(2), fc.nat(12)))
  .map(([given, runsLater]) => ({ ...given, runsLater }));

export const channelMonth: fc.Arbitrary<ChannelMonth> = fc.record({
  units: fc.constantFrom('KWH', 'KWH', 'KWH', 'GKWH', 'KVARH'),
  intervalMinutes: fc.oneof(
    { weight: 22, arbitrary: fc.constant(60) },
    { weight: 4, arbitrary: fc.constant(30) },
    { weight: 3, arbitrary: fc.constant(15) },
    { weight: 1, arbitrary: fc.constant(5) },
  ),
  decimals: fc.constantFrom(3, 3, 3, 0, 1, 2, 4, 5),
  registerDecimals: fc.constantFrom(3, 3, 5, 0),
  multiplier: fc.constantFrom('1', '1', '1', '', '40', '0.5', '1.23457'),
  registerDigits: fc.constantFrom(0, 5, 6, 4),
  dialStart: fc.constantFrom(0, 0.5, 0.999, 0.9999),
  maximumKwh: fc.constantFrom('', '', '', '24', '3.5', '0.9'),
  serviceClass: fc.nat(CLASS_COUNT),
  level: fc.constantFrom(200_000, 200_000, 30_000, 3_000_000, 500, 1),
  shape: fc.constantFrom('random', 'daily', 'daily'),
  seed: fc.nat(),
  flag: fc.constantFrom('R', 'R0', 'R0', '', 'A', 'R64', 'R0', 'R0', 'E0'),
  registerEvery: fc.constantFrom(1, 1, 1, 1, 2, 7, 30, 0),
  truths: fc.array(incident(runs), { maxLength: 3 }),
  faults: fc.oneof(
    fc.array(incident(lengths), { maxLength: 25 }),
    fc.array(incident(short), { maxLength: 12 }),
    fc.array(incident(lengths), { minLength: 1, maxLength: 3 }),
  ),
  registerFaults: fc.array(incident(short), { maxLength: 3 }),
  extraRegisters: fc.array(incident(short), { maxLength: 3 }),
  deliveries: fc.array(delivery, { maxLength: 10 }),
  exchange: fc.oneof(
    { weight: 12, arbitrary: fc.constant(null) },
    {
      weight: 1,
      arbitrary: fc.record({
        day: fc.integer({ min: 2, max: MONTH_DAYS - 3 }),
        at: share,
        isOnBound: fc.constantFrom(true, true, true, false),
        overlaps: fc.boolean(),
      }),
    },
  ),
  isUnknown: fc.constantFrom(...Array.from({ length: 40 }, (_, i) => i === 0)),
});
