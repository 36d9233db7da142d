import { readFileSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { type BuiltMessage, buildMessage, type Protection } from '../../../src/as2/build-message.js';
import { bytesInMemory } from '../../../src/as2/byte-range.js';
import { loadKeys } from '../../../src/as2/keys.js';
import { type Judgement, judgeReceipt } from '../../../src/as2/mdn/judge-receipt.js';
import { type ReadMdn, readMdn } from '../../../src/as2/mdn/read-mdn.js';
import { entityOf } from '../../../src/as2/mime/entity.js';
import { parseMisbehaviour } from '../../../src/as2/receiver/misbehaviour.js';
import { openBook } from '../../../src/as2/receiver/received-book.js';
import { makeReceiver, type ReceiverEvents } from '../../../src/as2/receiver/server.js';
import { makeWorkspace } from '../../../src/as2/workspace.js';
import { partnerSchema, receiverSchema } from '../../../src/pipeline/config/partner-config.js';
import { openLedger } from '../../../src/store/ledger/ledger.js';
import type { TestIdentity } from '../openssl.js';

export const OUR_NAME = 'ORG 00001';
export const THEIR_NAME = 'ORG00000';

/** A receiver of the test's process, with what it told. */
export interface RunningReceiver {
  url: string;
  directory: string;
  told: string[];
  server: FastifyInstance;
  close(): Promise<void>;
}

export async function startReceiver(
  folder: string,
  us: TestIdentity,
  them: TestIdentity,
  given: { misbehave?: string; receiver?: object; partner?: object } = {},
): Promise<RunningReceiver> {
  const directory = join(folder, 'received');
  const partner = partnerSchema.parse({
    name: 'north',
    as2From: THEIR_NAME,
    as2To: OUR_NAME,
    key: them.keyPath,
    certificate: them.certificatePath,
    partnerCertificate: us.certificatePath,
    ...given.partner,
  });
  const ledger = openLedger(join(folder, 'state'));
  const told: string[] = [];
  const events: ReceiverEvents = {
    taken: ({ messageId }) => void told.push(`taken ${messageId}`),
    repeated: ({ messageId }) => void told.push(`repeated ${messageId}`),
    refused: ({ messageId }, why) => void told.push(`refused ${messageId}: ${why}`),
    problem: (why) => void told.push(`problem ${why}`),
  };
  const misbehaviour = given.misbehave === undefined ? undefined : parseMisbehaviour(given.misbehave);
  if (typeof misbehaviour === 'string') throw new Error(misbehaviour);
  const server = makeReceiver({
    config: receiverSchema.parse({ directory, port: 0, ...given.receiver }),
    tls: null,
    relations: [{ partner, keys: loadKeys(partner) }],
    book: openBook(ledger),
    workFolder: join(folder, 'work'),
    events,
    ...(misbehaviour === undefined ? {} : { misbehaviour }),
  });
  await server.listen({ host: '127.0.0.1', port: 0 });
  const { port } = server.server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/as2`,
    directory,
    told,
    server,
    async close() {
      await server.close();
      await ledger.close();
    },
  };
}

export interface TestMessage {
  built: BuiltMessage;
  body: Buffer;
  headers: Record<string, string>;
  messageId: string;
}

let count = 0;

/** A message of ours, with headers as a sender writes them. */
export async function makeMessage(
  folder: string,
  us: TestIdentity,
  them: TestIdentity,
  given: {
    content?: Buffer;
    name?: string;
    protection?: Partial<Protection>;
    headers?: Record<string, string>;
  } = {},
): Promise<TestMessage> {
  const number = ++count;
  const payload = join(folder, `payload-${number}`);
  writeFileSync(payload, given.content ?? `MEPMD01,${number}\r\n`);
  const protection: Protection = {
    signer: { key: us.key, certificate: us.certificate, digest: 'sha256', scheme: 'pkcs1' },
    recipient: { certificate: them.certificate, cipher: 'aes256-cbc', keyTransport: 'pkcs1' },
    compressionLevel: 1,
    micDigest: 'sha256',
    ...given.protection,
  };
  const spool = join(folder, `spool-${number}`);
  const name = given.name ?? `N${number}.DAT`;
  const built = await buildMessage(
    { path: payload, name, contentType: 'text/plain' },
    protection,
    spool,
    Date.now(),
  );
  const messageId = `<${number}@test>`;
  const headers = {
    ...built.headers,
    'AS2-Version': '1.2',
    'AS2-From': `"${OUR_NAME}"`,
    'AS2-To': THEIR_NAME,
    'Message-ID': messageId,
    'Disposition-Notification-To': 'us@example.invalid',
    'Disposition-Notification-Options':
      'signed-receipt-protocol=optional, pkcs7-signature; signed-receipt-micalg=optional, sha-256',
    ...given.headers,
  };
  return { built, body: readFileSync(spool), headers, messageId };
}

/** Posts a message; a receipt, if one came, is read and judged. */
export async function post(
  url: string,
  message: TestMessage,
  them: TestIdentity,
): Promise<{ status: number; text: string; mdn: ReadMdn | null; judged: Judgement | null }> {
  const response = await fetch(url, { method: 'POST', headers: message.headers, body: message.body });
  const body = Buffer.from(await response.arrayBuffer());
  const contentType = response.headers.get('content-type') ?? '';
  const text = body.toString('latin1');
  if (!contentType.startsWith('multipart/'))
    return { status: response.status, text, mdn: null, judged: null };
  const mdn = await readReceipt(new Map(response.headers), body, them);
  return { status: response.status, text, mdn, judged: judge(mdn, message, true) };
}

export async function readReceipt(
  headers: Map<string, string>,
  body: Buffer,
  them: TestIdentity,
): Promise<ReadMdn> {
  const keys = { own: [], partner: [them.certificate], acceptSha1: false };
  return readMdn(entityOf(headers, bytesInMemory(body)), keys, makeWorkspace('unused'));
}

export function judge(mdn: ReadMdn, { messageId, built }: TestMessage, isRepeated: boolean): Judgement {
  return judgeReceipt(mdn, { messageId, mic: built.mic, micDigest: built.micDigest, isRepeated });
}
