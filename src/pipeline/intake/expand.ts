import { closeSync, createReadStream, createWriteStream, openSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import yauzl from 'yauzl';
import { ReadmillError } from '../../model/errors.js';
import { readFully } from '../../store/read-fully.js';
import type { InputRecord } from '../run-state.js';

/** Files that a zip may hold, bytes that a compressed file may expand to, and how many times its size. */
export const ZIP_ENTRIES_MAX = 1000;
export const EXPANDED_BYTES_MAX = 64 * 1024 ** 3;
export const EXPANSION_RATIO_MAX = 200;
/** A file may expand to this much whatever its ratio. */
const EXPANSION_FREE_BYTES = 16 * 1024 ** 2;

const GZ_MAGIC = [0x1f, 0x8b];
const ZIP_MAGICS = [
  [0x50, 0x4b, 0x03, 0x04],
  [0x50, 0x4b, 0x05, 0x06],
];

/**
 * Whether a file is compressed, by its first bytes: names lie. Null where it is not.
 * @throws the system's error where it cannot be read
 */
export function archiveKind(path: string): Archive['kind'] | null {
  const fd = openSync(path, 'r');
  try {
    const head = new Uint8Array(4);
    const length = readFully(fd, head, 0, head.length, 0);
    const begins = (magic: number[]) => length >= magic.length && magic.every((byte, i) => head[i] === byte);
    if (begins(GZ_MAGIC)) return 'gz';
    return ZIP_MAGICS.some(begins) ? 'zip' : null;
  } finally {
    closeSync(fd);
  }
}

/** A compressed file. */
export interface Archive {
  path: string;
  /** As it is shown. */
  name: string;
  sizeBytes: number;
  kind: 'gz' | 'zip';
}

/** A plain file that was expanded. */
export interface Member {
  path: string;
  name: string;
  sizeBytes: number;
}

/** Bytes that an archive, and all archives within it, may still expand to. */
export interface ExpansionBudget {
  left: number;
}

/** What a compressed file of a size may expand to. */
export function expansionBudget(sizeBytes: number): ExpansionBudget {
  return {
    left: Math.min(EXPANDED_BYTES_MAX, Math.max(EXPANSION_FREE_BYTES, sizeBytes * EXPANSION_RATIO_MAX)),
  };
}

/**
 * Expands a compressed input into `directory`, and makes what it holds the input's members; any other is left as it
 * is.
 * @throws ReadmillError READMILL_INPUT_EXPANSION where it would grow beyond the limits, and the error of the
 *   decoder where it is damaged
 */
export async function expandInput(input: InputRecord, number: number, directory: string): Promise<void> {
  const { path, name, sizeBytes } = input;
  const kind = archiveKind(path);
  if (kind === null) return;
  input.members = [];
  const archive: Archive = { path, name, sizeBytes, kind };
  const pathOf = (n: number) => join(directory, `${number}-${n}.expanded`);
  const nameOf = (inner: string) =>
    archive.kind === 'gz' ? name.replace(/\.gz$/i, '') : `${name}!${basename(inner)}`;
  for await (const member of expandArchive(archive, pathOf, nameOf)) input.members.push(member);
}

/**
 * Expands what an archive holds, one file after the other.
 * @param pathOf where the n-th file goes, from 0
 * @param nameOf how a file is shown; a .gz has one, whose inner name is that of the archive without `.gz`
 * @param budget of the archive that this one stands in, where it does: else archives within each other could
 *   each grow to the limit of its own
 * @throws as `expandInput`
 */
export async function* expandArchive(
  archive: Archive,
  pathOf: (n: number) => string,
  nameOf: (inner: string) => string,
  budget = expansionBudget(archive.sizeBytes),
): AsyncGenerator<Member> {
  const { path: from, name, kind } = archive;
  if (kind === 'gz') {
    const path = pathOf(0);
    const size = await copyBounded([createReadStream(from), createGunzip()], path, budget, name);
    yield { path, name: nameOf(basename(name).replace(/\.gz$/i, '')), sizeBytes: size };
    return;
  }
  const zip = await yauzl.openPromise(from, { lazyEntries: true, autoClose: false });
  try {
    if (zip.entryCount > ZIP_ENTRIES_MAX) {
      throw new ReadmillError(
        'READMILL_INPUT_EXPANSION',
        `${name} holds ${zip.entryCount} files, more than ${ZIP_ENTRIES_MAX}. Send fewer files in one zip.`,
      );
    }
    let n = 0;
    for await (const entry of zip.eachEntry()) {
      if (entry.fileName.endsWith('/')) continue;
      // The name within the zip is never used as a path: a member lies where the caller says.
      const path = pathOf(n++);
      const size = await copyBounded([await zip.openReadStreamPromise(entry)], path, budget, name);
      yield { path, name: nameOf(entry.fileName), sizeBytes: size };
    }
  } finally {
    zip.close();
  }
}

/** @param from a stream and what it goes through: whichever fails, all are closed */
async function copyBounded(
  from: readonly (NodeJS.ReadableStream | NodeJS.ReadWriteStream)[],
  path: string,
  budget: ExpansionBudget,
  name: string,
): Promise<number> {
  let sizeBytes = 0;
  const meter = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      sizeBytes += chunk.length;
      budget.left -= chunk.length;
      if (budget.left >= 0) return done(null, chunk);
      const message = `${name} expands to more than ${EXPANSION_RATIO_MAX} times its size. Look at it by hand before you trust it.`;
      done(new ReadmillError('READMILL_INPUT_EXPANSION', message));
    },
  });
  try {
    await pipeline([...from, meter, createWriteStream(path, { mode: 0o600 })]);
  } catch (thrown) {
    // What was expanded so far is of no use, and many such files would fill the disk.
    rmSync(path, { force: true });
    throw thrown;
  }
  return sizeBytes;
}
