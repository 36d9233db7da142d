import { realpathSync } from 'node:fs';
import { join } from 'node:path';
import { deserialize, serialize } from 'node:v8';
import { open, type RootDatabase } from 'lmdb';
import { codeOf, diskFullError, isDiskFull, messageOf, ReadmillError } from '../../model/errors.js';
import { makeFolder } from '../../model/make-folder.js';
import { hasRedisLedger } from '../redis/redis-keys.js';
import {
  addToSum,
  checkEntries,
  damagedLedger,
  type EntrySum,
  LAYOUT,
  LAYOUT_KEY,
  LOCK_KEY,
  NO_ENTRIES,
  readEntry,
  SUM_KEY,
  UNSUMMED,
  withCheck,
} from './ledger-entries.js';
import { LEDGER_FILE, ledgerFolder, refuseDamagedFile } from './ledger-file.js';
import { makeRoom, REMOVAL_BYTES, TRANSACTION_BYTES } from './ledger-room.js';
import { isAlive, ownIdentity, type ProcessIdentity } from './process-identity.js';

/** The layout whose values have no CRC-32 before them, and no sum. */
const LAYOUT_WITHOUT_CHECKS = 2;
/** Address space for the ledger at first: its file grows as needed, and lmdb maps more where it is longer. */
const MAP_BYTES = 1 << 30;
/** Without `overlappingSync` a commit is on disk before its meta page is, and LMDB never goes back to an earlier one. */
const LMDB_OPTIONS = { encoding: 'binary', mapSize: MAP_BYTES, overlappingSync: false } as const;
/** Layouts that there may ever be; a number beyond is damage. */
const LAYOUTS_MAX = 100;

/** Folders of ledgers that this process has open for work. */
const heldHere = new Set<string>();

/** What the ledger holds of each kind, by key. Values are small: what is large lies in files that it names. */
export interface LedgerValues {
  layout: number;
  /** Process that works on the state folder. */
  lock: ProcessIdentity;
  /** Files by SHA-256 of their content, done before. */
  [file: `file/${string}`]: { name: string; sizeBytes: number; runId: string };
  /** Sizes of files that were done: a file of another size is none of them. */
  [size: `size/${number}`]: true;
}

/** A write of one transaction: a key with its new value, or undefined to remove it. */
export type LedgerWrite = [key: string, value: unknown];

export interface Ledger {
  get<T>(key: string): T | undefined;
  /** Keys and values whose key begins with the prefix, in the order of keys. */
  list<T>(prefix: string): { key: string; value: T }[];
  /** The last `count` of those, the last of them first. */
  latest<T>(prefix: string, count: number): { key: string; value: T }[];
  /** Writes all or nothing: seen by `get` at once, safe when it settles. */
  write(writes: readonly LedgerWrite[]): Promise<void>;
  /** Number of this holding of the state folder, higher than those before it; 0 where only one host has the folder. */
  readonly fence: number;
  /**
   * To be waited for before what is not named by the ledger is written over or removed.
   * @throws ReadmillError READMILL_STATE_LOST where another process has the state folder by now
   */
  confirm(): Promise<void>;
  /**
   * Looks at every entry.
   * @returns how many there are
   * @throws ReadmillError READMILL_STATE_DAMAGED where one is not as it was written, or is missing
   */
  check(): number;
  close(): Promise<void>;
}

/**
 * Opens the ledger of a state folder and takes the folder for this process.
 * @throws ReadmillError READMILL_STATE_BUSY where a live process works on it; READMILL_STATE_UNUSABLE where the
 *   folder cannot be used
 */
export function openLedger(stateDirectory: string): Ledger {
  const path = ledgerFolder(stateDirectory);
  let database: RootDatabase<Buffer, string>;
  refuseRedisLedger(stateDirectory);
  refuseDamagedFile(stateDirectory);
  try {
    makeFolder(path, 0o700);
    database = open({ path, ...LMDB_OPTIONS, noMemInit: true, commitDelay: 0 });
  } catch (thrown) {
    if (isDiskFull(thrown)) throw diskFullError(thrown);
    throw new ReadmillError(
      'READMILL_STATE_UNUSABLE',
      `The state folder ${stateDirectory} cannot be used: ${messageOf(thrown)}. Check its rights and the free space.`,
      { cause: thrown },
    );
  }
  const reads = readsOf(database, stateDirectory);
  try {
    makeRoom(database, join(path, LEDGER_FILE), TRANSACTION_BYTES);
    takeLock(database, stateDirectory, reads);
  } catch (thrown) {
    void database.close();
    throw writeError(thrown, stateDirectory);
  }
  const place = realpathSync(path);
  const ledger: Ledger = {
    ...reads,
    fence: 0,
    confirm: async () => undefined,
    async write(writes) {
      try {
        writeAll(database, stateDirectory, writes);
      } catch (thrown) {
        throw writeError(thrown, stateDirectory);
      }
    },
    async close() {
      try {
        await ledger.write([[LOCK_KEY, undefined]]);
      } catch (thrown) {
        // On a full disk the lock stays: that of a process that has ended holds nobody up.
        if (codeOf(thrown) !== 'READMILL_DISK_FULL') throw thrown;
      } finally {
        await database.close();
        heldHere.delete(place);
      }
    },
  };
  heldHere.add(place);
  return ledger;
}

