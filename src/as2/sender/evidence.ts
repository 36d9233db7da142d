import { mkdir, open, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { moveFile, syncPath } from '../../pipeline/files.js';
import { type FileSum, sumOfBytes } from '../../store/file-sum.js';
import type { Ledger } from '../../store/ledger/ledger.js';
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

/** A receipt that is kept. */
export interface KeptReceipt {
  /** The receipt as it came. */
  path: string;
  /** What the receipt and its summary were when they were written, by their names. */
  sums: Record<string, FileSum>;
}

/** Where receipts of a delivery are kept: beside a run's batch, else in `receipts` of the state folder. */
export function receiptFolder({ runId, path }: DeliveryRecord, stateFolder: string): string {
  return runId === null ? join(stateFolder, 'receipts') : dirname(path);
}

/** Where several hosts share the state: how a receipt is kept so that a host that goes on late changes none. */
export interface SharedKeeping {
  /** Folder for what is not whole yet: what is left in it is cleared away. */
  drafts: string;
  ledger: Pick<Ledger, 'fence' | 'confirm'>;
}

/**
 * Keeps a receipt: as it came (`NAME.PARTNER.mdn`) and what it says (`NAME.PARTNER.receipt.json`); on the disk
 * when it returns.
 * @param shared null where one host has the state
 */
export async function keepReceipt(
  record: DeliveryRecord,
  receipt: Receipt,
  verdict: ReceiptSummary['verdict'],
  problem: string | null,
  folder: string,
  shared: SharedKeeping | null,
): Promise<KeptReceipt> {
  // Files of one name that somebody sends are told apart by their content.
  const mark = record.runId === null ? `.${record.sha256.slice(0, 12)}` : '';
  const name = `${record.file}${mark}.${record.partner}`;
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const summary = summaryOf(record, receipt, verdict, problem, `${name}.mdn`);
  const contents = {
    [`${name}.mdn`]: Buffer.concat([headLines(receipt), receipt.body]),
    [`${name}.receipt.json`]: `${JSON.stringify(summary, null, 2)}\n`,
  };
  const draftOf = (file: string) =>
    shared === null ? join(folder, `${file}.partial`) : join(shared.drafts, `${file}.${shared.ledger.fence}`);
  for (const [file, content] of Object.entries(contents)) await writeDraft(draftOf(file), content);
  await shared?.ledger.confirm();
  for (const file of Object.keys(contents)) await moveFile(draftOf(file), join(folder, file));
  await syncPath(folder);
  const sums = Object.entries(contents).map(([file, content]) => [file, sumOfBytes(content)]);
  return { path: join(folder, `${name}.mdn`), sums: Object.fromEntries(sums) };
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

async function writeDraft(path: string, content: Buffer | string): Promise<void> {
  await rm(path, { force: true });
  const handle = await open(path, 'wx', 0o600);
  try {
    await handle.writeFile(content);
    await handle.sync();
  } finally {
    await handle.close();
  }
}
