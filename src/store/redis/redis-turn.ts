import type { Redis } from 'ioredis';
import { ReadmillError } from '../../model/errors.js';
import { identityAmongContainers, type ProcessIdentity } from '../ledger/process-identity.js';
import { connectRedis, type LedgerPlace, leaseMsOf, redisError } from './redis-connection.js';
import type { RedisKeys } from './redis-keys.js';
import { keysAt, takeLease } from './redis-ledger.js';
import { GIVE, KEEP } from './redis-scripts.js';

/** A turn is kept so often while it lasts, and asked for as often. */
const LOOKS_A_LEASE = 3;

/** The turn of one host to watch, while others stand by. */
export interface Turn {
  /** Comes when another host has the turn: this one did not answer for the time of a lease. */
  lost: Promise<ReadmillError>;
  give(): Promise<void>;
}

/**
 * Waits until no other host watches the state folder, and keeps the turn from then on.
 * @param onWait told once of who has it
 * @throws ReadmillError READMILL_REDIS where Redis cannot be used
 */
export async function takeTurn(place: LedgerPlace, onWait: (holder: ProcessIdentity) => void): Promise<Turn> {
  const redis = await connectRedis(place, leaseMsOf(place));
  try {
    const keys = await keysAt(redis, place);
    const own = JSON.stringify({ ...identityAmongContainers(), takenMs: Date.now() });
    let isTold = false;
    for (;;) {
      const answer = await takeLease(redis, keys.watchLease, keys.watchFence, own, leaseMsOf(place));
      if (typeof answer === 'number') return keptTurn(redis, place, keys, answer, own);
      if (!isTold) onWait(answer);
      isTold = true;
      await new Promise((resolve) => setTimeout(resolve, leaseMsOf(place) / LOOKS_A_LEASE));
    }
  } catch (thrown) {
    redis.disconnect();
    throw redisError(place, thrown);
  }
}

function keptTurn(
  redis: Redis,
  place: LedgerPlace,
  { watchLease, watchFence }: RedisKeys,
  fence: number,
  own: string,
): Turn {
  const leaseMs = leaseMsOf(place);
  let timer: NodeJS.Timeout | undefined;
  const lost = new Promise<ReadmillError>((resolve) => {
    timer = setInterval(() => {
      // Where Redis does not answer, no other host is told that the turn is free either.
      redis.eval(KEEP, 2, watchLease, watchFence, fence, own, leaseMs).then(
        (kept) => (kept === 1 ? undefined : resolve(lostTurn(place))),
        () => undefined,
      );
    }, leaseMs / LOOKS_A_LEASE);
    timer.unref();
  });
  return {
    lost,
    async give() {
      clearInterval(timer);
      await redis.eval(GIVE, 2, watchLease, watchFence, fence).catch(() => undefined);
      redis.disconnect();
    },
  };
}

function lostTurn({ state, hosts }: LedgerPlace): ReadmillError {
  return new ReadmillError(
    'READMILL_STATE_LOST',
    `Another host watches ${state} by now: this one stood still, or had no connection to Redis, for longer than hosts.leaseSeconds (${hosts.leaseSeconds} s). Nothing is lost. Start readmill watch again: it stands by until that host ends.`,
  );
}
