import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { barLengths } from '../../src/conformance/report/hour-strip.js';
import { render } from '../../src/conformance/report/html-markup.js';
import { coverageStrip, dayPercent, successMark, successScaleStart } from '../../src/report/html-charts.js';
import { sampleDay } from './sample-report.js';

const attributes = (markup: string, name: string) =>
  [...markup.matchAll(new RegExp(` ${name}="([\\d.]+)%"`, 'g'))].map(([, value]) => Number(value));

describe('bars', () => {
  it('have lengths in proportion where no part is small', () => {
    expect(barLengths([50, 30, 20], 200, 0.6)).toEqual([25, 15, 10]);
    expect(barLengths([0, 0], 0, 0.6)).toEqual([0, 0]);
  });

  it('show whatever is not zero, nothing that is zero, and keep their whole', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(10_000_000), { minLength: 1, maxLength: 5 }),
        fc.nat(1_000_000),
        (counts, spare) => {
          const sum = counts.reduce((total, count) => total + count, 0);
          fc.pre(sum > 0);
          const lengths = barLengths(counts, sum + spare, 0.6);
          for (const [index, count] of counts.entries()) {
            if (count === 0) expect(lengths[index]).toBe(0);
            else expect(lengths[index]).toBeGreaterThan(0);
          }
          const drawn = lengths.reduce((total, length) => total + length, 0);
          expect(drawn).toBeLessThanOrEqual(100 + 1e-9);
          const exact = (sum / (sum + spare)) * 100;
          if (exact > 5) expect(drawn).toBeCloseTo(exact, 6);
        },
      ),
    );
  });
});

describe('coverage strip', () => {
  it('fills each hour from below to the top, and leaves hours without slots empty', () => {
    const none = Array.from({ length: 24 }, () => 0);
    const actual = none.map((_, hour) => (hour === 3 ? 60 : 0));
    const estimated = none.map((_, hour) => (hour === 3 ? 40 : 0));
    const svg = render(coverageStrip(sampleDay('2026-11-20', { actual, estimated, unresolved: none })));
    const filled = [...svg.matchAll(/<rect class="s-(actual|estimated|rejected)"[^>]*>/g)];
    expect(filled.map(([, series]) => series)).toEqual(['actual', 'estimated']);
    expect(filled.map(([rect]) => attributes(rect, 'x')[0])).toEqual([12.5, 12.5]);
    expect(filled.map(([rect]) => attributes(rect, 'y')[0])).toEqual([40, 0]);
    expect(filled.map(([rect]) => attributes(rect, 'height')[0])).toEqual([60, 40]);
    expect(svg.match(/class="s-none"/g)).toHaveLength(24);
    expect(svg).toContain('<title>03:00 to 04:00: 60 actual, 40 estimated, 0 without a value</title>');
  });
});

describe('read success scale', () => {
  it('begins below the lowest figure', () => {
    expect(successScaleStart([98, 99.4])).toBe(95);
    expect(successScaleStart([98, 95.2])).toBe(90);
    expect(successScaleStart([98, 0])).toBe(0);
  });

  it('puts a figure below the target to the left of its line', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 100, noNaN: true }), (percent) => {
        const scale = { start: successScaleStart([98, percent]), targetPercent: 98 };
        const svg = render(successMark('day', { percent, settled: true }, scale));
        const [dot] = attributes(svg, 'cx');
        const target = attributes(svg.slice(svg.indexOf('class="target"')), 'x1')[0]!;
        expect(svg).toContain(percent >= 98 ? 'class="above"' : 'class="below"');
        if (percent < 98) expect(dot).toBeLessThanOrEqual(target);
        else expect(dot).toBeGreaterThanOrEqual(target);
      }),
    );
  });

  it('has no mark for a day without slots', () => {
    const none = Array.from({ length: 24 }, () => 0);
    const day = sampleDay('2026-11-20', { actual: none, estimated: none, unresolved: none });
    expect(dayPercent(day)).toBeNull();
    const svg = render(
      successMark('day', { percent: null, settled: false }, { start: 95, targetPercent: 98 }),
    );
    expect(svg).not.toContain('<circle');
  });
});
