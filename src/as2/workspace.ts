import { mkdirSync, rmSync } from 'node:fs';
import { type FileHandle, mkdtemp, open } from 'node:fs/promises';
import { join } from 'node:path';
import { type ByteRange, bytesInFile, bytesInMemory } from './byte-range.js';

/** Bytes of a layer that are kept in memory; a larger one goes to a file. */
const MEMORY_BYTES_MAX = 2 * 1024 * 1024;

/** Takes bytes of unknown number and keeps them, in memory or in a file. */
export interface ByteSink {
  readonly sizeBytes: number;
  /** The bytes may be changed again only when the promise of the next write, or of `finish`, has come. */
  write(piece: Buffer): Promise<void>;
  finish(): Promise<ByteRange>;
}

/** The temporary bytes of one message. Everything goes when it is disposed of. */
export interface Workspace {
  sink(): ByteSink;
  /** Opens a file for reading until the workspace is disposed of. */
  openFile(path: string): Promise<ByteRange>;
  dispose(): Promise<void>;
}

/** @param parent folder in which temporary files may be made; nothing is made there for small messages */
export function makeWorkspace(parent: string): Workspace {
  const handles: FileHandle[] = [];
  let folder = '';
  let files = 0;
  const openTemporary = async (): Promise<FileHandle> => {
    if (folder === '') {
      mkdirSync(parent, { recursive: true, mode: 0o700 });
      folder = await mkdtemp(join(parent, 'message-'));
    }
    const handle = await open(join(folder, String(files++)), 'wx+', 0o600);
    handles.push(handle);
    return handle;
  };
  return {
    sink: () => makeSink(openTemporary),
    async openFile(path) {
      const handle = await open(path, 'r');
      handles.push(handle);
      return bytesInFile(handle, 0, (await handle.stat()).size);
    },
    async dispose() {
      for (const handle of handles.splice(0)) await handle.close();
      if (folder !== '') rmSync(folder, { recursive: true, force: true });
      folder = '';
    },
  };
}

function makeSink(openTemporary: () => Promise<FileHandle>): ByteSink {
  let inMemory: Buffer[] = [];
  let file: FileHandle | null = null;
  let writing: Promise<void> | null = null;
  let sizeBytes = 0;
  return {
    get sizeBytes() {
      return sizeBytes;
    },
    async write(piece) {
      const at = sizeBytes;
      sizeBytes += piece.length;
      if (file === null && sizeBytes <= MEMORY_BYTES_MAX) {
        // Pieces come from buffers that are used again.
        inMemory.push(Buffer.from(piece));
        return;
      }
      if (file === null) {
        file = await openTemporary();
        await writeFully(file, Buffer.concat(inMemory), 0);
        inMemory = [];
      }
      if (writing !== null) await writing;
      writing = writeFully(file, piece, at);
      writing.catch(() => {});
    },
    async finish() {
      if (writing !== null) await writing;
      return file === null ? bytesInMemory(Buffer.concat(inMemory)) : bytesInFile(file, 0, sizeBytes);
    },
  };
}

/** Writes all of a piece at a place, however often the system takes only a part. */
export async function writeFully(handle: FileHandle, piece: Buffer, offset: number): Promise<void> {
  let written = 0;
  while (written < piece.length) {
    const { bytesWritten } = await handle.write(piece, written, piece.length - written, offset + written);
    written += bytesWritten;
  }
}
