import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { serialize } from 'node:v8';
import { crc32 } from 'node:zlib';
import { open } from 'lmdb';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openLedger, viewLedger } from '../../../src/store/ledger/ledger.js';
import { damageOfPages } from '../../../src/store/ledger/ledger-pages.js';
import { expectLikeMap } from './ledger-model.js';

/** The built module, for processes of their own; `npm test` has built it. */
const BUILT_LEDGER = new URL('../../../dist/src/store/ledger/ledger.js', import.meta.url);

let directory: string;
const children: ChildProcess[] = [];
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'readmill-ledger-'));
});
afterEach(async () => {
  for (const child of children.splice(0)) await killed(child);
  rmSync(directory, { recursive: true, force: true });
});

/** A process that opens the ledger, does as the script says, and says `ready`. */
async function processWith(script: string): Promise<ChildProcess> {
  expect(existsSync(fileURLToPath(BUILT_LEDGER)), 'run `npm run build` first').toBe(true);
  const path = join(directory, `child-${children.length}.mjs`);
  writeFileSync(
    path,
    `import { openLedger } from ${JSON.stringify(BUILT_LEDGER.href)};
     const ledger = openLedger(${JSON.stringify(directory)});
     const ready = () => process.stdout.write('ready\\n');
     setInterval(() => {}, 1_000_000);
     ${script}`,
  );
  const child = spawn(process.execPath, [path], { stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  await once(child.stdout!, 'data');
  return child;
}

async function killed(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}

/** A value as the ledger keeps it. */
function kept(key: string, value: unknown): Buffer {
  const check = Buffer.alloc(4);
  check.writeUInt32LE(crc32(serialize(value), crc32(key)));
  return Buffer.concat([check, serialize(value)]);
}

const isBusy = expect.objectContaining({ code: 'READMILL_STATE_BUSY' });

describe('the state folder', () => {
  it('is taken by one process at a time, and free again when that has died', async () => {
    const child = await processWith('ready();');
    expect(() => openLedger(directory)).toThrowError(isBusy);
    expect(() => openLedger(directory)).toThrowError(new RegExp(`process ${child.pid} `));
    await killed(child);
    const ledger = openLedger(directory);
    await ledger.close();
  });

  it('is refused to a second open of the same process, and the first goes on', async () => {
    const ledger = openLedger(directory);
    expect(() => openLedger(directory)).toThrowError(isBusy);
    await ledger.write([['run/1', { name: 'one' }]]);
    expect(ledger.get('run/1')).toEqual({ name: 'one' });
    await ledger.close();
    const again = openLedger(directory);
    expect(again.get('run/1')).toEqual({ name: 'one' });
    await again.close();
  });

  it('is looked at beside it, in this process too, and what is written is seen', async () => {
    expect(viewLedger(join(directory, 'none'))).toBeNull();
    const ledger = openLedger(directory);
    const view = viewLedger(directory)!;
    await ledger.write([1, 2, 3].map((n) => [`run/${n}`, n]));
    await ledger.write([['runs', 9]]);
    expect(view.latest('run/', 2)).toEqual([
      { key: 'run/3', value: 3 },
      { key: 'run/2', value: 2 },
    ]);
    expect(view.latest('none/', 2)).toEqual([]);
    await view.close();
    await ledger.write([['run/4', 4]]);
    expect(ledger.latest('run/', 1)).toEqual([{ key: 'run/4', value: 4 }]);
    await ledger.close();
  });

  it('is refused where another version wrote it', async () => {
    await openLedger(directory).close();
    const database = open<Buffer, string>({ path: join(directory, 'ledger'), encoding: 'binary' });
    database.putSync('layout', serialize(99));
    await database.close();
    expect(() => openLedger(directory)).toThrowError(
      expect.objectContaining({ code: 'READMILL_STATE_UNUSABLE' }),
    );
    expect(() => openLedger(directory)).toThrowError(/layout 99/);
  });

  it('is taken over from the version before, whose values had no checksums', async () => {
    await openLedger(directory).close();
    const path = join(directory, 'ledger');
    const before = open<Buffer, string>({ path, encoding: 'binary' });
    const held = { pid: process.pid, started: 'an earlier boot/1', host: hostname() };
    const entries = { 'file/1': { size: 7n }, 'run/1': ['x'.repeat(9_000)], lock: held, layout: 2 };
    before.transactionSync(() => {
      before.removeSync('sum');
      for (const [key, value] of Object.entries(entries)) before.putSync(key, serialize(value));
    });
    await before.close();
    expect(() => viewLedger(directory)).toThrowError(/layout 2.*`readmill run` takes it over/);
    const ledger = openLedger(directory);
    expect(ledger.get('file/1')).toEqual({ size: 7n });
    expect(ledger.get('run/1')).toEqual(['x'.repeat(9_000)]);
    // The two entries, the layout, the sum and the lock.
    expect(ledger.check()).toBe(5);
    await ledger.close();
    const view = viewLedger(directory)!;
    expect(view.check()).toBe(4);
    await view.close();
  });

  it('is not taken over where only the number of its layout is damaged', async () => {
    await openLedger(directory).close();
    const database = open<Buffer, string>({ path: join(directory, 'ledger'), encoding: 'binary' });
    database.putSync('layout', serialize(2));
    await database.close();
    expect(() => openLedger(directory)).toThrowError(
      expect.objectContaining({ code: 'READMILL_STATE_DAMAGED' }),
    );
  });

  it('is refused where it is no folder', () => {
    const path = join(directory, 'file');
    writeFileSync(path, '');
    expect(() => openLedger(path)).toThrowError(expect.objectContaining({ code: 'READMILL_STATE_UNUSABLE' }));
  });

  it('is free where the process that held it is gone and another has its number', async () => {
    const ledger = openLedger(directory);
    const held = ledger.get<{ pid: number; started: string; host: string }>('lock')!;
    expect(held.pid).toBe(process.pid);
    await ledger.close();
    const database = open<Buffer, string>({ path: join(directory, 'ledger'), encoding: 'binary' });
    database.putSync('lock', kept('lock', { ...held, started: 'an earlier boot/1' }));
    await database.close();
    const again = openLedger(directory);
    await again.close();
    const other = open<Buffer, string>({ path: join(directory, 'ledger'), encoding: 'binary' });
    other.putSync('lock', kept('lock', { ...held, started: 'an earlier boot/1', host: 'elsewhere.example' }));
    await other.close();
    expect(() => openLedger(directory)).toThrowError(isBusy);
  });
});

describe('a write', () => {
  it('is all or nothing where a value cannot be kept', async () => {
    const ledger = openLedger(directory);
    await ledger.write([
      ['a', 1],
      ['b', 1],
    ]);
    const bad: [string, unknown][] = [
      ['a', 2],
      ['b', undefined],
      ['c', () => {}],
    ];
    await expect(ledger.write(bad)).rejects.toThrow();
    expect(ledger.list('').filter(({ key }) => key.length === 1)).toEqual([
      { key: 'a', value: 1 },
      { key: 'b', value: 1 },
    ]);
    const long: [string, unknown][] = [
      ['a', 3],
      ['k'.repeat(5_000), 3],
    ];
    await expect(ledger.write(long)).rejects.toThrow();
    expect(ledger.get('a')).toBe(1);
    await ledger.write([['a', 4]]);
    expect(ledger.get('a')).toBe(4);
    await ledger.close();
  });

  it('is all or nothing where the process is killed within', async () => {
    // Each round writes one number under many keys, in one transaction after the other, until it is killed.
    const keys = Array.from({ length: 20 }, (_, i) => `k/${String(i).padStart(2, '0')}`);
    let last = 0;
    for (let round = 0; round < 4; round++) {
      const child = await processWith(`
        let number = ${last};
        const padding = 'x'.repeat(2_000);
        for (let i = 0; i < ${20 + round * 17}; i++) {
          number++;
          ledger.write(${JSON.stringify(keys)}.map((key) => [key, { number, padding }]));
        }
        ready();
        for (;;) {
          number++;
          ledger.write(${JSON.stringify(keys)}.map((key) => [key, { number, padding }]));
        }`);
      await killed(child);
      const ledger = openLedger(directory);
      const numbers = new Set(ledger.list<{ number: number }>('k/').map(({ value }) => value.number));
      expect(ledger.list('k/')).toHaveLength(keys.length);
      expect(numbers.size).toBe(1);
      const [number] = numbers;
      expect(number).toBeGreaterThanOrEqual(last + 20 + round * 17);
      last = number!;
      await ledger.close();
    }
  });
});

describe('what is kept', () => {
  it('has its last entries with the one whose key is the prefix itself', async () => {
    const ledger = openLedger(directory);
    await ledger.write([['file', 1]]);
    expect(ledger.latest('file', 2)).toEqual([{ key: 'file', value: 1 }]);
    await ledger.write([['file/a', 2]]);
    expect(ledger.latest('file', 2).map(({ key }) => key)).toEqual(['file/a', 'file']);
    expect(ledger.latest('file', 1).map(({ key }) => key)).toEqual(['file/a']);
    await ledger.close();
  });

  it('is what a map holds after the same writes, and is listed in the order of keys', async () => {
    const ledger = openLedger(directory);
    const model = await expectLikeMap(ledger, 100);
    await ledger.close();
    const again = openLedger(directory);
    for (const [name, given] of model) expect(again.get(name)).toEqual(given);
    await again.close();
  });
});

describe('a damaged ledger', () => {
  /** Runs `damage-ledger.mjs`: LMDB could end the process, and so the tests, where it trusts a damaged page. */
  function damageLedger(folder: string, ...args: (string | number)[]): { lines: string[]; end: string } {
    const program = fileURLToPath(new URL('damage-ledger.mjs', import.meta.url));
    const { stdout, status, signal } = spawnSync(
      process.execPath,
      [program, BUILT_LEDGER.href, folder, ...args.map(String)],
      { encoding: 'utf8', maxBuffer: 1 << 28 },
    );
    return { lines: stdout.split('\n').filter((line) => line !== ''), end: String(signal ?? status) };
  }

  /** What opening the cases of one ledger said, by how often; the last case where the process did not end well. */
  function opened(seed: number, kind: string, cases: number): Record<string, number> {
    const folder = join(directory, `ledger-${seed}`);
    mkdirSync(folder);
    const made = damageLedger(folder, 'make', seed, 3 + seed * 9, [8, 60, 400][seed % 3]!);
    expect(made.end).toBe(seed % 2 === 1 ? 'SIGKILL' : '0');
    const { lines, end } = damageLedger(folder, 'open', seed, 0, cases, kind);
    expect([end, end === '0' ? '' : lines.at(-1)]).toEqual(['0', '']);
    const said: Record<string, number> = {};
    for (let i = 0; i < lines.length; i += 2) {
      const answer = JSON.parse(lines[i + 1]!) as { said: string };
      expect(['whole', 'READMILL_STATE_DAMAGED'], lines[i]).toContain(answer.said);
      said[answer.said] = (said[answer.said] ?? 0) + 1;
    }
    expect(Object.values(said).reduce((a, b) => a + b)).toBe(1 + cases);
    // Case 0 is the ledger as it was written.
    expect(JSON.parse(lines[1]!)).toEqual({ said: 'whole' });
    return said;
  }

  it('is told wherever a byte that holds something is another, and never ends the process', () => {
    for (const seed of [1, 2, 3]) {
      const said = opened(seed, 'flip', 50);
      expect(said.READMILL_STATE_DAMAGED).toBeGreaterThan(10);
    }
  });

  it('is told wherever it is cut off, but for what was free', () => {
    for (const seed of [1, 2]) expect(opened(seed, 'cut', 20).READMILL_STATE_DAMAGED).toBeGreaterThan(12);
  });

  it('is told where its file is empty or gone though there is a history, and is none yet without one', () => {
    const path = join(directory, 'ledger', 'data.mdb');
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, '');
    expect(viewLedger(directory)).toBeNull();
    mkdirSync(join(directory, 'history'));
    expect(viewLedger(directory)).toBeNull();
    writeFileSync(join(directory, 'history', 'p0.arrow'), 'x');
    const damaged = expect.objectContaining({ code: 'READMILL_STATE_DAMAGED' });
    for (const look of [viewLedger, openLedger]) expect(() => look(directory)).toThrow(damaged);
    rmSync(path);
    for (const look of [viewLedger, openLedger]) expect(() => look(directory)).toThrow(damaged);
  });

  it('is told where LMDB would write into a page in place, free too many pages, or go back to an earlier state', async () => {
    const ledger = openLedger(directory);
    await ledger.write([['large', 'x'.repeat(10_000)]]);
    await ledger.write([['run/1', 1]]);
    await ledger.close();
    const path = join(directory, 'ledger', 'data.mdb');
    const bytes = readFileSync(path);
    expect(damageOfPages(path)).toBeNull();
    const transactions = [0, 4096].map((meta) => bytes.readBigUInt64LE(meta + 152));
    const meta = transactions[0]! > transactions[1]! ? 0 : 4096;
    const root = Number(bytes.readBigUInt64LE(meta + 96 + 40));
    const node = bytes.indexOf('large', root * 4096);
    const overflow = Number(bytes.readBigUInt64LE(node + 5));
    expect(bytes.readUInt16LE(overflow * 4096 + 18)).toBe(4);
    const changes: ((to: Buffer) => void)[] = [
      (to) => to.writeBigUInt64LE(bytes.readBigUInt64LE(meta + 152) - 2n, meta + 152),
      (to) => to.writeUInt8(0x80, root * 4096 + 15),
      (to) => to.writeUInt8(0x80, overflow * 4096 + 15),
      (to) => to.writeBigUInt64LE(bytes.readBigUInt64LE(node + 5 + 16) + 1n, node + 5 + 16),
    ];
    const told = changes.map((change) => {
      const damaged = Buffer.from(bytes);
      change(damaged);
      writeFileSync(join(directory, 'damaged.mdb'), damaged);
      return damageOfPages(join(directory, 'damaged.mdb'));
    });
    for (const said of told) expect(said).toMatch(/damaged/);
    expect(told).toHaveLength(changes.length);
  });
});
