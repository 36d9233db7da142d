import { FORM_NAMED, metaWord, STATUS } from '../../model/quality.js';
import { NAME_COUNT, nameNumber, QUALITY_FLAGS } from './shape.js';

const ZERO = 48;
const ONE = 49;

/** Status bits of each flag by the number of its attribute; -1 for attributes that are no flags. */
const STATUS_OF_FLAG = new Int32Array(NAME_COUNT).fill(-1);
for (const [flag, status] of Object.entries(QUALITY_FLAGS)) {
  STATUS_OF_FLAG[nameNumber(flag)] = status === null ? 0 : STATUS[status];
}

/** Meta word of a value with named flags. */
export function namedMeta(decimals: number, letter: number, status: number): number {
  return metaWord(decimals, letter, FORM_NAMED, 0, status);
}

/**
 * Status bits that one attribute of `QualityFlags` sets: `1` sets, `0` does not.
 * @param attribute number of its name, or -1
 * @returns the bits, or -1 where it is no flag or has another value
 */
export function statusOfFlag(attribute: number, bytes: Uint8Array, from: number, to: number): number {
  const status = attribute < 0 ? -1 : STATUS_OF_FLAG[attribute]!;
  if (status < 0 || to - from !== 1) return -1;
  if (bytes[from] === ONE) return status;
  return bytes[from] === ZERO ? 0 : -1;
}
