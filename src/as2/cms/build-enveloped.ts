import { constants, createCipheriv, publicEncrypt, randomBytes } from 'node:crypto';
import { CIPHER_FACTS, type Cipher, OID } from '../algorithms.js';
import type { Certificate } from '../certificate.js';
import { der, derPrefix, integer, NULL, objectIdentifier, sequence, setOf, TAG } from './der.js';

export const KEY_TRANSPORTS = ['pkcs1', 'oaep'] as const;
export type KeyTransport = (typeof KEY_TRANSPORTS)[number];

export interface Recipient {
  certificate: Certificate;
  cipher: Cipher;
  keyTransport: KeyTransport;
}

const GCM_TAG_BYTES = 16;
const AES_BLOCK_BYTES = 16;
const OAEP_HASH = 'sha256';
const OAEP_HASH_OID = '2.16.840.1.101.3.4.2.1';

/** An encryption in progress: `prefix`, then what `update` gives for each piece, then what `end` gives. */
export interface Enveloping {
  prefix: Buffer;
  /** Bytes of everything together. */
  totalBytes: number;
  update(piece: Buffer): Buffer;
  end(): Buffer;
}

/**
 * Encrypts content of a known size for one recipient with a fresh key: EnvelopedData (RFC 5652, 6), or
 * AuthEnvelopedData (RFC 5083, 5084) for GCM, with definite lengths.
 */
export function beginEnveloped(recipient: Recipient, contentBytes: number): Enveloping {
  const { name, oid, keyBytes, ivBytes, isGcm } = CIPHER_FACTS[recipient.cipher];
  const key = randomBytes(keyBytes);
  const iv = randomBytes(ivBytes);
  const recipientInfos = setOf(keyTransRecipientInfo(recipient, key));
  const ivElement = der(TAG.octetString, iv);
  const parameters = isGcm ? sequence(ivElement, integer(GCM_TAG_BYTES)) : ivElement;
  const encryptedBytes = isGcm
    ? contentBytes
    : contentBytes + AES_BLOCK_BYTES - (contentBytes % AES_BLOCK_BYTES);
  const afterBytes = isGcm ? 2 + GCM_TAG_BYTES : 0;
  const prefix = derPrefix(
    [
      {
        tag: TAG.sequence,
        before: [objectIdentifier(isGcm ? OID.authEnvelopedData : OID.envelopedData)],
      },
      { tag: TAG.context(0) },
      { tag: TAG.sequence, before: [integer(0), recipientInfos], afterBytes },
      {
        tag: TAG.sequence,
        before: [objectIdentifier(OID.data), sequence(objectIdentifier(oid), parameters)],
      },
      { tag: TAG.contextPrimitive(0) },
    ],
    encryptedBytes,
  );
  const totalBytes = prefix.length + encryptedBytes + afterBytes;
  if (isGcm) {
    const cipher = createCipheriv(name as 'aes-256-gcm', key, iv, { authTagLength: GCM_TAG_BYTES });
    return {
      prefix,
      totalBytes,
      update: (piece) => cipher.update(piece),
      end: () => Buffer.concat([cipher.final(), der(TAG.octetString, cipher.getAuthTag())]),
    };
  }
  const cipher = createCipheriv(name, key, iv);
  return { prefix, totalBytes, update: (piece) => cipher.update(piece), end: () => cipher.final() };
}

function keyTransRecipientInfo({ certificate, keyTransport }: Recipient, key: Buffer): Buffer {
  const publicKey = certificate.x509.publicKey;
  const isOaep = keyTransport === 'oaep';
  const encrypted = isOaep
    ? publicEncrypt({ key: publicKey, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: OAEP_HASH }, key)
    : publicEncrypt({ key: publicKey, padding: constants.RSA_PKCS1_PADDING }, key);
  return sequence(
    integer(0),
    sequence(certificate.issuer, certificate.serial),
    isOaep ? oaepAlgorithm() : sequence(objectIdentifier(OID.rsaEncryption), NULL),
    der(TAG.octetString, encrypted),
  );
}

/** RFC 4055, 4.1: SHA-256, and MGF1 with it. */
function oaepAlgorithm(): Buffer {
  const hash = sequence(objectIdentifier(OAEP_HASH_OID), NULL);
  return sequence(
    objectIdentifier(OID.rsaOaep),
    sequence(der(TAG.context(0), hash), der(TAG.context(1), sequence(objectIdentifier(OID.mgf1), hash))),
  );
}
