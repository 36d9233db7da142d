import { codeOf, messageOf, ReadmillError } from '../../model/errors.js';
import { MDN_BYTES_MAX } from '../mdn/read-mdn.js';
import type { Headers } from '../mime/headers.js';
import { type Receipt, readReceipt } from './outcome.js';
import type { Partner } from './partner.js';

/** A receipt must have come in whole by then. */
const REQUEST_TIMEOUT_MS = 60_000;
const CONNECTIONS_MAX = 100;

/** Takes in the receipts that partners send by themselves. */
export interface ReceiptListener {
  /**
   * Waits for the receipt of a message. To be called before the message is sent: it may be the faster one.
   * `cancel` ends the waiting with null.
   */
  expect(messageId: string): { receipt: Promise<Receipt | null>; cancel(): void };
  close(): Promise<void>;
}

export interface ListenerOptions {
  host: string;
  port: number;
  partners: readonly Partner[];
  clock(): number;
  /** Takes a receipt that nobody waits for: it comes late, or from another run. */
  onStray(receipt: Receipt, partner: Partner): Promise<void>;
}

/**
 * Opens the server that asynchronous receipts are sent to.
 * @throws ReadmillError READMILL_PORT where the place is taken or not ours
 */
export async function openReceiptListener(options: ListenerOptions): Promise<ReceiptListener> {
  const { host, port, partners, clock } = options;
  const waiting = new Map<string, (receipt: Receipt | null) => void>();
  // Loaded where a partner sends receipts by itself: it takes longer than all the rest of a delivery.
  const { default: Fastify } = await import('fastify');
  const server = Fastify({ logger: false, bodyLimit: MDN_BYTES_MAX, requestTimeout: REQUEST_TIMEOUT_MS });
  server.server.maxConnections = CONNECTIONS_MAX;
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  server.post('*', async (request, reply) => {
    const headers = headersOf(request.headers);
    const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
    const found = await readByAny({ headers, body, receivedMs: clock(), mdn: null }, partners);
    if (found === null) return reply.code(400).send('This is no receipt that can be verified here.\n');
    const { receipt, partner } = found;
    const settle = waiting.get(plainId(receipt.mdn!.originalMessageId));
    if (settle !== undefined) settle(receipt);
    else await options.onStray(receipt, partner);
    return reply.code(200).send();
  });
  try {
    await server.listen({ host, port });
  } catch (thrown) {
    const what = codeOf(thrown) === 'EADDRINUSE' ? 'another program has this port' : messageOf(thrown);
    const message = `Receipts cannot be taken in at ${host}:${port}: ${what}. Change mdnListener, or end that program.`;
    throw new ReadmillError('READMILL_PORT', message, { cause: thrown });
  }
  return {
    expect(messageId) {
      const key = plainId(messageId);
      const receipt = new Promise<Receipt | null>((resolve) => waiting.set(key, resolve));
      const cancel = () => {
        waiting.get(key)?.(null);
        waiting.delete(key);
      };
      return { receipt, cancel };
    },
    close: () => server.close(),
  };
}

/** Some products leave the angle brackets out. */
const plainId = (messageId: string): string => messageId.trim().replace(/^<(.*)>$/s, '$1');

function headersOf(given: Record<string, string | string[] | undefined>): Headers {
  const headers: Headers = new Map();
  for (const [name, value] of Object.entries(given)) {
    const first = Array.isArray(value) ? value[0] : value;
    if (first !== undefined) headers.set(name, first);
  }
  return headers;
}

/** Reads a receipt with the keys of the partner that it says it is from, or of any other. */
async function readByAny(
  receipt: Receipt,
  partners: readonly Partner[],
): Promise<{ receipt: Receipt; partner: Partner } | null> {
  const from = receipt.headers.get('as2-from')?.replace(/^"(.*)"$/, '$1');
  const rank = ({ config }: Partner) => (config.as2To === from ? 0 : 1);
  for (const partner of [...partners].sort((a, b) => rank(a) - rank(b))) {
    const mdn = await readReceipt(receipt, partner).catch(() => null);
    if (mdn !== null) return { receipt: { ...receipt, mdn }, partner };
  }
  return null;
}
