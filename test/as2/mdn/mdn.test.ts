import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { bytesInMemory } from '../../../src/as2/byte-range.js';
import type { Signer } from '../../../src/as2/cms/build-signed.js';
import { buildMdn, type MdnFields } from '../../../src/as2/mdn/build-mdn.js';
import {
  DUPLICATE,
  dispositionOfFault,
  PROCESSED,
  parseDisposition,
} from '../../../src/as2/mdn/disposition.js';
import { type ExpectedReceipt, judgeReceipt } from '../../../src/as2/mdn/judge-receipt.js';
import { type ReadMdn, readMdn } from '../../../src/as2/mdn/read-mdn.js';
import { entityOf } from '../../../src/as2/mime/entity.js';
import { parseHeaders } from '../../../src/as2/mime/headers.js';
import type { OpeningKeys } from '../../../src/as2/read-message.js';
import { makeWorkspace, type Workspace } from '../../../src/as2/workspace.js';
import { makeIdentity, openssl, type TestIdentity } from '../openssl.js';

let folder = '';
let partner: TestIdentity;
let keys: OpeningKeys;
let workspace: Workspace;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'readmill-mdn-'));
  partner = makeIdentity(folder, 'partner');
  keys = { own: [], partner: [partner.certificate], acceptSha1: false };
  workspace = makeWorkspace(join(folder, 'work'));
});
afterEach(() => workspace.dispose());
afterAll(() => rmSync(folder, { recursive: true }));

const MIC = Buffer.alloc(32, 7).toString('base64');
const FIELDS: MdnFields = {
  reportingUa: 'readmill',
  recipient: 'ORG00000',
  originalMessageId: '<1@ORG00001>',
  disposition: PROCESSED,
  mic: { value: MIC, digest: 'sha256' },
  text: 'The message was received.',
};
const EXPECTED: ExpectedReceipt = {
  messageId: '<1@ORG00001>',
  mic: MIC,
  micDigest: 'sha256',
  isRepeated: false,
};

const signer = (): Signer => ({
  key: partner.key,
  certificate: partner.certificate,
  digest: 'sha256',
  scheme: 'pkcs1',
});

function readText(headers: string, body: Buffer | string): Promise<ReadMdn> {
  const entity = entityOf(parseHeaders(headers), bytesInMemory(Buffer.from(body)));
  return readMdn(entity, keys, workspace);
}

function readBuilt(fields: MdnFields, by: Signer | null): Promise<ReadMdn> {
  const { headers, body } = buildMdn(fields, by, Date.now());
  return readText(`Content-Type: ${headers['Content-Type']}`, body);
}

describe('buildMdn', () => {
  it('makes a receipt that openssl verifies and that says what it was given', async () => {
    const { headers, body } = buildMdn(FIELDS, signer(), Date.now());
    const path = join(folder, 'mdn.eml');
    writeFileSync(
      path,
      Buffer.concat([Buffer.from(`Content-Type: ${headers['Content-Type']}\r\n\r\n`), body]),
    );
    const shown = openssl([
      'cms',
      '-verify',
      '-in',
      path,
      '-CAfile',
      partner.certificatePath,
      '-purpose',
      'any',
    ]);
    expect(shown.toString()).toContain(`\r\nReceived-content-MIC: ${MIC}, sha-256\r\n`);
    const mdn = await readBuilt(FIELDS, signer());
    expect(mdn).toMatchObject({
      originalMessageId: '<1@ORG00001>',
      disposition: { type: 'processed', modifier: null },
      mic: { value: MIC, digest: 'sha256' },
      text: 'The message was received.',
    });
    expect(mdn.signature!.certificate).toBe(partner.certificate);
    expect(judgeReceipt(mdn, EXPECTED)).toEqual({ verdict: 'delivered', reason: '' });
  });
});

