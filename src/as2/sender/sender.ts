import type { Dispatcher } from 'undici';
import type { Config } from '../../pipeline/config/config.js';
import type { Ledger } from '../../store/ledger/ledger.js';
import { buildMessage } from '../build-message.js';
import { type AttemptContext, beginAttempt, concludeAttempt, settle } from './attempt.js';
import { connectionsTo } from './connection.js';
import {
  type Consignment,
  type DeliveryRecord,
  findDelivery,
  isDone,
  openDeliveries,
  saveDelivery,
} from './delivery-queue.js';
import { type Lane, openLane } from './lane.js';
import { outcomeOfReceipt } from './outcome.js';
import type { AheadMessage } from './package-ahead.js';
import {
  type BuildMessage,
  type Packaging,
  packaged,
  packagedAgain,
  prepareSpool,
  spoolDamage,
  spoolFolderOf,
} from './package-delivery.js';
import { type Partner, protectionOf, settingsDigest } from './partner.js';
import { openReceiptListener, type ReceiptListener } from './receipt-listener.js';

/** A wait that is not longer is waited for; what is due later is left to the next command. */
export const WAIT_HERE_MS_MAX = 30_000;
/** After so many connections in a row that could not be made, a partner is not tried any more in this pass. */
export const CONNECTION_FAILURES_MAX = 3;
/** Messages that are packaged at a time, where no pool of threads says otherwise. */
const PACKAGED_AT_A_TIME = 2;

export interface SenderOptions {
  ledger: Ledger;
  config: Pick<Config, 'state' | 'mdnListener'>;
  /** Those that may be sent to; their keys have been read. */
  partners: readonly Partner[];
  clock(): number;
  build?: BuildMessage;
  packagedAtATime?: number;
  /** Messages that lie in the spool already, by delivery. */
  ahead?: ReadonlyMap<string, AheadMessage>;
  /** Told of every delivery whose attempt has ended, or that will not be tried now. */
  onAttempt?(record: DeliveryRecord): void;
}

/** Sends files to partners, as long as it is open. */
export interface Sender {
  /** Packages a file, unless that was done, and delivers it, unless that is done or a person has to look first. */
  deliver(consignment: Consignment): Promise<DeliveryRecord>;
  /** Goes on with a delivery that the ledger knows, also with one that was given up. */
  resume(record: DeliveryRecord): Promise<DeliveryRecord>;
  close(): Promise<void>;
}

interface Line {
  partner: Partner;
  connections: Dispatcher;
  lane: Lane;
  connectionFailures: number;
  lastProblem: string;
}

/** @throws ReadmillError READMILL_PORT where asynchronous receipts cannot be taken in */
export async function openSender(options: SenderOptions): Promise<Sender> {
  const { ledger, config, partners, clock } = options;
  const spoolFolder = spoolFolderOf(config.state);
  const ahead = options.ahead ?? new Map<string, AheadMessage>();
  const inSpool = [...ahead.values()].map(({ consignment }) => consignment);
  await prepareSpool(ledger, spoolFolder, inSpool);
  const lines = new Map(partners.map((partner) => [partner.config.name, openLine(partner)]));
  const packagingLane = openLane(options.packagedAtATime ?? PACKAGED_AT_A_TIME);
  const packaging: Packaging = { ledger, spoolFolder, build: options.build ?? buildMessage, ahead };
  const context: AttemptContext = { ledger, stateFolder: config.state, spoolFolder, clock, listener: null };
  context.listener = await openListener(options, context);
  const lineOf = (name: string): Line => lines.get(name)!;
  const pass = (record: DeliveryRecord) => tryUntilLater(record, lineOf(record.partner), context, options);
  return {
    async deliver(consignment) {
      const line = lineOf(consignment.partner);
      const record = await packagingLane(() => packaged(consignment, line.partner, packaging, clock()));
      return isDone(record) || isForPerson(record) ? record : pass(record);
    },
    async resume(record) {
      const line = lineOf(record.partner);
      return pass(await packagingLane(() => takenUpAgain(record, line.partner, packaging, clock())));
    },
    async close() {
      await context.listener?.close();
      await Promise.all([...lines.values()].map(({ connections }) => connections.close()));
    },
  };
}

function openLine(partner: Partner): Line {
  return {
    partner,
    connections: connectionsTo(partner.config),
    lane: openLane(partner.config.parallel),
    connectionFailures: 0,
    lastProblem: '',
  };
}

