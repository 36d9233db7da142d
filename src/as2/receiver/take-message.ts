import type { Digest } from '../algorithms.js';
import type { ByteRange } from '../byte-range.js';
import type { Signer } from '../cms/build-signed.js';
import { type Disposition, MessageFault } from '../faults.js';
import { type BuiltMdn, buildMdn, type MdnFields } from '../mdn/build-mdn.js';
import { dispositionOfFault, PROCESSED } from '../mdn/disposition.js';
import { entityOf } from '../mime/entity.js';
import { type Headers, quoteIfNeeded } from '../mime/headers.js';
import { micOf, type OpenedMessage, openMessage } from '../read-message.js';
import { USER_AGENT } from '../user-agent.js';
import type { Workspace } from '../workspace.js';
import { type Misbehaviour, WELL_BEHAVED } from './misbehaviour.js';
import { type ReceiptRequest, receiptRequestOf } from './receipt-request.js';
import type { ReceivedBook, ReceivedEntry } from './received-book.js';
import { putFile, type ReceivedFile, safeName } from './received-files.js';
import { openingKeys, type Relation } from './relations.js';

/** A message as it arrived, with who sent it. */
export interface ArrivedMessage {
  relation: Relation | undefined;
  as2From: string;
  as2To: string;
  messageId: string;
  headers: Headers;
  body: ByteRange;
}

/** What became of it, and the receipt to answer with (null: none was asked for). */
export interface Outcome {
  /** `taken` anew, `repeated` (it was taken before), or the fault. */
  result: 'taken' | 'repeated' | MessageFault;
  entry: ReceivedEntry | null;
  receipt: BuiltMdn | null;
  request: ReceiptRequest;
}

export interface TakingContext {
  directory: string;
  expandedBytesMax: number;
  book: ReceivedBook;
  workspace: Workspace;
  misbehaviour: Misbehaviour;
  nowMs: number;
}

/**
 * Opens a message, puts its content down, books it, and makes its receipt. In this order: what is booked is on
 * the disk, and a receipt says nothing that is not booked. A message that was taken before is not looked at
 * again; it gets its earlier receipt. One that failed is not booked, so it may come again under its Message-ID.
 */
export async function takeMessage(message: ArrivedMessage, context: TakingContext): Promise<Outcome> {
  const request = receiptRequestOf(message.headers);
  const earlier =
    message.relation === undefined ? undefined : context.book.find(message.as2From, message.messageId);
  if (earlier !== undefined) {
    const receipt = earlier.receipt ?? receiptOf(message, request, earlier.fields, context);
    return { result: 'repeated', entry: earlier, receipt: request.isWanted ? receipt : null, request };
  }
  try {
    return await takeNew(message, request, context);
  } catch (thrown) {
    if (!(thrown instanceof MessageFault)) throw thrown;
    const fields = fieldsOf(message, dispositionOfFault(thrown.disposition), null, textOfFault(thrown));
    return { result: thrown, entry: null, receipt: receiptOf(message, request, fields, context), request };
  }
}

async function takeNew(
  message: ArrivedMessage,
  request: ReceiptRequest,
  context: TakingContext,
): Promise<Outcome> {
  const { relation, headers, body, messageId } = message;
  if (relation === undefined)
    throw new MessageFault(
      'unknown-trading-relationship',
      `no partner has AS2-From "${message.as2From}" and AS2-To "${message.as2To}"`,
    );
  if (request.isSigned && request.digest === null && request.isRequired)
    throw new MessageFault('unsupported-mic-algorithms', 'the receipt is asked for with an unknown digest');
  const keys = openingKeys(relation, context.nowMs);
  const opened = await openMessage(
    entityOf(headers, body),
    keys,
    context.expandedBytesMax,
    context.workspace,
  );
  requireSecurity(opened, relation);
  const digest: Digest = request.digest ?? 'sha256';
  const mic = { value: await micOf(opened, digest), digest };
  const folder = safeName(message.as2From, message.as2From);
  const name = safeName(opened.fileName, messageId);
  const file = await putFile(context.directory, folder, name, opened.content);
  const fields = fieldsOf(message, PROCESSED, mic, TAKEN_TEXT);
  // What is wrong on purpose is wrong in this answer only, not in the one to a repeat.
  const right = receiptOf(message, request, fields, { ...context, misbehaviour: WELL_BEHAVED });
  const entry = entryOf(message, relation, file, fields, right, context.nowMs);
  await context.book.enter(entry);
  const receipt =
    context.misbehaviour === WELL_BEHAVED ? right : receiptOf(message, request, fields, context);
  return { result: 'taken', entry, receipt, request };
}

