import { readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { beforeAll, expect, test } from 'vitest';
import type { FaultOrder } from '../../bench/torture/fault-order.js';
import {
  type GeneratedNight,
  generate,
  NOW,
  type RunFolder,
  runArguments,
  runFolder,
} from './night-folder.js';
import { BUILT, type Ended, readmill } from './program.js';

const PRELOAD = new URL('bench/torture/fault-preload.js', BUILT).href;

let night: GeneratedNight;
beforeAll(async () => {
  night = await generate({ meters: 20, defects: 'none' });
});

/** A folder with one compressed file in its inbox. */
function packedFolder(
  options: { register?: string } = { register: night.register },
): RunFolder & { packed: string } {
  const folder = runFolder(options);
  const packed = join(folder.inbox, 'night.cmep.gz');
  writeFileSync(packed, gzipSync(readFileSync(night.files[0]!.path)));
  return { ...folder, packed };
}

/** Runs the night while the system does something to it. */
function runWith(folder: RunFolder, fault: Partial<FaultOrder>): Promise<Ended> {
  const order = { under: folder.directory, at: 0, ...fault };
  const env = { READMILL_FAULT: JSON.stringify(order), NODE_OPTIONS: `--import ${PRELOAD}` };
  return readmill(runArguments(folder), { env });
}

async function expectDoneAfterwards(folder: RunFolder): Promise<void> {
  const again = await readmill(runArguments(folder, NOW));
  expect(again.stderr).toBe('');
  const report = JSON.parse(again.stdout) as { reads: { received: number; accepted: number } };
  expect(report.reads.accepted).toBe(report.reads.received);
  expect(report.reads.received).toBeGreaterThan(400);
  expect(readdirSync(folder.inbox)).toEqual([]);
}

test.concurrent('a compressed file that may not be read stays in the inbox', async () => {
  const folder = packedFolder();
  const ended = await runWith(folder, { kind: 'rights', path: folder.packed, errno: 'EACCES' });
  expect(ended.code).toBe(1);
  expect(JSON.parse(ended.stdout).inputs[0].problem).toContain('EACCES');
  expect(readdirSync(folder.inbox)).toEqual(['night.cmep.gz']);
  await expectDoneAfterwards(folder);
});

test.concurrent('a compressed file that changes while it is taken in stays in the inbox', async () => {
  const folder = packedFolder();
  const whole = readFileSync(folder.packed);
  const ended = await runWith(folder, { kind: 'alter', path: folder.packed, how: 'truncate', at: 1 });
  expect(ended.code).toBe(2);
  expect(JSON.parse(ended.stdout).inputs[0].problem).toContain('changed while it was read');
  expect(readdirSync(folder.inbox)).toEqual(['night.cmep.gz']);
  writeFileSync(folder.packed, whole);
  await expectDoneAfterwards(folder);
});

test.concurrent('an error of the system ends a run with its remedy, and the run is gone on with', async () => {
  const folder = packedFolder({});
  const ended = await runWith(folder, { kind: 'error', class: 'sync', errno: 'EIO', at: 1 });
  expect(ended.code).toBe(1);
  expect(ended.stderr).toMatch(/EIO.*Nothing is lost.*\[READMILL_SYSTEM\]/);
  await expectDoneAfterwards(folder);
});

test.concurrent('a file that grows after it was read is not put away as done: the next run takes it', async () => {
  const folder = packedFolder();
  const whole = readFileSync(night.files[0]!.path);
  rmSync(folder.packed);
  const path = join(folder.inbox, 'growing.cmep');
  const lines = whole.subarray(0, whole.lastIndexOf(10, whole.length >> 1) + 1);
  writeFileSync(path, lines);
  const ended = await runWith(folder, {
    kind: 'rights',
    path: join(folder.state, 'archive'),
    errno: 'EACCES',
  });
  expect([ended.code, readdirSync(folder.inbox)]).toEqual([1, ['growing.cmep']]);
  writeFileSync(path, whole);
  await readmill(runArguments(folder, NOW));
  expect(readdirSync(folder.inbox)).toEqual(['growing.cmep']);
  const again = JSON.parse((await readmill(runArguments(folder, NOW))).stdout);
  expect(again.reads.accepted + again.reads.duplicates).toBe(again.reads.received);
  expect(readdirSync(folder.inbox)).toEqual([]);
});

/** Stops a night at a file of its state folder, after all inputs were read, and hands over what the inbox holds. */
async function stoppedAt(path: string, inputs: Record<string, Buffer>): Promise<RunFolder> {
  const folder = runFolder({ register: night.register });
  for (const [name, bytes] of Object.entries(inputs)) writeFileSync(join(folder.inbox, name), bytes);
  const ended = await runWith(folder, { kind: 'rights', path: join(folder.state, path), errno: 'EACCES' });
  expect([ended.code, ended.stderr]).toEqual([1, expect.stringContaining('READMILL_NO_RIGHTS')]);
  return folder;
}

const CHANGES: [string, (path: string, bytes: Buffer) => void][] = [
  ['cut', (path, bytes) => writeFileSync(path, bytes.subarray(0, 200))],
  ['changed', (path, bytes) => writeFileSync(path, bytes.toString('latin1').replaceAll('MEP', 'MAP'))],
  ['removed', (path) => rmSync(path)],
];

test.concurrent.each(CHANGES)(
  'an input that is %s before its rejected records are in the quarantine stops the run until it is back',
  async (_how, change) => {
    const good = readFileSync(night.files[0]!.path);
    const rejected = Buffer.from('MEPMD01,a line that is none\r\n');
    const bytes = Buffer.concat([good, rejected]);
    const folder = await stoppedAt('quarantine', { 'night.cmep': bytes });
    const path = join(folder.inbox, 'night.cmep');
    change(path, bytes);
    const refused = await readmill(runArguments(folder));
    expect([refused.code, refused.stdout]).toEqual([1, '']);
    expect(refused.stderr).toMatch(
      /night\.cmep was read in this run.*SHA-256 [0-9a-f]{64}.*READMILL_INPUT_CHANGED/,
    );
    writeFileSync(path, bytes);
    const { code, stdout } = await readmill(runArguments(folder));
    expect(code).toBe(2);
    const { inputs } = JSON.parse(stdout) as { inputs: { quarantine: string }[] };
    expect(
      readFileSync(join(folder.state, 'quarantine', inputs[0]!.quarantine.split('/quarantine/')[1]!)),
    ).toEqual(rejected);
  },
);

test.concurrent('the report of a file that was changed after it was read says that it stays', async () => {
  const bytes = readFileSync(night.files[0]!.path);
  const folder = await stoppedAt('reports/20261122060000-0001/manifest.json', { 'night.cmep': bytes });
  writeFileSync(join(folder.inbox, 'night.cmep'), Buffer.concat([bytes, bytes.subarray(0, 100)]));
  const { stdout } = await readmill(runArguments(folder));
  const report = JSON.parse(stdout) as {
    inputs: { archivedAs?: string }[];
    leftInInbox: { reason: string }[];
  };
  expect(report.inputs.map(({ archivedAs }) => archivedAs)).toEqual([undefined]);
  expect(report.leftInInbox).toMatchObject([
    { reason: expect.stringContaining('changed after it was read') },
  ]);
  expect(readdirSync(folder.inbox)).toEqual(['night.cmep']);
});

test.concurrent('a file that is another before it is put away stays, though its length and its date are the same', async () => {
  const folder = runFolder({ register: night.register });
  const target = join(folder.inbox, 'night.cmep');
  const bytes = readFileSync(night.files[0]!.path);
  writeFileSync(target, bytes);
  utimesSync(target, 1_790_000_000, 1_790_000_000);
  // After it was seen that nobody had changed it.
  const path = join(folder.state, 'reports', '20261122060000-0001', 'report.json');
  await runWith(folder, { kind: 'alter', how: 'rewrite', path, target });
  expect(readdirSync(folder.inbox)).toEqual(['night.cmep']);
  const found = readFileSync(target);
  expect([found.length, found.equals(bytes), statSync(target).mtimeMs]).toEqual([
    bytes.length,
    false,
    1_790_000_000_000,
  ]);
});

/** Where it is looked at which format the file has, where it is hashed, and where it is read. */
test.concurrent.each([1, 4, 5])(
  'a file that cannot be opened at call %i is not taken for another',
  async (at) => {
    const folder = runFolder({ register: night.register });
    const path = join(folder.inbox, 'night.cmep');
    writeFileSync(path, readFileSync(night.files[0]!.path));
    const ended = await runWith(folder, { kind: 'error', class: 'open', errno: 'EACCES', at, path });
    expect(ended.code).toBe(1);
    expect(JSON.parse(ended.stdout).inputs[0]).toMatchObject({ status: 'failed', reads: 0 });
    await expectDoneAfterwards(folder);
  },
);

test.concurrent('a file that is changed in the moment in which it is put away goes back', async () => {
  const folder = runFolder({ register: night.register });
  const path = join(folder.inbox, 'night.cmep');
  const bytes = readFileSync(night.files[0]!.path);
  writeFileSync(path, bytes);
  await runWith(folder, { kind: 'alter', class: 'change', how: 'flip', at: 0, path });
  expect(readdirSync(folder.inbox)).toEqual(['night.cmep']);
  writeFileSync(path, bytes);
  const again = JSON.parse((await readmill(runArguments(folder))).stdout);
  expect(again.inputs[0]).toMatchObject({ status: 'duplicate' });
});

test.concurrent('threads that cannot begin end a run with a remedy, and it is gone on with', async () => {
  const folder = packedFolder();
  const script = `import { isMainThread } from 'node:worker_threads'; if (!isMainThread) throw new Error('no room');`;
  const env = { NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent(script)}` };
  const ended = await readmill(runArguments(folder), { env });
  expect(ended.code).toBe(1);
  expect(ended.stderr).toMatch(
    /^readmill: A thread of readmill ended: no room\. Nothing is lost\..*\[READMILL_THREAD\]\n$/,
  );
  await expectDoneAfterwards(folder);
});
