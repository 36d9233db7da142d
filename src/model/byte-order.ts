/** Whether two runs of bytes are the same; looked at from their ends, where meter ids differ most. */
export function areSameBytes(
  a: Uint8Array,
  aFrom: number,
  aTo: number,
  b: Uint8Array,
  bFrom: number,
  bTo: number,
): boolean {
  if (aTo - aFrom !== bTo - bFrom) return false;
  const shift = bFrom - aFrom;
  for (let i = aTo - 1; i >= aFrom; i--) if (a[i] !== b[i + shift]) return false;
  return true;
}

/** Compares two meter ids byte by byte; the shorter of two that begin alike comes first. */
export function compareBytes(
  a: Uint8Array,
  aFrom: number,
  aTo: number,
  b: Uint8Array,
  bFrom: number,
  bTo: number,
): number {
  const length = Math.min(aTo - aFrom, bTo - bFrom);
  for (let i = 0; i < length; i++) {
    const difference = a[aFrom + i]! - b[bFrom + i]!;
    if (difference !== 0) return difference;
  }
  return aTo - aFrom - (bTo - bFrom);
}
