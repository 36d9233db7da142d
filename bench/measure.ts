import { median } from './statistics.js';

const WARM_UP_MS = 400;
const BATCH_MS = 200;
const BATCHES = 7;

/**
 * Times a function and prints nanoseconds per read: median of batches after a warm-up.
 * @param readsPerCall how many reads one call of `work` handles
 * @returns what is printed
 */
export function measure(title: string, readsPerCall: number, work: () => void): number {
  repeat(work, WARM_UP_MS);
  const perRead: number[] = [];
  for (let batch = 0; batch < BATCHES; batch++) {
    const { calls, ms } = repeat(work, BATCH_MS);
    perRead.push((ms * 1e6) / calls / readsPerCall);
  }
  const middle = median(perRead);
  process.stdout.write(`${title.padEnd(56)} ${middle.toFixed(2).padStart(8)} ns per read\n`);
  return middle;
}

function repeat(work: () => void, leastMs: number): { calls: number; ms: number } {
  const startedMs = performance.now();
  let calls = 0;
  let ms = 0;
  while (ms < leastMs) {
    work();
    calls++;
    ms = performance.now() - startedMs;
  }
  return { calls, ms };
}
