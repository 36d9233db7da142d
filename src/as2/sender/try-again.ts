import type { Partner as PartnerConfig } from '../../pipeline/config/partner-config.js';
import { allOf } from './deliver-night.js';
import type { DeliveryRecord } from './delivery-queue.js';
import { loadPartners, type Partner } from './partner.js';
import { openSender, type SenderOptions } from './sender.js';

/**
 * Reads the keys of the partners that deliveries go to.
 * @throws ReadmillError as `loadPartners`
 */
export function partnersFor(
  records: readonly DeliveryRecord[],
  configs: readonly PartnerConfig[],
  nowMs: number,
): Partner[] {
  const needed = new Set(records.map(({ partner }) => partner));
  return loadPartners(
    configs.filter(({ name }) => needed.has(name)),
    nowMs,
  );
}

/**
 * Goes on with open deliveries between runs: those that are due, and those that a person asked for, also where a
 * partner had refused them.
 * @returns each as it is now, in the same order; one whose partner is no longer configured says so
 */
export async function tryAgain(
  records: readonly DeliveryRecord[],
  options: SenderOptions,
): Promise<DeliveryRecord[]> {
  const known = new Set(options.partners.map((partner) => partner.config.name));
  const sender = await openSender(options);
  // What a person asked for does not wait until it is due.
  const nextAttemptMs = options.clock();
  try {
    return await allOf(
      records.map(async (record) =>
        known.has(record.partner) ? sender.resume({ ...record, nextAttemptMs }) : withoutPartner(record),
      ),
    );
  } finally {
    await sender.close();
  }
}

function withoutPartner(record: DeliveryRecord): DeliveryRecord {
  const problem = `The configuration has no partner named ${record.partner} with a url.`;
  return { ...record, problem };
}