describe('readMdn', () => {
  const NOTIFICATION = [
    'REPORTING-UA:other product',
    'Original-Message-ID:',
    ' <1@ORG00001>',
    'Disposition: automatic-action/MDN-sent-automatically;',
    '\tprocessed/Error:authentication-failed',
    `Received-Content-MIC: ${MIC.slice(0, 20)}`,
    ` ${MIC.slice(20)},SHA256`,
  ];

  it.each([
    ['quoted oddly', 'boundary="a b(c)"', 'a b(c)', '\r\n'],
    ['not quoted', 'boundary=a+b=c', 'a+b=c', '\r\n'],
    ['with LF only', 'charset=x; BOUNDARY = "x\\"y"', 'x"y', '\n'],
  ])('reads folded fields between boundaries %s', async (_, parameter, boundary, lineEnd) => {
    const body = ['preamble', `--${boundary}  `, '', 'text', `--${boundary}`]
      .concat([
        'Content-Type:',
        ' message/disposition-notification',
        '',
        ...NOTIFICATION,
        '',
        `--${boundary}--`,
        'after',
      ])
      .join(lineEnd);
    const mdn = await readText(
      `Content-Type: Multipart/Report; report-type=disposition-notification;\r\n ${parameter}`,
      body,
    );
    expect(mdn).toEqual({
      originalMessageId: '<1@ORG00001>',
      disposition: { type: 'processed', modifier: { kind: 'error', text: 'authentication-failed' } },
      mic: { value: MIC, digest: 'sha256' },
      signature: null,
      text: '',
    });
  });

  it('reads a notification in base64 and in quoted-printable', async () => {
    const plain = NOTIFICATION.join('\r\n');
    const forms = {
      base64: Buffer.from(plain).toString('base64'),
      'quoted-printable': plain.replaceAll('=', '=3D'),
    };
    for (const [encoding, text] of Object.entries(forms)) {
      const body = `--b\r\nContent-Transfer-Encoding: ${encoding}\r\nContent-Type: message/disposition-notification\r\n\r\n${text}\r\n--b--`;
      const mdn = await readText('Content-Type: multipart/report; boundary=b', body);
      expect(mdn.mic).toEqual({ value: MIC, digest: 'sha256' });
    }
  });

  it('reads one that openssl signed without its certificate, as a stream', async () => {
    const { headers, body } = buildMdn(FIELDS, null, 0);
    const entity = Buffer.concat([Buffer.from(`Content-Type: ${headers['Content-Type']}\r\n\r\n`), body]);
    const by = ['-signer', partner.certificatePath, '-inkey', partner.keyPath];
    const text = openssl(['cms', '-sign', '-binary', '-nocerts', '-stream', ...by], entity).toString(
      'latin1',
    );
    const bodyAt = text.indexOf('\n\n') + 2;
    const mdn = await readText(text.slice(0, bodyAt), text.slice(bodyAt));
    expect(judgeReceipt(mdn, EXPECTED).verdict).toBe('delivered');
  });

  it('refuses what is no receipt, and one whose signature does not hold', async () => {
    await expect(readText('Content-Type: text/html', '<p>OK')).rejects.toThrow('text/html is no receipt');
    await expect(readText('Content-Type: multipart/report; boundary=b', '--b\r\n\r\n--b--')).rejects.toThrow(
      'says nothing',
    );
    const { headers, body } = buildMdn(FIELDS, signer(), Date.now());
    body.write('f', body.indexOf('processed'));
    await expect(readText(`Content-Type: ${headers['Content-Type']}`, body)).rejects.toThrow(
      'not what was signed',
    );
  });
});

describe('judgeReceipt', () => {
  it.each([
    ['a failure', { disposition: dispositionOfFault('unsupported-format') }, {}, 'refused'],
    ['an error', { disposition: dispositionOfFault('decryption-failed') }, {}, 'refused'],
    ['a warning', { disposition: `${PROCESSED}/warning: late` }, {}, 'delivered'],
    ['a duplicate', { disposition: DUPLICATE }, { isRepeated: true }, 'delivered'],
    ['a duplicate without MIC', { disposition: DUPLICATE, mic: null }, { isRepeated: true }, 'delivered'],
    ['a duplicate of the first attempt', { disposition: DUPLICATE }, {}, 'unproven'],
    ['another message', { originalMessageId: '<2@ORG00001>' }, {}, 'unproven'],
    ['no MIC', { mic: null }, {}, 'unproven'],
    ['another MIC', { mic: { value: `A${MIC.slice(1)}`, digest: 'sha256' as const } }, {}, 'unproven'],
    ['another digest', { mic: { value: MIC, digest: 'sha1' as const } }, {}, 'unproven'],
  ])('%s', async (_, fields, expected, verdict) => {
    const mdn = await readBuilt({ ...FIELDS, ...fields }, signer());
    const judged = judgeReceipt(mdn, { ...EXPECTED, ...expected });
    expect(judged.verdict).toBe(verdict);
    expect(judged.reason === '').toBe(verdict === 'delivered');
  });

  it('an unsigned receipt proves nothing, whatever it says', async () => {
    expect(judgeReceipt(await readBuilt(FIELDS, null), EXPECTED).verdict).toBe('unproven');
    const failed = { ...FIELDS, disposition: dispositionOfFault('decryption-failed') };
    expect(judgeReceipt(await readBuilt(failed, null), EXPECTED).verdict).toBe('unproven');
  });

  it.each([
    ['automatic-action/MDN-sent-automatically;processed', 'processed', null],
    ['x; Processed/Error:  Decryption-Failed ', 'processed', 'error: decryption-failed'],
    [
      'manual-action/MDN-sent-manually; failed/Failure:unsupported format',
      'failed',
      'failure: unsupported format',
    ],
    ['x ; processed / warning : duplicate-document', 'processed', 'warning: duplicate-document'],
    ['processed', null, null],
  ])('reads %s', (text, type, modifier) => {
    const parsed = parseDisposition(text);
    expect(parsed?.type ?? null).toBe(type);
    const shown = parsed?.modifier == null ? null : `${parsed.modifier.kind}: ${parsed.modifier.text}`;
    expect(shown).toBe(modifier);
  });
});
