import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { buildMessage, type Protection } from '../../src/as2/build-message.js';
import { bytesInMemory } from '../../src/as2/byte-range.js';
import { compressedPrefix } from '../../src/as2/cms/build-compressed.js';
import { entityOf } from '../../src/as2/mime/entity.js';
import { parseHeaders } from '../../src/as2/mime/headers.js';
import { micOf, type OpenedMessage, type OpeningKeys, openMessage } from '../../src/as2/read-message.js';
import { makeWorkspace, type Workspace } from '../../src/as2/workspace.js';
import { makeIdentity, openssl, type TestIdentity } from './openssl.js';

const BYTES_MAX = 64 * 1024 * 1024;
let folder = '';
let us: TestIdentity;
let partner: TestIdentity;
let keys: OpeningKeys;
let workspace: Workspace;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'readmill-as2-'));
  us = makeIdentity(folder, 'us');
  partner = makeIdentity(folder, 'partner');
  keys = { own: [us], partner: [partner.certificate], acceptSha1: false };
  workspace = makeWorkspace(join(folder, 'work'));
});
afterEach(() => workspace.dispose());
afterAll(() => rmSync(folder, { recursive: true }));

/** Opens what a mail-like text holds: header lines, blank line, body. */
function openText(message: Buffer, with_: Partial<OpeningKeys> = {}): Promise<OpenedMessage> {
  const end = /\r?\n\r?\n/.exec(message.toString('latin1'))!;
  const bodyAt = end.index + end[0].length;
  const headers = parseHeaders(message.toString('latin1', 0, bodyAt));
  return openMessage(
    entityOf(headers, bytesInMemory(message.subarray(bodyAt))),
    { ...keys, ...with_ },
    BYTES_MAX,
    workspace,
  );
}

async function contentOf(message: OpenedMessage): Promise<string> {
  return (await message.content.read(0, message.content.sizeBytes)).toString('latin1');
}

const pkcs7 = (smimeType: string, body: Buffer) =>
  Buffer.concat([Buffer.from(`Content-Type: application/pkcs7-mime; smime-type=${smimeType}\r\n\r\n`), body]);

const disposition = (promise: Promise<unknown>) =>
  promise.then(
    () => 'opened',
    (thrown: { disposition?: string }) => thrown.disposition ?? thrown,
  );

const PART = Buffer.from(
  'Content-Type: application/octet-stream; name=N.DAT\r\n\r\nMEPMD01,one\r\nMEPMD01,two\r\n',
);
const CONTENT = 'MEPMD01,one\r\nMEPMD01,two\r\n';

/** Signs a part by openssl; with `-stream` lengths are indefinite. */
function signed(...options: string[]): Buffer {
  const from = ['-signer', partner.certificatePath, '-inkey', partner.keyPath];
  return openssl(['cms', '-sign', '-binary', ...from, ...options], PART);
}

function encrypted(inner: Buffer, ...options: string[]): Buffer {
  return openssl(['cms', '-encrypt', '-binary', '-outform', 'DER', ...options, us.certificatePath], inner);
}

describe('openMessage reads what openssl signs', () => {
  it.each([
    [[]],
    [['-stream']],
    [['-md', 'sha384']],
    [['-md', 'sha512', '-stream']],
    [['-keyopt', 'rsa_padding_mode:pss']],
    [['-keyopt', 'rsa_padding_mode:pss', '-keyopt', 'rsa_pss_saltlen:32']],
    [['-nocerts']],
    [['-noattr']],
    [['-keyid']],
    [['-nosmimecap']],
  ])('%s', async (options) => {
    const message = await openText(signed(...options));
    expect(await contentOf(message)).toBe(CONTENT);
    expect(message.signature!.certificate).toBe(partner.certificate);
    expect(message.fileName).toBe('N.DAT');
    const digest = options.find((word) => word.startsWith('sha')) ?? 'sha256';
    expect([message.signature!.digest, await micOf(message, 'sha256')]).toEqual([
      digest,
      createHash('sha256').update(PART).digest('base64'),
    ]);
  });

  it('with the content inside the signature', async () => {
    for (const options of [[], ['-stream']]) {
      const message = await openText(
        pkcs7('signed-data', signed('-nodetach', '-outform', 'DER', ...options)),
      );
      expect(await contentOf(message)).toBe(CONTENT);
      expect(message.signature).not.toBeNull();
    }
  });

  it('by SHA-1 only where that is accepted', async () => {
    const message = signed('-md', 'sha1');
    expect(await disposition(openText(message))).toBe('insufficient-message-security');
    expect((await openText(message, { acceptSha1: true })).signature!.digest).toBe('sha1');
  });

  it('by a certificate that overlaps, and by one that was renewed with its key', async () => {
    const renewedPath = join(folder, 'renewed.crt');
    openssl([
      ...['req', '-x509', '-key', partner.keyPath, '-days', '9', '-subj', '/CN=renewed', '-out', renewedPath],
    ]);
    const both = { partner: [us.certificate, partner.certificate] };
    expect((await openText(signed(), both)).signature!.certificate).toBe(partner.certificate);
    const byRenewed = openssl(
      ['cms', '-sign', '-binary', '-signer', renewedPath, '-inkey', partner.keyPath],
      PART,
    );
    expect((await openText(byRenewed)).signature!.certificate).toBe(partner.certificate);
  });
});

