import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildMessage } from '../../src/as2/build-message.js';
import { bytesInMemory } from '../../src/as2/byte-range.js';
import { MessageFault } from '../../src/as2/faults.js';
import { entityOf } from '../../src/as2/mime/entity.js';
import { openMessage } from '../../src/as2/read-message.js';
import { makeWorkspace } from '../../src/as2/workspace.js';
import { makeIdentity, openssl, type TestIdentity } from './openssl.js';

let folder = '';
let us: TestIdentity;
let partner: TestIdentity;
/** Messages of each kind: headers and body. */
const messages: { headers: Map<string, string>; body: Buffer }[] = [];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'readmill-hostile-'));
  us = makeIdentity(folder, 'us');
  partner = makeIdentity(folder, 'partner');
  const payload = join(folder, 'payload');
  writeFileSync(payload, Buffer.alloc(3000, 'MEPMD01,19970819,'));
  const signer = {
    key: partner.key,
    certificate: partner.certificate,
    digest: 'sha256',
    scheme: 'pkcs1',
  } as const;
  for (const cipher of ['aes256-cbc', 'aes256-gcm', null] as const) {
    const recipient =
      cipher === null ? null : ({ certificate: us.certificate, cipher, keyTransport: 'pkcs1' } as const);
    for (const [compressionLevel, by] of [
      [1, signer],
      [0, signer],
      [1, null],
    ] as const) {
      const protection = { signer: by, recipient, compressionLevel, micDigest: 'sha256' as const };
      const spool = join(folder, 'message');
      const built = await buildMessage(
        { path: payload, name: 'N', contentType: 'text/plain' },
        protection,
        spool,
        0,
      );
      const headers = new Map(
        Object.entries(built.headers).map(([name, value]) => [name.toLowerCase(), value]),
      );
      messages.push({ headers, body: readFileSync(spool) });
    }
  }
  // Lengths that are not definite take other ways.
  const body = openssl(
    ['cms', '-encrypt', '-stream', '-aes256', '-outform', 'DER', us.certificatePath],
    Buffer.from('Content-Type: a/b\n\nx'),
  );
  messages.push({ headers: new Map([['content-type', 'application/pkcs7-mime']]), body });
});
afterAll(() => rmSync(folder, { recursive: true }));

async function open(headers: Map<string, string>, body: Buffer): Promise<'opened' | MessageFault> {
  const workspace = makeWorkspace(join(folder, 'work'));
  const keys = { own: [us], partner: [partner.certificate], acceptSha1: false };
  try {
    await openMessage(entityOf(headers, bytesInMemory(body)), keys, 1 << 24, workspace);
    return 'opened';
  } catch (thrown) {
    if (thrown instanceof MessageFault) return thrown;
    throw thrown;
  } finally {
    await workspace.dispose();
    expect(existsSync(join(folder, 'work')) ? readdirSync(join(folder, 'work')) : []).toEqual([]);
  }
}

describe('openMessage answers hostile bytes with a fault', () => {
  it('where they are cut', async () => {
    for (const { headers, body } of messages) {
      const steps = Math.max(1, Math.floor(body.length / 150));
      for (let length = 0; length < body.length - 60; length += steps)
        expect(await open(headers, body.subarray(0, length))).toBeInstanceOf(MessageFault);
    }
  });

  it('where they are changed: it opens all the same, or is a fault, and nothing else', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.nat({ max: messages.length - 1 }),
        fc.array(
          fc.record({ at: fc.double({ min: 0, max: 0.999, noNaN: true }), value: fc.nat({ max: 255 }) }),
          { minLength: 1, maxLength: 4 },
        ),
        fc.boolean(),
        async (number, changes, isInFront) => {
          const { headers, body } = messages[number]!;
          const changed = Buffer.from(body);
          // The structures stand in front, so half of the changes go there.
          const reach = isInFront ? Math.min(600, body.length) : body.length;
          for (const { at, value } of changes) changed[Math.floor(at * reach)] = value;
          await open(headers, changed);
        },
      ),
      { numRuns: 600 },
    );
  });

  it('where they are noise', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 300 }),
        fc.constantFrom('enveloped-data', 'compressed-data', 'signed-data'),
        async (noise, type) => {
          const headers = new Map([['content-type', `application/pkcs7-mime; smime-type=${type}`]]);
          expect(await open(headers, Buffer.from(noise))).toBeInstanceOf(MessageFault);
          const der = Buffer.concat([messages[0]!.body.subarray(0, 40), noise]);
          expect(await open(headers, der)).toBeInstanceOf(MessageFault);
        },
      ),
      { numRuns: 200 },
    );
  });

  it('where elements are nested or repeated without end', async () => {
    const headers = new Map([['content-type', 'application/pkcs7-mime']]);
    const prefix = Buffer.from('308006092a864886f70d010703a0803080020100', 'hex');
    const nested = Buffer.alloc(400_000);
    for (let i = 0; i < nested.length; i += 2) nested.set([0x31, 0x80], i);
    expect(await open(headers, Buffer.concat([prefix, nested]))).toMatchObject({
      disposition: 'decryption-failed',
    });
    const many = Buffer.concat([
      prefix,
      Buffer.from('3180', 'hex'),
      Buffer.alloc(900_000, Buffer.from('0500', 'hex')),
      Buffer.alloc(2),
    ]);
    expect(await open(headers, many)).toMatchObject({ disposition: 'decryption-failed' });
    const boundaries = Buffer.alloc(1_000_000, '--b x');
    const multipart = new Map([['content-type', 'multipart/signed; boundary=b']]);
    expect(await open(multipart, boundaries)).toBeInstanceOf(MessageFault);
    expect(await open(multipart, Buffer.alloc(1_000_000, '\r\n--b\r\n'))).toBeInstanceOf(MessageFault);
  });
});
