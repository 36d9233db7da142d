import { readFileSync, rmSync } from 'node:fs';
import { createServer as createHttp, request } from 'node:http';
import { createServer as createHttps } from 'node:https';
import { type AddressInfo, connect, type Server } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { openDeliveries } from '../../../src/as2/sender/delivery-queue.js';
import { reachPort, resolveName, shakeHands } from '../../../src/as2/sender/reach.js';
import { openssl } from '../openssl.js';
import { type Bench, type Identities, makeIdentities, openBench } from './sender-folder.js';

let identities: Identities;
let bench: Bench;
const servers: Server[] = [];
beforeAll(() => {
  identities = makeIdentities();
});
afterAll(() => rmSync(identities.folder, { recursive: true }));
afterEach(async () => {
  await bench.close();
  for (const server of servers.splice(0)) server.close();
});

/** Listens on a free port of loopback. */
function listening(server: Server): Promise<number> {
  servers.push(server);
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });
}

async function freePort(): Promise<number> {
  const server = createHttp();
  const port = await listening(server);
  await new Promise((resolve) => server.close(resolve));
  return port;
}

describe('asynchronous receipts', () => {
  async function openAsync(settings: Record<string, unknown> = {}): Promise<void> {
    const port = await freePort();
    const mdnUrl = `http://127.0.0.1:${port}/receipts`;
    const top = { mdnListener: { host: '127.0.0.1', port } };
    bench = await openBench(identities, { mdn: 'async', mdnUrl, ...settings }, top);
  }

  it('come to the listener, and prove the delivery', async () => {
    await openAsync();
    const records = await Promise.all(
      [0, 1, 2].map((i) => bench.sender.deliver(bench.consignment(`N${i}.DAT`))),
    );
    for (const record of records) expect(record).toMatchObject({ status: 'delivered', attempts: 1 });
    expect(bench.partner.requests[0]!.headers['receipt-delivery-option']).toMatch(/\/receipts$/);
  });

  it('that come twice change nothing', async () => {
    await openAsync();
    bench.partner.behaviours = [{ asyncCopies: 3 }];
    const record = await bench.sender.deliver(bench.consignment('N.DAT'));
    expect(record).toMatchObject({ status: 'delivered', attempts: 1 });
    await bench.partner.idle();
    expect(bench.partner.receiptAnswers).toEqual([200, 200, 200]);
    expect(openDeliveries(bench.ledger)).toEqual([]);
  });

  it('that do not come in time: the message is sent again', async () => {
    await openAsync({ mdnWaitMinutes: 0.005 });
    bench.partner.behaviours = [{ asyncCopies: 0 }];
    const first = await bench.sender.deliver(bench.consignment('N.DAT'));
    expect(first).toMatchObject({ status: 'waiting', attempts: 1 });
    expect(first.problem).toContain('its receipt did not come to mdnUrl within 0.005 minutes');
    bench.moveClock(6);
    const second = await bench.sender.resume(first);
    expect(second).toMatchObject({ status: 'delivered', attempts: 2, messageId: first.messageId });
  });

  it('that come late settle the delivery without another attempt', async () => {
    await openAsync({ mdnWaitMinutes: 0.001 });
    bench.partner.behaviours = [{ asyncDelayMs: 300 }];
    const first = await bench.sender.deliver(bench.consignment('N.DAT'));
    expect(first.status).toBe('waiting');
    await bench.partner.idle();
    expect(openDeliveries(bench.ledger)).toEqual([]);
    bench.moveClock(6);
    expect(await bench.sender.resume(first)).toMatchObject({ status: 'delivered', attempts: 1 });
    expect(bench.partner.requests).toHaveLength(1);
  });

  it('of strangers are refused and settle nothing', async () => {
    await openAsync({ mdnWaitMinutes: 0.005 });
    bench.partner.behaviours = [{ signer: identities.stranger }];
    const record = await bench.sender.deliver(bench.consignment('N.DAT'));
    await bench.partner.idle();
    expect([record.status, bench.partner.receiptAnswers]).toEqual(['waiting', [400]]);
  });
});

