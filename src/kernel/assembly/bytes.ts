/** Whether two runs of bytes are the same; looked at from their ends, where meter ids differ most. */
export function areSame(a: usize, aLength: i32, b: usize, bLength: i32): bool {
  if (aLength !== bLength) return false;
  for (let i = aLength - 1; i >= 0; i--) if (load<u8>(a + i) !== load<u8>(b + i)) return false;
  return true;
}

/** Order of two runs of bytes; the shorter of two that begin alike comes first. */
export function compare(a: usize, aLength: i32, b: usize, bLength: i32): i32 {
  const length = min(aLength, bLength);
  for (let i = 0; i < length; i++) {
    const difference = <i32>load<u8>(a + i) - <i32>load<u8>(b + i);
    if (difference !== 0) return difference;
  }
  return aLength - bLength;
}

/** Copies sixteen bytes at a time: up to fifteen bytes behind both ends are read and written along. */
export function copy(to: usize, from: usize, length: i32): void {
  for (let i = 0; i < length; i += 16) v128.store(to + i, v128.load(from + i));
}
