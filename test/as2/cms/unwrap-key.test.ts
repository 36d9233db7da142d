import { constants, generateKeyPairSync, publicEncrypt, randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { type KeyPadding, unwrapKey } from '../../../src/as2/cms/unwrap-key.js';

const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const KEY = randomBytes(32);
const PKCS1: KeyPadding = { kind: 'pkcs1' };

/** Encrypts a whole block, padding and all. */
const encryptBlock = (block: Buffer) =>
  publicEncrypt({ key: publicKey, padding: constants.RSA_NO_PADDING }, block);

function paddedBlock(): Buffer {
  return Buffer.concat([Buffer.from([0, 2]), Buffer.alloc(256 - 3 - 32, 7), Buffer.from([0]), KEY]);
}

describe('unwrapKey', () => {
  it.each([16, 24, 32])('gives keys of %i bytes back', (length) => {
    for (const [padding, options] of [
      [PKCS1, { padding: constants.RSA_PKCS1_PADDING }],
      [
        { kind: 'oaep', hash: 'sha1', mgfHash: 'sha1' },
        { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha1' },
      ],
      [
        { kind: 'oaep', hash: 'sha512', mgfHash: 'sha512' },
        { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha512' },
      ],
    ] as const) {
      const key = randomBytes(length);
      const encrypted = publicEncrypt({ key: publicKey, ...options }, key);
      expect(unwrapKey(privateKey, encrypted, padding, length).equals(key)).toBe(true);
    }
  });

  it('takes off a padding that is right to the letter', () => {
    expect(unwrapKey(privateKey, encryptBlock(paddedBlock()), PKCS1, 32).equals(KEY)).toBe(true);
  });

  it.each([
    ['another first byte', 0, 1],
    ['another kind', 1, 1],
    ['a zero in the padding, first', 2, 0],
    ['a zero in the padding, last', 222, 0],
    ['no zero before the key', 223, 9],
  ])('gives another key for %s: the same each time, and never an error', (_, at, value) => {
    const block = paddedBlock();
    block[at] = value;
    const encrypted = encryptBlock(block);
    const one = unwrapKey(privateKey, encrypted, PKCS1, 32);
    expect(one.equals(unwrapKey(privateKey, encrypted, PKCS1, 32))).toBe(true);
    expect([one.length, one.equals(KEY)]).toEqual([32, false]);
  });

  it('gives another key for a key of another length, and for bytes that are no block', () => {
    const short = publicEncrypt(
      { key: publicKey, padding: constants.RSA_PKCS1_PADDING },
      KEY.subarray(0, 16),
    );
    for (const encrypted of [
      short,
      Buffer.alloc(0),
      Buffer.alloc(256, 255),
      Buffer.alloc(300),
      randomBytes(256),
    ]) {
      for (const padding of [PKCS1, { kind: 'oaep', hash: 'sha256', mgfHash: 'sha1' }] as const)
        expect(unwrapKey(privateKey, encrypted, padding, 32).length).toBe(32);
    }
  });
});
