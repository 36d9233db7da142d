import { createHash, randomUUID } from 'node:crypto';
import type { FileSum } from '../../store/file-sum.js';
import type { Ledger, LedgerWrite } from '../../store/ledger/ledger.js';
import type { BuiltMessage } from '../build-message.js';

/**
 * What becomes of a delivery. Each arrow is one transaction of the ledger, made before what it announces.
 *
 * ```
 * packaged -> sending -> delivered                       proved by a signed receipt
 *    ^           |-----> unproven                        taken, by a partner that gives no signed receipt
 *    |           |-----> failed                          the partner said no; a person has to look
 *    |           |-----> waiting -> sending ...          to be sent again when it is due
 *    |           '-----> given-up                        all attempts failed; a person has to look
 *    '--- failed, when keys or settings were mended and somebody tries again
 * ```
 *
 * `sending` that no process works on was interrupted: it is due at once, with the same bytes.
 */
export type DeliveryStatus =
  | 'packaged'
  | 'sending'
  | 'waiting'
  | 'delivered'
  | 'unproven'
  | 'failed'
  | 'given-up';

/** A file for a partner, before anything is known of it. */
export interface Consignment {
  partner: string;
  /** Name that the partner sees. */
  file: string;
  path: string;
  sizeBytes: number;
  /** Hex, of the content. */
  sha256: string;
  /** Run that made it; null for a file that somebody sends. */
  runId: string | null;
}

/** One file on its way to one partner, as the ledger keeps it. Times are milliseconds since 1970. */
export interface DeliveryRecord extends Consignment {
  /** Made once, and in the ledger before the first byte leaves: for ever the same. */
  messageId: string;
  /** Name of its body in the spool, where that has another than `spoolName` says. */
  spool?: string;
  status: DeliveryStatus;
  packagedMs: number;
  /** What the body in the spool is, with its MIC. */
  message: BuiltMessage;
  /** Of the settings and certificates that it was packaged with. */
  settings: string;
  /** Attempts that were begun. */
  attempts: number;
  /** Attempts that failed since it was packaged or taken up again by a person: they decide the next wait. */
  failures: number;
  lastAttemptMs: number | null;
  nextAttemptMs: number | null;
  /** What was wrong with the last attempt; null where nothing was. */
  problem: string | null;
  /** Receipt that proves it, or that refuses it: a path. */
  evidence: string | null;
  /** What the files of that receipt were when they were written, by their names; an earlier version noted none. */
  evidenceSums?: Record<string, FileSum>;
  settledMs: number | null;
}

const DONE: readonly DeliveryStatus[] = ['delivered', 'unproven'];
/** Deliveries that are done and whose record the ledger keeps; what proves them lies in files. */
export const DELIVERIES_KEPT_MAX = 100_000;

const RECORD = 'delivery/record/';
const OPEN = 'delivery/open/';
const FINISHED = 'delivery/finished/';

/** The same file for the same partner is the same delivery, whoever asks for it and how often. */
export function deliveryId({ partner, file, sha256 }: Consignment): string {
  return `${partner}/${sha256.slice(0, 32)}/${file}`;
}

export const isDone = ({ status }: DeliveryRecord): boolean => DONE.includes(status);

/**
 * Name of its body in the spool: the same after a crash, so that nothing is left over. Where several hosts share
 * the spool, each holding of the ledger has names of its own: who goes on late writes over nobody else's.
 */
export function spoolName(consignment: Consignment, fence: number): string {
  const name = createHash('sha256').update(deliveryId(consignment)).digest('hex').slice(0, 40);
  return fence === 0 ? name : `${name}-${fence}`;
}

/** Name of the body of a delivery that was packaged. */
export const packagedName = (record: DeliveryRecord): string => record.spool ?? spoolName(record, 0);

/** @param as2From name after the at-sign, where it can stand there */
export function newMessageId(as2From: string): string {
  const place = as2From.replaceAll(/[^A-Za-z0-9.-]+/g, '-').replaceAll(/^[.-]+|[.-]+$/g, '');
  return `<${randomUUID()}@${place === '' ? 'readmill' : place}>`;
}

export function findDelivery(ledger: Ledger, consignment: Consignment): DeliveryRecord | undefined {
  return ledger.get<DeliveryRecord>(RECORD + deliveryId(consignment));
}

/** Deliveries that are not done, in the order of partners and names. */
export function openDeliveries(ledger: Pick<Ledger, 'get' | 'list'>): DeliveryRecord[] {
  const ids = ledger.list<true>(OPEN).map(({ key }) => key.slice(OPEN.length));
  const records = ids.map((id) => ledger.get<DeliveryRecord>(RECORD + id)!);
  const keyOf = ({ partner, file, sha256 }: DeliveryRecord) => `${partner}/${file}/${sha256}`;
  return records.sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
}

/** Enters a new state of a delivery, on the disk when it returns. */
export async function saveDelivery(ledger: Ledger, record: DeliveryRecord): Promise<void> {
  const id = deliveryId(record);
  const writes: LedgerWrite[] = [[RECORD + id, record]];
  if (isDone(record)) {
    writes.push([OPEN + id, undefined]);
    writes.push([`${FINISHED}${String(record.settledMs).padStart(15, '0')}/${id}`, true]);
  } else writes.push([OPEN + id, true]);
  await ledger.write(writes);
}

/** Deliveries that are done, the latest first. */
export function finishedDeliveries(ledger: Pick<Ledger, 'get' | 'list'>): DeliveryRecord[] {
  const ids = ledger.list<true>(FINISHED).map(({ key }) => finishedId(key));
  return ids.reverse().map((id) => ledger.get<DeliveryRecord>(RECORD + id)!);
}

/** The latest deliveries that are done, the last first. */
export function latestDeliveries(ledger: Pick<Ledger, 'get' | 'latest'>, count: number): DeliveryRecord[] {
  const ids = ledger.latest<true>(FINISHED, count).map(({ key }) => finishedId(key));
  return ids.map((id) => ledger.get<DeliveryRecord>(RECORD + id)!);
}

/** Forgets the oldest of the deliveries that are done, beyond what is kept. */
export async function forgetOldDeliveries(ledger: Ledger, kept = DELIVERIES_KEPT_MAX): Promise<void> {
  const finished = ledger.list<true>(FINISHED);
  const old = finished.slice(0, Math.max(0, finished.length - kept));
  await ledger.write(
    old.flatMap(({ key }): LedgerWrite[] => [
      [key, undefined],
      [RECORD + finishedId(key), undefined],
    ]),
  );
}

function finishedId(key: string): string {
  const rest = key.slice(FINISHED.length);
  return rest.slice(rest.indexOf('/') + 1);
}
