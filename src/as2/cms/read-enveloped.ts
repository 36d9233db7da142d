import { createDecipheriv, type Decipher, type KeyObject } from 'node:crypto';
import { type CipherFacts, cipherOfOid, type Digest, digestOfOid, OID } from '../algorithms.js';
import type { ByteRange } from '../byte-range.js';
import type { Certificate } from '../certificate.js';
import { MessageFault } from '../faults.js';
import type { Workspace } from '../workspace.js';
import { type BerCursor, BerError, type ElementHead } from './ber-cursor.js';
import { readVersion } from './content-info.js';
import { TAG } from './der.js';
import {
  childAt,
  derOf,
  type Element,
  integerOf,
  isContext,
  octetsOf,
  oidOf,
  parseStructure,
} from './structure.js';
import { type KeyPadding, unwrapKey } from './unwrap-key.js';

/** Recipients of one message. */
const RECIPIENTS_MAX = 100;
/** RFC 5084: tags of fewer bytes are refused here, they are too easily hit. */
const GCM_TAG_BYTES_LEAST = 12;

/** A key of ours with its certificate. */
export interface OwnKey {
  key: KeyObject;
  certificate: Certificate;
}

/** How the content of an EnvelopedData is encrypted, as it says in front of the content. */
interface Encryption {
  cipher: CipherFacts;
  iv: Buffer;
  tagBytes: number;
}

/**
 * Decrypts EnvelopedData or AuthEnvelopedData into the workspace. For the latter nothing is given back before
 * the tag has been verified.
 * @param cursor at the version, inside of the ContentInfo
 * @throws MessageFault decryption-failed, with the same words whatever of key and content is wrong; unsupported-format
 */
export async function decryptEnveloped(
  cursor: BerCursor,
  isAuthenticated: boolean,
  keys: readonly OwnKey[],
  workspace: Workspace,
): Promise<ByteRange> {
  await readVersion(cursor);
  // OriginatorInfo, which nobody needs.
  if ((await cursor.peekTag()) === TAG.context(0)) await cursor.element('the originator');
  const recipients = parseStructure(await cursor.element('the recipients'), 'the recipients');
  const content = await cursor.enter(TAG.sequence, 'the encrypted content');
  const contentAt = cursor.position;
  await cursor.element('the content type');
  const encryption = encryptionOf(
    parseStructure(await cursor.element('the encryption'), 'the encryption'),
    isAuthenticated,
  );
  const contentKey = contentKeyOf(recipients, keys, encryption.cipher.keyBytes);
  const { cipher, iv, tagBytes } = encryption;
  const options = isAuthenticated ? { authTagLength: tagBytes } : {};
  const decipher = createDecipheriv(cipher.name, contentKey, iv, options as object);
  if (isAuthenticated) await authenticate(decipher, cursor, content, contentAt, encryption.tagBytes);
  return decryptOctets(decipher, cursor, workspace);
}

async function decryptOctets(
  decipher: Decipher,
  cursor: BerCursor,
  workspace: Workspace,
): Promise<ByteRange> {
  const sink = workspace.sink();
  for await (const piece of cursor.octets(TAG.contextPrimitive(0), 'the encrypted content')) {
    await sink.write(decipher.update(piece));
  }
  try {
    await sink.write(decipher.final());
  } catch (thrown) {
    throw new MessageFault('decryption-failed', DECRYPTION_FAILED, { cause: thrown });
  }
  return sink.finish();
}

/** The one sentence for everything that can be wrong once a content key has been made. */
export const DECRYPTION_FAILED =
  'the message cannot be decrypted: it was encrypted for another key, or altered on its way';

/** Reads what stands behind the content, sets the tag and the authenticated attributes, and goes back. */
async function authenticate(
  decipher: Decipher,
  cursor: BerCursor,
  content: ElementHead,
  contentAt: number,
  tagBytes: number,
): Promise<void> {
  const octetsAt = cursor.position;
  await cursor.pass('the encrypted content');
  if (!(await cursor.isAtEnd(content, contentAt)))
    throw new BerError('there is more than the encrypted content');
  const gcm = decipher as Decipher & { setAuthTag(tag: Buffer): void; setAAD(attributes: Buffer): void };
  if ((await cursor.peekTag()) === TAG.context(1)) {
    const attributes = derOf(parseStructure(await cursor.element('the attributes'), 'the attributes'));
    attributes[0] = TAG.set;
    gcm.setAAD(attributes);
  }
  const tag = octetsOf(parseStructure(await cursor.element('the tag'), 'the tag'), 'the tag');
  if (tag.length !== tagBytes) throw new BerError('the tag has not the length that it should have');
  gcm.setAuthTag(tag);
  cursor.position = octetsAt;
}

