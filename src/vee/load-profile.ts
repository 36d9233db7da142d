import { multiplyDivideHalfUp } from '../model/decimal.js';
import { MINUTES_PER_DAY } from '../model/time.js';
import type { KindOfDay } from './calendar.js';
import type { DailyUse } from './day-history.js';
import type { RegisterSpan } from './register-span.js';
import { isNeedy, METHOD_PROFILE, SLOT_ESTIMATED, type Slots } from './slots.js';

/** Weights of a day's slots for one service class and kind of day, whole numbers of 0.00001. */
export interface LoadProfile {
  serviceClass: string;
  kindOfDay: KindOfDay;
  intervalMinutes: number;
  weights: number[];
}

/** Weights of a day's slots of some interval, and their sum. */
export interface SlotWeights {
  weights: ArrayLike<number>;
  sum: number;
}

/**
 * The profile for a service class and kind of day, spread or added up to slots of `intervalMinutes`: a slot
 * longer than those of the profile has their sum, and shorter ones share alike. A holiday without a profile
 * of its own takes that of Sunday.
 * @returns null where none is given
 */
export function weightsFor(
  profiles: readonly LoadProfile[],
  serviceClass: string,
  kind: KindOfDay,
  intervalMinutes: number,
): SlotWeights | null {
  const ofClass = profiles.filter((profile) => profile.serviceClass === serviceClass);
  const profile =
    ofClass.find(({ kindOfDay }) => kindOfDay === kind) ??
    (kind === 'holiday' ? ofClass.find(({ kindOfDay }) => kindOfDay === 'sunday') : undefined);
  if (profile === undefined) return null;
  const step = greatestCommonDivisor(profile.intervalMinutes, intervalMinutes);
  const weights = new Array<number>(MINUTES_PER_DAY / intervalMinutes).fill(0);
  for (let minute = 0; minute < MINUTES_PER_DAY; minute += step) {
    weights[Math.floor(minute / intervalMinutes)]! +=
      profile.weights[Math.floor(minute / profile.intervalMinutes)]!;
  }
  return { weights, sum: weights.reduce((sum, weight) => sum + weight, 0) };
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}

/**
 * E4 `profile`: weight of the slot / sum of the weights x daily use, rounded half up to 0.00001. Daily use is
 * the mean total of the reference-worthy days; without any, the advance of the register span that holds the
 * slot x 1440 / its minutes.
 * @returns how many slots were filled
 */
export function estimateProfile(
  slots: Slots,
  from: number,
  to: number,
  { weights, sum }: SlotWeights,
  use: DailyUse,
  spans: readonly RegisterSpan[],
): number {
  let filled = 0;
  for (let i = from; i < to; i++) {
    if (!isNeedy(slots.states[i]!)) continue;
    let numerator = use.sum;
    let denominator = use.count;
    if (use.count === 0) {
      const span = spans.find(({ first, end, advance }) => i >= first && i < end && !Number.isNaN(advance));
      if (span === undefined) continue;
      numerator = span.advance;
      denominator = (span.end - span.first) * slots.intervalMinutes;
    }
    const weight = weights[i - from]! * (use.count === 0 ? MINUTES_PER_DAY : 1);
    slots.finals[i] = multiplyDivideHalfUp(numerator, weight, denominator * sum);
    slots.states[i] = SLOT_ESTIMATED;
    slots.methods[i] = METHOD_PROFILE;
    filled++;
  }
  return filled;
}
