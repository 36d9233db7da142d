import { expiryWarnings } from '../as2/keys.js';
import { nightDelivery } from '../as2/sender/deliver-night.js';
import type { DeliveryRecord } from '../as2/sender/delivery-queue.js';
import type { Partner } from '../as2/sender/partner.js';

/** Prints what became of deliveries. @returns exit code: 0 where all are delivered, else 2 */
export function printDeliveries(
  records: readonly DeliveryRecord[],
  warnings: readonly string[],
  isJson: boolean,
): number {
  if (isJson) {
    const answer = { deliveries: records.map(nightDelivery), certificateWarnings: warnings };
    process.stdout.write(`${JSON.stringify(answer, null, 2)}\n`);
  } else process.stdout.write(records.map((record) => `${deliveryLine(record)}\n`).join(''));
  return records.every(({ status }) => status === 'delivered') ? 0 : 2;
}

/** One delivery in words, with what is to be done about it. */
export function deliveryLine(record: DeliveryRecord): string {
  const { file, partner, status, attempts, problem, nextAttemptMs, evidence } = record;
  const tries = attempts === 1 ? '1 attempt' : `${attempts} attempts`;
  const head = `${status.padEnd(9)} ${file} to ${partner}, ${tries}`;
  const why = problem === null ? '' : `\n          ${problem}`;
  const proof = status === 'delivered' && evidence !== null ? `\n          receipt: ${evidence}` : '';
  const next: Record<string, string> = {
    waiting: `next attempt from ${isoSecond(nextAttemptMs)}, by readmill run or readmill retry`,
    packaged: 'due now: readmill retry sends it',
    sending: 'broken off: readmill retry sends it again, the same bytes',
    'given-up': `all attempts failed; when the cause is mended: readmill retry --batch ${file}`,
    failed: `when this is mended: readmill retry --batch ${file}`,
  };
  const todo = next[status] === undefined ? '' : `\n          ${next[status]}`;
  return `${head}${why}${proof}${todo}`;
}

const isoSecond = (ms: number | null): string =>
  ms === null ? 'now' : `${new Date(ms).toISOString().slice(0, 19)}Z`;

/** Tells on standard error of certificates that end soon, and gives the sentences back. */
export function warnOfCertificates(partners: readonly Partner[], nowMs: number): string[] {
  const warnings = partners.flatMap(({ config, keys }) => expiryWarnings(config.name, keys, nowMs));
  for (const warning of warnings) process.stderr.write(`readmill: ${warning}\n`);
  return warnings;
}
