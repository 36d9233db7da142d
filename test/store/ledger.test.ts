import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { open } from 'lmdb';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openLedger, viewLedger } from '../../src/store/ledger.js';

/** The built module, for processes of their own; `npm test` has built it. */
const BUILT_LEDGER = new URL('../../dist/src/store/ledger.js', import.meta.url);

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
    ledger.write([['run/1', { name: 'one' }]]);
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
    ledger.write([1, 2, 3].map((n) => [`run/${n}`, n]));
    ledger.write([['runs', 9]]);
    expect(view.latest('run/', 2)).toEqual([
      { key: 'run/3', value: 3 },
      { key: 'run/2', value: 2 },
    ]);
    expect(view.latest('none/', 2)).toEqual([]);
    await view.close();
    ledger.write([['run/4', 4]]);
    expect(ledger.latest('run/', 1)).toEqual([{ key: 'run/4', value: 4 }]);
    await ledger.close();
  });

  it('is refused where another version wrote it', async () => {
    const ledger = openLedger(directory);
    ledger.write([['layout', 99]]);
    await ledger.close();
    expect(() => openLedger(directory)).toThrowError(
      expect.objectContaining({ code: 'READMILL_STATE_UNUSABLE' }),
    );
    expect(() => openLedger(directory)).toThrowError(/layout 99/);
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
    const { serialize } = await import('node:v8');
    const database = open<Buffer, string>({ path: join(directory, 'ledger'), encoding: 'binary' });
    database.putSync('lock', serialize({ ...held, started: 'an earlier boot/1' }));
    await database.close();
    const again = openLedger(directory);
    await again.close();
    const other = open<Buffer, string>({ path: join(directory, 'ledger'), encoding: 'binary' });
    other.putSync('lock', serialize({ ...held, started: 'an earlier boot/1', host: 'elsewhere.example' }));
    await other.close();
    expect(() => openLedger(directory)).toThrowError(isBusy);
  });
});

describe('a write', () => {
  it('is all or nothing where a value cannot be kept', async () => {
    const ledger = openLedger(directory);
    ledger.write([
      ['a', 1],
      ['b', 1],
    ]);
    const bad: [string, unknown][] = [
      ['a', 2],
      ['b', undefined],
      ['c', () => {}],
    ];
    expect(() => ledger.write(bad)).toThrow();
    expect(ledger.list('').filter(({ key }) => key.length === 1)).toEqual([
      { key: 'a', value: 1 },
      { key: 'b', value: 1 },
    ]);
    expect(() =>
      ledger.write([
        ['a', 3],
        ['k'.repeat(5_000), 3],
      ]),
    ).toThrow();
    expect(ledger.get('a')).toBe(1);
    ledger.write([['a', 4]]);
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
  it('is what a map holds after the same writes, and is listed in the order of keys', async () => {
    const key = fc
      .tuple(
        fc.constantFrom('file/', 'file', 'run/', 'r'),
        fc.string({ unit: fc.constantFrom(...'09azA-.\u00e9'), maxLength: 8 }),
      )
      .map((parts) => parts.join(''));
    const value = fc.oneof(
      fc.integer(),
      fc.constant(undefined),
      fc.record({
        name: fc.string(),
        at: fc.date({ noInvalidDate: true }),
        size: fc.bigInt(),
        list: fc.array(fc.double()),
      }),
    );
    const writes = fc.array(fc.tuple(key, value), { maxLength: 6 });
    const ledger = openLedger(directory);
    const model = new Map<string, unknown>();
    fc.assert(
      fc.property(writes, key, (batch, asked) => {
        ledger.write(batch);
        for (const [name, given] of batch) {
          if (given === undefined) model.delete(name);
          else model.set(name, given);
        }
        expect(ledger.get(asked)).toEqual(model.get(asked));
        for (const prefix of ['file/', 'run/', 'r', '', asked]) {
          const expected = [...model.entries()]
            .filter(([name]) => name.startsWith(prefix))
            .sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
            .map(([name, given]) => ({ key: name, value: given }));
          const found = ledger.list(prefix).filter((one) => one.key !== 'layout' && one.key !== 'lock');
          expect(found).toEqual(expected);
        }
      }),
      { numRuns: 100 },
    );
    await ledger.close();
    const again = openLedger(directory);
    for (const [name, given] of model) expect(again.get(name)).toEqual(given);
    await again.close();
  });
});
