import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AmrdefRangeReader } from '../../../src/formats/amrdef/range.js';
import type { RangeSource } from '../../../src/formats/range.js';
import { RangeChain } from '../../../src/pipeline/scan/range-chain.js';
import { amrdefDocument } from './document-arbitraries.js';
import { RecordedReads, settingsWith } from './recorded-reads.js';
import { mutation } from './xml-arbitraries.js';

const CASES = 600;

const sourceOf = (document: Uint8Array): RangeSource => ({
  sizeBytes: document.length,
  read(target, at, length, position) {
    const piece = document.subarray(position, position + length);
    target.set(piece, at);
    return piece.length;
  },
});

/** All calls for a document that is read in ranges of a length, in the order of the file; and how many were read twice. */
async function callsInRanges(
  document: Uint8Array,
  rangeBytes: number,
): Promise<{ calls: string[]; again: number }> {
  const source = sourceOf(document);
  const ranges = Array.from({ length: Math.ceil(document.length / rangeBytes) }, (_, k) => ({
    from: k * rangeBytes,
    to: Math.min((k + 1) * rangeBytes, document.length),
  }));
  const readOne = (k: number, startsAt: number | null) => {
    // Readers know nothing of each other, as in several threads.
    const sink = new RecordedReads((line, column) => `«${line}${column === undefined ? '' : `:${column}`}»`);
    const end = new AmrdefRangeReader(settingsWith()).readRange(source, { ...ranges[k]!, startsAt }, sink);
    return { ...end, sink };
  };
  const calls: string[] = [];
  let again = 0;
  let lineBefore = 0;
  const chain = new RangeChain<ReturnType<typeof readOne>>(
    ranges,
    async (k, startsAt) => {
      again++;
      return readOne(k, startsAt);
    },
    (_, { sink, lines }, columnBefore) => {
      const inFile = (text: string) =>
        text.replace(/«(\d+)(?::(\d+))?»/g, (_all, line: string, column?: string) => {
          const place = String(Number(line) + lineBefore);
          return column === undefined
            ? place
            : `${place}:${Number(column) + (line === '1' ? columnBefore : 0)}`;
        });
      calls.push(...sink.calls.map(inFile));
      lineBefore += lines;
    },
  );
  // In any order, as threads end.
  const order = ranges.map((_, k) => k).sort((a, b) => ((a * 7 + 3) % 11) - ((b * 7 + 3) % 11));
  for (const k of order) await chain.add(k, readOne(k, null));
  return { calls, again };
}

describe('a document that is read in ranges', () => {
  it(`gives what it gives as a whole (${CASES} documents)`, async () => {
    let readTwice = 0;
    const changes = fc.array(mutation, { maxLength: 1 });
    const lengths = fc.integer({ min: 20, max: 900 });
    const property = fc.asyncProperty(amrdefDocument, changes, lengths, async (text, list, rangeBytes) => {
      const bytes = list.reduce<Uint8Array>((all, change) => change(all), Buffer.from(text));
      const whole = await callsInRanges(bytes, bytes.length + 1);
      const inRanges = await callsInRanges(bytes, rangeBytes);
      expect(inRanges.calls).toEqual(whole.calls);
      readTwice += inRanges.again;
    });
    await fc.assert(property, { numRuns: CASES });
    expect(readTwice).toBeGreaterThan(0);
  });

  it('is not misled by a comment that holds a MeterReadings, nor by one deeper than it should be', async () => {
    const good = (id: string) =>
      `<MeterReadings><Meter SerialNumber="${id}"/><IntervalData><IntervalSpec UOM="kWh" Direction="Delivered" Interval="60"/><Reading TimeStamp="2026-11-20 01:00:00" RawReading="1"/></IntervalData></MeterReadings>`;
    const comment = `<!-- ${good('GHOST')} -->`;
    const deep = `<Bag>${good('DEEP')}</Bag>`;
    const bytes = Buffer.from(`<AMRDEF version="7.5">${good('A')}${comment}${deep}${good('B')}</AMRDEF>`);
    for (let rangeBytes = 10; rangeBytes < bytes.length; rangeBytes += 7) {
      const { calls } = await callsInRanges(bytes, rangeBytes);
      const meters = calls.flatMap((call) => /^record <(\w+)>/.exec(call)?.[1] ?? []);
      expect(meters).toEqual(['A', 'B']);
      expect(calls.filter((call) => call.startsWith('rejected'))).toHaveLength(1);
    }
  });
});
