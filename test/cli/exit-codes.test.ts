import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { lineOf } from '../formats/cmep/hand-made-lines.js';
import { readmill } from '../run/program.js';

const folder = mkdtempSync(join(tmpdir(), 'readmill-exit-codes-'));
afterAll(() => rmSync(folder, { recursive: true }));

const AT = ['--config', 'night.json'];
const LOST = ['--config', 'lost.json'];

beforeAll(() => {
  const put = (name: string, content: string) => writeFileSync(join(folder, name), content);
  const output = { directory: './outbox', sender: 'ORG00001', receiver: 'ORG00000' };
  const source = { name: 'north', profile: 'cmep-1.20', minimumAgeSeconds: 0 };
  const config = (state: string, inbox: string) =>
    JSON.stringify({ state, sources: [{ ...source, inbox }], output });
  for (const name of ['inbox', 'empty', 'outbox']) mkdirSync(join(folder, name));
  put('night.json', config('./state', './empty'));
  put('bad-night.json', config('./bad-state', './inbox'));
  put('broken.json', '{ "state": 1');
  put('good.cmep', `${lineOf({ 8: 'M1' })}\r\n`);
  put('bad.cmep', `${lineOf({ 8: 'M2', 17: 'x' })}\r\n`);
  put('inbox/bad.cmep', `${lineOf({ 8: 'M3', 17: 'x' })}\r\n`);
  put('good.csv', 'meter_id,units\nM1,KWH\n');
  put('bad.csv', 'meter_id,units\nM1,NOTHING\n');
});

/**
 * Exit codes by the contract: 0 all well, 2 the data is at fault, 1 the tool could not do its work. A delivery
 * that is refused needs a receiver: `test/run/delivery.test.ts` has it; what works until it is stopped have
 * `test/run/watch.test.ts` and `test/run/hosts.test.ts`. Each case says what must be printed.
 */
const CASES: [command: string, args: string[], code: number, says: RegExp][] = [
  ['check', ['check', 'good.cmep'], 0, /valid/],
  ['check', ['check', 'bad.cmep'], 2, /NOT valid/],
  ['check', ['check', 'absent.cmep'], 1, /absent\.cmep cannot be read/],
  ['run', ['run', ...AT, '--no-deliver'], 0, /COMPLETE/],
  ['run', ['run', '--config', 'bad-night.json', '--no-deliver'], 2, /rejected/i],
  ['run', ['run', '--config', 'broken.json'], 1, /READMILL_CONFIG_UNREADABLE/],
  ['generate', ['generate', '--meters', '2', '--days', '1', '--out', 'made'], 0, /2 meters/],
  ['generate', ['generate', '--meters', 'x', '--days', '1', '--out', 'made'], 1, /--meters/],
  ['register', ['register', 'import', 'good.csv', ...AT], 0, /1 channels/],
  ['register', ['register', 'import', 'bad.csv', ...AT], 2, /line 2, units/],
  ['register', ['register', 'import', 'absent.csv', ...AT], 1, /absent\.csv cannot be read/],
  ['rules', ['rules'], 0, /cmep\/bad-number/],
  ['rules', ['rules', '--format', 'x'], 1, /text, json, markdown, html/],
  ['history', ['history', 'import', 'good.cmep', ...AT], 0, /2 reads/],
  ['history', ['history', 'import', 'bad.cmep', ...AT], 2, /rejected/],
  ['history', ['history', 'import', 'absent.cmep', ...AT], 1, /absent\.cmep cannot be read/],
  ['explain', ['explain', ...LOST, '--meter', 'M1'], 1, /lost\.json|--day/],
  ['keys', ['keys', 'new', '--name', 'a', '--out', 'keys'], 0, /a\.crt/],
  ['keys', ['keys', 'new', '--name', 'a'], 1, /--out/],
  ['keys', ['keys', 'new', '--name', 'a', '--out', '/proc/none/keys'], 1, /cannot be written to: ENOENT/],
  ['generate', ['generate', '--meters', '1', '--days', '1', '--out', '/proc/none'], 1, /READMILL_/],
  ['receive', ['receive', ...AT], 1, /"receiver"/],
  ['send', ['send', 'good.cmep', ...AT, '--partner', 'nobody'], 1, /No partner is named "nobody"/],
  ['retry', ['retry', ...AT], 0, /Nothing is left to deliver/],
  ['retry', ['retry', ...LOST], 1, /lost\.json cannot be read/],
  ['connect', ['connect', ...AT, '--environment', 'none'], 1, /No partner with a url/],
  ['status', ['status', ...AT], 0, /Runs/],
  ['status', ['status', ...LOST], 1, /lost\.json cannot be read/],
  ['work', ['work', ...AT], 1, /Set ledger to the redis:\/\/ address/],
  ['watch', ['watch', ...LOST], 1, /lost\.json cannot be read/],
  ['serve', ['serve', ...AT, '--host', '0.0.0.0'], 1, /needs a token/],
  ['schema', ['schema'], 0, /Configuration of readmill/],
  ['schema', ['schema', '--output', 'none/x.json'], 1, /none\/x\.json cannot be written/],
  ['completion', ['completion', 'bash'], 0, /complete -o default/],
  ['completion', ['completion', 'csh'], 1, /bash, zsh, fish/],
  ['demo', ['demo', '--nothing'], 1, /unknown option '--nothing'/],
];

describe('exit codes', () => {
  // One after the other, since the cases with one state folder would wait for each other.
  it.each(CASES)('of %s: %j ends with %i', async (_, args, code, says) => {
    const ended = await readmill(args, { cwd: folder });
    expect(`${ended.stdout}${ended.stderr}`).toMatch(says);
    expect(ended.code).toBe(code);
  });

  it('are looked at for every command that the help names', async () => {
    const { stdout, code } = await readmill(['help'], { cwd: folder });
    expect(code).toBe(0);
    const all = [...stdout.matchAll(/^ {2}([a-z]+) /gm)].map(([, name]) => name!);
    const named = all.filter((name) => name !== 'help');
    expect(named.length).toBeGreaterThan(10);
    expect([...new Set(CASES.map(([name]) => name))].sort()).toEqual([...named].sort());
  });
});
