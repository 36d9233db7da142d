import { linkSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MockAgent } from 'undici';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { bytesInMemory } from '../../../src/as2/byte-range.js';
import { postReceipt } from '../../../src/as2/receiver/answer.js';
import { putFile, safeName } from '../../../src/as2/receiver/received-files.js';
import { answeredConnections } from '../open-connections.js';
import { makeIdentity, type TestIdentity } from '../openssl.js';
import { OUR_NAME, type RunningReceiver, startReceiver } from './running-receiver.js';

const MIB = 1024 ** 2;
let root = '';
let folder = '';
let us: TestIdentity;
let them: TestIdentity;
let receiver: RunningReceiver | null = null;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'readmill-receiver-limits-'));
  us = makeIdentity(root, 'us');
  them = makeIdentity(root, 'them');
});
beforeEach(() => {
  folder = mkdtempSync(join(root, 'case-'));
});
afterEach(async () => {
  vi.useRealTimers();
  await receiver?.close();
  receiver = null;
});
afterAll(() => rmSync(root, { recursive: true }));

async function start(given: Parameters<typeof startReceiver>[3] = {}): Promise<string> {
  receiver = await startReceiver(folder, us, them, given);
  return receiver.url;
}

async function statusFor(
  url: string,
  headers: Record<string, string>,
  body: Buffer | string = 'x',
): Promise<number> {
  const known = { 'AS2-From': `"${OUR_NAME}"`, 'AS2-To': 'ORG00000', 'Message-ID': '<1@x>' };
  const response = await fetch(url, { method: 'POST', headers: { ...known, ...headers }, body });
  await response.arrayBuffer();
  return response.status;
}

describe('limits of the receiver', () => {
  it('MESSAGE_ID_CHARACTERS_MAX: a Message-ID of 998 characters is looked at, a longer one is not', async () => {
    const url = await start();
    const ofLength = (length: number) => statusFor(url, { 'Message-ID': `<${'m'.repeat(length - 2)}>` });
    await ofLength(998);
    expect(receiver!.told).toEqual([expect.stringMatching(/^refused <m{996}>: /)]);
    expect(await ofLength(999)).toBe(400);
    expect(receiver!.told).toHaveLength(1);
  });

  it('STRANGER_BYTES_MAX: of a stranger 4 MiB are read, of a partner more', async () => {
    const url = await start();
    const stranger = { 'AS2-From': 'nobody' };
    expect(await statusFor(url, stranger, Buffer.alloc(4 * MIB))).not.toBe(413);
    expect(await statusFor(url, stranger, Buffer.alloc(4 * MIB + 1))).toBe(413);
    expect(await statusFor(url, {}, Buffer.alloc(4 * MIB + 1))).not.toBe(413);
  });

  it('CONNECTIONS_MAX: 256 connections are answered, the next is closed', async () => {
    await start();
    const { port } = receiver!.server.server.address() as AddressInfo;
    expect(await answeredConnections(port, 257)).toBe(256);
  });

  it('RECEIPTS_WAITING_MAX and RECEIPT_CONNECTIONS_MAX: a thousand receipts wait for eight connections', async () => {
    const url = await start({ misbehave: 'answer-twice' });
    let connections = 0;
    const held: ServerResponse[] = [];
    let isOpen = false;
    const sink: Server = createServer((request, response) => {
      request.resume();
      if (isOpen) response.end();
      else held.push(response);
    }).on('connection', () => connections++);
    await new Promise<void>((resolve) => sink.listen(0, '127.0.0.1', resolve));
    const { port } = sink.address() as AddressInfo;
    // What is refused gets a receipt, too; here two.
    const headers = {
      'Disposition-Notification-To': 'us',
      'Receipt-Delivery-Option': `http://127.0.0.1:${port}/`,
    };
    const send = () => statusFor(url, { ...headers, 'Message-ID': `<${sent++}@x>` });
    let sent = 0;
    const statuses: number[] = [];
    for (let i = 0; i < 500; i += 50) statuses.push(...(await Promise.all(Array.from({ length: 50 }, send))));
    expect(new Set(statuses)).toEqual(new Set([200]));
    expect(await send()).toBe(503);
    expect([connections, held.length]).toEqual([8, 8]);
    isOpen = true;
    for (const response of held) response.end();
    await vi.waitFor(async () => expect(await send()).toBe(200), { timeout: 10_000, interval: 5 });
    await receiver!.close();
    receiver = null;
    expect(connections).toBe(8);
    sink.close();
  });

  it('ATTEMPTS_MAX: a receipt is posted three times, and then told', async () => {
    const agent = new MockAgent({ connections: 1 });
    agent.disableNetConnect();
    const peer = agent.get('http://peer.invalid');
    const answers = (failures: number) => {
      for (let i = 0; i < failures; i++) peer.intercept({ path: '/', method: 'POST' }).reply(500, '');
      peer.intercept({ path: '/', method: 'POST' }).reply(200, '');
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
      const posted = postReceipt('http://peer.invalid/', {}, Buffer.from('x'), agent as never);
      return vi.advanceTimersByTimeAsync(60_000).then(() => posted);
    };
    expect(await answers(2)).toBe('');
    expect(await answers(3)).toBe('http://peer.invalid/ answered 500');
    expect(agent.pendingInterceptors()).toHaveLength(1);
  });
});

describe('limits of received files', () => {
  it('NAME_CHARACTERS_MAX: so much of a name is kept', () => {
    const name = 'N'.repeat(128);
    expect([safeName(name, '<1>'), safeName(`${name}x`, '<1>')]).toEqual([name, name]);
    expect(safeName(`..${'/'.repeat(9)}${name}x`, '<1>')).toBe(name);
  });

  it('SAME_NAMES_MAX: ten thousand files of one name are kept apart, the next is refused', async () => {
    const directory = join(folder, 'from');
    mkdirSync(directory);
    const first = join(directory, 'N');
    writeFileSync(first, 'other');
    for (let number = 2; number < 10_000; number++) linkSync(first, `${first}.${number}`);
    const put = (content: string) => putFile(folder, 'from', 'N', bytesInMemory(Buffer.from(content)));
    expect((await put('longer than the others')).path).toBe(`${first}.10000`);
    await expect(put('longer than all the others')).rejects.toThrow('holds more than 10000 files named N');
    expect((await put('longer than the others')).path).toBe(`${first}.10000`);
  });
});
