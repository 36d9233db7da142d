import * as AT from './assembly/deflate-layout.js';
import { startKernel } from './load.js';

interface DeflateExports {
  beginDeflate(): void;
  deflatePiece(length: number, isLast: number): number;
}

/** A stream in the zlib format (RFC 1950) in the making. */
export interface Deflating {
  /** Takes bytes; what came of them and of those before so far. A piece is valid until the next call. */
  write(bytes: Uint8Array): Generator<Buffer>;
  /** The rest, valid until the stream is closed. */
  end(): Buffer;
  /** Gives the kernel back, whether the stream has ended or not. */
  close(): void;
}

interface DeflateKernel {
  exports: DeflateExports;
  memory: Buffer;
}

/** Kernels of this thread that no stream has. */
const idle: DeflateKernel[] = [];

/**
 * Begins to compress with the kernel (`assembly/deflate`). The same bytes give the same stream, however they are cut
 * into pieces.
 * @throws ReadmillError READMILL_KERNEL_MISSING
 */
export function beginDeflating(): Deflating {
  const kernel = idle.pop() ?? openKernel();
  const { exports, memory } = kernel;
  let filled = 0;
  let isOpen = true;
  const compressed = (isLast: boolean): Buffer => {
    const length = exports.deflatePiece(filled, isLast ? 1 : 0);
    filled = 0;
    return memory.subarray(AT.OUTPUT, AT.OUTPUT + length);
  };
  exports.beginDeflate();
  return {
    *write(bytes) {
      for (let from = 0; from < bytes.length; ) {
        // The last bytes of a stream go with its end, so that it does not hang on the pieces.
        if (filled === AT.INPUT_BYTES) yield compressed(false);
        const taken = Math.min(bytes.length - from, AT.INPUT_BYTES - filled);
        memory.set(bytes.subarray(from, from + taken), AT.INPUT + filled);
        filled += taken;
        from += taken;
      }
    },
    end: () => compressed(true),
    close() {
      if (isOpen) idle.push(kernel);
      isOpen = false;
    },
  };
}

function openKernel(): DeflateKernel {
  const { memory, exports } = startKernel<DeflateExports>(AT.MEMORY_BYTES);
  return { exports, memory: Buffer.from(memory.buffer) };
}
