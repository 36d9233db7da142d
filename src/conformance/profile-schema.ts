import * as z from 'zod';
import { METER_ID_ATTRIBUTES } from '../formats/amrdef/settings.js';
import { CRC_CHOICES } from '../formats/cmep/crc.js';
import { FIELD_BYTES, LINE_BYTES_MAX, PLAIN_FIELD_BYTES_MAX } from '../formats/cmep/settings.js';
import { METER_ID_BYTES_MAX } from '../model/block.js';
import { isIntervalLength, MINUTES_PER_DAY, parseZone } from '../model/time.js';
import { COMMODITIES, UNITS } from '../model/units.js';
import { findRule } from './rules.js';

const PROFILE_LIST_MAX = 100;
const STAMP_TOLERANCE_MINUTES_MAX = 30;
/** Fields that are numbers, whose length is that of numbers. */
const NUMBER_FIELDS = [12, 14];
const METER_ID_FIELDS = [6, 8];

const printable = z
  .string()
  .regex(/^[\x21-\x2b\x2d-\x7e]{1,16}$/, 'one to 16 printable characters without comma');
const lettersOf = (letters: string) =>
  z.string().regex(new RegExp(`^[${letters}]*$`), `letters of ${letters.split('').join(', ')}`);

const severities = z
  .record(z.string(), z.enum(['error', 'warning', 'info', 'off']))
  .superRefine((given, context) => {
    for (const [code, severity] of Object.entries(given)) {
      const rule = findRule(code);
      const path = [code];
      if (rule === undefined) {
        context.addIssue({ code: 'custom', path, message: 'no such rule: readmill rules lists all' });
      } else if (code.startsWith('vee/')) {
        context.addIssue({
          code: 'custom',
          path,
          message: 'a rule of validation: the policies of a run govern it',
        });
      } else if (rule.alwaysError && severity !== 'error') {
        const message = 'always an error, since nothing can be read where this is wrong';
        context.addIssue({ code: 'custom', path, message });
      }
    }
  });

const fieldBytes = z.record(z.string(), z.number().int().min(1)).superRefine((given, context) => {
  for (const [name, bytes] of Object.entries(given)) {
    const field = Number(name);
    const isField = /^\d{1,2}$/.test(name) && field >= 1 && field <= FIELD_BYTES.length;
    const longest = METER_ID_FIELDS.includes(field) ? METER_ID_BYTES_MAX : PLAIN_FIELD_BYTES_MAX;
    const path = [name];
    if (!isField || NUMBER_FIELDS.includes(field)) {
      const message = `a field from 1 to ${FIELD_BYTES.length} that is no number (not 12 or 14)`;
      context.addIssue({ code: 'custom', path, message });
    } else if (bytes > longest) {
      context.addIssue({ code: 'custom', path, message: `at most ${longest} for field ${field}` });
    }
  }
});

/** What a profile says of a head end's files; docs/profiles.md describes each key. */
export const profileShape = {
  title: z.string().min(1).max(200),
  delimiter: z.enum(['comma', 'tab']),
  lineBytes: z.number().int().min(128).max(LINE_BYTES_MAX),
  fieldBytes,
  versions: z.array(printable).min(1).max(PROFILE_LIST_MAX),
  vendorRecordTypes: z.array(printable).max(PROFILE_LIST_MAX),
  meterIdFields: z
    .array(z.union([z.literal(8), z.literal(6)]))
    .min(1)
    .max(2),
  purposes: z.array(printable).min(1).max(PROFILE_LIST_MAX),
  commodities: lettersOf(COMMODITIES).min(1),
  units: z.array(z.enum(UNITS)).min(1),
  intervalsMinutes: z
    .array(
      z.number().int().refine(isIntervalLength, 'minutes that divide the hour, or hours that divide the day'),
    )
    .min(1)
    .max(PROFILE_LIST_MAX),
  zeroInterval: z.boolean(),
  flagForms: z.array(z.enum(['bare', 'mask', 'groups'])).min(1),
  flagLetters: lettersOf('EANR'),
  crc: z.enum(CRC_CHOICES),
  timeZone: z
    .string()
    .refine((text) => parseZone(text) !== null, 'a time zone: UTC, EST, or a fixed offset such as -05:00'),
  stampToleranceMinutes: z.number().int().min(0).max(STAMP_TOLERANCE_MINUTES_MAX),
  futureToleranceMinutes: z.number().int().min(0).max(MINUTES_PER_DAY),
  registerTolerance: z.number().min(0).max(1_000_000),
  meterIdAttribute: z.enum(METER_ID_ATTRIBUTES),
  applyMultiplier: z.boolean(),
  clockDriftSeconds: z.number().int().min(0).max(86_400),
  severities,
};

/** A whole profile. */
export const profileSchema = z.strictObject({ name: z.string().min(1).max(64), ...profileShape });

/** How a family of head ends writes its files: what it does otherwise than CMEP v1.20 says, or in AMRDEF. */
export type Profile = z.infer<typeof profileSchema>;

/** A profile of a user's own: what it says otherwise than the profile that it extends. */
export const profileFileSchema = z.strictObject({
  extends: z.string(),
  name: z
    .string()
    .regex(/^[\w.-]{1,64}$/, 'letters, digits, dot, dash; 1 to 64 of them')
    .optional(),
  ...z.strictObject(profileShape).partial().shape,
});
