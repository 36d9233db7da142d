import { constants, publicEncrypt, randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { bytesInMemory } from '../../../src/as2/byte-range.js';
import { MessageFault } from '../../../src/as2/faults.js';
import { entityOf } from '../../../src/as2/mime/entity.js';
import { openMessage } from '../../../src/as2/read-message.js';
import { makeWorkspace } from '../../../src/as2/workspace.js';
import { makeIdentity, type TestIdentity } from '../openssl.js';
import {
  makeMessage,
  OUR_NAME,
  post,
  type RunningReceiver,
  startReceiver,
  type TestMessage,
  THEIR_NAME,
} from './running-receiver.js';

let root = '';
let folder = '';
let us: TestIdentity;
let them: TestIdentity;
let receiver: RunningReceiver;

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'readmill-hostile-receiver-'));
  us = makeIdentity(root, 'us');
  them = makeIdentity(root, 'them');
});
beforeEach(() => {
  folder = mkdtempSync(join(root, 'case-'));
});
afterEach(async () => {
  await receiver.close();
  expect(existsSync(join(folder, 'work')) ? readdirSync(join(folder, 'work')) : []).toEqual([]);
});
afterAll(() => rmSync(root, { recursive: true }));

describe('a sender that is slow', () => {
  const TIMEOUT_SECONDS = 0.4;
  const DRIP_MS = 20;

  /** Opens a connection, sends a byte now and then until the other side closes, and tells what it answered. */
  async function drip(begin: string): Promise<string> {
    const socket: Socket = connect(Number(new URL(receiver.url).port), '127.0.0.1');
    let answer = '';
    socket.on('data', (bytes) => {
      answer += bytes.toString('latin1');
    });
    // What was sent behind its closing is of no interest.
    socket.on('error', () => {});
    socket.write(begin);
    const dripping = setInterval(() => socket.write('x'), DRIP_MS);
    await new Promise((resolve) => socket.once('close', resolve));
    clearInterval(dripping);
    return answer;
  }

  const HEAD = `POST /as2 HTTP/1.1\r\nHost: x\r\nAS2-From: "${OUR_NAME}"\r\nAS2-To: ${THEIR_NAME}\r\nMessage-ID: <slow@test>\r\n`;

  it.each([
    ['in its body', `${HEAD}Content-Length: 1000000\r\n\r\n`],
    ['in a body of chunks', `${HEAD}Transfer-Encoding: chunked\r\n\r\nF4240\r\n`],
    ['in its header lines', HEAD],
  ])('%s is closed when its time is over; others are served meanwhile', async (_, begin) => {
    receiver = await startReceiver(folder, us, them, { receiver: { timeoutSeconds: TIMEOUT_SECONDS } });
    const dripping = drip(begin);
    const other = await post(receiver.url, await makeMessage(folder, us, them), them);
    expect(other.judged!.verdict).toBe('delivered');
    const answer = await dripping;
    expect(answer === '' || answer.startsWith('HTTP/1.1 408 ')).toBe(true);
    expect(answer).not.toContain('node:');
    expect(
      receiver.told.filter((line) => line.includes('slow')).every((line) => line.startsWith('refused')),
    ).toBe(true);
    expect(readdirSync(join(folder, 'received', 'ORG_00001')).length).toBe(1);
  });
});