function encryptionOf(algorithm: Element, isAuthenticated: boolean): Encryption {
  const oid = oidOf(childAt(algorithm, 0, 'the encryption'), 'the encryption');
  const cipher = cipherOfOid(oid);
  if (cipher === undefined || cipher.isGcm !== isAuthenticated) {
    throw new MessageFault(
      'unsupported-format',
      `the message is encrypted with ${oid}, which is not supported`,
    );
  }
  const parameters = childAt(algorithm, 1, 'the initialisation vector');
  if (!isAuthenticated) {
    const iv = octetsOf(parameters, 'the initialisation vector');
    if (iv.length !== cipher.ivBytes) throw new BerError('the initialisation vector has the wrong length');
    return { cipher, iv, tagBytes: 0 };
  }
  const iv = octetsOf(childAt(parameters, 0, 'the nonce'), 'the nonce');
  const length = parameters.children[1];
  const tagBytes = length === undefined ? GCM_TAG_BYTES_LEAST : integerOf(length, 'the length of the tag');
  if (iv.length < 1 || iv.length > 64) throw new BerError('the nonce has the wrong length');
  if (tagBytes < GCM_TAG_BYTES_LEAST || tagBytes > 16) throw new BerError('the tag has the wrong length');
  return { cipher, iv, tagBytes };
}

/** @throws MessageFault decryption-failed where no recipient is one of ours */
function contentKeyOf(recipients: Element, keys: readonly OwnKey[], keyBytes: number): Buffer {
  if (recipients.children.length > RECIPIENTS_MAX) throw new BerError('there are too many recipients');
  // KeyTransRecipientInfo is the one without a tag of its own.
  const transported = recipients.children.filter(({ tagClass }) => tagClass === 1);
  for (const isSame of [isNamed, hasSameSerial]) {
    for (const recipient of transported) {
      const own = keys.find(({ certificate }) => isSame(childAt(recipient, 1, 'the recipient'), certificate));
      if (own === undefined) continue;
      const padding = paddingOf(childAt(recipient, 2, 'the key encryption'));
      const encrypted = octetsOf(childAt(recipient, 3, 'the key'), 'the key');
      return unwrapKey(own.key, encrypted, padding, keyBytes);
    }
  }
  throw new MessageFault(
    'decryption-failed',
    `the message is encrypted for another certificate than ours (serial ${keys.map(({ certificate }) => certificate.x509.serialNumber).join(' or ')})`,
  );
}

/** Whether a RecipientIdentifier or SignerIdentifier names a certificate (RFC 5652, 5.3 and 6.2.1). */
export function isNamed(identifier: Element, certificate: Certificate): boolean {
  if (isContext(identifier, 0)) {
    return certificate.keyIdentifier?.equals(octetsOf(identifier, 'the key identifier')) === true;
  }
  return (
    hasSameSerial(identifier, certificate) &&
    derOf(childAt(identifier, 0, 'the issuer')).equals(certificate.issuer)
  );
}

/** Some products write the issuer's name with other string types than the certificate has. */
export function hasSameSerial(identifier: Element, certificate: Certificate): boolean {
  const serial = identifier.children[1];
  return serial !== undefined && derOf(serial).equals(certificate.serial);
}

function paddingOf(algorithm: Element): KeyPadding {
  const oid = oidOf(algorithm.children[0], 'the key encryption');
  if (oid === OID.rsaEncryption) return { kind: 'pkcs1' };
  if (oid !== OID.rsaOaep) {
    throw new MessageFault('unsupported-format', `the key is encrypted with ${oid}, which is not supported`);
  }
  // RFC 4055, 4.1: [0] digest, [1] mask generation with its digest, each SHA-1 where it is left out.
  const parameters = algorithm.children[1]?.children ?? [];
  const hash = parameters.find((one) => isContext(one, 0))?.children[0];
  const mask = parameters.find((one) => isContext(one, 1))?.children[0]?.children[1];
  return { kind: 'oaep', hash: digestIn(hash), mgfHash: digestIn(mask) };
}

function digestIn(algorithm: Element | undefined): Digest {
  if (algorithm === undefined) return 'sha1';
  const oid = oidOf(algorithm.children[0], 'the digest');
  const digest = digestOfOid(oid);
  if (digest === undefined)
    throw new MessageFault('unsupported-format', `the digest ${oid} is not supported`);
  return digest;
}
