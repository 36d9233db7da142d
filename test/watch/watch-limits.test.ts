import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Config } from '../../src/pipeline/config/config.js';
import { type FolderReader, InboxPoll, POLLED_FILES_MAX } from '../../src/watch/inbox-poll.js';
import { NightBook, readReport, SUMMARIES_KEPT_MAX } from '../../src/watch/night-book.js';
import { tellHooks } from '../../src/watch/notice-hooks.js';
import { goodNight } from '../report/sample-report.js';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'readmill-watch-limits-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const NEVER = new Promise<never>(() => undefined);
const NIGHT = '20261120110000-0020';

function putReport(runId: string, text: string): string {
  mkdirSync(join(folder, 'reports', runId), { recursive: true });
  const path = join(folder, 'reports', runId, 'report.json');
  writeFileSync(path, text);
  return path;
}

it('POLLED_FILES_MAX: so many files of an inbox are looked at, the others wait, and it is said', async () => {
  const files = Array.from({ length: POLLED_FILES_MAX }, (_, i) => `f${String(i).padStart(5, '0')}`);
  const old = { size: 1, mtimeMs: 0, ctimeMs: 0 };
  const reader: FolderReader = { list: async () => [...files], look: async () => old };
  const source = { name: 'north', inbox: '/in', minimumAgeSeconds: 0 };
  const poll = new InboxPoll({ sources: [source] } as unknown as Pick<Config, 'sources'>, reader);
  await poll.poll(1e6, NEVER);
  const [full] = await poll.poll(2e6, NEVER);
  expect([full!.ready.length, full!.left]).toEqual([POLLED_FILES_MAX, []]);
  files.push('last');
  await poll.poll(3e6, NEVER);
  const [more] = await poll.poll(4e6, NEVER);
  expect(more!.ready.map(({ name }) => name)).not.toContain('last');
  expect(more!.ready).toHaveLength(POLLED_FILES_MAX);
  expect(more!.left).toMatchObject([
    { path: '/in', reason: `only its first ${POLLED_FILES_MAX} files are looked at` },
  ]);
});

it('SUMMARIES_KEPT_MAX: so many runs are known without a look at the disk, the oldest of more is read again', async () => {
  const book = new NightBook(folder);
  const text = JSON.stringify(goodNight());
  const idOf = (i: number) =>
    `20250101${String(i)
      .padStart(6, '0')
      .replace(/^(..)(..)(..)$/, '$1$2$3')}-0001`;
  const ids = Array.from({ length: SUMMARIES_KEPT_MAX + 1 }, (_, i) =>
    idOf(Math.floor(i / 60) * 100 + (i % 60)),
  );
  for (const id of ids.slice(0, -1)) putReport(id, text);
  for (const id of ids.slice(0, -1)) expect(await book.summary(id)).not.toBeNull();
  rmSync(join(folder, 'reports', ids[0]!), { recursive: true });
  expect(await book.summary(ids[0]!)).not.toBeNull();
  putReport(ids.at(-1)!, text);
  await book.summary(ids.at(-1)!);
  expect(await book.summary(ids[0]!)).toBeNull();
  expect(await book.summary(ids[1]!)).not.toBeNull();
});

it('REPORT_BYTES_MAX: a report of 64 MiB is read, a larger one is left out', async () => {
  const text = JSON.stringify(goodNight());
  const path = putReport(NIGHT, `${text}${' '.repeat(64 * 1024 ** 2 - text.length)}`);
  expect((await readReport(folder, NIGHT))?.tool).toBe('readmill');
  appendFileSync(path, ' ');
  expect(await readReport(folder, NIGHT)).toBeNull();
});

it('SAMPLE_LINES_MAX: twenty lines of each list are kept of a report', async () => {
  const line = { meterId: 'M', units: 'KWH', stamp: '', code: '', detail: '' };
  const lists = (count: number) => ({
    reviewSample: Array.from({ length: count }, () => line),
    missingMeterSample: Array.from({ length: count }, (_, i) => `M${i}`),
  });
  for (const [count, kept] of [
    [20, 20],
    [21, 20],
  ] as const) {
    putReport(NIGHT, JSON.stringify(goodNight(lists(count))));
    const summary = await new NightBook(folder).summary(NIGHT);
    expect([summary!.reviewSample.length, summary!.missingSample.length]).toEqual([kept, kept]);
  }
});

it('ANSWER_CHARACTERS_MAX: so much of a refusal is told, and an answer without end is not waited for', async () => {
  const words = 'w'.repeat(199);
  let answer = '';
  let isEndless = false;
  let sent = 0;
  const server: Server = createServer((request, response) => {
    request.resume();
    response.writeHead(500);
    if (!isEndless) return void response.end(answer);
    const more = () => {
      while (!response.destroyed && sent < 1e9) {
        sent += 65_536;
        if (!response.write(Buffer.alloc(65_536, 'x'))) return void response.once('drain', more);
      }
    };
    more();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const said = async () => (await tellHooks({ notices: { webhook: { url } } } as unknown as Config, {}))[0];
  answer = `${words}x`;
  expect(await said()).toMatch(/HTTP 500 w{199}x\.$/);
  answer = `${words}xy`;
  expect(await said()).toMatch(/HTTP 500 w{199}x\.$/);
  isEndless = true;
  expect(await said()).toMatch(/HTTP 500 x{200}\.$/);
  expect(sent).toBeLessThan(64 * 1024 ** 2);
  server.closeAllConnections();
  server.close();
});
