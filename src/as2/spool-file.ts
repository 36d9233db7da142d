import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { syncPath } from '../pipeline/files.js';
import { writeWhole } from './kept-bytes.js';
import { writeFully } from './workspace.js';

/** A file in the making, which shows under its name only when it is whole and on the disk. */
export interface SpoolFile {
  readonly sizeBytes: number;
  /** Hands a piece to the system while the next is made; its bytes may change when the next write has come back. */
  write(piece: Buffer): Promise<void>;
  /** Hands a piece over before it returns; for threads that have nothing else to do. */
  writeNow(piece: Uint8Array): void;
  /** @param other another final path on the same file system, where it is known only now */
  commit(other?: string): Promise<void>;
  abandon(): Promise<void>;
}

/** @param path final name; what is written lies in `path.partial` until it is committed */
export async function openSpoolFile(path: string): Promise<SpoolFile> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const partial = `${path}.partial`;
  await rm(partial, { force: true });
  const handle = await open(partial, 'wx', 0o600);
  let writing: Promise<void> | null = null;
  let sizeBytes = 0;
  let isOpen = true;
  const close = async () => {
    if (isOpen) await handle.close();
    isOpen = false;
  };
  return {
    get sizeBytes() {
      return sizeBytes;
    },
    async write(piece) {
      if (writing !== null) await writing;
      writing = writeFully(handle, piece, sizeBytes);
      writing.catch(() => {});
      sizeBytes += piece.length;
    },
    writeNow(piece) {
      writeWhole(handle.fd, piece);
      sizeBytes += piece.length;
    },
    async commit(other = path) {
      if (writing !== null) await writing;
      await handle.sync();
      await close();
      await mkdir(dirname(other), { recursive: true, mode: 0o700 });
      await rename(partial, other);
      await syncPath(dirname(other));
    },
    async abandon() {
      await writing?.catch(() => {});
      await close();
      await rm(partial, { force: true });
    },
  };
}
