import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { makeIdentity, type TestIdentity } from '../openssl.js';
import {
  judge,
  makeMessage,
  OUR_NAME,
  post,
  type RunningReceiver,
  readReceipt,
  startReceiver,
} from './running-receiver.js';

let root = '';
let folder = '';
let us: TestIdentity;
let them: TestIdentity;
let receiver: RunningReceiver | null = null;

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'readmill-receiver-'));
  us = makeIdentity(root, 'us');
  them = makeIdentity(root, 'them');
});
beforeEach(() => {
  folder = mkdtempSync(join(root, 'case-'));
});
afterEach(async () => {
  await receiver?.close();
  receiver = null;
  // Whatever happened, nothing of a message is left in the work folder.
  expect(existsSync(join(folder, 'work')) ? readdirSync(join(folder, 'work')) : []).toEqual([]);
});
afterAll(() => rmSync(root, { recursive: true }));

const start = async (given: Parameters<typeof startReceiver>[3] = {}) => {
  receiver = await startReceiver(folder, us, them, given);
  return receiver;
};
const message = (given: Parameters<typeof makeMessage>[3] = {}) => makeMessage(folder, us, them, given);
const received = () =>
  existsSync(join(folder, 'received')) ? readdirSync(join(folder, 'received', 'ORG_00001')) : [];

describe('a message that is right', () => {
  it('is put down, and its receipt proves the delivery', async () => {
    const { url, told } = await start();
    const content = Buffer.alloc(5_000_000, 'MEPMD01,\0\r\n');
    const sent = await message({ content });
    const { status, judged, mdn } = await post(url, sent, them);
    expect([status, judged]).toEqual([200, { verdict: 'delivered', reason: '' }]);
    expect(mdn!.signature!.certificate.der.equals(them.certificate.der)).toBe(true);
    expect(readFileSync(join(folder, 'received', 'ORG_00001', received()[0]!)).equals(content)).toBe(true);
    expect(told).toEqual([`taken ${sent.messageId}`]);
  });

  it('is answered as it asks: unsigned, by another digest, not at all', async () => {
    const { url } = await start();
    const options = 'Disposition-Notification-Options';
    const unsigned = await post(url, await message({ headers: { [options]: '' } }), them);
    expect(unsigned.mdn!.signature).toBeNull();
    const micalg =
      'signed-receipt-protocol=required,pkcs7-signature;signed-receipt-micalg=required,sha1999,SHA512';
    const other = await post(url, await message({ headers: { [options]: micalg } }), them);
    expect([other.mdn!.mic!.digest, other.mdn!.signature!.digest]).toEqual(['sha512', 'sha512']);
    const none = await post(url, await message({ headers: { 'Disposition-Notification-To': '' } }), them);
    expect([none.status, none.text]).toEqual([200, '']);
  });

  it('keeps no name that could hurt, and no two files under one', async () => {
    const { url } = await start();
    for (const name of ['../../../evil', 'A.DAT', 'A.DAT', '.hidden', 'C:\\x\\y z.DAT'])
      expect((await post(url, await message({ name }), them)).judged!.verdict).toBe('delivered');
    expect(received().sort()).toEqual(['A.DAT', 'A.DAT.2', 'evil', 'hidden', 'y_z.DAT']);
  });
});

describe('a message that comes again', () => {
  it('gets the earlier receipt, also when both come at once, and after a restart', async () => {
    const { url, told } = await start();
    const sent = await message();
    const [one, other] = await Promise.all([post(url, sent, them), post(url, sent, them)]);
    expect(one.text).toBe(other.text);
    expect([one.judged!.verdict, told.map((line) => line.split(' ')[0]).sort()]).toEqual([
      'delivered',
      ['repeated', 'taken'],
    ]);
    await receiver!.close();
    const again = await start();
    expect((await post(again.url, sent, them)).text).toBe(one.text);
    expect(received().length).toBe(1);
  });

  it('is the same file where the receiver had stopped between file and books', async () => {
    const { url } = await start();
    const sent = await message({ name: 'A.DAT' });
    await post(url, sent, them);
    await receiver!.close();
    rmSync(join(folder, 'state'), { recursive: true });
    const again = await start();
    expect((await post(again.url, sent, them)).judged!.verdict).toBe('delivered');
    expect(received()).toEqual(['A.DAT']);
  });

  it('is looked at again where it had failed', async () => {
    const { url } = await start();
    const sent = await message();
    const damaged = { ...sent, body: sent.body.subarray(0, sent.body.length - 16) };
    expect((await post(url, damaged, them)).judged!.verdict).toBe('refused');
    expect((await post(url, sent, them)).judged!.verdict).toBe('delivered');
  });
});

