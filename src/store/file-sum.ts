import { closeSync, openSync, readSync } from 'node:fs';
import { crc32 } from 'node:zlib';

const PIECE_BYTES = 128 * 1024;

/** What a file was when it was written: enough to find what a disk did to it, not what a person did. */
export interface FileSum {
  sizeBytes: number;
  crc32: number;
}

export function sumOfBytes(bytes: string | Uint8Array): FileSum {
  return { sizeBytes: Buffer.byteLength(bytes), crc32: crc32(bytes) };
}

/** @throws the system's error where the file cannot be read */
export function sumOfFile(path: string): FileSum {
  const piece = new Uint8Array(PIECE_BYTES);
  const sum: FileSum = { sizeBytes: 0, crc32: 0 };
  const fd = openSync(path, 'r');
  try {
    for (let got = readSync(fd, piece); got > 0; got = readSync(fd, piece)) {
      sum.sizeBytes += got;
      sum.crc32 = crc32(piece.subarray(0, got), sum.crc32);
    }
  } finally {
    closeSync(fd);
  }
  return sum;
}

/** How a file differs from what it was, in words; null where it does not. @throws as `sumOfFile` */
export function differenceOf(path: string, was: FileSum): string | null {
  const is = sumOfFile(path);
  if (is.sizeBytes !== was.sizeBytes) return `it has ${is.sizeBytes} bytes, and had ${was.sizeBytes}`;
  return is.crc32 === was.crc32 ? null : 'its content is not that which was written';
}
