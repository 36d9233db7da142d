import { BLOCK_EXPLICIT_STAMPS, BLOCK_HEADER_WORDS, BLOCK_WIDE_VALUES } from '../../model/block.js';
import { NO_DECIMALS } from '../../model/quality.js';
import { INTERVAL_OF, IS_REGISTER } from '../../model/units.js';
import type { BlockIndex } from '../../store/blocks/block-index.js';

/** Flags that the register of a plain pair may have. */
const REGISTER_FLAGS = BLOCK_EXPLICIT_STAMPS | BLOCK_WIDE_VALUES;

/** Where the intervals of the pair begin that was looked at last. */
export const pair = { firstStamp: 0, count: 0, intervalMinutes: 0 };

/**
 * Tells of the most usual meter of all that nothing is wrong across its records: one record of intervals and
 * one of two reads of their register, in one file. Whatever is otherwise is left to `QuickMeter`.
 * @param i number of the first of the two blocks, which are of one file
 * @param tolerance that intervals and register may differ by, 0.00001
 */
export function isPlainPair(index: BlockIndex, i: number, tolerance: number): boolean {
  const { words, starts } = index;
  let a = starts[i]!;
  let b = starts[i + 1]!;
  if (IS_REGISTER[(words[a + 1]! & 0xffff) >> 2] === 1) [a, b] = [b, a];
  const head = words[a + 1]!;
  const registerHead = words[b + 1]!;
  if (head >>> 24 !== 0 || ((registerHead >>> 24) & ~REGISTER_FLAGS) !== 0) return false;
  const channel = head & 0xffff;
  const registerChannel = registerHead & 0xffff;
  if (INTERVAL_OF[registerChannel >> 2]! * 4 + (registerChannel & 3) !== channel) return false;
  const intervalMinutes = words[a + 2]! & 0xffff;
  const count = words[a + 2]! >>> 16;
  if (intervalMinutes === 0 || words[b + 2]! >>> 16 !== 2) return false;
  const at = a + BLOCK_HEADER_WORDS + ((((head >>> 16) & 0xff) + 3) >> 2);
  if ((words[at]! & 7) === NO_DECIMALS) return false;
  pair.firstStamp = words[a + 8]!;
  pair.count = count;
  pair.intervalMinutes = intervalMinutes;
  return isRegisterPlain(index, b, at + 1, tolerance);
}

/** Whether the register rises, and by what the intervals add up to, where they are all there. */
function isRegisterPlain(
  { words, doubles }: BlockIndex,
  b: number,
  values: number,
  tolerance: number,
): boolean {
  const { firstStamp, count, intervalMinutes } = pair;
  const head = words[b + 1]!;
  let at = b + BLOCK_HEADER_WORDS + ((((head >>> 16) & 0xff) + 3) >> 2);
  let start = words[b + 8]!;
  let end = start + (words[b + 2]! & 0xffff);
  if ((head & (BLOCK_EXPLICIT_STAMPS << 24)) !== 0) {
    start = words[at]!;
    end = words[at + 1]!;
    at += 2;
  }
  const meta = words[at++]!;
  if (end <= start || (meta & 7) === NO_DECIMALS || meta >>> 11 !== 0) return false;
  const isWide = (head & (BLOCK_WIDE_VALUES << 24)) !== 0;
  if (isWide) at = (at + 1) >> 1;
  const advance = isWide ? doubles[at + 1]! - doubles[at]! : words[at + 1]! - words[at]!;
  if (advance < 0) return false;
  const first = (start - firstStamp) / intervalMinutes + 1;
  const slots = (end - start) / intervalMinutes;
  if (!Number.isInteger(first) || !Number.isInteger(slots) || first < 0 || first + slots > count) return true;
  let sum = 0;
  for (let k = values + first; k < values + first + slots; k++) sum += words[k]!;
  return Math.abs(advance - sum) <= tolerance;
}
