import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { verifyState } from '../../src/pipeline/verify-state.js';
import { filesBelow } from './fingerprint.js';
import { folderWith, generate, type RunFolder, runNight, temporaryFolder } from './night-folder.js';
import { readmill } from './program.js';

const embedded = (state: string) => ({ state, ledger: 'embedded', hosts: { leaseSeconds: 30 } });

/** Files that nothing is read from, or that LMDB makes anew. */
const UNVERIFIED = /^state\/quarantine\/|lock\.mdb$/;

let night: RunFolder;
let files: string[];
beforeAll(async () => {
  night = folderWith(await generate({ meters: 200, days: 2, start: '2026-11-19', files: 2, seed: 4 }));
  await runNight(night);
  files = filesBelow(night.directory, 'state').filter((path) => !UNVERIFIED.test(path));
});

/** A copy of the state folder with other bytes in one file. */
function stateWith(path: string, change: (bytes: Buffer) => Uint8Array): string {
  const directory = temporaryFolder();
  cpSync(night.state, join(directory, 'state'), { recursive: true });
  const target = join(directory, path);
  writeFileSync(target, change(readFileSync(target)));
  return join(directory, 'state');
}

const verify = (...args: string[]) => readmill(['status', '--config', night.config, '--verify', ...args]);

describe('status --verify', () => {
  it('finds all of a state folder as it was written', async () => {
    const { code, stdout } = await verify();
    expect(code).toBe(0);
    expect(stdout).toMatch(/All of this is as it was written\.\n$/);
    const json = JSON.parse((await verify('--json')).stdout) as Record<string, unknown>;
    expect(json).toMatchObject({ isWhole: true, damages: [], archivedFiles: 2 });
    expect(json.registerRows).toBeGreaterThan(0);
    expect((json.history as { files: number }).files).toBe(
      files.filter((path) => /history/.test(path)).length,
    );
  });

  it('tells of a byte that is another, wherever it stands in whatever file', async () => {
    expect(new Set(files.map((path) => path.split('/')[1]))).toEqual(
      new Set(['archive', 'history', 'ledger', 'register', 'reports']),
    );
    const whole = await verifyState(embedded(night.state));
    for (const path of files) {
      const flip = fc.tuple(fc.nat(2 ** 31), fc.integer({ min: 1, max: 255 }));
      const isLedger = path.startsWith('state/ledger/');
      /** Of the ledger: where the first meta page says which page is the root of its entries. */
      const rootAt = 96 + 40;
      const flips = fc.sample(flip, path.startsWith('state/reports/') ? 2 : 8);
      for (const [at, mask] of isLedger ? [...flips, [rootAt, 1] as const] : flips) {
        const state = stateWith(path, (bytes) => {
          bytes[at % bytes.length]! ^= mask;
          return bytes;
        });
        const { damages, ...counts } = await verifyState(embedded(state));
        // A page of the ledger has room in which nothing stands.
        if (isLedger && damages.length === 0 && at !== rootAt) {
          expect(counts).toEqual((({ damages: _, ...rest }) => rest)(whole));
          continue;
        }
        const expected = isLedger ? 'ledger' : path.slice('state/'.length).replace('.exchanges.json', '');
        expect([path, at, mask, damages.map((damage) => damage.path)]).toEqual([path, at, mask, [expected]]);
        expect(damages[0]!.code).toMatch(/^READMILL_(STATE|HISTORY|REGISTER)_DAMAGED$/);
      }
    }
  });

  it('tells of a file that is cut off or gone', async () => {
    for (const path of files) {
      // The second half of a ledger may be free pages alone: of it the first three pages are left.
      const isLedger = path.startsWith('state/ledger/');
      const state = stateWith(path, (bytes) => bytes.subarray(0, isLedger ? 3 * 4096 : bytes.length >> 1));
      const { damages } = await verifyState(embedded(state));
      expect([path, damages.length]).toEqual([path, 1]);
    }
  });

  it('tells of a batch that is another, and not of one that was fetched', async () => {
    const outbox = join(night.directory, 'outbox');
    const [first, second] = readdirSync(outbox).sort();
    const bytes = readFileSync(join(outbox, first!));
    const damages = async () => (await verifyState(embedded(night.state))).damages;
    const flipped = Buffer.from(bytes);
    flipped[bytes.length >> 1]! ^= 1;
    for (const [content, words] of [
      [flipped, 'its SHA-256 is another'],
      [bytes.subarray(0, -1), `it has ${bytes.length - 1} bytes, and had ${bytes.length}`],
    ] as const) {
      writeFileSync(join(outbox, first!), content);
      const found = await damages();
      expect(found.map(({ path }) => path)).toEqual([`../outbox/${first}`]);
      expect(found[0]!.message).toContain(words);
    }
    writeFileSync(join(outbox, first!), bytes);
    expect(await damages()).toEqual([]);
    if (second !== undefined) rmSync(join(outbox, second));
    else rmSync(join(outbox, first!));
    const { reports } = await verifyState(embedded(night.state));
    expect(reports.batchesGone).toBe(1);
    expect((await verify()).stdout).toMatch(/Batches .*; 1 more were taken away\n/);
  });

  it('says what to do, with exit code 1, and a run refuses what it needs', async () => {
    const path = files.find((file) => /history\/day/.test(file))!;
    const target = join(night.directory, path);
    const bytes = readFileSync(target);
    bytes[bytes.length >> 1]! ^= 1;
    writeFileSync(target, bytes);
    const { code, stdout } = await verify();
    expect(code).toBe(1);
    expect(stdout).toMatch(
      /Damaged {4}history\/day-.*\n.*not those that were written.*Restore it.*\[READMILL_HISTORY_DAMAGED\]\nSee docs\/recovery\.md\.\n$/,
    );
    const { code: jsonCode, stdout: json } = await verify('--json');
    expect(jsonCode).toBe(1);
    expect(JSON.parse(json)).toMatchObject({
      isWhole: false,
      damages: [{ code: 'READMILL_HISTORY_DAMAGED' }],
    });
  });
});
