import { existsSync, readFileSync } from 'node:fs';
import { rootCertificates } from 'node:tls';
import { Agent, type Dispatcher, ProxyAgent } from 'undici';
import { messageOf, ReadmillError } from '../../model/errors.js';
import type { Partner } from './partner.js';

/** A connection that is not there by then fails; TCP and TLS together. */
export const CONNECT_TIMEOUT_MS = 15_000;
/** An idle connection is closed after so long: before most servers close theirs. */
const KEEP_ALIVE_MS = 4000;

/** Where systems keep the certificates of authorities that their administrators trust. */
const SYSTEM_AUTHORITIES = ['/etc/ssl/certs/ca-certificates.crt', '/etc/pki/tls/certs/ca-bundle.crt'];

export interface TlsOptions {
  ca: string | string[];
  cert?: string;
  key?: string;
}

/**
 * Trusted authorities and our client certificate for a partner's TLS.
 * @throws ReadmillError READMILL_KEY_INVALID where a file cannot be read
 */
export function tlsOptions({ name, tls }: Partner['config']): TlsOptions {
  const read = (path: string): string => {
    try {
      return readFileSync(path, 'utf8');
    } catch (thrown) {
      const message = `Partner ${name}: a file of tls cannot be read: ${messageOf(thrown)}. Check path and rights.`;
      throw new ReadmillError('READMILL_KEY_INVALID', message, { cause: thrown });
    }
  };
  return {
    ca: tls?.ca === undefined ? trustedAuthorities() : read(tls.ca),
    ...(tls?.certificate === undefined ? {} : { cert: read(tls.certificate) }),
    ...(tls?.key === undefined ? {} : { key: read(tls.key) }),
  };
}

/** Those of Node, and those of the system, which an organisation adds its own to. */
function trustedAuthorities(): string[] {
  const bundles = SYSTEM_AUTHORITIES.filter((path) => existsSync(path));
  return [...rootCertificates, ...bundles.map((path) => readFileSync(path, 'utf8'))];
}

/** Connections to a partner, kept open between messages; directly or through its proxy. */
export function connectionsTo(config: Partner['config']): Dispatcher {
  const tls = new URL(config.url).protocol === 'https:' ? tlsOptions(config) : {};
  const connect = { timeout: CONNECT_TIMEOUT_MS, ...tls };
  const common = {
    connections: config.parallel,
    pipelining: 1,
    allowH2: false,
    keepAliveTimeout: KEEP_ALIVE_MS,
    keepAliveMaxTimeout: KEEP_ALIVE_MS,
  };
  if (config.proxy === undefined) return new Agent({ ...common, connect });
  return new ProxyAgent({ ...common, uri: config.proxy, requestTls: connect });
}
