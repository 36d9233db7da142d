import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { bytesInMemory } from '../../src/as2/byte-range.js';
import { BerCursor } from '../../src/as2/cms/ber-cursor.js';
import { readSigned } from '../../src/as2/cms/read-signed.js';
import { buildMdn } from '../../src/as2/mdn/build-mdn.js';
import { PROCESSED } from '../../src/as2/mdn/disposition.js';
import { MDN_BYTES_MAX, readMdn } from '../../src/as2/mdn/read-mdn.js';
import { entityOf, HEADER_LINES_BYTES_MAX, readEntity } from '../../src/as2/mime/entity.js';
import { parseHeaders } from '../../src/as2/mime/headers.js';
import { partsOf } from '../../src/as2/mime/multipart.js';
import { openMessage } from '../../src/as2/read-message.js';
import { makeWorkspace, type Workspace } from '../../src/as2/workspace.js';
import { makeIdentity, openssl, type TestIdentity } from './openssl.js';

let folder = '';
let us: TestIdentity;
let workspace: Workspace;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'readmill-limits-'));
  us = makeIdentity(folder, 'us');
  workspace = makeWorkspace(join(folder, 'work'));
});
afterEach(() => workspace.dispose());
afterAll(() => rmSync(folder, { recursive: true }));

const range = (text: string) => bytesInMemory(Buffer.from(text, 'latin1'));
const times = (count: number, given: string) => Array.from({ length: count }, () => given);

describe('limits of MIME', () => {
  it('HEADER_LINES_BYTES_MAX: the blank line may end there, not a byte later', async () => {
    const withHeaders = (bytes: number) => `X: ${'a'.repeat(bytes - 'X: \r\n\r\n'.length)}\r\n\r\nbody`;
    const { body } = await readEntity(range(withHeaders(HEADER_LINES_BYTES_MAX)));
    expect((await body.read(0, 10)).toString()).toBe('body');
    await expect(readEntity(range(withHeaders(HEADER_LINES_BYTES_MAX + 1)))).rejects.toMatchObject({
      disposition: 'unexpected-processing-error',
    });
  });

  it('BOUNDARY_BYTES_MAX: a boundary of 256 bytes parts a message, one more is none that can be used', async () => {
    const parts = (bytes: number) => {
      const boundary = 'b'.repeat(bytes);
      return partsOf(range(`--${boundary}\r\none\r\n--${boundary}--\r\n`), boundary);
    };
    expect(await parts(256)).toHaveLength(1);
    await expect(parts(257)).rejects.toMatchObject({ disposition: 'unexpected-processing-error' });
  });

  it.each(['\r\n', '\n', ''])(
    'PADDING_BYTES_MAX: 256 blanks before %j belong to a boundary, more do not',
    async (end) => {
      const lastPart = async (blanks: number, after: string) => {
        const parts = await partsOf(range(`--b\r\none\r\n--b${' '.repeat(blanks)}${after}`), 'b');
        return Promise.all(parts.map(async (part) => (await part.read(0, 1000)).toString('latin1')));
      };
      const rest = end === '' ? '' : 'two';
      expect(await lastPart(256, `${end}${rest}`)).toEqual(['one', rest]);
      for (const blanks of [257, 258, 259, 400])
        expect(await lastPart(blanks, `${end}${rest}`)).toEqual([
          `one\r\n--b${' '.repeat(blanks)}${end}${rest}`,
        ]);
    },
  );
});

describe('limits of CMS', () => {
  it('LENGTH_BYTES_MAX: six bytes of a length count, a seventh must be zero', async () => {
    const lengthOf = async (hex: string) =>
      (await new BerCursor(bytesInMemory(Buffer.from(hex, 'hex'))).head()).length;
    expect(await lengthOf(`0486${'ff'.repeat(6)}`)).toBe(2 ** 48 - 1);
    expect(await lengthOf(`048700${'ff'.repeat(6)}`)).toBe(2 ** 48 - 1);
    await expect(lengthOf(`048701${'00'.repeat(6)}`)).rejects.toThrow('a length is beyond 2^48');
    // As many zeros as fit into a head, and one that does not.
    expect(await lengthOf(`04880000${'00'.repeat(5)}05`)).toBe(5);
    await expect(lengthOf(`0489000000${'00'.repeat(5)}05`)).rejects.toThrow('a length is beyond 2^48');
  });

  it('RECIPIENTS_MAX: a message for a hundred recipients is opened, for one more it is not', async () => {
    const opened = (count: number) => {
      const body = openssl(
        ['cms', '-encrypt', '-binary', '-aes256', '-outform', 'DER', ...times(count, us.certificatePath)],
        Buffer.from('Content-Type: text/plain\r\n\r\nfor us\r\n'),
      );
      const headers = new Map([['content-type', 'application/pkcs7-mime; smime-type=enveloped-data']]);
      const keys = { own: [us], partner: [], acceptSha1: false };
      return openMessage(entityOf(headers, bytesInMemory(body)), keys, 1 << 20, workspace);
    };
    const { content } = await opened(100);
    expect((await content.read(0, 100)).toString()).toContain('for us');
    await expect(opened(101)).rejects.toMatchObject({ disposition: 'decryption-failed' });
  });

  it('SIGNERS_MAX: ten signers of a message are looked at, eleven are too many', async () => {
    const signer = ['-signer', us.certificatePath, '-inkey', us.keyPath];
    const signed = (count: number) => {
      const args = [
        'cms',
        '-sign',
        '-binary',
        '-nocerts',
        '-outform',
        'DER',
        ...Array.from({ length: count }, () => signer).flat(),
      ];
      return readSigned(bytesInMemory(openssl(args, Buffer.from('x'))), workspace);
    };
    expect((await signed(10)).signers).toHaveLength(10);
    await expect(signed(11)).rejects.toThrow('there are too many signers');
  });
});

describe('limits of a receipt', () => {
  const fields = {
    ...{ reportingUa: 'x', recipient: 'B', originalMessageId: '<1@A>', disposition: PROCESSED, mic: null },
    text: 'taken',
  };
  const keys = { own: [], partner: [], acceptSha1: false };
  const read = (text: string, padding = 0) => {
    const { headers, body } = buildMdn({ ...fields, text }, null, 0);
    const whole = Buffer.concat([body, Buffer.alloc(padding === 0 ? 0 : padding - body.length)]);
    const entity = entityOf(parseHeaders(`Content-Type: ${headers['Content-Type']}`), bytesInMemory(whole));
    return readMdn(entity, keys, workspace);
  };

  it('MDN_BYTES_MAX: a receipt may have so many bytes, and no more', async () => {
    expect((await read('taken', MDN_BYTES_MAX)).originalMessageId).toBe('<1@A>');
    await expect(read('taken', MDN_BYTES_MAX + 1)).rejects.toMatchObject({
      disposition: 'unsupported-format',
    });
  });

  it('TEXT_CHARACTERS_MAX: so much of its text is kept, the rest is cut off', async () => {
    const words = 'a'.repeat(1999);
    expect((await read(`${words}b`)).text).toBe(`${words}b`);
    expect((await read(`${words}bc`)).text).toBe(`${words}b`);
  });
});
