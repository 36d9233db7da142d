import { resolve } from 'node:path';
import * as z from 'zod';

const REDIS_URL = /^rediss?:\/\/(?:[^@/?#:]*@)?[^@/?#]+(?:\/\d+)?$/;

/** Where the ledger is kept. */
export const ledgerSchema = z.union([
  z.literal('embedded'),
  z.string().regex(REDIS_URL, {
    message:
      '"embedded", or redis://HOST:PORT/DATABASE (rediss:// with TLS); a password stands in hosts.passwordFile',
  }),
]);

/** How hosts that share a ledger work together. */
export const hostsSchema = z.strictObject({
  leaseSeconds: z.number().min(1).max(3600).default(30),
  passwordFile: z.string().min(1).optional(),
});

export type HostsConfig = z.infer<typeof hostsSchema>;

/** The same section with absolute paths. */
export function resolveHosts(folder: string, hosts: HostsConfig): HostsConfig {
  const { passwordFile } = hosts;
  return passwordFile === undefined ? hosts : { ...hosts, passwordFile: resolve(folder, passwordFile) };
}
