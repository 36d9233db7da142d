import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { deserialize, serialize } from 'node:v8';
import { open, type RootDatabase } from 'lmdb';
import { codeOf, diskFullError, isDiskFull, messageOf, ReadmillError } from '../model/errors.js';

/** Layout of the ledger; a state folder of another one is refused. */
const LAYOUT = 2;
/** Address space for the ledger; its file grows as needed. */
const MAP_BYTES = 1 << 30;

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
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
    database = open({ path, encoding: 'binary', mapSize: MAP_BYTES, noMemInit: true, commitDelay: 0 });
  } catch (thrown) {
    if (isDiskFull(thrown)) throw diskFullError(thrown);
    throw new ReadmillError(
      'READMILL_STATE_UNUSABLE',
      `The state folder ${stateDirectory} cannot be used: ${messageOf(thrown)}. Check its rights and the free space.`,
      { cause: thrown },
    );
  }
  try {
    takeLock(database, stateDirectory);
  } catch (thrown) {
    throw writeError(thrown, stateDirectory);
  }
  const ledger: Ledger = {
    ...readsOf(database),
    write(writes) {
      try {
        database.transactionSync(() => {
          for (const [key, value] of writes) {
            if (value === undefined) database.removeSync(key);
            else database.putSync(key, serialize(value));
          }
        });
      } catch (thrown) {
        throw writeError(thrown, stateDirectory);
      }
    },
    async close() {
      try {
        ledger.write([['lock', undefined]]);
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
export type LedgerView = Pick<Ledger, 'get' | 'list' | 'latest' | 'close'>;

/**
 * Opens the ledger of a state folder to look at it, whoever works on it.
 * @returns null where there is none yet
 * @throws ReadmillError READMILL_STATE_UNUSABLE where it cannot be read
 */
export function viewLedger(stateDirectory: string): LedgerView | null {
  const path = join(stateDirectory, 'ledger');
  if (!existsSync(path)) return null;
  try {
    const database = open<Buffer, string>({ path, encoding: 'binary', mapSize: MAP_BYTES, readOnly: true });
    return { ...readsOf(database), close: () => database.close() };
  } catch (thrown) {
    throw new ReadmillError(
      'READMILL_STATE_UNUSABLE',
      `The state folder ${stateDirectory} cannot be read: ${messageOf(thrown)}. Check its rights.`,
      { cause: thrown },
    );
  }
}

function readsOf(database: RootDatabase<Buffer, string>): Pick<Ledger, 'get' | 'list' | 'latest'> {
  return {
    get: <T>(key: string) => read<T>(database.getBinary(key)),
    list: <T>(prefix: string) => {
      const range = database.getRange({ start: prefix, end: `${prefix}\uffff` });
      return [...range].map(({ key, value }) => ({ key, value: read<T>(value) as T }));
    },
    latest: <T>(prefix: string, count: number) => {
      const range = database.getRange({ start: `${prefix}\uffff`, end: prefix, reverse: true, limit: count });
      return [...range].map(({ key, value }) => ({ key, value: read<T>(value) as T }));
    },
  };
}

function read<T>(bytes: Buffer | undefined): T | undefined {
  return bytes === undefined ? undefined : (deserialize(bytes) as T);
}

/** Enters this process as the one that works on the folder; a transaction of lmdb holds across processes. */
function takeLock(database: RootDatabase<Buffer, string>, stateDirectory: string): void {
  const holder = database.transactionSync(() => {
    const layout = read<number>(database.getBinary('layout'));
    if (layout !== undefined && layout !== LAYOUT) return { layout };
    const lock = read<LedgerValues['lock']>(database.getBinary('lock'));
    if (lock !== undefined && isAlive(lock)) return { lock };
    database.putSync('layout', serialize(LAYOUT));
    database.putSync(
      'lock',
      serialize({ pid: process.pid, started: startOf(process.pid), host: hostname() }),
    );
    return null;
  });
  if (holder === null) return;
  void database.close();
  if (holder.layout !== undefined) {
    throw new ReadmillError(
      'READMILL_STATE_UNUSABLE',
      `The state folder ${stateDirectory} was written by another version of readmill (layout ${holder.layout}, this one needs ${LAYOUT}). Use that version, or another folder.`,
    );
  }
  throw new ReadmillError(
    'READMILL_STATE_BUSY',
    `Another readmill (process ${holder.lock!.pid} on ${holder.lock!.host}) works on ${stateDirectory}. Wait until it has ended, or stop it, then run again.`,
  );
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