describe('a message that is wrong gets the disposition that says so', () => {
  const stranger = () => makeIdentity(root, 'stranger');
  it.each([
    [
      'encrypted for somebody else',
      'decryption-failed',
      async () => {
        const certificate = stranger().certificate;
        return message({
          protection: { recipient: { certificate, cipher: 'aes256-cbc', keyTransport: 'pkcs1' } },
        });
      },
    ],
    [
      'signed by somebody else',
      'authentication-failed',
      async () => {
        const { key, certificate } = stranger();
        return message({ protection: { signer: { key, certificate, digest: 'sha256', scheme: 'pkcs1' } } });
      },
    ],
    ['not signed', 'insufficient-message-security', () => message({ protection: { signer: null } })],
    ['not encrypted', 'insufficient-message-security', () => message({ protection: { recipient: null } })],
    ['no CMS', 'decryption-failed', async () => ({ ...(await message()), body: Buffer.from('hello') })],
    [
      'cut',
      'decryption-failed',
      async () => {
        const sent = await message();
        return { ...sent, body: sent.body.subarray(0, 700) };
      },
    ],
    [
      'for a receipt that we cannot make',
      'unsupported-mic-algorithms',
      () =>
        message({
          headers: {
            'Disposition-Notification-Options':
              'signed-receipt-protocol=required, pkcs7-signature; signed-receipt-micalg=required, md2',
          },
        }),
    ],
  ] as const)('%s', async (_, disposition, make) => {
    const { url, told } = await start();
    const { status, mdn, text } = await post(url, await make(), them);
    expect(status).toBe(200);
    expect(mdn!.disposition.modifier!.text).toBe(disposition);
    expect(mdn!.signature).not.toBeNull();
    expect(received()).toEqual([]);
    expect(told[0]).toContain(`: ${disposition}: `);
    expect(text).not.toMatch(/at .*\.[jt]s|node_modules/);
  });

  it('from a stranger: an unsigned receipt, and nobody is called', async () => {
    const { url } = await start();
    const headers = { 'AS2-From': 'NOBODY', 'Receipt-Delivery-Option': 'http://127.0.0.1:9/' };
    expect((await post(url, await message({ headers }), them)).status).toBe(200);
    const inResponse = await post(url, await message({ headers: { 'AS2-From': 'NOBODY' } }), them);
    expect(inResponse.mdn).toMatchObject({
      signature: null,
      disposition: { modifier: { text: 'unknown-trading-relationship' } },
    });
  });
});