describe('a message that cannot be decrypted', () => {
  const KEY_BYTES = 256;
  const KEY_HEAD = Buffer.from([0x04, 0x82, 0x01, 0x00]);

  /** The message with another encrypted content key. */
  function withKey(message: TestMessage, encrypted: Buffer): TestMessage {
    const body = Buffer.from(message.body);
    const at = body.indexOf(KEY_HEAD);
    expect([at > 0, encrypted.length]).toEqual([true, KEY_BYTES]);
    encrypted.copy(body, at + KEY_HEAD.length);
    return { ...message, body };
  }
  const raw = (block: Buffer) =>
    publicEncrypt({ key: them.certificate.x509.publicKey, padding: constants.RSA_NO_PADDING }, block);
  const padded = (key: Buffer) =>
    publicEncrypt({ key: them.certificate.x509.publicKey, padding: constants.RSA_PKCS1_PADDING }, key);

  /** What is wrong with it, and how. */
  const WRONG: [string, (message: TestMessage) => TestMessage][] = [
    ['a padding of another kind', (message) => withKey(message, raw(Buffer.alloc(KEY_BYTES, 1)))],
    [
      'a padding without end',
      (message) =>
        withKey(message, raw(Buffer.concat([Buffer.from([0, 2]), Buffer.alloc(KEY_BYTES - 2, 7)]))),
    ],
    [
      'noise for a key',
      (message) => withKey(message, Buffer.concat([Buffer.from([0]), randomBytes(KEY_BYTES - 1)])),
    ],
    ['another key', (message) => withKey(message, padded(randomBytes(32)))],
    ['a key that is too short', (message) => withKey(message, padded(randomBytes(16)))],
    [
      'another last block',
      (message) => {
        const body = Buffer.from(message.body);
        body[body.length - 1]! ^= 0xff;
        return { ...message, body };
      },
    ],
  ];

  it('is answered with the same words, whatever of key and padding is wrong', async () => {
    receiver = await startReceiver(folder, us, them);
    const answers = new Set<string>();
    for (const [, spoil] of WRONG) {
      const spoilt = spoil(await makeMessage(folder, us, them));
      const { status, mdn } = await post(receiver.url, spoilt, them);
      answers.add(JSON.stringify([status, mdn!.disposition, mdn!.text, mdn!.mic]));
    }
    expect([...answers]).toEqual([expect.stringContaining('decryption-failed')]);
    const told = receiver.told.map((line) => line.replace(/<.*?>/, ''));
    expect([...new Set(told)].length).toBe(1);
  });

  it('takes as long with a bad padding as with another key', async () => {
    receiver = await startReceiver(folder, us, them);
    // So long that leaving out its decryption would show.
    const content = randomBytes(1024 * 1024);
    const message = await makeMessage(folder, us, them, { content });
    const headers = new Map(
      Object.entries(message.headers).map(([name, value]) => [name.toLowerCase(), value]),
    );
    const keys = { own: [them], partner: [us.certificate], acceptSha1: false };
    const kinds = WRONG.slice(0, 4).map(([, spoil]) => ({ body: spoil(message).body, least: Infinity }));
    // In turn, and the least of each: what else the machine does only adds.
    for (let round = 0; round < 15; round++) {
      for (const kind of kinds) {
        const workspace = makeWorkspace(join(folder, 'work'));
        const startedMs = performance.now();
        const opening = openMessage(entityOf(headers, bytesInMemory(kind.body)), keys, 1 << 24, workspace);
        await expect(opening).rejects.toThrow(MessageFault);
        kind.least = Math.min(kind.least, performance.now() - startedMs);
        await workspace.dispose();
      }
    }
    const times = kinds.map(({ least }) => least);
    expect(Math.max(...times) / Math.min(...times)).toBeLessThan(1.5);
  });
});

describe('a flood of messages that were changed', () => {
  const MESSAGES = 180;
  const AT_A_TIME = 6;
  /** Less than all that was sent would take, were it kept. */
  const GROWTH_BYTES = 3 * 1024 * 1024;

  /** Bytes that are in use, once everything that nobody has any more is cleared away. */
  function usedBytes(): number {
    setFlagsFromString('--expose-gc');
    (runInNewContext('gc') as () => void)();
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    return heapUsed + arrayBuffers;
  }

  function changed({ body, ...rest }: TestMessage, number: number): TestMessage {
    const spoilt = Buffer.from(body);
    const at = (number * 7919) % spoilt.length;
    const ways = [
      () => spoilt.subarray(0, at),
      () => spoilt.fill(number, at, at + 3),
      () => Buffer.concat([spoilt.subarray(0, at), randomBytes(500), spoilt.subarray(at)]),
      () => randomBytes(spoilt.length),
      () => Buffer.concat([spoilt, spoilt]),
      () => spoilt,
    ];
    const headers: Record<string, string> = { ...rest.headers, 'Message-ID': `<flood-${number}@test>` };
    if (number % 11 === 0) headers['AS2-From'] = 'nobody';
    if (number % 13 === 0) headers['Content-Type'] = 'multipart/signed; boundary="';
    return { ...rest, headers, body: ways[number % ways.length]!() };
  }

  it('leaves memory as it was, and a right message is taken after it', async () => {
    receiver = await startReceiver(folder, us, them);
    const message = await makeMessage(folder, us, them, { content: randomBytes(40_000) });
    const flood = async (from: number, to: number) => {
      for (let next = from; next < to; next += AT_A_TIME) {
        const numbers = Array.from({ length: AT_A_TIME }, (_, i) => next + i);
        await Promise.all(
          numbers.map(async (number) => {
            const { headers, body } = changed(message, number);
            const response = await fetch(receiver.url, {
              method: 'POST',
              headers,
              body: new Uint8Array(body),
            });
            expect([200, 400]).toContain(response.status);
            expect(await response.text()).not.toMatch(/node:|at .*\.[jt]s/);
          }),
        );
      }
    };
    await flood(0, MESSAGES / 4);
    const before = usedBytes();
    await flood(MESSAGES / 4, MESSAGES);
    expect(usedBytes() - before).toBeLessThan(GROWTH_BYTES);
    expect((await post(receiver.url, message, them)).judged!.verdict).toBe('delivered');
    expect(receiver.told.filter((line) => line.startsWith('problem'))).toEqual([]);
  });
});
