import { constants, createHash, createHmac, type KeyObject, privateDecrypt, randomBytes } from 'node:crypto';
import type { Digest } from '../algorithms.js';

/** How the content key came: RSA PKCS#1 v1.5, or OAEP with the digests of its two parts. */
export type KeyPadding = { kind: 'pkcs1' } | { kind: 'oaep'; hash: Digest; mgfHash: Digest };

/** Secret of this process that replacement keys are made with. */
const REPLACEMENT_SECRET = randomBytes(32);

/**
 * Decrypts a content key. Where the padding is bad, or the key has not `keyBytes`, another key comes back
 * instead, the same each time for the same bytes, and the same work is done: whoever sends altered messages
 * cannot tell bad padding from a wrong key (RFC 3218; implicit rejection as in TLS). Node 20 refuses PKCS#1
 * v1.5 in `privateDecrypt` for want of just this, so the padding is taken off here.
 * @param encrypted as it came; of any length
 * @returns `keyBytes` bytes, never an error
 */
export function unwrapKey(
  privateKey: KeyObject,
  encrypted: Buffer,
  padding: KeyPadding,
  keyBytes: number,
): Buffer {
  const replacement = createHmac('sha256', REPLACEMENT_SECRET)
    .update(encrypted)
    .digest()
    .subarray(0, keyBytes);
  const modulusBytes = (privateKey.asymmetricKeyDetails!.modulusLength! + 7) >> 3;
  let block: Buffer;
  try {
    block = privateDecrypt({ key: privateKey, padding: constants.RSA_NO_PADDING }, encrypted);
  } catch {
    // Not of the modulus' length, or not below it: tells nothing about the key.
    block = Buffer.alloc(modulusBytes);
  }
  return padding.kind === 'pkcs1'
    ? chosen(pkcs1Fault(block, keyBytes), block.subarray(block.length - keyBytes), replacement)
    : oaepKey(block, padding, keyBytes, replacement);
}

/** 0 where the block is 00 02, at least eight bytes that are not 00, 00 and the key; else something else. */
function pkcs1Fault(block: Buffer, keyBytes: number): number {
  const separatorAt = block.length - keyBytes - 1;
  let fault = block[0]! | (block[1]! ^ 2) | block[separatorAt]! | Number(separatorAt < 10);
  for (let i = 2; i < separatorAt; i++) fault |= isZero(block[i]!);
  return fault;
}

/** 1 for the byte 0, else 0, without a branch. */
const isZero = (byte: number): number => ((byte - 1) >>> 31) & 1;

/** One of two byte strings of the same length, without a branch on which. */
function chosen(fault: number, key: Buffer, replacement: Buffer): Buffer {
  // 0 where there is no fault, else 255.
  const mask = (isZero(fault & 0xff) - 1) & 0xff;
  const result = Buffer.alloc(replacement.length);
  for (let i = 0; i < result.length; i++) result[i] = (key[i]! & ~mask) | (replacement[i]! & mask);
  return result;
}

/** RFC 8017, 7.1.2, step 3, with an empty label. OpenSSL's own takes one digest for both parts only. */
function oaepKey(
  block: Buffer,
  { hash, mgfHash }: { hash: Digest; mgfHash: Digest },
  keyBytes: number,
  replacement: Buffer,
): Buffer {
  const labelHash = createHash(hash).digest();
  const hashBytes = labelHash.length;
  const masked = block.subarray(1 + hashBytes);
  if (masked.length < hashBytes + 1 + keyBytes) return replacement;
  const seed = xor(block.subarray(1, 1 + hashBytes), maskOf(mgfHash, masked, hashBytes));
  const content = xor(masked, maskOf(mgfHash, seed, masked.length));
  const separatorAt = content.length - keyBytes - 1;
  let fault = block[0]! | (content[separatorAt]! ^ 1);
  for (let i = 0; i < hashBytes; i++) fault |= content[i]! ^ labelHash[i]!;
  for (let i = hashBytes; i < separatorAt; i++) fault |= content[i]!;
  return chosen(fault, content.subarray(separatorAt + 1), replacement);
}

/** MGF1 (RFC 8017, B.2.1). */
function maskOf(hash: Digest, seed: Buffer, length: number): Buffer {
  const blocks: Buffer[] = [];
  for (let counter = 0, bytes = 0; bytes < length; counter++) {
    const number = Buffer.alloc(4);
    number.writeUInt32BE(counter);
    const block = createHash(hash).update(seed).update(number).digest();
    blocks.push(block);
    bytes += block.length;
  }
  return Buffer.concat(blocks, length);
}

function xor(one: Buffer, other: Buffer): Buffer {
  const result = Buffer.alloc(one.length);
  for (let i = 0; i < one.length; i++) result[i] = one[i]! ^ other[i]!;
  return result;
}
