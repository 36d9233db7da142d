import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { openDeliveries } from '../../../src/as2/sender/delivery-queue.js';
import { isDue } from '../../../src/as2/sender/sender.js';
import type { Behaviour } from './openssl-partner.js';
import { type Bench, type Identities, makeIdentities, openBench } from './sender-folder.js';

let identities: Identities;
let bench: Bench;
beforeAll(() => {
  identities = makeIdentities();
});
afterAll(() => rmSync(identities.folder, { recursive: true }));
afterEach(() => bench.close());

const spoolOf = ({ state }: Bench): string[] => readdirSync(join(state, 'spool'));

describe('a partner that does what it should', () => {
  it('gets the file, and proves it', async () => {
    bench = await openBench(identities);
    const consignment = bench.consignment('NIGHT.DAT');
    const record = await bench.sender.deliver(consignment);
    expect(record).toMatchObject({ status: 'delivered', attempts: 1, problem: null });
    const [taken] = bench.partner.requests;
    expect(taken).toMatchObject({ payloadSha256: consignment.sha256, fileName: 'NIGHT.DAT' });
    expect(taken!.headers).toMatchObject({
      'as2-version': '1.2',
      'as2-from': '"ORG 1"',
      'as2-to': 'ORG00000',
      'message-id': record.messageId,
      'mime-version': '1.0',
      'disposition-notification-to': '"ORG 1"',
      'disposition-notification-options':
        'signed-receipt-protocol=optional, pkcs7-signature; signed-receipt-micalg=optional, sha-256',
      'ediint-features': 'AS2-Reliability',
      'content-length': String(record.message.sizeBytes),
    });
    for (const name of ['date', 'subject', 'user-agent', 'content-type', 'content-disposition', 'host'])
      expect([name, taken!.headers[name] !== undefined]).toEqual([name, true]);
    expect(taken!.headers).not.toHaveProperty('receipt-delivery-option');
    expect(record.messageId).toMatch(/^<[^\s<>]{1,253}>$/);
    expect(spoolOf(bench)).toEqual([]);
  });

  it('leaves a receipt that openssl verifies, with its signer and MIC', async () => {
    bench = await openBench(identities);
    const record = await bench.sender.deliver(bench.consignment('NIGHT.DAT'));
    const { certificatePath, certificate } = identities.partner;
    const shown = execFileSync(
      'openssl',
      ['cms', '-verify', '-in', record.evidence!, '-CAfile', certificatePath, '-purpose', 'any'],
      { stdio: ['ignore', 'pipe', 'pipe'] },
    ).toString();
    expect(shown).toContain(`Original-Message-ID: ${record.messageId}`);
    const summary = JSON.parse(readFileSync(record.evidence!.replace(/\.mdn$/, '.receipt.json'), 'utf8'));
    expect(summary).toMatchObject({
      verdict: 'delivered',
      messageId: record.messageId,
      receivedMic: { value: record.message.mic, digest: 'sha256' },
      signer: { serial: certificate.x509.serialNumber, subject: 'O=Test, CN=partner' },
    });
    expect(shown).toContain(summary.receivedMic.value);
  });

  it('gets a file once, however often it is asked for', async () => {
    bench = await openBench(identities);
    const consignment = bench.consignment('NIGHT.DAT');
    const first = await bench.sender.deliver(consignment);
    await bench.reopen();
    expect(await bench.sender.deliver(consignment)).toEqual(first);
    expect(bench.partner.requests).toHaveLength(1);
    // Other content under the same name is another delivery.
    const other = await bench.sender.deliver(bench.consignment('NIGHT.DAT', 'other'));
    expect(other.status).toBe('delivered');
    expect(other.messageId).not.toBe(first.messageId);
  });

  it.each([
    ['chunked', { body: 'chunked' }],
    ['signed only', { encryption: 'none' }],
    ['not compressed', { compression: 0 }],
    ['PSS', { signature: 'pss' }],
    ['OAEP', { keyTransport: 'oaep' }],
  ])('%s', async (_name, settings) => {
    bench = await openBench(identities, settings);
    const record = await bench.sender.deliver(bench.consignment('NIGHT.DAT'));
    expect(record).toMatchObject({ status: 'delivered', problem: null });
  });

  it('sends many at a time, over as many connections as are allowed', async () => {
    bench = await openBench(identities, { parallel: 2 });
    const records = await Promise.all(
      Array.from({ length: 12 }, (_, i) => bench.sender.deliver(bench.consignment(`N${i}.DAT`))),
    );
    expect(new Set(records.map(({ status }) => status))).toEqual(new Set(['delivered']));
    expect(new Set(records.map(({ messageId }) => messageId)).size).toBe(12);
    expect(bench.partner.connectionsMax).toBeLessThanOrEqual(2);
  });

  it('refuses to send more than the partner takes', async () => {
    bench = await openBench(identities, { maximumBytes: 4096, compression: 0 });
    const record = await bench.sender.deliver(bench.consignment('BIG.DAT', 'x'.repeat(10_000)));
    expect(record).toMatchObject({ status: 'failed', attempts: 0 });
    expect(record.problem).toContain('maximumBytes (4096)');
    expect(bench.partner.requests).toEqual([]);
  });
});

