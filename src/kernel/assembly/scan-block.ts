/** Appending the block of a line that was read; the layout is that of `model/block`. */

import {
  BLOCK_COUNT,
  BLOCKS_NEXT,
  CREATION_STAMP,
  LINE_BEFORE,
  OFFSET_SHIFT,
  RANGE,
  SCRATCH_METAS,
  SCRATCH_STAMPS,
  SCRATCH_VALUES,
  SHAPE_BLOCK_FLAGS,
  SHAPE_CHANNEL,
  SHAPE_CONSTANT,
  SHAPE_INTERVAL,
  SHAPE_READS,
  ZONE,
} from './scan-layout';
import { firstStamp, hasMixedMetas, hasWideValues, isRegular } from './scan-triples';

const HEADER_BYTES: i32 = 40;
const WIDE_VALUES: i32 = 1;
const EXPLICIT_STAMPS: i32 = 2;
const MIXED_METAS: i32 = 4;
const HAS_CONSTANT: i32 = 16;
const METER_ID_BYTES_MAX: i32 = 64;

/** Bytes that the block of so many reads can take at the most (`blockWordsMax`). */
export function blockBytesMax(reads: i32): i32 {
  return HEADER_BYTES + 8 + METER_ID_BYTES_MAX + reads * 16 + 16;
}

/** Where the values of a plain block lie: behind header, constant, meter id and one meta word. */
export function plainValuesAt(start: i32, shape: i32, idLength: i32): i32 {
  return idAt(start, shape) + wordBytes(idLength) + 4;
}

/** Where the meter id of a block lies. */
export function idAt(start: i32, shape: i32): i32 {
  return start + HEADER_BYTES + ((load<i32>(shape + SHAPE_BLOCK_FLAGS) & HAS_CONSTANT) !== 0 ? 8 : 0);
}

function wordBytes(bytes: i32): i32 {
  return (bytes + 3) & ~3;
}

/**
 * Copies a meter id to its place, zeros behind it: all that comes after it is written later.
 * @param length at most 64
 */
export function putMeterId(from: i32, length: i32, to: i32): void {
  for (let i = 0; i < length; i += 16) v128.store(to + i, v128.load(from + i));
  store<u64>(to + length, 0);
}

/**
 * Completes the block of which meter id, and values of 32 bits, were put in their places.
 * @param spare word 9
 */
export function finishBlock(
  start: i32,
  shape: i32,
  idLength: i32,
  lineFrom: i32,
  lineTo: i32,
  line: i32,
  spare: i32,
): void {
  const count = load<i32>(shape + SHAPE_READS);
  let flags = load<i32>(shape + SHAPE_BLOCK_FLAGS);
  let end = plainValuesAt(start, shape, idLength) + count * 4;
  store<i32>(end - count * 4 - 4, load<i32>(SCRATCH_METAS));
  if (!isRegular || hasMixedMetas || hasWideValues) {
    if (!isRegular) flags |= EXPLICIT_STAMPS;
    if (hasMixedMetas) flags |= MIXED_METAS;
    if (hasWideValues) flags |= WIDE_VALUES;
    end = putColumns(idAt(start, shape) + wordBytes(idLength), count);
  }
  if ((end & 4) !== 0) {
    store<i32>(end, 0);
    end += 4;
  }
  if ((flags & HAS_CONSTANT) !== 0) store<u64>(start + HEADER_BYTES, load<u64>(shape + SHAPE_CONSTANT));
  store<i32>(start, (end - start) >> 2);
  store<i32>(start + 4, load<i32>(shape + SHAPE_CHANNEL) | (idLength << 16) | (flags << 24));
  store<i32>(start + 8, load<i32>(shape + SHAPE_INTERVAL) | (count << 16));
  store<i32>(start + 12, load<i32>(CREATION_STAMP) - load<i32>(ZONE));
  store<i32>(start + 16, load<i32>(RANGE));
  store<i32>(start + 20, lineFrom - load<i32>(OFFSET_SHIFT));
  store<i32>(start + 24, lineTo - lineFrom);
  store<i32>(start + 28, load<i32>(LINE_BEFORE) + line);
  store<i32>(start + 32, firstStamp);
  store<i32>(start + 36, spare);
  store<i32>(BLOCKS_NEXT, end);
  store<i32>(BLOCK_COUNT, load<i32>(BLOCK_COUNT) + 1);
}

/** Writes the columns of a block that is not plain. @returns its end */
function putColumns(from: i32, count: i32): i32 {
  let at = from;
  if (!isRegular) {
    memory.copy(at, SCRATCH_STAMPS, count * 4);
    at += count * 4;
  }
  const metas = hasMixedMetas ? count : 1;
  memory.copy(at, SCRATCH_METAS, metas * 4);
  at += metas * 4;
  if (!hasWideValues) {
    for (let i = 0; i < count; i++) store<i32>(at + i * 4, <i32>load<i64>(SCRATCH_VALUES + i * 8));
    return at + count * 4;
  }
  if ((at & 4) !== 0) {
    store<i32>(at, 0);
    at += 4;
  }
  for (let i = 0; i < count; i++) store<f64>(at + i * 8, <f64>load<i64>(SCRATCH_VALUES + i * 8));
  return at + count * 8;
}
