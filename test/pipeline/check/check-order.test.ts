import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MeterOrder } from '../../../src/pipeline/check/check-order.js';

const stretch = fc
  .tuple(fc.constantFrom(...'ABCDEFG'), fc.constantFrom(...'ABCDEFG'))
  .map(([a, b]) => (a < b ? { lowest: a, highest: b } : { lowest: b, highest: a }));

/** Whether a meter within one stretch, its ends left out, can be in the other, or one lies within the other. */
const isOver = (a: { lowest: string; highest: string }, b: { lowest: string; highest: string }) =>
  a.lowest < b.highest && b.lowest < a.highest && !(a.lowest === a.highest && b.lowest === b.highest);

describe('stretches of meters', () => {
  it('are told apart where they lie beside each other, in any order', () => {
    fc.assert(
      fc.property(fc.array(stretch, { minLength: 2, maxLength: 6 }), (stretches) => {
        const order = new MeterOrder();
        const taken: typeof stretches = [];
        for (const one of stretches) {
          const isGood = order.add(one.lowest, one.highest);
          expect(isGood).toBe(!taken.some((other) => isOver(one, other)));
          if (isGood) taken.push(one);
        }
      }),
      { numRuns: 3000 },
    );
  });
});
