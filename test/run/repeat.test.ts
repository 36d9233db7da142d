import { copyFileSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { watch } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { fingerprint } from './fingerprint.js';
import {
  folderWith,
  type GeneratedNight,
  generate,
  type RunFolder,
  runArguments,
  runNight,
} from './night-folder.js';
import { readmill, start, startReadmill } from './program.js';
import { hourly, writtenLine } from './written-lines.js';

let night: GeneratedNight;
beforeAll(async () => {
  night = await generate({ meters: 1_000, files: 2, seed: 3 });
});

/** Many small batches, so that making them current takes a while. */
const MANY = { output: { maximumRecords: 20 } };

/**
 * Starts a run and stops it by SIGSTOP while it puts its batches into the outbox, so that it holds its
 * folder. (In the middle of a transaction of the ledger nobody else could even look: there is none here.)
 */
async function startAndHold(folder: RunFolder) {
  mkdirSync(folder.outbox);
  const changes = watch(folder.outbox);
  const { child, ended } = startReadmill(runArguments(folder));
  for await (const { filename } of changes) if (filename?.endsWith('.DAT')) break;
  child.kill('SIGSTOP');
  return { child, ended };
}

test('a second run on the same state folder is refused while the first one lives', async () => {
  const folder = folderWith(night, MANY);
  const first = await startAndHold(folder);
  const second = await readmill(runArguments(folder));
  expect(second.code).toBe(1);
  expect(second.stdout).toBe('');
  expect(second.stderr).toMatch(
    /Another readmill \(process \d+ on .+\) works on .+state.*READMILL_STATE_BUSY/,
  );
  expect(second.stderr).toContain(`process ${first.child.pid} `);
  first.child.kill('SIGCONT');
  expect((await first.ended).code).toBe(2);
  const alone = folderWith(night, MANY);
  await runNight(alone);
  expect(fingerprint(folder)).toEqual(fingerprint(alone));
});

test('the lock of a process that was killed blocks nobody', async () => {
  const folder = folderWith(night, MANY);
  const first = await startAndHold(folder);
  first.child.kill('SIGKILL');
  expect((await first.ended).code).toBeNull();
  const second = await runNight(folder);
  expect(second.code).toBe(2);
  expect(second.report).toMatchObject({ resumed: true });
  expect(second.report.reads.accepted).toBeGreaterThan(0);
});

test.concurrent('the same command again finds nothing to do and sends nothing', async () => {
  const folder = folderWith(night);
  await runNight(folder);
  const before = fingerprint(folder);
  const again = await runNight(folder);
  expect(again.code).toBe(0);
  expect(again.report).toMatchObject({ status: 'complete', inputs: [], batches: [] });
  expect(again.report.reads).toMatchObject({ received: 0, accepted: 0, estimated: 0, unresolved: 0 });
  expect(fingerprint(folder)).toMatchObject(before);
});

test.concurrent('the same content under another name is told and put aside', async () => {
  const folder = folderWith(night);
  await runNight(folder);
  const outbox = readdirSync(folder.outbox);
  copyFileSync(night.files[0]!.path, join(folder.inbox, 'again.cmep'));
  const { report } = await runNight(folder);
  expect(report.inputs).toHaveLength(1);
  expect(report.inputs[0]).toMatchObject({ status: 'duplicate', reads: 0 });
  expect(report.inputs[0]!.duplicateOf).toContain(night.files[0]!.name);
  expect(report.inputs[0]!.archivedAs).toContain('duplicates');
  expect(report.reads.received).toBe(0);
  expect(readdirSync(folder.outbox)).toEqual(outbox);
  expect(readdirSync(folder.inbox)).toEqual([]);
});

test.concurrent('the same content twice in one inbox is done once', async () => {
  const folder = folderWith(night);
  copyFileSync(night.files[0]!.path, join(folder.inbox, 'zz-copy.cmep'));
  const { report } = await runNight(folder);
  const alone = folderWith(night);
  const once = await runNight(alone);
  expect(report.inputs.map(({ status }) => status)).toEqual(['done', 'done', 'duplicate']);
  expect(report.batches).toEqual(once.report.batches);
});

test.concurrent('a file that is too young, or not whole by its name, waits in the inbox', async () => {
  const source = { name: 'north', inbox: './inbox', profile: 'cmep-1.20', minimumAgeSeconds: 86_400 };
  const folder = folderWith(night, { config: { sources: [source] } });
  writeFileSync(join(folder.inbox, 'half.cmep.part'), 'MEPMD01');
  const { report, code } = await runNight(folder);
  expect(code).toBe(0);
  expect(report.inputs).toEqual([]);
  expect(report.leftInInbox).toHaveLength(night.files.length + 1);
  expect(readdirSync(folder.inbox)).toHaveLength(night.files.length + 1);
  await start('touch', [
    '-d',
    '2026-01-01',
    ...readdirSync(folder.inbox).map((name) => join(folder.inbox, name)),
  ]).ended;
  const later = await runNight(folder);
  expect(later.report.inputs).toHaveLength(night.files.length);
  expect(readdirSync(folder.inbox)).toEqual(['half.cmep.part']);
});

test.concurrent('two runs at one reference clock give each batch a name of its own', async () => {
  const folder = folderWith(night);
  const first = await runNight(folder);
  const line = writtenLine({ meterId: 'M000000001', triples: hourly('202611190600', ['1.0']) });
  writeFileSync(join(folder.inbox, 'more.cmep'), line);
  const second = await runNight(folder);
  const names = [first, second].flatMap(({ report }) => report.batches.map(({ file }) => file));
  expect(second.report.batches.length).toBeGreaterThan(0);
  expect([second.stderr, new Set(names).size]).toEqual(['', names.length]);
});
