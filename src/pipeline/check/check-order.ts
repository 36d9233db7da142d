import { compareLatin1 } from '../../store/partition-map.js';

interface Stretch {
  lowest: string;
  highest: string;
}

/**
 * Whether stretches of meter ids, each from a lowest to a highest one (latin1), lie beside each other: no
 * meter within one stretch is in another one. Two may share the meter at their ends.
 */
export class MeterOrder {
  private readonly stretches: Stretch[] = [];

  /** @returns false where the stretch lies over another one */
  add(lowest: string, highest: string): boolean {
    const { stretches } = this;
    let low = 0;
    let high = stretches.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const { lowest: other, highest: end } = stretches[middle]!;
      const order = compareLatin1(other, lowest) || compareLatin1(end, highest);
      if (order <= 0) low = middle + 1;
      else high = middle;
    }
    const before = stretches[low - 1];
    const after = stretches[low];
    if (before !== undefined && compareLatin1(before.highest, lowest) > 0) return false;
    if (after !== undefined && compareLatin1(highest, after.lowest) > 0) return false;
    stretches.splice(low, 0, { lowest, highest });
    return true;
  }
}