describe('openMessage refuses a signature', () => {
  it('of somebody else, of an altered content, of altered attributes', async () => {
    const message = signed();
    expect(await disposition(openText(message, { partner: [us.certificate] }))).toBe('authentication-failed');
    const altered = Buffer.from(message.toString('latin1').replace('MEPMD01,one', 'MEPMD01,0ne'), 'latin1');
    expect(await disposition(openText(altered))).toBe('integrity-check-failed');
    expect(await disposition(openText(message, { partner: [] }))).toBe('authentication-failed');
    const text = message.toString('latin1');
    const cut = text.slice(0, text.lastIndexOf('Content-Type: application/'));
    expect(await disposition(openText(Buffer.from(cut, 'latin1')))).not.toBe('opened');
  });

  it('of somebody else where there are no attributes', async () => {
    const message = signed('-noattr');
    const altered = Buffer.from(message.toString('latin1').replace('MEPMD01,one', 'MEPMD01,0ne'), 'latin1');
    expect(await disposition(openText(altered))).toBe('authentication-failed');
  });
});

describe('openMessage reads what openssl encrypts', () => {
  it.each([
    [['-aes256']],
    [['-aes128', '-stream']],
    [['-aes192']],
    [['-des3']],
    [['-aes-256-gcm']],
    [['-aes-128-gcm', '-stream']],
    [['-aes256', '-keyid']],
    [['-keyopt', 'rsa_padding_mode:oaep']],
    [['-keyopt', 'rsa_padding_mode:oaep', '-keyopt', 'rsa_oaep_md:sha256']],
    [['-keyopt', 'rsa_padding_mode:oaep', '-keyopt', 'rsa_oaep_md:sha512', '-keyopt', 'rsa_mgf1_md:sha1']],
  ])('%s', async (options) => {
    // Options of the key must follow its certificate.
    const [recip, rest] =
      options[0] === '-keyopt' ? [['-recip', us.certificatePath], options] : [[], options];
    const body =
      recip.length > 0
        ? openssl(['cms', '-encrypt', '-binary', '-aes256', '-outform', 'DER', ...recip, ...rest], PART)
        : encrypted(PART, ...rest);
    const message = await openText(pkcs7('enveloped-data', body));
    expect(await contentOf(message)).toBe(CONTENT);
    expect([message.isEncrypted, message.signature]).toEqual([true, null]);
    expect(await micOf(message, 'sha256')).toBe(createHash('sha256').update(PART).digest('base64'));
  });

  it('as base64, named or not, with any line ends', async () => {
    const body = encrypted(signed(), '-aes256');
    for (const lineEnd of ['\n', '\r\n', '']) {
      for (const header of [
        '',
        'Content-Transfer-Encoding: base64\r\n',
        'Content-transfer-encoding:BINARY\r\n',
      ]) {
        const text = body.toString('base64').replaceAll(/(.{76})/g, `$1${lineEnd}`);
        const message = Buffer.from(`${header}Content-Type: application/x-pkcs7-mime\r\n\r\n${text}`);
        expect(await contentOf(await openText(message))).toBe(CONTENT);
      }
    }
  });

  it('for several recipients, and with our second key', async () => {
    const other = makeIdentity(folder, 'other');
    const body = openssl(
      ['cms', '-encrypt', '-binary', '-aes256', '-outform', 'DER', other.certificatePath, us.certificatePath],
      PART,
    );
    expect(await contentOf(await openText(pkcs7('', body)))).toBe(CONTENT);
    const both = { own: [other, us] };
    expect(await contentOf(await openText(pkcs7('', encrypted(PART, '-aes256')), both))).toBe(CONTENT);
    expect(await disposition(openText(pkcs7('', body), { own: [partner] }))).toBe('decryption-failed');
  });
});

