import { createHash, randomBytes } from 'node:crypto';
import { DIGEST_FACTS, type Digest } from '../algorithms.js';
import { detachedSignature, type Signer } from '../cms/build-signed.js';
import { base64Lines, headOf, signedFrame } from '../mime/signed-frame.js';

const CRLF = '\r\n';

/** What a receipt says. */
export interface MdnFields {
  reportingUa: string;
  /** AS2 name of who received the message, and so sends the receipt. */
  recipient: string;
  originalMessageId: string;
  /** Whole value of the Disposition field. */
  disposition: string;
  /** Base64 with its digest; null where none could be made. */
  mic: { value: string; digest: Digest } | null;
  /** For a person who reads the receipt; plain text of ASCII. */
  text: string;
}

export interface BuiltMdn {
  headers: Record<string, string>;
  body: Buffer;
}

/** Builds a receipt (RFC 4130, 7.4), signed where a signer is given. */
export function buildMdn(fields: MdnFields, signer: Signer | null, nowMs: number): BuiltMdn {
  const report = reportEntity(fields);
  if (signer === null) return report;
  const entity = Buffer.concat([headOf(report.headers), report.body]);
  const signature = detachedSignature(signer, createHash(signer.digest).update(entity).digest(), nowMs);
  const { contentType, open, middle, close } = signedFrame(signer.digest);
  return {
    headers: { 'Content-Type': contentType },
    body: Buffer.concat([open, entity, middle, base64Lines(signature), close]),
  };
}

function reportEntity(fields: MdnFields): BuiltMdn {
  const boundary = `=_${randomBytes(18).toString('hex')}`;
  const { mic, recipient, originalMessageId, disposition, reportingUa } = fields;
  const notification = [
    `Reporting-UA: ${reportingUa}`,
    `Original-Recipient: rfc822; ${recipient}`,
    `Final-Recipient: rfc822; ${recipient}`,
    `Original-Message-ID: ${originalMessageId}`,
    `Disposition: ${disposition}`,
    ...(mic === null ? [] : [`Received-content-MIC: ${mic.value}, ${DIGEST_FACTS[mic.digest].mimeName}`]),
  ];
  const lines = [
    `--${boundary}`,
    'Content-Type: text/plain; charset=us-ascii',
    'Content-Transfer-Encoding: 7bit',
    '',
    fields.text,
    '',
    `--${boundary}`,
    'Content-Type: message/disposition-notification',
    'Content-Transfer-Encoding: 7bit',
    '',
    ...notification,
    '',
    `--${boundary}--`,
    '',
  ];
  return {
    headers: {
      'Content-Type': `multipart/report; report-type=disposition-notification; boundary="${boundary}"`,
    },
    body: Buffer.from(lines.join(CRLF), 'latin1'),
  };
}
