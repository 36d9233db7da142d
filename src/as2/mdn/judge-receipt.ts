import type { Digest } from '../algorithms.js';
import { isTaken } from './disposition.js';
import type { ReadMdn } from './read-mdn.js';

/** What a receipt must prove. */
export interface ExpectedReceipt {
  messageId: string;
  /** Base64. */
  mic: string;
  micDigest: Digest;
  /** Whether the message was sent before, so that the partner may rightly call it a duplicate. */
  isRepeated: boolean;
  /** Whether the partner's receipts are not signed by agreement: what they say is then taken as it stands. */
  allowsUnsigned?: boolean;
}

/**
 * `delivered`: proved. `refused`: the partner says that it did not take the message. `unproven`: anything else;
 * it may have arrived, but this receipt does not show it.
 */
export interface Judgement {
  verdict: 'delivered' | 'refused' | 'unproven';
  /** One sentence; empty where delivered. */
  reason: string;
}

/** Whether a receipt proves a delivery: signed by the partner, of this message, processed, with our MIC. */
export function judgeReceipt(mdn: ReadMdn, expected: ExpectedReceipt): Judgement {
  if (plainId(mdn.originalMessageId) !== plainId(expected.messageId)) {
    return unproven(`the receipt is for another message: ${mdn.originalMessageId || 'it names none'}`);
  }
  const { type, modifier } = mdn.disposition;
  const lacksSignature = mdn.signature === null && expected.allowsUnsigned !== true;
  if (!isTaken(mdn.disposition)) {
    const words = modifier === null ? type : `${type}/${modifier.kind}: ${modifier.text}`;
    return lacksSignature
      ? unproven(`the receipt is not signed; it says ${words}`)
      : { verdict: 'refused', reason: `the partner refused it: ${words}` };
  }
  if (lacksSignature) return unproven('the receipt is not signed');
  const isDuplicate = modifier?.text.includes('duplicate') === true;
  if (isDuplicate && !expected.isRepeated)
    return unproven('the partner calls it a duplicate although it was sent for the first time');
  // A partner that took it before may answer a repeat without looking at it again, and so without a MIC.
  if (mdn.mic === null && isDuplicate) return { verdict: 'delivered', reason: '' };
  if (mdn.mic === null) return unproven('the receipt holds no MIC, so it does not show what arrived');
  if (mdn.mic.digest !== null && mdn.mic.digest !== expected.micDigest)
    return unproven(`the receipt has a MIC by ${mdn.mic.digest}, not by ${expected.micDigest}`);
  if (!Buffer.from(mdn.mic.value, 'base64').equals(Buffer.from(expected.mic, 'base64')))
    return unproven('the MIC of the receipt is not ours: what arrived is not what was sent');
  return { verdict: 'delivered', reason: '' };
}

const unproven = (reason: string): Judgement => ({ verdict: 'unproven', reason });

/** Some products leave the angle brackets out. */
const plainId = (messageId: string): string => messageId.trim().replace(/^<(.*)>$/s, '$1');
