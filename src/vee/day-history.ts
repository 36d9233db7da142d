/**
 * What validation and estimation ask of a channel's earlier days. A *reference-worthy* day is settled, has the
 * channel's interval, and all its slots are actual values that passed, without outage status.
 */
export interface DayHistory {
  /** The reference days of a read day: nearest first, at most `referenceDays`. Good until the next call. */
  referenceDays(day: number): ReferenceDays;
  /** Their values: slot i of the k-th is at k x N + i. Good until the next call. */
  referenceValues(): ArrayLike<number>;
  /** All reference-worthy days within `historyDays` before a read day. */
  dailyUse(day: number): DailyUse;
  /** The run of one value that lasts to the beginning of a read day. Good until the next call. */
  runBefore(day: number): CarriedRun;
}

export interface ReferenceDays {
  count: number;
  /** Day numbers. */
  days: ArrayLike<number>;
  /** Sum of their totals in 0.00001. */
  totalsSum: number;
}

/** The mean total of days is `sum / count`, not rounded. */
export interface DailyUse {
  sum: number;
  count: number;
}

/** Passed slots without outage status with one and the same value; 0 slots = there is no such run. */
export interface CarriedRun {
  slots: number;
  value: number;
}

/** Of a channel of which nothing is known. */
export const NO_DAY_HISTORY: DayHistory = {
  referenceDays: () => ({ count: 0, days: [], totalsSum: 0 }),
  referenceValues: () => [],
  dailyUse: () => ({ sum: 0, count: 0 }),
  runBefore: () => ({ slots: 0, value: 0 }),
};
