import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { filesBelow } from './fingerprint.js';
import {
  folderWith,
  type GeneratedNight,
  generate,
  NOW,
  type RunFolder,
  runArguments,
  runNight,
} from './night-folder.js';
import { readmill, type StartOptions, start } from './program.js';

let night: GeneratedNight;
beforeAll(async () => {
  night = await generate({ meters: 100, seed: 2, defects: 'none' });
});

interface Config {
  sources: Record<string, unknown>[];
  output: Record<string, unknown>;
}

function changeConfig(folder: RunFolder, change: (config: Config) => void): void {
  const config = JSON.parse(readFileSync(folder.config, 'utf8')) as Config;
  change(config);
  writeFileSync(folder.config, JSON.stringify(config));
}

/** The run ends with 1 and a message, prints no report, and takes nothing in. */
async function expectRefused(folder: RunFolder, message: RegExp, options: StartOptions = {}): Promise<void> {
  const { code, stdout, stderr } = await readmill(runArguments(folder), options);
  expect(stderr).toMatch(message);
  expect(stderr).not.toMatch(/^\s+at /m);
  expect([code, stdout]).toEqual([1, '']);
  expect(filesBelow(folder.directory, 'outbox')).toEqual([]);
}

const UNKNOWN_KEYS: [string, (config: Config) => void, RegExp][] = [
  ['top', (config) => Object.assign(config, { colour: 'red' }), /\(top\): .*"colour"/],
  ['a source', ({ sources }) => Object.assign(sources[0]!, { nane: 'north' }), /sources\.0: .*"nane"/],
  ['output', ({ output }) => Object.assign(output, { maximumByte: 1 }), /output: .*"maximumByte"/],
];

test.concurrent.each(UNKNOWN_KEYS)(
  'an unknown key at %s of the configuration',
  async (_where, change, message) => {
    const folder = folderWith(night);
    changeConfig(folder, change);
    await expectRefused(folder, new RegExp(`${message.source}[^]*READMILL_CONFIG_INVALID`));
    expect(existsSync(folder.state)).toBe(false);
  },
);

test.concurrent('a configuration that is not there, and one that is no JSON', async () => {
  const folder = folderWith(night);
  writeFileSync(folder.config, '{ "state": ');
  await expectRefused(folder, /config\.json cannot be read: .*READMILL_CONFIG_UNREADABLE/);
  await expectRefused(
    { ...folder, config: join(folder.directory, 'other.json') },
    /other\.json cannot be read: ENOENT/,
  );
});

test.concurrent.each(['0', '65', '1.5', 'two'])('--workers "%s" is refused', async (workers) => {
  const folder = folderWith(night);
  const { code, stderr } = await readmill(['run', '--config', folder.config, '--workers', workers]);
  expect(code).toBe(1);
  expect(stderr).toMatch(/whole number from 1 to 64/);
  expect(existsSync(folder.state)).toBe(false);
});

test.concurrent.each(['2026-11-22T06:00', '2026-13-01T00:00Z'])('--now %s is refused', async (now) => {
  const folder = folderWith(night);
  const { code, stderr } = await readmill(runArguments(folder, now));
  expect(code).toBe(1);
  expect(stderr).toContain('2026-11-20T06:00:00Z');
});

test.concurrent('no configuration named', async () => {
  const { code, stderr } = await readmill(['run', '--now', NOW]);
  expect(code).toBe(1);
  expect(stderr).toContain('--config');
});

test.concurrent('a meter register that is not there, or has bad rows, stops the run before anything is done', async () => {
  const missing = folderWith(night, { register: './nowhere.csv' });
  await expectRefused(missing, /nowhere\.csv cannot be read: .*READMILL_REGISTER_UNREADABLE/);
  const bad = folderWith(night, { register: './bad.csv' });
  writeFileSync(join(bad.directory, 'bad.csv'), `${readFileSync(night.register, 'utf8')}M1,S1,KWX,7\n`);
  await expectRefused(bad, /READMILL_REGISTER_INVALID/);
  expect(readdirSync(bad.inbox)).toHaveLength(1);
});

