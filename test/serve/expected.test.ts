import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { expectedOf, sourceNight, sourceSuccess } from '../../src/serve/expected.js';
import type { NightSummary } from '../../src/watch/night-book.js';

const run = (files: number, received: number, more: Record<string, number> = {}) =>
  ({
    sources: [
      {
        name: 'north',
        files,
        bytes: 1,
        received,
        accepted: received,
        replaced: 0,
        waiting: 0,
        rejected: 0,
        duplicates: 0,
        ...more,
      },
      { name: 'south', files: 9, received: 999 },
    ],
  }) as unknown as NightSummary;

describe('what is expected of a source', () => {
  it('is the median of its nights, of the last 14, as sorting by hand finds it', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 50 }), { maxLength: 20 }), (counts) => {
        // Two runs a night; nights without a file do not count.
        const nights = counts.map((files) => [run(files, files * 10, { duplicates: files }), run(0, 0)]);
        const known = counts.filter((files) => files > 0).slice(-14);
        const expected = expectedOf(nights, 'north');
        expect(expected === null).toBe(known.length < 3);
        if (known.length < 3) return;
        const below = known.filter((files) => files <= expected!.files).length;
        const above = known.filter((files) => files >= expected!.files).length;
        expect(known).toContain(expected!.files);
        expect(Math.min(below, above) * 2).toBeGreaterThanOrEqual(known.length - 1);
        expect([expected!.reads, expected!.nights]).toEqual([expected!.files * 9, known.length]);
      }),
    );
  });

  it('NIGHTS_MAX: fourteen nights count, the one before them does not', () => {
    const nights = (count: number) => Array.from({ length: count }, () => [run(1, 10)]);
    expect(expectedOf(nights(14), 'north')!.nights).toBe(14);
    expect(expectedOf(nights(15), 'north')!.nights).toBe(14);
  });
});

describe('success of a source', () => {
  const night = (received: number, more: Record<string, number>) =>
    sourceNight([run(1, received, more)], 'north');
  const expected = { files: 1, reads: 200, nights: 5 };
  it('is what came good, of what is expected, or of what came where that is more', () => {
    const came = night(100, { accepted: 80, waiting: 10, rejected: 6, replaced: 4 });
    expect(sourceSuccess(came, expected)).toBe(45);
    expect(sourceSuccess(came, { ...expected, reads: 50 })).toBe(90);
    expect(sourceSuccess(came, null)).toBe(90);
  });
  it('counts a repeat neither for nor against', () => {
    expect(sourceSuccess(night(120, { accepted: 100, duplicates: 20 }), null)).toBe(100);
  });
  it('is 0 where nothing came, and unknown where nothing was expected either', () => {
    expect(sourceSuccess(night(0, { accepted: 0 }), expected)).toBe(0);
    expect(sourceSuccess(night(0, { accepted: 0 }), null)).toBeNull();
  });
});
