import { deserialize, serialize } from 'node:v8';
import { crc32 } from 'node:zlib';
import { ReadmillError } from '../../model/errors.js';

/** Layout of the ledger; one of another layout is refused, but for the one before, which is taken over. */
export const LAYOUT = 3;

/** Entries that are not counted in the sum: what all else hangs on, the sum itself, and who is at work. */
export const LAYOUT_KEY = 'layout';
export const SUM_KEY = 'sum';
export const LOCK_KEY = 'lock';
export const UNSUMMED: readonly string[] = [LAYOUT_KEY, SUM_KEY, LOCK_KEY];

const CHECKS_MODULUS = 2 ** 48;
/** Bytes of the CRC-32 before each value. */
const CHECK_BYTES = 4;

/** All entries together: how many, and the sum of their CRC-32s modulo 2^48. An entry that is lost shows in it. */
export interface EntrySum {
  entries: number;
  checks: number;
}

export const NO_ENTRIES: EntrySum = { entries: 0, checks: 0 };

/** @param sign 1 adds an entry, -1 takes it away */
export function addToSum(sum: EntrySum, bytes: Buffer, sign: 1 | -1): void {
  sum.entries += sign;
  const check = bytes.readUInt32LE(0);
  sum.checks = (sum.checks + sign * check + CHECKS_MODULUS) % CHECKS_MODULUS;
}

/** A value as it is kept: the CRC-32 of key and value, and the value. */
export function withCheck(key: string, value: unknown): Buffer {
  const content = serialize(value);
  const bytes = Buffer.allocUnsafe(CHECK_BYTES + content.length);
  bytes.writeUInt32LE(crc32(content, crc32(key)), 0);
  content.copy(bytes, CHECK_BYTES);
  return bytes;
}

/**
 * A value as it was written under the key.
 * @param place the ledger, as messages name it
 * @throws ReadmillError READMILL_STATE_DAMAGED where the bytes are not those that were written
 */
export function readEntry<T>(bytes: Buffer | undefined, key: string, place: string): T | undefined {
  if (bytes === undefined) return undefined;
  if (key === LAYOUT_KEY) return deserialize(bytes) as T;
  // A damaged key may read as a number, or as a list.
  if (typeof key !== 'string') throw damagedLedger(place, 'a key is not as it was written');
  const content = bytes.subarray(CHECK_BYTES);
  const isWhole = bytes.length > CHECK_BYTES && bytes.readUInt32LE(0) === crc32(content, crc32(key));
  if (!isWhole) throw damagedLedger(place, `the entry ${key} is not as it was written`);
  return deserialize(content) as T;
}

/**
 * Looks at every entry, and at their sum.
 * @throws ReadmillError READMILL_STATE_DAMAGED where one is not as it was written, or is missing
 */
export function checkEntries(
  entries: Iterable<{ key: string; value: Buffer }>,
  noted: EntrySum,
  place: string,
): number {
  const sum: EntrySum = { ...NO_ENTRIES };
  let count = 0;
  for (const { key, value } of entries) {
    readEntry(value, key, place);
    if (!UNSUMMED.includes(key)) addToSum(sum, value, 1);
    count++;
  }
  const isWhole = noted.entries === sum.entries && noted.checks === sum.checks;
  if (!isWhole) throw damagedLedger(place, 'entries are missing');
  return count;
}

export function damagedLedger(place: string, what: string): ReadmillError {
  return new ReadmillError(
    'READMILL_STATE_DAMAGED',
    `The ledger in ${place} is damaged: ${what}. Put it back from a copy (docs/recovery.md), and check the disk.`,
  );
}
