/** Finding the partition of a meter id, as `store/partition-map` does. */

import {
  LAST_PARTITION,
  PARTITION_BYTES,
  PARTITION_COUNT,
  PARTITION_ID_BYTES,
  PARTITIONS,
} from './scan-layout';

/**
 * Index of the partition of a meter id. Remembers the last one, since input is mostly in order.
 * @param id has zeros behind it up to a whole number of eight bytes
 */
export function findPartition(id: i32, length: i32): i32 {
  const count = load<i32>(PARTITION_COUNT);
  if (count === 1) return 0;
  const last = load<i32>(LAST_PARTITION);
  if (isAtOrAbove(last, id, length)) {
    if (last + 1 === count || !isAtOrAbove(last + 1, id, length)) return last;
  }
  let low = 0;
  let high = count;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (isAtOrAbove(middle, id, length)) low = middle;
    else high = middle;
  }
  store<i32>(LAST_PARTITION, low);
  return low;
}

/**
 * Whether a meter id is not below the lowest one of a partition: eight bytes at a time as big-endian numbers.
 * No byte of an id is zero, so what is padded with zeros comes before what goes on.
 */
function isAtOrAbove(partition: i32, id: i32, length: i32): bool {
  const lower = PARTITIONS + partition * PARTITION_BYTES;
  for (let i = 0; i < length; i += 8) {
    const a = bswap(load<u64>(id + i));
    const b = bswap(load<u64>(lower + i));
    if (a !== b) return a > b;
  }
  return length >= load<i32>(lower + PARTITION_ID_BYTES);
}
