import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Finding, FindingBuffer } from '../../src/conformance/finding-buffer.js';
import { FindingCollector, findingsPerFile } from '../../src/conformance/finding-collector.js';
import { RULES } from '../../src/conformance/rules.js';

const SEVERITIES = ['info', 'warning', 'error'] as const;

/** Ranges of a file, each with findings on rising lines; few rules, so that caps are met. */
const ranges = fc.array(
  fc.record({
    lines: fc.integer({ min: 40, max: 60 }),
    found: fc
      .array(
        fc.record({
          rule: fc.nat(2),
          severity: fc.integer({ min: 1, max: 3 }),
          line: fc.integer({ min: 1, max: 40 }),
        }),
        { maxLength: 30 },
      )
      .map((found) => found.sort((a, b) => a.line - b.line)),
  }),
  { minLength: 1, maxLength: 12 },
);

/** What a reader with endless memory would keep: the worst first, then those that stand first in the file. */
function expectedOf(all: { rule: number; severity: number; line: number }[], keptMax: number) {
  const kept = [0, 1, 2].flatMap((rule) =>
    [3, 2, 1]
      .flatMap((severity) => all.filter((one) => one.rule === rule && one.severity === severity))
      .slice(0, keptMax),
  );
  const place = new Map(all.map((one, i) => [one, i]));
  return kept
    .sort((a, b) => place.get(a)! - place.get(b)!)
    .map(({ rule, severity, line }) => ({
      code: RULES[rule]!.code,
      severity: SEVERITIES[severity - 1],
      line,
    }));
}

describe('findings of a file', () => {
  it('are the same in whatever order its ranges come', () => {
    fc.assert(
      fc.property(
        ranges,
        fc.constantFrom(0, 1, 4, 1_000),
        fc.infiniteStream(fc.nat()),
        (file, keptMax, dice) => {
          const all: { rule: number; severity: number; line: number }[] = [];
          let before = 0;
          const packed = file.map(({ lines, found }) => {
            const buffer = new FindingBuffer(keptMax);
            for (const { rule, severity, line } of found) {
              buffer.add(rule, severity, line, 1, 0, -1, new Uint8Array(0), 0, 0, 0, 0);
              all.push({ rule, severity, line: line + before });
            }
            before += lines;
            return buffer.pack();
          });
          const order = file.map((_, range) => ({ range, die: dice.next().value! }));
          order.sort((a, b) => a.die - b.die);
          const collector = new FindingCollector(keptMax);
          for (const { range } of order) collector.addRange(range, packed[range]!, file[range]!.lines);
          const { findings, counts, valid, truncated } = collector.finish();
          expect(findings.map(({ code, severity, line }) => ({ code, severity, line }))).toEqual(
            expectedOf(all, keptMax),
          );
          for (const rule of [0, 1, 2]) {
            const ofRule = all.filter((one) => one.rule === rule);
            const count = counts[RULES[rule]!.code];
            expect(count?.count ?? 0).toBe(ofRule.length);
            if (count === undefined) continue;
            expect(count.severity).toBe(SEVERITIES[Math.max(...ofRule.map(({ severity }) => severity)) - 1]);
            const bySeverity = count.bySeverity ?? { [count.severity]: count.count };
            for (const [i, name] of SEVERITIES.entries())
              expect(bySeverity[name] ?? 0).toBe(ofRule.filter(({ severity }) => severity === i + 1).length);
          }
          expect(valid).toBe(all.every(({ severity }) => severity < 3));
          expect(truncated).toBe(findings.length < all.length);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('are fewer of each file where there are many files', () => {
    const kept = [1, 20, 40, 10_000].map((files) => findingsPerFile(1_000, files));
    expect(kept).toEqual([1_000, 1_000, 500, 10]);
    expect(findingsPerFile(100_000, 1)).toBe(100_000);
    expect(findingsPerFile(3, 10_000)).toBe(3);
    expect(findingsPerFile(0, 1)).toBe(0);
  });

  it('are invalid for an error that stands behind a thousand milder findings of the same code', () => {
    const buffer = new FindingBuffer(5);
    for (let line = 1; line <= 1_000; line++) buffer.add(0, 2, line, 1, 1, -1, new Uint8Array(0), 0, 0, 0, 0);
    buffer.add(0, 3, 1_001, 1, 1, -1, new Uint8Array(0), 0, 0, 0, 0);
    const collector = new FindingCollector(5);
    collector.addRange(0, buffer.pack(), 1_001);
    const { valid, findings } = collector.finish();
    expect(valid).toBe(false);
    expect(findings.map(({ line }) => line)).toEqual([1, 2, 3, 4, 1_001]);
  });

  it('across records stand at their own lines; those of the whole file come first', () => {
    const buffer = new FindingBuffer(5);
    buffer.add(0, 3, 2, 7, 1, -1, new Uint8Array(0), 0, 0, 0, 0);
    const collector = new FindingCollector(5);
    collector.addRange(1, buffer.pack(), 10);
    const finding: Finding = {
      code: 'vee/missing',
      severity: 'warning',
      line: 0,
      column: 0,
      field: 0,
      meterId: 'M1',
      stamp: null,
      message: 'one',
    };
    for (const line of [12, 11, 0]) collector.add({ ...finding, line });
    collector.count('vee/missing', 'info', 40);
    collector.addRange(0, new FindingBuffer(5).pack(), 10);
    const { findings, counts, truncated } = collector.finish();
    expect(findings.map(({ code, line }) => [code, line])).toEqual([
      ['vee/missing', 0],
      ['vee/missing', 11],
      ['vee/missing', 12],
      [RULES[0]!.code, 12],
    ]);
    expect(counts['vee/missing']).toEqual({
      severity: 'warning',
      count: 43,
      bySeverity: { info: 40, warning: 3 },
    });
    expect(truncated).toBe(true);
  });
});