describe('openMessage does not tell what is wrong with a key', () => {
  it('gives one answer to bad padding, a wrong key and an altered content', async () => {
    const body = encrypted(signed(), '-aes256');
    const shown = openssl(['asn1parse', '-inform', 'DER'], body).toString();
    const keyAt = Number(/(\d+):d=\d +hl=4 l= *256 prim: OCTET STRING/.exec(shown)![1]) + 4;
    const answers = new Set<string>();
    for (const at of [keyAt, keyAt + 1, keyAt + 100, keyAt + 255, keyAt + 330, body.length - 1]) {
      const altered = Buffer.from(body);
      altered[at]! ^= 1;
      answers.add(
        await openText(pkcs7('', altered)).then(
          () => 'opened',
          (thrown: Error & { disposition: string }) => `${thrown.disposition}: ${thrown.message}`,
        ),
      );
    }
    expect([...answers]).toEqual([
      expect.stringContaining('decryption-failed: the message cannot be decrypted'),
    ]);
  });

  it('releases nothing of a GCM content that was altered', async () => {
    const body = encrypted(Buffer.concat([PART, Buffer.alloc(5_000_000, 'x')]), '-aes-256-gcm');
    body[body.length - 1_000_000]! ^= 1;
    expect(await disposition(openText(pkcs7('', body)))).toBe('decryption-failed');
    expect(readdirSync(join(folder, 'work')).length).toBe(1);
    await workspace.dispose();
    expect(readdirSync(join(folder, 'work'))).toEqual([]);
  });
});

describe('openMessage reads compressed messages', () => {
  const compressed = (part: Buffer) => {
    const deflated = deflateSync(part);
    return Buffer.concat([compressedPrefix(deflated.length), deflated]);
  };

  it('inside and outside of the signature', async () => {
    const outside = await openText(pkcs7('compressed-data', compressed(signed())));
    expect(await contentOf(outside)).toBe(CONTENT);
    expect([outside.isCompressed, outside.signature === null]).toEqual([true, false]);
    expect(await micOf(outside, 'sha256')).toBe(createHash('sha256').update(PART).digest('base64'));
    const part = pkcs7('compressed-data', compressed(PART));
    const inside = await openText(
      openssl(
        ['cms', '-sign', '-binary', '-signer', partner.certificatePath, '-inkey', partner.keyPath],
        part,
      ),
    );
    expect(await contentOf(inside)).toBe(CONTENT);
    expect(await micOf(inside, 'sha256')).toBe(createHash('sha256').update(part).digest('base64'));
  });

  it('only as far as they do not expand beyond the limits', async () => {
    const part = Buffer.concat([PART, Buffer.alloc(70 * 1024 * 1024)]);
    expect(await disposition(openText(pkcs7('compressed-data', compressed(part))))).toBe(
      'decompression-failed',
    );
    const ratio = Buffer.concat([PART, Buffer.alloc(17 * 1024 * 1024)]);
    expect(await disposition(openText(pkcs7('compressed-data', compressed(ratio))))).toBe(
      'decompression-failed',
    );
    const allowed = Buffer.concat([PART, Buffer.alloc(15 * 1024 * 1024)]);
    expect(await disposition(openText(pkcs7('compressed-data', compressed(allowed))))).toBe('opened');
  });

  it('not where they are damaged or layered too deeply', async () => {
    const body = compressed(PART);
    body[body.length - 6]! ^= 1;
    expect(await disposition(openText(pkcs7('compressed-data', body)))).toBe('decompression-failed');
    let nested = PART;
    for (let layer = 0; layer < 10; layer++) nested = pkcs7('compressed-data', compressed(nested));
    expect(await disposition(openText(nested))).toBe('unexpected-processing-error');
  });
});

describe('openMessage reads what buildMessage makes', () => {
  it.each([
    [1000, 1],
    [1000, 0],
    [10_000_000, 1],
    [10_000_000, 0],
  ])('of %i bytes, compression level %i', async (size, compressionLevel) => {
    const payload = join(folder, 'payload');
    const content = Buffer.alloc(size);
    for (let i = 0; i < size; i++) content[i] = (i * 2_654_435_761) >> 13;
    writeFileSync(payload, content);
    const protection: Protection = {
      signer: { key: partner.key, certificate: partner.certificate, digest: 'sha256', scheme: 'pkcs1' },
      recipient: { certificate: us.certificate, cipher: 'aes256-cbc', keyTransport: 'pkcs1' },
      compressionLevel,
      micDigest: 'sha256',
    };
    const spool = join(folder, 'message');
    const built = await buildMessage(
      { path: payload, name: 'A B.DAT', contentType: 'application/octet-stream' },
      protection,
      spool,
      0,
    );
    const headers = new Map(
      Object.entries(built.headers).map(([name, value]) => [name.toLowerCase(), value]),
    );
    const body = await workspace.openFile(spool);
    const message = await openMessage(entityOf(headers, body), keys, BYTES_MAX, workspace);
    expect([await micOf(message, built.micDigest), message.fileName]).toEqual([built.mic, 'A B.DAT']);
    expect((await message.content.read(0, size)).equals(content)).toBe(true);
    await workspace.dispose();
    expect(existsSync(join(folder, 'work')) ? readdirSync(join(folder, 'work')) : []).toEqual([]);
    expect(readFileSync(spool).length).toBe(built.sizeBytes);
  });
});