const WRONG = Buffer.alloc(32, 1).toString('base64');
const again: [string, Behaviour, RegExp][] = [
  ['408', { status: 408 }, /HTTP 408/],
  ['425', { status: 425 }, /HTTP 425/],
  ['429', { status: 429 }, /HTTP 429/],
  ['500', { status: 500, body: '<h1>Down</h1>for repairs' }, /HTTP 500: Down for repairs/],
  ['503', { status: 503 }, /HTTP 503/],
  ['a connection that breaks in the message', { closeAfterBytes: 100 }, /broke the connection off/],
  ['a connection that breaks before the answer', { closesAfterTaking: true }, /broke the connection off/],
  ['an answer that is no receipt', { status: 200, body: 'Welcome' }, /without a receipt, but with: Welcome/],
  ['an empty answer', { status: 204 }, /without a receipt/],
  [
    'the receipt of another message',
    { originalMessageId: '<other@place>' },
    /for another message: <other@place>/,
  ],
  ['a wrong MIC', { mic: WRONG }, /MIC of the receipt is not ours/],
  ['no MIC', { mic: null }, /holds no MIC/],
  ['no signature', { isUnsigned: true }, /not signed/],
  ['a first answer of duplicate', { disposition: 'a/b; processed/warning: duplicate-document' }, /duplicate/],
  [
    'an unsigned refusal',
    { isUnsigned: true, disposition: 'a/b; failed/failure: x' },
    /not signed; it says failed/,
  ],
  [
    'a receipt that was altered',
    {
      alter: (body) =>
        Buffer.from(body.toString('latin1').replace('was looked at', 'was looked up'), 'latin1'),
    },
    /cannot be relied on/,
  ],
];

