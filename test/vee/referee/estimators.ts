import { kindOfDay } from './calendar.js';
import { halfUp, sumOf } from './exact.js';
import { type DaysBefore, dayTotal, valueOnDay } from './reference-days.js';
import type { Span } from './register-spans.js';
import { passedValue, soundValue, stampsOf, stateOf } from './slots.js';
import type { Channel, Setting } from './types.js';

/** E2: the value, or null where a straight line does not apply. */
export function linear(channel: Channel, stamp: number): bigint | null {
  const step = channel.row.intervalMinutes;
  const longest = channel.policy.linearHours * 60;
  const needs = (at: number) => stateOf(channel, at) === 'need';
  const isTooLong = (from: number, to: number) => to - from - step > longest;
  let before = stamp - step;
  while (needs(before)) {
    if (isTooLong(before, stamp)) return null;
    before -= step;
  }
  let after = stamp + step;
  while (needs(after)) {
    if (isTooLong(before, after)) return null;
    after += step;
  }
  if (isTooLong(before, after)) return null;
  const a = soundValue(channel, before);
  const b = soundValue(channel, after);
  if (a === null || b === null) return null;
  const k = BigInt((stamp - before) / step);
  const n = BigInt((after - before) / step - 1);
  return a + halfUp((b - a) * k, n + 1n);
}

/** An estimate and the days of the history that it was made of. */
interface Estimated {
  value: bigint;
  days: number[];
}

/** E3: the value and the days that it is the mean of. */
export function likeDay(channel: Channel, days: DaysBefore, stamp: number): Estimated | null {
  const { day, reference } = days;
  if (reference.length === 0 || reference.length < channel.policy.minimumReferenceDays) return null;
  const values = reference.map((other) => valueOnDay(channel, stamp, day, other));
  return { value: halfUp(sumOf(values), BigInt(values.length)), days: reference };
}

/** Weight of each minute of a day by the profile of the class: a holiday without one takes Sunday's. */
function minuteWeights(setting: Setting, channel: Channel, day: number): bigint[] | null {
  const kind = kindOfDay(setting, day);
  const ofKind = (wanted: string) =>
    setting.profiles.find((one) => {
      return one.serviceClass === channel.row.serviceClass && one.kindOfDay === wanted;
    });
  const profile = ofKind(kind) ?? (kind === 'holiday' ? ofKind('sunday') : undefined);
  if (profile === undefined) return null;
  return Array.from({ length: 1440 }, (_, m) => profile.weights[Math.floor(m / profile.intervalMinutes)]!);
}

/** E4 for the slots of a day that no other method has filled: the values and the days whose mean total is the daily use. */
export function profile(
  setting: Setting,
  channel: Channel,
  { day, worthy }: DaysBefore,
  needy: number[],
  spans: Span[],
): Map<number, Estimated> {
  const estimates = new Map<number, Estimated>();
  const weights = needy.length === 0 ? null : minuteWeights(setting, channel, day);
  const allWeights = sumOf(weights ?? []);
  if (weights === null || allWeights === 0n) return estimates;
  const step = channel.row.intervalMinutes;
  const worthyTotal = sumOf(worthy.map((other) => dayTotal(setting, channel, other)));
  for (const stamp of needy) {
    const place = stampsOf(setting, channel, day).indexOf(stamp);
    const weight = sumOf(weights.slice(place * step, (place + 1) * step));
    const span = spans.find(({ stamps }) => stamps.includes(stamp));
    if (worthy.length > 0) {
      const value = halfUp(weight * worthyTotal, allWeights * BigInt(worthy.length));
      estimates.set(stamp, { value, days: worthy });
    } else if (span !== undefined && span.advance !== null) {
      const minutes = BigInt(span.end - span.start);
      estimates.set(stamp, { value: halfUp(weight * span.advance * 1440n, allWeights * minutes), days: [] });
    }
  }
  return estimates;
}

/** Estimates that this settling has made so far, by stamp. */
export type Estimates = Map<number, { value: bigint }>;

/** Sum of the slots of a span that passed. */
export function passedSum(channel: Channel, span: Span): bigint {
  return sumOf(span.stamps.map((stamp) => passedValue(channel, stamp) ?? 0n));
}

/**
 * E5 in one span: the share of each slot of the day that still needs an estimate.
 * @param needy stamps of the day's slots that no other method has filled
 */
export function registerShare(
  channel: Channel,
  span: Span,
  needy: ReadonlySet<number>,
  estimates: Estimates,
): Map<number, bigint> {
  const shares = new Map<number, bigint>();
  const own = span.stamps.filter((stamp) => needy.has(stamp));
  const ownSet = new Set(own);
  if (span.advance === null || own.length === 0) return shares;
  let estimated = 0n;
  for (const stamp of span.stamps) {
    if (ownSet.has(stamp) || passedValue(channel, stamp) !== null) continue;
    const estimate = estimates.get(stamp)?.value ?? channel.slots.get(stamp)?.estimate ?? null;
    if (estimate === null) return shares;
    estimated += estimate;
  }
  const ofEstimates = span.advance - passedSum(channel, span);
  if (ofEstimates < 0n) return shares;
  const rest = ofEstimates - estimated;
  for (const stamp of own) shares.set(stamp, rest >= 0n ? halfUp(rest, BigInt(own.length)) : 0n);
  return shares;
}