/** A TLS server in front of the partner, with a certificate for 127.0.0.1 of its own. */
async function tlsInFront(clientCa?: string): Promise<{ url: string; ca: string }> {
  const [key, ca] = ['tls.key', 'tls.crt'].map((name) => join(identities.folder, name)) as [string, string];
  const subject = ['-subj', '/CN=as2.test', '-addext', 'subjectAltName=IP:127.0.0.1'];
  openssl([
    'req',
    '-x509',
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-days',
    '40',
    ...subject,
    '-keyout',
    key,
    '-out',
    ca,
  ]);
  const client = clientCa === undefined ? {} : { ca: readFileSync(clientCa), requestCert: true };
  const server = createHttps(
    { key: readFileSync(key), cert: readFileSync(ca), ...client },
    (incoming, answer) => {
      const { method, headers } = incoming;
      const onward = request(bench.partner.url, { method, headers }, (back) => {
        answer.writeHead(back.statusCode!, back.headers);
        back.pipe(answer);
      });
      incoming.pipe(onward);
    },
  );
  return { url: `https://127.0.0.1:${await listening(server)}/as2`, ca };
}

const config = (more: Record<string, unknown>) =>
  ({ name: 'sandbox', ...more }) as Parameters<typeof shakeHands>[0];

describe('TLS', () => {
  it('with a given authority and a client certificate', async () => {
    bench = await openBench(identities);
    const { us } = identities;
    const { url, ca } = await tlsInFront(us.certificatePath);
    await bench.reopen({ url, tls: { ca, key: us.keyPath, certificate: us.certificatePath } });
    expect(await bench.sender.deliver(bench.consignment('N.DAT'))).toMatchObject({ status: 'delivered' });
    expect(await shakeHands(config({ url, tls: { ca } }), Date.now())).toMatchObject({ outcome: 'ok' });
  });

  it('of an authority that is not trusted sends nothing, and says what to do', async () => {
    bench = await openBench(identities);
    const { url } = await tlsInFront();
    await bench.reopen({ url });
    const record = await bench.sender.deliver(bench.consignment('N.DAT'));
    expect(record).toMatchObject({ status: 'waiting' });
    expect(record.problem).toMatch(
      /TLS with 127\.0\.0\.1:\d+ failed \(DEPTH_ZERO_SELF_SIGNED_CERT\).*tls\.ca/,
    );
    expect(bench.partner.requests).toEqual([]);
    const step = await shakeHands(config({ url }), Date.now());
    expect(step).toMatchObject({ outcome: 'failed', remedy: expect.stringContaining('tls.ca') });
  });
});

it('goes through a proxy', async () => {
  bench = await openBench(identities);
  const seen: string[] = [];
  const proxy = createHttp();
  proxy.on('connect', (incoming, socket, head) => {
    seen.push(incoming.url!);
    const [host, port] = incoming.url!.split(':');
    const onward = connect(Number(port), host!, () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      onward.write(head);
      onward.pipe(socket).pipe(onward);
    });
  });
  const port = await listening(proxy);
  await bench.reopen({ proxy: `http://127.0.0.1:${port}` });
  expect(await bench.sender.deliver(bench.consignment('N.DAT'))).toMatchObject({ status: 'delivered' });
  expect(seen).toEqual([new URL(bench.partner.url).host]);
});

it('tells which step of the way to a partner fails', async () => {
  bench = await openBench(identities);
  const url = 'http://no-such-name.invalid:4080/as2';
  expect(await resolveName(config({ url }))).toMatchObject({ outcome: 'failed' });
  const closed = config({ url: `http://127.0.0.1:${await freePort()}/` });
  expect(await resolveName(closed)).toMatchObject({ outcome: 'not needed' });
  expect(await reachPort(closed)).toMatchObject({
    outcome: 'failed',
    remedy: expect.stringContaining('port of url'),
  });
  expect(await reachPort(config({ url: bench.partner.url }))).toMatchObject({ outcome: 'ok' });
});
