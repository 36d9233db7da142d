/**
 * Loaded before the program (`--import`, which worker threads inherit): stands between it and the file system and
 * the clock, and does what READMILL_FAULT says. Only paths below `under` are touched, so that the program itself loads
 * as ever. Calls and bytes are counted over all threads.
 *
 * | Kind         | At the call or byte `at`                                                         |
 * | ------------ | -------------------------------------------------------------------------------- |
 * | `kill`       | the process ends by SIGKILL, before the call or after it                         |
 * | `full`       | the disk is full: what still fits is written, then ENOSPC for good               |
 * | `error`      | the call of its class fails with `errno`, once                                   |
 * | `rights`     | from then on nothing below `path` can be opened or changed                       |
 * | `short`      | each read and write does a part only, as the system may                          |
 * | `alter`      | another program changes the input file `path`                                    |
 * | `clock`      | the system's clock is set forward or back by `skewMs`                            |
 * | `count`      | nothing happens                                                                  |
 *
 * With `journal` it also notes what was written and what was synced, whatever the kind. Orders of a `series` count for
 * a while each, with `at` counted from where each begins.
 */
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { constants } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { getEnvironmentData, isMainThread, setEnvironmentData } from 'node:worker_threads';
import type { FaultOrder } from './fault-order.js';

type Call = (...args: unknown[]) => unknown;
type Class = 'open' | 'read' | 'write' | 'sync' | 'change' | 'look' | 'close';

const outer = JSON.parse(process.env.READMILL_FAULT ?? '{"kind":"count","under":"/","at":0}') as FaultOrder;
const series = outer.series ?? [];
const SHARED = 'readmill-fault';
/** Calls, bytes written, whether it was done, calls of the class; shared by all threads, and of each order. */
const [CALLS, BYTES, DONE, OF_CLASS] = [0, 1, 2, 3];
const COUNTERS = 4;
const shared = isMainThread
  ? new SharedArrayBuffer((series.length + 1) * COUNTERS * 8)
  : (getEnvironmentData(SHARED) as SharedArrayBuffer);
if (isMainThread) setEnvironmentData(SHARED, shared);
const counters = new BigInt64Array(shared);
/** The order that counts now, and where its counters are. */
let order = outer;
let firstCounter = 0;
const add = (counter: number, by: number): number =>
  Number(Atomics.add(counters, firstCounter + counter, BigInt(by)));
const countOf = (counter: number): number => Number(Atomics.load(counters, firstCounter + counter));

/** Goes over to the order of the series whose time has come, or back to the one that they stand in. */
function chooseOrder(): void {
  if (series.length === 0) return;
  // Of the process: threads began later.
  const ms = process.uptime() * 1000;
  const now = series.findIndex(({ fromMs, toMs }) => ms >= fromMs && ms < toMs);
  order = now < 0 ? outer : series[now]!.order;
  firstCounter = (now + 1) * COUNTERS;
}

/** The file system as it is, for what is done on the way. */
const plain = { ...fs };
/** Paths of open files, and those that nothing is done to. */
const paths = new Map<number, string>();
const handlePaths = new WeakMap<object, string>();

function pathOf(target: unknown): string {
  if (typeof target === 'number') return paths.get(target) ?? '';
  if (typeof target === 'string') return resolve(target);
  if (target instanceof URL) return target.protocol === 'file:' ? target.pathname : '';
  if (typeof target === 'object' && target !== null) return handlePaths.get(target) ?? '';
  return '';
}

const isOurs = (path: string): boolean => path === order.under || path.startsWith(`${order.under}/`);

function failure(errno: string, syscall: string, path: string): Error {
  const number = constants.errno[errno as keyof typeof constants.errno] ?? 0;
  const error = new Error(`${errno}: injected, ${syscall} '${path}'`);
  return Object.assign(error, { errno: -number, code: errno, syscall, path });
}

function kill(): void {
  process.kill(process.pid, 'SIGKILL');
  // The signal ends all threads; none goes on meanwhile.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
}

function isFirst(): boolean {
  return Atomics.exchange(counters, firstCounter + DONE!, 1n) === 0n;
}

