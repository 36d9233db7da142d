import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { ScanKernel } from '../../../src/kernel/scan-kernel.js';
import { BlockBuffer } from '../../../src/store/blocks/block-buffer.js';
import {
  type BlockIndex,
  type BlockPieces,
  channelOfBlock,
  loadBlocks,
  meterIdLength,
  meterIdStart,
} from '../../../src/store/blocks/block-index.js';
import {
  createOpenBlock,
  metaOfRead,
  openBlock,
  stampOfRead,
  valueOfRead,
} from '../../../src/store/blocks/block-reads.js';
import { byBytes } from '../history/history-rows.js';

const directory = mkdtempSync(join(tmpdir(), 'readmill-blocks-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const kernel = new ScanKernel(0);

interface Block {
  meter: string;
  channel: number;
  resend: boolean;
  created: number;
  range: number;
  offset: number;
  byteLength: number;
  line: number;
  interval: number;
  constant: number;
  reads: { stamp: number; meta: number; value: number }[];
}

/** Meter ids that share long beginnings, up to the longest that there are. */
const meter = fc.oneof(
  fc
    .string({ unit: fc.constantFrom('0', '1'), minLength: 1, maxLength: 4 })
    .map((end) => `METER000000${end}`),
  fc.string({ unit: fc.constantFrom('a', '\u0000', '\u00ff'), maxLength: 12 }).map((end) => `M${end}`),
  fc.integer({ min: 1, max: 64 }).map((length) => 'X'.repeat(length)),
);
const value = fc.oneof(
  fc.nat(500_000),
  fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
  fc.integer({ min: -999_999_999_999_999, max: 999_999_999_999_999 }),
);
const narrow = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });

const readsOf = (values: fc.Arbitrary<number>) =>
  fc
    .record({
      values: fc.array(values, { minLength: 1, maxLength: 50 }),
      first: fc.integer({ min: 0, max: 50_000_000 }),
      interval: fc.constantFrom(5, 60, 1440),
      isRegular: fc.boolean(),
      metas: fc.array(fc.nat(2 ** 31 - 1), { minLength: 1, maxLength: 3 }),
    })
    .map(({ values: all, first, interval, isRegular, metas }) => ({
      interval: isRegular ? interval : 0,
      reads: all.map((one, i) => ({
        stamp: isRegular ? first + i * interval : first + i * i * 7,
        meta: metas[i % metas.length]!,
        value: one,
      })),
    }));

/** Blocks but for their place, which is that in which they come: the same place never comes twice. */
const block = fc
  .record({
    meter,
    channel: fc.constantFrom(4, 200, 203),
    resend: fc.boolean(),
    created: fc.constantFrom(29_900_000, 29_900_001, -5),
    constant: fc.constantFrom(100_000, 100_000, 4_000_000_000_123),
    body: fc.oneof(readsOf(narrow), readsOf(value)),
  })
  .map(({ body, ...rest }) => ({ ...rest, ...body }));

/** Order in which a partition wants its blocks: meter, channel, then what beats the one before. */
function inOrder(a: Block, b: Block): number {
  return (
    byBytes(a.meter, b.meter) ||
    a.channel - b.channel ||
    Number(a.resend) - Number(b.resend) ||
    a.created - b.created ||
    a.range - b.range ||
    a.offset - b.offset
  );
}

function append(buffer: BlockBuffer, given: Block, partition: number): void {
  const { reads, interval } = given;
  const bytes = Buffer.from(`__${given.meter}_`, 'latin1');
  buffer.append(
    {
      ...{ meterIdFrom: 2, meterIdTo: bytes.length - 1, channel: given.channel, resend: given.resend },
      ...{ creationStamp: given.created, intervalMinutes: interval, constant: given.constant },
      regular: interval > 0,
      count: reads.length,
      stamps: Int32Array.from(reads, ({ stamp }) => stamp),
      values: Float64Array.from(reads, ({ value: one }) => one),
      metas: Int32Array.from(reads, ({ meta }) => meta),
      ...{ byteLength: given.byteLength, line: given.line },
    },
    ...([bytes, partition, given.range, given.offset] as const),
  );
}

const open = createOpenBlock();

/** Takes a block apart, its fields in the order of `placed`. */
function blockAt(index: BlockIndex, start: number): Block {
  openBlock(index, start, open);
  const { words, bytes } = index;
  const from = meterIdStart(words, start);
  return {
    meter: Buffer.from(bytes.slice(from, from + meterIdLength(words, start))).toString('latin1'),
    channel: channelOfBlock(words, start),
    resend: open.resend,
    created: open.createdStamp,
    range: words[start + 4]!,
    offset: words[start + 5]!,
    byteLength: words[start + 6]!,
    line: words[start + 7]!,
    interval: open.intervalMinutes,
    constant: open.constant,
    reads: Array.from({ length: open.count }, (_, i) => ({
      stamp: stampOfRead(index, open, i),
      meta: metaOfRead(index, open, i),
      value: valueOfRead(index, open, i),
    })),
  };
}

