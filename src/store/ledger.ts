import { existsSync, readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { deserialize, serialize } from 'node:v8';
import { crc32 } from 'node:zlib';
import { open, type RootDatabase } from 'lmdb';
import { codeOf, diskFullError, isDiskFull, messageOf, ReadmillError } from '../model/errors.js';
import { makeFolder } from '../model/make-folder.js';
import { damageOfPages } from './ledger-pages.js';

/** Layout of the ledger; one of another layout is refused, but for the one before, which is taken over. */
const LAYOUT = 3;
/** The layout whose values have no CRC-32 before them, and no sum. */
const LAYOUT_WITHOUT_CHECKS = 2;
/** Address space for the ledger; its file grows as needed. */
const MAP_BYTES = 1 << 30;
/** Without `overlappingSync` a commit is on disk before its meta page is, and LMDB never goes back to an earlier one. */
const LMDB_OPTIONS = { encoding: 'binary', mapSize: MAP_BYTES, overlappingSync: false } as const;
/** Name of LMDB's file in the folder of the ledger. */
const LEDGER_FILE = 'data.mdb';
/** Layouts that there may ever be; a number beyond is damage. */
const LAYOUTS_MAX = 100;

/** Entries that are not counted in the sum: what all else hangs on, the sum itself, and who is at work. */
const LAYOUT_KEY = 'layout';
const SUM_KEY = 'sum';
const LOCK_KEY = 'lock';
const CHECKS_MODULUS = 2 ** 48;
/** Bytes of the CRC-32 before each value. */
const CHECK_BYTES = 4;

/** All entries together: how many, and the sum of their CRC-32s modulo 2^48. An entry that is lost shows in it. */
interface EntrySum {
  entries: number;
  checks: number;
}

/** What the ledger holds of each kind, by key. Values are small: what is large lies in files that it names. */
export interface LedgerValues {
  layout: number;
  /** Process that works on the state folder. */
  lock: { pid: number; started: string; host: string };
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
  /** Writes all or nothing, on disk when it returns. */
  write(writes: readonly LedgerWrite[]): void;
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
  const path = join(stateDirectory, 'ledger');
  let database: RootDatabase<Buffer, string>;
  refuseDamagedPages(stateDirectory);
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
    takeLock(database, stateDirectory, reads);
  } catch (thrown) {
    void database.close();
    throw writeError(thrown, stateDirectory);
  }
  const ledger: Ledger = {
    ...reads,
    write(writes) {
      try {
        writeAll(database, stateDirectory, writes);
      } catch (thrown) {
        throw writeError(thrown, stateDirectory);
      }
    },
    async close() {
      try {
        ledger.write([[LOCK_KEY, undefined]]);
      } catch (thrown) {
        // On a full disk the lock stays: that of a process that has ended holds nobody up.
        if (codeOf(thrown) !== 'READMILL_DISK_FULL') throw thrown;
      } finally {
        await database.close();
      }
    },
  };
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
  const path = join(stateDirectory, 'ledger');
  if (!existsSync(path)) return null;
  refuseDamagedPages(stateDirectory);
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
      const sum: EntrySum = { entries: 0, checks: 0 };
      const entries = all('');
      for (const { key, value } of entries) {
        read(value, key, stateDirectory);
        if (!UNSUMMED.includes(key)) addToSum(sum, value, 1);
      }
      const noted = read<EntrySum>(database.getBinary(SUM_KEY), SUM_KEY, stateDirectory) ?? NO_ENTRIES;
      const isWhole = noted.entries === sum.entries && noted.checks === sum.checks;
      if (!isWhole) throw damagedLedger(stateDirectory, 'entries are missing');
      return entries.length;
    },
    latest: <T>(prefix: string, count: number) => {
      const range = database.getRange({ start: `${prefix}\uffff`, end: prefix, reverse: true, limit: count });
      return [...range].map(({ key, value }) => ({ key, value: read<T>(value, key, stateDirectory) as T }));
    },
  };
}

const NO_ENTRIES: EntrySum = { entries: 0, checks: 0 };
const UNSUMMED: readonly string[] = [LAYOUT_KEY, SUM_KEY, LOCK_KEY];

