import { resolve } from 'node:path';
import * as z from 'zod';

const MIB = 1024 * 1024;
/** Waits between attempts that can be set, and how long each may be. */
const RETRIES_MAX = 20;
const WAIT_MINUTES_MAX = 1440;

const path = z.string().min(1);
/** One path, or two where a certificate is about to be replaced by another. */
const onePathOrTwo = z.union([path, z.array(path).min(1).max(2)]);
const as2Name = z
  .string()
  .regex(/^[\x20-\x7e]{1,128}$/, '1 to 128 printable characters')
  .refine((name) => name.trim() === name && !/["\\]/.test(name), 'no quotes, and no blanks at its ends');
const port = z.number().int().min(0).max(65_535);
const httpUrl = z.url({ protocol: /^https?$/, error: 'an http:// or https:// address' });

const tls = z.strictObject({
  ca: path.optional(),
  certificate: path.optional(),
  key: path.optional(),
});

/** A partner that files are sent to, or that sends us files, with what both have agreed on. */
export const partnerSchema = z.strictObject({
  name: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, 'letters, digits, dot, dash; 1 to 64 of them'),
  environment: z.string().min(1).max(64).optional(),
  url: httpUrl.optional(),
  as2From: as2Name,
  as2To: as2Name,
  key: onePathOrTwo,
  certificate: onePathOrTwo.optional(),
  keyPasswordFile: path.optional(),
  partnerCertificate: onePathOrTwo,
  digest: z.enum(['sha256', 'sha384', 'sha512', 'sha1', 'none']).default('sha256'),
  signature: z.enum(['pkcs1', 'pss']).default('pkcs1'),
  encryption: z.enum(['aes256-cbc', 'aes128-cbc', 'aes256-gcm', 'aes128-gcm', 'none']).default('aes256-cbc'),
  keyTransport: z.enum(['pkcs1', 'oaep']).default('pkcs1'),
  compression: z.number().int().min(0).max(9).default(1),
  mdn: z.enum(['sync', 'async', 'unsigned', 'none']).default('sync'),
  mdnUrl: httpUrl.optional(),
  contentType: z
    .string()
    .regex(/^[\w.+-]+\/[\w.+-]+$/)
    .default('application/octet-stream'),
  subject: z
    .string()
    .regex(/^[\x20-\x7e]{1,200}$/)
    .default('Meter reads'),
  body: z.enum(['length', 'chunked']).default('length'),
  maximumBytes: z
    .number()
    .int()
    .min(1024)
    .max(1024 * 1024 * MIB)
    .default(50 * MIB),
  parallel: z.number().int().min(1).max(32).default(2),
  retryWaitMinutes: z
    .array(z.number().min(0).max(WAIT_MINUTES_MAX))
    .max(RETRIES_MAX)
    .default([5, 10, 20, 40]),
  mdnWaitMinutes: z.number().positive().max(WAIT_MINUTES_MAX).default(30),
  timeoutSeconds: z.number().positive().max(3600).default(300),
  tls: tls.optional(),
  proxy: httpUrl.optional(),
});

export type Partner = z.infer<typeof partnerSchema>;

/** Where asynchronous receipts for what we sent are taken in. */
export const mdnListenerSchema = z.strictObject({
  host: z.string().min(1).default('0.0.0.0'),
  port,
});

/** The server of `receive`. */
export const receiverSchema = z.strictObject({
  host: z.string().min(1).default('127.0.0.1'),
  port: port.default(4080),
  path: z
    .string()
    .regex(/^\/[\w./-]*$/, 'a path such as /as2')
    .default('/as2'),
  directory: path,
  /** `folder` puts files down as they are; `mdmr` also checks them as the repository would. */
  as: z.enum(['folder', 'mdmr']).default('folder'),
  maximumBytes: z
    .number()
    .int()
    .min(1024)
    .max(1024 * 1024 * MIB)
    .default(2048 * MIB),
  timeoutSeconds: z.number().positive().max(3600).default(300),
  tls: z.strictObject({ certificate: path, key: path }).optional(),
});

export type ReceiverConfig = z.infer<typeof receiverSchema>;

/** The same partner with absolute paths. */
export function resolvePartner(folder: string, partner: Partner): Partner {
  const absolute = (given: string | string[]) =>
    Array.isArray(given) ? given.map((one) => resolve(folder, one)) : resolve(folder, given);
  const { certificate, keyPasswordFile } = partner;
  return {
    ...partner,
    key: absolute(partner.key),
    partnerCertificate: absolute(partner.partnerCertificate),
    ...(certificate === undefined ? {} : { certificate: absolute(certificate) }),
    ...(keyPasswordFile === undefined ? {} : { keyPasswordFile: resolve(folder, keyPasswordFile) }),
    ...(partner.tls === undefined ? {} : { tls: resolveAll(folder, partner.tls) }),
  };
}

export function resolveReceiver(folder: string, receiver: ReceiverConfig): ReceiverConfig {
  return {
    ...receiver,
    directory: resolve(folder, receiver.directory),
    ...(receiver.tls === undefined ? {} : { tls: resolveAll(folder, receiver.tls) }),
  };
}

function resolveAll<T extends Record<string, string | undefined>>(folder: string, paths: T): T {
  const entries = Object.entries(paths).filter(([, one]) => one !== undefined);
  return Object.fromEntries(entries.map(([name, one]) => [name, resolve(folder, one!)])) as T;
}
