import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { type Dispatcher, request } from 'undici';
import { codeOf, messageOf } from '../../model/errors.js';
import { MDN_BYTES_MAX } from '../mdn/read-mdn.js';
import type { Headers } from '../mime/headers.js';
import type { Partner } from './partner.js';

/** An attempt is broken off after so long, however slowly it still goes on. */
export const ATTEMPT_MS_MAX = 4 * 60 * 60_000;
/** Characters of an answer that is no receipt, for a person. */
const ANSWER_CHARACTERS_MAX = 200;

/** Errors that a file gives, and no connection. */
const FILE_CODES = ['EIO', 'ENOENT', 'EACCES', 'EISDIR'];

/** What came back: an answer of the partner's server, or none. */
export type PostResult =
  | { kind: 'answer'; status: number; headers: Headers; body: Buffer }
  | { kind: 'failure'; isConnection: boolean; problem: string };

/**
 * Posts the bytes of a file, and takes the answer in.
 * @param headers names and values in turn, without a length
 */
export async function postMessage(
  config: Partner['config'],
  connections: Dispatcher,
  headers: string[],
  path: string,
  sizeBytes: number,
): Promise<PostResult> {
  const answerMs = config.timeoutSeconds * 1000;
  const length = config.body === 'length' ? ['Content-Length', String(sizeBytes)] : [];
  const body = createReadStream(path, { highWaterMark: 256 * 1024 });
  try {
    const answer = await request(config.url, {
      method: 'POST',
      dispatcher: connections,
      headers: [...headers, ...length],
      body,
      headersTimeout: answerMs,
      bodyTimeout: answerMs,
      signal: AbortSignal.timeout(ATTEMPT_MS_MAX),
    });
    const taken = await bodyOf(answer.body);
    if (taken === null)
      return failure(false, `The answer (HTTP ${answer.statusCode}) has more than ${MDN_BYTES_MAX} bytes.`);
    return { kind: 'answer', status: answer.statusCode, headers: headersOf(answer.headers), body: taken };
  } catch (thrown) {
    // The spool cannot be read: that is no fault of the partner.
    if (FILE_CODES.includes(codeOf(thrown))) throw thrown;
    return failure(isConnectionFailure(thrown), explained(thrown, config));
  } finally {
    body.destroy();
  }
}

const failure = (isConnection: boolean, problem: string): PostResult => ({
  kind: 'failure',
  isConnection,
  problem,
});

/** All of a body, or null where it is too large. */
async function bodyOf(body: Readable): Promise<Buffer | null> {
  const pieces: Buffer[] = [];
  let sizeBytes = 0;
  for await (const piece of body) {
    sizeBytes += (piece as Buffer).length;
    if (sizeBytes > MDN_BYTES_MAX) return null;
    pieces.push(piece as Buffer);
  }
  return Buffer.concat(pieces);
}

function headersOf(headers: Record<string, string | string[] | undefined>): Headers {
  const found: Headers = new Map();
  for (const [name, value] of Object.entries(headers)) {
    const first = Array.isArray(value) ? value[0] : value;
    if (first !== undefined) found.set(name.toLowerCase(), first);
  }
  return found;
}

/** Failures before a byte of the message left: what follows would fail in the same way. */
const CONNECTION_CODES = [
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ETIMEDOUT',
  'UND_ERR_CONNECT_TIMEOUT',
];

export function isConnectionFailure(thrown: unknown): boolean {
  const code = deepestCode(thrown);
  return CONNECTION_CODES.includes(code) || isTlsCode(code);
}

const isTlsCode = (code: string): boolean =>
  /^(ERR_TLS|ERR_SSL|CERT_|UNABLE_TO_|DEPTH_ZERO|SELF_SIGNED)/.test(code);

/** Several addresses were tried: the error of the first says what is wrong. */
function deepestCode(thrown: unknown): string {
  const errors = (thrown as { errors?: unknown[] } | null)?.errors;
  const cause = (thrown as { cause?: unknown } | null)?.cause;
  return codeOf(thrown) || codeOf(errors?.[0]) || codeOf(cause);
}

/** A failure of the network, in words that say what to look at. */
export function explained(thrown: unknown, { url, timeoutSeconds }: Partner['config']): string {
  const { host, hostname } = new URL(url);
  const code = deepestCode(thrown);
  if (isTlsCode(code))
    return `TLS with ${host} failed (${code}): check the partner's TLS certificate, and tls.ca of the configuration.`;
  const texts: Record<string, string> = {
    ECONNREFUSED: `Nothing listens at ${host}: check url, and whether the partner's server runs.`,
    ENOTFOUND: `The name ${hostname} is not known: check url and the name service.`,
    EAI_AGAIN: `The name service does not answer for ${hostname}.`,
    ECONNRESET: `${host} broke the connection off.`,
    EPIPE: `${host} broke the connection off.`,
    UND_ERR_SOCKET: `${host} broke the connection off.`,
    UND_ERR_CONNECT_TIMEOUT: `${host} did not take a connection in time: check the firewall.`,
    ETIMEDOUT: `${host} did not take a connection in time: check the firewall.`,
    UND_ERR_HEADERS_TIMEOUT: `${host} did not answer within ${timeoutSeconds} s.`,
    UND_ERR_BODY_TIMEOUT: `${host} began an answer and did not end it within ${timeoutSeconds} s.`,
    UND_ERR_RES_CONTENT_LENGTH_MISMATCH: `${host} broke its answer off.`,
  };
  return texts[code] ?? `${host}: ${messageOf(thrown)}${code === '' ? '' : ` (${code})`}.`;
}

/** The beginning of an answer's text, on one line, for a person. */
export function answerText(body: Buffer): string {
  const text = body.toString('latin1', 0, 4 * ANSWER_CHARACTERS_MAX);
  const plain = text
    .replaceAll(/<[^>]*>/g, ' ')
    .replaceAll(/[^\x20-\x7e]+/g, ' ')
    .replaceAll(/ +/g, ' ')
    .trim();
  return plain.slice(0, ANSWER_CHARACTERS_MAX);
}
