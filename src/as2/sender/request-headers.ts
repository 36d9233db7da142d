import { VERSION } from '../../model/version.js';
import { DIGEST_FACTS, type Digest } from '../algorithms.js';
import { quote, quoteIfNeeded } from '../mime/headers.js';
import type { DeliveryRecord } from './delivery-queue.js';
import type { Partner } from './partner.js';

/** 1.1 stands for compression, 1.2 for EDIINT-Features (RFC 6017). */
const AS2_VERSION = '1.2';
/** That the same message may come again under its Message-ID, and is then no other one. */
const FEATURES = 'AS2-Reliability';

/** What the headers need to know of a message. */
export type HeaderedMessage = Pick<DeliveryRecord, 'file' | 'messageId' | 'message'>;

/**
 * All headers of the POST (RFC 4130, 6 and 7.3), but for Host and the length, which come with the transport.
 * @returns names and values in turn
 */
export function requestHeaders(
  { file, messageId, message }: HeaderedMessage,
  { config }: Partner,
  nowMs: number,
): string[] {
  const headers: [name: string, value: string][] = [
    ...Object.entries(message.headers),
    ['AS2-Version', AS2_VERSION],
    ['AS2-From', quoteIfNeeded(config.as2From)],
    ['AS2-To', quoteIfNeeded(config.as2To)],
    ['Message-ID', messageId],
    ['Date', new Date(nowMs).toUTCString()],
    ['Subject', asciiOf(config.subject)],
    ['MIME-Version', '1.0'],
    ['User-Agent', `readmill/${VERSION}`],
    ['EDIINT-Features', FEATURES],
  ];
  if (!headers.some(([name]) => name === 'Content-Disposition'))
    headers.push(['Content-Disposition', `attachment; filename=${quote(asciiOf(file))}`]);
  if (config.mdn !== 'none') headers.push(...receiptHeaders(config, message.micDigest));
  return headers.flat();
}

function receiptHeaders(
  { as2From, mdn, mdnUrl }: Partner['config'],
  micDigest: Digest,
): [name: string, value: string][] {
  const headers: [name: string, value: string][] = [['Disposition-Notification-To', quoteIfNeeded(as2From)]];
  if (mdn !== 'unsigned') {
    const { mimeName } = DIGEST_FACTS[micDigest];
    const options = `signed-receipt-protocol=optional, pkcs7-signature; signed-receipt-micalg=optional, ${mimeName}`;
    headers.push(['Disposition-Notification-Options', options]);
  }
  if (mdn === 'async' && mdnUrl !== undefined) headers.push(['Receipt-Delivery-Option', mdnUrl]);
  return headers;
}

/** A text for a header line, which holds printable ASCII only. */
export const asciiOf = (text: string): string => text.replaceAll(/[^\x20-\x7e]/g, '_');
