/** Putting the blocks of a range together by partition. */

import { copyBlock, partitionOf, sizeOf } from './block';

/**
 * Copies blocks that lie one behind the other to `gathered`, by partition, those of a partition in the order they lie in.
 * @param starts for each partition the word at which it begins, and the end; zeros
 * @param gathered room for as many bytes
 * @returns 0 where they lie so already, and nothing was copied
 */
export function gatherBlocks(from: usize, to: usize, starts: usize, partitions: i32, gathered: usize): i32 {
  let isInOrder = true;
  let last = 0;
  for (let block = from; block < to; block += sizeOf(block)) {
    const partition = partitionOf(block);
    const cell = starts + ((<usize>(partition + 1)) << 2);
    store<u32>(cell, load<u32>(cell) + <u32>(sizeOf(block) >> 2));
    if (partition < last) isInOrder = false;
    last = partition;
  }
  let next: u32 = 0;
  for (let cell = starts + 4; cell <= starts + ((<usize>partitions) << 2); cell += 4) {
    const words = load<u32>(cell);
    // What is not in order is copied first: until then the cell behind a partition's has where its next block goes.
    store<u32>(cell, isInOrder ? next + words : next);
    next += words;
  }
  if (isInOrder) return 0;
  for (let block = from; block < to; ) {
    const size = sizeOf(block);
    const cell = starts + ((<usize>(partitionOf(block) + 1)) << 2);
    const at = load<u32>(cell);
    copyBlock(gathered + ((<usize>at) << 2), block, size);
    store<u32>(cell, at + <u32>(size >> 2));
    block += size;
  }
  return 1;
}
