import { compareBytes } from '../model/byte-order.js';

/**
 * The partitions of a state folder: contiguous ranges of meter ids in byte order. All that is known of a
 * meter meets in one partition; since they are ordered, what is written partition after partition is
 * sorted as a whole.
 */
export interface PartitionMap {
  /** Number of each partition, in the order of their ranges. A number is never given twice. */
  ids: number[];
  /** Lowest meter id of each partition, in latin1; the first is ''. */
  lowers: string[];
  nextId: number;
}

export const EMPTY_PARTITION_MAP: PartitionMap = { ids: [0], lowers: [''], nextId: 1 };

/** Partitions that a state folder has at the most. */
export const PARTITIONS_MAX = 4096;

/**
 * Splits partitions that would get too much, at meter ids from a sample, so that each part is about the
 * target. What is split keeps its number for its lowest part; the other parts are new.
 * @param sample meter ids (latin1) seen at even steps through the input, each standing for `bytesPerSample`
 * @param targetBytes size that a partition should have
 */
export function splitPartitions(
  map: PartitionMap,
  sample: readonly string[],
  bytesPerSample: number,
  targetBytes: number,
): PartitionMap {
  const sorted = [...sample].sort(compareLatin1);
  const result: PartitionMap = { ids: [], lowers: [], nextId: map.nextId };
  let room = PARTITIONS_MAX - map.ids.length;
  let from = 0;
  for (let p = 0; p < map.ids.length; p++) {
    const upper = map.lowers[p + 1];
    let to = from;
    while (to < sorted.length && (upper === undefined || compareLatin1(sorted[to]!, upper) < 0)) to++;
    result.ids.push(map.ids[p]!);
    result.lowers.push(map.lowers[p]!);
    const parts = Math.round(((to - from) * bytesPerSample) / targetBytes);
    for (let part = 1; part < parts; part++) {
      const lower = sorted[from + Math.floor(((to - from) * part) / parts)]!;
      if (room === 0) break;
      if (compareLatin1(lower, result.lowers[result.lowers.length - 1]!) <= 0) continue;
      room--;
      result.ids.push(result.nextId++);
      result.lowers.push(lower);
    }
    from = to;
  }
  return result;
}

/** Order of two latin1 texts by their bytes, which for latin1 is that of their UTF-16 units. */
export function compareLatin1(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Finds the partition of a meter id. Remembers the last one, since input is mostly in order. */
export class PartitionFinder {
  private readonly lowers: Uint8Array[];
  private last = 0;

  constructor(lowers: readonly string[]) {
    this.lowers = lowers.map((lower) => Uint8Array.from(Buffer.from(lower, 'latin1')));
  }

  /** Index (not number) of the partition of the meter id `bytes[from]` to `bytes[to - 1]`. */
  find(bytes: Uint8Array, from: number, to: number): number {
    const { lowers } = this;
    if (lowers.length === 1) return 0;
    const { last } = this;
    if (this.isAtOrAbove(last, bytes, from, to)) {
      if (last + 1 === lowers.length || !this.isAtOrAbove(last + 1, bytes, from, to)) return last;
    }
    let low = 0;
    let high = lowers.length;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (this.isAtOrAbove(middle, bytes, from, to)) low = middle;
      else high = middle;
    }
    this.last = low;
    return low;
  }

  private isAtOrAbove(index: number, bytes: Uint8Array, from: number, to: number): boolean {
    const lower = this.lowers[index]!;
    return compareBytes(bytes, from, to, lower, 0, lower.length) >= 0;
  }
}
