import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { ReadmillError } from '../../model/errors.js';
import type { LookAtFile } from '../../pipeline/verify-state.js';
import { differenceOf } from '../../store/file-sum.js';
import type { LedgerView } from '../../store/ledger/ledger.js';
import { type DeliveryRecord, finishedDeliveries, openDeliveries } from './delivery-queue.js';
import { spoolDamage, spoolFolderOf, spoolPathOf } from './package-delivery.js';

/** What was looked at of deliveries. */
export interface VerifiedDeliveries {
  /** Packaged messages of deliveries that are open. */
  messages: number;
  /** Deliveries whose receipt was compared; and those of which somebody has removed it, as they may. */
  receipts: number;
  receiptsGone: number;
}

/**
 * Compares packaged messages in the spool, and receipts wherever they are kept, with what the ledger says of them.
 * @param look has a file looked at, and notes what is thrown
 */
export function verifyDeliveries(state: string, ledger: LedgerView, look: LookAtFile): VerifiedDeliveries {
  const verdict: VerifiedDeliveries = { messages: 0, receipts: 0, receiptsGone: 0 };
  const spool = spoolFolderOf(state);
  const open = openDeliveries(ledger);
  for (const record of open) {
    look(spoolPathOf(spool, record), () => {
      verdict.messages++;
      const damage = spoolDamage(spool, record);
      if (damage !== null) throw damagedMessage(record, spoolPathOf(spool, record), damage);
    });
  }
  const folders = new Map<string, Set<string>>();
  const namesIn = (folder: string): Set<string> => {
    if (!folders.has(folder)) folders.set(folder, new Set(existsSync(folder) ? readdirSync(folder) : []));
    return folders.get(folder)!;
  };
  for (const record of [...open, ...finishedDeliveries(ledger)]) {
    if (record.evidence === null) continue;
    const folder = dirname(record.evidence);
    const names = namesIn(folder);
    const files = receiptFiles(record.evidence);
    if (!files.some((name) => names.has(name))) verdict.receiptsGone++;
    else {
      verdict.receipts++;
      for (const name of files) look(join(folder, name), () => compareReceipt(record, folder, name));
    }
  }
  return verdict;
}

const receiptFiles = (evidence: string): string[] => {
  const name = basename(evidence);
  return [name, name.replace(/\.mdn$/, '.receipt.json')];
};

function damagedMessage({ file, partner }: DeliveryRecord, path: string, damage: string): ReadmillError {
  return new ReadmillError(
    'READMILL_STATE_DAMAGED',
    `${path}: the packaged message of ${file} for ${partner} is damaged: ${damage}. Remove it, and call readmill retry --batch ${file} twice: the first tells that it is gone, the second packages it anew under the same Message-ID.`,
  );
}

function compareReceipt(record: DeliveryRecord, folder: string, name: string): void {
  const path = join(folder, name);
  const was = record.evidenceSums?.[name];
  const difference = !existsSync(path)
    ? 'it is gone, though the other of its two files is there'
    : was === undefined
      ? summaryDifference(record, path)
      : differenceOf(path, was);
  if (difference === null) return;
  throw new ReadmillError(
    'READMILL_STATE_DAMAGED',
    `${path}: the receipt of ${record.partner} for ${record.file} is not as it was kept: ${difference}. It proves nothing any more: put it back from a copy, or ask the partner for it (Message-ID ${record.messageId}). The delivery itself stays ${record.status}.`,
  );
}

/** A receipt that an earlier version kept has no sum: its summary must at least be one, and of this delivery. */
function summaryDifference({ messageId, sha256 }: DeliveryRecord, path: string): string | null {
  if (!path.endsWith('.json')) return null;
  try {
    const summary = JSON.parse(readFileSync(path, 'utf8')) as { messageId?: unknown; sha256?: unknown };
    return summary.messageId === messageId && summary.sha256 === sha256 ? null : 'it is of another delivery';
  } catch (thrown) {
    if (thrown instanceof SyntaxError) return 'it is no JSON any more';
    throw thrown;
  }
}
