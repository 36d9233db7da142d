import { existsSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { codeOf, isDiskFull, messageOf, ReadmillError } from '../../model/errors.js';
import { differenceOf } from '../../store/file-sum.js';
import type { Ledger } from '../../store/ledger/ledger.js';
import type { BuiltMessage, PayloadFile, Protection } from '../build-message.js';
import {
  type Consignment,
  type DeliveryRecord,
  deliveryId,
  findDelivery,
  newMessageId,
  openDeliveries,
  packagedName,
  saveDelivery,
  spoolName,
} from './delivery-queue.js';
import type { AheadMessage } from './package-ahead.js';
import { type Partner, protectionOf, settingsDigest } from './partner.js';
import { asciiOf } from './request-headers.js';

/** Builds a message into the spool: here, or in a thread of a pool. */
export type BuildMessage = (
  payload: PayloadFile,
  protection: Protection,
  spoolPath: string,
  nowMs: number,
) => Promise<BuiltMessage>;

export interface Packaging {
  ledger: Ledger;
  spoolFolder: string;
  build: BuildMessage;
  /** Messages that lie in the spool already, by delivery. */
  ahead: ReadonlyMap<string, AheadMessage>;
}

export const spoolFolderOf = (state: string): string => join(state, 'spool');

/** Where the message of a new delivery goes. */
export function spoolPlace(
  spoolFolder: string,
  consignment: Consignment,
  { fence }: Ledger,
): { name: string; path: string } {
  const name = spoolName(consignment, fence);
  return { name, path: join(spoolFolder, name) };
}

export const spoolPathOf = (spoolFolder: string, record: DeliveryRecord): string =>
  join(spoolFolder, packagedName(record));

/**
 * The delivery of a file to a partner: the one that the ledger knows, or a new one, whose message is then in
 * the spool. The Message-ID is made here, once.
 * @throws ReadmillError READMILL_SEND_FILE where the file cannot be read, or is not what it was
 */
export async function packaged(
  consignment: Consignment,
  partner: Partner,
  packaging: Packaging,
  nowMs: number,
): Promise<DeliveryRecord> {
  const known = findDelivery(packaging.ledger, consignment);
  if (known !== undefined) return known;
  const fresh = {
    ...consignment,
    messageId: newMessageId(partner.config.as2From),
    attempts: 0,
    lastAttemptMs: null,
  };
  const ahead = packaging.ahead.get(deliveryId(consignment));
  return packageAs(fresh, partner, packaging, ahead?.builtMs ?? nowMs, ahead);
}

/**
 * Packages a message that the partner did not take once more, with the keys and settings of now and under the
 * Message-ID that it has.
 */
export function packagedAgain(
  record: DeliveryRecord,
  partner: Partner,
  packaging: Packaging,
  nowMs: number,
): Promise<DeliveryRecord> {
  return packageAs(record, partner, packaging, nowMs);
}

async function packageAs(
  base: Consignment & Pick<DeliveryRecord, 'messageId' | 'attempts' | 'lastAttemptMs'>,
  partner: Partner,
  { ledger, spoolFolder, build }: Packaging,
  nowMs: number,
  ahead?: AheadMessage,
): Promise<DeliveryRecord> {
  const protection = ahead?.protection ?? protectionOf(partner, nowMs);
  const { name: spool, path } = spoolPlace(spoolFolder, base, ledger);
  const message = ahead?.message ?? (await built(base, partner, protection, path, build, nowMs));
  const { maximumBytes } = partner.config;
  const isTooLarge = message.sizeBytes > maximumBytes;
  const record: DeliveryRecord = {
    ...base,
    ...(ledger.fence === 0 ? {} : { spool }),
    message,
    status: isTooLarge ? 'failed' : 'packaged',
    settings: settingsDigest(partner, protection),
    packagedMs: nowMs,
    failures: 0,
    nextAttemptMs: isTooLarge ? null : nowMs,
    problem: isTooLarge
      ? `Its message has ${message.sizeBytes} bytes, more than maximumBytes (${maximumBytes}) of the partner: make smaller batches, or ask the partner for more.`
      : null,
    evidence: null,
    settledMs: null,
  };
  await saveDelivery(ledger, record);
  return record;
}

/**
 * Builds the message of a file.
 * @throws ReadmillError READMILL_SEND_FILE
 */
export async function built(
  { file, path, sizeBytes }: Consignment,
  { config }: Partner,
  protection: Protection,
  spoolPath: string,
  build: BuildMessage,
  nowMs: number,
): Promise<BuiltMessage> {
  try {
    const { size } = statSync(path);
    if (size !== sizeBytes) throw new Error(`it has ${size} bytes and not ${sizeBytes}`);
    const payload = { path, name: asciiOf(file), contentType: config.contentType };
    return await build(payload, protection, spoolPath, nowMs);
  } catch (thrown) {
    if (isDiskFull(thrown) || codeOf(thrown).startsWith('READMILL_')) throw thrown;
    const message = `${path} cannot be packaged: ${messageOf(thrown)}. Put the file back as it was, then run the same command again.`;
    throw new ReadmillError('READMILL_SEND_FILE', message, { cause: thrown });
  }
}

/**
 * Makes the spool, and removes from it what no delivery needs: what a crash left behind.
 * @param ahead deliveries whose message lies there before they are in the ledger
 */
export async function prepareSpool(
  ledger: Ledger,
  spoolFolder: string,
  ahead: readonly Consignment[],
): Promise<void> {
  mkdirSync(spoolFolder, { recursive: true, mode: 0o700 });
  const needed = new Set(openDeliveries(ledger).map(packagedName));
  for (const consignment of ahead) needed.add(spoolName(consignment, ledger.fence));
  const left = readdirSync(spoolFolder).filter((name) => !needed.has(name));
  // What is there before is ours to remove; what comes after may be of who has the ledger by then.
  if (left.length > 0) await ledger.confirm();
  for (const name of left) {
    rmSync(join(spoolFolder, name), { recursive: true, force: true });
  }
}

/** What is wrong with the packaged message in the spool, in words; null where it is as it was made. */
export function spoolDamage(spoolFolder: string, record: DeliveryRecord): string | null {
  const path = spoolPathOf(spoolFolder, record);
  const { sizeBytes, crc32 } = record.message;
  if (!existsSync(path)) return 'it is not there';
  if (crc32 !== undefined) return differenceOf(path, { sizeBytes, crc32 });
  const { size } = statSync(path);
  return size === sizeBytes ? null : `it has ${size} bytes, and had ${sizeBytes}`;
}

/** Whether the packaged message lies in the spool, in its full length. */
export function isInSpool(spoolFolder: string, record: DeliveryRecord): boolean {
  const path = spoolPathOf(spoolFolder, record);
  return existsSync(path) && statSync(path).size === record.message.sizeBytes;
}
