import { readFileSync } from 'node:fs';
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { markup, render } from '../conformance/report/html-markup.js';
import { codeOf, messageOf, ReadmillError } from '../model/errors.js';
import type { ServeConfig } from '../pipeline/config/watch-config.js';
import { openAccess } from './access.js';
import { actionRoutes } from './action-routes.js';
import { apiRoutes } from './api-routes.js';
import { ASSETS } from './assets.js';
import { healthRoutes } from './health-routes.js';
import { layout } from './html-layout.js';
import { ANSWER_KEPT_MS, KeptAnswers } from './kept-answers.js';
import { LiveEvents } from './live-events.js';
import { makeMetrics } from './metrics.js';
import { pageRoutes } from './page-routes.js';
import type { Served } from './served.js';

/** Bytes of a request's body: forms and JSON of a few names. */
export const BODY_BYTES_MAX = 64 * 1024;
/** Bytes of a request's header lines. */
export const HEADER_BYTES_MAX = 16 * 1024;
const REQUEST_TIMEOUT_MS = 30_000;
/** Connections at a time. */
const CONNECTIONS_MAX = 256;
/** Open to everybody: they tell nothing of reads. */
const OPEN_PATHS = new Set([
  '/health/live',
  '/health/ready',
  '/login',
  ...Object.values(ASSETS).map(({ path }) => path),
]);

/** Nothing comes from elsewhere, nothing goes elsewhere, and no text of the data can become a script. */
const SECURITY_HEADERS = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  // With `no-referrer` a form of ours would not say that it comes from here.
  'referrer-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), microphone=(), geolocation=()',
} as const;

/** What all routes have at hand. */
export interface Dashboard {
  served: Served;
  needsToken: boolean;
  events: LiveEvents;
  answers: KeptAnswers;
  headers: Record<string, string>;
}

/**
 * Makes the server of dashboard, API, metrics and health; the caller listens and closes.
 * @param keptMs how long an answer is given again
 * @throws ReadmillError READMILL_TOKEN, READMILL_KEY_INVALID
 */
export function makeDashboard(
  served: Served,
  config: ServeConfig,
  keptMs: number = ANSWER_KEPT_MS,
): FastifyInstance {
  const access = openAccess(config);
  const tls = tlsOf(config);
  const options = {
    bodyLimit: BODY_BYTES_MAX,
    requestTimeout: REQUEST_TIMEOUT_MS,
    routerOptions: { maxParamLength: 512 },
    forceCloseConnections: true,
  };
  const http = { maxHeaderSize: HEADER_BYTES_MAX };
  const server = (tls === null
    ? fastify({ ...options, http })
    : fastify({ ...options, https: { ...tls, ...http } })) as unknown as FastifyInstance;
  server.server.maxConnections = CONNECTIONS_MAX;
  const answers = new KeptAnswers(keptMs);
  const events = new LiveEvents(served, answers);
  const dashboard: Dashboard = {
    served,
    needsToken: access.needsToken,
    events,
    answers,
    headers: { ...SECURITY_HEADERS },
  };
  server.addHook('onRequest', async (request, reply) => {
    reply.headers(SECURITY_HEADERS);
    reply.header('cache-control', 'no-store');
    const refusal = access.refusal(request);
    if (refusal !== null) return refuse(request, reply, 403, refusal, served);
    const { pathname } = new URL(request.url, 'http://here');
    if (OPEN_PATHS.has(pathname) || access.allows(request)) return;
    if (request.method === 'GET' && wantsPage(request)) return reply.redirect('/login', 303);
    reply.header('www-authenticate', 'Bearer');
    return refuse(
      request,
      reply,
      401,
      'This needs the token: send it as Authorization: Bearer TOKEN.',
      served,
    );
  });
  server.addHook('onClose', async () => events.close());
  server.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'string' },
    (_request, body, done) => done(null, Object.fromEntries(new URLSearchParams(body as string))),
  );
  server.setErrorHandler((error, request, reply) => failed(error, request, reply, served));
  server.setNotFoundHandler((request, reply) =>
    refuse(request, reply, 404, 'There is no such page.', served),
  );
  for (const { path, type, content } of Object.values(ASSETS)) {
    server.get(path, (_request, reply) =>
      reply.type(type).header('cache-control', 'public, max-age=31536000, immutable').send(content),
    );
  }
  healthRoutes(server, dashboard, makeMetrics(served));
  apiRoutes(server, dashboard);
  actionRoutes(server, dashboard, access);
  pageRoutes(server, dashboard);
  return server;
}

function tlsOf({ tls }: ServeConfig): { cert: Buffer; key: Buffer } | null {
  if (tls === undefined) return null;
  try {
    return { cert: readFileSync(tls.certificate), key: readFileSync(tls.key) };
  } catch (thrown) {
    const message = `serve.tls: ${messageOf(thrown)}. Check the paths and the rights.`;
    throw new ReadmillError('READMILL_KEY_INVALID', message, { cause: thrown });
  }
}

/** Whether a person's browser asks for a page, rather than a program for data. */
function wantsPage({ url, headers }: FastifyRequest): boolean {
  return !url.startsWith('/api/') && (headers.accept ?? '').includes('text/html');
}

function failed(error: unknown, request: FastifyRequest, reply: FastifyReply, served: Served): FastifyReply {
  const status = (error as { statusCode?: number }).statusCode ?? 500;
  const code = codeOf(error);
  const text = code.startsWith('READMILL_') ? `${messageOf(error)} [${code}]` : messageOf(error);
  return refuse(request, reply, code === 'READMILL_STATE_BUSY' ? 409 : status, text, served);
}

/** Says what is wrong, as a page to people and as JSON to programs. */
function refuse(
  request: FastifyRequest,
  reply: FastifyReply,
  status: number,
  text: string,
  { config }: Served,
): FastifyReply {
  reply.code(status);
  if (!wantsPage(request)) return reply.send({ error: text });
  const body = markup`<h1 class="plain">${status}</h1><p class="said">${text}</p>`;
  const parts = { title: `readmill: ${status}`, page: null, environment: config.environment ?? null, body };
  return reply.type('text/html; charset=utf-8').send(render(layout(parts)));
}
