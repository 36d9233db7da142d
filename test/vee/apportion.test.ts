import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { apportion } from '../../src/vee/scaling.js';
import { halfUp, shareOut } from './reference.js';

const VALUE_MAX = 999_999_999_999_999;
const weight = fc.oneof(
  fc.nat(500_000),
  fc.constantFrom(0, 1, 100_000, 100_000),
  fc.integer({ min: -200_000, max: 200_000 }),
  fc.integer({ min: 0, max: 10 ** 13 }),
);
const target = fc.oneof(fc.nat(10_000_000), fc.nat(300), fc.integer({ min: 0, max: VALUE_MAX }));
const grid = fc.constantFrom(1, 10, 100, 1000, 10_000, 100_000);
const weights = fc.oneof(
  fc.array(weight, { minLength: 1, maxLength: 96 }),
  fc.array(fc.constantFrom(1, 1, 2), { minLength: 1, maxLength: 12 }),
);

describe('shares', () => {
  it('are those of BigInt arithmetic and add up to the target on the grid', () => {
    fc.assert(
      fc.property(weights, target, grid, (given, whole, unit) => {
        const sum = given.reduce((total, one) => total + one, 0);
        fc.pre(sum !== 0);
        // Shares beyond what a double holds are beyond what a value may be.
        const largest = Math.max(...given.map((one) => Math.abs((one * whole) / sum)));
        fc.pre(largest <= VALUE_MAX);
        const shares = apportion(given, sum, whole, unit).map((share) => BigInt(share) * BigInt(unit));
        expect(shares).toEqual(shareOut(given.map(BigInt), BigInt(whole), BigInt(unit)));
        const total = shares.reduce((all, share) => all + share, 0n);
        expect(total).toBe(halfUp(BigInt(whole), BigInt(unit)) * BigInt(unit));
      }),
      { numRuns: 6_000 },
    );
  });

  it('give what is left by the largest remainder, ties to the earlier slot', () => {
    expect(apportion([1, 1, 1], 3, 200, 100)).toEqual([1, 1, 0]);
    expect(apportion([1, 1, 1], 3, 100, 100)).toEqual([1, 0, 0]);
    expect(apportion([1, 2, 2], 5, 400, 100)).toEqual([1, 2, 1]);
    expect(apportion([1, 3], 4, 250, 100)).toEqual([1, 2]);
    expect(apportion([1, 3], 4, 249, 100)).toEqual([0, 2]);
  });
});
