import { readFileSync } from 'node:fs';
import type { Redis } from 'ioredis';
import { diskFullError, isDiskFull, messageOf, ReadmillError } from '../../model/errors.js';

/** Where a ledger is kept: in the state folder, or on a Redis that several hosts share. */
export interface LedgerPlace {
  state: string;
  /** `embedded`, or the URL of the Redis. */
  ledger: string;
  hosts: { leaseSeconds: number; passwordFile?: string | undefined };
}

/** A server that cannot be connected to by then is not there. */
const CONNECT_TIMEOUT_MS = 10_000;
/** Pauses between attempts to connect again grow up to this. */
const RECONNECT_PAUSE_MS_MAX = 1_000;

export const isOnRedis = ({ ledger }: LedgerPlace): boolean => ledger !== 'embedded';

export const leaseMsOf = ({ hosts }: LedgerPlace): number => Math.round(hosts.leaseSeconds * 1000);

/**
 * Connects to the Redis of a ledger; the connection comes back by itself when it was lost.
 * @param patienceMs a command that has no answer by then fails; null = it waits until there is one
 * @throws ReadmillError READMILL_REDIS where it cannot be reached or used
 */
export async function connectRedis(place: LedgerPlace, patienceMs: number | null): Promise<Redis> {
  // Loaded only where it is configured: a command without Redis starts without it.
  const { Redis } = await import('ioredis');
  let isConnected = false;
  const password = passwordOf(place);
  const redis = new Redis(place.ledger, {
    lazyConnect: true,
    connectTimeout: CONNECT_TIMEOUT_MS,
    maxRetriesPerRequest: null,
    retryStrategy: (times) => (isConnected ? Math.min(times * 100, RECONNECT_PAUSE_MS_MAX) : null),
    ...(patienceMs === null ? {} : { commandTimeout: patienceMs }),
    ...(password === undefined ? {} : { password }),
  });
  let problem: unknown = null;
  // What goes wrong later is told by the command that waits for an answer.
  redis.on('error', (thrown: unknown) => {
    problem ??= thrown;
  });
  try {
    await redis.connect();
    await redis.ping();
  } catch (thrown) {
    redis.disconnect();
    throw redisError(place, problem ?? thrown);
  }
  isConnected = true;
  return redis;
}

/**
 * A connection for a library that makes copies of it for what blocks: they end with it, also where the library
 * waits for an answer that does not come.
 */
export async function connectForLibrary(place: LedgerPlace): Promise<{ redis: Redis; end(): void }> {
  const redis = await connectRedis(place, null);
  const all: Redis[] = [];
  let isEnded = false;
  const keep = (one: Redis) => {
    all.push(one);
    // The library may have begun to connect it anew, and goes on with that.
    one.on('connect', () => {
      if (isEnded) one.disconnect();
    });
    return one;
  };
  keep(redis);
  const duplicate = redis.duplicate.bind(redis);
  redis.duplicate = (...options) => keep(duplicate(...options));
  return {
    redis,
    end() {
      isEnded = true;
      for (const one of all) one.disconnect();
    },
  };
}

/** The error that what Redis could not do ends a command with. */
export function redisError(place: LedgerPlace, thrown: unknown): unknown {
  if (thrown instanceof ReadmillError) return thrown;
  if (isDiskFull(thrown)) return diskFullError(thrown);
  return new ReadmillError(
    'READMILL_REDIS',
    `Redis at ${shownUrl(place.ledger)} cannot be used: ${messageOf(thrown)}. Nothing is lost. See that it runs, that this host reaches it and that ledger and hosts.passwordFile of the configuration are right; then run the same command again: it goes on where it was.`,
    { cause: thrown },
  );
}

/** The address without a user name. */
export function shownUrl(url: string): string {
  const { protocol, host, pathname } = new URL(url);
  return `${protocol}//${host}${pathname === '/' ? '' : pathname}`;
}

function passwordOf({ hosts }: LedgerPlace): string | undefined {
  if (hosts.passwordFile === undefined) return undefined;
  try {
    return readFileSync(hosts.passwordFile, 'utf8').trim();
  } catch (thrown) {
    const message = `hosts.passwordFile cannot be read: ${messageOf(thrown)}. Check its path and its rights.`;
    throw new ReadmillError('READMILL_CONFIG_INVALID', message, { cause: thrown });
  }
}
