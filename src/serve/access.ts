import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import type { FastifyRequest } from 'fastify';
import { messageOf, ReadmillError } from '../model/errors.js';
import type { ServeConfig } from '../pipeline/config/watch-config.js';

/** A shorter token could be guessed. */
const TOKEN_CHARACTERS_LEAST = 20;
const TOKEN_CHARACTERS_MAX = 512;
/** Wrong tokens in a minute, from anywhere, beyond which none is looked at. */
export const WRONG_TOKENS_MAX = 30;
const MINUTE_MS = 60_000;
/** Rights of others and of the group. */
const OPEN_BITS = 0o077;
const COOKIE = 'readmill';

/** Who may see the dashboard. */
export interface Access {
  /** Whether a token is needed at all. */
  needsToken: boolean;
  /** Whether the request comes from somebody who may. */
  allows(request: FastifyRequest): boolean;
  /** The cookie for who gave this token; null where it is wrong, or too many were. */
  cookieFor(token: string): string | null;
  /** Takes the cookie back. */
  forgettingCookie: string;
  /** Why a request is refused whoever sends it, or null. */
  refusal(request: FastifyRequest): string | null;
}

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}

/**
 * Reads the token where there is one.
 * @throws ReadmillError READMILL_TOKEN where it is missing though others can connect, or cannot be used
 */
export function openAccess({ host, tokenFile, tls }: ServeConfig): Access {
  const token = tokenFile === undefined ? null : readToken(tokenFile);
  if (token === null && !isLoopback(host)) {
    const message = `serve.host is ${host}, where other machines can connect: that needs a token. Name a file that holds one as serve.tokenFile (make it with: openssl rand -hex 24), or listen on 127.0.0.1.`;
    throw new ReadmillError('READMILL_TOKEN', message);
  }
  // Of this process alone: a cookie is worth nothing after a restart, and does not tell the token.
  const secret = randomBytes(32);
  const session = createHmac('sha256', secret)
    .update(token ?? '')
    .digest('hex');
  const wrong: number[] = [];
  const isToken = (given: string): boolean => {
    if (token === null) return false;
    const since = Date.now() - MINUTE_MS;
    while (wrong.length > 0 && wrong[0]! < since) wrong.shift();
    if (wrong.length >= WRONG_TOKENS_MAX) return false;
    const isRight = isSame(given, token, secret);
    if (!isRight) wrong.push(Date.now());
    return isRight;
  };
  return {
    needsToken: token !== null,
    allows(request) {
      if (token === null) return true;
      const { authorization = '', cookie = '' } = request.headers;
      if (authorization.startsWith('Bearer ')) return isToken(authorization.slice('Bearer '.length));
      const own = cookie.split(/; */).find((one) => one.startsWith(`${COOKIE}=`));
      return own !== undefined && isSame(own.slice(COOKIE.length + 1), session, secret);
    },
    cookieFor(given) {
      if (!isToken(given)) return null;
      const secure = tls === undefined ? '' : '; Secure';
      return `${COOKIE}=${session}; HttpOnly; SameSite=Strict; Path=/${secure}`;
    },
    forgettingCookie: `${COOKIE}=; HttpOnly; SameSite=Strict; Path=/; Max-Age=0`,
    refusal(request) {
      // Without a token whoever can connect may look: a page from elsewhere must not reach us under a name of its own.
      if (token === null && !isLoopback(hostOf(request.headers.host ?? '')))
        return 'This name is not the one of this machine. Open the dashboard as http://localhost.';
      if (request.method === 'GET' || request.method === 'HEAD') return null;
      const { origin } = request.headers;
      if (origin === undefined) return null;
      return URL.canParse(origin) && new URL(origin).host === request.headers.host
        ? null
        : 'This request comes from another page.';
    },
  };
}

/** Name or address of a Host header, without port. */
function hostOf(header: string): string {
  const match = /^\[([^\]]*)\](?::\d+)?$|^([^:]*)(?::\d+)?$/.exec(header);
  return match?.[1] ?? match?.[2] ?? '';
}

/** Compares in a time that tells nothing of either. */
function isSame(a: string, b: string, secret: Buffer): boolean {
  const digest = (text: string) => createHmac('sha256', secret).update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}

function readToken(path: string): string {
  let text: string;
  let mode: number;
  try {
    mode = statSync(path).mode;
    text = readFileSync(path, 'utf8').trim();
  } catch (thrown) {
    const message = `serve.tokenFile cannot be read: ${messageOf(thrown)}. Check the path and the rights.`;
    throw new ReadmillError('READMILL_TOKEN', message, { cause: thrown });
  }
  if ((mode & OPEN_BITS) !== 0)
    throw new ReadmillError(
      'READMILL_TOKEN',
      `The token in ${path} can be read by other users. Run: chmod 600 ${path}`,
    );
  if (
    !/^[\x21-\x7e]+$/.test(text) ||
    text.length < TOKEN_CHARACTERS_LEAST ||
    text.length > TOKEN_CHARACTERS_MAX
  ) {
    const message = `The token in ${path} must be one word of ${TOKEN_CHARACTERS_LEAST} to ${TOKEN_CHARACTERS_MAX} printable characters. Make one with: openssl rand -hex 24`;
    throw new ReadmillError('READMILL_TOKEN', message);
  }
  return text;
}
