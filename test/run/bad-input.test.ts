import { createHash } from 'node:crypto';
import {
  appendFileSync,
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { beforeAll, expect, test } from 'vitest';
import { cmepLines, csvRows } from './cmep-lines.js';
import { filesBelow } from './fingerprint.js';
import {
  type GeneratedNight,
  generate,
  type Ran,
  type RunFolder,
  runFolder,
  runNight,
} from './night-folder.js';
import { peakMemory } from './peak-memory.js';
import { hourly, writtenLine } from './written-lines.js';
import { zipFile } from './zip-file.js';

/** Good files that come beside each bad one: two, so that one stands before and one after it. */
let night: GeneratedNight;
/** SHA-256 of the lines that they alone lead to. */
let expected: string;

const GOOD_NAMES = ['a-good.cmep', 'z-good.cmep'];

/** A folder with the good files in its inbox. */
function folderWithGood(): RunFolder {
  const folder = runFolder();
  for (const [i, name] of GOOD_NAMES.entries()) copyFileSync(night.files[i]!.path, join(folder.inbox, name));
  return folder;
}

/** SHA-256 of all lines in the outbox of the generated meters, M000000000 to M000000299. */
function goodLines(folder: RunFolder): string {
  const paths = filesBelow(folder.directory, 'outbox').map((path) => join(folder.directory, path));
  const lines = paths.flatMap(cmepLines).filter(({ meterId }) => /^M000000[0-2]/.test(meterId));
  return createHash('sha256')
    .update(lines.map(({ raw }) => raw).join(''))
    .digest('hex');
}

beforeAll(async () => {
  night = await generate({ meters: 300, files: 2, seed: 9, defects: 'missing' });
  const folder = folderWithGood();
  const { code } = await runNight(folder);
  expect(code).toBe(0);
  expected = goodLines(folder);
});

/** The good files were carried whatever came beside them, and all that lies in the outbox is told of. */
function expectGoodDone(folder: RunFolder, { report }: Ran): void {
  for (const name of GOOD_NAMES) {
    expect(report.inputs.find(({ path }) => path.endsWith(name))).toMatchObject({ status: 'done' });
  }
  expect(goodLines(folder)).toBe(expected);
  expect(readdirSync(folder.outbox).sort()).toEqual(report.batches.map(({ file }) => file));
  for (const { file, sha256 } of report.batches) {
    const bytes = readFileSync(join(folder.outbox, file));
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(sha256);
  }
}

const inputOf = ({ report }: Ran, name: string) =>
  report.inputs.find(({ path }) => path.endsWith(`/${name}`));

/** Runs the good files with a bad one that fails as a whole: it lies in the quarantine as it came. */
async function expectFailed(name: string, content: Buffer, problem: RegExp): Promise<void> {
  const folder = folderWithGood();
  writeFileSync(join(folder.inbox, name), content);
  const ran = await runNight(folder);
  expect(ran.code).toBe(2);
  expect(ran.report.status).toBe('partial');
  const input = inputOf(ran, name)!;
  expect(input.status).toBe('failed');
  expect(input.problem).toMatch(problem);
  expectGoodDone(folder, ran);
  expect(readdirSync(folder.inbox)).toEqual([]);
  const kept = join(folder.state, 'quarantine', ran.report.runId, 'failed', 'north', name);
  expect(readFileSync(kept).equals(content)).toBe(true);
}

test.concurrent('an empty file', () =>
  expectFailed('empty.cmep', Buffer.alloc(0), /holds no record \(cmep\/empty-file\)/));

test.concurrent('a file of line ends and blanks', () =>
  expectFailed('blank.cmep', Buffer.from('\r\n  \n\r\n'), /holds no record/));

test.concurrent('a truncated .gz', () => {
  const whole = gzipSync(readFileSync(night.files[0]!.path));
  return expectFailed(
    'cut.cmep.gz',
    whole.subarray(0, whole.length >> 1),
    /cannot be expanded: unexpected end of file/,
  );
});

test.concurrent.each(['text.gz', 'text.zip'])('%s that is none is read as what it is', async (name) => {
  const folder = folderWithGood();
  writeFileSync(join(folder.inbox, name), 'MEPMD01,');
  const ran = await runNight(folder);
  expect(inputOf(ran, name)).toMatchObject({ status: 'done', rejectedRecords: 1 });
  expectGoodDone(folder, ran);
});

test.concurrent('a .zip that is cut off', () => {
  const whole = zipFile([{ name: 'a.cmep', content: readFileSync(night.files[0]!.path) }]);
  return expectFailed('cut.zip', whole.subarray(0, whole.length >> 1), /cannot be expanded: /);
});

test.concurrent('a .gz of zeros that would grow a thousand times', () => {
  const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024));
  return expectFailed('bomb.gz', bomb, /expands to more than 200 times its size/);
});

