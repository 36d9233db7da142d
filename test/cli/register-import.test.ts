import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { afterAll, afterEach, expect, it, vi } from 'vitest';
import { registerImport } from '../../src/cli/register-import.js';

const folder = mkdtempSync(join(tmpdir(), 'readmill-register-command-'));
afterAll(() => rmSync(folder, { recursive: true }));
afterEach(() => {
  vi.restoreAllMocks();
  process.exitCode = undefined;
});

/** Lines that the command prints for a register of so many bad rows. */
async function linesFor(badRows: number): Promise<string[]> {
  const [file, config] = [join(folder, 'meters.csv'), join(folder, 'config.json')];
  const rows = Array.from({ length: badRows }, (_, i) => `M${i},NOTHING\n`);
  writeFileSync(file, `meter_id,units\n${rows.join('')}`);
  const source = { name: 'north', inbox: './inbox', profile: 'cmep-1.20' };
  const output = { directory: './outbox', sender: 'ORG00001', receiver: 'ORG00000' };
  writeFileSync(config, JSON.stringify({ state: './state', sources: [source], output }));
  let printed = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    printed += text;
    return true;
  });
  const program = new Command().exitOverride();
  registerImport(program);
  await program.parseAsync(['register', 'import', file, '--config', config], { from: 'user' });
  expect(process.exitCode).toBe(2);
  return printed.trimEnd().split('\n');
}

it('PROBLEMS_SHOWN_MAX: twenty bad rows are printed, then how many more there are', async () => {
  const [whole, cut] = [await linesFor(20), await linesFor(21)];
  expect([whole.length, cut.length]).toEqual([21, 22]);
  expect(whole.at(-1)).toContain('line 21,');
  expect([cut[0], cut.at(-2), cut.at(-1)]).toEqual([
    expect.stringContaining('21 bad rows; the register stays as it was.'),
    whole.at(-1),
    '  and 1 more',
  ]);
});
