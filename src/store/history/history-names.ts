import { crc32 } from 'node:zlib';

/** The name of a file that says what its bytes are: files are written once, and never changed. */
export function withChecksum(name: string, check: number): string {
  return `${name}-${check.toString(16).padStart(8, '0')}.arrow`;
}

/** Whether the bytes of a file are those that its name says; true where it says nothing. */
export function isAsNamed(path: string, bytes: Uint8Array): boolean {
  const named = /-([0-9a-f]{8})\.arrow$/.exec(path)?.[1];
  return named === undefined || Number.parseInt(named, 16) === crc32(bytes);
}
