import { copyFileSync, cpSync, readFileSync, rmSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { cmepLines } from './cmep-lines.js';
import { filesBelow, fingerprint } from './fingerprint.js';
import {
  type FolderOptions,
  folderWith,
  type GeneratedNight,
  generate,
  NOW,
  type RunFolder,
  runFolder,
  runNight,
} from './night-folder.js';
import { BUILT, start } from './program.js';

/** Two days, registers first, several files: lines across midnight, spans, duplicates in other ranges. */
const FLAGS = { meters: 1_500, days: 2, files: 4, dialect: 'smartsynch', interval: 30, seed: 77 };
const PROFILE = { profile: 'smartsynch', output: { maximumRecords: 700 } };

let night: GeneratedNight;
let expected: Record<string, string>;

beforeAll(async () => {
  night = await generate(FLAGS);
  const folder = folderWith(night, PROFILE);
  await runNight(folder, { workers: 2 });
  expected = fingerprint(folder);
  const parts = Object.keys(expected);
  expect(parts.filter((path) => path.startsWith('outbox/')).length).toBeGreaterThan(5);
  for (const part of ['history/', 'quarantine/', 'estimates.csv', 'report.json']) {
    expect(parts.filter((path) => path.includes(part))).not.toEqual([]);
  }
});

const sameNight = (options: FolderOptions = PROFILE) => folderWith(night, options);

test.concurrent('one worker makes the same bytes as two', async () => {
  const folder = sameNight();
  await runNight(folder, { workers: 1 });
  expect(fingerprint(folder)).toEqual(expected);
});

test.concurrent('files that came in another order, with other times, make the same bytes', async () => {
  const folder = runFolder({ register: night.register, ...PROFILE });
  for (const [i, { name, path }] of [...night.files].reverse().entries()) {
    copyFileSync(path, join(folder.inbox, name));
    const time = new Date(Date.parse('2026-01-01T00:00Z') + ((i * 7) % 4) * 3_600_000);
    utimesSync(join(folder.inbox, name), time, time);
  }
  await runNight(folder);
  expect(fingerprint(folder)).toEqual(expected);
});

/** Runs a night with ranges of another length, for which the command line has no option. */
async function runWithRanges(folder: RunFolder, rangeBytes: number): Promise<void> {
  const script = `
    import { readConfig } from '${new URL('src/pipeline/config/config.js', BUILT)}';
    import { runNight } from '${new URL('src/pipeline/run.js', BUILT)}';
    import { writeReport } from '${new URL('src/report/build-report.js', BUILT)}';
    const progress = { begin() {}, advance() {}, end() {} };
    await runNight(readConfig(process.argv[1]), {
      nowMs: Date.parse('${NOW}'), workers: 2, rangeBytes: ${rangeBytes}, progress, report: writeReport,
    });`;
  const args = ['--input-type=module', '-e', script, folder.config];
  const { code, stderr } = await start(process.execPath, args).ended;
  expect(`${code} ${stderr}`).toBe('0 ');
}

test.concurrent.each([2_111, 65_536, 1_000_003])(
  'ranges of %i bytes make the same bytes',
  async (rangeBytes) => {
    const folder = sameNight();
    await runWithRanges(folder, rangeBytes);
    expect(fingerprint(folder)).toEqual(expected);
  },
);

test.concurrent('implied stamps say the same reads in fewer bytes', async () => {
  const folder = sameNight({ ...PROFILE, output: { ...PROFILE.output, stamps: 'implied' } });
  await runNight(folder);
  const explicit = sameNight();
  await runNight(explicit);
  const all = ({ directory }: RunFolder) =>
    filesBelow(directory, 'outbox').map((path) => join(directory, path));
  const reads = (folder: RunFolder) => {
    return all(folder).flatMap((path) => cmepLines(path).map(({ meterId, triples }) => [meterId, triples]));
  };
  const bytes = (folder: RunFolder) => all(folder).reduce((sum, path) => sum + readFileSync(path).length, 0);
  expect(reads(folder)).toEqual(reads(explicit));
  expect(bytes(folder)).toBeLessThan(bytes(explicit) * 0.7);
});

test.concurrent('a state folder that was moved goes on as if it had not been', async () => {
  const folder = sameNight();
  const moved = runFolder({ register: night.register, ...PROFILE });
  rmSync(moved.directory, { recursive: true });
  const later = await generate({ ...FLAGS, start: '2026-11-22', days: 1 });
  await runNight(folder);
  cpSync(folder.directory, moved.directory, { recursive: true });
  const nextDay = async (target: RunFolder) => {
    for (const { name, path } of later.files) copyFileSync(path, join(target.inbox, name));
    await runNight(target, { now: '2026-11-23T06:00:00Z' });
    return Object.entries(fingerprint(target)).filter(([path]) => !path.includes('-0001'));
  };
  const stayed = await nextDay(folder);
  rmSync(folder.directory, { recursive: true });
  expect(await nextDay(moved)).toEqual(stayed);
});
