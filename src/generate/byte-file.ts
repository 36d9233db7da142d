import { closeSync, openSync, writeSync } from 'node:fs';
import { codeOf, messageOf, ReadmillError } from '../model/errors.js';

/** Bytes gathered before they are written; what `reserve` grants at most. */
const CHUNK_BYTES = 1 << 20;

/**
 * A file that is written through one buffer: whoever writes reserves room, puts bytes at `at` and moves it
 * on. Writes are synchronous, so that memory stays flat whatever the speed of the disk.
 */
export class ByteFile {
  readonly bytes: Buffer = Buffer.allocUnsafeSlow(CHUNK_BYTES);
  readonly view = new DataView(this.bytes.buffer, this.bytes.byteOffset, this.bytes.byteLength);
  /** Where the next byte goes. */
  at = 0;
  private fd: number;
  private writtenBytes = 0;

  /** @throws ReadmillError READMILL_OUTPUT where the file cannot be made or, later, written */
  constructor(readonly path: string) {
    this.fd = guarded(path, () => openSync(path, 'w'));
  }

  /** Makes room for `sizeBytes` more bytes, at most a chunk. */
  reserve(sizeBytes: number): void {
    if (this.at + sizeBytes > CHUNK_BYTES) this.flush();
  }

  /** Appends a text of characters up to 0xFF, a byte each. */
  writeText(text: string): void {
    for (let from = 0; from < text.length; from += CHUNK_BYTES) {
      const part = text.length > CHUNK_BYTES ? text.slice(from, from + CHUNK_BYTES) : text;
      this.reserve(part.length);
      this.at += this.bytes.write(part, this.at, 'latin1');
    }
  }

  /**
   * Writes what is left and closes the file; a file that is closed already stays so.
   * @returns its size
   */
  close(): number {
    if (this.fd >= 0) {
      this.flush();
      this.abandon();
    }
    return this.writtenBytes;
  }

  /** Closes the file without writing what is left: for the way out after an error. */
  abandon(): void {
    if (this.fd >= 0) closeSync(this.fd);
    this.fd = -1;
  }

  private flush(): void {
    const { bytes, path, at } = this;
    let from = 0;
    while (from < at) from += guarded(path, () => writeSync(this.fd, bytes, from, at - from));
    this.writtenBytes += at;
    this.at = 0;
  }
}

/** Does something with a file that is written, and says which one and what to do where that fails. */
export function guarded<T>(path: string, act: () => T): T {
  try {
    return act();
  } catch (thrown) {
    const remedy =
      codeOf(thrown) === 'ENOSPC' ? 'free space on the disk' : 'choose a folder that can be written';
    const message = `Cannot write ${path}: ${messageOf(thrown)}. Remedy: ${remedy}.`;
    throw new ReadmillError('READMILL_OUTPUT', message, { cause: thrown });
  }
}
