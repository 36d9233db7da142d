import type { Config } from '../../pipeline/config/config.js';
import type { Night } from '../../pipeline/finish/finish.js';
import type { NightDeliveries, NightDelivery } from '../../pipeline/finish/night-delivery.js';
import { shownPath } from '../../pipeline/intake/intake.js';
import type { Progress } from '../../pipeline/progress.js';
import type { WorkerPool } from '../../pipeline/worker-pool.js';
import type { Ledger } from '../../store/ledger/ledger.js';
import { expiryWarnings } from '../keys.js';
import { type DeliveryRecord, deliveryId, forgetOldDeliveries, openDeliveries } from './delivery-queue.js';
import { consignmentsOf } from './night-consignments.js';
import type { Ahead } from './package-ahead.js';
import { buildInThreads } from './package-task.js';
import type { Partner } from './partner.js';
import { isDue, openSender, type Sender } from './sender.js';

/** What a run delivers with. The configuration is that of now, also where an earlier run is gone on with. */
export interface NightSending {
  config: Config;
  partners: readonly Partner[];
  clock(): number;
  progress: Progress;
  /** Messages of this run that are built already, or are being built. */
  ahead: Ahead;
}

/**
 * Delivers the batches of a night to each partner, and what earlier runs left and is due. What cannot be delivered
 * now stays in the ledger with the time of its next attempt.
 */
export async function deliverNight(
  night: Night,
  ledger: Ledger,
  pool: WorkerPool,
  { config, partners, clock, progress, ahead }: NightSending,
): Promise<NightDeliveries> {
  const consignments = partners.flatMap((partner) => consignmentsOf(night.run, night.tasks, partner));
  const own = new Set(consignments.map(deliveryId));
  const names = new Set(partners.map((partner) => partner.config.name));
  const earlier = openDeliveries(ledger).filter(
    (record) => names.has(record.partner) && !own.has(deliveryId(record)),
  );
  progress.begin('Delivering', consignments.length + earlier.length, 'deliveries');
  const sender = await openSender({
    ledger,
    config,
    partners,
    clock,
    build: buildInThreads(pool),
    packagedAtATime: pool.workers,
    ahead: await ahead.ended(),
  });
  try {
    const counted = async (work: Promise<DeliveryRecord>) => {
      const record = await work;
      progress.advance(1);
      return record;
    };
    const records = await allOf([
      ...earlier.map((record) => counted(goOn(sender, record, clock()))),
      ...consignments.map((consignment) => counted(sender.deliver(consignment))),
    ]);
    await forgetOldDeliveries(ledger);
    return {
      deliveries: records.map(nightDelivery),
      certificateWarnings: partners.flatMap((partner) =>
        expiryWarnings(partner.config.name, partner.keys, clock()),
      ),
    };
  } finally {
    await sender.close();
  }
}

async function goOn(sender: Sender, record: DeliveryRecord, nowMs: number): Promise<DeliveryRecord> {
  return isDue(record, nowMs) ? sender.resume(record) : record;
}

/** Waits for all, then throws the first error of any: nothing goes on behind the back of who called. */
export async function allOf<T>(works: Promise<T>[]): Promise<T[]> {
  const ended = await Promise.allSettled(works);
  const failed = ended.find((end) => end.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
  return ended.map((end) => (end as PromiseFulfilledResult<T>).value);
}

/** A delivery as reports and answers of commands show it. */
export function nightDelivery(record: DeliveryRecord): NightDelivery {
  const { file, partner, messageId, status, attempts, problem, nextAttemptMs, evidence } = record;
  return {
    file,
    partner,
    messageId,
    status,
    attempts,
    problem,
    nextAttempt: nextAttemptMs === null ? null : new Date(nextAttemptMs).toISOString(),
    receipt: evidence === null ? null : shownPath(evidence),
  };
}