/** Changes an input as a program that still writes to it would. */
function alter(): void {
  const { how } = order;
  const path = order.target ?? order.path;
  if (path === undefined || !plain.existsSync(path)) return;
  const { size, atime, mtime } = plain.statSync(path);
  if (how === 'truncate') plain.truncateSync(path, Math.floor(size / 2));
  else if (how === 'append') plain.appendFileSync(path, plain.readFileSync(path).subarray(0, 500));
  else if (how === 'remove') plain.rmSync(path);
  else if (how === 'replace') {
    const beside = join(dirname(path), '.other.part');
    plain.writeFileSync(beside, plain.readFileSync(path).subarray(0, Math.floor(size / 3)));
    plain.renameSync(beside, path);
  } else {
    const fd = plain.openSync(path, 'r+');
    plain.writeSync(fd, '7', Math.floor(size / 2));
    plain.closeSync(fd);
    // Only the time of the change itself, which nobody can set, tells of it then.
    if (how === 'rewrite') plain.utimesSync(path, atime, mtime);
  }
}

let journalFd = -1;

/** Notes a change of the disk, with its place among those of all threads: what is appended is one piece. */
function note(...words: (string | number)[]): void {
  if (order.journal === undefined) return;
  if (journalFd < 0) journalFd = plain.openSync(order.journal, 'a');
  plain.writeSync(journalFd, `${words.join('\t')}\n`);
}

/** What a call is about to write: from here on it may be lost. */
function noteBefore(syscall: string, path: string, args: readonly unknown[]): void {
  if (syscall === 'copyFile') note('write', pathOf(args[1]));
  else if (/^(?:write|append)/.test(syscall)) note('write', path);
  else if (syscall === 'open' && /^[wa]/.test(String(args[1]))) note('write', path);
}

/** What a call has done to the disk for good, or to its folders until they are synced. */
function noteAfter(syscall: string, path: string, args: readonly unknown[]): void {
  if (order.journal === undefined) return;
  if (/sync$/.test(syscall)) note('sync', path, plain.statSync(path).size);
  else if (syscall === 'rename') note('rename', path, pathOf(args[1]));
  else if (syscall === 'rm' || syscall === 'unlink') note('remove', path);
}

/** Whether it is this call at which the process is to end. */
function isFatal(call: number, kind: Class, path: string): boolean {
  if (order.kind !== 'kill') return false;
  if (order.path === undefined) return call === order.at;
  return kind === order.class && path === order.path && add(OF_CLASS, 1) === order.at;
}

interface Began {
  /** Whether the process ends when the call is done. */
  isFatal: boolean;
}

/** Before a call: ends the process, or throws what the system would. */
function before(kind: Class, syscall: string, path: string, args: readonly unknown[]): Began {
  chooseOrder();
  const call = add(CALLS, 1);
  const ends = isFatal(call, kind, path);
  if (ends && order.when === 'before') kill();
  noteBefore(syscall, path, args);
  const isOfClass = order.class === undefined || kind === order.class;
  if (
    order.kind === 'alter' &&
    path === order.path &&
    isOfClass &&
    add(OF_CLASS, 1) === order.at &&
    isFirst()
  )
    alter();
  const isNamed = order.path === undefined || path === order.path;
  if (order.kind === 'error' && kind === order.class && isNamed && add(OF_CLASS, 1) === order.at && isFirst())
    throw failure(order.errno!, syscall, path);
  if (order.kind === 'rights' && call >= order.at && kind !== 'close' && kind !== 'read') {
    const isBelow = path === order.path || path.startsWith(`${order.path}/`);
    // Without rights on a file itself it can still be looked at.
    const isLook = syscall === 'stat' && path === order.path;
    if (isBelow && !isLook && kind !== 'write' && kind !== 'sync') throw failure(order.errno!, syscall, path);
  }
  return { isFatal: ends };
}

function after(began: Began, syscall: string, path: string, args: readonly unknown[]): void {
  noteAfter(syscall, path, args);
  if (began.isFatal) kill();
}

