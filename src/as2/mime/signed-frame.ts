import { randomBytes } from 'node:crypto';
import { DIGEST_FACTS, type Digest } from '../algorithms.js';

const CRLF = '\r\n';
const BASE64_LINE_CHARACTERS = 64;

/** What stands around an entity and its detached signature in multipart/signed (RFC 8551, 3.5.3). */
export interface SignedFrame {
  contentType: string;
  /** Before the entity, between entity and signature, and after the signature, which is base64. */
  open: Buffer;
  middle: Buffer;
  close: Buffer;
}

export function signedFrame(digest: Digest): SignedFrame {
  const boundary = `=_${randomBytes(18).toString('hex')}`;
  const micalg = DIGEST_FACTS[digest].mimeName;
  const signatureHead = headOf({
    'Content-Type': 'application/pkcs7-signature; name="smime.p7s"; smime-type=signed-data',
    'Content-Transfer-Encoding': 'base64',
    'Content-Disposition': 'attachment; filename="smime.p7s"',
  });
  return {
    contentType: `multipart/signed; protocol="application/pkcs7-signature"; micalg=${micalg}; boundary="${boundary}"`,
    open: Buffer.from(`--${boundary}${CRLF}`),
    middle: Buffer.concat([Buffer.from(`${CRLF}--${boundary}${CRLF}`), signatureHead]),
    close: Buffer.from(`${CRLF}--${boundary}--${CRLF}`),
  };
}

/** Header lines with the blank line after them: what stands before the body in an entity. */
export function headOf(headers: Record<string, string>): Buffer {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}${CRLF}`);
  return Buffer.from(lines.join('') + CRLF, 'latin1');
}

/** Base64 in lines, without a line end after the last: that one belongs to the boundary. */
export function base64Lines(bytes: Buffer): Buffer {
  const lines = bytes.toString('base64').match(new RegExp(`.{1,${BASE64_LINE_CHARACTERS}}`, 'g'))!;
  return Buffer.from(lines.join(CRLF), 'latin1');
}

export function base64LinesBytes(sizeBytes: number): number {
  const characters = Math.ceil(sizeBytes / 3) * 4;
  return characters + (Math.ceil(characters / BASE64_LINE_CHARACTERS) - 1) * CRLF.length;
}
