import { rmSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { Agent } from 'undici';
import { isDiskFull, messageOf } from '../../model/errors.js';
import type { ReceiverConfig } from '../../pipeline/config/partner-config.js';
import type { Headers } from '../mime/headers.js';
import { USER_AGENT } from '../user-agent.js';
import { makeWorkspace, type Workspace } from '../workspace.js';
import { postReceipt, receiptHeaders } from './answer.js';
import { BodyTooLarge, takeBody } from './message-body.js';
import { type Misbehaviour, WELL_BEHAVED } from './misbehaviour.js';
import type { ReceivedBook, ReceivedEntry } from './received-book.js';
import { removeUnfinished } from './received-files.js';
import { nameIn, type Relation, relationOf } from './relations.js';
import { type ArrivedMessage, type Outcome, takeMessage } from './take-message.js';

/** Bytes of a request's header lines. */
export const HTTP_HEADER_BYTES_MAX = 32 * 1024;
/** Characters of a Message-ID; RFC 4130 recommends 255, RFC 5322 allows 998. */
const MESSAGE_ID_CHARACTERS_MAX = 998;
const HEADERS_TIMEOUT_MS = 30_000;
const KEEP_ALIVE_MS = 60_000;
/** Connections for asynchronous receipts to one address; receipts that may wait for one. */
const RECEIPT_CONNECTIONS_MAX = 8;
const RECEIPTS_WAITING_MAX = 1000;
/** Connections at a time; each may hold some MiB of a message in memory. */
const CONNECTIONS_MAX = 256;
/** Bytes of a message of somebody who is no partner: it is refused anyway, but first read. */
const STRANGER_BYTES_MAX = 4 * 1024 * 1024;
/** How often connections are looked at for their time; twice in a shorter time that they have. */
const TIMEOUT_CHECK_MS = 5000;

/** What the receiver tells of itself. */
export interface ReceiverEvents {
  /** A message was taken for the first time; its file lies where the entry says. */
  taken(entry: ReceivedEntry): void;
  repeated(entry: ReceivedEntry): void;
  /** @param why one sentence for our own log */
  refused(message: Pick<ArrivedMessage, 'as2From' | 'as2To' | 'messageId'>, why: string): void;
  /** An asynchronous receipt could not be handed over, or something of ours failed. */
  problem(why: string): void;
}

export interface ReceiverSettings {
  config: ReceiverConfig;
  tls: { cert: Buffer; key: Buffer } | null;
  relations: readonly Relation[];
  book: ReceivedBook;
  /** Folder for temporary files. */
  workFolder: string;
  events: ReceiverEvents;
  misbehaviour?: Misbehaviour;
  nowMs?: () => number;
}

interface Receiver extends ReceiverSettings {
  agent: Agent;
  misbehaviour: Misbehaviour;
  nowMs: () => number;
  /** Messages under way by sender and Message-ID: one that comes twice at a time is looked at once. */
  underWay: Map<string, Promise<unknown>>;
  /** Requests and asynchronous receipts under way; the sender of a request may have gone already. */
  requests: Set<Promise<unknown>>;
  receipts: Set<Promise<void>>;
}

/** Makes the AS2 server; the caller listens and closes. */
export function makeReceiver(settings: ReceiverSettings): FastifyInstance {
  const { config, tls } = settings;
  const receiver: Receiver = {
    misbehaviour: WELL_BEHAVED,
    nowMs: Date.now,
    ...settings,
    agent: new Agent({ connections: RECEIPT_CONNECTIONS_MAX }),
    underWay: new Map(),
    requests: new Set(),
    receipts: new Set(),
  };
  // What a stop in the middle left behind belongs to messages that will come again.
  rmSync(settings.workFolder, { recursive: true, force: true });
  removeUnfinished(config.directory);
  const timeoutMs = config.timeoutSeconds * 1000;
  const limits = {
    maxHeaderSize: HTTP_HEADER_BYTES_MAX,
    headersTimeout: Math.min(HEADERS_TIMEOUT_MS, timeoutMs),
    connectionsCheckingInterval: Math.min(TIMEOUT_CHECK_MS, timeoutMs / 2),
  };
  const server = fastify({
    logger: false,
    keepAliveTimeout: KEEP_ALIVE_MS,
    requestTimeout: timeoutMs,
    bodyLimit: Number.MAX_SAFE_INTEGER,
    ...(tls === null ? { http: limits } : { https: { ...tls, ...limits } }),
  } as object) as unknown as FastifyInstance;
  server.server.maxConnections = CONNECTIONS_MAX;
  // Bodies are taken by hand: of any type, of any size up to the limit.
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('*', (_request, payload, done) => done(null, payload));
  server.setErrorHandler((error: { statusCode?: number }, _request, reply) => {
    const status = error.statusCode ?? 500;
    if (status >= 500) receiver.events.problem(messageOf(error));
    return refuse(reply, status, status >= 500 ? 'The message could not be handled here.' : 'Bad request.');
  });
  server.setNotFoundHandler((_request, reply) => refuse(reply, 404, `Messages are taken at ${config.path}.`));
  server.get(config.path, (_request, reply) =>
    reply.type('text/plain').send(`${USER_AGENT} takes AS2 messages here by POST.\n`),
  );
  server.post(config.path, (request, reply) => {
    const handling = handle(receiver, request, reply);
    const ended = handling.then(
      () => void receiver.requests.delete(ended),
      () => void receiver.requests.delete(ended),
    );
    receiver.requests.add(ended);
    return handling;
  });
  server.addHook('onClose', async () => {
    await Promise.all(receiver.requests);
    await Promise.all(receiver.receipts);
    await receiver.agent.close();
  });
  return server;
}

function refuse(reply: FastifyReply, status: number, text: string): FastifyReply {
  // The rest of a body that nobody reads would be taken for the next request.
  return reply.code(status).header('connection', 'close').type('text/plain').send(`${text}\n`);
}

async function handle(
  receiver: Receiver,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const headers: Headers = new Map();
  for (const [name, value] of Object.entries(request.headers)) {
    if (value !== undefined) headers.set(name, [value].flat().join(', '));
  }
  const as2From = nameIn(headers.get('as2-from'));
  const as2To = nameIn(headers.get('as2-to'));
  const messageId = (headers.get('message-id') ?? '').trim();
  if (as2From === '' || as2To === '' || messageId === '')
    return refuse(reply, 400, 'AS2-From, AS2-To and Message-ID must be given.');
  if (messageId.length > MESSAGE_ID_CHARACTERS_MAX)
    return refuse(reply, 400, `A Message-ID may have ${MESSAGE_ID_CHARACTERS_MAX} characters at most.`);
  const relation = relationOf(receiver.relations, as2From, as2To);
  const bytesMax = relation === undefined ? STRANGER_BYTES_MAX : receiver.config.maximumBytes;
  if (Number(headers.get('content-length') ?? 0) > bytesMax)
    return tooLarge(receiver, reply, { as2From, as2To, messageId }, bytesMax);
  if (receiver.misbehaviour.take('fail') !== null) return refuse(reply, 503, 'Failing on purpose.');
  if (receiver.receipts.size >= RECEIPTS_WAITING_MAX)
    return refuse(reply, 503, 'Too many receipts wait to be handed over. Send again later.');
  try {
    const message = { relation, as2From, as2To, messageId, headers };
    const outcome = await taken(receiver, request, message, bytesMax);
    tell(receiver, message, outcome);
    return await answer(receiver, message, outcome, reply);
  } catch (thrown) {
    if (thrown instanceof BodyTooLarge)
      return tooLarge(receiver, reply, { as2From, as2To, messageId }, bytesMax);
    if ((thrown as NodeJS.ErrnoException).code === 'ECONNRESET') {
      // The sender has gone; nothing was taken.
      receiver.events.refused({ as2From, as2To, messageId }, 'the connection broke off before all had come');
      return reply.hijack();
    }
    receiver.events.problem(`${messageId} of ${as2From}: ${messageOf(thrown)}`);
    const text = isDiskFull(thrown) ? 'There is no room here now.' : 'The message could not be handled here.';
    return refuse(reply, 500, text);
  }
}

/** Takes body and message; whatever was put down for the time being has gone when it returns. */
async function taken(
  receiver: Receiver,
  request: FastifyRequest,
  message: Omit<ArrivedMessage, 'body'>,
  bytesMax: number,
): Promise<Outcome> {
  const workspace = makeWorkspace(receiver.workFolder);
  try {
    const body = await bodyOf(receiver, request, bytesMax, workspace);
    return await inTurn(receiver, { ...message, body }, workspace);
  } finally {
    await workspace.dispose();
  }
}

function tooLarge(
  receiver: Receiver,
  reply: FastifyReply,
  message: Parameters<ReceiverEvents['refused']>[0],
  bytesMax: number,
): FastifyReply {
  receiver.events.refused(message, `it has more than ${bytesMax} bytes`);
  return refuse(reply, 413, `At most ${bytesMax} bytes are taken.`);
}

function bodyOf(receiver: Receiver, request: FastifyRequest, bytesMax: number, workspace: Workspace) {
  const stream = (request.body ?? request.raw) as IncomingMessage;
  const closeAt = receiver.misbehaviour.take('close-at');
  return takeBody(stream, bytesMax, workspace, (sizeBytes) => {
    if (closeAt === null || sizeBytes < closeAt) return;
    request.raw.socket.destroy();
    throw Object.assign(new Error('Closed on purpose'), { code: 'ECONNRESET' });
  });
}

/** Takes a message after any other of the same Message-ID that is under way. */
async function inTurn(receiver: Receiver, message: ArrivedMessage, workspace: Workspace): Promise<Outcome> {
  const { config, book, misbehaviour, underWay, nowMs } = receiver;
  const key = `${message.as2From}\n${message.messageId}`;
  const before = underWay.get(key);
  const taking = (before ?? Promise.resolve()).then(() =>
    takeMessage(message, {
      directory: config.directory,
      expandedBytesMax: config.maximumBytes,
      book,
      workspace,
      misbehaviour,
      nowMs: nowMs(),
    }),
  );
  // Those behind wait for the end only, good or bad.
  const ended = taking.catch(() => {});
  underWay.set(key, ended);
  try {
    return await taking;
  } finally {
    if (underWay.get(key) === ended) underWay.delete(key);
  }
}

function tell({ events }: Receiver, message: Omit<ArrivedMessage, 'body'>, { result, entry }: Outcome): void {
  if (result === 'taken') events.taken(entry!);
  else if (result === 'repeated') events.repeated(entry!);
  else events.refused(message, `${result.disposition}: ${result.message}`);
}

async function answer(
  receiver: Receiver,
  message: Omit<ArrivedMessage, 'body'>,
  { receipt, request, result }: Outcome,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const { misbehaviour } = receiver;
  const delaySeconds = misbehaviour.take('delay');
  if (delaySeconds !== null) await new Promise((resolve) => setTimeout(resolve, delaySeconds * 1000));
  if (receipt === null) {
    // Nobody asked for a receipt: only the status can tell.
    return typeof result === 'string'
      ? reply.code(200).send()
      : refuse(reply, 400, 'The message was not taken.');
  }
  const isLost = misbehaviour.take('lose-mdn') !== null;
  const headers = receiptHeaders(message.as2To, message.as2From, receipt);
  if (request.deliveryUrl === null) {
    if (isLost) {
      reply.raw.socket?.destroy();
      return reply.hijack();
    }
    return reply.code(200).headers(headers).send(receipt.body);
  }
  const times = isLost ? 0 : misbehaviour.take('answer-twice') === null ? 1 : 2;
  for (let i = 0; i < times; i++) handOver(receiver, request.deliveryUrl, headers, receipt.body, message);
  return reply.code(200).send();
}

/** Posts an asynchronous receipt after the answer, without keeping the sender waiting. */
function handOver(
  receiver: Receiver,
  url: string,
  headers: Record<string, string>,
  body: Buffer,
  { messageId, relation }: Omit<ArrivedMessage, 'body'>,
): void {
  // Addresses of strangers are not called.
  if (relation === undefined) return;
  const posting = postReceipt(url, headers, body, receiver.agent).then((problem) => {
    receiver.receipts.delete(posting);
    if (problem !== '')
      receiver.events.problem(`the receipt for ${messageId} could not be handed over: ${problem}`);
  });
  receiver.receipts.add(posting);
}