/** How much of so many bytes may be written. @throws where nothing fits any more */
function room(bytes: number, path: string): number {
  if (order.kind === 'short') return Math.max(1, Math.ceil(bytes / 3));
  const used = add(BYTES, bytes);
  if (order.kind !== 'full' || used + bytes <= order.at) return bytes;
  const left = order.at - used;
  if (left > 0) return left;
  throw failure('ENOSPC', 'write', path);
}

/** The arguments of a write with the piece that may be written. */
function writeArguments(args: unknown[], path: string): unknown[] {
  const [target, data] = args;
  if (Array.isArray(data)) {
    const pieces = data as Uint8Array[];
    const total = pieces.reduce((sum, { byteLength }) => sum + byteLength, 0);
    const allowed = room(total, path);
    if (allowed === total) return args;
    return [target, [Buffer.concat(pieces).subarray(0, allowed)], ...args.slice(2)];
  }
  if (typeof data === 'string') {
    const bytes = Buffer.from(data, typeof args[3] === 'string' ? (args[3] as BufferEncoding) : 'utf8');
    const allowed = room(bytes.length, path);
    const rest = args.slice(2).filter((one) => typeof one === 'function');
    const position = typeof args[2] === 'number' ? args[2] : null;
    return [target, bytes, 0, allowed, position, ...rest];
  }
  if (!ArrayBuffer.isView(data)) return args;
  const callbacks = args.filter((one) => typeof one === 'function');
  const given = args.slice(2).filter((one) => typeof one !== 'function');
  const options =
    typeof given[0] === 'object' && given[0] !== null ? (given[0] as Record<string, number>) : null;
  const offset = options?.offset ?? (given[0] as number | null | undefined) ?? 0;
  const length = options?.length ?? (given[1] as number | null | undefined) ?? data.byteLength - offset;
  const position = options?.position ?? (given[2] as number | null | undefined) ?? null;
  return [target, data, offset, room(length, path), position, ...callbacks];
}

/** The arguments of a read that gets a part only. */
function readArguments(args: unknown[]): unknown[] {
  const [target, buffer] = args;
  if (order.kind !== 'short' || !ArrayBuffer.isView(buffer)) return args;
  const callbacks = args.filter((one) => typeof one === 'function');
  const given = args.slice(2).filter((one) => typeof one !== 'function');
  if (typeof given[0] === 'object' && given[0] !== null) return args;
  const offset = (given[0] as number | null | undefined) ?? 0;
  const length = (given[1] as number | null | undefined) ?? buffer.byteLength - offset;
  const position = given[2] ?? null;
  return [target, buffer, offset, length > 1 ? Math.ceil(length / 2) : length, position, ...callbacks];
}

function argumentsOf(kind: Class, args: unknown[], path: string): unknown[] {
  if (kind === 'write') return writeArguments(args, path);
  return kind === 'read' ? readArguments(args) : args;
}

const CLASSES: Record<string, Class> = {
  open: 'open',
  read: 'read',
  readv: 'read',
  write: 'write',
  writev: 'write',
  fsync: 'sync',
  fdatasync: 'sync',
  sync: 'sync',
  datasync: 'sync',
  close: 'close',
  rename: 'change',
  mkdir: 'change',
  mkdtemp: 'change',
  rm: 'change',
  unlink: 'change',
  copyFile: 'change',
  readdir: 'look',
  stat: 'look',
};

function wrapSync(name: string, kind: Class): void {
  const members = fs as unknown as Record<string, Call>;
  const original = members[`${name}Sync`];
  if (original === undefined) return;
  members[`${name}Sync`] = (...args: unknown[]) => {
    const path = pathOf(args[0]);
    if (!isOurs(path)) return original.apply(fs, args);
    const began = before(kind, name, path, args);
    const result = original.apply(fs, argumentsOf(kind, args, path));
    if (kind === 'open') paths.set(result as number, path);
    after(began, name, path, args);
    return result;
  };
}

