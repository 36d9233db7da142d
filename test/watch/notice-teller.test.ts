import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { readConfig } from '../../src/pipeline/config/config.js';
import { NightBook } from '../../src/watch/night-book.js';
import { NoticeTeller } from '../../src/watch/notice-teller.js';

it('goes on where the disk does not take that something was told', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'readmill-teller-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'night.json');
  const output = { directory: 'outbox', sender: 'A', receiver: 'B' };
  writeFileSync(
    path,
    JSON.stringify({ state: 'state', sources: [{ name: 'north', inbox: 'inbox' }], output }),
  );
  const config = readConfig(path);
  const problems: string[] = [];
  const teller = new NoticeTeller(
    {
      config,
      clock: () => Date.parse('2026-11-20T05:00:00Z'),
      onEvent: (event) => event.kind === 'problem' && problems.push(event.text),
      async hooks() {
        const notices = join(config.state, 'notices');
        rmSync(notices, { recursive: true });
        writeFileSync(notices, 'no folder');
        return [];
      },
    },
    new NightBook(config.state),
  );
  const standing = { unfinished: null, waitingDays: [], open: [], delivered: [], lastRunMs: null };
  const failure = { code: 'READMILL_DISK_FULL', message: 'full', attempts: 3, ms: 0, nextMs: 0 };
  await teller.look(standing, [], failure);
  await teller.settled();
  expect(problems).toEqual([expect.stringMatching(/^What was told could not be noted: E/)]);
});
