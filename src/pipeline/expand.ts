import { createReadStream, createWriteStream } from 'node:fs';
import { basename, join } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import yauzl from 'yauzl';
import { ReadmillError } from '../model/errors.js';
import type { InputRecord } from './run-state.js';

/** Files that a zip may hold, bytes that a compressed file may expand to, and how many times its size. */
export const ZIP_ENTRIES_MAX = 1000;
export const EXPANDED_BYTES_MAX = 64 * 1024 ** 3;
export const EXPANSION_RATIO_MAX = 200;
/** A file may expand to this much whatever its ratio. */
const EXPANSION_FREE_BYTES = 16 * 1024 ** 2;

/** Whether a file's name says that it is compressed. */
export function isCompressed(name: string): boolean {
  return /\.(gz|zip)$/i.test(name);
}

/**
 * Expands a .gz or .zip into `directory`, and makes what it holds the input's members.
 * @throws ReadmillError READMILL_INPUT_EXPANSION where it would grow beyond the limits, and the error of the
 *   decoder where it is damaged
 */
export async function expandInput(input: InputRecord, number: number, directory: string): Promise<void> {
  input.members = [];
  const budget = {
    left: Math.min(EXPANDED_BYTES_MAX, Math.max(EXPANSION_FREE_BYTES, input.sizeBytes * EXPANSION_RATIO_MAX)),
  };
  if (/\.gz$/i.test(input.name)) {
    const path = join(directory, `${number}-0.expanded`);
    const sizeBytes = await copyBounded(
      createReadStream(input.path).pipe(createGunzip()),
      path,
      budget,
      input.name,
    );
    input.members.push({ path, name: input.name.slice(0, -3), sizeBytes });
    return;
  }
  const zip = await yauzl.openPromise(input.path, { lazyEntries: true, autoClose: false });
  try {
    if (zip.entryCount > ZIP_ENTRIES_MAX) {
      throw new ReadmillError(
        'READMILL_INPUT_EXPANSION',
        `${input.name} holds ${zip.entryCount} files, more than ${ZIP_ENTRIES_MAX}. Send fewer files in one zip.`,
      );
    }
    for await (const entry of zip.eachEntry()) {
      if (entry.fileName.endsWith('/')) continue;
      // The name within the zip is never used as a path: a member lies under a number of ours.
      const path = join(directory, `${number}-${input.members.length}.expanded`);
      const sizeBytes = await copyBounded(await zip.openReadStreamPromise(entry), path, budget, input.name);
      input.members.push({ path, name: `${input.name}!${basename(entry.fileName)}`, sizeBytes });
    }
  } finally {
    zip.close();
  }
}

async function copyBounded(
  from: NodeJS.ReadableStream,
  path: string,
  budget: { left: number },
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
  await pipeline(from, meter, createWriteStream(path, { mode: 0o600 }));
  return sizeBytes;
}