describe('what is tried again', () => {
  it.each(again)('%s: the same bytes, the same Message-ID', async (_name, behaviour, problem) => {
    bench = await openBench(identities);
    bench.partner.behaviours = [behaviour];
    const first = await bench.sender.deliver(bench.consignment('NIGHT.DAT'));
    expect(first).toMatchObject({ status: 'waiting', attempts: 1, failures: 1 });
    expect(first.problem).toMatch(problem);
    expect(first.nextAttemptMs! - first.lastAttemptMs!).toBeGreaterThanOrEqual(5 * 60_000);
    await bench.reopen();
    expect(isDue(first, first.nextAttemptMs! - 1)).toBe(false);
    bench.moveClock(6);
    const second = await bench.sender.resume(openDeliveries(bench.ledger)[0]!);
    expect(second).toMatchObject({
      status: 'delivered',
      attempts: 2,
      messageId: first.messageId,
      problem: null,
    });
    const whole = bench.partner.requests;
    expect(new Set(whole.map(({ messageId }) => messageId))).toEqual(new Set([first.messageId]));
    expect(new Set(whole.map(({ bodySha256 }) => bodySha256)).size).toBe(1);
    expect(bench.partner.books.size).toBe(1);
  });

  it('a receipt by a stranger', async () => {
    bench = await openBench(identities);
    bench.partner.behaviours = [{ signer: identities.stranger }];
    const record = await bench.sender.deliver(bench.consignment('NIGHT.DAT'));
    expect(record).toMatchObject({ status: 'waiting' });
    expect(record.problem).toContain("not made with the partner's key");
    expect(existsSync(record.evidence!)).toBe(true);
  });

  it('no answer in time', async () => {
    bench = await openBench(identities, { timeoutSeconds: 1 });
    bench.partner.behaviours = [{ isSilent: true }];
    const record = await bench.sender.deliver(bench.consignment('NIGHT.DAT'));
    expect(record).toMatchObject({ status: 'waiting', attempts: 1 });
    expect(record.problem).toContain('did not answer within 1 s');
  });

  it('waits 5, 10, 20 and 40 minutes, then gives it up; a person takes it up again', async () => {
    bench = await openBench(identities);
    bench.partner.behaviours = Array.from({ length: 6 }, () => ({ status: 503 }));
    let record = await bench.sender.deliver(bench.consignment('NIGHT.DAT'));
    const waits: (number | null)[] = [];
    while (record.status === 'waiting') {
      waits.push(Math.round((record.nextAttemptMs! - record.lastAttemptMs!) / 60_000));
      bench.moveClock(waits.at(-1)! + 1);
      record = await bench.sender.resume(record);
    }
    expect(waits).toEqual([5, 10, 20, 40]);
    expect(record).toMatchObject({ status: 'given-up', attempts: 5, nextAttemptMs: null });
    expect(await bench.sender.deliver(bench.consignment('NIGHT.DAT'))).toEqual(record);
    record = await bench.sender.resume(record);
    expect(record).toMatchObject({ status: 'waiting', attempts: 6, failures: 1 });
    record = await bench.sender.resume(record);
    expect(record.status).toBe('waiting');
    bench.moveClock(6);
    record = await bench.sender.resume(record);
    expect(record).toMatchObject({ status: 'delivered', attempts: 7 });
    expect(new Set(bench.partner.requests.map(({ bodySha256 }) => bodySha256)).size).toBe(1);
  });

  it('waits that are short are waited for at once', async () => {
    bench = await openBench(identities, { retryWaitMinutes: [0, 0.001, 0] });
    bench.partner.behaviours = [{ status: 500 }, { status: 500 }, { status: 500 }];
    const record = await bench.sender.deliver(bench.consignment('NIGHT.DAT'));
    expect(record).toMatchObject({ status: 'delivered', attempts: 4 });
    expect(bench.attempts.map(({ status }) => status)).toEqual([
      'waiting',
      'waiting',
      'waiting',
      'delivered',
    ]);
  });

  it('a partner that cannot be reached is not tried for every file', async () => {
    bench = await openBench(identities, { parallel: 1, url: 'http://127.0.0.1:9/as2' });
    const records = await Promise.all(
      Array.from({ length: 6 }, (_, i) => bench.sender.deliver(bench.consignment(`N${i}.DAT`))),
    );
    expect(records.map(({ status, attempts }) => `${status} ${attempts}`).sort()).toEqual([
      ...Array.from({ length: 3 }, () => 'packaged 0'),
      ...Array.from({ length: 3 }, () => 'waiting 1'),
    ]);
    const left = records.find(({ status }) => status === 'packaged')!;
    expect(left.problem).toMatch(/^Not tried: .*Nothing listens at 127\.0\.0\.1:9/);
    await bench.reopen({ url: bench.partner.url });
    expect(isDue(left, Date.now())).toBe(true);
    expect((await bench.sender.resume(left)).status).toBe('delivered');
  });
});