/** Calls that write a whole file: of a full disk they leave what still fits. */
function wrapWholeWrite(name: 'writeFileSync' | 'appendFileSync'): void {
  const members = fs as unknown as Record<string, Call>;
  const original = members[name]!;
  members[name] = (...args: unknown[]) => {
    const [target, data, ...rest] = args;
    const path = pathOf(target);
    if (!isOurs(path)) return original.apply(fs, args);
    const began = before('write', name, path, args);
    const bytes = typeof data === 'string' ? Buffer.from(data) : (data as Buffer);
    const allowed = order.kind === 'full' ? room(bytes.length, path) : bytes.length;
    const result = original.call(
      fs,
      target,
      allowed < bytes.length ? bytes.subarray(0, allowed) : data,
      ...rest,
    );
    if (allowed < bytes.length) throw failure('ENOSPC', 'write', path);
    after(began, name, path, args);
    return result;
  };
}

function wrapCallback(name: string, kind: Class): void {
  const members = fs as unknown as Record<string, Call>;
  const original = members[name]!;
  members[name] = (...args: unknown[]) => {
    const path = pathOf(args[0]);
    const callback = args.at(-1);
    if (!isOurs(path) || typeof callback !== 'function') return original.apply(fs, args);
    try {
      const began = before(kind, name, path, args);
      const given = argumentsOf(kind, args, path);
      given[given.length - 1] = (error: unknown, ...results: unknown[]) => {
        if (kind === 'open' && typeof results[0] === 'number') paths.set(results[0], path);
        if (error == null) after(began, name, path, args);
        callback(error, ...results);
      };
      return original.apply(fs, given);
    } catch (thrown) {
      process.nextTick(callback as (error: unknown) => void, thrown);
      return undefined;
    }
  };
}

function wrapPromise(owner: Record<string, Call>, name: string, kind: Class, isHandle: boolean): void {
  const original = owner[name];
  if (original === undefined) return;
  owner[name] = async function (this: object, ...args: unknown[]) {
    const path = isHandle ? pathOf(this) : pathOf(args[0]);
    if (!isOurs(path)) return original.apply(this, args);
    const began = before(kind, name, path, args);
    // A handle's first argument is the data: it is put behind a target, and taken from there again.
    const isInPieces = isHandle && name !== 'writeFile';
    const given = isInPieces ? argumentsOf(kind, [this, ...args], path).slice(1) : args;
    const result = (await original.apply(this, given)) as object;
    if (kind === 'open') handlePaths.set(result, path);
    after(began, name, path, args);
    return result;
  };
}

async function wrapHandles(): Promise<void> {
  const probe = await plain.promises.open(process.execPath, 'r');
  const prototype = Object.getPrototypeOf(probe) as Record<string, Call>;
  await probe.close();
  for (const name of ['read', 'readv', 'write', 'writev', 'writeFile', 'sync', 'datasync', 'close'])
    wrapPromise(prototype, name, CLASSES[name] ?? 'write', true);
}

await wrapHandles();
for (const name of Object.keys(CLASSES)) {
  wrapSync(name, CLASSES[name]!);
  if (['open', 'read', 'write', 'writev', 'fsync', 'close', 'rename', 'unlink'].includes(name))
    wrapCallback(name, CLASSES[name]!);
  if (['open', 'rename', 'mkdir', 'mkdtemp', 'rm', 'unlink'].includes(name))
    wrapPromise(fs.promises as unknown as Record<string, Call>, name, CLASSES[name]!, false);
}
wrapWholeWrite('writeFileSync');
wrapWholeWrite('appendFileSync');
if (order.bootId !== undefined) {
  const readFileSync = fs.readFileSync as Call;
  (fs as unknown as Record<string, Call>).readFileSync = (...args) =>
    args[0] === '/proc/sys/kernel/random/boot_id' ? order.bootId : readFileSync.apply(fs, args);
}
if (order.kind === 'clock') {
  const now = Date.now;
  Date.now = () => now() + (countOf(CALLS) >= order.at ? order.skewMs! : 0);
}
syncBuiltinESMExports();
if (isMainThread && order.countFile !== undefined) {
  process.on('exit', () => {
    plain.writeFileSync(order.countFile!, `${countOf(CALLS)} ${countOf(BYTES)}`);
  });
}
