/** Values of so many days lie in memory for one estimate. */
export const REFERENCE_DAYS_MAX = 52;

export type CheckAction = 'estimate' | 'flag' | 'ignore';
/** Checks that look at a whole day or span never replace a slot: "passed" is what checks 3 to 7 say. */
export type DayCheckAction = 'flag' | 'ignore';

/** Parameters of validation and estimation (docs/vee.md). Decimals are whole numbers of 0.00001. */
export interface Policy {
  /** Longest run of slots that is filled by a straight line, hours. */
  linearHours: number;
  /** Highest plausible value of one hour, kWh, where the meter register gives none. */
  maximumKwh: number;
  /** Intervals and register may differ by this many multipliers. */
  sumTolerance: number;
  /** Decimals of an estimate. */
  decimals: number;
  /** How far back registers and reference days are looked for, days. */
  historyDays: number;
  /** Reference days that a like-day estimate is the mean of, at the most. */
  referenceDays: number;
  /** Reference days without which there is no like-day estimate. */
  minimumReferenceDays: number;
  /** A day whose highest value is below this has no spike, kWh. */
  spikeFloor: number;
  /** A spike exceeds the third-highest value of its day by more than so many times that value. */
  spikeRatio: number;
  /** Zeros without an outage for so long are told, hours. */
  zeroRunHours: number;
  /** One and the same value above zero for so long is told, hours. */
  frozenRunHours: number;
  /** A day's total below so many times the mean total of its reference days is low, above is high. */
  low: number;
  high: number;
  /** Whether active channels that delivered nothing for a day are estimated. */
  estimateMissingMeters: boolean;
  /** Whether a value that the head end marked E counts as missing. */
  distrustHeadEndEstimates: boolean;
  actions: {
    badStatus: CheckAction;
    doubtfulStatus: CheckAction;
    negative: CheckAction;
    overMaximum: CheckAction;
    sum: DayCheckAction;
    spike: DayCheckAction;
    zeroRun: DayCheckAction;
    frozen: DayCheckAction;
    highLow: DayCheckAction;
  };
}

/** This project's policy; where each number comes from stands in docs/vee.md. */
export const DEFAULT_POLICY: Policy = {
  linearHours: 2,
  maximumKwh: 4_800_000,
  sumTolerance: 200_000,
  decimals: 3,
  historyDays: 35,
  referenceDays: 3,
  minimumReferenceDays: 1,
  spikeFloor: 200_000,
  spikeRatio: 180_000,
  zeroRunHours: 24,
  frozenRunHours: 24,
  low: 10_000,
  high: 400_000,
  estimateMissingMeters: false,
  distrustHeadEndEstimates: false,
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
