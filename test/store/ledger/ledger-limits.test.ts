import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serialize } from 'node:v8';
import { open } from 'lmdb';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { openLedger, viewLedger } from '../../../src/store/ledger/ledger.js';
import { damageOfPages } from '../../../src/store/ledger/ledger-pages.js';

/** Told of each read of a file, before it is made. */
const seam = vi.hoisted(() => ({ beforeRead: (_position: number) => {} }));
vi.mock('../../../src/store/read-fully.js', async (original) => {
  const { readFully } = await original<typeof import('../../../src/store/read-fully.js')>();
  return {
    readFully: (...args: Parameters<typeof readFully>) => {
      seam.beforeRead(args[4]);
      return readFully(...args);
    },
  };
});

let directory: string;
let path: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'readmill-ledger-limits-'));
  path = join(directory, 'pages.mdb');
});
afterEach(() => {
  seam.beforeRead = () => {};
  rmSync(directory, { recursive: true, force: true });
});

const NO_PAGE = 0xffff_ffff_ffff_ffffn;
const [BRANCH, LEAF, META] = [1, 2, 8];
const HEADER_BYTES = 24;

interface Pages {
  pageBytes?: number;
  mapBytes?: bigint;
  /** Levels of pages that lead to the one entry; 0 = there is none. */
  depth?: number;
  transaction?: bigint;
}

/** Pages of an LMDB file with one entry, or none, at the end of so many branches, by the table of ledger-pages.ts. */
function pagesOf({ pageBytes = 4096, mapBytes = 2n ** 30n, depth = 0, transaction = 0n }: Pages): Buffer {
  const file = Buffer.alloc((2 + depth) * pageBytes);
  const page = (number: number, kind: number) => {
    const bytes = file.subarray(number * pageBytes, (number + 1) * pageBytes);
    bytes.writeBigUInt64LE(BigInt(number), 0);
    bytes.writeUInt16LE(kind, 18);
    return bytes;
  };
  for (const number of [0, 1]) {
    const meta = page(number, META);
    meta.writeUInt32LE(0xbeefc0de, 24);
    meta.writeUInt32LE(2, 28);
    meta.writeBigUInt64LE(mapBytes, 40);
    meta.writeUInt32LE(pageBytes, 48);
    meta.writeUInt16LE(8, 52);
    meta.writeBigUInt64LE(NO_PAGE, 48 + 40);
    // The second is the later one, and knows the entry.
    const isFull = depth > 0 && number === 1;
    meta.writeUInt16LE(isFull ? depth : 0, 96 + 6);
    meta.writeBigUInt64LE(BigInt(isFull ? depth - 1 : 0), 96 + 8);
    meta.writeBigUInt64LE(isFull ? 1n : 0n, 96 + 16);
    meta.writeBigUInt64LE(isFull ? 1n : 0n, 96 + 32);
    meta.writeBigUInt64LE(isFull ? 2n : NO_PAGE, 96 + 40);
    meta.writeBigUInt64LE(BigInt(1 + depth), 144);
    meta.writeBigUInt64LE(isFull ? 1n : number === 1 ? transaction : 0n, 152);
  }
  for (let level = 1; level <= depth; level++) {
    const bytes = page(1 + level, level < depth ? BRANCH : LEAF);
    const node = Buffer.alloc(level < depth ? 8 : 10);
    if (level < depth) node.writeUInt32LE(2 + level, 0);
    else {
      node.writeUInt16LE(1, 6);
      node.write('k', 8);
    }
    bytes.writeBigUInt64LE(1n, 8);
    const place = pageBytes - HEADER_BYTES - node.length;
    bytes.writeUInt16LE(2, 20);
    bytes.writeUInt16LE(place, 22);
    bytes.writeUInt16LE(place, HEADER_BYTES);
    node.copy(bytes, HEADER_BYTES + place);
  }
  return file;
}

function damageOf(pages: Pages): string | null {
  writeFileSync(path, pagesOf(pages));
  return damageOfPages(path);
}

describe('limits of the pages of a ledger', () => {
  it('PAGE_BYTES_MAX: pages of 64 KiB are looked at, larger ones are damage', () => {
    expect(damageOf({ pageBytes: 65_536 })).toBeNull();
    expect(damageOf({ pageBytes: 131_072 })).toContain('is damaged');
  });

  it('MAP_BYTES_MAX: address space of 1 TiB is taken, more is damage', () => {
    expect(damageOf({ mapBytes: 2n ** 40n })).toBeNull();
    expect(damageOf({ mapBytes: 2n ** 40n + 1n })).toContain('is damaged');
  });

  it('TREE_DEPTH_MAX: thirty-two levels are gone down, more are damage', () => {
    expect(damageOf({ depth: 32 })).toBeNull();
    expect(damageOf({ depth: 33 })).toContain('is damaged');
  });

  it('LOOKS_MAX: damage is told where one of twenty looks finds the file at rest', () => {
    /** Another process commits in the middle of so many looks, at a file with a page that is damaged. */
    const look = (commits: number) => {
      const bytes = pagesOf({ depth: 1 });
      bytes.fill(0xff, 2 * 4096, 2 * 4096 + 8);
      let [transaction, looks] = [1n, 0];
      writeFileSync(path, bytes);
      seam.beforeRead = (position) => {
        if (position !== 2 * 4096 || ++looks > commits) return;
        // Two commits, after which the second meta page is the later one again.
        transaction += 2n;
        for (const number of [0, 1])
          bytes.writeBigUInt64LE(transaction - BigInt(1 - number), number * 4096 + 152);
        writeFileSync(path, bytes);
      };
      return [damageOfPages(path), looks];
    };
    expect(look(0)).toEqual([expect.stringContaining('page 2 is damaged'), 1]);
    expect(look(19)).toEqual([expect.stringContaining('page 2 is damaged'), 20]);
    expect(look(20)).toEqual([null, 20]);
  });
});

it('LAYOUTS_MAX: the number of a layout is below a hundred: others are of other versions, beyond is damage', async () => {
  await openLedger(directory).close();
  const put = async (layout: number) => {
    const database = open<Buffer, string>({ path: join(directory, 'ledger'), encoding: 'binary' });
    database.putSync('layout', serialize(layout));
    await database.close();
  };
  await put(99);
  const isOther = { code: 'READMILL_STATE_UNUSABLE', message: expect.stringContaining('layout 99') };
  for (const opening of [openLedger, viewLedger])
    expect(() => opening(directory)).toThrowError(expect.objectContaining(isOther));
  await put(100);
  const isDamaged = { code: 'READMILL_STATE_DAMAGED', message: expect.stringContaining('layout') };
  for (const opening of [openLedger, viewLedger])
    expect(() => opening(directory)).toThrowError(expect.objectContaining(isDamaged));
});
