import type { ByteRange } from '../byte-range.js';
import { MessageFault } from '../faults.js';
import { type Headers, type HeaderValue, parseHeaders, parseHeaderValue } from './headers.js';

/** Bytes of an entity's header lines. */
export const HEADER_LINES_BYTES_MAX = 64 * 1024;

/** A MIME entity: header lines and the body after the blank line. */
export interface Entity {
  headers: Headers;
  contentType: HeaderValue;
  body: ByteRange;
}

export function entityOf(headers: Headers, body: ByteRange): Entity {
  return {
    headers,
    contentType: parseHeaderValue(headers.get('content-type') ?? 'application/octet-stream'),
    body,
  };
}

/**
 * Splits bytes into header lines and body, at the first blank line (CRLF or LF).
 * @throws MessageFault unexpected-processing-error where that is not what the bytes are
 */
export async function readEntity(bytes: ByteRange): Promise<Entity> {
  // The line end of a part that holds nothing else belongs to the boundary after it.
  if (bytes.sizeBytes === 0) return entityOf(new Map(), bytes);
  const start = await bytes.read(0, Math.min(bytes.sizeBytes, HEADER_LINES_BYTES_MAX));
  const bodyAt = endOfHeaders(start);
  const lines = start.toString('latin1', 0, Math.max(0, bodyAt));
  if (bodyAt === -1 || !HEADER_LINES.test(lines)) {
    throw new MessageFault(
      'unexpected-processing-error',
      `a MIME part does not begin with header lines and a blank line within ${HEADER_LINES_BYTES_MAX} bytes`,
    );
  }
  return entityOf(parseHeaders(lines), bytes.slice(bodyAt));
}

/** Names of visible characters, a colon, a value without control characters, maybe folded (RFC 5322, 2.2). */
const HEADER_LINES = /^(?:[!-9;-~]+[ \t]*:[^\0\r\n]*\r?\n(?:[ \t][^\0\r\n]*\r?\n)*)*\r?\n$/;

/** Where the body begins, or -1. An entity may begin with the blank line: no headers at all. */
function endOfHeaders(start: Buffer): number {
  if (start[0] === 0x0a) return 1;
  if (start[0] === 0x0d && start[1] === 0x0a) return 2;
  for (let at = start.indexOf(0x0a); at !== -1; at = start.indexOf(0x0a, at + 1)) {
    if (start[at + 1] === 0x0a) return at + 2;
    if (start[at + 1] === 0x0d && start[at + 2] === 0x0a) return at + 3;
  }
  return -1;
}