/** The error that a failed write of the ledger ends a command with; nothing of its transaction is there. */
function writeError(thrown: unknown, stateDirectory: string): unknown {
  if (thrown instanceof ReadmillError) return thrown;
  if (isDiskFull(thrown)) return diskFullError(thrown);
  return new ReadmillError(
    'READMILL_STATE_UNUSABLE',
    `The ledger of the state folder ${stateDirectory} cannot be written: ${messageOf(thrown)}. Nothing is lost. See whether the disk is sound and files may be large enough (ulimit -f), then run the same command again: it goes on where it was.`,
    { cause: thrown },
  );
}

/** What can be looked at while another process works. */
export type LedgerView = Pick<Ledger, 'get' | 'list' | 'latest' | 'check' | 'close'>;

/**
 * Opens the ledger of a state folder to look at it, whoever works on it.
 * @returns null where there is none yet
 * @throws ReadmillError READMILL_STATE_UNUSABLE where it cannot be read
 *   or has another layout, READMILL_STATE_DAMAGED where its pages are not sound
 */
export function viewLedger(stateDirectory: string): LedgerView | null {
  const path = ledgerFolder(stateDirectory);
  refuseRedisLedger(stateDirectory);
  if (!refuseDamagedFile(stateDirectory)) return null;
  let database: RootDatabase<Buffer, string>;
  try {
    database = open<Buffer, string>({ path, ...LMDB_OPTIONS, readOnly: true });
  } catch (thrown) {
    throw new ReadmillError(
      'READMILL_STATE_UNUSABLE',
      `The state folder ${stateDirectory} cannot be read: ${messageOf(thrown)}. Check its rights.`,
      { cause: thrown },
    );
  }
  try {
    const layout = layoutOf(database, stateDirectory);
    if (layout !== undefined && layout !== LAYOUT) throw otherLayout(stateDirectory, layout);
    // What is written until the first look is to be seen.
    database.resetReadTxn();
  } catch (thrown) {
    void database.close();
    throw thrown;
  }
  return { ...readsOf(database, stateDirectory), close: () => database.close() };
}

function readsOf(
  database: RootDatabase<Buffer, string>,
  stateDirectory: string,
): Pick<Ledger, 'get' | 'list' | 'latest' | 'check'> {
  const all = (prefix: string) => [...database.getRange({ start: prefix, end: `${prefix}\uffff` })];
  return {
    get: <T>(key: string) => read<T>(database.getBinary(key), key, stateDirectory),
    list: <T>(prefix: string) =>
      all(prefix)
        .filter(({ key }) => key !== SUM_KEY)
        .map(({ key, value }) => ({ key, value: read<T>(value, key, stateDirectory) as T })),
    check: () => {
      const noted = read<EntrySum>(database.getBinary(SUM_KEY), SUM_KEY, stateDirectory) ?? NO_ENTRIES;
      return checkEntries(all(''), noted, ledgerFolder(stateDirectory));
    },
    latest: <T>(prefix: string, count: number) => {
      const bounds = { start: `${prefix}\uffff`, end: prefix, inclusiveEnd: true };
      const range = database.getRange({ ...bounds, reverse: true, limit: count });
      return [...range].map(({ key, value }) => ({ key, value: read<T>(value, key, stateDirectory) as T }));
    },
  };
}

/** One transaction; the sum of all entries goes along with it. */
function writeAll(
  database: RootDatabase<Buffer, string>,
  stateDirectory: string,
  writes: readonly LedgerWrite[],
): void {
  const encoded = writes.map(([key, value]) => ({
    key,
    bytes: value === undefined ? undefined : withCheck(key, value),
  }));
  const isRemoval = encoded.every(({ bytes }) => bytes === undefined);
  const valueBytes = encoded.reduce((sum, { bytes }) => sum + (bytes?.length ?? 0), 0);
  const neededBytes = isRemoval ? REMOVAL_BYTES : TRANSACTION_BYTES + 2 * valueBytes;
  makeRoom(database, join(ledgerFolder(stateDirectory), LEDGER_FILE), neededBytes);
  database.transactionSync(() => {
    const sum = { ...(read<EntrySum>(database.getBinary(SUM_KEY), SUM_KEY, stateDirectory) ?? NO_ENTRIES) };
    for (const { key, bytes } of encoded) {
      const isSummed = !UNSUMMED.includes(key);
      const before = isSummed ? database.getBinary(key) : undefined;
      if (before !== undefined) addToSum(sum, before, -1);
      if (bytes === undefined) database.removeSync(key);
      else {
        if (isSummed) addToSum(sum, bytes, 1);
        database.putSync(key, bytes);
      }
    }
    database.putSync(SUM_KEY, withCheck(SUM_KEY, sum));
  });
}

