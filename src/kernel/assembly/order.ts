import { channelOf, createdOf, flagsOf, idLengthOf, idOf, offsetOf, RESEND, rangeOf } from './block';
import { compare } from './bytes';

/**
 * Finds the words at which blocks begin that lie one behind the other.
 * @param bytes that they take
 * @returns how many there are
 */
export function findStarts(blocks: usize, bytes: i32, starts: usize): i32 {
  const words = bytes >> 2;
  let count = 0;
  for (let at = 0; at < words; at += load<i32>(blocks + (at << 2))) store<i32>(starts + (count++ << 2), at);
  return count;
}

/**
 * Marks where meters begin: 1 where a block is the first of its meter, and behind the last one.
 * @returns false, at once, where the blocks are not in the order of meter id, channel and rising precedence
 */
export function markFirsts(blocks: usize, starts: usize, count: i32, meterStarts: usize): bool {
  let previous: usize = 0;
  for (let i = 0; i < count; i++) {
    const block = blocks + (load<i32>(starts + (i << 2)) << 2);
    const order =
      i === 0 ? -1 : compare(idOf(previous), idLengthOf(previous), idOf(block), idLengthOf(block));
    if (order > 0 || (order === 0 && orderWithinMeter(previous, block) > 0)) return false;
    store<u8>(meterStarts + i, order === 0 ? 0 : 1);
    previous = block;
  }
  store<u8>(meterStarts + count, 1);
  return true;
}

/** Channel, then rising precedence: RESEND, creation, range, place in it. */
function orderWithinMeter(a: usize, b: usize): i32 {
  if (channelOf(a) !== channelOf(b)) return channelOf(a) - channelOf(b);
  const resend = (flagsOf(a) & RESEND) - (flagsOf(b) & RESEND);
  if (resend !== 0) return resend;
  if (createdOf(a) !== createdOf(b)) return createdOf(a) < createdOf(b) ? -1 : 1;
  if (rangeOf(a) !== rangeOf(b)) return rangeOf(a) - rangeOf(b);
  return offsetOf(a) < offsetOf(b) ? -1 : offsetOf(a) > offsetOf(b) ? 1 : 0;
}
