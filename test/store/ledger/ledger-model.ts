import fc from 'fast-check';
import { expect } from 'vitest';
import type { Ledger } from '../../../src/store/ledger/ledger.js';

/**
 * Writes drawn entries into an empty ledger and into a map, and compares what both say after each write.
 * @returns the map
 */
export async function expectLikeMap(ledger: Ledger, runs: number): Promise<Map<string, unknown>> {
  const key = fc
    .tuple(
      fc.constantFrom('file/', 'file', 'run/', 'r'),
      fc.string({ unit: fc.constantFrom(...'09azA-.\u00e9'), maxLength: 8 }),
    )
    .map((parts) => parts.join(''));
  const value = fc.oneof(
    fc.integer(),
    fc.constant(undefined),
    fc.record({
      name: fc.string(),
      at: fc.date({ noInvalidDate: true }),
      size: fc.bigInt(),
      list: fc.array(fc.double()),
    }),
  );
  const writes = fc.array(fc.tuple(key, value), { maxLength: 6 });
  const model = new Map<string, unknown>();
  const listed = (prefix: string) =>
    [...model.entries()]
      .filter(([name]) => name.startsWith(prefix))
      .sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
      .map(([name, given]) => ({ key: name, value: given }));
  await fc.assert(
    fc.asyncProperty(writes, key, async (batch, asked) => {
      await ledger.write(batch);
      for (const [name, given] of batch) {
        if (given === undefined) model.delete(name);
        else model.set(name, given);
      }
      expect(ledger.get(asked)).toEqual(model.get(asked));
      for (const prefix of ['file/', 'run/', 'r', '', asked]) {
        const found = ledger.list(prefix).filter((one) => one.key !== 'layout' && one.key !== 'lock');
        expect(found).toEqual(listed(prefix));
      }
      expect(ledger.latest('file', 2)).toEqual(listed('file').reverse().slice(0, 2));
    }),
    { numRuns: runs },
  );
  return model;
}
