import { randomBytes } from 'node:crypto';
import { deflateSync, inflateSync } from 'node:zlib';
import { array, assert, constantFrom, integer, oneof, property, tuple, uint8Array } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BLOCK_BYTES, HISTORY_BYTES, INPUT_BYTES } from '../../src/kernel/assembly/deflate-layout.js';
import { beginDeflating, type Deflating } from '../../src/kernel/deflate-kernel.js';

/** Copies what comes out, since it is valid for a moment only. */
function written(deflating: Deflating, bytes: Uint8Array): Buffer[] {
  return [...deflating.write(bytes)].map((piece) => Buffer.from(piece));
}

function deflated(...pieces: Uint8Array[]): Buffer {
  const deflating = beginDeflating();
  try {
    const before: Buffer[] = [];
    for (const piece of pieces) for (const bytes of deflating.write(piece)) before.push(Buffer.from(bytes));
    return Buffer.concat([...before, deflating.end()]);
  } finally {
    deflating.close();
  }
}

/** What zlib's own stored blocks would take, with the header and the checksum, and an empty block at the end. */
const storedBytes = (length: number): number => length + 5 * Math.ceil(length / 65_535) + 6 + 2;

/** Noise that is the same in each run. */
function noise(length: number, seed = 1): Buffer {
  const bytes = Buffer.alloc(length);
  let state = seed;
  for (let i = 0; i < length; i++) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    bytes[i] = state >>> 16;
  }
  return bytes;
}

/** Records as a night has them: stamps again and again, values that are never the same. */
function records(count: number): Buffer {
  const values = noise(count * 24);
  const lines = Array.from({ length: count }, (_, meter) => {
    const reads = Array.from({ length: 24 }, (_, hour) => {
      const stamp = `20260301${String(hour).padStart(2, '0')}00`;
      return `${stamp},R,${(values[meter * 24 + hour]! * (1 + (hour & 3)) * 7) / 1000}`;
    });
    return `MEPMD01,19970819,ORG,,ORG,,202603020630,M${meter},OK,E,KWH,,00000100,24,${reads.join(',')}\r\n`;
  });
  return Buffer.from(lines.join(''));
}

function mustComeBack(bytes: Uint8Array): Buffer {
  const compressed = deflated(bytes);
  // A comparison of whole buffers by `expect` would print them.
  expect(Buffer.compare(inflateSync(compressed), bytes)).toBe(0);
  expect(compressed.length).toBeLessThanOrEqual(storedBytes(bytes.length));
  return compressed;
}

const runs = tuple(uint8Array({ minLength: 1, maxLength: 40 }), integer({ min: 1, max: 400 })).map(
  ([bytes, times]) => Buffer.concat(Array.from({ length: times }, () => bytes)),
);
const words = array(constantFrom('202603010100', ',R,', '1.', '0', '404', '\r\n', 'MEPMD01,'), {
  maxLength: 3000,
}).map((parts) => Buffer.from(parts.join('')));
const anything = array(
  oneof(
    runs,
    words,
    uint8Array({ maxLength: 300 }),
    integer({ min: 0, max: 40_000 }).map((length) => noise(length, length)),
  ),
  { maxLength: 12 },
).map((parts) => Buffer.concat(parts));

