import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { folderWith, generate, NOW, runNight } from './night-folder.js';
import { type Started, startReadmill } from './program.js';

interface Night {
  reads: { accepted: number };
  runs: { status: string }[];
}

let started: Started | undefined;
afterEach(() => {
  started?.child.kill('SIGKILL');
  started = undefined;
});

/** Starts a command that serves. @returns its address */
function startServing(args: readonly string[]): Promise<string> {
  const serving = startReadmill(args);
  started = serving;
  return new Promise((resolve, reject) => {
    let said = '';
    serving.child.stdout!.on('data', (piece: Buffer) => {
      said += piece;
      const url = /Dashboard on (\S+)\n/.exec(said)?.[1];
      if (url !== undefined) resolve(url);
    });
    void serving.ended.then(({ stderr }) => reject(new Error(`it ended: ${said}${stderr}`)));
  });
}

it('readmill serve shows what another process does, and ends in order', async () => {
  const night = await generate({ meters: 100, seed: 4, defects: 'none', 'missing-rate': 0 });
  const folder = folderWith(night);
  const url = await startServing(['serve', '--config', folder.config, '--port', '0', '--now', NOW]);
  const json = async (path: string) => (await (await fetch(new URL(path, url))).json()) as Night;
  expect(await json('api/tonight')).toMatchObject({ level: 'good', runs: [], reads: { received: 0 } });
  await runNight(folder, { now: '2026-11-22T06:00:30Z' });
  // What was answered before the night may be given again for a moment; the night itself may be shown as running.
  let tonight = await json('api/tonight');
  while (tonight.runs[0]?.status !== 'complete') tonight = await json('api/tonight');
  expect(tonight).toMatchObject({ runs: [{ status: 'complete' }], readSuccess: { percent: 100 } });
  const metrics = await (await fetch(new URL('metrics', url))).text();
  const accepted = tonight.reads.accepted;
  expect(accepted).toBeGreaterThan(2400);
  expect(metrics).toContain(`readmill_reads_total{source="north",outcome="accepted"} ${accepted}\n`);
  expect(metrics).toContain('readmill_read_success_ratio 1\n');
  const { child, ended } = started!;
  child.kill('SIGTERM');
  expect((await ended).code).toBe(0);
});

it('readmill watch has the dashboard of its configuration, behind its token', async () => {
  const night = await generate({ meters: 20, seed: 4, defects: 'none', 'missing-rate': 0 });
  const folder = folderWith(night, {
    config: { serve: { port: 0, tokenFile: 'token' }, watch: { pollSeconds: 0.05, gatherSeconds: 0 } },
  });
  writeFileSync(join(folder.directory, 'token'), 'a-token-that-is-long-enough\n', { mode: 0o600 });
  const url = await startServing(['watch', '--config', folder.config, '--workers', '1', '--now', NOW]);
  expect((await fetch(new URL('api/tonight', url))).status).toBe(401);
  const headers = { authorization: 'Bearer a-token-that-is-long-enough' };
  const tonight = async () => (await (await fetch(new URL('api/tonight', url), { headers })).json()) as Night;
  // The night goes through while it is watched; each answer is of some moment of it.
  let view = await tonight();
  while (view.runs.length === 0) view = await tonight();
  expect(view).toMatchObject({
    runs: [{ status: 'complete', files: 1 }],
    sources: [{ name: 'north', files: 1 }],
  });
  const { child, ended } = started!;
  child.kill('SIGTERM');
  const { code, stdout } = await ended;
  expect([code, stdout]).toEqual([0, expect.stringMatching(/Stopped\.\n$/)]);
});
