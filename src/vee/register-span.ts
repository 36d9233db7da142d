import { multiplyDivideHalfUp, POWERS_OF_TEN, UNITS_PER_ONE } from '../model/decimal.js';
import { MINUTES_PER_DAY } from '../model/time.js';
import type { Slots } from './slots.js';

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

/** A register span in slots of a window; it may reach out of the window. */
export interface RegisterSpan {
  /** First slot, and the one after the last. */
  first: number;
  end: number;
  /** In 0.00001 of engineering units; NO_ADVANCE where the register decreased. */
  advance: number;
  /** Index of the opening read. */
  read: number;
}

/**
 * Spans of register reads that follow each other and overlap the slots `from` to `to - 1`: both stamped on a
 * slot's bound, at most `historyDays` apart.
 * @param windowStart stamp at which the window begins
 */
export function spansOf(
  slots: Slots,
  from: number,
  to: number,
  windowStart: number,
  reads: RegisterReads,
  facts: RegisterFacts,
  historyDays: number,
): RegisterSpan[] {
  const { intervalMinutes } = slots;
  const spans: RegisterSpan[] = [];
  for (let read = 0; read + 1 < reads.count; read++) {
    const startMinutes = reads.stamps[read]! - windowStart;
    const endMinutes = reads.stamps[read + 1]! - windowStart;
    if (startMinutes % intervalMinutes !== 0 || endMinutes % intervalMinutes !== 0) continue;
    if (endMinutes - startMinutes > historyDays * MINUTES_PER_DAY) continue;
    const first = startMinutes / intervalMinutes;
    const end = endMinutes / intervalMinutes;
    if (end <= from || first >= to) continue;
    const minutes = endMinutes - startMinutes;
    const advance = registerAdvance(reads.values[read]!, reads.values[read + 1]!, minutes, facts);
    spans.push({ first, end, advance, read });
  }
  return spans;
}
