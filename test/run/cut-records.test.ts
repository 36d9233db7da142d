import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';

const PROGRAM = join(import.meta.dirname, '../../src/cli/launch.mjs');
const folder = mkdtempSync(join(tmpdir(), 'readmill-cut-'));

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** One night run over `lines`; the hash of each batch and history file by a name without the run in it. */
function filesOfRun(name: string, lines: string[]): Record<string, string> {
  const home = join(folder, name);
  mkdirSync(join(home, 'inbox'), { recursive: true });
  writeFileSync(join(home, 'inbox', 'night.cmep'), lines.join(''));
  const config = {
    state: './state',
    sources: [{ name: 'one', inbox: './inbox', profile: 'sensus', minimumAgeSeconds: 0 }],
    output: { directory: './outbox', sender: 'ORG00001', receiver: 'ORG00000' },
  };
  writeFileSync(join(home, 'night.json'), JSON.stringify(config));
  const run = spawnSync(
    process.execPath,
    [PROGRAM, 'run', '--config', join(home, 'night.json'), '--now', '2026-11-23T12:00:00Z', '--json'],
    { encoding: 'utf8' },
  );
  expect([0, 2], run.stderr).toContain(run.status);
  const hashes: Record<string, string> = {};
  for (const part of ['outbox', 'state/history']) {
    for (const file of readdirSync(join(home, part))) {
      const key = file.replace(/-2026\d+-\d+-[0-9a-f]{8}\.arrow$/, '');
      hashes[key] = createHash('sha256')
        .update(readFileSync(join(home, part, file)))
        .digest('hex');
    }
  }
  return hashes;
}

/** Cuts an interval record of one day into two of half the reads each; other lines stay. */
function cutInTwo(line: string): string[] {
  const fields = line.trimEnd().split(',');
  const count = Number(fields[13]);
  const isWhole = fields[0] === 'MEPMD01' && fields[10] === 'KWH' && fields.length === 14 + count * 3;
  if (!isWhole || count < 2) return [line];
  const half = Math.floor(count / 2);
  const part = (from: number, to: number) => {
    const head = [...fields.slice(0, 13), String(to - from)];
    return `${[...head, ...fields.slice(14 + from * 3, 14 + to * 3)].join(',')}\r\n`;
  };
  return [part(0, half), part(half, count)];
}

describe('the same reads in other records', () => {
  it.each([60, 30, 15])('give the same batches and history, at %i minutes', (interval) => {
    const made = join(folder, `made-${interval}`);
    const dialect = ['--dialect', 'sensus', '--interval', String(interval)];
    const defects = ['--defects', 'missing,outage,spike,negative,sum-mismatch,register-decreased'];
    const size = ['--meters', '1000', '--days', '2', '--start', '2026-11-20', '--out', made];
    execFileSync(process.execPath, [PROGRAM, 'generate', ...size, ...dialect, ...defects]);
    const file = readdirSync(made).find((name) => name.endsWith('.cmep'))!;
    const lines = readFileSync(join(made, file), 'latin1').split(/(?<=\n)/);
    const cut = lines.flatMap(cutInTwo);
    expect(cut.length).toBeGreaterThan(lines.length * 1.3);
    const whole = filesOfRun(`whole-${interval}`, lines);
    expect(Object.keys(whole).length).toBeGreaterThan(3);
    expect(filesOfRun(`cut-${interval}`, cut)).toEqual(whole);
  });
});
