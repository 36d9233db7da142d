import { existsSync, mkdirSync, readdirSync, rmSync, watch } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { fingerprint } from './fingerprint.js';
import {
  folderWith,
  type GeneratedNight,
  generate,
  NOW,
  type RunFolder,
  runArguments,
} from './night-folder.js';
import { type Ended, readmill, startReadmill } from './program.js';

const TRIALS = 20;
const PARALLEL = 2;
/** Far more than it takes, for a machine that has other things to do. */
const LONG_MS = 900_000;
/** Of the moments; printed, so that a failure can be looked at again. */
const SEED = Number(process.env.READMILL_KILL_SEED ?? 20261123);

interface Undisturbed {
  night: GeneratedNight;
  wallMs: number;
  files: Record<string, string>;
}

const OUTPUT = { maximumRecords: 1_600 };
let plain: Undisturbed;

/** Runs a night twice at once, as the trials do: the times are theirs, and both must be equal. */
async function undisturbed(flags: Record<string, string | number>): Promise<Undisturbed> {
  const night = await generate({ meters: 8_000, files: 3, seed: 5, ...flags });
  const folders = [folderWith(night, { output: OUTPUT }), folderWith(night, { output: OUTPUT })];
  const runs = await Promise.all(folders.map((folder) => readmill(runArguments(folder, NOW, 2))));
  expect(runs.map(({ code }) => code)).toEqual([2, 2]);
  const [first, second] = folders.map(fingerprint) as [Record<string, string>, Record<string, string>];
  expect(first).toEqual(second);
  for (const { directory } of folders) rmSync(directory, { recursive: true });
  return { night, wallMs: Math.max(...runs.map(({ wallMs }) => wallMs)), files: first };
}

/** Fractions from 0 to 1 (mulberry32). */
function fractions(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Starts the run and kills it so long after. */
async function killedAfter(folder: RunFolder, ms: number): Promise<Ended> {
  const { child, ended } = startReadmill(runArguments(folder, NOW, 2));
  const timer = setTimeout(() => child.kill('SIGKILL'), ms);
  const result = await ended;
  clearTimeout(timer);
  return result;
}

/**
 * Runs on to the end, and compares all that is there with the undisturbed run.
 * @returns whether the report tells that an unfinished run was gone on with
 */
async function expectSame(folder: RunFolder, { files }: Undisturbed, how: string): Promise<boolean> {
  const { code, stdout, stderr } = await readmill(runArguments(folder, NOW, 2));
  // 0: the run had ended when it was killed, and there is nothing more to do.
  expect([how, code === 0 || code === 2 ? '' : `${code} ${stderr}`]).toEqual([how, '']);
  const found = fingerprint(folder);
  // A run that was killed after its very end is followed by an empty one, which only reports.
  for (const path of Object.keys(found)) {
    if (/^state\/reports\/\d+-000[2-9]\//.test(path)) delete found[path];
  }
  expect({ how, ...found }).toEqual({ how, ...files });
  expect([how, readdirSync(folder.inbox)]).toEqual([how, []]);
  const work = join(folder.state, 'work');
  expect([how, existsSync(work) ? readdirSync(work) : []]).toEqual([how, []]);
  rmSync(folder.directory, { recursive: true });
  return (JSON.parse(stdout) as { resumed: boolean }).resumed;
}

beforeAll(async () => {
  plain = await undisturbed({});
}, LONG_MS);

test('killed at any moment, the same command again leaves the same files', { timeout: LONG_MS }, async () => {
  const next = fractions(SEED);
  const moments = Array.from({ length: TRIALS }, () => [next(), next()] as const);
  let trial = 0;
  const lane = async () => {
    while (trial < TRIALS) {
      const number = trial++;
      const [first, second] = moments[number]!;
      const folder = folderWith(plain.night, { output: OUTPUT });
      const kills = [Math.round(first * plain.wallMs)];
      // Every fourth is killed once more while it goes on.
      if (number % 4 === 3) kills.push(Math.round(second * plain.wallMs));
      const ends: (number | null)[] = [];
      for (const ms of kills) ends.push((await killedAfter(folder, ms)).code);
      const how = `seed ${SEED}, trial ${number}: killed after ${kills.join(' and ')} of ${Math.round(plain.wallMs)} ms`;
      console.log(`${how}${ends.includes(null) ? '' : ' (had ended)'}`);
      await expectSame(folder, plain, how);
    }
  };
  await Promise.all(Array.from({ length: PARALLEL }, lane));
});

/** The first run of a folder at this clock. */
const RUN_ID = '20261122060000-0001';

interface Turn {
  moment: string;
  /** Folder that is watched, and the name that must appear in it. */
  directory: string;
  name: RegExp;
  /** Whether the report is still to be written, and tells that the run was gone on with. */
  isBeforeReport: boolean;
}

/** Moments that a run of one task passes in no time, on a night of two tasks. */
const TURNS: Turn[] = [
  { moment: 'the first batch is there', directory: 'outbox', name: /0\.DAT$/, isBeforeReport: true },
  { moment: 'the second task publishes', directory: 'outbox', name: /1[0-5]\.DAT$/, isBeforeReport: true },
  { moment: 'there is history', directory: 'state/history', name: /\.arrow$/, isBeforeReport: true },
  {
    moment: 'the manifest is written',
    directory: `state/reports/${RUN_ID}`,
    name: /^manifest\.json$/,
    isBeforeReport: true,
  },
  {
    moment: 'an input is put away',
    directory: `state/archive/${RUN_ID}/north`,
    name: /\.cmep$/,
    isBeforeReport: false,
  },
];

/** Kills the run as soon as a name appears in a folder. */
async function killedAt(folder: RunFolder, { directory, name }: Turn): Promise<Ended> {
  const watched = join(folder.directory, directory);
  mkdirSync(watched, { recursive: true });
  const { child, ended } = startReadmill(runArguments(folder, NOW, 2));
  const watcher = watch(watched, (_event, path) => {
    if (name.test(String(path))) child.kill('SIGKILL');
  });
  const result = await ended;
  watcher.close();
  return result;
}

test('killed at the turns of a run, the same command again leaves the same files', {
  timeout: LONG_MS,
}, async () => {
  const night = await undisturbed({ meters: 9_000, interval: 15 });
  let next = 0;
  const lane = async () => {
    while (next < TURNS.length) {
      const turn = TURNS[next++]!;
      const { moment, isBeforeReport } = turn;
      const folder = folderWith(night.night, { output: OUTPUT });
      const { code } = await killedAt(folder, turn);
      expect([moment, code]).toEqual([moment, null]);
      const resumed = await expectSame(folder, night, `killed when ${moment}`);
      expect([moment, resumed]).toEqual([moment, isBeforeReport]);
    }
  };
  await Promise.all(Array.from({ length: PARALLEL }, lane));
});
