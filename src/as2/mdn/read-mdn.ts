import { type Digest, digestOfMimeName } from '../algorithms.js';
import type { VerifiedSignature } from '../cms/read-signed.js';
import { MessageFault } from '../faults.js';
import { type Entity, readEntity } from '../mime/entity.js';
import { parseHeaders } from '../mime/headers.js';
import { partsOf } from '../mime/multipart.js';
import { decodedBody } from '../mime/transfer-encoding.js';
import { type OpeningKeys, openMessage } from '../read-message.js';
import type { Workspace } from '../workspace.js';
import { parseDisposition, type ReportedDisposition } from './disposition.js';

/** Bytes of a receipt; real ones have some thousand. */
export const MDN_BYTES_MAX = 1024 * 1024;
/** Characters of a receipt's text that are kept for a person. */
const TEXT_CHARACTERS_MAX = 2000;

/** What a receipt says, and who signed it. */
export interface ReadMdn {
  originalMessageId: string;
  disposition: ReportedDisposition;
  /** As it stands there; the digest is null where its name is not known. */
  mic: { value: string; digest: Digest | null } | null;
  /** Null: not signed. A signature that does not hold is a fault. */
  signature: VerifiedSignature | null;
  /** What it says to a person. */
  text: string;
}

/**
 * Reads a receipt, signed or not, from a response or from a message of its own.
 * @throws MessageFault where it is none, or where its signature does not hold
 */
export async function readMdn(entity: Entity, keys: OpeningKeys, workspace: Workspace): Promise<ReadMdn> {
  if (entity.body.sizeBytes > MDN_BYTES_MAX)
    throw new MessageFault('unsupported-format', `the receipt has more than ${MDN_BYTES_MAX} bytes`);
  const opened = await openMessage(entity, keys, MDN_BYTES_MAX, workspace);
  const report = opened.entity;
  if (report.contentType.value !== 'multipart/report')
    throw new MessageFault('unsupported-format', `${report.contentType.value || 'this'} is no receipt`);
  let fields: Map<string, string> | null = null;
  let text = '';
  for (const bytes of await partsOf(report.body, report.contentType.parameters.get('boundary'))) {
    const part = await readEntity(bytes);
    const { value } = part.contentType;
    if (value === 'message/disposition-notification') fields ??= parseHeaders(await textOf(part, workspace));
    else if (value.startsWith('text/') && text === '') text = (await textOf(part, workspace)).trim();
  }
  const disposition = parseDisposition(fields?.get('disposition') ?? '');
  if (fields === null || disposition === null)
    throw new MessageFault('unsupported-format', 'the receipt says nothing of what became of the message');
  return {
    originalMessageId: fields.get('original-message-id') ?? '',
    disposition,
    mic: micOf(fields.get('received-content-mic')),
    signature: opened.signature,
    text: text.slice(0, TEXT_CHARACTERS_MAX),
  };
}

async function textOf(part: Entity, workspace: Workspace): Promise<string> {
  const encoding = part.headers.get('content-transfer-encoding')?.trim().toLowerCase();
  if (encoding === 'quoted-printable') {
    const text = (await part.body.read(0, part.body.sizeBytes)).toString('latin1');
    return text
      .replaceAll(/=[ \t]*\r?\n/g, '')
      .replaceAll(/=([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  }
  const body = await decodedBody(part, false, workspace);
  return (await body.read(0, body.sizeBytes)).toString('latin1');
}

/** `value, algorithm`, with the blanks of folded lines anywhere. */
function micOf(field: string | undefined): ReadMdn['mic'] {
  if (field === undefined || field.trim() === '') return null;
  const comma = field.lastIndexOf(',');
  const value = (comma === -1 ? field : field.slice(0, comma)).replaceAll(/\s/g, '');
  return { value, digest: comma === -1 ? null : (digestOfMimeName(field.slice(comma + 1)) ?? null) };
}
