/**
 * The algorithms of messages: their names in settings, in CMS (object identifiers), in MIME (micalg) and in
 * node:crypto. RFC 8551 names the identifiers, RFC 4130 and its draft successor the MIME names.
 */

export const DIGESTS = ['sha256', 'sha384', 'sha512', 'sha1'] as const;
/** Digest of signatures and of the MIC, by node:crypto's name. */
export type Digest = (typeof DIGESTS)[number];

export const CIPHERS = ['aes256-cbc', 'aes128-cbc', 'aes256-gcm', 'aes128-gcm'] as const;
/** Content encryption that we send. */
export type Cipher = (typeof CIPHERS)[number];

export interface DigestFacts {
  oid: string;
  /** Name in `micalg` and `Received-content-MIC`, as RFC 5751 and later write it. */
  mimeName: string;
  sizeBytes: number;
}

export const DIGEST_FACTS: Record<Digest, DigestFacts> = {
  sha1: { oid: '1.3.14.3.2.26', mimeName: 'sha-1', sizeBytes: 20 },
  sha256: { oid: '2.16.840.1.101.3.4.2.1', mimeName: 'sha-256', sizeBytes: 32 },
  sha384: { oid: '2.16.840.1.101.3.4.2.2', mimeName: 'sha-384', sizeBytes: 48 },
  sha512: { oid: '2.16.840.1.101.3.4.2.3', mimeName: 'sha-512', sizeBytes: 64 },
};

export interface CipherFacts {
  oid: string;
  /** Name for node:crypto. */
  name: string;
  keyBytes: number;
  /** Authenticated: the content is AuthEnvelopedData (RFC 5083), its tag the `mac`. */
  isGcm: boolean;
  ivBytes: number;
}

export const CIPHER_FACTS: Record<Cipher, CipherFacts> = {
  'aes128-cbc': cbc('2.16.840.1.101.3.4.1.2', 'aes-128-cbc', 16),
  'aes256-cbc': cbc('2.16.840.1.101.3.4.1.42', 'aes-256-cbc', 32),
  'aes128-gcm': gcm('2.16.840.1.101.3.4.1.6', 'aes-128-gcm', 16),
  'aes256-gcm': gcm('2.16.840.1.101.3.4.1.46', 'aes-256-gcm', 32),
};

/** What we read: what we send, and what older products still use. */
const READABLE_CIPHERS: readonly CipherFacts[] = [
  ...Object.values(CIPHER_FACTS),
  cbc('2.16.840.1.101.3.4.1.22', 'aes-192-cbc', 24),
  gcm('2.16.840.1.101.3.4.1.26', 'aes-192-gcm', 24),
  { oid: '1.2.840.113549.3.7', name: 'des-ede3-cbc', keyBytes: 24, isGcm: false, ivBytes: 8 },
];

function cbc(oid: string, name: string, keyBytes: number): CipherFacts {
  return { oid, name, keyBytes, isGcm: false, ivBytes: 16 };
}

function gcm(oid: string, name: string, keyBytes: number): CipherFacts {
  return { oid, name, keyBytes, isGcm: true, ivBytes: 12 };
}

export function cipherOfOid(oid: string): CipherFacts | undefined {
  return READABLE_CIPHERS.find((facts) => facts.oid === oid);
}

export function digestOfOid(oid: string): Digest | undefined {
  return DIGESTS.find((digest) => DIGEST_FACTS[digest].oid === oid);
}

/** A digest by any of the names that MIME texts give it: `sha256`, `SHA-256`, `rsa-sha256`. */
export function digestOfMimeName(name: string): Digest | undefined {
  const plain = name.trim().toLowerCase().replace(/^rsa-/, '').replaceAll(/[-_"]/g, '');
  return DIGESTS.find((digest) => digest === plain);
}

export const OID = {
  data: '1.2.840.113549.1.7.1',
  signedData: '1.2.840.113549.1.7.2',
  envelopedData: '1.2.840.113549.1.7.3',
  compressedData: '1.2.840.113549.1.9.16.1.9',
  authEnvelopedData: '1.2.840.113549.1.9.16.1.23',
  zlib: '1.2.840.113549.1.9.16.3.8',
  contentType: '1.2.840.113549.1.9.3',
  messageDigest: '1.2.840.113549.1.9.4',
  signingTime: '1.2.840.113549.1.9.5',
  rsaEncryption: '1.2.840.113549.1.1.1',
  rsaOaep: '1.2.840.113549.1.1.7',
  mgf1: '1.2.840.113549.1.1.8',
  rsaPss: '1.2.840.113549.1.1.10',
  sha1WithRsa: '1.2.840.113549.1.1.5',
  sha256WithRsa: '1.2.840.113549.1.1.11',
  sha384WithRsa: '1.2.840.113549.1.1.12',
  sha512WithRsa: '1.2.840.113549.1.1.13',
  ecdsaWithSha256: '1.2.840.10045.4.3.2',
  ecdsaWithSha384: '1.2.840.10045.4.3.3',
  ecdsaWithSha512: '1.2.840.10045.4.3.4',
} as const;