/** One transaction; the sum of all entries goes along with it. */
function writeAll(
  database: RootDatabase<Buffer, string>,
  stateDirectory: string,
  writes: readonly LedgerWrite[],
): void {
  database.transactionSync(() => {
    const sum = { ...(read<EntrySum>(database.getBinary(SUM_KEY), SUM_KEY, stateDirectory) ?? NO_ENTRIES) };
    for (const [key, value] of writes) {
      const isSummed = !UNSUMMED.includes(key);
      const before = isSummed ? database.getBinary(key) : undefined;
      if (before !== undefined) addToSum(sum, before, -1);
      if (value === undefined) database.removeSync(key);
      else {
        const bytes = withCheck(key, value);
        if (isSummed) addToSum(sum, bytes, 1);
        database.putSync(key, bytes);
      }
    }
    database.putSync(SUM_KEY, withCheck(SUM_KEY, sum));
  });
}

/** @param sign 1 adds an entry, -1 takes it away */
function addToSum(sum: EntrySum, bytes: Buffer, sign: 1 | -1): void {
  sum.entries += sign;
  const check = bytes.readUInt32LE(0);
  sum.checks = (sum.checks + sign * check + CHECKS_MODULUS) % CHECKS_MODULUS;
}

/** A value as it is kept: the CRC-32 of key and value, and the value. */
function withCheck(key: string, value: unknown): Buffer {
  const content = serialize(value);
  const bytes = Buffer.allocUnsafe(CHECK_BYTES + content.length);
  bytes.writeUInt32LE(crc32(content, crc32(key)), 0);
  content.copy(bytes, CHECK_BYTES);
  return bytes;
}

/** @throws ReadmillError READMILL_STATE_DAMAGED where the bytes are not those that were written under the key */
function read<T>(bytes: Buffer | undefined, key: string, stateDirectory: string): T | undefined {
  if (bytes === undefined) return undefined;
  if (key === LAYOUT_KEY) return deserialize(bytes) as T;
  // A damaged key may read as a number, or as a list.
  if (typeof key !== 'string') throw damagedLedger(stateDirectory, 'a key is not as it was written');
  const content = bytes.subarray(CHECK_BYTES);
  const isWhole = bytes.length > CHECK_BYTES && bytes.readUInt32LE(0) === crc32(content, crc32(key));
  if (!isWhole) throw damagedLedger(stateDirectory, `the entry ${key} is not as it was written`);
  return deserialize(content) as T;
}

function refuseDamagedPages(stateDirectory: string): void {
  const path = join(stateDirectory, 'ledger', LEDGER_FILE);
  if (!existsSync(path)) return;
  let damage: string | null;
  try {
    damage = damageOfPages(path);
  } catch (thrown) {
    throw new ReadmillError(
      'READMILL_STATE_UNUSABLE',
      `The state folder ${stateDirectory} cannot be read: ${messageOf(thrown)}. Nothing is lost. Check its rights and the disk, then run the same command again.`,
      { cause: thrown },
    );
  }
  if (damage !== null) throw damagedLedger(stateDirectory, damage);
}

function damagedLedger(stateDirectory: string, what: string): ReadmillError {
  return new ReadmillError(
    'READMILL_STATE_DAMAGED',
    `The ledger in ${join(stateDirectory, 'ledger')} is damaged: ${what}. Put the state folder back from a copy (docs/recovery.md), and check the disk.`,
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
    if (lock !== undefined && isAlive(lock)) return { lock };
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
  const own = { pid: process.pid, started: startOf(process.pid), host: hostname() };
  database.putSync(LOCK_KEY, withCheck(LOCK_KEY, own));
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
  throw damagedLedger(stateDirectory, `the entry ${key} cannot be read`);
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
  throw damagedLedger(stateDirectory, 'its layout cannot be read');
}

/** Whether the process that took the lock still runs; one of another host counts as alive. */
function isAlive(lock: LedgerValues['lock']): boolean {
  if (lock.host !== hostname()) return true;
  const started = startOf(lock.pid);
  return started !== '' && started === lock.started;
}

/** When a process began, as the system tells it (with the boot it began in); '' where there is none. */
function startOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // Fields after the command, which stands in brackets and may hold blanks: the 20th is the start time.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    // A process that has ended but was not waited for (Z, X) does nothing any more.
    if (fields[0] === 'Z' || fields[0] === 'X') return '';
    return `${bootId()}/${fields[19]}`;
  } catch {
    return isProcess(pid) ? `pid ${pid}` : '';
  }
}

function isProcess(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (thrown) {
    return (thrown as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Names the time since the system was started: work files that were not synced are good only within it. */
export function bootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
  } catch {
    return 'unknown';
  }
}