/** Whether nothing is done about a delivery until a person says so. */
export const isForPerson = ({ status }: DeliveryRecord): boolean =>
  status === 'failed' || status === 'given-up';

/** Whether the time for a delivery's next attempt has come; one that was broken off is due at once. */
export function isDue(record: DeliveryRecord, nowMs: number): boolean {
  if (isDone(record) || isForPerson(record)) return false;
  return record.nextAttemptMs === null || record.nextAttemptMs <= nowMs;
}

/**
 * A delivery that a person wants to be tried again: its waits begin anew. One that the partner has not taken is
 * packaged anew where keys or settings have changed since, or its message is damaged or gone, because the same bytes
 * would fail again; one that may have arrived keeps its bytes.
 */
async function takenUpAgain(
  record: DeliveryRecord,
  partner: Partner,
  packaging: Packaging,
  nowMs: number,
): Promise<DeliveryRecord> {
  if (!isForPerson(record)) return record;
  const isChanged = settingsDigest(partner, protectionOf(partner, nowMs)) !== record.settings;
  const isTooLarge = record.message.sizeBytes > partner.config.maximumBytes;
  const isDamaged = spoolDamage(packaging.spoolFolder, record) !== null;
  if (record.status === 'failed' && (isChanged || isTooLarge || isDamaged))
    return packagedAgain(record, partner, packaging, nowMs);
  const again: DeliveryRecord = { ...record, status: 'packaged', failures: 0, nextAttemptMs: nowMs };
  await saveDelivery(packaging.ledger, again);
  return again;
}

/** Tries a delivery until it is settled, or due later than is waited for here. */
async function tryUntilLater(
  first: DeliveryRecord,
  line: Line,
  context: AttemptContext,
  { onAttempt }: SenderOptions,
): Promise<DeliveryRecord> {
  let record = first;
  while (!isDone(record) && !isForPerson(record)) {
    const waitMs = (record.nextAttemptMs ?? 0) - context.clock();
    if (waitMs > WAIT_HERE_MS_MAX) break;
    if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
    const tried = await attemptOnLine(record, line, context);
    if (tried === null) {
      record = await leftForLater(record, line, context);
      onAttempt?.(record);
      break;
    }
    record = tried;
    onAttempt?.(record);
  }
  return record;
}

/** @returns null where the partner cannot be reached, and so nothing was tried */
async function attemptOnLine(
  waiting: DeliveryRecord,
  line: Line,
  context: AttemptContext,
): Promise<DeliveryRecord | null> {
  const { partner, connections, lane } = line;
  const posted = await lane(async () => {
    // A receipt that came late may have settled it while it waited.
    const record = findDelivery(context.ledger, waiting) ?? waiting;
    if (isDone(record)) return record;
    if (line.connectionFailures >= CONNECTION_FAILURES_MAX) return null;
    const begun = await beginAttempt(record, partner, connections, context);
    const { outcome } = begun;
    const hasFailed = outcome.kind === 'again' && outcome.isConnection;
    line.connectionFailures = hasFailed ? line.connectionFailures + 1 : 0;
    if (hasFailed) line.lastProblem = outcome.problem;
    return begun;
  });
  if (posted === null || !('outcome' in posted)) return posted;
  return concludeAttempt(posted, partner, context);
}

/** Leaves a delivery to the next command: it stays due, and no attempt is counted. */
async function leftForLater(
  record: DeliveryRecord,
  { lastProblem }: Line,
  { ledger }: AttemptContext,
): Promise<DeliveryRecord> {
  const left = { ...record, problem: `Not tried: the partner could not be reached. ${lastProblem}` };
  await saveDelivery(ledger, left);
  return left;
}

async function openListener(
  { config, partners, ledger, clock }: SenderOptions,
  context: AttemptContext,
): Promise<ReceiptListener | null> {
  const asynchronous = partners.filter((partner) => partner.config.mdn === 'async');
  if (asynchronous.length === 0 || config.mdnListener === undefined) return null;
  return openReceiptListener({
    ...config.mdnListener,
    partners: asynchronous,
    clock,
    async onStray(receipt, partner) {
      const record = openDeliveries(ledger).find(
        (open) => open.partner === partner.config.name && open.messageId === receipt.mdn!.originalMessageId,
      );
      if (record === undefined || record.status === 'sending') return;
      const outcome = await outcomeOfReceipt(receipt, partner, record);
      // A receipt that comes late settles what it proves or refuses; anything else changes nothing.
      if (outcome.kind === 'delivered' || outcome.kind === 'failed')
        await settle(record, outcome, partner, context);
    },
  });
}
