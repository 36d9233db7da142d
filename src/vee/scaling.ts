import { DECIMALS_MAX, multiplyDivideHalfUp, POWERS_OF_TEN } from '../model/decimal.js';
import { SLOT_ESTIMATED, type Slots } from './slots.js';

const EXACT_MAX = 2 ** 52;
/** Steps of a scale factor in one. */
const FACTOR_UNITS = 1_000_000;

/**
 * E6: makes the estimates among slots `from` to `to - 1` add up to `target`, in proportion to what they
 * are, or equally where all are zero. Shares are whole numbers of the grid 10^-decimals: floors first,
 * then one grid unit each by largest remainder, ties to the earlier slot.
 * @param target what the estimates must add up to, in 0.00001, not negative; it is rounded half up to the grid
 */
export function scaleEstimates(
  slots: Slots,
  from: number,
  to: number,
  target: number,
  decimals: number,
): void {
  const places: number[] = [];
  const weights: number[] = [];
  let sum = 0;
  for (let i = from; i < to; i++) {
    if (slots.states[i] !== SLOT_ESTIMATED) continue;
    places.push(i);
    weights.push(slots.finals[i]!);
    sum += slots.finals[i]!;
  }
  const factor = sum === 0 ? 1 : factorOf(target, sum);
  if (sum === 0) {
    weights.fill(1);
    sum = weights.length;
  }
  const grid = POWERS_OF_TEN[DECIMALS_MAX - decimals]!;
  const shares = apportion(weights, sum, target, grid);
  for (let k = 0; k < places.length; k++) {
    slots.finals[places[k]!] = shares[k]! * grid;
    slots.scales[places[k]!] = factor;
  }
}

/**
 * The factor as it is told, rounded half up to six decimals. One of zero would read as "not scaled": it is told
 * as the smallest there is.
 */
function factorOf(target: number, sum: number): number {
  const millionths =
    sum > 0
      ? multiplyDivideHalfUp(target, FACTOR_UNITS, sum)
      : multiplyDivideHalfUp(-target, FACTOR_UNITS, -sum);
  return millionths / FACTOR_UNITS || Number.MIN_VALUE;
}

/**
 * Shares of target / grid in proportion to the weights, whole numbers that add up to target / grid
 * rounded half up.
 * @param sum of the weights, not 0
 */
export function apportion(weights: readonly number[], sum: number, target: number, grid: number): number[] {
  const units = multiplyDivideHalfUp(target, 1, grid);
  const isSmall =
    sum * grid < EXACT_MAX && weights.every((weight) => weight >= 0 && weight * target < EXACT_MAX);
  const { shares, remainders } = isSmall
    ? smallShares(weights, sum * grid, target)
    : bigShares(weights, BigInt(sum) * BigInt(grid), BigInt(target));
  const given = shares.reduce((total, share) => total + share, 0);
  const order = weights.map((_, k) => k);
  order.sort((a, b) => {
    const left = remainders[a]!;
    const right = remainders[b]!;
    return left === right ? a - b : left > right ? -1 : 1;
  });
  for (let k = 0; k < units - given; k++) shares[order[k]!]! += 1;
  return shares;
}

function smallShares(weights: readonly number[], divisor: number, target: number) {
  const remainders = weights.map((weight) => (weight * target) % divisor);
  const shares = weights.map((weight, k) => (weight * target - remainders[k]!) / divisor);
  return { shares, remainders };
}

/** The same for products beyond a double, and for weights below zero (net channels). */
function bigShares(weights: readonly number[], signedDivisor: bigint, target: bigint) {
  const sign = signedDivisor < 0n ? -1n : 1n;
  const divisor = signedDivisor * sign;
  const shares: number[] = [];
  const remainders: bigint[] = [];
  for (const weight of weights) {
    const product = BigInt(weight) * target * sign;
    const remainder = ((product % divisor) + divisor) % divisor;
    shares.push(Number((product - remainder) / divisor));
    remainders.push(remainder);
  }
  return { shares, remainders };
}