describe('what is not tried again by itself', () => {
  it.each([
    [400, /check as2From/],
    [401, /login/],
    [403, /knows as2From/],
    [404, /check url/],
    [413, /too large/],
    [302, /HTTP 302.* points to http:\/\/other\.example/],
  ])('HTTP %i', async (status, problem) => {
    bench = await openBench(identities);
    bench.partner.behaviours = [{ status, headers: { location: 'http://other.example' } }];
    const record = await bench.sender.deliver(bench.consignment('NIGHT.DAT'));
    expect(record).toMatchObject({ status: 'failed', attempts: 1, nextAttemptMs: null });
    expect(record.problem).toMatch(problem);
    expect(openDeliveries(bench.ledger)).toEqual([record]);
  });

  const REFUSALS = [
    'automatic-action/MDN-sent-automatically; processed/error: decryption-failed',
    'automatic-action/MDN-sent-automatically; processed/Error:authentication-failed',
    'automatic-action/MDN-sent-automatically; failed/Failure: unsupported-format',
  ];
  it.each(REFUSALS)('a receipt that says %s', async (disposition) => {
    bench = await openBench(identities);
    bench.partner.behaviours = [{ disposition }];
    const record = await bench.sender.deliver(bench.consignment('NIGHT.DAT'));
    expect(record).toMatchObject({ status: 'failed', attempts: 1, nextAttemptMs: null });
    expect(record.problem).toContain('The message was looked at.');
    const summary = JSON.parse(readFileSync(record.evidence!.replace(/\.mdn$/, '.receipt.json'), 'utf8'));
    expect(summary).toMatchObject({ verdict: 'failed', signer: { subject: 'O=Test, CN=partner' } });
    // Somebody asks for it again: the same bytes, as nothing was changed.
    const second = await bench.sender.resume(record);
    expect(second).toMatchObject({ status: 'delivered', attempts: 2 });
    const bodies = bench.partner.requests.map(({ bodySha256 }) => bodySha256);
    expect(bodies[1]).toBe(bodies[0]);
  });

  it('a refused message is packaged anew where settings were mended, under its Message-ID', async () => {
    bench = await openBench(identities);
    bench.partner.behaviours = [{ disposition: REFUSALS[0]! }];
    const record = await bench.sender.deliver(bench.consignment('NIGHT.DAT'));
    await bench.reopen({ encryption: 'aes128-cbc' });
    const second = await bench.sender.resume(record);
    expect(second).toMatchObject({ status: 'delivered', messageId: record.messageId });
    const bodies = bench.partner.requests.map(({ bodySha256 }) => bodySha256);
    expect(bodies[1]).not.toBe(bodies[0]);
  });

  it('a message that is no longer in the spool', async () => {
    bench = await openBench(identities);
    bench.partner.behaviours = [{ status: 500 }];
    const record = await bench.sender.deliver(bench.consignment('NIGHT.DAT'));
    rmSync(join(bench.state, 'spool', spoolOf(bench)[0]!));
    bench.moveClock(6);
    const second = await bench.sender.resume(record);
    expect(second).toMatchObject({ status: 'failed', attempts: 1 });
    expect(second.problem).toContain('no longer in the spool');
  });
});

describe('partners that prove nothing', () => {
  it.each([
    ['unsigned', {}],
    ['none', { status: 200 }],
  ])('mdn %s: taken, but not called delivered', async (mdn, behaviour) => {
    bench = await openBench(identities, { mdn });
    bench.partner.behaviours = [{ ...behaviour, isUnsigned: true }];
    const record = await bench.sender.deliver(bench.consignment('NIGHT.DAT'));
    expect(record).toMatchObject({ status: 'unproven', attempts: 1 });
    expect(bench.partner.requests[0]!.headers).not.toHaveProperty('disposition-notification-options');
    expect(openDeliveries(bench.ledger)).toEqual([]);
  });
});
