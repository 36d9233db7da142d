import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { registerGenerate } from '../../src/cli/generate.js';
import { temporaryFolder } from './written-night.js';

afterEach(() => vi.restoreAllMocks());

/** Runs the command and returns what it printed. */
async function run(...options: string[]): Promise<string> {
  let printed = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    printed += text;
    return true;
  });
  const program = new Command().exitOverride();
  registerGenerate(program);
  await program.parseAsync(['generate', ...options], { from: 'user' });
  return printed;
}

it('takes all options and prints one JSON document', async () => {
  const out = temporaryFolder();
  const options =
    '--meters 1000 --days 2 --start 2026-03-01 --dialect smartsynch --interval 15 --files 2 --seed 7';
  const more = '--missing-rate 0.01 --defects missing,spike --first-meter 5000 --json --format cmep';
  const result = JSON.parse(await run(...`${options} ${more}`.split(' '), '--out', out));
  expect(result.totals).toMatchObject({ meters: 1000, metersInRegister: 1000 });
  expect(Object.keys(result.defectCounts)).toEqual(['missing-short', 'missing-long', 'spike']);
  expect(result.defectCounts.spike).toBe(4);
  expect(readdirSync(out).sort()).toEqual([
    'answers.json',
    'meters.csv',
    'smartsynch-2026-03-01-1.cmep',
    'smartsynch-2026-03-01-2.cmep',
  ]);
  expect(readFileSync(join(out, 'meters.csv'), 'utf8')).toContain('\nM000005000,S000005000,KWH,15,');
  expect(JSON.parse(readFileSync(join(out, 'answers.json'), 'utf8')).options).toMatchObject({
    start: '2026-03-01',
    missingRate: 0.01,
  });
});

it('ends with yesterday in market time where no start is given', async () => {
  const starts = async (now: string, days: string) => {
    const out = temporaryFolder();
    const printed = await run('--meters', '1', '--days', days, '--out', out, '--now', now);
    expect(printed).toContain('1 meters');
    return readdirSync(out).find((name) => name.endsWith('.cmep'));
  };
  expect(await starts('2026-11-21T04:59Z', '1')).toBe('cmep-1.20-2026-11-19-1.cmep');
  expect(await starts('2026-11-21T05:00:00Z', '1')).toBe('cmep-1.20-2026-11-20-1.cmep');
  expect(await starts('2026-11-21T00:00:00-05:00', '28')).toBe('cmep-1.20-2026-10-24-1.cmep');
});

describe('refuses', () => {
  it.each([
    [['--format', 'csv'], 'Supported: cmep, amrdef'],
    [['--start', '2026-02-30'], '--start'],
    [['--now', '2026-11-21'], '--now'],
    [['--now', '2026-11-21T05:00:00'], '--now'],
    [['--interval', 'hourly'], '--interval'],
    [['--files', '-1'], '--files'],
    [['--defects', 'spikes'], 'spikes'],
  ])('%j', async (options, named) => {
    const attempt = run('--meters', '1', '--days', '1', '--out', temporaryFolder(), ...options);
    await expect(attempt).rejects.toMatchObject({
      code: 'READMILL_OPTION',
      message: expect.stringContaining(named),
    });
  });
});

it('ends its help with an example', () => {
  const program = new Command();
  registerGenerate(program);
  let help = '';
  const command = program.commands[0]!.configureOutput({ writeOut: (text) => (help += text) });
  command.outputHelp();
  expect(help).toMatch(/Example:\n {2}readmill generate --meters/);
});