test.concurrent('a random binary file', async () => {
  const folder = folderWithGood();
  const noise = createHash('shake256', { outputLength: 200_000 }).update('noise').digest();
  writeFileSync(join(folder.inbox, 'noise.cmep'), noise);
  const ran = await runNight(folder);
  expect(ran.code).toBe(2);
  const input = inputOf(ran, 'noise.cmep')!;
  expect(input.rejectedRecords).toBe(input.records);
  expect(input.reads).toBe(0);
  expectGoodDone(folder, ran);
  const kept = readFileSync(join(folder.state, 'quarantine', ran.report.runId, 'north', 'noise.cmep'));
  const rows = csvRows(join(folder.state, 'quarantine', ran.report.runId, 'north', 'noise.cmep.reasons.csv'));
  expect(rows).toHaveLength(input.records);
  let at = 0;
  for (const { file_offset, bytes } of rows) {
    const own = noise.subarray(Number(file_offset), Number(file_offset) + Number(bytes));
    expect(kept.subarray(at, at + own.length).equals(own)).toBe(true);
    at += own.length;
  }
  expect(at).toBe(kept.length);
  // All that is not in the quarantine is line ends and blanks.
  const rest = rows.reduce((sum, { bytes }) => sum - Number(bytes), noise.length);
  expect(rest).toBeLessThan(noise.length / 50);
});

test.concurrent('one endless line of 300 MB costs one record and less than 400 MB of memory', async () => {
  const folder = folderWithGood();
  const path = join(folder.inbox, 'endless.cmep');
  const line = (meterId: string) => writtenLine({ meterId, triples: hourly('202611200600', ['1.0']) });
  const endlessBytes = 300 * 1024 * 1024;
  writeFileSync(path, line('M999999001'));
  const start = statSync(path).size;
  truncateSync(path, start + endlessBytes);
  appendFileSync(path, `\r\n${line('M999999002')}`);
  const peak = peakMemory(folder.directory);
  const ran = await runNight(folder, { env: peak.env });
  expect(ran.code).toBe(2);
  expect(inputOf(ran, 'endless.cmep')).toMatchObject({ status: 'done', records: 3, rejectedRecords: 1 });
  expectGoodDone(folder, ran);
  const outbox = filesBelow(folder.directory, 'outbox').map((path) => join(folder.directory, path));
  const meters = new Set(outbox.flatMap(cmepLines).map(({ meterId }) => meterId));
  expect([meters.has('M999999001'), meters.has('M999999002')]).toEqual([true, true]);
  const quarantine = join(folder.state, 'quarantine', ran.report.runId, 'north');
  expect(csvRows(join(quarantine, 'endless.cmep.reasons.csv'))).toMatchObject([
    {
      file_line: '2',
      file_offset: String(start),
      bytes: String(endlessBytes + 2),
      code: 'cmep/line-too-long',
    },
  ]);
  expect(statSync(join(quarantine, 'endless.cmep')).size).toBe(endlessBytes + 2);
  const peakKib = peak.kib();
  console.log(`memory: ${Math.round(peakKib / 1024)} MiB at most`);
  expect(peakKib).toBeLessThan(400_000);
});

test.concurrent('a .gz is carried as what it holds', async () => {
  const folder = runFolder();
  for (const [i, name] of GOOD_NAMES.entries()) {
    // Whether a file is compressed its content says, as `check` has it.
    const packed = i === 0 ? `${name}.gz` : name.replace('.cmep', '.dat');
    writeFileSync(join(folder.inbox, packed), gzipSync(readFileSync(night.files[i]!.path)));
  }
  const ran = await runNight(folder);
  expect(ran.code).toBe(0);
  expect(goodLines(folder)).toBe(expected);
});

test.concurrent('a .zip with two files is carried as both', async () => {
  const folder = runFolder();
  const names = ['first.cmep', 'folder/second.cmep'];
  const entries = names.map((name, i) => ({ name, content: readFileSync(night.files[i]!.path) }));
  writeFileSync(join(folder.inbox, 'both.zip'), zipFile(entries));
  const ran = await runNight(folder);
  expect(ran.code).toBe(0);
  expect(ran.report.inputs).toMatchObject([{ status: 'done' }]);
  expect(goodLines(folder)).toBe(expected);
});

test.concurrent('a .zip whose names lead out of its folder', () => {
  const content = readFileSync(night.files[0]!.path);
  const zip = zipFile([{ name: '../../../escaped.cmep', content }]);
  return expectFailed('out.zip', zip, /cannot be expanded: .*relative path/);
});

test.concurrent('a folder in the inbox, and a link that leads nowhere, stay where they are', async () => {
  const folder = folderWithGood();
  mkdirSync(join(folder.inbox, 'folder'));
  symlinkSync(join(folder.directory, 'nothing'), join(folder.inbox, 'link.cmep'));
  const ran = await runNight(folder);
  expectGoodDone(folder, ran);
  expect(ran.report.leftInInbox).toHaveLength(2);
  expect(readdirSync(folder.inbox)).toEqual(['folder', 'link.cmep']);
});
