import { constants, createVerify, type KeyObject, verify } from 'node:crypto';
import { type Digest, digestOfOid, OID } from '../algorithms.js';
import type { ByteRange } from '../byte-range.js';
import type { Certificate } from '../certificate.js';
import { MessageFault } from '../faults.js';
import type { Workspace } from '../workspace.js';
import { BerError } from './ber-cursor.js';
import { openContentInfo, readVersion } from './content-info.js';
import { TAG } from './der.js';
import { hasSameSerial, isNamed } from './read-enveloped.js';
import { childAt, derOf, type Element, isContext, octetsOf, oidOf, parseStructure } from './structure.js';

/** Signers of one message. */
const SIGNERS_MAX = 10;

/** What a SignerInfo says (RFC 5652, 5.3). */
export interface SignerInfo {
  identifier: Element;
  digest: Digest;
  /** What the signature is over, as DER; more than one form where it came as BER. Null: over the content itself. */
  signedAttributes: Buffer[] | null;
  messageDigest: Buffer | null;
  signedAtMs: number | null;
  scheme: { kind: 'pkcs1' | 'pss' | 'ecdsa'; digest: Digest };
  signature: Buffer;
}

export interface ReadSignature {
  signers: SignerInfo[];
  /** The content, where it stands inside (opaque signing). */
  content: ByteRange | null;
}

/** Reads SignedData, of BER or DER, with or without content and certificates. @throws BerError, MessageFault */
export async function readSigned(source: ByteRange, workspace: Workspace): Promise<ReadSignature> {
  const { type, cursor } = await openContentInfo(source);
  if (type !== OID.signedData) throw new BerError('it is no SignedData');
  await readVersion(cursor);
  await cursor.element('the digests');
  const encapsulated = await cursor.enter(TAG.sequence, 'the signed content');
  const contentAt = cursor.position;
  await cursor.element('the content type');
  let content: ByteRange | null = null;
  if (!(await cursor.isAtEnd(encapsulated, contentAt))) {
    const wrapper = await cursor.enter(TAG.context(0), 'the signed content');
    const wrapperAt = cursor.position;
    const sink = workspace.sink();
    for await (const piece of cursor.octets(TAG.octetString, 'the signed content')) await sink.write(piece);
    content = await sink.finish();
    if (!(await cursor.isAtEnd(wrapper, wrapperAt)) || !(await cursor.isAtEnd(encapsulated, contentAt)))
      throw new BerError('there is more than the signed content');
  }
  for (const number of [0, 1]) {
    // Certificates and revocation lists: only the partner's own certificates, from our configuration, count.
    if ((await cursor.peekTag()) === TAG.context(number)) await cursor.element('the certificates');
  }
  const signers = parseStructure(await cursor.element('the signers'), 'the signers');
  if (signers.children.length === 0)
    throw new MessageFault('authentication-failed', 'nobody signed the message');
  if (signers.children.length > SIGNERS_MAX) throw new BerError('there are too many signers');
  return { signers: signers.children.map(signerOf), content };
}

function signerOf(info: Element): SignerInfo {
  const digest = digestIn(childAt(info, 2, 'the digest'));
  const attributes = info.children.find((one) => isContext(one, 0) && one !== info.children[1]);
  const at = attributes === undefined ? 3 : 4;
  const attribute = (oid: string): Element | undefined => {
    const found = attributes?.children.find((one) => oidOf(one.children[0], 'an attribute') === oid);
    return found?.children[1]?.children[0];
  };
  const messageDigest = attribute(OID.messageDigest);
  if (attributes !== undefined && messageDigest === undefined)
    throw new BerError('the signed attributes hold no digest');
  return {
    identifier: childAt(info, 1, 'the signer'),
    digest,
    signedAttributes: attributes === undefined ? null : attributeForms(attributes),
    messageDigest: messageDigest === undefined ? null : octetsOf(messageDigest, 'the digest'),
    signedAtMs: timeOf(attribute(OID.signingTime)),
    scheme: schemeOf(childAt(info, at, 'the signature algorithm'), digest),
    signature: octetsOf(info.children[at + 1], 'the signature'),
  };
}

/** The signature is over the DER of a SET OF; some sign what they send although it is not sorted. */
function attributeForms(attributes: Element): Buffer[] {
  const asSent = derOf(attributes);
  asSent[0] = TAG.set;
  const sorted = [...attributes.children.map(derOf)].sort(Buffer.compare);
  const header = asSent.subarray(0, asSent.length - sorted.reduce((sum, { length }) => sum + length, 0));
  const inOrder = Buffer.concat([header, ...sorted]);
  return inOrder.equals(asSent) ? [asSent] : [asSent, inOrder];
}

function timeOf(element: Element | undefined): number | null {
  const block = element?.block as { toDate?: () => Date } | undefined;
  const ms = block?.toDate?.().getTime();
  return ms === undefined || Number.isNaN(ms) ? null : ms;
}

function digestIn(algorithm: Element): Digest {
  const oid = oidOf(algorithm.children[0], 'the digest');
  const digest = digestOfOid(oid);
  if (digest === undefined)
    throw new MessageFault('unsupported-format', `the digest ${oid} is not supported`);
  return digest;
}