function read<T>(bytes: Buffer | undefined, key: string, stateDirectory: string): T | undefined {
  return readEntry<T>(bytes, key, ledgerFolder(stateDirectory));
}

/** Two ledgers of one state folder would each carry the same files. */
function refuseRedisLedger(stateDirectory: string): void {
  if (!hasRedisLedger(stateDirectory)) return;
  throw new ReadmillError(
    'READMILL_STATE_UNUSABLE',
    `The ledger of the state folder ${stateDirectory} is on a Redis. Set ledger in the configuration to its redis:// address.`,
  );
}

/** Enters this process as the one that works on the folder; a transaction of lmdb holds across processes. */
function takeLock(
  database: RootDatabase<Buffer, string>,
  stateDirectory: string,
  reads: Pick<Ledger, 'check'>,
): void {
  const holder = database.transactionSync(() => {
    const layout = layoutOf(database, stateDirectory);
    if (layout === LAYOUT_WITHOUT_CHECKS) return takeOver(database, stateDirectory);
    if (layout !== undefined && layout !== LAYOUT) return { layout };
    const lock = read<LedgerValues['lock']>(database.getBinary(LOCK_KEY), LOCK_KEY, stateDirectory);
    if (lock !== undefined && isHeld(lock, ledgerFolder(stateDirectory))) return { lock };
    // An entry that is lost would let a file be carried twice.
    reads.check();
    enter(database);
    return null;
  });
  if (holder === null) return;
  if (holder.layout !== undefined) throw otherLayout(stateDirectory, holder.layout);
  throw new ReadmillError(
    'READMILL_STATE_BUSY',
    `Another readmill (process ${holder.lock!.pid} on ${holder.lock!.host}) works on ${stateDirectory}. Wait until it has ended, or stop it, then run again.`,
  );
}

/** Whether somebody works on a folder; a lock that this process could not remove, on a full disk, is nobody's. */
function isHeld(lock: ProcessIdentity, path: string): boolean {
  if (!isAlive(lock)) return false;
  const own = ownIdentity();
  const isOwn = lock.pid === own.pid && lock.started === own.started;
  return !isOwn || heldHere.has(realpathSync(path));
}

function otherLayout(stateDirectory: string, layout: number): ReadmillError {
  const wayOut =
    layout === LAYOUT_WITHOUT_CHECKS
      ? 'The next `readmill run` takes it over; then ask again.'
      : 'Use that version, or another folder.';
  return new ReadmillError(
    'READMILL_STATE_UNUSABLE',
    `The state folder ${stateDirectory} was written by another version of readmill (layout ${layout}, this one needs ${LAYOUT}). ${wayOut}`,
  );
}

function enter(database: RootDatabase<Buffer, string>): void {
  database.putSync(LAYOUT_KEY, serialize(LAYOUT));
  database.putSync(LOCK_KEY, withCheck(LOCK_KEY, ownIdentity()));
}

/** Gives the values of a ledger without CRC-32s theirs, within the transaction that takes the lock. */
function takeOver(
  database: RootDatabase<Buffer, string>,
  stateDirectory: string,
): { lock: LedgerValues['lock'] } | null {
  const sum: EntrySum = { ...NO_ENTRIES };
  const entries = [...database.getRange({ start: '', end: '\uffff' })];
  for (const { key, value } of entries) {
    const content = withoutCheck(value, key, stateDirectory);
    if (key === LOCK_KEY && isAlive(content as LedgerValues['lock'])) {
      return { lock: content as LedgerValues['lock'] };
    }
    if (UNSUMMED.includes(key)) continue;
    const bytes = withCheck(key, content);
    addToSum(sum, bytes, 1);
    database.putSync(key, bytes);
  }
  database.putSync(SUM_KEY, withCheck(SUM_KEY, sum));
  enter(database);
  return null;
}

/** A value as the layout without CRC-32s keeps it. */
function withoutCheck(bytes: Buffer, key: string, stateDirectory: string): unknown {
  try {
    // That layout has no sum: where there is one, it is the layout that is not as it was written.
    if (typeof key === 'string' && key !== SUM_KEY) return deserialize(bytes);
  } catch {
    // Told below.
  }
  throw damagedLedger(ledgerFolder(stateDirectory), `the entry ${key} cannot be read`);
}

/** The layout says how all else is written, so it has no CRC-32: it is one of few numbers. */
function layoutOf(database: RootDatabase<Buffer, string>, stateDirectory: string): number | undefined {
  try {
    const layout = read<number>(database.getBinary(LAYOUT_KEY), LAYOUT_KEY, stateDirectory);
    if (layout === undefined || (Number.isInteger(layout) && layout > 0 && layout < LAYOUTS_MAX))
      return layout;
  } catch {
    // Told below.
  }
  throw damagedLedger(ledgerFolder(stateDirectory), 'its layout cannot be read');
}