/** A user who may do nothing but what the mode of a file lets others do. */
const NOBODY = 65_534;
const asNobody: StartOptions = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {};

/** A folder that belongs to the user who runs the program. */
async function ownFolder(): Promise<RunFolder> {
  const folder = folderWith(night);
  copyFileSync(night.register, join(folder.directory, 'meters.csv'));
  changeConfig(folder, (config) => Object.assign(config, { register: './meters.csv' }));
  if (asNobody.uid !== undefined) await start('chown', ['-R', `${NOBODY}:${NOBODY}`, folder.directory]).ended;
  return folder;
}

test.concurrent.each(['state', 'outbox'] as const)('a %s folder without rights', async (part) => {
  const folder = await ownFolder();
  mkdirSync(folder[part], { mode: 0o755 });
  chmodSync(folder[part], 0o500);
  if (asNobody.uid !== undefined) await start('chown', [`${NOBODY}`, folder[part]]).ended;
  await expectRefused(folder, /EACCES.*\[READMILL_(NO_RIGHTS|STATE_UNUSABLE)\]/, asNobody);
  expect(readdirSync(folder.inbox)).toHaveLength(1);
  chmodSync(folder[part], 0o700);
  const { code, report } = await runNight(folder, asNobody);
  expect(code).toBe(0);
  expect(report.reads.accepted).toBe(report.reads.received);
});

test.concurrent('an inbox without rights, while the other sources are carried', async () => {
  const folder = await ownFolder();
  mkdirSync(join(folder.directory, 'closed'), { mode: 0o000 });
  changeConfig(folder, ({ sources }) => {
    sources.unshift({ ...sources[0]!, name: 'closed', inbox: './closed' });
  });
  const { code, report } = await runNight(folder, asNobody);
  expect(code).toBe(1);
  expect(report.status).toBe('partial');
  expect(report.leftInInbox).toMatchObject([
    { reason: expect.stringMatching(/source closed cannot be read: EACCES/) },
  ]);
  expect(report.inputs).toMatchObject([{ status: 'done' }]);
  expect(report.reads.accepted).toBe(report.reads.received);
});

/** Before and after the good file: what is done beside it differs. */
test.concurrent.each(['a-locked.cmep', 'z-locked.cmep'])(
  '%s, without rights, stays in the inbox',
  async (name) => {
    const folder = await ownFolder();
    const locked = join(folder.inbox, name);
    writeFileSync(locked, readFileSync(night.files[0]!.path).subarray(0, 9_000), { mode: 0o000 });
    const { code, report } = await runNight(folder, asNobody);
    expect(code).toBe(1);
    const statuses = Object.fromEntries(
      report.inputs.map(({ path, status }) => [path.split('/').at(-1), status]),
    );
    expect(statuses).toEqual({ [name]: 'failed', [night.files[0]!.name]: 'done' });
    expect(report.inputs.find(({ status }) => status === 'failed')!.problem).toMatch(/EACCES/);
    expect(readdirSync(folder.inbox)).toEqual([name]);
  },
);

test.concurrent('another file of the name that a batch is to have is left alone', async () => {
  const folder = folderWith(night);
  mkdirSync(folder.outbox);
  const taken = join(folder.outbox, 'ORG00001.ORG00000.0000.00.20261122060000.DAT');
  writeFileSync(taken, 'of somebody else');
  const refused = await readmill(runArguments(folder));
  expect(refused.code).toBe(1);
  expect(refused.stderr).toMatch(/is there already with other content.*READMILL_OUTPUT_EXISTS/);
  expect(readFileSync(taken, 'utf8')).toBe('of somebody else');
  await start('rm', [taken]).ended;
  expect((await runNight(folder)).code).toBe(0);
});
