import { copyFileSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync, writevSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { crc32 } from 'node:zlib';
import { codeOf } from '../model/errors.js';

/** Writes all pieces to an open file, one behind the other. */
export function writePieces(fd: number, pieces: readonly Uint8Array[]): void {
  let left = pieces.filter(({ byteLength }) => byteLength > 0);
  while (left.length > 0) {
    let written = writevSync(fd, left);
    let done = 0;
    while (done < left.length && written >= left[done]!.byteLength) written -= left[done++]!.byteLength;
    left = left.slice(done);
    if (written > 0) left[0] = left[0]!.subarray(written);
  }
}

/** Writes what the system still holds of a file, or a folder's entries, to the disk. */
export async function syncPath(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Writes all files of a folder, and its entries, to the disk. */
export async function syncFolder(path: string): Promise<void> {
  for (const name of readdirSync(path)) await syncPath(join(path, name));
  await syncPath(path);
}

/**
 * Moves a file to its final name: by rename, or from another file system by copy, sync and rename, so that
 * the final name never shows half a file. Moving again what was moved already does nothing.
 * @returns whether it was renamed, so that a program that has it open still writes to it
 */
export async function moveFile(from: string, to: string): Promise<boolean> {
  if (!existsSync(from) && existsSync(to)) return false;
  mkdirSync(dirname(to), { recursive: true, mode: 0o700 });
  try {
    renameSync(from, to);
    return true;
  } catch (thrown) {
    if (codeOf(thrown) !== 'EXDEV') throw thrown;
    // Another host may move the same file: the name is of what is moved.
    const mark = crc32(from).toString(16);
    const beside = `${dirname(to)}/.${to.slice(dirname(to).length + 1)}.${mark}.partial`;
    try {
      copyFileSync(from, beside);
      await syncPath(beside);
      renameSync(beside, to);
    } finally {
      rmSync(beside, { force: true });
    }
    rmSync(from);
    return false;
  }
}
