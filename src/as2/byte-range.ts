import type { FileHandle } from 'node:fs/promises';

/** Bytes of a piece that is read from a file. */
export const PIECE_BYTES = 256 * 1024;
/** Read buffers in turn: one being read, one being worked on, one still being written elsewhere. */
const PIECE_BUFFERS = 3;

/** Bytes in memory or in a file, that can be read at any place: what a layer of a message lies in. */
export interface ByteRange {
  readonly sizeBytes: number;
  /** The bytes from `from` up to `to`, without copying them. */
  slice(from: number, to?: number): ByteRange;
  /** At most `length` bytes from `offset` on; fewer only at the end. */
  read(offset: number, length: number): Promise<Buffer>;
  /** All bytes in order. A piece is valid until two more have been asked for. */
  pieces(): AsyncGenerator<Buffer>;
}

export function bytesInMemory(bytes: Buffer): ByteRange {
  return {
    sizeBytes: bytes.length,
    slice: (from, to) => bytesInMemory(bytes.subarray(from, to)),
    read: async (offset, length) => bytes.subarray(offset, offset + length),
    async *pieces() {
      for (let from = 0; from < bytes.length; from += PIECE_BYTES)
        yield bytes.subarray(from, from + PIECE_BYTES);
    },
  };
}

/** Bytes of an open file, which must stay open and unchanged as long as the range is used. */
export function bytesInFile(handle: FileHandle, from: number, to: number): ByteRange {
  const sizeBytes = to - from;
  return {
    sizeBytes,
    slice: (start, end = sizeBytes) =>
      bytesInFile(
        handle,
        from + Math.min(start, sizeBytes),
        from + Math.max(start, Math.min(end, sizeBytes)),
      ),
    async read(offset, length) {
      const wanted = Math.max(0, Math.min(length, sizeBytes - offset));
      return readFully(handle, Buffer.allocUnsafe(wanted), from + offset);
    },
    pieces: () => filePieces(handle, from, to),
  };
}

/** Reads ahead by one piece while the one before is worked on. */
async function* filePieces(handle: FileHandle, from: number, to: number): AsyncGenerator<Buffer> {
  const buffers: Buffer[] = [];
  let offset = from;
  let count = 0;
  const readNext = (): Promise<Buffer> | null => {
    const length = Math.min(PIECE_BYTES, to - offset);
    if (length === 0) return null;
    const slot = count++ % PIECE_BUFFERS;
    buffers[slot] ??= Buffer.allocUnsafe(Math.min(PIECE_BYTES, to - from));
    const at = offset;
    offset += length;
    const reading = readFully(handle, buffers[slot].subarray(0, length), at);
    // Whoever asks for the piece gets the error; nobody may come to ask.
    reading.catch(() => {});
    return reading;
  };
  let next = readNext();
  while (next !== null) {
    const piece = await next;
    next = readNext();
    yield piece;
  }
}

/** @throws Error where the file ends before the buffer is full: somebody cut it while it was read */
async function readFully(handle: FileHandle, buffer: Buffer, offset: number): Promise<Buffer> {
  let filled = 0;
  while (filled < buffer.length) {
    const { bytesRead } = await handle.read(buffer, filled, buffer.length - filled, offset + filled);
    if (bytesRead === 0) throw new Error('The file became shorter while it was read');
    filled += bytesRead;
  }
  return buffer;
}
