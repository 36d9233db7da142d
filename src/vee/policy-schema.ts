import * as z from 'zod';
import { parseDecimal } from '../model/decimal.js';
import { DEFAULT_POLICY, type Policy, REFERENCE_DAYS_MAX } from './policy.js';

const action = z.enum(['estimate', 'flag', 'ignore']);
/** Checks that look at a whole day or span never replace a slot: "passed" is what checks 3 to 7 say. */
const dayAction = z.enum(['flag', 'ignore']);

/** Forty days: longer than most histories. */
const RUN_HOURS_MAX = 960;

/** A decimal of the configuration (number or text) as a whole number of 0.00001. */
const decimal = z.union([z.number(), z.string()]).transform((given, context) => {
  const value = parseDecimal(String(given));
  if (value === null) context.addIssue({ code: 'custom', message: 'a decimal with at most five decimals' });
  return value ?? 0;
});

/** The policy of the configuration; what it leaves out is as in `DEFAULT_POLICY`. */
export const policySchema = z.strictObject({
  linearHours: z.number().min(0).max(24).default(DEFAULT_POLICY.linearHours),
  maximumKwh: decimal.default(DEFAULT_POLICY.maximumKwh),
  sumTolerance: decimal.default(DEFAULT_POLICY.sumTolerance),
  decimals: z.number().int().min(0).max(5).default(DEFAULT_POLICY.decimals),
  historyDays: z.number().int().min(1).max(400).default(DEFAULT_POLICY.historyDays),
  referenceDays: z.number().int().min(1).max(REFERENCE_DAYS_MAX).default(DEFAULT_POLICY.referenceDays),
  minimumReferenceDays: z
    .number()
    .int()
    .min(1)
    .max(REFERENCE_DAYS_MAX)
    .default(DEFAULT_POLICY.minimumReferenceDays),
  spikeFloor: decimal.default(DEFAULT_POLICY.spikeFloor),
  spikeRatio: decimal.default(DEFAULT_POLICY.spikeRatio),
  zeroRunHours: z.number().positive().max(RUN_HOURS_MAX).default(DEFAULT_POLICY.zeroRunHours),
  frozenRunHours: z.number().positive().max(RUN_HOURS_MAX).default(DEFAULT_POLICY.frozenRunHours),
  low: decimal.default(DEFAULT_POLICY.low),
  high: decimal.default(DEFAULT_POLICY.high),
  estimateMissingMeters: z.boolean().default(DEFAULT_POLICY.estimateMissingMeters),
  distrustHeadEndEstimates: z.boolean().default(DEFAULT_POLICY.distrustHeadEndEstimates),
  actions: z
    .strictObject({
      badStatus: action.default(DEFAULT_POLICY.actions.badStatus),
      doubtfulStatus: action.default(DEFAULT_POLICY.actions.doubtfulStatus),
      negative: action.default(DEFAULT_POLICY.actions.negative),
      overMaximum: action.default(DEFAULT_POLICY.actions.overMaximum),
      sum: dayAction.default(DEFAULT_POLICY.actions.sum),
      spike: dayAction.default(DEFAULT_POLICY.actions.spike),
      zeroRun: dayAction.default(DEFAULT_POLICY.actions.zeroRun),
      frozen: dayAction.default(DEFAULT_POLICY.actions.frozen),
      highLow: dayAction.default(DEFAULT_POLICY.actions.highLow),
    })
    .prefault({}),
}) satisfies z.ZodType<Policy>;
