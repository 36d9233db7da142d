import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { z } from 'zod';
import { loadProfile } from '../conformance/profile-file.js';
import type { Profile } from '../conformance/profiles.js';
import { messageOf, ReadmillError } from '../model/errors.js';
import { parseZone } from '../model/time.js';
import { policySchema } from '../vee/policy.js';

const MIB = 1024 * 1024;

const zone = z.string().refine((text) => parseZone(text) !== null, {
  message: 'a time zone: UTC, EST, or a fixed offset such as -05:00',
});
const organisation = z
  .string()
  .regex(/^[\x21-\x2b\x2d-\x7e]{1,16}$/, '1 to 16 printable characters without comma');

const source = z.strictObject({
  name: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, 'letters, digits, dot, dash; 1 to 64 of them'),
  inbox: z.string().min(1),
  profile: z.string().min(1).default('cmep-1.20'),
  timeZone: zone.optional(),
  minimumAgeSeconds: z.number().min(0).max(86_400).default(30),
  reject: z.enum(['record', 'triple']).default('record'),
});

const output = z.strictObject({
  directory: z.string().min(1),
  sender: organisation,
  receiver: organisation,
  fileType: z
    .string()
    .regex(/^[A-Za-z0-9]{1,16}$/)
    .default('0000'),
  version: z
    .string()
    .regex(/^[A-Za-z0-9]{1,8}$/)
    .default('00'),
  name: z.string().default('{sender}.{receiver}.{fileType}.{version}.{timestamp}.DAT'),
  namePattern: z.string().default('^[A-Za-z0-9._-]{1,128}$'),
  maximumBytes: z
    .number()
    .int()
    .min(4096)
    .max(1024 * MIB)
    .default(50 * MIB),
  maximumRecords: z.number().int().min(1).max(10_000_000).default(100_000),
  stamps: z.enum(['explicit', 'implied']).default('explicit'),
  validatedFlag: z.enum(['keep', 'empty']).default('keep'),
  flags: z.enum(['as-received', 'letter']).default('as-received'),
  timeZone: zone.default('UTC'),
});

const vee = z.strictObject({
  enabled: z.boolean().default(true),
  closeAfterMinutes: z.number().int().min(0).max(14_400).default(0),
  policies: z.record(z.string(), policySchema).default({}),
  /** CSV of load profiles; CSV of holidays, or `ontario`. */
  loadProfiles: z.string().min(1).optional(),
  holidays: z.string().min(1).default('ontario'),
});

/** The configuration of `run`; docs/configuration.md says what each key means. */
export const configSchema = z.strictObject({
  state: z.string().min(1),
  ledger: z.literal('embedded').default('embedded'),
  register: z.string().min(1).optional(),
  marketTimeZone: zone.default('EST'),
  sources: z.array(source).min(1).max(1000),
  vee: vee.prefault({}),
  output,
  partners: z.array(z.record(z.string(), z.unknown())).default([]),
  environment: z.string().optional(),
});

type GivenConfig = z.infer<typeof configSchema>;

/** A source with its profile as it was when the run began, and the zone of its stamps. */
export type Source = Omit<GivenConfig['sources'][number], 'profile' | 'timeZone'> & {
  profile: Profile;
  timeZone: string;
};

export type Config = Omit<GivenConfig, 'sources'> & { sources: Source[] };

/**
 * Reads and checks a configuration file. Paths in it are relative to the file and come back absolute.
 * @throws ReadmillError READMILL_CONFIG_UNREADABLE, READMILL_CONFIG_INVALID, which names each wrong key, or
 *   what `loadProfile` throws of the profile of a source
 */
export function readConfig(path: string): Config {
  let given: unknown;
  try {
    given = JSON.parse(readFileSync(path, 'utf8'));
  } catch (thrown) {
    throw new ReadmillError(
      'READMILL_CONFIG_UNREADABLE',
      `The configuration ${path} cannot be read: ${messageOf(thrown)}.`,
      { cause: thrown },
    );
  }
  const parsed = configSchema.safeParse(given);
  if (!parsed.success) {
    const problems = parsed.error.issues.map(
      (issue) => `  ${issue.path.join('.') || '(top)'}: ${issue.message}`,
    );
    throw new ReadmillError(
      'READMILL_CONFIG_INVALID',
      `The configuration ${path} is not right:\n${problems.join('\n')}\nMend these keys; docs/configuration.md describes them.`,
    );
  }
  const folder = dirname(resolve(path));
  const config = parsed.data;
  const names = new Set(config.sources.map(({ name }) => name));
  if (names.size < config.sources.length) {
    throw new ReadmillError(
      'READMILL_CONFIG_INVALID',
      `The configuration ${path}: two sources have the same name.`,
    );
  }
  return {
    ...config,
    state: resolve(folder, config.state),
    ...(config.register === undefined ? {} : { register: resolve(folder, config.register) }),
    vee: {
      ...config.vee,
      ...(config.vee.loadProfiles === undefined
        ? {}
        : { loadProfiles: resolve(folder, config.vee.loadProfiles) }),
      holidays: config.vee.holidays === 'ontario' ? 'ontario' : resolve(folder, config.vee.holidays),
    },
    sources: config.sources.map((given): Source => {
      const profile = loadProfile(given.profile, folder);
      const timeZone = given.timeZone ?? profile.timeZone;
      return { ...given, profile, timeZone, inbox: resolve(folder, given.inbox) };
    }),
    output: { ...config.output, directory: resolve(folder, config.output.directory) },
  };
}
