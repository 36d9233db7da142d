import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inflateSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CIPHERS, type Cipher, DIGESTS, type Digest } from '../../src/as2/algorithms.js';
import { type BuiltMessage, buildMessage, type Protection } from '../../src/as2/build-message.js';
import { KEY_TRANSPORTS } from '../../src/as2/cms/build-enveloped.js';
import { SIGNATURE_SCHEMES } from '../../src/as2/cms/build-signed.js';
import { CHUNK_BYTES, KEPT_BYTES_MAX } from '../../src/as2/kept-bytes.js';
import { makeIdentity, openssl, type TestIdentity } from './openssl.js';

const NOW_MS = Date.UTC(2026, 10, 20, 6);
let folder = '';
let us: TestIdentity;
let partner: TestIdentity;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'readmill-as2-'));
  us = makeIdentity(folder, 'us');
  partner = makeIdentity(folder, 'partner');
});
afterAll(() => rmSync(folder, { recursive: true }));

interface Choice {
  signer: { digest: Digest; scheme: 'pkcs1' | 'pss' } | null;
  recipient: { cipher: Cipher; keyTransport: 'pkcs1' | 'oaep' } | null;
  compressionLevel: number;
}

function protectionOf({ signer, recipient, compressionLevel }: Choice): Protection {
  return {
    signer: signer === null ? null : { ...signer, key: us.key, certificate: us.certificate },
    recipient: recipient === null ? null : { ...recipient, certificate: partner.certificate },
    compressionLevel,
    micDigest: 'sha256',
  };
}

async function build(content: Buffer, choice: Choice): Promise<BuiltMessage & { body: Buffer }> {
  const payload = join(folder, 'payload');
  const spool = join(folder, 'spool', 'message');
  writeFileSync(payload, content);
  const built = await buildMessage(
    { path: payload, name: 'NIGHT "1".DAT', contentType: 'application/octet-stream' },
    protectionOf(choice),
    spool,
    NOW_MS,
  );
  expect(readdirSync(join(folder, 'spool'))).toEqual(['message']);
  expect(statSync(spool).mode & 0o777).toBe(0o600);
  expect(statSync(spool).size).toBe(built.sizeBytes);
  return { ...built, body: readFileSync(spool) };
}

/** What openssl, and string operations on what it gives, make of a message: its payload's MIME part. */
function opened(
  built: BuiltMessage & { body: Buffer },
  choice: Choice,
): { part: Buffer; signed: Buffer | null } {
  let entity: Buffer = Buffer.concat([head(built.headers), built.body]);
  let signed: Buffer | null = null;
  if (choice.recipient !== null) {
    const keys = ['-inkey', partner.keyPath, '-recip', partner.certificatePath];
    entity = openssl(['cms', '-decrypt', '-binary', '-inform', 'DER', ...keys], built.body);
  }
  if (choice.signer !== null) {
    signed = signedPart(entity);
    const content = join(folder, 'content');
    writeFileSync(content, signed);
    const signature = Buffer.from(lastPart(entity).replaceAll(/\s/g, ''), 'base64');
    const certificates = ['-CAfile', us.certificatePath, '-purpose', 'any'];
    const verify = ['cms', '-verify', '-binary', '-inform', 'DER', '-content', content, ...certificates];
    expect(openssl(verify, signature).equals(signed)).toBe(true);
    entity = signed;
  }
  if (choice.compressionLevel > 0) {
    // Debian's openssl has no zlib: it shows where the compressed bytes lie, node:zlib inflates them.
    const body = entity.subarray(entity.indexOf('\r\n\r\n') + 4);
    const shown = openssl(['asn1parse', '-inform', 'DER'], body).toString();
    expect(shown).toContain('id-smime-ct-compressedData');
    const [, offset, head, length] = /(\d+):d=5 +hl=(\d) l= *(\d+) prim: OCTET STRING/
      .exec(shown)!
      .map(Number);
    expect(offset! + head! + length!).toBe(body.length);
    entity = inflateSync(body.subarray(offset! + head!));
  }
  return { part: entity, signed };
}

function head(headers: Record<string, string>): Buffer {
  return Buffer.from(
    `${Object.entries(headers)
      .map((pair) => pair.join(': '))
      .join('\r\n')}\r\n\r\n`,
  );
}

function boundaryOf(entity: Buffer): string {
  return /boundary="([^"]+)"/.exec(entity.toString('latin1', 0, 500))![1]!;
}

