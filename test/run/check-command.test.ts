import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FileCheck } from '../../src/conformance/file-check.js';
import { lineOf } from '../formats/cmep/hand-made-lines.js';
import { LAUNCHER, readmill, startReadmill } from './program.js';
import { zipFile } from './zip-file.js';

const folder = mkdtempSync(join(tmpdir(), 'readmill-check-command-'));
const temporary = join(folder, 'temporary');
afterAll(() => rmSync(folder, { recursive: true }));

const good = Buffer.from(`${lineOf({ 8: 'M1' })}\r\n`);
const other = Buffer.from(`${lineOf({ 8: 'M2' })}\r\n`);
const bad = Buffer.from(`${lineOf({ 8: 'M3', 17: 'x' })}\r\n`);
const conflict = Buffer.from(`${lineOf({ 8: 'M1', 17: '9.5' })}\r\n`);

beforeAll(() => {
  const put = (name: string, content: Buffer | string) => writeFileSync(join(folder, name), content);
  mkdirSync(temporary);
  mkdirSync(join(folder, 'night', 'deep', '.hidden'), { recursive: true });
  put('good.cmep', good);
  put('bad.cmep', bad);
  put('conflict.cmep', conflict);
  put('good.cmep.gz', gzipSync(good));
  put('cut.cmep.gz', gzipSync(good).subarray(0, 40));
  put(
    'two.zip',
    zipFile([
      { name: 'in/one.cmep', content: good },
      { name: 'two.cmep', content: bad },
    ]),
  );
  put('nested.zip', zipFile([{ name: 'one.cmep.gz', content: gzipSync(other) }]));
  put('night/a.cmep', good);
  put('night/deep/b.cmep', other);
  put('night/deep/.hidden/c.cmep', bad);
  put('night/.part', bad);
  put('night/notes.txt', 'no reads here\r\n');
  put('meters.csv', 'meter_id,units\nM1,KWH\n');
  put('meters.json', '[{"meter_id": "M2", "units": "KWH"}]');
  put('broken.csv', 'meter_id,units\nM1,NOTHING\n');
});

const NOW = ['--now', '2026-12-01'];
const run = (...args: string[]) =>
  readmill(['check', ...args, ...NOW], { cwd: folder, env: { TMPDIR: temporary } });

async function json(...args: string[]): Promise<{ code: number | null; files: FileCheck[]; valid: boolean }> {
  const { code, stdout } = await run(...args, '--format', 'json');
  return { code, ...(JSON.parse(stdout) as { files: FileCheck[]; valid: boolean }) };
}

describe('exit codes of check', () => {
  it.each([
    ['a good file', ['good.cmep'], 0],
    ['a file with an error', ['bad.cmep'], 2],
    ['a good and a bad file', ['good.cmep', 'bad.cmep'], 2],
    ['two good files that disagree', ['good.cmep', 'conflict.cmep'], 2],
    ['an unknown meter', ['good.cmep', '--register', 'meters.json'], 2],
    ['a known meter', ['good.cmep', '--register', 'meters.csv'], 0],
    ['a file that is not there', ['absent.cmep'], 1],
    ['a file that is not there beside a bad one', ['absent.cmep', 'bad.cmep'], 1],
    ['a pattern that matches nothing', ['none-*.cmep'], 1],
    ['an archive that is cut off', ['cut.cmep.gz'], 1],
    ['an unknown option', ['good.cmep', '--what'], 1],
    ['an unknown profile', ['good.cmep', '--profile', 'none'], 1],
    ['an unknown zone', ['good.cmep', '--time-zone', 'Mars'], 1],
    ['an unknown format', ['good.cmep', '--format', 'xml'], 1],
    ['a number of findings that is none', ['good.cmep', '--max-findings', '-1'], 1],
    ['no workers', ['good.cmep', '--workers', '0'], 1],
    ['no file', [], 1],
    ['a register that is not there', ['good.cmep', '--register', 'absent.csv'], 1],
    ['a register with a bad row', ['good.cmep', '--register', 'broken.csv'], 1],
    ['an output that cannot be written', ['good.cmep', '--output', 'no/such/folder.txt'], 1],
  ])('for %s', async (_, args, expected) => {
    const { code, stderr } = await run(...args);
    expect([code, stderr]).toEqual([expected, expected === 1 ? expect.stringMatching(/\w/) : '']);
    expect(stderr).not.toMatch(/^\s+at /m);
    expect(readdirSync(temporary)).toEqual([]);
  });
});

