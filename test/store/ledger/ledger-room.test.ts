import { spawnSync } from 'node:child_process';
import { rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { serialize } from 'node:v8';
import { crc32 } from 'node:zlib';
import { open } from 'lmdb';
import { describe, expect, it } from 'vitest';
import { openLedger } from '../../../src/store/ledger/ledger.js';
import { ownIdentity } from '../../../src/store/ledger/process-identity.js';
import { temporaryFolder } from '../../run/night-folder.js';

/** The built module, for processes of their own; `npm test` has built it. */
const BUILT_LEDGER = new URL('../../../dist/src/store/ledger/ledger.js', import.meta.url).href;
const KIB = 1024;

/** Writes ever more in a process whose files may be so large, and tells what stopped it and what was written. */
function fill(directory: string, limitKib: number): { code: string; written: number } {
  const script = join(directory, 'fill.mjs');
  writeFileSync(
    script,
    `import { openLedger } from ${JSON.stringify(BUILT_LEDGER)};
     const ledger = openLedger(${JSON.stringify(directory)});
     let written = 0, code = 'none';
     try {
       for (; ; written++) await ledger.write([['run/now', 'x'.repeat(written * 3_000)], ['run/' + written, written]]);
     } catch (thrown) { code = thrown.code; }
     await ledger.close();
     console.log(JSON.stringify({ code, written }));`,
  );
  const words = ['-c', `ulimit -f ${limitKib}; exec '${process.execPath}' '${script}'`];
  const { status, stdout, stderr } = spawnSync('bash', words, { encoding: 'utf8' });
  // LMDB prints what it meets while it writes.
  expect([status, stderr]).toEqual([0, '']);
  return JSON.parse(stdout) as ReturnType<typeof fill>;
}

describe('room for a transaction', () => {
  it.concurrent.each([1_700, 2_400, 3_100])(
    'ends before a file of %i KiB: told, nothing lost, and the state is free',
    async (limitKib) => {
      const directory = temporaryFolder();
      const { code, written } = fill(directory, limitKib);
      expect(code).toBe('READMILL_STATE_UNUSABLE');
      expect(written).toBeGreaterThan(20);
      const file = join(directory, 'ledger', 'data.mdb');
      expect(statSync(file).size).toBeLessThanOrEqual(limitKib * KIB);
      const ledger = openLedger(directory);
      expect(ledger.get('run/now')).toBe('x'.repeat((written - 1) * 3_000));
      expect(ledger.list('run/').length).toBe(written + 1);
      await ledger.write([['run/more', 'y'.repeat(5_000_000)]]);
      ledger.check();
      await ledger.close();
    },
  );

  it('is found missing where the file is larger already than this process may write', async () => {
    const directory = temporaryFolder();
    const ledger = openLedger(directory);
    await ledger.write([['run/now', 'x'.repeat(700_000)]]);
    await ledger.close();
    const script = join(directory, 'open.mjs');
    const opened = `import { openLedger } from ${JSON.stringify(BUILT_LEDGER)};
      try { openLedger(${JSON.stringify(directory)}); } catch (thrown) { console.log(thrown.code, thrown.message); }`;
    writeFileSync(script, opened);
    const words = ['-c', `ulimit -f 64; exec '${process.execPath}' '${script}'`];
    const { status, stdout, stderr } = spawnSync('bash', words, { encoding: 'utf8' });
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^READMILL_STATE_UNUSABLE .*EFBIG/);
  });

  it('a lock of this very process that it could not remove holds it up no more', async () => {
    const directory = temporaryFolder();
    await openLedger(directory).close();
    const database = open({ path: join(directory, 'ledger'), encoding: 'binary' });
    const lock = serialize(ownIdentity());
    const check = Buffer.alloc(4);
    check.writeUInt32LE(crc32(lock, crc32('lock')));
    database.putSync('lock', Buffer.concat([check, lock]));
    await database.close();
    const ledger = openLedger(directory);
    expect(() => openLedger(directory)).toThrowError(
      expect.objectContaining({ code: 'READMILL_STATE_BUSY' }),
    );
    await ledger.close();
    rmSync(directory, { recursive: true });
  });
});
