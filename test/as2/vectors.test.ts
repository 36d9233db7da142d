import { createHash, createPrivateKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { bytesInMemory } from '../../src/as2/byte-range.js';
import { parseCertificate } from '../../src/as2/certificate.js';
import { judgeReceipt } from '../../src/as2/mdn/judge-receipt.js';
import { readMdn } from '../../src/as2/mdn/read-mdn.js';
import { readEntity } from '../../src/as2/mime/entity.js';
import { micOf, openMessage } from '../../src/as2/read-message.js';
import { makeWorkspace } from '../../src/as2/workspace.js';

const fixture = (name: string) => readFileSync(new URL(`../../fixtures/as2/${name}`, import.meta.url));
const keys = {
  own: [{ key: createPrivateKey(fixture('us.key')), certificate: parseCertificate(fixture('us.crt')) }],
  partner: [parseCertificate(fixture('partner.crt'))],
  acceptSha1: false,
};
const workspace = makeWorkspace('unused');
const entity = (name: string) => readEntity(bytesInMemory(fixture(name)));

describe('vectors of other encoders', () => {
  it.each([
    ['signed-odd.eml', false, false],
    ['compressed-signed.eml', false, true],
    ['encrypted-nested.eml', true, true],
    ['gcm-attributes.eml', true, false],
  ])('%s', async (name, isEncrypted, isCompressed) => {
    const message = await openMessage(await entity(name), keys, 1 << 20, workspace);
    const content = (await message.content.read(0, 1000)).toString('latin1');
    expect(content).toBe('MEPMD01,19970819,one\r\n\r\n--not a boundary\r\nMEPMD01,19970819,two\r\n');
    expect(message).toMatchObject({ isEncrypted, isCompressed, fileName: 'NIGHT.DAT' });
    expect(message.signature).toMatchObject({ digest: 'sha256', signedAtMs: Date.UTC(2026, 10, 20, 6) });
    const part = fixture('signed-odd.eml')
      .toString('latin1')
      .split(/\r\n--=_a[^\r]*\r\n/)[1]!;
    expect(await micOf(message, 'sha256')).toBe(createHash('sha256').update(part, 'latin1').digest('base64'));
  });

  it('a receipt', async () => {
    const mdn = await readMdn(await entity('receipt.eml'), keys, workspace);
    const mic = Buffer.alloc(32, 9).toString('base64');
    const expected = {
      messageId: '<20261120060000.1@ORG00001>',
      mic,
      micDigest: 'sha256',
      isRepeated: false,
    } as const;
    expect(judgeReceipt(mdn, expected)).toEqual({ verdict: 'delivered', reason: '' });
    expect(mdn.text).toBe('The AS2 message has been received.');
  });
});
