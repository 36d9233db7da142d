import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const MAIN = fileURLToPath(new URL('../../dist/bench/main.js', import.meta.url));

it('gets right answers from all contenders and from whole nights', () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, '--short'], { encoding: 'utf8' });
  expect(stderr).toBe('');
  expect(status).toBe(0);
  expect(stdout).toContain('csv-parse: ');
  expect(stdout).toContain('night with register: ');
}, 300_000);

it('checks files in order, shuffled and with errors, and counts 300,000 errors in bounded memory', () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, 'check', '--short'], {
    encoding: 'utf8',
  });
  expect(stderr).toBe('');
  expect(status).toBe(0);
  expect(stdout).toMatch(/ {2}all kinds of errors: .* MiB\n300,000 errors: .* MiB\n/);
}, 300_000);

it('gets right answers from AMRDEF, of saxes, of one worker and two, and from whole nights', () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, 'amrdef', '--short'], {
    encoding: 'utf8',
  });
  expect(stderr).toBe('');
  expect(status).toBe(0);
  expect(stdout).toMatch(/saxes doing the same extraction: [\d.]+ times\n/);
}, 300_000);

it('builds, opens, sends and receives messages, and packages a night', () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, 'as2', '--short'], {
    encoding: 'utf8',
  });
  expect(stderr).toBe('');
  expect(status).toBe(0);
  expect(stdout).toMatch(
    /^3 MiB: built in .*\n4 KiB: [\d.]+ messages a second, 0 errors\n1024 KiB: .* 0 errors\nnight of .*\n3 MiB sent/,
  );
}, 300_000);
