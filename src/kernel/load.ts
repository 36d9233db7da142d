import { existsSync, readFileSync } from 'node:fs';
import { ReadmillError } from '../model/errors.js';

const PAGE_BYTES = 65_536;
/** The kernel, once this thread has compiled it. */
let compiled: WebAssembly.Module | null = null;

/** What runs hottest, compiled from `src/kernel/assembly` to WebAssembly, with a memory of its own. */
export interface Kernel<Exports> {
  memory: WebAssembly.Memory;
  exports: Exports;
}

/**
 * Starts a kernel.
 * @param bytes memory that it has at first; it grows by `growKernelMemory`
 * @throws ReadmillError READMILL_KERNEL_MISSING where the build has not made it
 */
export function startKernel<Exports>(bytes: number): Kernel<Exports> {
  compiled ??= new WebAssembly.Module(readFileSync(kernelPath()));
  const memory = new WebAssembly.Memory({ initial: Math.ceil(bytes / PAGE_BYTES) });
  const { exports } = new WebAssembly.Instance(compiled, { env: { memory } });
  return { memory, exports: exports as Exports };
}

/**
 * Makes sure that a memory has so many bytes. Growing detaches all views of it: they must be made anew.
 * @returns whether it grew
 */
export function growKernelMemory(memory: WebAssembly.Memory, bytes: number): boolean {
  const more = Math.ceil((bytes - memory.buffer.byteLength) / PAGE_BYTES);
  if (more <= 0) return false;
  memory.grow(more);
  return true;
}

/** It lies in `dist/kernel`, which the sources, the compiled files and the bundled ones see from elsewhere. */
function kernelPath(): URL {
  for (const above of ['../../kernel', '../../dist/kernel', '../../../kernel']) {
    const url = new URL(`${above}/kernel.wasm`, import.meta.url);
    if (existsSync(url)) return url;
  }
  throw new ReadmillError(
    'READMILL_KERNEL_MISSING',
    'The compiled kernel.wasm is missing: readmill was not built as a whole. Run npm run build.',
  );
}
