import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FindingBuffer, shownText, unpackFindings } from '../../src/conformance/finding-buffer.js';
import { RULES, ruleNumber } from '../../src/conformance/rules.js';

const SEVERITIES = ['off', 'info', 'warning', 'error'];
const TEXT_BYTES_KEPT = 40;

const finding = fc.record({
  rule: fc.nat(RULES.length - 1),
  severity: fc.integer({ min: 1, max: 3 }),
  line: fc.integer({ min: 1, max: 1_000_000 }),
  column: fc.integer({ min: 1, max: 65_536 }),
  field: fc.nat(158),
  stamp: fc.oneof(fc.constant(-1), fc.nat(500_000_000)),
  text: fc.string({ unit: 'binary', maxLength: 60 }),
  meter: fc.string({ unit: fc.constantFrom('M', '0', '-'), maxLength: 64 }),
});

/** Text with everything that is no plain ASCII as \xNN. */
function shown(bytes: Buffer): string {
  const kept = bytes.subarray(0, TEXT_BYTES_KEPT);
  const text = [...kept].map((byte) => {
    const isPlain = byte >= 0x20 && byte <= 0x7e && byte !== 0x5c;
    return isPlain ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, '0')}`;
  });
  return text.join('') + (bytes.length > kept.length ? `... (${bytes.length} bytes)` : '');
}

describe('findings of a range', () => {
  it('come back as they were found, up to so many of each rule, and all are counted', () => {
    fc.assert(
      fc.property(
        fc.array(finding, { maxLength: 90 }),
        fc.constantFrom(1, 3, 1_000),
        fc.nat(5_000),
        (found, max, before) => {
          const buffer = new FindingBuffer(max);
          const counts = RULES.map(() => 0);
          const expected: unknown[] = [];
          for (const { rule, severity, line, column, field, stamp, text, meter } of found) {
            const bytes = Buffer.from(`${meter}${text}`, 'latin1');
            const end = bytes.length;
            buffer.add(rule, severity, line, column, field, stamp, bytes, meter.length, end, 0, meter.length);
            if (++counts[rule]! > max) continue;
            const offending = shown(bytes.subarray(meter.length));
            const { code, title } = RULES[rule]!;
            expected.push({
              ...{ code, severity: SEVERITIES[severity], line: line + before, column, field },
              meterId: meter === '' ? null : meter,
              stamp: stamp < 0 ? null : `${new Date(stamp * 60_000).toISOString().slice(0, 16)}Z`,
              message: offending === '' ? title : `${title}: "${offending}"`,
            });
          }
          // Findings are sent between threads.
          const packed = structuredClone(buffer.pack());
          expect([...packed.counts]).toEqual(counts);
          expect(unpackFindings(packed, before)).toEqual(expected);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('may have no place and are counted all the same', () => {
    const buffer = new FindingBuffer(10);
    buffer.count(ruleNumber('vee/missing'), 7);
    buffer.count(ruleNumber('vee/missing'));
    const packed = buffer.pack();
    expect(packed.counts[ruleNumber('vee/missing')]).toBe(8);
    expect(unpackFindings(packed, 0)).toEqual([]);
  });

  it('show no byte that could do harm on a terminal', () => {
    const bytes = Buffer.from('\u001b[31m\\n\u0000\u00e9"', 'latin1');
    expect(shownText(bytes, 0, bytes.length, bytes.length)).toBe('\\x1b[31m\\x5cn\\x00\\xe9"');
  });
});
