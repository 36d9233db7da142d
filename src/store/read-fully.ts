import { readSync } from 'node:fs';

/**
 * Reads so many bytes of an open file at a position, in as many calls as the system needs: one call may give less than
 * is there.
 * @returns how many were there; fewer only at the end of the file
 * @throws the system's error where it cannot be read
 */
export function readFully(
  fd: number,
  target: Uint8Array,
  at: number,
  wanted: number,
  position: number,
): number {
  let got = 0;
  while (got < wanted) {
    const n = readSync(fd, target, at + got, wanted - got, position + got);
    if (n === 0) break;
    got += n;
  }
  return got;
}
