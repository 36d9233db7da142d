import { existsSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { deserialize, serialize } from 'node:v8';
import type { Redis } from 'ioredis';
import { ReadmillError } from '../../model/errors.js';
import { type Ledger, type LedgerView, type LedgerWrite, openLedger } from '../ledger/ledger.js';
import {
  addToSum,
  checkEntries,
  damagedLedger,
  type EntrySum,
  LAYOUT,
  LAYOUT_KEY,
  NO_ENTRIES,
  readEntry,
  SUM_KEY,
  UNSUMMED,
  withCheck,
} from '../ledger/ledger-entries.js';
import { identityAmongContainers, isDeadHere, type ProcessIdentity } from '../ledger/process-identity.js';
import { connectRedis, type LedgerPlace, leaseMsOf, redisError, shownUrl } from './redis-connection.js';
import { findKeys, newKeys, notedSequence, noteSequence, type RedisKeys } from './redis-keys.js';
import { GIVE, KEEP, TAKE, WRITE } from './redis-scripts.js';

/** Bytes of a key, as many as the embedded ledger takes. */
const KEY_BYTES_MAX = 1978;
/** A command that took so many times longer than it is waited for stood still with its process. */
const STOOD_STILL = 1.5;
/** The lease is renewed so often while it lasts. */
const RENEWALS = 3;

/** The entries as they are on the Redis, and how often they were written. */
interface Mirror {
  entries: Map<string, Buffer>;
  sequence: number;
}

/** A holding of the ledger, from when it was taken. */
interface Holding {
  redis: Redis;
  place: LedgerPlace;
  keys: RedisKeys;
  fence: number;
  holder: string;
}

/**
 * Opens the ledger of a state folder on a Redis and takes it for this process. All entries are held in memory as
 * well: only who has taken it writes, so that they are those of the Redis.
 *
 * ```
 * free -> taken under a number -> given back
 *              |   '--------------> lost: the lease ran out and another took it; every later write is refused
 *              '- lease renewed, and with each write
 * ```
 * @throws ReadmillError READMILL_STATE_BUSY where another has it, READMILL_REDIS where Redis cannot be used,
 *   READMILL_STATE_DAMAGED where it has lost something
 */
export async function openRedisLedger(place: LedgerPlace): Promise<Ledger> {
  const redis = await connectRedis(place, leaseMsOf(place));
  try {
    const keys = await keysAt(redis, place);
    const holding = await take(redis, place, keys);
    try {
      const mirror = await fetchMirror(redis, keys, place);
      verify(mirror, place);
      return heldLedger(holding, mirror);
    } catch (thrown) {
      await redis.eval(GIVE, 2, keys.lease, keys.fence, holding.fence).catch(() => undefined);
      throw thrown;
    }
  } catch (thrown) {
    redis.disconnect();
    throw redisError(place, thrown);
  }
}

/** The entries that were looked at last, by ledger: they are fetched again only where they have changed. */
const seen = new Map<string, Mirror>();

/**
 * Looks at the ledger of a state folder on a Redis, as it is at this moment.
 * @returns null where there is none yet
 * @throws ReadmillError READMILL_REDIS where Redis cannot be used
 */
export async function viewRedisLedger(place: LedgerPlace): Promise<LedgerView | null> {
  const keys = findKeys(place.state);
  if (keys === null) {
    if (!existsSync(embeddedFolder(place))) return null;
    throw new ReadmillError(
      'READMILL_STATE_UNUSABLE',
      `The ledger of ${place.state} still lies in that folder. The next \`readmill run\` moves it to Redis; then ask again.`,
    );
  }
  const redis = await connectRedis(place, leaseMsOf(place));
  try {
    const before = seen.get(keys.id);
    const isSame = before !== undefined && Number(await redis.get(keys.sequence)) === before.sequence;
    const mirror = isSame ? before : await fetchMirror(redis, keys, place);
    seen.set(keys.id, mirror);
    return { ...readsOf(mirror.entries, shownPlace(place)), close: async () => undefined };
  } catch (thrown) {
    throw redisError(place, thrown);
  } finally {
    redis.disconnect();
  }
}

const shownPlace = ({ ledger, state }: LedgerPlace): string => `${shownUrl(ledger)} (of ${state})`;

const embeddedFolder = ({ state }: LedgerPlace): string => join(state, 'ledger');

/** Keys of a state folder; a ledger is begun where there is none. */
export async function keysAt(redis: Redis, place: LedgerPlace): Promise<RedisKeys> {
  const found = findKeys(place.state);
  if (found !== null) return found;
  if (existsSync(embeddedFolder(place))) return moveEmbedded(redis, place);
  return newKeys(place.state, (keys) => begin(redis, keys, []));
}

/** Moves an embedded ledger to the Redis. From the moment that the state folder names the new one, it alone counts. */
async function moveEmbedded(redis: Redis, place: LedgerPlace): Promise<RedisKeys> {
  const embedded = openLedger(place.state);
  try {
    const entries = embedded.list('').filter(({ key }) => !UNSUMMED.includes(key));
    return await newKeys(place.state, (keys) => begin(redis, keys, entries));
  } finally {
    await embedded.close();
    if (findKeys(place.state) !== null)
      renameSync(embeddedFolder(place), `${embeddedFolder(place)}-before-redis`);
  }
}

async function begin(
  redis: Redis,
  { entries: name }: RedisKeys,
  entries: readonly { key: string; value: unknown }[],
): Promise<void> {
  const sum: EntrySum = { ...NO_ENTRIES };
  const words = entries.flatMap(({ key, value }) => {
    const bytes = withCheck(key, value);
    addToSum(sum, bytes, 1);
    return [key, bytes];
  });
  await redis.hset(name, LAYOUT_KEY, serialize(LAYOUT), SUM_KEY, withCheck(SUM_KEY, sum), ...words);
}

/** Takes a lease that is free, or that of a process of this host that has died. @returns its number, or who has it */
export async function takeLease(
  redis: Redis,
  lease: string,
  fence: string,
  holder: string,
  leaseMs: number,
): Promise<number | ProcessIdentity> {
  const ask = (dead: string) =>
    redis.eval(TAKE, 2, lease, fence, holder, leaseMs, dead) as Promise<number | string>;
  let answer = await ask('');
  if (typeof answer === 'string' && isDeadHere(JSON.parse(answer) as ProcessIdentity))
    answer = await ask(answer);
  return typeof answer === 'number' ? answer : (JSON.parse(answer) as ProcessIdentity);
}

async function take(redis: Redis, place: LedgerPlace, keys: RedisKeys): Promise<Holding> {
  const holder = JSON.stringify({ ...identityAmongContainers(), takenMs: Date.now() });
  const answer = await takeLease(redis, keys.lease, keys.fence, holder, leaseMsOf(place));
  if (typeof answer === 'number') return { redis, place, keys, fence: answer, holder };
  const { pid, host } = answer;
  throw new ReadmillError(
    'READMILL_STATE_BUSY',
    `Another readmill (process ${pid} on ${host}) works on ${place.state}. Wait until it has ended, or stop it, then run again. Where that host is down, the state folder is free ${place.hosts.leaseSeconds} s after it went down.`,
  );
}

/** All entries and their sequence, of one moment. */
async function fetchMirror(redis: Redis, keys: RedisKeys, place: LedgerPlace): Promise<Mirror> {
  const [sequence, found] = (await redis
    .multi()
    .get(keys.sequence)
    .hgetallBuffer(keys.entries)
    .exec()
    .then((answers) => answers!.map(([thrown, answer]) => orThrow(thrown, answer)))) as [
    string | null,
    Record<string, Buffer>,
  ];
  const entries = new Map(Object.entries(found));
  const layout = entries.get(LAYOUT_KEY);
  if (layout === undefined) throw lostEntries(place, 'it holds no ledger for this state folder');
  const written = deserialize(layout) as unknown;
  if (written !== LAYOUT) {
    throw new ReadmillError(
      'READMILL_STATE_UNUSABLE',
      `The ledger of ${place.state} was written by another version of readmill (layout ${written}, this one needs ${LAYOUT}). Use that version on all hosts.`,
    );
  }
  return { entries, sequence: Number(sequence ?? 0) };
}

function orThrow(thrown: Error | null, answer: unknown): unknown {
  if (thrown !== null) throw thrown;
  return answer;
}

function verify({ entries, sequence }: Mirror, place: LedgerPlace): void {
  const noted = notedSequence(place.state);
  if (sequence < noted) throw lostEntries(place, `it knows of ${sequence} writes, and ${noted} were made`);
  readsOf(entries, shownPlace(place)).check();
}

function lostEntries(place: LedgerPlace, what: string): ReadmillError {
  return new ReadmillError(
    'READMILL_STATE_DAMAGED',
    `The Redis at ${shownUrl(place.ledger)} has lost what was written for ${place.state}: ${what}. Bring its data back, from its disk or a copy; docs/operating/scaling.md#when-redis-lost-something says what to do where there is none.`,
  );
}

function readsOf(
  entries: ReadonlyMap<string, Buffer>,
  place: string,
): Pick<Ledger, 'get' | 'list' | 'latest' | 'check'> {
  const entry = <T>(key: string) => readEntry<T>(entries.get(key), key, place);
  const list = <T>(prefix: string) =>
    [...entries.keys()]
      .filter((key) => key.startsWith(prefix) && key !== SUM_KEY)
      .sort((a, b) => (a < b ? -1 : 1))
      .map((key) => ({ key, value: entry<T>(key) as T }));
  return {
    get: entry,
    list,
    latest: (prefix, count) =>
      [...entries.keys()]
        .filter((key) => key.startsWith(prefix))
        .sort((a, b) => (a < b ? 1 : -1))
        .slice(0, count)
        .map((key) => ({ key, value: entry(key) as never })),
    check: () => {
      const noted = entry<EntrySum>(SUM_KEY);
      if (noted === undefined) throw damagedLedger(place, 'their sum is missing');
      return checkEntries(
        [...entries].map(([key, value]) => ({ key, value })),
        noted,
        place,
      );
    },
  };
}

/** A write that is on its way: what it removes, and what it sets. */
interface Prepared {
  removed: string[];
  set: (string | Buffer)[];
  /** How often the ledger was written before it. */
  sequence: number;
}

function heldLedger(holding: Holding, mirror: Mirror): Ledger {
  const { redis, place, keys, fence, holder } = holding;
  const leaseMs = leaseMsOf(place);
  let failure: unknown = null;
  let writing: Promise<void> = Promise.resolve();
  const keep = async () => {
    if (failure !== null) throw failure;
    const kept = await askedAgain(leaseMs, () =>
      redis.eval(KEEP, 2, keys.lease, keys.fence, fence, holder, leaseMs),
    );
    if (kept === 1) return;
    failure ??= lostState(place);
    throw failure;
  };
  // An answer that does not come is told by the next write.
  const renewal = setInterval(() => void keep().catch(() => undefined), leaseMs / RENEWALS);
  renewal.unref();
  return {
    ...readsOf(mirror.entries, shownPlace(place)),
    fence,
    async confirm() {
      await keep().catch((thrown) => {
        throw redisError(place, thrown);
      });
    },
    async write(writes) {
      const prepared = prepare(mirror, writes);
      const written = writing.then(async () => {
        if (failure !== null) throw failure;
        await send(holding, prepared);
        noteSequence(place.state, prepared.sequence + 1, fence);
      });
      // What could not be written is in memory already: nothing may be written after it.
      writing = written.catch((thrown: unknown) => {
        failure ??= redisError(place, thrown);
      });
      await written.catch(() => writing);
      if (failure !== null) throw failure;
    },
    async close() {
      clearInterval(renewal);
      await writing;
      // Where Redis does not answer, the lease runs out by itself.
      await redis.eval(GIVE, 2, keys.lease, keys.fence, fence).catch(() => undefined);
      redis.disconnect();
    },
  };
}

/** Enters writes into the mirror. @throws where a key or a value cannot be kept; then nothing has changed */
function prepare(mirror: Mirror, writes: readonly LedgerWrite[]): Prepared {
  const bytes = writes.map(([key, value]) => {
    if (Buffer.byteLength(key) > KEY_BYTES_MAX) throw new Error(`a key of the ledger is too long: ${key}`);
    return value === undefined ? undefined : withCheck(key, value);
  });
  const { entries } = mirror;
  const sum = { ...(readEntry<EntrySum>(entries.get(SUM_KEY), SUM_KEY, '') ?? NO_ENTRIES) };
  const last = new Map<string, Buffer | undefined>();
  for (const [i, [key]] of writes.entries()) {
    const before = entries.get(key);
    if (before !== undefined) addToSum(sum, before, -1);
    const after = bytes[i];
    if (after === undefined) entries.delete(key);
    else {
      addToSum(sum, after, 1);
      entries.set(key, after);
    }
    last.set(key, after);
  }
  const summed = withCheck(SUM_KEY, sum);
  entries.set(SUM_KEY, summed);
  last.set(SUM_KEY, summed);
  const removed = [...last].filter(([, value]) => value === undefined).map(([key]) => key);
  const set = [...last].flatMap(([key, value]) => (value === undefined ? [] : [key, value]));
  return { removed, set, sequence: mirror.sequence++ };
}

async function send(
  { redis, place, keys, fence, holder }: Holding,
  { removed, set, sequence }: Prepared,
): Promise<void> {
  const { lease, sequence: sequenceKey, entries } = keys;
  const words = [fence, holder, leaseMsOf(place), sequence, removed.length, ...removed, ...set];
  const answer = await askedAgain(leaseMsOf(place), () =>
    redis.eval(WRITE, 4, lease, keys.fence, sequenceKey, entries, ...words),
  );
  if (answer === 'ok') return;
  if (answer === 'lost') throw lostState(place);
  throw lostEntries(place, `it knows of ${answer} writes, and ${sequence} were made`);
}

/** Asks once more where this process stood still meanwhile: what then timed out is no fault of the Redis. */
async function askedAgain<T>(leaseMs: number, ask: () => Promise<T>): Promise<T> {
  const startedMs = performance.now();
  try {
    return await ask();
  } catch (thrown) {
    if (performance.now() - startedMs < leaseMs * STOOD_STILL) throw thrown;
    return ask();
  }
}

function lostState({ state, hosts }: LedgerPlace): ReadmillError {
  return new ReadmillError(
    'READMILL_STATE_LOST',
    `Another readmill has taken over ${state}: this one was paused, or had no connection to Redis, for longer than hosts.leaseSeconds (${hosts.leaseSeconds} s). Nothing is lost, and the other goes on with the work. See why this host stood still; readmill status shows where the work is.`,
  );
}
