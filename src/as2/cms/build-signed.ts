import { constants, type KeyObject, sign } from 'node:crypto';
import { DIGEST_FACTS, type Digest, OID } from '../algorithms.js';
import type { Certificate } from '../certificate.js';
import { der, integer, NULL, objectIdentifier, sequence, setOf, TAG, time } from './der.js';

export const SIGNATURE_SCHEMES = ['pkcs1', 'pss'] as const;
export type SignatureScheme = (typeof SIGNATURE_SCHEMES)[number];

export interface Signer {
  key: KeyObject;
  certificate: Certificate;
  digest: Digest;
  scheme: SignatureScheme;
}

const PKCS1_OID: Record<Digest, string> = {
  sha1: OID.sha1WithRsa,
  sha256: OID.sha256WithRsa,
  sha384: OID.sha384WithRsa,
  sha512: OID.sha512WithRsa,
};

/**
 * A detached signature (ContentInfo with SignedData, RFC 5652, 5) over content with the given digest, with our
 * certificate in it. Its size depends on the signer only, so that it is known before the content has been read.
 * CMSAlgorithmProtection is left out: some products refuse a signature that has it.
 */
export function detachedSignature(signer: Signer, contentDigest: Buffer, nowMs: number): Buffer {
  const signed = signedAttributes(contentDigest, nowMs);
  return signedData(signer, signed, sign(signer.digest, signed, { key: signer.key, ...paddingOf(signer) }));
}

/** Bytes of a detached signature of this signer at this time; an RSA signature is as long as its key. */
export function signatureBytes(signer: Signer, nowMs: number): number {
  const attributes = signedAttributes(Buffer.alloc(DIGEST_FACTS[signer.digest].sizeBytes), nowMs);
  const keyBytes = Math.ceil(signer.key.asymmetricKeyDetails!.modulusLength! / 8);
  return signedData(signer, attributes, Buffer.alloc(keyBytes)).length;
}

function signedAttributes(contentDigest: Buffer, nowMs: number): Buffer {
  return setOf(
    attribute(OID.contentType, objectIdentifier(OID.data)),
    attribute(OID.signingTime, time(nowMs)),
    attribute(OID.messageDigest, der(TAG.octetString, contentDigest)),
  );
}

function signedData(signer: Signer, attributes: Buffer, signature: Buffer): Buffer {
  // The same bytes stand in the message as [0] IMPLICIT.
  const inMessage = Buffer.from(attributes);
  inMessage[0] = TAG.context(0);
  const digestAlgorithm = sequence(objectIdentifier(DIGEST_FACTS[signer.digest].oid), NULL);
  const signerInfo = sequence(
    integer(1),
    sequence(signer.certificate.issuer, signer.certificate.serial),
    digestAlgorithm,
    inMessage,
    signatureAlgorithm(signer),
    der(TAG.octetString, signature),
  );
  const content = sequence(
    integer(1),
    setOf(digestAlgorithm),
    sequence(objectIdentifier(OID.data)),
    der(TAG.context(0), signer.certificate.der),
    setOf(signerInfo),
  );
  return sequence(objectIdentifier(OID.signedData), der(TAG.context(0), content));
}

function attribute(oid: string, value: Buffer): Buffer {
  return sequence(objectIdentifier(oid), setOf(value));
}

function paddingOf({ scheme, digest }: Signer) {
  return scheme === 'pss'
    ? { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: DIGEST_FACTS[digest].sizeBytes }
    : { padding: constants.RSA_PKCS1_PADDING };
}

/** RFC 4056 for PSS: hash, MGF1 with the same hash, salt of the hash's length. */
function signatureAlgorithm({ scheme, digest }: Signer): Buffer {
  if (scheme === 'pkcs1') return sequence(objectIdentifier(PKCS1_OID[digest]), NULL);
  const hash = sequence(objectIdentifier(DIGEST_FACTS[digest].oid), NULL);
  return sequence(
    objectIdentifier(OID.rsaPss),
    sequence(
      der(TAG.context(0), hash),
      der(TAG.context(1), sequence(objectIdentifier(OID.mgf1), hash)),
      der(TAG.context(2), integer(DIGEST_FACTS[digest].sizeBytes)),
    ),
  );
}
