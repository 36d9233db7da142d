import { z } from 'zod';
import { parseDecimal } from '../model/decimal.js';

const action = z.enum(['estimate', 'flag', 'ignore']);

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
  /** Whether a value that the head end marked E counts as missing. */
  distrustHeadEndEstimates: z.boolean().default(false),
  actions: z
    .strictObject({
      badStatus: action.default('estimate'),
      doubtfulStatus: action.default('flag'),
      negative: action.default('estimate'),
      overMaximum: action.default('estimate'),
      sum: action.default('flag'),
    })
    .prefault({}),
});

export type Policy = z.infer<typeof policySchema>;

export const DEFAULT_POLICY: Policy = policySchema.parse({});
