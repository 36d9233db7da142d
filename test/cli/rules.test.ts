import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { registerRules } from '../../src/cli/rules.js';
import { RULES } from '../../src/conformance/rules.js';

const folder = mkdtempSync(join(tmpdir(), 'readmill-rules-'));
afterAll(() => rmSync(folder, { recursive: true }));
afterEach(() => vi.restoreAllMocks());

/** Runs the command and returns what it printed on standard output. */
async function run(...args: string[]): Promise<string> {
  let printed = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    printed += text;
    return true;
  });
  const program = new Command().exitOverride().configureOutput({ writeErr: () => undefined });
  registerRules(program);
  for (const command of program.commands) command.exitOverride().copyInheritedSettings(program);
  await program.parseAsync(['rules', ...args], { from: 'user' });
  return printed;
}

describe('readmill rules', () => {
  it('lists all rules as text, a line each', async () => {
    const lines = (await run()).split('\n');
    for (const { code, severity, title } of RULES) {
      expect(lines.filter((line) => line.includes(` ${code} `) && line.includes(severity))).toEqual([
        expect.stringContaining(title),
      ]);
    }
  });

  it('describes those that are named, in full', async () => {
    const text = await run('cmep/bad-crc', 'vee/spike');
    const words = text.replace(/\s+/g, ' ');
    for (const rule of RULES.filter(({ code }) => ['cmep/bad-crc', 'vee/spike'].includes(code))) {
      for (const part of [rule.wrong, rule.why, rule.mend, rule.clause, rule.example]) {
        expect(words).toContain(part.replace(/\s+/g, ' '));
      }
    }
    expect(text).not.toContain('cmep/line-ending');
  });

  it('is one JSON document with everything that the catalogue says', async () => {
    const { tool, rules } = JSON.parse(await run('--format', 'json'));
    expect(tool).toBe('readmill');
    expect(rules).toHaveLength(RULES.length);
    for (const [number, rule] of RULES.entries()) expect(rules[number]).toMatchObject(rule);
    for (const rule of rules) expect(rule.group).toMatch(/^(CMEP: |Validation|AMRDEF)/);
  });

  it('is a page of HTML that needs no network and no script, each rule with an anchor', async () => {
    const path = join(folder, 'rules.html');
    expect(await run('--format', 'html', '--output', path)).toBe('');
    const page = readFileSync(path, 'utf8');
    expect(page).not.toMatch(/<script|<link|src=|https?:|@import/);
    for (const { code } of RULES) expect(page).toContain(`<article id="${code.replace('/', '-')}">`);
    expect(page).toContain('NOR&lt;BEL&gt;TH');
  });

  it('refuses what it does not know, and says what there is', async () => {
    await expect(run('cmep/crc')).rejects.toThrow(/no such rule.*cmep\/bad-crc/);
    await expect(run('--format', 'pdf')).rejects.toThrow(/Allowed choices are text, json, markdown, html/);
    await expect(run('--output', join(folder, 'none/rules.txt'))).rejects.toMatchObject({
      code: 'READMILL_OUTPUT',
    });
  });
});
