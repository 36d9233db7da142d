import { createHash } from 'node:crypto';
import { type Digest, OID } from './algorithms.js';
import type { ByteRange } from './byte-range.js';
import type { Certificate } from './certificate.js';
import { BerError } from './cms/ber-cursor.js';
import { openContentInfo } from './cms/content-info.js';
import { inflateCompressed } from './cms/read-compressed.js';
import { DECRYPTION_FAILED, decryptEnveloped, type OwnKey } from './cms/read-enveloped.js';
import { readSigned, type VerifiedSignature, verifySignature } from './cms/read-signed.js';
import { type Disposition, MessageFault } from './faults.js';
import { type Entity, readEntity } from './mime/entity.js';
import { parseHeaderValue } from './mime/headers.js';
import { partsOf } from './mime/multipart.js';
import { decodedBody } from './mime/transfer-encoding.js';
import type { Workspace } from './workspace.js';

/** Layers around a payload: compressed, signed and encrypted are three. */
const LAYERS_MAX = 8;

/** What a message is opened with. */
export interface OpeningKeys {
  /** Ours, valid now: one, or two where they overlap. */
  own: readonly OwnKey[];
  /** The partner's, valid now. */
  partner: readonly Certificate[];
  /** Whether a signature may be made with SHA-1. */
  acceptSha1: boolean;
}

export interface OpenedMessage {
  /** The innermost entity and its content without transfer encoding. */
  entity: Entity;
  content: ByteRange;
  /** From Content-Disposition or Content-Type, as it came, or null. Never a path to write to as it is. */
  fileName: string | null;
  isEncrypted: boolean;
  isCompressed: boolean;
  signature: VerifiedSignature | null;
  /** What the MIC is over (RFC 4130, 7.3.1; RFC 5402, 4). */
  micBytes: ByteRange;
}

/** What the layers so far have told. */
interface Progress {
  isEncrypted: boolean;
  isCompressed: boolean;
  signature: VerifiedSignature | null;
  micBytes: ByteRange | null;
}

/**
 * Opens a message, whatever the order of its layers: decrypts, verifies, decompresses. Nothing in the result was
 * altered on its way where `signature` is not null.
 * @param entity the HTTP headers with the body
 * @param expandedBytesMax what a compressed message may expand to
 * @throws MessageFault with the disposition that tells the sender what is wrong
 */
export async function openMessage(
  entity: Entity,
  keys: OpeningKeys,
  expandedBytesMax: number,
  workspace: Workspace,
): Promise<OpenedMessage> {
  const progress: Progress = { isEncrypted: false, isCompressed: false, signature: null, micBytes: null };
  let current = entity;
  for (let layer = 0; layer <= LAYERS_MAX; layer++) {
    const inner = await openLayer(current, keys, expandedBytesMax, workspace, progress);
    if (inner === null) {
      const { isEncrypted, isCompressed, signature } = progress;
      return {
        entity: current,
        content: await decodedBody(current, false, workspace),
        fileName: fileNameOf(current),
        isEncrypted,
        isCompressed,
        signature,
        micBytes: progress.micBytes ?? current.body,
      };
    }
    current = inner;
  }
  throw new MessageFault('unexpected-processing-error', `a message has more than ${LAYERS_MAX} layers`);
}

/** Digest of what the MIC is over. */
export async function micOf(message: OpenedMessage, digest: Digest): Promise<string> {
  return (await digestOf(message.micBytes, digest)).toString('base64');
}

async function digestOf(bytes: ByteRange, digest: Digest): Promise<Buffer> {
  const hash = createHash(digest);
  for await (const piece of bytes.pieces()) hash.update(piece);
  return hash.digest();
}

