/** Reading the triples of plain lines, most of the bytes of a file. */

import {
  FLAG_BYTES,
  FLAG_COUNT,
  FLAG_LENGTH,
  FLAG_MASK,
  FLAG_META,
  FLAGS,
  LATEST_STAMP,
  SCRATCH_METAS,
  SCRATCH_STAMPS,
  SCRATCH_VALUES,
  SHAPE_GRID,
  SHAPE_INTERVAL,
  SHAPE_IS_REGISTER,
  SHAPE_MINUTES,
  SHAPE_READS,
  SHAPE_STAMPS,
  SHAPE_STAMPS_MAX,
  ZONE,
} from './scan-layout';
import { readStamp } from './scan-stamp';
import { decimals, readValue, value } from './scan-value';

const CR: u8 = 13;
const LF: u8 = 10;
const COMMA: u8 = 44;
/** Bytes of a stamp with its comma, and a bit for each. */
const STAMP_BYTES: i32 = 13;
const STAMP_BITS: i32 = 0x1fff;
/** Bits of a meta word: no value; the letter, and the one that stands for no value (`model/quality`). */
const NO_DECIMALS: i32 = 7;
const LETTER_BITS: i32 = 0x38;
const LETTER_NO_VALUE: i32 = 0x20;

/** What `readTriples` found, besides the columns. */
export let isRegular: bool = false;
export let hasMixedMetas: bool = false;
export let hasWideValues: bool = false;
export let firstStamp: i32 = 0;
export let lastStamp: i32 = 0;
export let sum: i64 = 0;

/** The flag that was seen last. */
let flag: i32 = 0;

/**
 * Reads the triples of a record whose stamps rise by the interval (of a register: rise), whose flags are empty
 * or known, and whose values are plain decimals or, after a flag that says so, not there. Stamps, values and
 * meta words go to the scratch columns, values that fit 32 bits to `words` too.
 *
 * |       | stamp                  | flag        | value                                  |
 * | ----- | ---------------------- | ----------- | -------------------------------------- |
 * | bytes | `CCYYMMDDHHMM,` or `,` | `,` or known | a plain decimal, `,` or the line's end  |
 *
 * Nearly all records of a file are of the same hours, so a stamp is first compared, sixteen bytes at a time, with
 * the one that stood in its place the last time.
 * @returns where the line's content ends (at CR or LF), or 0 where anything is otherwise
 */
export function readTriples(from: i32, to: i32, shape: i32, words: i32): i32 {
  const count = load<i32>(shape + SHAPE_READS);
  const interval = load<i32>(shape + SHAPE_INTERVAL);
  const isRegister = load<i32>(shape + SHAPE_IS_REGISTER) !== 0;
  const zone = load<i32>(ZONE);
  if (flag === 0) flag = FLAGS;
  let at = from;
  let stamp: i32 = 0;
  let regular = true;
  let firstMeta: i32 = 0;
  let difference: i32 = 0;
  let total: i64 = 0;
  let wide: i64 = 0;
  for (let k = 0; k < count; k++) {
    if (at >= to) return 0;
    if (load<u8>(at) === COMMA) {
      if (k === 0 || interval === 0) return 0;
      stamp += interval;
      at++;
    } else {
      const previous = stamp;
      stamp = stampAt(at, k, shape);
      if (stamp < 0) return 0;
      if (k > 0 && (stamp - previous !== interval || interval === 0)) {
        if (!isRegister || stamp <= previous) return 0;
        regular = false;
      }
      at += STAMP_BYTES;
    }
    let meta: i32 = 0;
    if (load<u8>(at) !== COMMA) {
      if (!hasFlag(at, flag) && !findFlag(at)) return 0;
      meta = load<i32>(flag + FLAG_META);
      at += load<i32>(flag + FLAG_LENGTH);
    }
    at++;
    let number: i64 = 0;
    if ((meta & LETTER_BITS) === LETTER_NO_VALUE) meta |= NO_DECIMALS;
    else {
      at = readValue(at);
      if (at === 0) return 0;
      number = value;
      meta |= decimals;
    }
    store<i64>(SCRATCH_VALUES + k * 8, number);
    store<i32>(SCRATCH_STAMPS + k * 4, stamp - zone);
    store<i32>(SCRATCH_METAS + k * 4, meta);
    store<i32>(words + k * 4, <i32>number);
    total += number;
    wide |= number;
    if (k === 0) firstMeta = meta;
    difference |= meta ^ firstMeta;
    if (k < count - 1 && load<u8>(at++) !== COMMA) return 0;
  }
  if (at >= to || (load<u8>(at) !== CR && load<u8>(at) !== LF)) return 0;
  isRegular = regular;
  hasMixedMetas = difference !== 0;
  hasWideValues = wide >> 31 !== 0;
  firstStamp = load<i32>(SCRATCH_STAMPS);
  lastStamp = stamp - zone;
  sum = total;
  return lastStamp > load<i32>(LATEST_STAMP) ? 0 : at;
}

/** Minutes of the stamp in the k-th triple, remembered when they are new; -1 where it is not a plain one. */
function stampAt(at: i32, k: i32, shape: i32): i32 {
  const known = shape + SHAPE_STAMPS + k * 16;
  const minutes = shape + SHAPE_MINUTES + k * 4;
  if (k < SHAPE_STAMPS_MAX) {
    const same = i8x16.bitmask(i8x16.eq(v128.load(at), v128.load(known)));
    if ((same & STAMP_BITS) === STAMP_BITS) return load<i32>(minutes);
  }
  if (load<u8>(at + STAMP_BYTES - 1) !== COMMA) return -1;
  const stamp = readStamp(at);
  if (stamp < 0 || stamp % load<i32>(shape + SHAPE_GRID) !== 0) return -1;
  if (k < SHAPE_STAMPS_MAX) {
    v128.store(known, v128.load(at));
    store<i32>(minutes, stamp);
  }
  return stamp;
}

function hasFlag(at: i32, candidate: i32): bool {
  return (load<u64>(at) & load<u64>(candidate + FLAG_MASK)) === load<u64>(candidate);
}

/** Looks for another flag than the last one. */
function findFlag(at: i32): bool {
  for (let i = 0; i < load<i32>(FLAG_COUNT); i++) {
    const candidate = FLAGS + i * FLAG_BYTES;
    if (!hasFlag(at, candidate)) continue;
    flag = candidate;
    return true;
  }
  return false;
}
