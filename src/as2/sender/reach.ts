import { lookup } from 'node:dns/promises';
import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { codeOf, messageOf } from '../../model/errors.js';
import { EXPIRY_WARNING_DAYS } from '../keys.js';
import { CONNECT_TIMEOUT_MS, tlsOptions } from './connection.js';
import type { Partner } from './partner.js';

/** What a step of a connectivity test came to. */
export interface StepResult {
  outcome: 'ok' | 'warning' | 'failed' | 'not needed' | 'not reached';
  /** What was found, for a person. */
  detail: string;
  /** What to do about it; null where nothing is to be done. */
  remedy: string | null;
}

const DAY_MS = 86_400_000;

interface Place {
  host: string;
  port: number;
  /** How the configuration names it. */
  setting: 'url' | 'proxy';
}

/** Where a connection goes first: to the partner, or to the proxy. */
function firstPlace({ url, proxy }: Partner['config']): Place {
  const { hostname, port, protocol } = new URL(proxy ?? url);
  return {
    host: hostname.replace(/^\[(.*)\]$/, '$1'),
    port: port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port),
    setting: proxy === undefined ? 'url' : 'proxy',
  };
}

/** The addresses of the partner's name. */
export async function resolveName(config: Partner['config']): Promise<StepResult> {
  const { host, setting } = firstPlace(config);
  if (isIP(host) !== 0) return { outcome: 'not needed', detail: `${host} is an address`, remedy: null };
  try {
    const addresses = await lookup(host, { all: true });
    return {
      outcome: 'ok',
      detail: `${host} is ${addresses.map(({ address }) => address).join(', ')}`,
      remedy: null,
    };
  } catch (thrown) {
    return {
      outcome: 'failed',
      detail: `${host} is not known (${codeOf(thrown) || messageOf(thrown)})`,
      remedy: `Check ${setting} of partner ${config.name}, and the name service of this machine.`,
    };
  }
}

/** Whether somebody takes a connection. */
export async function reachPort(config: Partner['config']): Promise<StepResult> {
  const { host, port, setting } = firstPlace(config);
  try {
    const socket = await opened(connectTcp({ host, port }), 'connect');
    const detail = `${host}:${port} takes connections (${socket.remoteAddress})`;
    socket.destroy();
    return { outcome: 'ok', detail, remedy: null };
  } catch (thrown) {
    const isSilent = codeOf(thrown) === 'ETIMEDOUT';
    return {
      outcome: 'failed',
      detail: `${host}:${port} takes no connection: ${messageOf(thrown)}`,
      remedy: isSilent
        ? 'A firewall drops it: have this machine let out, and let in at the partner.'
        : `Check the port of ${setting}, and whether the server there runs.`,
    };
  }
}

/** Whether TLS comes about, with a certificate of the server that is trusted and valid. */
export async function shakeHands(config: Partner['config'], nowMs: number): Promise<StepResult> {
  const { url, proxy, name } = config;
  if (!url.startsWith('https:')) {
    const detail = 'url begins with http: the messages themselves are encrypted, the headers are not';
    return { outcome: 'not needed', detail, remedy: null };
  }
  if (proxy !== undefined)
    return { outcome: 'not needed', detail: 'comes about through the proxy, with the message', remedy: null };
  const { host, port } = firstPlace(config);
  let socket: TLSSocket;
  try {
    const servername = isIP(host) === 0 ? { servername: host } : {};
    const options = { host, port, ...servername, ...tlsOptions(config), rejectUnauthorized: false };
    socket = await opened(connectTls(options), 'secureConnect');
  } catch (thrown) {
    // What speaks there, but not TLS.
    const isPlain = codeOf(thrown) === 'ERR_SSL_WRONG_VERSION_NUMBER';
    if (isPlain) {
      const detail = `what listens at ${host}:${port} does not speak TLS`;
      return { outcome: 'failed', detail, remedy: 'Check the port of url, or whether it begins with http:.' };
    }
    return {
      outcome: 'failed',
      detail: `no TLS with ${host}:${port}: ${messageOf(thrown).trim()}`,
      remedy: `Check that url names a TLS port, and whether the partner asks for a client certificate (tls of partner ${name}).`,
    };
  }
  const certificate = socket.getPeerCertificate();
  const { authorized, authorizationError } = socket;
  const protocol = socket.getProtocol();
  socket.destroy();
  const validToMs = Date.parse(certificate.valid_to);
  const detail = `${protocol}, certificate of ${certificate.subject?.CN ?? host} until ${new Date(validToMs).toISOString().slice(0, 10)}`;
  if (!authorized) {
    return {
      outcome: 'failed',
      detail: `${detail}: not trusted (${authorizationError})`,
      remedy: `Put the certificate of the authority that issued it into a file, and name it as tls.ca of partner ${name}.`,
    };
  }
  const daysLeft = Math.floor((validToMs - nowMs) / DAY_MS);
  return daysLeft > EXPIRY_WARNING_DAYS
    ? { outcome: 'ok', detail, remedy: null }
    : { outcome: 'warning', detail: `${detail}: it ends in ${daysLeft} days`, remedy: 'Tell the partner.' };
}

/** Waits until a socket is open. @throws its error, or ETIMEDOUT */
function opened<T extends Socket>(socket: T, event: 'connect' | 'secureConnect'): Promise<T> {
  return new Promise((resolve, reject) => {
    socket.setTimeout(CONNECT_TIMEOUT_MS, () => {
      socket.destroy();
      reject(
        Object.assign(new Error(`no answer within ${CONNECT_TIMEOUT_MS / 1000} s`), { code: 'ETIMEDOUT' }),
      );
    });
    socket.once('error', reject);
    socket.once(event, () => resolve(socket));
  });
}
