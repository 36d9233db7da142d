import { residentKib } from '../../process-memory.js';
import { median } from '../../statistics.js';

const SAMPLE_MS = 2_000;
/** Flat: the last third's median lies at most so far above the second third's. */
export const GROWTH_SHARE_MAX = 0.1;
export const GROWTH_MIB_MAX = 16;

/** What the resident memory of a process did over its life. */
export interface MemoryFigures {
  minutes: number;
  samples: number;
  /** Medians of the three thirds, and the highest sample. */
  thirdsMib: [number, number, number];
  highestMib: number;
  isFlat: boolean;
}

/** Samples the resident memory of a process until it is told to stop. */
export function sampleMemory(pid: number): { stop(): MemoryFigures } {
  const beganMs = performance.now();
  const samplesKib: number[] = [];
  const timer = setInterval(() => {
    const kib = residentKib(pid);
    if (kib !== null) samplesKib.push(kib);
  }, SAMPLE_MS);
  return {
    stop() {
      clearInterval(timer);
      return figuresOf(samplesKib, (performance.now() - beganMs) / 60_000);
    },
  };
}

/** Judges samples that were taken at equal distances. */
export function figuresOf(samplesKib: readonly number[], minutes: number): MemoryFigures {
  const third = Math.floor(samplesKib.length / 3);
  const medianMib = (from: number, to: number) => median(samplesKib.slice(from, to)) / 1024;
  const thirdsMib: [number, number, number] = [
    medianMib(0, third),
    medianMib(third, 2 * third),
    medianMib(2 * third, samplesKib.length),
  ];
  const [, second, last] = thirdsMib;
  return {
    minutes,
    samples: samplesKib.length,
    thirdsMib,
    highestMib: Math.max(...samplesKib) / 1024,
    isFlat: last <= second * (1 + GROWTH_SHARE_MAX) + GROWTH_MIB_MAX,
  };
}
