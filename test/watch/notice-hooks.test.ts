import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Config, configSchema } from '../../src/pipeline/config/config.js';
import { noticeMessage, tellHooks } from '../../src/watch/notice-hooks.js';
import type { Notice } from '../../src/watch/notices.js';

let folder = '';
let server: Server;
let status = 200;
const got: { body: string; authorization: string | undefined; type: string | undefined }[] = [];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'readmill-hooks-'));
  server = createServer((request, response) => {
    let body = '';
    request.on('data', (piece) => {
      body += piece;
    });
    request.on('end', () => {
      got.push({ body, authorization: request.headers.authorization, type: request.headers['content-type'] });
      response.writeHead(status).end('what it says');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterAll(() => {
  server.close();
  rmSync(folder, { recursive: true });
});

const NOTICE: Notice = {
  id: '1',
  kind: 'night-late',
  subject: 'north',
  level: 'bad',
  text: 'North "has" sent nothing;\n$(rm -rf /)',
  firstMs: 0,
  overMs: null,
  untold: 'raised',
};

function configWith(notices: Record<string, unknown>): Config {
  const output = { directory: 'o', sender: 'A', receiver: 'B' };
  return configSchema.parse({
    state: 's',
    sources: [{ name: 'n', inbox: 'i' }],
    output,
    notices,
  }) as unknown as Config;
}

const url = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}/T0KEN`;

it('a webhook and a command are given the notice as JSON, and nothing is made a command of', async () => {
  const authorizationFile = join(folder, 'authorization');
  writeFileSync(authorizationFile, 'Bearer abc\n');
  const out = join(folder, 'out.json');
  const command = ['sh', '-c', 'cat > "$1"', 'sh', out];
  const config = configWith({ webhook: { url: url(), authorizationFile }, command });
  const message = noticeMessage(NOTICE, config, 1000);
  expect(await tellHooks(config, message)).toEqual([]);
  expect(JSON.parse(readFileSync(out, 'utf8'))).toEqual(message);
  expect(got).toEqual([
    { body: JSON.stringify(message), authorization: 'Bearer abc', type: 'application/json' },
  ]);
  expect(message).toMatchObject({ event: 'raised', kind: 'night-late', text: `Night late: ${NOTICE.text}` });
});

it('what goes wrong is said without the address, which may hold a secret', async () => {
  status = 500;
  const missing = join(folder, 'no-such-program');
  const said = await tellHooks(configWith({ webhook: { url: url() }, command: [missing] }), {});
  expect(said).toHaveLength(2);
  expect(said[0]).toMatch(/^The webhook at 127\.0\.0\.1:\d+ was not told: HTTP 500 what it says\.$/);
  expect(said[1]).toMatch(/no-such-program was not told: .*ENOENT/);
  expect(said.join()).not.toContain('T0KEN');
  expect(await tellHooks(configWith({ command: ['sh', '-c', 'exit 3'] }), {})).toEqual([
    'The command sh was not told: it ended with 3.',
  ]);
  expect(existsSync(missing)).toBe(false);
});

it('nobody is told where nobody is configured', async () => {
  expect(await tellHooks(configWith({}), {})).toEqual([]);
});
