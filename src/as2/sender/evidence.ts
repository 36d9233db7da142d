import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { syncPath } from '../../pipeline/files.js';
import type { DeliveryRecord } from './delivery-queue.js';
import type { Receipt } from './outcome.js';
import { subjectOf } from './partner.js';

/** Header lines of a receipt that are kept with it: with them, openssl verifies the file as it stands. */
const KEPT_HEADERS = [
  ['mime-version', 'MIME-Version'],
  ['content-type', 'Content-Type'],
  ['content-transfer-encoding', 'Content-Transfer-Encoding'],
  ['as2-from', 'AS2-From'],
  ['as2-to', 'AS2-To'],
  ['message-id', 'Message-ID'],
  ['date', 'Date'],
] as const;

/** What a receipt proves, or why it proves nothing: `NAME.PARTNER.receipt.json`. */
export interface ReceiptSummary {
  file: string;
  sha256: string;
  sizeBytes: number;
  partner: string;
  messageId: string;
  verdict: 'delivered' | 'unproven' | 'failed' | 'again';
  problem: string | null;
  attempts: number;
  receivedAt: string;
  disposition: string | null;
  /** As the receipt has it, and as we made it when the message was packaged. */
  receivedMic: { value: string; digest: string | null } | null;
  expectedMic: { value: string; digest: string };
  signer: { subject: string; serial: string; sha256: string; signedAt: string | null } | null;
  /** The receipt itself, in the same folder. */
  receipt: string;
}

/** Where receipts of a delivery are kept: beside a run's batch, else in `receipts` of the state folder. */
export function receiptFolder({ runId, path }: DeliveryRecord, stateFolder: string): string {
  return runId === null ? join(stateFolder, 'receipts') : dirname(path);
}

/**
 * Keeps a receipt: as it came (`NAME.PARTNER.mdn`) and what it says (`NAME.PARTNER.receipt.json`); on the disk
 * when it returns.
 * @param fence number of the holding of the ledger: hosts that share it do not write one draft
 * @returns path of the receipt
 */
export async function keepReceipt(
  record: DeliveryRecord,
  receipt: Receipt,
  verdict: ReceiptSummary['verdict'],
  problem: string | null,
  folder: string,
  fence = 0,
): Promise<string> {
  // Files of one name that somebody sends are told apart by their content.
  const mark = record.runId === null ? `.${record.sha256.slice(0, 12)}` : '';
  const name = `${record.file}${mark}.${record.partner}`;
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await writeWhole(join(folder, `${name}.mdn`), Buffer.concat([headLines(receipt), receipt.body]), fence);
  const summary = summaryOf(record, receipt, verdict, problem, `${name}.mdn`);
  await writeWhole(join(folder, `${name}.receipt.json`), `${JSON.stringify(summary, null, 2)}\n`, fence);
  await syncPath(folder);
  return join(folder, `${name}.mdn`);
}

function headLines({ headers }: Receipt): Buffer {
  const lines = KEPT_HEADERS.flatMap(([key, name]) => {
    const value = headers.get(key);
    return value === undefined ? [] : [`${name}: ${value.replaceAll(/[\r\n]+/g, ' ')}`];
  });
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');
}

function summaryOf(
  record: DeliveryRecord,
  { mdn, receivedMs }: Receipt,
  verdict: ReceiptSummary['verdict'],
  problem: string | null,
  receipt: string,
): ReceiptSummary {
  const { file, sha256, sizeBytes, partner, messageId, attempts, message } = record;
  const signature = mdn?.signature ?? null;
  const { type, modifier } = mdn?.disposition ?? { type: null, modifier: null };
  return {
    file,
    sha256,
    sizeBytes,
    partner,
    messageId,
    verdict,
    problem,
    attempts,
    receivedAt: new Date(receivedMs).toISOString(),
    disposition: modifier === null ? type : `${type}/${modifier.kind}: ${modifier.text}`,
    receivedMic: mdn?.mic ?? null,
    expectedMic: { value: message.mic, digest: message.micDigest },
    signer:
      signature === null
        ? null
        : {
            subject: subjectOf(signature.certificate),
            serial: signature.certificate.x509.serialNumber,
            sha256: signature.certificate.x509.fingerprint256.replaceAll(':', '').toLowerCase(),
            signedAt: signature.signedAtMs === null ? null : new Date(signature.signedAtMs).toISOString(),
          },
    receipt,
  };
}

async function writeWhole(path: string, content: Buffer | string, fence: number): Promise<void> {
  const partial = fence === 0 ? `${path}.partial` : `${path}.${fence}.partial`;
  await rm(partial, { force: true });
  const handle = await open(partial, 'wx', 0o600);
  try {
    await handle.writeFile(content);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(partial, path);
}