describe('asynchronous receipts', () => {
  let sink: Server;
  let url = '';
  const posted: { headers: Map<string, string>; body: Buffer }[] = [];
  let failures = 0;
  beforeAll(async () => {
    sink = createServer(async (request: IncomingMessage, response) => {
      const pieces: Buffer[] = [];
      for await (const piece of request) pieces.push(piece as Buffer);
      const isFailure = failures-- > 0;
      if (!isFailure)
        posted.push({
          headers: new Map(Object.entries(request.headers).map(([k, v]) => [k, String(v)])),
          body: Buffer.concat(pieces),
        });
      response.writeHead(isFailure ? 500 : 200).end();
    });
    await new Promise<void>((resolve) => sink.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(sink.address() as AddressInfo).port}/mdn`;
  });
  beforeEach(() => {
    posted.length = 0;
  });
  afterAll(() => void sink.close());

  it.each([
    ['once', undefined, 1],
    ['twice on purpose', 'answer-twice', 2],
    ['not at all on purpose', 'lose-mdn', 0],
  ])('come %s, and prove the delivery', async (_, misbehave, times) => {
    const running = await start(misbehave === undefined ? {} : { misbehave });
    const sent = await message({ headers: { 'Receipt-Delivery-Option': url } });
    const { status, text } = await post(running.url, sent, them);
    expect([status, text]).toEqual([200, '']);
    await receiver!.close();
    receiver = null;
    expect(posted.length).toBe(times);
    for (const { headers, body } of posted) {
      expect([headers.get('as2-to'), headers.get('as2-from')]).toEqual([`"${OUR_NAME}"`, 'ORG00000']);
      expect(judge(await readReceipt(headers, body, them), sent, false).verdict).toBe('delivered');
    }
  });

  it('are tried again, and told where nobody takes them', async () => {
    const running = await start();
    failures = 1;
    await post(running.url, await message({ headers: { 'Receipt-Delivery-Option': url } }), them);
    await post(running.url, await message({ headers: { 'Receipt-Delivery-Option': 'ftp://x/' } }), them);
    await receiver!.close();
    receiver = null;
    expect(posted.length).toBe(1);
    expect(running.told.filter((line) => line.startsWith('problem'))).toEqual([
      expect.stringContaining('ftp://x/ is no http address'),
    ]);
  });
});

describe('misbehaviour', () => {
  it.each([
    ['wrong-mic', 'unproven', /MIC/],
    ['wrong-id', 'unproven', /another message/],
    ['unsigned-mdn', 'unproven', /not signed/],
  ])('%s', async (misbehave, verdict, reason) => {
    const { url } = await start({ misbehave: `${misbehave}*1` });
    const sent = await message();
    const first = await post(url, sent, them);
    expect([first.judged!.verdict, reason.test(first.judged!.reason)]).toEqual([verdict, true]);
    // The message was taken all the same; a repeat gets the right receipt.
    expect((await post(url, sent, them)).judged!.verdict).toBe('delivered');
    expect(received().length).toBe(1);
  });

  it('fail n times', async () => {
    const { url } = await start({ misbehave: 'fail*2' });
    const sent = await message();
    expect([(await post(url, sent, them)).status, (await post(url, sent, them)).status]).toEqual([503, 503]);
    expect((await post(url, sent, them)).judged!.verdict).toBe('delivered');
  });

  it('close at a byte, and lose a receipt: taken only in the second case', async () => {
    const { url, told } = await start({ misbehave: 'close-at=100*1,lose-mdn*1' });
    const sent = await message({
      content: Buffer.from(Array.from({ length: 300_000 }, (_, i) => (i * 7919) >> 3)),
    });
    await expect(post(url, sent, them)).rejects.toThrow();
    expect(received()).toEqual([]);
    await expect(post(url, sent, them)).rejects.toThrow();
    expect(received().length).toBe(1);
    expect((await post(url, sent, them)).judged!.verdict).toBe('delivered');
    expect(told.map((line) => line.split(' ')[0])).toEqual(['refused', 'taken', 'repeated']);
  });

  it('delay', async () => {
    const { url } = await start({ misbehave: 'delay=0.2' });
    const beganMs = performance.now();
    await post(url, await message(), them);
    expect(performance.now() - beganMs).toBeGreaterThan(190);
  });
});

describe('limits', () => {
  const raw = async (url: string, bytes: string): Promise<string> => {
    const { port } = new URL(url);
    const socket = connect(Number(port), '127.0.0.1');
    socket.write(bytes);
    const pieces: Buffer[] = [];
    socket.on('data', (piece) => pieces.push(piece));
    await new Promise((resolve) => socket.on('close', resolve).on('error', () => {}));
    return Buffer.concat(pieces).toString('latin1');
  };

  it('of sizes', async () => {
    const { url } = await start({ receiver: { maximumBytes: 20_000 } });
    const large = await message({ content: Buffer.alloc(30_000), protection: { compressionLevel: 0 } });
    expect((await post(url, large, them)).status).toBe(413);
    // Without a Content-Length it shows only while it comes.
    const head = `POST /as2 HTTP/1.1\r\nHost: x\r\nAS2-From: "${OUR_NAME}"\r\nAS2-To: ORG00000\r\nMessage-ID: <c@x>\r\n`;
    const chunk = `4000\r\n${'x'.repeat(0x4000)}\r\n`;
    const chunked = await raw(
      url,
      `${head}Content-Type: a/b\r\nTransfer-Encoding: chunked\r\n\r\n${chunk}${chunk}`,
    );
    expect(chunked).toContain('413');
    expect(await raw(url, `${head}X: ${'x'.repeat(40_000)}\r\n\r\n`)).toContain('431');
    const bomb = await message({ content: Buffer.alloc(30_000) });
    expect((await post(url, bomb, them)).mdn!.disposition.modifier!.text).toBe('decompression-failed');
  });

  it('of headers that must be there, and of addresses', async () => {
    const { url } = await start();
    for (const missing of ['AS2-From', 'AS2-To', 'Message-ID']) {
      const sent = await message();
      delete sent.headers[missing];
      expect((await post(url, sent, them)).status).toBe(400);
    }
    expect((await fetch(`${url}/elsewhere`, { method: 'POST', body: 'x' })).status).toBe(404);
    expect(await (await fetch(url)).text()).toMatch(/^readmill\/[\d.]+ takes AS2 messages/);
  });

  it('of a disk or folder that takes nothing: 500, without what is inside', async () => {
    const { url, told } = await start();
    writeFileSync(join(folder, 'received'), 'a file where the folder should be');
    const { status, text } = await post(url, await message(), them);
    expect([status, text]).toEqual([500, 'The message could not be handled here.\n']);
    expect(told[0]).toMatch(/^problem .*(EEXIST|ENOTDIR)/);
    rmSync(join(folder, 'received'));
  });

  it('of a connection that breaks off: nothing is taken', async () => {
    const { url, told } = await start();
    const sent = await message();
    const { port } = new URL(url);
    const socket = connect(Number(port), '127.0.0.1');
    const lines = Object.entries(sent.headers).map(([name, value]) => `${name}: ${value}\r\n`);
    const gone = new Promise((resolve) =>
      receiver!.server.server.once('connection', (peer) => peer.once('close', resolve)),
    );
    socket.write(
      `POST /as2 HTTP/1.1\r\nHost: x\r\nContent-Length: ${sent.body.length}\r\n${lines.join('')}\r\n`,
    );
    socket.write(sent.body.subarray(0, sent.body.length - 10), () => socket.destroy());
    await gone;
    await receiver!.close();
    receiver = null;
    expect(told).toEqual([`refused ${sent.messageId}: the connection broke off before all had come`]);
    expect(received()).toEqual([]);
  });
});
