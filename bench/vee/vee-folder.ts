import { spawnSync } from 'node:child_process';
import { cpSync, linkSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { DefectKind } from '../../src/generate/defect-kinds.js';
import { type GenerateResult, generateNight } from '../../src/generate/generate-night.js';
import { EST_OFFSET_MINUTES, readDayStart } from '../../src/model/time.js';
import type { RunReport } from '../../src/report/run-report.js';

const CLI = fileURLToPath(new URL('../../program/src/cli/main.js', import.meta.url));
/** An hour and a half after a read day has closed. */
const AFTER_CLOSE_MINUTES = 90;

export const closedIso = (day: number): string =>
  new Date((readDayStart(day + 1, EST_OFFSET_MINUTES) + AFTER_CLOSE_MINUTES) * 60_000).toISOString();

export interface GeneratedDay extends GenerateResult {
  directory: string;
  paths: string[];
}

/**
 * One day of hourly reads of so many meters, with missing slots or without; the same meters every time.
 * @param registers what their registers read, from night to night; of a day by itself left out
 */
export async function generateDay(
  directory: string,
  day: number,
  meters: number,
  missingRate: number,
  registers = newRegisters(meters),
): Promise<GeneratedDay> {
  rmSync(directory, { recursive: true, force: true });
  const defects: DefectKind[] = missingRate > 0 ? ['missing-short', 'missing-long'] : [];
  const made = await generateNight({
    ...{ meters, days: 1, startDay: day, outDirectory: directory, missingRate, defects, registers },
  });
  return { ...made, directory, paths: made.files.map(({ name }) => join(directory, name)) };
}

export const newRegisters = (meters: number): Float64Array => new Float64Array(meters).fill(Number.NaN);

/** A folder with a configuration; its state and outbox can be put back to what they were. */
export interface VeeFolder {
  directory: string;
  /** Runs a command of readmill there. @returns what it printed and how long it took, process and all */
  run(words: readonly string[]): { output: string; seconds: number };
  keep(name: string): void;
  putBack(name: string | null): void;
}

export function veeFolder(directory: string, vee: Record<string, unknown>): VeeFolder {
  mkdirSync(join(directory, 'inbox'), { recursive: true });
  const config = {
    state: './state',
    vee,
    sources: [{ name: 'bench', inbox: './inbox', minimumAgeSeconds: 0 }],
    output: { directory: './outbox', sender: 'ORG00001', receiver: 'ORG00000' },
  };
  writeFileSync(join(directory, 'night.json'), JSON.stringify(config));
  const state = join(directory, 'state');
  return {
    directory,
    run(words) {
      const startedMs = performance.now();
      const options = { cwd: directory, encoding: 'utf8', maxBuffer: 1 << 28 } as const;
      const { status, stdout, stderr } = spawnSync(process.execPath, [CLI, ...words], options);
      if (status !== 0) throw new Error(`readmill ${words.join(' ')} ended with ${status}: ${stderr}`);
      return { output: stdout, seconds: (performance.now() - startedMs) / 1000 };
    },
    keep(name) {
      rmSync(join(directory, name), { recursive: true, force: true });
      cpSync(state, join(directory, name), { recursive: true });
    },
    putBack(name) {
      rmSync(state, { recursive: true, force: true });
      rmSync(join(directory, 'outbox'), { recursive: true, force: true });
      if (name !== null) cpSync(join(directory, name), state, { recursive: true });
    },
  };
}

/** Loads a day into the history of a folder. */
export function importDay(folder: VeeFolder, { paths }: GeneratedDay, day: number): void {
  folder.run(['history', 'import', ...paths, '--config', 'night.json', '--json', '--now', closedIso(day)]);
}

/** Carries a day through the folder. */
export function runDay(
  folder: VeeFolder,
  { paths }: GeneratedDay,
  day: number,
  workers: number,
): { report: RunReport; seconds: number } {
  for (const path of paths) linkSync(path, join(folder.directory, 'inbox', basename(path)));
  const clock = ['--workers', String(workers), '--now', closedIso(day)];
  const words = ['run', '--config', 'night.json', '--no-deliver', '--json', ...clock];
  const { output, seconds } = folder.run(words);
  const left = readdirSync(join(folder.directory, 'inbox'));
  if (left.length > 0) throw new Error(`${left.join(', ')} stayed in the inbox`);
  return { report: JSON.parse(output) as RunReport, seconds };
}
