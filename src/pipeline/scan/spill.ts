import { randomUUID } from 'node:crypto';
import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs';

let spill = { directory: '', path: '', fd: -1, length: 0 };

/**
 * Appends to this thread's work file in a folder, which no other thread writes.
 * @returns the file, and the offset of what was appended
 * @throws the system's error where it cannot be written
 */
export function appendToSpill(
  directory: string,
  words: Int32Array | Float64Array,
): { spillFile: string; spillOffset: number } {
  if (spill.directory !== directory) {
    if (spill.fd >= 0) closeSync(spill.fd);
    const name = `${randomUUID()}.blocks`;
    spill = { directory, path: `${directory}/${name}`, fd: -1, length: 0 };
    spill.fd = openSync(spill.path, 'wx', 0o600);
  }
  const spillOffset = spill.length;
  const piece = new Uint8Array(words.buffer, words.byteOffset, words.byteLength);
  let written = 0;
  while (written < piece.length) written += writeSync(spill.fd, piece, written, piece.length - written);
  spill.length += piece.length;
  return { spillFile: spill.path, spillOffset };
}

/** Writes what the system still holds of this thread's work file to the disk, so that other hosts can read it. */
export function syncSpill(): void {
  if (spill.fd < 0) return;
  fsyncSync(spill.fd);
  const folder = openSync(spill.directory, 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}