/** Takes one layer off; null where the entity is the payload. */
async function openLayer(
  entity: Entity,
  keys: OpeningKeys,
  expandedBytesMax: number,
  workspace: Workspace,
  progress: Progress,
): Promise<Entity | null> {
  const { value } = entity.contentType;
  if (value === 'multipart/signed') return openMultipartSigned(entity, keys, workspace, progress);
  if (value !== 'application/pkcs7-mime' && value !== 'application/x-pkcs7-mime') return null;
  const body = await decodedBody(entity, true, workspace);
  const smimeType = entity.contentType.parameters.get('smime-type')?.toLowerCase() ?? '';
  const { type, cursor } = await faultIfBer(FAULT_OF_SMIME_TYPE[smimeType] ?? 'decryption-failed', () =>
    openContentInfo(body),
  );
  if (type === OID.compressedData) {
    const inflated = await faultIfBer('decompression-failed', () =>
      inflateCompressed(cursor, expandedBytesMax, workspace),
    );
    progress.isCompressed = true;
    return innerEntity(inflated, progress);
  }
  if (type === OID.signedData) return openOpaqueSigned(body, keys, workspace, progress);
  if (type !== OID.envelopedData && type !== OID.authEnvelopedData)
    throw new MessageFault('unsupported-format', `CMS content of type ${type} is not supported`);
  const decrypted = await faultIfBer('decryption-failed', () =>
    decryptEnveloped(cursor, type === OID.authEnvelopedData, keys.own, workspace),
  );
  progress.isEncrypted = true;
  // A wrong key gives padding that looks right once in 256 times: what comes out gets the same answer then.
  const inner = await innerEntity(decrypted, progress).catch((thrown: unknown) => {
    if (thrown instanceof MessageFault) return null;
    throw thrown;
  });
  if (inner === null || !inner.headers.has('content-type'))
    throw new MessageFault('decryption-failed', DECRYPTION_FAILED);
  return inner;
}

const FAULT_OF_SMIME_TYPE: Record<string, Disposition> = {
  'compressed-data': 'decompression-failed',
  'signed-data': 'authentication-failed',
};

/** The MIME entity in what a layer held; without a signature so far, the MIC is over all of it. */
async function innerEntity(bytes: ByteRange, progress: Progress): Promise<Entity> {
  const inner = await readEntity(bytes);
  if (progress.signature === null) progress.micBytes = bytes;
  return inner;
}

async function openMultipartSigned(
  entity: Entity,
  keys: OpeningKeys,
  workspace: Workspace,
  progress: Progress,
): Promise<Entity> {
  const [content, signaturePart] = await partsOf(entity.body, entity.contentType.parameters.get('boundary'));
  if (content === undefined || signaturePart === undefined)
    throw new MessageFault('authentication-failed', 'a signed message does not have two parts');
  const signature = await decodedBody(await readEntity(signaturePart), true, workspace);
  const { signers } = await faultIfBer('authentication-failed', () => readSigned(signature, workspace));
  await verifyLayer(signers, content, keys, progress);
  return readEntity(content);
}

async function openOpaqueSigned(
  body: ByteRange,
  keys: OpeningKeys,
  workspace: Workspace,
  progress: Progress,
): Promise<Entity> {
  const { signers, content } = await faultIfBer('authentication-failed', () => readSigned(body, workspace));
  if (content === null)
    throw new MessageFault('authentication-failed', 'a signature came without what it is over');
  await verifyLayer(signers, content, keys, progress);
  return readEntity(content);
}

async function verifyLayer(
  signers: Parameters<typeof verifySignature>[0],
  content: ByteRange,
  keys: OpeningKeys,
  progress: Progress,
): Promise<void> {
  const digests = new Map<Digest, Buffer>();
  const digestOnce = async (digest: Digest) => {
    const known = digests.get(digest) ?? (await digestOf(content, digest));
    digests.set(digest, known);
    return known;
  };
  const verified = await faultIfBer('authentication-failed', () =>
    verifySignature(signers, keys.partner, content, digestOnce, keys.acceptSha1),
  );
  // The outermost signature is what the receipt is about.
  if (progress.signature !== null) return;
  progress.signature = verified;
  progress.micBytes = content;
}

/** Bytes that are no CMS mean that the layer could not be taken off. */
async function faultIfBer<T>(disposition: Disposition, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (thrown) {
    if (!(thrown instanceof BerError)) throw thrown;
    throw new MessageFault(disposition, `the message is not well formed: ${thrown.message}`, {
      cause: thrown,
    });
  }
}

function fileNameOf(entity: Entity): string | null {
  const disposition = parseHeaderValue(entity.headers.get('content-disposition') ?? '');
  return disposition.parameters.get('filename') ?? entity.contentType.parameters.get('name') ?? null;
}
