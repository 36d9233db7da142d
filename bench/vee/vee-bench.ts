import { measureAccuracy } from './accuracy.js';
import { timeGapNights } from './gap-night.js';

/** Accuracy of each method, and what gaps and history cost; prints what it measures. */
export async function runVee(
  folder: string,
  accuracyMeters: number,
  nightMeters: number,
  rounds: number,
): Promise<void> {
  const tell = (line: string) => void process.stdout.write(`${line}\n`);
  tell(
    `Mean absolute error in percent of the day's mean, ${accuracyMeters.toLocaleString('en')} meters, 2 % of slots missing`,
  );
  tell(
    `${'method'.padEnd(24)} ${'slots'.padStart(8)} ${'error'.padStart(8)} ${'flat'.padStart(8)} ${'better'.padStart(8)}`,
  );
  for (const { method, slots, errorPercent, flatPercent } of await measureAccuracy(folder, accuracyMeters)) {
    const cells = [
      errorPercent.toFixed(2),
      flatPercent.toFixed(2),
      `${(flatPercent / errorPercent).toFixed(2)} x`,
    ];
    tell(
      `${method.padEnd(24)} ${String(slots).padStart(8)} ${cells.map((cell) => cell.padStart(8)).join(' ')}`,
    );
  }
  if (nightMeters === 0) return;
  const { meters, cleanSeconds, gapSeconds, factor } = await timeGapNights(folder, nightMeters, rounds, tell);
  tell(
    `${meters.toLocaleString('en')} meters: clean night without history ${cleanSeconds.toFixed(2)} s, with 2 % missing and 35 days of history ${gapSeconds.toFixed(2)} s: factor ${factor.toFixed(2)} (target 1.20)`,
  );
}