describe('what check takes', () => {
  it('folders with theirs, patterns, archives with what is in them, each file once', async () => {
    const paths = async (...args: string[]) => (await json(...args)).files.map(({ path }) => path);
    expect(await paths('night')).toEqual(['night/a.cmep', 'night/deep/b.cmep', 'night/notes.txt']);
    expect(await paths('night/**/*.cmep')).toEqual(['night/a.cmep', 'night/deep/b.cmep']);
    expect(await paths('night/a.cmep', 'night/*.cmep', './night/a.cmep')).toEqual(['night/a.cmep']);
    expect(await paths('two.zip')).toEqual(['two.zip/in/one.cmep', 'two.zip/two.cmep']);
    expect(await paths('nested.zip', 'good.cmep.gz')).toEqual(['nested.zip/one.cmep.gz', 'good.cmep.gz']);
  });

  it('standard input, plain or compressed', () => {
    for (const input of [bad, gzipSync(bad)]) {
      const options = {
        cwd: folder,
        input,
        encoding: 'utf8',
        env: { ...process.env, TMPDIR: temporary },
      } as const;
      const { status, stdout } = spawnSync(
        process.execPath,
        [LAUNCHER, 'check', '-', '--format', 'json', ...NOW],
        options,
      );
      const { files } = JSON.parse(stdout) as { files: FileCheck[] };
      expect([status, files[0]!.path, files[0]!.counts['cmep/bad-number']!.count]).toEqual([2, '-', 1]);
    }
  });

  it('a meter register, whose unknown meters are found in the file that has them', async () => {
    const { files } = await json('good.cmep', 'night/deep/b.cmep', '--register', 'meters.csv');
    expect(files.map(({ valid }) => valid)).toEqual([true, false]);
    expect(files[1]!.findings).toMatchObject([
      { code: 'cmep/unknown-meter', line: 1, field: 8, meterId: 'M2', stamp: null },
    ]);
  });

  it('large input in threads, with a work folder that goes away, also on Ctrl-C', async () => {
    const lines = Array.from({ length: 90_000 }, (_, i) => `${lineOf({ 8: `M${(i * 7919) % 90_000}` })}\r\n`);
    writeFileSync(join(folder, 'large.cmep'), lines.join('').repeat(3));
    const { code, files } = await json('large.cmep', '--workers', '2', '--max-findings', '2');
    expect(code).toBe(0);
    expect(files[0]!.meters).toBe(90_000);
    expect(files[0]!.counts['cmep/duplicate-read']).toEqual({ severity: 'info', count: 360_000 });
    expect(files[0]!.findings.map(({ line }) => line)).toEqual([90_001, 90_001]);
    expect(readdirSync(temporary)).toEqual([]);
    const { child, ended } = startReadmill(['check', 'large.cmep', ...NOW], {
      cwd: folder,
      env: { TMPDIR: temporary },
    });
    const timer = setInterval(() => {
      if (readdirSync(temporary).length === 0) return;
      child.kill('SIGINT');
      clearInterval(timer);
    }, 2);
    const { code: stopped, stderr } = await ended;
    clearInterval(timer);
    expect([stopped, stderr]).toEqual([130, expect.stringContaining('Stopped')]);
    expect(readdirSync(temporary)).toEqual([]);
  });

  it('a folder for temporary files that cannot be used', async () => {
    const env = { TMPDIR: join(folder, 'nowhere') };
    const { code, stderr } = await readmill(['check', 'two.zip', ...NOW], { cwd: folder, env });
    expect([code, stderr]).toEqual([1, expect.stringContaining('READMILL_TEMPORARY_FOLDER')]);
  });
});

it('writes its report into a file', async () => {
  const { code, stdout } = await run('bad.cmep', '--format', 'json', '--output', 'result.json');
  expect([code, stdout]).toEqual([2, '']);
  expect(JSON.parse(readFileSync(join(folder, 'result.json'), 'utf8'))).toMatchObject({ valid: false });
});
