import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
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
  const ended = await runWith(folder, { kind: 'error', class: 'sync', errno: 'EIO' });
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
