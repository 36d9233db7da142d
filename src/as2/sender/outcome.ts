import { messageOf } from '../../model/errors.js';
import { bytesInMemory } from '../byte-range.js';
import { MessageFault } from '../faults.js';
import { judgeReceipt } from '../mdn/judge-receipt.js';
import { type ReadMdn, readMdn } from '../mdn/read-mdn.js';
import { entityOf } from '../mime/entity.js';
import type { Headers } from '../mime/headers.js';
import { makeWorkspace } from '../workspace.js';
import type { DeliveryRecord } from './delivery-queue.js';
import { openingKeysOf, type Partner } from './partner.js';
import { answerText, type PostResult } from './post-message.js';

/** A receipt as it came, and what it says where it could be read. */
export interface Receipt {
  headers: Headers;
  body: Buffer;
  receivedMs: number;
  mdn: ReadMdn | null;
}

/**
 * What an attempt came to.
 *
 * | What came                                                | Outcome     |
 * | -------------------------------------------------------- | ----------- |
 * | no connection, no answer in time, 408, 425, 429, 5xx      | `again`     |
 * | any other answer that is not 2xx                          | `failed`    |
 * | 2xx and a receipt that proves the delivery                | `delivered` |
 * | 2xx and a valid receipt that says that it was not taken   | `failed`    |
 * | 2xx and anything else: no receipt, one that proves nothing | `again`     |
 * | 2xx from a partner that gives no signed receipt           | `unproven`  |
 * | 2xx, and the receipt is to come by itself                 | `awaited`   |
 */
export type Outcome = FinalOutcome | { kind: 'awaited' };

/** An outcome that settles the attempt. */
export type FinalOutcome =
  | { kind: 'delivered'; receipt: Receipt }
  | { kind: 'unproven'; problem: string; receipt: Receipt | null }
  | { kind: 'failed'; problem: string; receipt: Receipt | null }
  | { kind: 'again'; problem: string; receipt: Receipt | null; isConnection: boolean };

/** Answers that are worth another attempt, besides all of 5xx: the server could not just now. */
const PASSING_STATUSES = [408, 425, 429];

/** What to do about an answer that will be the same next time. */
const REMEDIES: Record<number, string> = {
  400: 'The partner does not take the request as it is: check as2From, as2To and the settings of the message.',
  401: "The partner's server asks for a login: ask the partner, or give a client certificate in tls.",
  403: 'The partner does not let us in: ask the partner whether it knows as2From and our address.',
  404: 'There is nothing at this address: check url.',
  413: 'The message is too large for the partner: lower output.maximumBytes.',
};

const again = (problem: string, receipt: Receipt | null = null, isConnection = false): FinalOutcome => ({
  kind: 'again',
  problem,
  receipt,
  isConnection,
});

/** What an attempt came to, from what came back over the connection that the message was posted on. */
export async function outcomeOfPost(
  result: PostResult,
  partner: Partner,
  record: DeliveryRecord,
  nowMs: number,
): Promise<Outcome> {
  if (result.kind === 'failure') return again(result.problem, null, result.isConnection);
  const { status, headers, body } = result;
  if (status < 200 || status > 299) return outcomeOfRefusal(status, headers, body);
  const { mdn } = partner.config;
  if (mdn === 'none')
    return { kind: 'unproven', problem: 'This partner gives no receipts (mdn is "none").', receipt: null };
  if (body.length === 0 || !isMessage(headers)) {
    if (mdn === 'async') return { kind: 'awaited' };
    const text = answerText(body);
    return again(`HTTP ${status} came without a receipt${text === '' ? '' : `, but with: ${text}`}.`);
  }
  return outcomeOfReceipt({ headers, body, receivedMs: nowMs, mdn: null }, partner, record);
}

function outcomeOfRefusal(status: number, headers: Headers, body: Buffer): FinalOutcome {
  const text = answerText(body);
  const said = `The partner's server answered HTTP ${status}${text === '' ? '' : `: ${text.replace(/\.$/, '')}`}.`;
  if (status >= 500 || PASSING_STATUSES.includes(status)) return again(said);
  const moved = status < 400 && headers.has('location') ? ` It points to ${headers.get('location')}.` : '';
  const remedy = REMEDIES[status] ?? 'Ask the partner, or check url.';
  return { kind: 'failed', problem: `${said}${moved} ${remedy}`, receipt: null };
}

const isMessage = (headers: Headers): boolean =>
  /^(?:multipart\/|application\/(?:x-)?pkcs7)/i.test(headers.get('content-type')?.trim() ?? '');

/** What a receipt comes to, whichever way it came. */
export async function outcomeOfReceipt(
  given: Receipt,
  partner: Partner,
  record: DeliveryRecord,
): Promise<FinalOutcome> {
  let receipt: Receipt;
  try {
    receipt = { ...given, mdn: given.mdn ?? (await readReceipt(given, partner)) };
  } catch (thrown) {
    if (!(thrown instanceof MessageFault)) throw thrown;
    return again(`The receipt cannot be relied on: ${messageOf(thrown)}.`, given);
  }
  const mdn = receipt.mdn!;
  const { messageId, message, attempts } = record;
  const expected = {
    messageId,
    mic: message.mic,
    micDigest: message.micDigest,
    isRepeated: attempts > 1,
    allowsUnsigned: partner.config.mdn === 'unsigned',
  };
  const { verdict, reason } = judgeReceipt(mdn, expected);
  const said = `${sentence(reason)}${mdn.text === '' ? '' : ` It says: ${mdn.text.split(/\s+/).join(' ').slice(0, 200)}`}`;
  if (verdict === 'refused') return { kind: 'failed', problem: said, receipt };
  if (verdict === 'unproven') return again(said, receipt);
  if (mdn.signature === null)
    return {
      kind: 'unproven',
      problem: 'The receipt is not signed (mdn is "unsigned"), so it proves nothing.',
      receipt,
    };
  return { kind: 'delivered', receipt };
}

const sentence = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;

/** @throws MessageFault where it cannot be read, or its signature does not hold */
export async function readReceipt(
  { headers, body, receivedMs }: Receipt,
  partner: Partner,
): Promise<ReadMdn> {
  // A receipt is small: nothing of it goes to a folder.
  const workspace = makeWorkspace('');
  try {
    const keys = openingKeysOf(partner, receivedMs);
    return await readMdn(entityOf(headers, bytesInMemory(body)), keys, workspace);
  } finally {
    await workspace.dispose();
  }
}
