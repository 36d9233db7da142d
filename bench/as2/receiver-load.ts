import { createPrivateKey, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import autocannon from 'autocannon';
import { buildMessage } from '../../src/as2/build-message.js';
import { parseCertificate } from '../../src/as2/certificate.js';
import { highWaterKib, ownKib } from '../process-memory.js';
import { median } from '../statistics.js';
import { startReceiver } from './receiver-process.js';

const CONNECTIONS = 8;
const SAMPLE_MS = 500;

export interface LoadFigure {
  payloadBytes: number;
  seconds: number;
  messagesPerSecond: number;
  latencyMs: { median: number; p99: number };
  /** The receiver's own resident memory: medians of the second and of the last quarter of the time. */
  earlyKib: number;
  lateKib: number;
  /** Highest resident memory of the receiver, mapped pages of its ledger included. */
  highestKib: number;
  /** Answers that were no signed receipt of a message that was taken, and broken connections. */
  errors: number;
}

/**
 * Sends signed and encrypted messages to a `readmill receive` of its own, each under a Message-ID of its own,
 * and counts the receipts that say that the message was taken.
 */
export async function measureLoad(
  folder: string,
  payloadBytes: number,
  seconds: number,
): Promise<LoadFigure> {
  const message = await makeMessage(folder, payloadBytes);
  const { receiver, url } = await startReceiver(folder);
  const samples: number[] = [];
  const sampling = setInterval(() => samples.push(ownKib(receiver.pid!) ?? 0), SAMPLE_MS);
  let taken = 0;
  let others = 0;
  let number = 0;
  try {
    const result = await autocannon({
      url,
      connections: CONNECTIONS,
      duration: seconds,
      requests: [
        {
          method: 'POST',
          path: '/as2',
          body: message.body,
          headers: message.headers,
          setupRequest: (request) => ({
            ...request,
            headers: { ...request.headers, 'Message-ID': `<${process.pid}.${number++}@bench>` },
          }),
          onResponse: (status, body) => {
            if (status === 200 && body.includes('; processed\r\n') && body.includes('pkcs7-signature'))
              taken++;
            else others++;
          },
        },
      ],
    });
    const quarter = samples.length >> 2;
    return {
      payloadBytes,
      seconds: result.duration,
      messagesPerSecond: taken / result.duration,
      latencyMs: { median: result.latency.p50, p99: result.latency.p99 },
      earlyKib: median(samples.slice(quarter, 2 * quarter)),
      lateKib: median(samples.slice(-quarter)),
      highestKib: highWaterKib(receiver.pid!) ?? 0,
      errors: others + result.errors + result.timeouts,
    };
  } finally {
    clearInterval(sampling);
    receiver.kill('SIGTERM');
    await once(receiver, 'exit');
  }
}

async function makeMessage(folder: string, payloadBytes: number) {
  const payload = join(folder, 'payload');
  writeFileSync(payload, randomBytes(payloadBytes));
  const key = createPrivateKey(readFileSync(join(folder, 'key.pem')));
  const certificate = parseCertificate(readFileSync(join(folder, 'certificate.pem')));
  const spool = join(folder, 'message');
  const built = await buildMessage(
    { path: payload, name: `N${payloadBytes}.DAT`, contentType: 'application/octet-stream' },
    {
      signer: { key, certificate, digest: 'sha256', scheme: 'pkcs1' },
      recipient: { certificate, cipher: 'aes256-cbc', keyTransport: 'pkcs1' },
      compressionLevel: 0,
      micDigest: 'sha256',
    },
    spool,
    Date.now(),
  );
  const headers = {
    ...built.headers,
    'AS2-Version': '1.2',
    'AS2-From': 'ORG00001',
    'AS2-To': 'ORG00000',
    'Disposition-Notification-To': 'bench@example.invalid',
    'Disposition-Notification-Options':
      'signed-receipt-protocol=optional, pkcs7-signature; signed-receipt-micalg=optional, sha-256',
  };
  return { body: readFileSync(spool), headers };
}