const SCHEME_DIGESTS: Record<string, SignerInfo['scheme']> = {
  [OID.sha1WithRsa]: { kind: 'pkcs1', digest: 'sha1' },
  [OID.sha256WithRsa]: { kind: 'pkcs1', digest: 'sha256' },
  [OID.sha384WithRsa]: { kind: 'pkcs1', digest: 'sha384' },
  [OID.sha512WithRsa]: { kind: 'pkcs1', digest: 'sha512' },
  [OID.ecdsaWithSha256]: { kind: 'ecdsa', digest: 'sha256' },
  [OID.ecdsaWithSha384]: { kind: 'ecdsa', digest: 'sha384' },
  [OID.ecdsaWithSha512]: { kind: 'ecdsa', digest: 'sha512' },
};

function schemeOf(algorithm: Element, digest: Digest): SignerInfo['scheme'] {
  const oid = oidOf(algorithm.children[0], 'the signature algorithm');
  if (oid === OID.rsaEncryption) return { kind: 'pkcs1', digest };
  if (oid === OID.rsaPss) {
    const hash = algorithm.children[1]?.children.find((one) => isContext(one, 0))?.children[0];
    return { kind: 'pss', digest: hash === undefined ? 'sha1' : digestIn(hash) };
  }
  const scheme = SCHEME_DIGESTS[oid];
  if (scheme === undefined)
    throw new MessageFault('unsupported-format', `the signature algorithm ${oid} is not supported`);
  return scheme;
}

/** A signature that holds: whose, and how. */
export interface VerifiedSignature {
  certificate: Certificate;
  digest: Digest;
  signedAtMs: number | null;
}

/**
 * Verifies that one of the certificates' keys signed the content. Which certificate the signature names only
 * decides what is tried first: a certificate that was renewed with its key still verifies.
 * @param digestOf digest of the content; asked once for each digest that is needed
 * @throws MessageFault authentication-failed, or integrity-check-failed where the content is not what was signed
 */
export async function verifySignature(
  signers: readonly SignerInfo[],
  certificates: readonly Certificate[],
  content: ByteRange,
  digestOf: (digest: Digest) => Promise<Buffer>,
  acceptSha1: boolean,
): Promise<VerifiedSignature> {
  let fault: MessageFault | null = null;
  for (const signer of signers) {
    if ((signer.digest === 'sha1' || signer.scheme.digest === 'sha1') && !acceptSha1) {
      fault = new MessageFault(
        'insufficient-message-security',
        'the message is signed with SHA-1, which is accepted only from a partner with digest sha1',
      );
      continue;
    }
    const certificate = await signerAmong(signer, certificates, content);
    if (certificate === null) {
      fault ??= new MessageFault(
        'authentication-failed',
        `the signature was not made with the partner's key (${certificates.map(({ x509 }) => x509.serialNumber).join(', ')}), or it was altered`,
      );
      continue;
    }
    if (signer.messageDigest !== null && !signer.messageDigest.equals(await digestOf(signer.digest))) {
      throw new MessageFault('integrity-check-failed', 'the content is not what was signed');
    }
    return { certificate, digest: signer.digest, signedAtMs: signer.signedAtMs };
  }
  throw fault ?? new MessageFault('authentication-failed', 'nobody signed the message');
}

async function signerAmong(
  signer: SignerInfo,
  certificates: readonly Certificate[],
  content: ByteRange,
): Promise<Certificate | null> {
  const rank = (certificate: Certificate) =>
    isNamed(signer.identifier, certificate) ? 0 : hasSameSerial(signer.identifier, certificate) ? 1 : 2;
  const ranked = [...certificates].sort((a, b) => rank(a) - rank(b));
  for (const certificate of ranked) {
    const options = verifyOptions(signer, certificate.x509.publicKey);
    if (options === null) continue;
    const isTrue =
      signer.signedAttributes === null
        ? await verifyContent(signer, options, content)
        : signer.signedAttributes.some((form) => verifyBytes(signer, options, form));
    if (isTrue) return certificate;
  }
  return null;
}

type VerifyOptions = { key: KeyObject; padding?: number; saltLength?: number };

function verifyOptions({ scheme }: SignerInfo, key: KeyObject): VerifyOptions | null {
  const isRsa = key.asymmetricKeyType === 'rsa' || key.asymmetricKeyType === 'rsa-pss';
  if (scheme.kind === 'ecdsa') return key.asymmetricKeyType === 'ec' ? { key } : null;
  if (!isRsa) return null;
  return scheme.kind === 'pss'
    ? { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_AUTO }
    : { key, padding: constants.RSA_PKCS1_PADDING };
}

function verifyBytes({ scheme, signature }: SignerInfo, options: VerifyOptions, signed: Buffer): boolean {
  return verify(scheme.digest, signed, options, signature);
}

async function verifyContent(
  { scheme, signature }: SignerInfo,
  options: VerifyOptions,
  content: ByteRange,
): Promise<boolean> {
  const verifying = createVerify(scheme.digest);
  for await (const piece of content.pieces()) verifying.update(piece);
  return verifying.verify(options, signature);
}