describe('what the kernel compresses', () => {
  it('comes back from zlib, and is never longer than stored', () => {
    assert(
      property(anything, (bytes) => {
        mustComeBack(bytes);
      }),
      { numRuns: 150 },
    );
  });

  it('comes back at every length around the ends of blocks, pieces and what it looks at', () => {
    const bytes = Buffer.concat([records(500), noise(5000), records(700)]);
    for (let length = 0; length < 100; length++) mustComeBack(bytes.subarray(0, length));
    for (const end of [HISTORY_BYTES, 65_535, BLOCK_BYTES, INPUT_BYTES, INPUT_BYTES + BLOCK_BYTES])
      for (let length = end - 18; length <= end + 18; length++) mustComeBack(bytes.subarray(0, length));
  });

  it('hangs on the bytes only, and not on how they are cut', () => {
    const bytes = records(900);
    const whole = deflated(bytes);
    const cuts = array(integer({ min: 0, max: bytes.length }), { maxLength: 8 });
    assert(
      property(cuts, (places) => {
        const sorted = [0, ...places, bytes.length].sort((a, b) => a - b);
        const pieces = sorted.slice(1).map((to, i) => bytes.subarray(sorted[i], to));
        return deflated(...pieces).equals(whole);
      }),
      { numRuns: 20 },
    );
  });

  it('takes matches from as far back as the format allows, and from no farther', () => {
    for (const [distance, isFound] of [
      [HISTORY_BYTES - 1, true],
      [HISTORY_BYTES, true],
      [HISTORY_BYTES + 1, false],
    ] as const) {
      const block = randomBytes(distance);
      const compressed = mustComeBack(Buffer.concat([block, block]));
      expect(compressed.length < distance * 1.2).toBe(isFound);
    }
  });

  it('has no code of more than 15 bits, however uneven the counts are', () => {
    // Counts like Fibonacci's numbers make a tree as deep as there are symbols.
    const symbols: number[] = [];
    for (let symbol = 0, a = 1, b = 1; symbols.length + a < BLOCK_BYTES; symbol++) {
      for (let i = 0; i < a; i++) symbols.push(symbol * 3);
      [a, b] = [b, a + b];
    }
    const order = noise(symbols.length * 4, 7);
    const shuffled = symbols
      .map((symbol, i) => ({ symbol, key: order.readUInt32LE(i * 4) }))
      .sort((a, b) => a.key - b.key);
    const compressed = mustComeBack(Buffer.from(shuffled.map(({ symbol }) => symbol)));
    expect(compressed.length).toBeLessThan(symbols.length / 2);
  });

  it('comes back where what follows is nothing like what its codes were made for', () => {
    const kinds = {
      records: records(1200),
      noise: noise(BLOCK_BYTES * 2),
      zeros: Buffer.alloc(BLOCK_BYTES * 2),
      bytesOfSevenBits: noise(BLOCK_BYTES * 2, 7).map((byte) => byte & 127),
      bytesThatRecordsHaveNoneOf: Buffer.alloc(BLOCK_BYTES, Buffer.from([0xfe, 0x81, 0xfe, 0x82, 0x83])),
    };
    for (const before of Object.values(kinds)) {
      for (const behind of Object.values(kinds))
        mustComeBack(Buffer.concat([before, before, behind, before.subarray(0, 1000)]));
    }
  });

  it('shares codes for so long only as they fit', () => {
    // Values of other digits, block by block: codes made for the first would cost the last ones too much.
    const ages = Array.from({ length: 12 }, (_, age) =>
      noise(BLOCK_BYTES, age + 1).map((byte) => 48 + age * 10 + (byte % 10)),
    );
    const whole = mustComeBack(Buffer.concat(ages));
    const alone = ages.reduce((sum, age) => sum + mustComeBack(age).length, 0);
    expect(whole.length).toBeLessThan(alone * 1.01);
  });

  it('keeps two streams at a time apart', () => {
    const [a, b] = [records(800), noise(300_000)];
    const [first, second] = [beginDeflating(), beginDeflating()];
    const parts: [Buffer[], Buffer[]] = [[], []];
    for (let from = 0; from < 600_000; from += 50_000) {
      parts[0].push(...written(first, a.subarray(from, from + 50_000)));
      parts[1].push(...written(second, b.subarray(from, from + 50_000)));
    }
    const ends = [Buffer.from(first.end()), Buffer.from(second.end())];
    first.close();
    second.close();
    expect(Buffer.compare(inflateSync(Buffer.concat([...parts[0], ends[0]!])), a)).toBe(0);
    expect(Buffer.compare(inflateSync(Buffer.concat([...parts[1], ends[1]!])), b)).toBe(0);
  });

  it('is, of records, at most a tenth longer than what zlib makes at level 1', () => {
    const bytes = records(3000);
    expect(deflated(bytes).length).toBeLessThan(deflateSync(bytes, { level: 1 }).length * 1.1);
  });
});
