import { randomUUID } from 'node:crypto';
import { existsSync, linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { codeOf, isDiskFull, messageOf, ReadmillError } from '../../model/errors.js';

/** Folder in the state folder that says which ledger of the Redis is its own. */
const FOLDER = 'ledger-redis';

/** Keys of one state folder on the Redis. */
export interface RedisKeys {
  id: string;
  /** Hash of all entries. */
  entries: string;
  /** How often it was written. */
  sequence: string;
  /** Number of the holding that may write. */
  fence: string;
  /** Who holds it; gone where nobody does. */
  lease: string;
  /** The same of the host that watches. */
  watchFence: string;
  watchLease: string;
  /** What the names of its jobs begin with. */
  jobs: string;
}

function keysOf(id: string): RedisKeys {
  const key = (name: string) => `readmill:{${id}}:${name}`;
  return {
    id,
    entries: key('entries'),
    sequence: key('sequence'),
    fence: key('fence'),
    lease: key('lease'),
    watchFence: key('watch-fence'),
    watchLease: key('watch-lease'),
    jobs: key('jobs'),
  };
}

/** Whether the ledger of a state folder is on a Redis. */
export const hasRedisLedger = (state: string): boolean => existsSync(join(state, FOLDER));

/** Keys of a state folder; null where it has none yet. */
export function findKeys(state: string): RedisKeys | null {
  try {
    return keysOf(readFileSync(join(state, FOLDER, 'id'), 'latin1').trim());
  } catch (thrown) {
    if (codeOf(thrown) === 'ENOENT') return null;
    throw unusable(state, thrown);
  }
}

/**
 * Names a new ledger in the state folder. Where another host did so at the same moment, its name is taken.
 * @param begin makes the ledger on the Redis, before the state folder names it
 */
export async function newKeys(state: string, begin: (keys: RedisKeys) => Promise<void>): Promise<RedisKeys> {
  const id = randomUUID();
  await begin(keysOf(id));
  const folder = join(state, FOLDER);
  const draft = join(folder, id);
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    writeFileSync(draft, `${id}\n`, { mode: 0o600, flush: true });
    linkSync(draft, join(folder, 'id'));
  } catch (thrown) {
    if (codeOf(thrown) !== 'EEXIST') throw unusable(state, thrown);
  } finally {
    rmSync(draft, { force: true });
  }
  return findKeys(state)!;
}

/** How often the ledger was written at least; a Redis that knows of less has lost something. */
export function notedSequence(state: string): number {
  try {
    return Number(readFileSync(join(state, FOLDER, 'written'), 'latin1'));
  } catch (thrown) {
    if (codeOf(thrown) === 'ENOENT') return 0;
    throw unusable(state, thrown);
  }
}

/** Notes beside the files how often the ledger was written. */
export function noteSequence(state: string, sequence: number, fence: number): void {
  const path = join(state, FOLDER, 'written');
  const draft = `${path}.${fence}`;
  try {
    writeFileSync(draft, `${sequence}\n`, { mode: 0o600 });
    renameSync(draft, path);
  } catch (thrown) {
    throw unusable(state, thrown);
  }
}

function unusable(state: string, thrown: unknown): unknown {
  if (isDiskFull(thrown)) return thrown;
  return new ReadmillError(
    'READMILL_STATE_UNUSABLE',
    `The state folder ${state} cannot be used: ${messageOf(thrown)}. Check that it is mounted, its rights and the free space.`,
    { cause: thrown },
  );
}
