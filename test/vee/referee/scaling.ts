import { floorDivide, halfUp, sumOf } from './exact.js';

/**
 * E6: shares of the target in proportion to the estimates, or equal ones where their sum is 0; on the grid:
 * floors first, then one grid unit each by largest remainder, ties to the earlier slot.
 */
export function scale(estimates: bigint[], target: bigint, grid: bigint): bigint[] {
  const sum = sumOf(estimates);
  const exact = estimates.map((estimate): [bigint, bigint] => {
    if (sum === 0n) return [target, BigInt(estimates.length) * grid];
    return sum > 0n ? [estimate * target, sum * grid] : [-estimate * target, -sum * grid];
  });
  const units = exact.map(([over, under]) => floorDivide(over, under));
  const remainders = exact.map(([over, under], i) => over - units[i]! * under);
  let left = halfUp(target, grid) - sumOf(units);
  const given = new Set<number>();
  while (left > 0n) {
    // All remainders have the same divisor.
    let best = -1;
    for (let i = 0; i < units.length; i++) {
      if (!given.has(i) && (best < 0 || remainders[i]! > remainders[best]!)) best = i;
    }
    given.add(best);
    units[best]! += 1n;
    left -= 1n;
  }
  return units.map((count) => count * grid);
}