/** Writes ranges into spill files as pass 1 does, and says where the blocks of a partition lie. */
function spill(ranges: Block[][], partitionOf: (given: Block) => number, partitions: number) {
  const files = ['a', 'b'].map((name) => join(directory, name));
  const contents: Buffer[][] = [[], []];
  const lengths = [0, 0];
  const pieces = Array.from({ length: partitions }, () => ({
    fileIndex: [] as number[],
    offsets: [] as number[],
    lengths: [] as number[],
  }));
  const buffer = new BlockBuffer(kernel);
  for (const [range, blocks] of ranges.entries()) {
    buffer.clear();
    for (const given of blocks) append(buffer, given, partitionOf(given));
    const { words, partitionStarts } = kernel.gatherBlocks(buffer.usedWords, partitions);
    const file = range % 2;
    contents[file]!.push(Buffer.from(new Uint8Array(words.slice().buffer)));
    for (const [p, piece] of pieces.entries()) {
      const [from, to] = [partitionStarts[p]!, partitionStarts[p + 1]!];
      if (from === to) continue;
      piece.fileIndex.push(file);
      piece.offsets.push(lengths[file]! + from * 4);
      piece.lengths.push((to - from) * 4);
    }
    lengths[file]! += words.length * 4;
  }
  for (const [i, path] of files.entries()) writeFileSync(path, Buffer.concat(contents[i]!));
  return {
    files,
    pieces: pieces.map(
      (piece): BlockPieces => ({
        fileIndex: Int32Array.from(piece.fileIndex),
        offsets: Float64Array.from(piece.offsets),
        lengths: Int32Array.from(piece.lengths),
      }),
    ),
  };
}

/** Gives blocks their places: ranges and offsets rise as they come. */
function placed(ranges: Omit<Block, 'range' | 'offset' | 'byteLength' | 'line'>[][]): Block[][] {
  return ranges.map((blocks, range) =>
    blocks.map((given, i) => ({ ...given, range, offset: i * 700, byteLength: 690 + i, line: i + 1 })),
  );
}

function check(ranges: Block[][], partitions: number): void {
  const partitionOf = ({ meter: id }: Block) => (id.length + id.charCodeAt(id.length - 1)) % partitions;
  const { files, pieces } = spill(ranges, partitionOf, partitions);
  for (const [p, piece] of pieces.entries()) {
    const index = loadBlocks(files, piece);
    const expected = ranges
      .flat()
      .filter((given) => partitionOf(given) === p)
      .sort(inOrder);
    expect(index.count).toBe(expected.length);
    const found = Array.from({ length: index.count }, (_, i) => blockAt(index, index.starts[i]!));
    // Texts of thousands of blocks are compared in a moment; only a difference is worth taking apart.
    if (JSON.stringify(found) !== JSON.stringify(expected)) expect(found).toEqual(expected);
    const firsts = [...found.map(({ meter: id }, i) => (id === found[i - 1]?.meter ? 0 : 1)), 1];
    expect([...index.meterStarts]).toEqual(firsts);
  }
}

describe('blocks', () => {
  it('come back as they were appended, in the order of meters, channels and precedence', () => {
    const ranges = fc.array(fc.array(block, { maxLength: 15 }), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(ranges, fc.constantFrom(1, 1, 3), (given, partitions) => check(placed(given), partitions)),
      { numRuns: 250 },
    );
  });

  it('are sorted by thousands, whether they come in order, backwards or in none', () => {
    const many = (numberOf: (i: number) => number) =>
      Array.from({ length: 4_000 }, (_, i) => ({
        ...{ meter: `METER-OF-A-LONG-NAME-${numberOf(i)}`, channel: 4 + (i % 2) * 4, resend: i % 5 === 0 },
        ...{ created: 29_900_000 + (i % 3), constant: 100_000, interval: 60 },
        reads: [{ stamp: 29_900_000, meta: 3, value: i }],
      }));
    for (const numberOf of [(i: number) => i, (i: number) => 4_000 - i, (i: number) => (i * 7_919) % 1_300]) {
      const blocks = many(numberOf);
      check(placed([blocks.slice(0, 1_500), blocks.slice(1_500)]), 2);
    }
  });

  it('are as many as the first room holds and more', () => {
    const one = { meter: 'M1', channel: 4, resend: false, created: 1, constant: 100_000, interval: 60 };
    const reads = Array.from({ length: 48 }, (_, i) => ({ stamp: i * 60, meta: 3, value: 2 ** 40 + i }));
    check(placed([Array.from({ length: 17_000 }, (_, i) => ({ ...one, meter: `M${i % 3_000}`, reads }))]), 1);
  });

  it('of a work file that is shorter than it was written end the task', () => {
    const { files, pieces } = spill(placed([[{ ...sampleBlock() }]]), () => 0, 1);
    writeFileSync(files[0]!, Buffer.alloc(8));
    expect(() => loadBlocks(files, pieces[0]!)).toThrow(/shorter than it was written/);
  });
});

function sampleBlock() {
  const reads = [{ stamp: 60, meta: 3, value: 5 }];
  return { meter: 'M1', channel: 4, resend: false, created: 1, constant: 100_000, interval: 60, reads };
}
