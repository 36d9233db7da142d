/**
 * Opens damaged copies of a ledger, one after the other, in a process of its own: where a page that LMDB trusts
 * ends the process, the case that did it is the last one that was told.
 *
 *   damage-ledger.mjs LEDGER FOLDER make SEED STEPS KEYS        fills a ledger, and dies without closing it where SEED is odd
 *   damage-ledger.mjs LEDGER FOLDER open SEED FIRST LAST KIND   opens the cases FIRST to LAST of it; KIND: flip or cut; 0 is undamaged
 *
 * Each case is one line of JSON before it is opened, and one after: what opening it said.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { deserialize, serialize } from 'node:v8';

const [, , module, folder, mode, ...numbers] = process.argv;
const { openLedger, viewLedger } = await import(module);
const PAGE_BYTES = 4096;

/** Whole numbers below `bound`, the same ones for the same seed. */
function drawn(seed) {
  let state = (seed * 2654435761) >>> 0;
  return (bound) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % bound;
  };
}

/** Writes of one transaction: new, changed and removed entries, some longer than a page. */
function someWrites(draw, keys) {
  return Array.from({ length: 1 + draw(30) }, () => {
    const key = `${draw(3) === 0 ? 'file' : 'history'}/${draw(keys)}`;
    const text = 'x'.repeat(draw(20) === 0 ? 9_000 + draw(9_000) : draw(600));
    return [key, draw(5) === 0 ? undefined : { number: draw(1_000), text }];
  });
}

function contents(ledger) {
  const entries = new Map(ledger.list('').map(({ key, value }) => [key, value]));
  entries.delete('lock');
  entries.delete('layout');
  return entries;
}

async function make(seed, steps, keys) {
  const draw = drawn(seed);
  const ledger = openLedger(folder);
  for (let step = 0; step < steps; step++) ledger.write(someWrites(draw, keys));
  writeFileSync(join(folder, 'contents'), serialize(contents(ledger)));
  if (seed % 2 === 1) process.kill(process.pid, 'SIGKILL');
  await ledger.close();
}

/** Where a byte is changed: more often where LMDB says something of its pages than in the midst of a value. */
function place(draw, size) {
  const page = draw(size / PAGE_BYTES) * PAGE_BYTES;
  return [draw(size), draw(2 * PAGE_BYTES), page + draw(64), draw(2) * PAGE_BYTES + draw(176)][draw(4)];
}

function damaged(bytes, draw, kind) {
  if (kind === 'cut') {
    const length = 1 + draw(bytes.length - 1);
    return { at: [length], bytes: bytes.subarray(0, length) };
  }
  const changed = Buffer.from(bytes);
  const flips = draw(4) === 0 ? 2 + draw(2) : 1;
  const at = Array.from({ length: flips }, () => [place(draw, bytes.length), 1 + draw(255)]);
  for (const [offset, mask] of at) changed[offset] ^= mask;
  return { at, bytes: changed };
}

async function opened(path, entries, draw) {
  const view = viewLedger(path);
  try {
    view.check();
    if (!isDeepStrictEqual(contents(view), entries)) return 'SILENT: viewed';
  } finally {
    await view.close();
  }
  const ledger = openLedger(path);
  try {
    if (!isDeepStrictEqual(contents(ledger), entries)) return 'SILENT: opened';
    const model = new Map(entries);
    for (let step = 0; step < 2; step++) {
      const writes = someWrites(draw, 100);
      ledger.write(writes);
      for (const [key, value] of writes) {
        if (value === undefined) model.delete(key);
        else model.set(key, value);
      }
    }
    ledger.check();
    if (!isDeepStrictEqual(contents(ledger), model)) return 'SILENT: written';
  } finally {
    await ledger.close();
  }
  return 'whole';
}

/** Without what the file has beyond the last page that a meta page knows: room for transactions to come. */
function withoutRoom(bytes) {
  const last = [0, PAGE_BYTES].map((meta) => Number(bytes.readBigUInt64LE(meta + 144)));
  return bytes.subarray(0, (Math.max(...last) + 1) * PAGE_BYTES);
}

async function open(seed, first, last, kind) {
  const bytes = withoutRoom(readFileSync(join(folder, 'ledger', 'data.mdb')));
  const entries = deserialize(readFileSync(join(folder, 'contents')));
  const say = (line) => writeSync(1, `${JSON.stringify(line)}\n`);
  for (let number = first; number <= last; number++) {
    const draw = drawn(seed * 1_000_003 + number);
    const { at, bytes: changed } = number === 0 ? { at: [], bytes } : damaged(bytes, draw, kind);
    say({ seed, number, kind, at });
    const path = join(folder, `${kind}-${number}`);
    mkdirSync(join(path, 'ledger'), { recursive: true });
    writeFileSync(join(path, 'ledger', 'data.mdb'), changed);
    try {
      say({ said: await opened(path, entries, draw) });
    } catch (thrown) {
      say({
        said: thrown.code?.startsWith('READMILL_') ? thrown.code : String(thrown),
        message: thrown.message,
      });
    }
    rmSync(path, { recursive: true });
  }
}

const [seed, second, third] = numbers.slice(0, 3).map(Number);
if (mode === 'make') await make(seed, second, third);
else await open(seed, second, third, numbers[3]);
