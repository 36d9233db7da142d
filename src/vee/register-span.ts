import { multiplyDivideHalfUp, POWERS_OF_TEN, UNITS_PER_ONE } from '../model/decimal.js';

/** Register reads of a channel in the order of time: stamps in minutes UTC, values in 0.00001 dial units. */
export interface RegisterReads {
  count: number;
  stamps: ArrayLike<number>;
  values: ArrayLike<number>;
}

/** What is known of a channel's register. */
export interface RegisterFacts {
  /** Whole number of 0.00001. */
  multiplier: number;
  /** Digits before the point, 0 where not known. */
  registerDigits: number;
  /** Highest value of one hour in 0.00001, for judging a rollover. */
  maximumPerHour: number;
}

export const NO_ADVANCE = Number.NaN;

/**
 * Advance over a register span in 0.00001 of engineering units: (end - start) x multiplier. Where the
 * register went down, its digits are known and the advance with 10^digits added is at most what the
 * maximum allows in the span, the register rolled over.
 * @param spanMinutes length of the span
 * @returns the advance, or NO_ADVANCE where the register decreased
 */
export function registerAdvance(
  start: number,
  end: number,
  spanMinutes: number,
  facts: RegisterFacts,
): number {
  let dial = end - start;
  if (dial < 0) {
    if (facts.registerDigits === 0) return NO_ADVANCE;
    dial += POWERS_OF_TEN[facts.registerDigits]! * UNITS_PER_ONE;
    const allowed = (facts.maximumPerHour * spanMinutes) / 60;
    if (dial < 0 || multiplyDivideHalfUp(dial, facts.multiplier, UNITS_PER_ONE) > allowed) return NO_ADVANCE;
  }
  return multiplyDivideHalfUp(dial, facts.multiplier, UNITS_PER_ONE);
}
