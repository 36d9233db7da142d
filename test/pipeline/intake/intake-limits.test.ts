import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { Config } from '../../../src/pipeline/config/config.js';
import {
  EXPANDED_BYTES_MAX,
  EXPANSION_RATIO_MAX,
  expandArchive,
  expansionBudget,
  ZIP_ENTRIES_MAX,
} from '../../../src/pipeline/intake/expand.js';
import { claimFiles, INPUTS_MAX } from '../../../src/pipeline/intake/intake.js';
import { temporaryFolder } from '../../run/night-folder.js';
import { zipFile } from '../../run/zip-file.js';

const FREE_BYTES = 16 * 1024 ** 2;
const folder = temporaryFolder();

async function expand(name: string, bytes: Buffer, kind: 'gz' | 'zip'): Promise<number[]> {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  const sizes: number[] = [];
  const archive = { path, name, sizeBytes: bytes.length, kind };
  const members = expandArchive(
    archive,
    (n) => join(folder, `${name}.${n}`),
    (inner) => inner,
  );
  for await (const { sizeBytes } of members) sizes.push(sizeBytes);
  return sizes;
}

const tooMuch = expect.objectContaining({ code: 'READMILL_INPUT_EXPANSION' });

describe('limits of what is taken in', () => {
  it('INPUTS_MAX: so many files are claimed, the next waits', () => {
    const inbox = join(folder, 'inbox');
    mkdirSync(inbox);
    const source = { name: 'north', inbox, minimumAgeSeconds: 0 };
    const config = { sources: [source] } as unknown as Config;
    const put = (i: number) => writeFileSync(join(inbox, `${i}`), '');
    for (let i = 0; i < INPUTS_MAX; i++) put(i);
    const whole = claimFiles(config, Date.now() + 1_000);
    expect([whole.inputs.length, whole.leftInInbox]).toEqual([INPUTS_MAX, []]);
    put(INPUTS_MAX);
    const more = claimFiles(config, Date.now() + 1_000);
    expect(more.inputs).toHaveLength(INPUTS_MAX);
    expect(more.leftInInbox).toMatchObject([{ reason: `a run takes at most ${INPUTS_MAX} files` }]);
  });

  it('ZIP_ENTRIES_MAX: so many files in a zip are read, one more refuses it', async () => {
    const entries = (count: number) =>
      zipFile(Array.from({ length: count }, (_, i) => ({ name: `${i}`, content: Buffer.from('x') })));
    expect(await expand('many.zip', entries(ZIP_ENTRIES_MAX), 'zip')).toHaveLength(ZIP_ENTRIES_MAX);
    await expect(expand('more.zip', entries(ZIP_ENTRIES_MAX + 1), 'zip')).rejects.toEqual(tooMuch);
  });

  it('EXPANSION_FREE_BYTES: up to so much a small file may expand, and no byte beyond', async () => {
    expect(await expand('free.gz', gzipSync(Buffer.alloc(FREE_BYTES)), 'gz')).toEqual([FREE_BYTES]);
    await expect(expand('beyond.gz', gzipSync(Buffer.alloc(FREE_BYTES + 1)), 'gz')).rejects.toEqual(tooMuch);
    expect(() => readFileSync(join(folder, 'beyond.gz.0'))).toThrow('ENOENT');
  });

  it('damaged .gz files, many in turn, leave no file open and nothing on the disk', async () => {
    const whole = gzipSync(Buffer.from(Array.from({ length: 200_000 }, (_, i) => (i * i) >> 5)));
    const damages: Buffer[] = [
      whole.subarray(0, whole.length >> 1),
      Buffer.concat([whole.subarray(0, 10), Buffer.alloc(100_000, 0xff)]),
      Buffer.concat([whole.subarray(0, -8), Buffer.alloc(8)]),
    ];
    const openFiles = () => readdirSync('/proc/self/fd').length;
    const before = openFiles();
    const rounds = 20;
    for (let i = 0; i < rounds; i++)
      for (const bytes of damages)
        await expect(expand('damaged.gz', bytes, 'gz')).rejects.toHaveProperty('code');
    // The last few may still be closing, and the test's own tools may have opened some.
    expect(openFiles()).toBeLessThan(before + rounds / 2);
    expect(readdirSync(folder)).not.toContain('damaged.gz.0');
  });

  it('EXPANSION_RATIO_MAX and EXPANDED_BYTES_MAX: a larger one its ratio, up to the bound of all', () => {
    const sizeBytes = 1024 ** 2;
    expect(expansionBudget(sizeBytes).left).toBe(sizeBytes * EXPANSION_RATIO_MAX);
    const largest = EXPANDED_BYTES_MAX / EXPANSION_RATIO_MAX;
    expect(expansionBudget(Math.floor(largest)).left).toBeLessThanOrEqual(EXPANDED_BYTES_MAX);
    expect(expansionBudget(Math.ceil(largest)).left).toBe(EXPANDED_BYTES_MAX);
  });
});
