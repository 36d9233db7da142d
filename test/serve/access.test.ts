import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FastifyRequest } from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { codeOf } from '../../src/model/errors.js';
import { serveSchema } from '../../src/pipeline/config/watch-config.js';
import { isLoopback, openAccess, WRONG_TOKENS_MAX } from '../../src/serve/access.js';

const TOKEN = 'abcdefghijklmnopqrstuvwx';
let folder = '';
let tokenFile = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'readmill-access-'));
  tokenFile = join(folder, 'token');
  writeFileSync(tokenFile, `${TOKEN}\n`, { mode: 0o600 });
});
afterAll(() => rmSync(folder, { recursive: true }));

const accessOf = (given: Record<string, unknown>) => openAccess(serveSchema.parse(given));
const asking = (headers: Record<string, string>, method = 'GET') =>
  ({ headers: { host: '127.0.0.1:4090', ...headers }, method }) as unknown as FastifyRequest;

function codeOfOpening(given: Record<string, unknown>): string {
  try {
    accessOf(given);
    return '';
  } catch (thrown) {
    return codeOf(thrown);
  }
}

describe('an address that other machines can reach', () => {
  it.each(['0.0.0.0', '::', '192.0.2.7', 'operations.example.org', '127.0.0.1.example.org', ''])(
    '%s needs a token',
    (host) => {
      expect(isLoopback(host)).toBe(false);
      if (host === '') return;
      expect(codeOfOpening({ host })).toBe('READMILL_TOKEN');
      expect(codeOfOpening({ host, tokenFile })).toBe('');
    },
  );
  it.each(['127.0.0.1', '127.1.2.3', 'localhost', '::1'])('%s does not', (host) => {
    expect(accessOf({ host }).needsToken).toBe(false);
  });
});

describe('a token', () => {
  it.each([
    ['too short', 'abc', 0o600],
    ['of two words', `${TOKEN} ${TOKEN}`, 0o600],
    ['empty', '', 0o600],
    ['that others can read', TOKEN, 0o640],
  ])('%s is refused', (_, text, mode) => {
    const path = join(folder, 'other');
    writeFileSync(path, text);
    chmodSync(path, mode);
    expect(codeOfOpening({ tokenFile: path })).toBe('READMILL_TOKEN');
  });

  it('lets in as bearer or by the cookie that it gives, and nothing else does', () => {
    const access = accessOf({ tokenFile });
    expect(access.allows(asking({}))).toBe(false);
    expect(access.allows(asking({ authorization: `Bearer ${TOKEN}` }))).toBe(true);
    expect(access.allows(asking({ authorization: `Bearer ${TOKEN}x` }))).toBe(false);
    expect(access.cookieFor('wrong')).toBeNull();
    const cookie = access.cookieFor(TOKEN)!;
    expect(cookie).toMatch(/^readmill=[0-9a-f]{64}; HttpOnly; SameSite=Strict; Path=\/$/);
    expect(cookie).not.toContain(TOKEN);
    const [pair] = cookie.split(';');
    expect(access.allows(asking({ cookie: `a=b; ${pair}; c=d` }))).toBe(true);
    expect(access.allows(asking({ cookie: `${pair}0` }))).toBe(false);
    // Another start of the server has other cookies.
    expect(accessOf({ tokenFile }).allows(asking({ cookie: pair! }))).toBe(false);
  });

  it('is not looked at any more after many wrong ones', () => {
    const access = accessOf({ tokenFile });
    for (let i = 0; i < WRONG_TOKENS_MAX; i++) expect(access.cookieFor(`${i}`)).toBeNull();
    expect(access.cookieFor(TOKEN)).toBeNull();
    expect(access.allows(asking({ authorization: `Bearer ${TOKEN}` }))).toBe(false);
  });
});

describe('a request', () => {
  it.each([
    ['127.0.0.1:4090', true],
    ['localhost', true],
    ['[::1]:4090', true],
    ['evil.example.org', false],
    ['127.0.0.1.evil.example.org:4090', false],
    ['', false],
  ])('under the name "%s" is answered without a token: %s', (host, isAnswered) => {
    expect(accessOf({}).refusal(asking({ host })) === null).toBe(isAnswered);
  });

  it.each([
    ['http://127.0.0.1:4090', true],
    ['http://evil.example.org', false],
    ['http://127.0.0.1:4091', false],
    ['null', false],
  ])('that changes something, from a page of %s, is done: %s', (origin, isDone) => {
    for (const access of [accessOf({}), accessOf({ tokenFile })])
      expect(access.refusal(asking({ origin }, 'POST')) === null).toBe(isDone);
  });
});
