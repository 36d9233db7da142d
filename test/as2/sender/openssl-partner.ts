import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { inflateSync } from 'node:zlib';
import { openssl, type TestIdentity } from '../openssl.js';

/** What the partner does with a request, in place of the right thing. */
export interface Behaviour {
  /** Answers so, without looking at the message. */
  status?: number;
  headers?: Record<string, string>;
  body?: string;
  /** Breaks the connection off after so many bytes of the message, or in place of an answer. */
  closeAfterBytes?: number;
  /** Takes the message, and then breaks the connection off. */
  closesAfterTaking?: boolean;
  /** Never answers. */
  isSilent?: boolean;
  mic?: string | null;
  originalMessageId?: string;
  disposition?: string;
  isUnsigned?: boolean;
  signer?: TestIdentity;
  /** Changes the receipt's bytes. */
  alter?(body: Buffer): Buffer;
  /** For asynchronous receipts: is lost, or comes so often. */
  asyncCopies?: number;
  asyncDelayMs?: number;
}

export interface Taken {
  messageId: string;
  headers: Record<string, string>;
  bodySha256: string;
  /** Null where it was refused before it was opened. */
  payloadSha256: string | null;
  fileName: string | null;
}

const OK = 'automatic-action/MDN-sent-automatically; processed';
const DUPLICATE = `${OK}/warning: duplicate-document`;

/**
 * An AS2 partner that shares no code with ours: node:http, string operations, and the openssl command line. It
 * keeps books of what it took, and misbehaves on request.
 */
export class OpensslPartner {
  /** All requests in order, and what was taken in: once for a Message-ID. */
  readonly requests: Taken[] = [];
  readonly books = new Map<string, { mic: string; payloadSha256: string; times: number }>();
  /** One for each request to come; after them it behaves well. */
  behaviours: Behaviour[] = [];
  /** How the sender answered asynchronous receipts. */
  readonly receiptAnswers: number[] = [];
  private working: Promise<void> = Promise.resolve();
  /** Most connections at a time. */
  connectionsMax = 0;
  private readonly server: Server;

  private constructor(
    private readonly folder: string,
    private readonly own: TestIdentity,
    private readonly sender: TestIdentity,
  ) {
    this.server = createServer((incoming, answer) => {
      this.working = this.take(incoming, answer);
    });
    let connections = 0;
    this.server.on('connection', (socket) => {
      this.connectionsMax = Math.max(this.connectionsMax, ++connections);
      socket.on('close', () => connections--);
    });
  }

