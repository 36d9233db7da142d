import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareBytes } from '../../src/model/byte-order.js';
import {
  compareLatin1,
  EMPTY_PARTITION_MAP,
  PARTITIONS_MAX,
  PartitionFinder,
  type PartitionMap,
  splitPartitions,
} from '../../src/store/partition-map.js';
import { byBytes } from './history/history-rows.js';

/** Meter ids in latin1, of bytes that sort otherwise as numbers than as signed or as text of a language. */
const id = fc.string({
  unit: fc.constantFrom('A', 'a', 'Z', '0', '9', '\u007f', '\u0080', '\u00ff'),
  maxLength: 6,
});
const sample = fc.array(id, { maxLength: 60 });
const bytesOf = (text: string) => Buffer.from(text, 'latin1');

/** A map that has grown by some splits. */
const grownMap = fc.array(sample, { maxLength: 3 }).map((samples) => {
  let map: PartitionMap = EMPTY_PARTITION_MAP;
  for (const ids of samples) map = splitPartitions(map, ids, 100, 700);
  return map;
});

describe('partitions', () => {
  it('compare meter ids by their bytes', () => {
    fc.assert(
      fc.property(id, id, (a, b) => {
        const expected = Math.sign(byBytes(a, b));
        expect(Math.sign(compareLatin1(a, b))).toBe(expected);
        const [left, right] = [bytesOf(`x${a}`), bytesOf(`yy${b}`)];
        expect(Math.sign(compareBytes(left, 1, left.length, right, 2, right.length))).toBe(expected);
      }),
    );
  });

  it('stay ordered and keep their numbers when they are split', () => {
    fc.assert(
      fc.property(
        grownMap,
        sample,
        fc.nat(3_000),
        fc.integer({ min: 1, max: 3_000 }),
        (map, ids, each, target) => {
          const split = splitPartitions(map, ids, each, target);
          expect(split.lowers[0]).toBe('');
          for (let i = 1; i < split.lowers.length; i++) {
            expect(byBytes(split.lowers[i - 1]!, split.lowers[i]!)).toBeLessThan(0);
          }
          expect(split.ids).toHaveLength(split.lowers.length);
          expect(new Set(split.ids).size).toBe(split.ids.length);
          for (const [i, number] of map.ids.entries()) {
            expect(split.lowers[split.ids.indexOf(number)]).toBe(map.lowers[i]);
          }
          const fresh = split.ids.filter((number) => !map.ids.includes(number));
          for (const number of fresh) expect(number).toBeGreaterThanOrEqual(map.nextId);
          expect(split.nextId).toBe(map.nextId + fresh.length);
        },
      ),
      { numRuns: 2_000 },
    );
  });

  it('do not hang on the order of the sample, which is left as it is', () => {
    fc.assert(
      fc.property(grownMap, sample, fc.infiniteStream(fc.nat(1000)), (map, ids, draws) => {
        const other = ids.map((one) => ({ one, by: draws.next().value })).sort((a, b) => a.by - b.by);
        const shuffled = other.map(({ one }) => one);
        const before = [...shuffled];
        expect(splitPartitions(map, shuffled, 100, 300)).toEqual(splitPartitions(map, ids, 100, 300));
        expect(shuffled).toEqual(before);
      }),
    );
  });

  it('share a sample of different ids evenly', () => {
    const ids = Array.from({ length: 1_000 }, (_, i) => `M${String(i).padStart(5, '0')}`);
    const { lowers } = splitPartitions(EMPTY_PARTITION_MAP, ids, 1_000, 100_000);
    expect(lowers).toEqual([
      '',
      ...[1, 2, 3, 4, 5, 6, 7, 8, 9].map((part) => `M${String(part * 100).padStart(5, '0')}`),
    ]);
    expect(splitPartitions(EMPTY_PARTITION_MAP, new Array(1_000).fill('M1'), 1_000, 100_000).lowers).toEqual([
      '',
      'M1',
    ]);
    expect(splitPartitions(EMPTY_PARTITION_MAP, ids, 1_000, 1_000_000).lowers).toEqual(['']);
  });

  it('are never more than a state folder may have', () => {
    const many = (from: number, count: number) =>
      Array.from({ length: count }, (_, i) => `M${String(from + i).padStart(7, '0')}`);
    const first = splitPartitions(EMPTY_PARTITION_MAP, many(500_000, 4_000), 1_000, 1_000);
    expect(first.ids.length).toBeLessThanOrEqual(PARTITIONS_MAX);
    const second = splitPartitions(first, many(0, 8_000), 1_000, 1_000);
    expect(second.ids.length).toBeLessThanOrEqual(PARTITIONS_MAX);
  });
});

describe('the partition of a meter', () => {
  it('is the one that a look at all of them finds, in any order of asking', () => {
    fc.assert(
      fc.property(grownMap, fc.array(id, { minLength: 1, maxLength: 30 }), ({ lowers }, ids) => {
        const finder = new PartitionFinder(lowers);
        for (const meter of ids) {
          const expected = lowers.filter((lower) => byBytes(lower, meter) <= 0).length - 1;
          const bytes = bytesOf(`<${meter}>`);
          expect(finder.find(bytes, 1, bytes.length - 1)).toBe(expected);
        }
      }),
      { numRuns: 1_000 },
    );
  });
});
