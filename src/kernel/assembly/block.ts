/** Blocks as src/model/block.ts describes them, by their addresses. */

export const WIDE_VALUES = 1;
export const EXPLICIT_STAMPS = 2;
export const RESEND = 8;
const HAS_CONSTANT = 16;
const BLOCK_HEADER_BYTES = 40;

/** Its length in bytes. */
export function sizeOf(block: usize): usize {
  return load<u32>(block) << 2;
}
export function channelOf(block: usize): i32 {
  return <i32>load<u16>(block + 4);
}
export function idLengthOf(block: usize): i32 {
  return <i32>load<u8>(block + 6);
}
/** Its first byte. */
export function idOf(block: usize): usize {
  return block + ((flagsOf(block) & HAS_CONSTANT) !== 0 ? BLOCK_HEADER_BYTES + 8 : BLOCK_HEADER_BYTES);
}
export function flagsOf(block: usize): i32 {
  return <i32>load<u8>(block + 7);
}
export function intervalOf(block: usize): i32 {
  return <i32>load<u16>(block + 8);
}
export function countOf(block: usize): i32 {
  return <i32>load<u16>(block + 10);
}
export function firstStampOf(block: usize): i32 {
  return load<i32>(block + 32);
}
export function createdOf(block: usize): i32 {
  return load<i32>(block + 12);
}
export function rangeOf(block: usize): i32 {
  return load<i32>(block + 16);
}
export function offsetOf(block: usize): i32 {
  return load<i32>(block + 20);
}
/** Index of its partition, while blocks are gathered. */
export function partitionOf(block: usize): i32 {
  return load<i32>(block + 36);
}

/** Copies a block, or several: sixteen bytes at a time, and nothing behind their ends. */
export function copyBlock(to: usize, from: usize, bytes: usize): void {
  const whole = bytes & ~(<usize>15);
  for (let i: usize = 0; i < whole; i += 16) v128.store(to + i, v128.load(from + i));
  if (whole < bytes) store<u64>(to + whole, load<u64>(from + whole));
}
