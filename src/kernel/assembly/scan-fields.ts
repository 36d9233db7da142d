/** Reading plain triples of a line that was split into fields: what the careful path does with most of them. */

import {
  FIELD_COUNT,
  FIELDS_FROM,
  FIELDS_TO,
  INPUT,
  LATEST_STAMP,
  READS_MAX,
  SCRATCH_METAS,
  SCRATCH_STAMPS,
  SCRATCH_VALUES,
  ZONE,
} from './scan-layout';
import { readStamp } from './scan-stamp';
import { decimals, readValue, value } from './scan-value';

const HEADER_FIELDS: i32 = 14;
const STAMP_BYTES: i32 = 12;

function fromOf(field: i32): i32 {
  return load<i32>(FIELDS_FROM + field * 4) + INPUT;
}

function toOf(field: i32): i32 {
  return load<i32>(FIELDS_TO + field * 4) + INPUT;
}

/**
 * Reads triples from the one with number `first` on, as many as there is nothing to tell of: their stamps follow each
 * other, they have the flag, and plain values. Stamps (minutes, UTC), values (doubles, 0.00001) and decimals go to
 * SCRATCH_STAMPS, SCRATCH_VALUES and SCRATCH_METAS.
 * @param end number behind the last triple of the line
 * @param previous stamp of the triple before, or -1 where there is none
 * @param interval minutes, or 0
 * @param grid minutes that stamps are a multiple of, in their zone
 * @param flag its bytes as one big-endian number
 * @returns how many were read
 */
export function readFields(
  first: i32,
  end: i32,
  previous: i32,
  interval: i32,
  grid: i32,
  flag: i32,
  flagBytes: i32,
): i32 {
  const zone = load<i32>(ZONE);
  const latest = load<i32>(LATEST_STAMP);
  const last = min(min(end, first + READS_MAX), (load<i32>(FIELD_COUNT) - HEADER_FIELDS) / 3);
  let before = previous;
  let k = first;
  for (; k < last; k++) {
    const field = HEADER_FIELDS + k * 3;
    const stampFrom = fromOf(field);
    if (toOf(field) - stampFrom !== STAMP_BYTES) break;
    const local = readStamp(stampFrom);
    const stamp = local - zone;
    if (local < 0 || local % grid !== 0 || stamp > latest) break;
    if (before >= 0 && (interval > 0 ? stamp - before !== interval : stamp <= before)) break;
    if (!hasFlag(field + 1, flag, flagBytes)) break;
    const valueTo = toOf(field + 2);
    if (readValue(fromOf(field + 2)) !== valueTo) break;
    const place = (k - first) << 2;
    store<i32>(SCRATCH_STAMPS + place, stamp);
    store<i32>(SCRATCH_METAS + place, decimals);
    store<f64>(SCRATCH_VALUES + (place << 1), <f64>value);
    before = stamp;
  }
  return k - first;
}

function hasFlag(field: i32, flag: i32, flagBytes: i32): bool {
  const from = fromOf(field);
  if (toOf(field) - from !== flagBytes) return false;
  let text: i32 = 0;
  for (let at = from; at < from + flagBytes; at++) text = (text << 8) | <i32>load<u8>(at);
  return text === flag;
}