/** A partner with whom signing or encryption was agreed on may not leave it out. */
function requireSecurity(opened: OpenedMessage, { partner }: Relation): void {
  if (partner.digest !== 'none' && opened.signature === null)
    throw new MessageFault('insufficient-message-security', 'the message is not signed');
  if (partner.encryption !== 'none' && !opened.isEncrypted)
    throw new MessageFault('insufficient-message-security', 'the message is not encrypted');
}

function entryOf(
  message: ArrivedMessage,
  { partner }: Relation,
  file: ReceivedFile,
  fields: MdnFields,
  receipt: BuiltMdn | null,
  receivedMs: number,
): ReceivedEntry {
  const { messageId, as2From } = message;
  const { path, sizeBytes, sha256 } = file;
  return {
    messageId,
    as2From,
    partner: partner.name,
    receivedMs,
    file: path,
    sizeBytes,
    sha256,
    fields,
    receipt,
  };
}

const TAKEN_TEXT = 'The message was received, and what it carries was stored.';

/** What the other side may know; the whole sentence stands in our log. */
function textOfFault({ disposition }: MessageFault): string {
  const texts: Record<Disposition, string> = {
    'authentication-failed': 'The signature is missing, damaged, or not of a certificate that we have.',
    'decompression-failed': 'The message could not be decompressed.',
    'decryption-failed': 'The message could not be decrypted.',
    'insufficient-message-security': 'The message is not signed or encrypted as agreed.',
    'integrity-check-failed': 'What arrived is not what was signed.',
    'unexpected-processing-error': 'The message could not be read.',
    'unknown-trading-relationship': 'AS2-From and AS2-To are not known here.',
    'unsupported-format': 'The message has a form or algorithm that is not supported.',
    'unsupported-mic-algorithms': 'No digest that the receipt was asked for with is supported.',
  };
  return `The message was not taken. ${texts[disposition]}`;
}

function fieldsOf(
  message: ArrivedMessage,
  disposition: string,
  mic: MdnFields['mic'],
  text: string,
): MdnFields {
  return {
    reportingUa: USER_AGENT,
    recipient: quoteIfNeeded(message.as2To),
    originalMessageId: message.messageId,
    disposition,
    mic,
    text,
  };
}

/** The receipt as it was asked for, and with what is wrong on purpose. */
function receiptOf(
  message: ArrivedMessage,
  request: ReceiptRequest,
  fields: MdnFields,
  { misbehaviour, nowMs }: TakingContext,
): BuiltMdn | null {
  if (!request.isWanted) return null;
  const isUnsigned = !request.isSigned || misbehaviour.take('unsigned-mdn') !== null;
  const signer = isUnsigned ? null : signerOf(message.relation, request.digest, nowMs);
  const wrong: Partial<MdnFields> = {};
  if (fields.mic !== null && misbehaviour.take('wrong-mic') !== null)
    wrong.mic = { ...fields.mic, value: Buffer.alloc(32).toString('base64') };
  if (misbehaviour.take('wrong-id') !== null) wrong.originalMessageId = '<another-message@example.invalid>';
  return buildMdn({ ...fields, ...wrong }, signer, nowMs);
}

function signerOf(relation: Relation | undefined, digest: Digest | null, nowMs: number): Signer | null {
  const own = relation === undefined ? undefined : openingKeys(relation, nowMs).own[0];
  if (relation === undefined || own === undefined) return null;
  return { ...own, digest: digest ?? 'sha256', scheme: relation.partner.signature };
}
