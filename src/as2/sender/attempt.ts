import { rmSync } from 'node:fs';
import type { Dispatcher } from 'undici';
import type { Ledger } from '../../store/ledger/ledger.js';
import { type DeliveryRecord, isDone, saveDelivery } from './delivery-queue.js';
import { keepReceipt, receiptFolder } from './evidence.js';
import { type FinalOutcome, type Outcome, outcomeOfPost, outcomeOfReceipt, type Receipt } from './outcome.js';
import { isInSpool, spoolPathOf } from './package-delivery.js';
import type { Partner } from './partner.js';
import { postMessage } from './post-message.js';
import type { ReceiptListener } from './receipt-listener.js';
import { requestHeaders } from './request-headers.js';

/** What all attempts of a program need. */
export interface AttemptContext {
  ledger: Ledger;
  stateFolder: string;
  spoolFolder: string;
  /** Reference clock, milliseconds since 1970. */
  clock(): number;
  /** Null where no partner sends its receipts by itself. */
  listener: ReceiptListener | null;
}

const MINUTE_MS = 60_000;

/** A message that was posted, and what came back over its connection. */
export interface Posted {
  record: DeliveryRecord;
  outcome: Outcome;
  /** Where the receipt is to come by itself. */
  coming: ReturnType<ReceiptListener['expect']> | undefined;
}

/**
 * Begins an attempt: says so in the ledger, then posts the bytes of the spool. Killed anywhere, the ledger has the
 * delivery as `sending`, and the next attempt sends the same bytes. `concludeAttempt` must follow.
 */
export async function beginAttempt(
  before: DeliveryRecord,
  partner: Partner,
  connections: Dispatcher,
  context: AttemptContext,
): Promise<Posted> {
  const { clock, listener, ledger, spoolFolder } = context;
  if (!isInSpool(spoolFolder, before)) {
    const problem =
      'Its packaged message is no longer in the spool of the state folder: readmill retry --batch with its name packages it anew.';
    return { record: before, outcome: { kind: 'failed', problem, receipt: null }, coming: undefined };
  }
  const record: DeliveryRecord = {
    ...before,
    status: 'sending',
    attempts: before.attempts + 1,
    lastAttemptMs: clock(),
    nextAttemptMs: null,
    problem: null,
  };
  await saveDelivery(ledger, record);
  const coming = partner.config.mdn === 'async' ? listener?.expect(before.messageId) : undefined;
  try {
    return { record, outcome: await post(record, partner, connections, context), coming };
  } catch (thrown) {
    coming?.cancel();
    throw thrown;
  }
}

/** Ends an attempt: waits for a receipt that comes by itself, and settles the delivery by what came. */
export async function concludeAttempt(
  { record, outcome, coming }: Posted,
  partner: Partner,
  context: AttemptContext,
): Promise<DeliveryRecord> {
  try {
    const final = outcome.kind === 'awaited' ? await awaitReceipt(coming?.receipt, record, partner) : outcome;
    return await settle(record, final, partner, context);
  } finally {
    coming?.cancel();
  }
}

async function post(
  record: DeliveryRecord,
  partner: Partner,
  connections: Dispatcher,
  { spoolFolder, clock }: AttemptContext,
): Promise<Outcome> {
  const result = await postMessage(
    partner.config,
    connections,
    requestHeaders(record, partner, clock()),
    spoolPathOf(spoolFolder, record),
    record.message.sizeBytes,
  );
  return outcomeOfPost(result, partner, record, clock());
}

export async function awaitReceipt(
  coming: Promise<Receipt | null> | undefined,
  record: DeliveryRecord,
  partner: Partner,
): Promise<FinalOutcome> {
  const minutes = partner.config.mdnWaitMinutes;
  let timer: NodeJS.Timeout | undefined;
  const inTime = new Promise<null>((resolve) => {
    timer = setTimeout(resolve, minutes * MINUTE_MS, null);
  });
  const receipt = await Promise.race([coming ?? null, inTime]);
  clearTimeout(timer);
  if (receipt !== null) return outcomeOfReceipt(receipt, partner, record);
  const problem = `The message was taken, but its receipt did not come to mdnUrl within ${minutes} minutes.`;
  return { kind: 'again', problem, receipt: null, isConnection: false };
}

/** Enters what an attempt came to: first the proof on the disk, then the ledger, then the spool is emptied. */
export async function settle(
  record: DeliveryRecord,
  outcome: FinalOutcome,
  partner: Partner,
  { ledger, stateFolder, spoolFolder, clock }: AttemptContext,
): Promise<DeliveryRecord> {
  const problem = outcome.kind === 'delivered' ? null : outcome.problem;
  const kept =
    outcome.receipt === null
      ? null
      : await keepReceipt(
          record,
          outcome.receipt,
          outcome.kind,
          problem,
          receiptFolder(record, stateFolder),
          ledger.fence === 0 ? null : { drafts: spoolFolder, ledger },
        );
  const proof = kept === null ? {} : { evidence: kept.path, evidenceSums: kept.sums };
  const settled = { ...record, problem, ...proof, ...nextState(record, outcome.kind, partner, clock()) };
  await saveDelivery(ledger, settled);
  if (isDone(settled)) rmSync(spoolPathOf(spoolFolder, settled), { force: true });
  return settled;
}

type NextState = Pick<DeliveryRecord, 'status' | 'failures' | 'nextAttemptMs' | 'settledMs'>;

function nextState(
  { failures }: DeliveryRecord,
  kind: FinalOutcome['kind'],
  { config }: Partner,
  nowMs: number,
): NextState {
  if (kind !== 'again') return { status: kind, failures, nextAttemptMs: null, settledMs: nowMs };
  const waitMinutes = config.retryWaitMinutes[failures];
  const settledMs = null;
  return waitMinutes === undefined
    ? { status: 'given-up', failures: failures + 1, nextAttemptMs: null, settledMs }
    : {
        status: 'waiting',
        failures: failures + 1,
        nextAttemptMs: nowMs + waitMinutes * MINUTE_MS,
        settledMs,
      };
}
