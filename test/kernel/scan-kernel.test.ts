import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ScanKernel } from '../../src/kernel/scan-kernel.js';
import { BLOCK_HAS_CONSTANT, BLOCK_HEADER_WORDS } from '../../src/model/block.js';

/** A block by what its order depends on, and the words that go with it wherever it goes. */
interface Given {
  id: string;
  partition: number;
  hasConstant: boolean;
  payload: number[];
}

const MARK_WORD = 9;
const PARTITIONS = 5;

/** Meter ids that differ at once, behind eight bytes or more, in a byte of zero at the end, or not at all. */
const id = fc.oneof(
  fc.nat(30).map((number) => `M${number}`),
  fc.nat(40).map((number) => `M${'0'.repeat(30)}${number}`),
  fc.integer({ min: 1, max: 64 }).map((length) => `M${'x'.repeat(length - 1)}`),
  fc.string({ unit: fc.constantFrom('\u0000', 'a', '\u00ff'), minLength: 1, maxLength: 11 }),
);
const given: fc.Arbitrary<Given> = fc.record({
  id,
  partition: fc.nat(PARTITIONS - 1),
  hasConstant: fc.boolean(),
  payload: fc.array(fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }), { maxLength: 9 }),
});
const blocksOf = (one: fc.Arbitrary<Given>) => fc.array(one, { minLength: 1, maxLength: 120, size: 'max' });
const blocks = fc.oneof(
  blocksOf(given),
  // Many that have one key, since one other id is all that shortens what they begin with.
  blocksOf(
    fc.record({ given, id: fc.nat(99) }).map((one) => ({ ...one.given, id: `M12345678${one.id}` })),
  ).map((all): Given[] => [{ id: 'Z', partition: 0, hasConstant: false, payload: [] }, ...all]),
);

/** The words of a block, of which word 9 is its partition or its mark. */
function wordsOf({ id: text, hasConstant, payload }: Given, number: number, mark: number): number[] {
  const bytes = Buffer.alloc(Math.ceil(text.length / 4) * 4);
  bytes.write(text, 'latin1');
  const idWords = new Int32Array(new Uint8Array(bytes).buffer);
  const body = [...(hasConstant ? [1, 2] : []), ...idWords, ...payload];
  if (body.length % 2 === 1) body.push(0);
  const flags = hasConstant ? BLOCK_HAS_CONSTANT : 0;
  const header = [BLOCK_HEADER_WORDS + body.length, 4 | (text.length << 16) | (flags << 24), 0, 0, 0, number];
  return [...header, 0, 0, 0, mark, ...body];
}

function fill(kernel: ScanKernel, all: readonly Given[]): number {
  const words = all.flatMap((one, number) => wordsOf(one, number, one.partition));
  kernel.growBlocks(words.length);
  kernel.words.set(words);
  return words.length;
}

const bytesOf = (text: string) => Buffer.from(text, 'latin1');

it('blocks are put in the order of their meters, those of a meter in the order they lie in', () => {
  const kernel = new ScanKernel(0, 64);
  let moved = 0;
  fc.assert(
    fc.property(blocks, (all) => {
      const { from, to } = kernel.orderBlocks(fill(kernel, all));
      if (from > 0) moved++;
      const expected = all
        .map((one, number) => ({ one, number }))
        .sort((a, b) => Buffer.compare(bytesOf(a.one.id), bytesOf(b.one.id)) || a.number - b.number)
        .flatMap(({ one, number }, i, sorted) =>
          wordsOf(one, number, sorted[i - 1]?.one.id === one.id ? 0 : 1),
        );
      expect([...kernel.words.subarray(from, to)]).toEqual(expected);
    }),
    { numRuns: 150 },
  );
  expect(moved).toBeGreaterThan(100);
});

it('blocks that are in order stay where they are, and are marked', () => {
  const kernel = new ScanKernel(0, 64);
  const all = ['A', 'A', 'B'].map((text) => ({ id: text, partition: 0, hasConstant: false, payload: [] }));
  const { from, to } = kernel.orderBlocks(fill(kernel, all));
  expect([from, to]).toEqual([0, 36]);
  expect([0, 12, 24].map((at) => kernel.words[at + MARK_WORD])).toEqual([1, 0, 1]);
});

it('blocks are gathered by partition, those of a partition in the order they lie in', () => {
  const kernel = new ScanKernel(0, 64);
  fc.assert(
    fc.property(blocks, fc.boolean(), (some, isInOrder) => {
      const all = isInOrder ? some.toSorted((a, b) => a.partition - b.partition) : some;
      const { words, partitionStarts } = kernel.gatherBlocks(fill(kernel, all), PARTITIONS);
      const parts = Array.from({ length: PARTITIONS }, (_, p) =>
        all.flatMap((one, number) => (one.partition === p ? wordsOf(one, number, p) : [])),
      );
      expect([...words]).toEqual(parts.flat());
      const starts = parts.map((_, p) => parts.slice(0, p).flat().length);
      expect([...partitionStarts]).toEqual([...starts, parts.flat().length]);
    }),
    { numRuns: 80 },
  );
});

it('none are gathered where there are none', () => {
  const { words, partitionStarts } = new ScanKernel(0, 64).gatherBlocks(0, 3);
  expect([words.length, ...partitionStarts]).toEqual([0, 0, 0, 0, 0]);
});