  static async start(folder: string, own: TestIdentity, sender: TestIdentity): Promise<OpensslPartner> {
    const partner = new OpensslPartner(folder, own, sender);
    await new Promise<void>((resolve) => partner.server.listen(0, '127.0.0.1', resolve));
    return partner;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/as2`;
  }

  /** Waits until the last request has been dealt with, its receipts too. */
  idle(): Promise<void> {
    return this.working;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async take(incoming: IncomingMessage, answer: ServerResponse): Promise<void> {
    const behaviour = this.behaviours.shift() ?? {};
    if (behaviour.closeAfterBytes !== undefined) return breakOff(incoming, behaviour.closeAfterBytes);
    const body = await buffer(incoming);
    const headers = incoming.headers as Record<string, string>;
    const messageId = headers['message-id']!;
    const entry: Taken = {
      messageId,
      headers,
      bodySha256: sha256(body),
      payloadSha256: null,
      fileName: null,
    };
    this.requests.push(entry);
    if (behaviour.isSilent === true) return;
    if (behaviour.status !== undefined) {
      answer.writeHead(behaviour.status, behaviour.headers).end(behaviour.body ?? '');
      return;
    }
    const known = this.books.get(messageId);
    const opened = this.open(headers, body);
    Object.assign(entry, { payloadSha256: sha256(opened.payload), fileName: opened.fileName });
    const taken = { mic: opened.mic, payloadSha256: sha256(opened.payload), times: (known?.times ?? 0) + 1 };
    if ((behaviour.disposition ?? OK).match(/error|failure/i) === null) this.books.set(messageId, taken);
    if (behaviour.closesAfterTaking === true) return void incoming.socket.destroy();
    const receipt = this.receipt(headers, opened.mic, known !== undefined, behaviour);
    const asyncUrl = headers['receipt-delivery-option'];
    if (asyncUrl === undefined) return void answer.writeHead(200, receipt.headers).end(receipt.body);
    answer.writeHead(202).end();
    if (behaviour.asyncDelayMs !== undefined)
      await new Promise((resolve) => setTimeout(resolve, behaviour.asyncDelayMs));
    for (let copy = 0; copy < (behaviour.asyncCopies ?? 1); copy++)
      this.receiptAnswers.push(await post(asyncUrl, receipt));
  }

  private open(headers: Record<string, string>, body: Buffer) {
    const keys = ['-inkey', this.own.keyPath, '-recip', this.own.certificatePath];
    let entity: Buffer = Buffer.concat([
      Buffer.from(`Content-Type: ${headers['content-type']}\r\n\r\n`),
      body,
    ]);
    if (/enveloped-data/.test(headers['content-type']!))
      entity = openssl(['cms', '-decrypt', '-binary', '-inform', 'DER', ...keys], body);
    let signed = entity;
    if (/^Content-Type: multipart\/signed/i.test(entity.toString('latin1', 0, 200))) {
      const [content, signature] = signedParts(entity);
      signed = content!;
      const path = join(this.folder, 'signed-content');
      writeFileSync(path, signed);
      const options = ['-binary', '-inform', 'DER', '-content', path, '-CAfile', this.sender.certificatePath];
      openssl(['cms', '-verify', ...options, '-purpose', 'any'], signature!);
    }
    const part = /compressed-data/.test(headOf(signed)) ? inflated(signed) : signed;
    const fileName = /filename="([^"]*)"/.exec(headOf(part))?.[1] ?? null;
    const mic = createHash('sha256').update(signed).digest('base64');
    return { payload: part.subarray(part.indexOf('\r\n\r\n') + 4), mic, fileName };
  }

  private receipt(
    headers: Record<string, string>,
    mic: string,
    isKnown: boolean,
    { originalMessageId, disposition, isUnsigned, signer = this.own, alter, mic: otherMic }: Behaviour,
  ): { headers: Record<string, string>; body: Buffer } {
    const micValue = otherMic === undefined ? mic : otherMic;
    const report = [
      'Content-Type: multipart/report; report-type=disposition-notification; boundary="r"',
      '',
      '--r',
      'Content-Type: text/plain',
      '',
      'The message was looked at.',
      '',
      '--r',
      'Content-Type: message/disposition-notification',
      '',
      'Reporting-UA: test',
      `Final-Recipient: rfc822; ${headers['as2-to']}`,
      `Original-Message-ID: ${originalMessageId ?? headers['message-id']}`,
      `Disposition: ${disposition ?? (isKnown ? DUPLICATE : OK)}`,
      ...(micValue === null ? [] : [`Received-Content-MIC: ${micValue}, sha256`]),
      '',
      '--r--',
      '',
    ].join('\r\n');
    let entity: Buffer = Buffer.from(report);
    if (isUnsigned !== true) {
      const keys = ['-signer', signer.certificatePath, '-inkey', signer.keyPath];
      entity = openssl(['cms', '-sign', '-binary', '-md', 'sha256', ...keys], entity);
    }
    const end = entity.indexOf(isUnsigned === true ? '\r\n\r\n' : '\n\n');
    const fields = entity.toString('latin1', 0, end).split(/\r?\n(?![ \t])/);
    const body = entity.subarray(end + (isUnsigned === true ? 4 : 2));
    return {
      headers: {
        ...Object.fromEntries(fields.map((line) => line.split(/: ?(.*)/s).slice(0, 2) as [string, string])),
        'AS2-From': headers['as2-to']!,
        'AS2-To': headers['as2-from']!,
      },
      body: alter === undefined ? body : alter(body),
    };
  }
}

const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
const headOf = (entity: Buffer): string => entity.toString('latin1', 0, entity.indexOf('\r\n\r\n'));

function breakOff(incoming: IncomingMessage, afterBytes: number): void {
  let bytes = 0;
  incoming.on('error', () => {});
  if (afterBytes === 0) incoming.socket.destroy();
  incoming.on('data', (piece: Buffer) => {
    bytes += piece.length;
    if (bytes >= afterBytes) incoming.socket.destroy();
  });
}

/** The signed content and the DER of its signature. */
function signedParts(entity: Buffer): Buffer[] {
  const boundary = /boundary="([^"]+)"/.exec(entity.toString('latin1', 0, 500))![1]!;
  const line = `--${boundary}\r\n`;
  const from = entity.indexOf(line) + line.length;
  const to = entity.indexOf(`\r\n${line}`, from);
  const second = entity.toString('latin1', to + 2 + line.length);
  const base64 = second.slice(second.indexOf('\r\n\r\n'), second.indexOf(`\r\n--${boundary}--`));
  return [entity.subarray(from, to), Buffer.from(base64, 'base64')];
}

/** What CompressedData holds: zlib bytes lie at the end of its DER. */
function inflated(entity: Buffer): Buffer {
  const body = entity.subarray(entity.indexOf('\r\n\r\n') + 4);
  const shown = openssl(['asn1parse', '-inform', 'DER'], body).toString();
  const [, offset, head] = /(\d+):d=5 +hl=(\d) l= *\d+ prim: OCTET STRING/.exec(shown)!;
  return inflateSync(body.subarray(Number(offset) + Number(head)));
}

function post(url: string, { headers, body }: { headers: Record<string, string>; body: Buffer }) {
  return new Promise<number>((resolve, reject) => {
    const sent = request(url, { method: 'POST', headers }, (answer) => {
      answer.resume().on('end', () => resolve(answer.statusCode!));
    });
    sent.on('error', reject);
    sent.end(body);
  });
}
