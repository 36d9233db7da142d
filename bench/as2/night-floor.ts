/**
 * The least that making a night's messages can cost: two threads read the input, deflate it at level 1, and put
 * SHA-256 and AES-256-CBC over what comes out. Nothing is checked, sorted, framed or written.
 */
import { createCipheriv, createHash, randomBytes } from 'node:crypto';
import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { deflateSync } from 'node:zlib';

const THREADS = 2;
/** Deflated in one go: larger pieces are not faster. */
const PIECE_BYTES = 4 * 1024 * 1024;

interface FloorTask {
  path: string;
  from: number;
  to: number;
}

/** @returns wall time of two fresh threads that share the file's bytes */
export async function floorSeconds(path: string): Promise<number> {
  const { size } = statSync(path);
  const startedMs = performance.now();
  await Promise.all(
    Array.from({ length: THREADS }, (_, i) => {
      const bound = (number: number) => Math.floor((size * number) / THREADS);
      return ended({ path, from: bound(i), to: bound(i + 1) });
    }),
  );
  return (performance.now() - startedMs) / 1000;
}

function ended(task: FloorTask): Promise<void> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL(import.meta.url), { workerData: task });
    worker.once('message', () => resolve());
    worker.once('error', reject);
  });
}

function work({ path, from, to }: FloorTask): void {
  const hash = createHash('sha256');
  const cipher = createCipheriv('aes-256-cbc', randomBytes(32), randomBytes(16));
  const piece = Buffer.allocUnsafe(PIECE_BYTES);
  const fd = openSync(path, 'r');
  for (let at = from; at < to; ) {
    const length = readSync(fd, piece, 0, Math.min(PIECE_BYTES, to - at), at);
    const deflated = deflateSync(piece.subarray(0, length), { level: 1, chunkSize: PIECE_BYTES });
    hash.update(deflated);
    cipher.update(deflated);
    at += length;
  }
  closeSync(fd);
  hash.digest();
  cipher.final();
}

if (!isMainThread && workerData !== null) {
  work(workerData as FloorTask);
  parentPort!.postMessage(null);
}
