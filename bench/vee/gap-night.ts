import { join } from 'node:path';
import { READ_DAY } from '../night-day.js';
import { median } from '../statistics.js';
import { generateDay, importDay, newRegisters, runDay, veeFolder } from './vee-folder.js';

const HISTORY_DAYS = 35;
const MISSING_RATE = 0.02;

export interface GapNights {
  meters: number;
  rounds: number;
  /** A night without a gap and without history; one with gaps and 35 days of history; in turn. */
  cleanSeconds: number;
  gapSeconds: number;
  factor: number;
}

/** What 2 % of missing slots and a history to look back to cost beside a clean night on an empty state folder. */
export async function timeGapNights(
  workFolder: string,
  meters: number,
  rounds: number,
  tell: (line: string) => void,
): Promise<GapNights> {
  const folder = veeFolder(join(workFolder, 'gap-night'), {});
  const registers = newRegisters(meters);
  for (let day = READ_DAY - HISTORY_DAYS; day < READ_DAY; day++) {
    importDay(folder, await generateDay(join(workFolder, 'past'), day, meters, MISSING_RATE, registers), day);
    tell(`history: day ${day - READ_DAY + HISTORY_DAYS + 1} of ${HISTORY_DAYS}`);
  }
  folder.keep('past-state');
  const clean = await generateDay(join(workFolder, 'clean'), READ_DAY, meters, 0, registers.slice());
  const gaps = await generateDay(join(workFolder, 'gaps'), READ_DAY, meters, MISSING_RATE, registers);
  const cleanSeconds: number[] = [];
  const gapSeconds: number[] = [];
  for (let round = 0; round < rounds; round++) {
    folder.putBack(null);
    cleanSeconds.push(runDay(folder, clean, READ_DAY, 2).seconds);
    folder.putBack('past-state');
    const { report, seconds } = runDay(folder, gaps, READ_DAY, 2);
    if ((report.methods['like-day'] ?? 0) === 0) throw new Error('no slot was estimated by like days');
    gapSeconds.push(seconds);
  }
  const [a, b] = [median(cleanSeconds), median(gapSeconds)];
  return { meters, rounds, cleanSeconds: a, gapSeconds: b, factor: b / a };
}
