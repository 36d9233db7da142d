import { createHash } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';

/** Small enough to be still in the processor's cache when it is hashed. */
const PIECE_BYTES = 128 * 1024;

/**
 * SHA-256 of a file, as hex.
 * @throws the system's error where it cannot be read
 */
export function hashFile(path: string): string {
  const hash = createHash('sha256');
  const piece = new Uint8Array(PIECE_BYTES);
  const fd = openSync(path, 'r');
  try {
    for (let got = readSync(fd, piece); got > 0; got = readSync(fd, piece))
      hash.update(piece.subarray(0, got));
  } finally {
    closeSync(fd);
  }
  return hash.digest('hex');
}
