import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { codeBlocks, PAGES, ROOT, textOf } from './project-files.js';

const LAUNCHER = join(ROOT, 'src/cli/launch.mjs');
const COMMAND = /^(?:npx )?readmill (.+)$/;

/** Command lines of a page's `sh` blocks. */
function linesOf(page: string): string[] {
  return codeBlocks(textOf(page), 'sh').flatMap((block) => block.split('\n').filter((line) => line !== ''));
}

const helps = new Map<string, string>();

/** Help of a command, asked for once. */
function helpOf(words: readonly string[]): string {
  const name = words.join(' ');
  const help =
    helps.get(name) ??
    spawnSync(process.execPath, [LAUNCHER, ...words, '--help'], { encoding: 'utf8' }).stdout;
  helps.set(name, help);
  return help;
}

/** Subcommands that a help text lists. */
function subcommandsOf(help: string): string[] {
  const list = help.split('\nCommands:\n')[1]?.split('\n\n')[0] ?? '';
  return [...list.matchAll(/^ {2}([a-z][a-z-]*)/gm)].map(([, name]) => name!);
}

/** The words of a command line that name the command, and its options. */
function parsed(line: string): { command: string[]; options: string[]; help: string } {
  const words = line.split(/\s+/);
  const command: string[] = [];
  let help = helpOf([]);
  for (const word of words) {
    const known = subcommandsOf(help);
    if (known.length === 0) break;
    expect(known, line).toContain(word);
    command.push(word);
    help = helpOf(command);
  }
  return { command, options: words.filter((word) => word.startsWith('--')), help };
}

describe('commands of the pages', () => {
  const lines = PAGES.flatMap(linesOf)
    .map((line) => COMMAND.exec(line)?.[1])
    .filter((line) => line !== undefined);

  it('are found', () => {
    expect(lines.length).toBeGreaterThan(5);
  });

  it.each(lines)('readmill %s: command and options exist', (line) => {
    const { options, help } = parsed(line);
    for (const option of options) expect(help).toMatch(new RegExp(`^ +(?:-\\w, )?${option}\\b`, 'm'));
  });

  it('name scripts of package.json', () => {
    const { scripts } = JSON.parse(textOf('package.json')) as { scripts: Record<string, string> };
    const named = PAGES.flatMap(linesOf).flatMap((line) =>
      [...line.matchAll(/\bnpm (?:run )?(\w+)/g)].map(([, script]) => script!),
    );
    expect(named.filter((script) => script !== 'ci' && !(script in scripts))).toEqual([]);
  });
});

describe('the main tasks of the README, one after the other', () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'readmill-readme-'));
    writeFileSync(join(folder, 'night.json'), codeBlocks(textOf('README.md'), 'json')[0]!);
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('work as they stand', () => {
    const page = textOf('README.md').split('\n## Main tasks\n')[1]!;
    const lines = codeBlocks(page, 'sh').flatMap((block) => block.trim().split('\n'));
    // What works for ever has tests of its own.
    for (const line of lines.filter((line) => !/^npm | readmill (watch|serve) /.test(line))) {
      const command = line.replace(/^npx readmill/, `'${process.execPath}' '${LAUNCHER}'`);
      const { status, stderr } = spawnSync('sh', ['-c', command], { cwd: folder, encoding: 'utf8' });
      // The generated night has errors on purpose: 2 is the right answer to `check` and `run`.
      expect([line, status === 0 || status === 2, stderr]).toEqual([line, true, '']);
    }
    const runs = readdirSync(join(folder, 'state/reports'));
    expect(runs).toHaveLength(3);
    expect(readdirSync(join(folder, 'outbox')).length).toBeGreaterThan(0);
    expect(existsSync(join(folder, 'state/reports', runs[0]!, 'report.html'))).toBe(true);
    expect(JSON.parse(readFileSync(join(folder, 'result.json'), 'utf8'))).toMatchObject({ valid: false });
    expect(JSON.parse(readFileSync(join(folder, 'report.json'), 'utf8'))).toMatchObject({ tool: 'readmill' });
  });
});