function signedPart(entity: Buffer): Buffer {
  const line = `--${boundaryOf(entity)}\r\n`;
  const from = entity.indexOf(line) + line.length;
  return entity.subarray(from, entity.indexOf(`\r\n${line}`, from));
}

function lastPart(entity: Buffer): string {
  const line = `--${boundaryOf(entity)}`;
  const text = entity.toString('latin1');
  const part = text.slice(text.lastIndexOf(`${line}\r\n`), text.lastIndexOf(`\r\n${line}--`));
  return part.slice(part.indexOf('\r\n\r\n') + 4);
}

const SIGNERS = [
  null,
  ...DIGESTS.flatMap((digest) => SIGNATURE_SCHEMES.map((scheme) => ({ digest, scheme }))),
];
const RECIPIENTS = [
  null,
  ...CIPHERS.flatMap((cipher) => KEY_TRANSPORTS.map((keyTransport) => ({ cipher, keyTransport }))),
];
const CHOICES: Choice[] = [0, 1].flatMap((compressionLevel) => [
  ...SIGNERS.map((signer) => ({ signer, recipient: RECIPIENTS[1]!, compressionLevel })),
  ...RECIPIENTS.map((recipient) => ({ signer: SIGNERS[1]!, recipient, compressionLevel })),
  ...RECIPIENTS.slice(0, 2).map((recipient) => ({ signer: null, recipient, compressionLevel })),
]);

/** Bytes that no line-based handling leaves as they are. */
const CONTENT = Buffer.concat([
  Buffer.from('MEPMD01,19970819,\r\n\n\r--=_\0.\r\n.\r\n'),
  createHash('sha512').update('noise').digest(),
  Buffer.alloc(100_000, '00001,00010,'),
]);

describe('buildMessage', () => {
  it.each(CHOICES)('makes what openssl opens: $signer $recipient $compressionLevel', async (choice) => {
    const built = await build(CONTENT, choice);
    const { part, signed } = opened(built, choice);
    const bare = choice.signer === null && choice.recipient === null && choice.compressionLevel === 0;
    const digest = choice.signer?.digest ?? 'sha256';
    expect(part.subarray(part.indexOf('\r\n\r\n') + 4).equals(CONTENT)).toBe(true);
    expect(part.toString('latin1', 0, 300)).toContain('Content-Transfer-Encoding: binary\r\n');
    expect(part.toString('latin1', 0, 300)).toContain('filename="NIGHT \\"1\\".DAT"\r\n');
    const micOver = signed ?? (bare ? CONTENT : part);
    expect([built.micDigest, built.mic]).toEqual([
      digest,
      createHash(digest).update(micOver).digest('base64'),
    ]);
    expect(built.payloadBytes).toBe(CONTENT.length);
  });

  it.each([0, 1, 14, 15, 16, 17, 127, 65_535, 262_143, 262_144, 262_145, 700_000])(
    'takes %i bytes',
    async (size) => {
      const choice = CHOICES[1]!;
      const content = Buffer.alloc(size, 'x');
      const { part } = opened(await build(content, choice), choice);
      expect(part.subarray(part.indexOf('\r\n\r\n') + 4).equals(content)).toBe(true);
    },
  );

  it('takes what does not fit in memory when it is compressed, and leaves no work files', async () => {
    const choice = CHOICES.find(({ recipient, compressionLevel }) => recipient && compressionLevel === 1)!;
    const content = Buffer.concat([randomBytes(KEPT_BYTES_MAX), Buffer.alloc(CHUNK_BYTES, '00001,')]);
    const built = await build(content, choice);
    expect(built.sizeBytes).toBeGreaterThan(KEPT_BYTES_MAX);
    const { part } = opened(built, choice);
    expect(part.subarray(part.indexOf('\r\n\r\n') + 4).equals(content)).toBe(true);
  });

  it('compresses at other levels too', async () => {
    const { part } = opened(
      await build(CONTENT, { ...CHOICES.at(-1)!, compressionLevel: 6 }),
      CHOICES.at(-1)!,
    );
    expect(part.subarray(part.indexOf('\r\n\r\n') + 4).equals(CONTENT)).toBe(true);
  });

  it('leaves nothing behind where the file cannot be read', async () => {
    const spool = join(folder, 'failed', 'message');
    const payload = { path: join(folder, 'absent'), name: 'A', contentType: 'text/plain' };
    await expect(buildMessage(payload, protectionOf(CHOICES[1]!), spool, NOW_MS)).rejects.toThrow('ENOENT');
    expect(readdirSync(join(folder, 'failed'))).toEqual([]);
  });
});
