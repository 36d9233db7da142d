import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { afterAll, afterEach, expect, it } from 'vitest';
import { registerCheck } from '../../src/cli/check.js';
import { lineOf } from '../formats/cmep/hand-made-lines.js';

const folder = mkdtempSync(join(tmpdir(), 'readmill-check-limits-'));
afterAll(() => rmSync(folder, { recursive: true }));
afterEach(() => {
  process.exitCode = undefined;
});

/** Checks a file of so many lines with one fault each. @returns findings that are kept, their count, and whether some are not */
async function check(badLines: number, ...options: string[]): Promise<[number, number, boolean]> {
  const [path, output] = [join(folder, 'bad.cmep'), join(folder, 'out.json')];
  writeFileSync(path, `${lineOf({ 17: 'x' })}\r\n`.repeat(badLines));
  const program = new Command().exitOverride().configureOutput({ writeErr: () => undefined });
  registerCheck(program);
  for (const command of program.commands)
    command.exitOverride().configureOutput({ writeErr: () => undefined });
  const words = ['check', path, '--profile', 'cmep-1.20', '--format', 'json', '--output', output, ...options];
  await program.parseAsync(words, { from: 'user' });
  const [file] = JSON.parse(readFileSync(output, 'utf8')).files;
  const kept = file.findings.filter(({ code }: { code: string }) => code === 'cmep/bad-number');
  return [kept.length, file.counts['cmep/bad-number'].count, file.truncated];
}

it('FINDINGS_DEFAULT: a thousand findings of a code are kept, of more all are counted', async () => {
  expect(await check(1_000)).toEqual([1_000, 1_000, false]);
  expect(await check(1_001)).toEqual([1_000, 1_001, true]);
});

it('FINDINGS_MAX: --max-findings keeps up to a hundred thousand, and refuses more', async () => {
  expect(await check(1_001, '--max-findings', '100000')).toEqual([1_001, 1_001, false]);
  await expect(check(1, '--max-findings', '100001')).rejects.toThrow('a whole number from 0 to 100000');
  await expect(check(1, '--max-findings', '-1')).rejects.toThrow('a whole number from 0 to 100000');
});
