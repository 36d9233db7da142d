import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  NamedRanks,
  type ReadRank,
  ReadRanks,
  ranksOfMetadata,
} from '../../../src/store/blocks/read-ranks.js';

const rank = fc.record({
  resend: fc.nat(1),
  created: fc.oneof(fc.integer({ min: -3, max: 3 }), fc.constantFrom(-(2 ** 31), 2 ** 31 - 1)),
  file: fc.constantFrom('', 'a', 'a.cmep', 'b', '"b,é'),
});
const numberOf = (table: ReadRanks, { resend, created, file }: ReadRank) =>
  table.numberOf(resend, created, file);

it('ranks have one number each, and are ordered by RESEND, creation and file name', () => {
  fc.assert(
    fc.property(fc.array(rank, { minLength: 2, maxLength: 12 }), (ranks) => {
      const table = new ReadRanks();
      const numbers = ranks.map((one) => numberOf(table, one));
      for (const [i, one] of ranks.entries()) {
        expect(table.rank(numbers[i]!)).toEqual(one);
        expect(numberOf(table, one)).toBe(numbers[i]);
        expect(table.is(numbers[i]!, one.resend, one.created)).toBe(true);
        expect(table.is(numbers[i]!, 1 - one.resend, one.created)).toBe(false);
        for (const [k, other] of ranks.entries()) {
          const order =
            Math.sign(one.resend - other.resend) ||
            Math.sign(one.created - other.created) ||
            Number(one.file > other.file) - Number(one.file < other.file);
          expect(Math.sign(table.compare(numbers[i]!, numbers[k]!))).toBe(order);
        }
      }
    }),
  );
});

it('a file lists the ranks that it names, once each, and another table finds them', () => {
  fc.assert(
    fc.property(fc.array(rank, { maxLength: 12 }), fc.array(rank, { maxLength: 5 }), (named, before) => {
      const table = new ReadRanks();
      const inFile = new NamedRanks(table);
      const numbers = named.map((one) => inFile.numberOf(numberOf(table, one)));
      expect(inFile.count).toBe(new Set(numbers).size);
      const later = new ReadRanks();
      for (const one of before) numberOf(later, one);
      const listed = ranksOfMetadata(new Map(Object.entries(inFile.metadata())), later);
      expect(listed).toHaveLength(inFile.count);
      expect(numbers.map((number) => later.rank(listed[number]!))).toEqual(named);
    }),
  );
});
