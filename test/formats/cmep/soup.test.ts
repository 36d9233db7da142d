import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PROFILES } from '../../../src/conformance/profiles.js';
import { CmepReader } from '../../../src/formats/cmep/reader.js';
import { lineOf, settingsFor } from './hand-made-lines.js';
import { withReadAhead } from './recorded-calls.js';

const SINK = {
  ended: 0,
  record() {
    this.ended++;
  },
  fault() {},
  rejected() {
    this.ended++;
  },
  passedOver() {
    this.ended++;
  },
};

/** What records are made of, so that soups come close to records. */
const CRUMBS = [
  ...[
    'MEPMD01,',
    '19970819,',
    '202611200600,',
    'KWH,',
    '00000100,',
    ',,,,',
    '\r\n',
    '\n',
    '\r',
    '"',
    ' ',
    'H1F',
  ],
  ...['N32,0', 'R 00 00', '1.250,', '1e5', '-', '\t', '\u0000', '\u00ff', lineOf(), lineOf().slice(0, 66)],
];
const soup = fc.oneof(
  { weight: 3, arbitrary: fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes)) },
  {
    weight: 2,
    arbitrary: fc
      .array(fc.oneof(fc.constantFrom(...CRUMBS), fc.string({ unit: 'binary', maxLength: 5 })), {
        maxLength: 8,
      })
      .map((crumbs) => Buffer.from(crumbs.join(''), 'latin1')),
  },
);

describe('a soup of bytes', () => {
  it('ends without an error, line by line', () => {
    const readers = PROFILES.map(
      ({ name }) => new CmepReader(settingsFor(name, { rejectTriples: false }), SINK),
    );
    // Each reader has seen a good line, so that the quick path is on the way.
    const good = Buffer.from(`${lineOf()}\r\n`);
    for (const reader of readers) reader.read(withReadAhead(good, 0), 0, good.length, 0, true);
    let eaten = 0;
    fc.assert(
      fc.property(
        fc.array(soup, { minLength: 500, maxLength: 500 }),
        fc.nat(PROFILES.length - 1),
        (soups, which) => {
          for (const bytes of soups) {
            eaten++;
            SINK.ended = 0;
            const lines = readers[which]!.read(withReadAhead(bytes, 44), 0, bytes.length, 0, false);
            const ends = bytes.toString('latin1').match(/\r\n|\n|\r|[^\r\n]$/g)?.length ?? 0;
            if (lines !== ends) expect(lines).toBe(ends);
            if (SINK.ended > lines) expect(SINK.ended).toBeLessThanOrEqual(lines);
          }
        },
      ),
      { numRuns: 200, endOnFailure: true },
    );
    expect(eaten).toBe(100_000);
  });

  it('may be one line that is longer than any that is looked at', () => {
    const calls: string[] = [];
    const sink = {
      ...SINK,
      rejected: (start: number, length: number, line: number) =>
        void calls.push(`${start} ${length} ${line}`),
    };
    const reader = new CmepReader(settingsFor('cmep-1.20'), sink);
    const bytes = Buffer.from(`${lineOf()}\r\n${'x,'.repeat(50_000)}\r\n${lineOf()}\r\n`);
    expect(reader.read(withReadAhead(bytes, 0), 0, bytes.length, 0, true)).toBe(3);
    expect(calls).toEqual([`${lineOf().length + 2} 100002 2`]);
  });

  it('does not make the reader look beyond the bytes it may look at', () => {
    // A header with a long blank field passes; its like, cut off, is compared with it at the end of the buffer.
    const blank = lineOf({ 12: ' '.repeat(400) });
    const file = Buffer.from(`${blank}\r\n${blank.slice(0, 120)}`);
    const reader = new CmepReader(settingsFor('cmep-1.20'), SINK);
    expect(() => reader.read(withReadAhead(file, 32), 0, file.length, 0, true)).not.toThrow();
  });
});
