import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import * as z from 'zod';
import { loadProfile } from '../../conformance/profile-file.js';
import type { Profile } from '../../conformance/profiles.js';
import { messageOf, ReadmillError } from '../../model/errors.js';
import { parseZone } from '../../model/time.js';
import { policySchema } from '../../vee/policy-schema.js';
import { partnerProblems } from './environment.js';
import { hostsSchema, ledgerSchema, resolveHosts } from './hosts-config.js';
import {
  mdnListenerSchema,
  partnerSchema,
  receiverSchema,
  resolvePartner,
  resolveReceiver,
} from './partner-config.js';
import { noticesSchema, type ServeConfig, serveSchema, watchSchema } from './watch-config.js';

const MIB = 1024 * 1024;
/** Partners of a configuration. */
export const PARTNERS_MAX = 100;

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
  /** For editors; it says nothing to us. */
  $schema: z.string().optional(),
  state: z.string().min(1),
  ledger: ledgerSchema.default('embedded'),
  hosts: hostsSchema.prefault({}),
  register: z.string().min(1).optional(),
  marketTimeZone: zone.default('EST'),
  sources: z.array(source).min(1).max(1000),
  vee: vee.prefault({}),
  output,
  partners: z.array(partnerSchema).max(PARTNERS_MAX).default([]),
  environment: z.string().optional(),
  mdnListener: mdnListenerSchema.optional(),
  receiver: receiverSchema.optional(),
  watch: watchSchema.prefault({}),
  notices: noticesSchema.prefault({}),
  serve: serveSchema.optional(),
});

/** The configuration as JSON Schema, as editors want it: what has a default may be left out. */
export function configJsonSchema(): Record<string, unknown> {
  return {
    title: 'Configuration of readmill',
    ...z.toJSONSchema(configSchema, { io: 'input', target: 'draft-7' }),
  };
}

type GivenConfig = z.infer<typeof configSchema>;

/** A source with its profile as it was when the run began, and the zone of its stamps. */
export type Source = Omit<GivenConfig['sources'][number], 'profile' | 'timeZone'> & {
  profile: Profile;
  timeZone: string;
};

export type Config = Omit<GivenConfig, 'sources'> & { sources: Source[] };

/** The same file as `send`, `receive` and `connect` need it: without what only a night's run does. */
const deliverySchema = configSchema.partial({ sources: true, output: true });

export type DeliveryConfig = Pick<
  Config,
  'state' | 'ledger' | 'hosts' | 'partners' | 'environment' | 'mdnListener' | 'receiver' | 'marketTimeZone'
> &
  Partial<Pick<Config, 'output'>>;

/**
 * Reads and checks a configuration file. Paths in it are relative to the file and come back absolute.
 * @throws ReadmillError READMILL_CONFIG_UNREADABLE, READMILL_CONFIG_INVALID, which names each wrong key, or
 *   what `loadProfile` throws of the profile of a source
 */
export function readConfig(path: string): Config {
  const config = parsed(path, configSchema);
  const folder = dirname(resolve(path));
  const names = new Set(config.sources.map(({ name }) => name));
  if (names.size < config.sources.length) throw invalid(path, 'two sources have the same name.');
  return {
    ...withPaths(folder, config),
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
    ...operating(folder, config),
  };
}

/** Paths of `notices` and `serve`, absolute; a command without a folder is looked for where programs are. */
function operating(folder: string, { notices, serve }: GivenConfig): Pick<GivenConfig, 'notices' | 'serve'> {
  const { webhook, command } = notices;
  const [program = '', ...words] = command ?? [];
  return {
    notices: {
      ...notices,
      ...(webhook?.authorizationFile === undefined
        ? {}
        : { webhook: { ...webhook, authorizationFile: resolve(folder, webhook.authorizationFile) } }),
      ...(program.includes('/') ? { command: [resolve(folder, program), ...words] } : {}),
    },
    ...(serve === undefined ? {} : { serve: resolveServe(folder, serve) }),
  };
}

/** The same section with absolute paths. */
function resolveServe(folder: string, serve: ServeConfig): ServeConfig {
  const { tokenFile, tls } = serve;
  return {
    ...serve,
    ...(tokenFile === undefined ? {} : { tokenFile: resolve(folder, tokenFile) }),
    ...(tls === undefined
      ? {}
      : { tls: { certificate: resolve(folder, tls.certificate), key: resolve(folder, tls.key) } }),
  };
}

/** Reads the same file for a command that only sends or receives; `sources` and `output` may be left out. */
export function readDeliveryConfig(path: string): DeliveryConfig {
  const config = parsed(path, deliverySchema);
  const folder = dirname(resolve(path));
  const { output, sources: _, ...given } = config;
  return {
    ...withPaths(folder, given),
    ...(output === undefined ? {} : { output: { ...output, directory: resolve(folder, output.directory) } }),
  };
}

function parsed<T extends typeof configSchema | typeof deliverySchema>(path: string, schema: T): z.infer<T> {
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
  const result = schema.safeParse(given);
  if (!result.success) {
    const problems = result.error.issues.map(
      (issue) => `  ${issue.path.join('.') || '(top)'}: ${issue.message}`,
    );
    throw invalid(
      path,
      `these keys are not right:\n${problems.join('\n')}\nMend them; docs/configuration.md describes them.`,
    );
  }
  checkPartners(path, result.data);
  return result.data as z.infer<T>;
}

type Delivering = Pick<Config, 'state' | 'hosts' | 'partners' | 'environment' | 'mdnListener' | 'receiver'>;

function checkPartners(path: string, { partners, environment, mdnListener }: Delivering): void {
  const problems = partnerProblems(partners, environment, mdnListener !== undefined);
  if (problems.length > 0) throw invalid(path, problems.join(' '));
}

function withPaths<T extends Delivering>(folder: string, config: T): T {
  return {
    ...config,
    state: resolve(folder, config.state),
    hosts: resolveHosts(folder, config.hosts),
    partners: config.partners.map((partner) => resolvePartner(folder, partner)),
    ...(config.receiver === undefined ? {} : { receiver: resolveReceiver(folder, config.receiver) }),
  };
}

function invalid(path: string, problem: string): ReadmillError {
  return new ReadmillError('READMILL_CONFIG_INVALID', `The configuration ${path}: ${problem}`);
}
