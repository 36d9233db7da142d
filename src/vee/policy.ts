import { z } from 'zod';
import { parseDecimal } from '../model/decimal.js';

const action = z.enum(['estimate', 'flag', 'ignore']);
/** Checks that look at a whole day or span never replace a slot: "passed" is what checks 3 to 7 say. */
const dayAction = z.enum(['flag', 'ignore']);

/** Values of so many days lie in memory for one estimate. */
export const REFERENCE_DAYS_MAX = 52;
/** Forty days: longer than most histories. */
const RUN_HOURS_MAX = 960;

/** A decimal of the configuration (number or text) as a whole number of 0.00001. */
const decimal = z.union([z.number(), z.string()]).transform((given, context) => {
  const value = parseDecimal(String(given));
  if (value === null) context.addIssue({ code: 'custom', message: 'a decimal with at most five decimals' });
  return value ?? 0;
});

/**
 * Parameters of validation and estimation. Defaults are this project's policy; where each number comes
 * from stands in docs/vee.md.
 */
export const policySchema = z.strictObject({
  /** Longest run of slots that is filled by a straight line, hours. */
  linearHours: z.number().min(0).max(24).default(2),
  /** Highest plausible value of one hour, kWh, where the meter register gives none. */
  maximumKwh: decimal.default(4_800_000),
  /** Intervals and register may differ by this many multipliers. */
  sumTolerance: decimal.default(200_000),
  /** Decimals of an estimate. */
  decimals: z.number().int().min(0).max(5).default(3),
  /** How far back registers and reference days are looked for, days. */
  historyDays: z.number().int().min(1).max(400).default(35),
  /** Reference days that a like-day estimate is the mean of, at the most. */
  referenceDays: z.number().int().min(1).max(REFERENCE_DAYS_MAX).default(3),
  /** Reference days without which there is no like-day estimate. */
  minimumReferenceDays: z.number().int().min(1).max(REFERENCE_DAYS_MAX).default(1),
  /** A day whose highest value is below this has no spike, kWh. */
  spikeFloor: decimal.default(200_000),
  /** A spike exceeds the third-highest value of its day by more than so many times that value. */
  spikeRatio: decimal.default(180_000),
  /** Zeros without an outage for so long are told, hours. */
  zeroRunHours: z.number().positive().max(RUN_HOURS_MAX).default(24),
  /** One and the same value above zero for so long is told, hours. */
  frozenRunHours: z.number().positive().max(RUN_HOURS_MAX).default(24),
  /** A day's total below so many times the mean total of its reference days is low, above is high. */
  low: decimal.default(10_000),
  high: decimal.default(400_000),
  /** Whether active channels that delivered nothing for a day are estimated. */
  estimateMissingMeters: z.boolean().default(false),
  /** Whether a value that the head end marked E counts as missing. */
  distrustHeadEndEstimates: z.boolean().default(false),
  actions: z
    .strictObject({
      badStatus: action.default('estimate'),
      doubtfulStatus: action.default('flag'),
      negative: action.default('estimate'),
      overMaximum: action.default('estimate'),
      sum: dayAction.default('flag'),
      spike: dayAction.default('flag'),
      zeroRun: dayAction.default('flag'),
      frozen: dayAction.default('flag'),
      highLow: dayAction.default('flag'),
    })
    .prefault({}),
});

export type Policy = z.infer<typeof policySchema>;

export const DEFAULT_POLICY: Policy = policySchema.parse({});
