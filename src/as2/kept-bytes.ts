import { closeSync, fstatSync, mkdirSync, openSync, readSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Bytes that are read, compressed, hashed and encrypted at a time. Node's cipher allocates what it gives back: pieces
 * of 1 MiB are memory from the system each time, page by page, which took longer than their encryption.
 */
export const CHUNK_BYTES = 64 * 1024;
/** Bytes of a layer that are kept in memory; a larger one goes to a file. */
export const KEPT_BYTES_MAX = 16 * 1024 * 1024;
/** Buffers that are kept for the next message. */
const SPARE_CHUNKS = KEPT_BYTES_MAX / CHUNK_BYTES;

/** Buffers of CHUNK_BYTES that nobody uses: what is allocated anew for each message has to be cleared away again. */
const spare: Buffer[] = [];

export const takeChunk = (): Buffer => spare.pop() ?? Buffer.allocUnsafeSlow(CHUNK_BYTES);

export function returnChunk(chunk: Buffer): void {
  if (spare.length < SPARE_CHUNKS) spare.push(chunk);
}

/** Bytes of unknown number that are kept until they are read, once, in memory or in a file. */
export interface KeptBytes {
  readonly sizeBytes: number;
  /** Copies bytes. */
  add(bytes: Uint8Array): void;
  /** All bytes in order. A piece is valid until the next is asked for. */
  pieces(): Generator<Buffer>;
  close(): void;
}

/** @param path of the file for what does not fit in memory; whoever calls removes it */
export function keepBytes(path: string): KeptBytes {
  const chunks: Buffer[] = [];
  /** Bytes in the last chunk. */
  let filled = 0;
  let sizeBytes = 0;
  let fd = -1;
  const nextChunk = (): void => {
    if (chunks.length * CHUNK_BYTES >= KEPT_BYTES_MAX) {
      if (fd < 0) {
        mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
        fd = openSync(path, 'wx+', 0o600);
      }
      for (const chunk of chunks) writeWhole(fd, chunk);
      for (const chunk of chunks.splice(1)) returnChunk(chunk);
    } else if (fd < 0) chunks.push(takeChunk());
    else writeWhole(fd, chunks[0]!);
    filled = 0;
  };
  return {
    get sizeBytes() {
      return sizeBytes;
    },
    add(bytes) {
      for (let from = 0; from < bytes.length; ) {
        if (chunks.length === 0 || filled === CHUNK_BYTES) nextChunk();
        const length = Math.min(bytes.length - from, CHUNK_BYTES - filled);
        chunks.at(-1)!.set(bytes.subarray(from, from + length), filled);
        filled += length;
        from += length;
      }
      sizeBytes += bytes.length;
    },
    *pieces() {
      if (fd < 0) for (const chunk of chunks.slice(0, -1)) yield chunk;
      else yield* filePieces(fd, fstatSync(fd).size);
      if (chunks.length > 0) yield chunks.at(-1)!.subarray(0, filled);
    },
    close() {
      for (const chunk of chunks.splice(0)) returnChunk(chunk);
      if (fd >= 0) closeSync(fd);
      fd = -1;
    },
  };
}

/**
 * The first bytes of an open file, in order. A piece is valid until the next is asked for.
 * @throws Error where the file ends before: somebody cut it while it was read
 */
export function* filePieces(fd: number, sizeBytes: number): Generator<Buffer> {
  const chunk = takeChunk();
  try {
    for (let from = 0; from < sizeBytes; ) {
      const bytesRead = readSync(fd, chunk, 0, Math.min(CHUNK_BYTES, sizeBytes - from), from);
      if (bytesRead === 0) throw new Error('The file became shorter while it was read');
      from += bytesRead;
      yield chunk.subarray(0, bytesRead);
    }
  } finally {
    returnChunk(chunk);
  }
}

/** Writes all of a piece behind what was written, however often the system takes only a part. */
export function writeWhole(fd: number, piece: Uint8Array): void {
  for (let written = 0; written < piece.length; ) written += writeSync(fd, piece, written);
}
