import { spawnSync } from 'node:child_process';
import { closeSync, openSync, rmSync, statSync, truncateSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { serialize } from 'node:v8';
import { crc32 } from 'node:zlib';
import { open } from 'lmdb';
import { describe, expect, it } from 'vitest';
import { openLedger, viewLedger } from '../../../src/store/ledger/ledger.js';
import { ownIdentity } from '../../../src/store/ledger/process-identity.js';
import { temporaryFolder } from '../../run/night-folder.js';

/** The built module, for processes of their own; `npm test` has built it. */
const BUILT_LEDGER = new URL('../../../dist/src/store/ledger/ledger.js', import.meta.url).href;
const KIB = 1024;
const GIB = 1024 ** 3;
/** Of LMDB's file, and where each of its first two pages says which is the last that is used. */
const [PAGE_BYTES, LAST_PAGE] = [4096, 144];

/** Makes a ledger whose file has so many bytes, of which nothing is used but the beginning: it takes no room on the disk. */
async function longLedger(directory: string, sizeBytes: number): Promise<string> {
  await openLedger(directory).close();
  const file = join(directory, 'ledger', 'data.mdb');
  const lastPage = Buffer.alloc(8);
  lastPage.writeBigUInt64LE(BigInt(sizeBytes / PAGE_BYTES - 1));
  const fd = openSync(file, 'r+');
  for (const meta of [0, PAGE_BYTES]) writeSync(fd, lastPage, 0, 8, meta + LAST_PAGE);
  closeSync(fd);
  truncateSync(file, sizeBytes);
  return file;
}

/** Writes ever more in a process whose files may be so large, and tells what stopped it and what was written. */
function fill(directory: string, limitKib: number): { code: string; reason: string; written: number } {
  const script = join(directory, 'fill.mjs');
  writeFileSync(
    script,
    `import { openLedger } from ${JSON.stringify(BUILT_LEDGER)};
     const ledger = openLedger(${JSON.stringify(directory)});
     let written = 0, code = 'none', reason = '';
     try {
       for (; ; written++) await ledger.write([['run/now', 'x'.repeat(written * 3_000)], ['run/' + written, written]]);
     } catch (thrown) { code = thrown.code; reason = thrown.message; }
     await ledger.close();
     console.log(JSON.stringify({ code, reason, written }));`,
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

  it('is there beyond the address space that the ledger has at first, also for who looks at it meanwhile', async () => {
    const directory = temporaryFolder();
    const file = await longLedger(directory, GIB - 64 * PAGE_BYTES);
    const ledger = openLedger(directory);
    const view = viewLedger(directory)!;
    const entries = Array.from({ length: 30 }, (_, i) => ({
      key: `run/${10 + i}`,
      value: `${i}`.repeat(30_000),
    }));
    let [before, grown] = [statSync(file).size, 0];
    for (const { key, value } of entries) {
      await ledger.write([[key, value]]);
      const { size } = statSync(file);
      // It grows ahead of what is written, by whole steps.
      if (size > before) grown++;
      before = size;
    }
    expect(grown).toBeLessThan(3);
    expect(before).toBeGreaterThan(GIB + 1024 * KIB);
    expect(view.list('run/')).toEqual(entries);
    await view.close();
    await ledger.close();
    const again = openLedger(directory);
    expect([again.list('run/'), again.check()]).toEqual([entries, 33]);
    await again.close();
  });

  it('ends there too before a file may not be longer: told, nothing lost, and the state is free', async () => {
    const directory = temporaryFolder();
    const file = await longLedger(directory, GIB - 64 * PAGE_BYTES);
    const { code, reason, written } = fill(directory, GIB / KIB + 1_800);
    expect([code, reason]).toEqual(['READMILL_STATE_UNUSABLE', expect.stringContaining('EFBIG')]);
    expect(statSync(file).size).toBeLessThanOrEqual(GIB + 1_800 * KIB);
    const ledger = openLedger(directory);
    expect(ledger.get('run/now')).toBe('x'.repeat((written - 1) * 3_000));
    ledger.check();
    await ledger.close();
  });

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
