import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FindingBuffer, shownText, unpackFindings } from '../../src/conformance/finding-buffer.js';
import { RULES, ruleNumber } from '../../src/conformance/rules.js';

const SEVERITIES = ['off', 'info', 'warning', 'error'];
const TEXT_BYTES_KEPT = 40;
const EXCERPT_BYTES_KEPT = 160;

/** Part of a line: any bytes but those that end it. */
const part = (minLength: number, maxLength: number) =>
  fc
    .uint8Array({ minLength, maxLength })
    .map((bytes) => String.fromCharCode(...bytes.map((byte) => (byte === 10 || byte === 13 ? 0 : byte))));

/** A line as before, text at fault and after, and how it ends. */
const line = fc.record({
  before: fc.oneof(part(0, 30), part(100, 250)),
  text: fc.oneof(part(0, 60), part(150, 300)),
  after: fc.oneof(part(0, 30), part(100, 250)),
  end: fc.constantFrom('', '\n', '\r', '\r\n'),
});

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

/** Bytes with everything that is no plain ASCII as \xNN. */
function escaped(bytes: Buffer): string {
  return [...bytes]
    .map((byte) => {
      const isPlain = byte >= 0x20 && byte <= 0x7e && byte !== 0x5c;
      return isPlain ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, '0')}`;
    })
    .join('');
}

function shown(bytes: Buffer): string {
  const text = escaped(bytes.subarray(0, TEXT_BYTES_KEPT));
  return text + (bytes.length > TEXT_BYTES_KEPT ? `... (${bytes.length} bytes)` : '');
}

describe('findings of a range', () => {
  it('come back as they were found, up to so many of each rule and severity, and all are counted', () => {
    fc.assert(
      fc.property(
        fc.array(finding, { maxLength: 90 }),
        fc.constantFrom(1, 3, 1_000),
        fc.nat(5_000),
        (found, max, before) => {
          const buffer = new FindingBuffer(max);
          const counts = RULES.map(() => [0, 0, 0, 0]);
          const expected: unknown[] = [];
          for (const { rule, severity, line, column, field, stamp, text, meter } of found) {
            const bytes = Buffer.from(`${meter}${text}`, 'latin1');
            const end = bytes.length;
            buffer.add(rule, severity, line, column, field, stamp, bytes, meter.length, end, 0, meter.length);
            if (++counts[rule]![severity]! > max) continue;
            const offending = shown(bytes.subarray(meter.length));
            const { code, title } = RULES[rule]!;
            expected.push({
              ...{ code, severity: SEVERITIES[severity], line: line + before, column, field },
              meterId: meter === '' ? null : meter,
              stamp: stamp < 0 ? null : `${new Date(stamp * 60_000).toISOString().slice(0, 16)}Z`,
              message: offending === '' ? title : `${title}: "${offending}"`,
              excerpt: null,
            });
          }
          // Findings are sent between threads.
          const packed = structuredClone(buffer.pack());
          expect([...packed.counts]).toEqual(counts.map((of) => of.reduce((sum, count) => sum + count)));
          expect([...packed.countsBySeverity]).toEqual(counts.flat());
          expect(unpackFindings(packed, before)).toEqual(expected);
          const errors = unpackFindings(packed, before, (_, severity) => severity === 3);
          expect(errors).toEqual(
            expected.filter((one) => (one as { severity: string }).severity === 'error'),
          );
        },
      ),
      { numRuns: 300 },
    );
  });

  it('show their line around the place, with the text at fault marked', () => {
    fc.assert(
      fc.property(fc.array(line, { minLength: 1, maxLength: 5 }), (lines) => {
        const buffer = new FindingBuffer(10);
        for (const { before, text, after, end } of lines) {
          // A line lies among others in its buffer; what is around it must not be shown.
          const bytes = Buffer.from(`?????${before}${text}${after}${end}?????`, 'latin1');
          const from = 5 + before.length;
          const lineTo = bytes.length - 5;
          buffer.add(0, 3, 1, 1, 0, -1, bytes, from, from + text.length, 0, 0, 5, lineTo);
        }
        const found = unpackFindings(structuredClone(buffer.pack()), 0);
        const withLine = lines.filter(({ before, text, after, end }) => before + text + after + end !== '');
        expect(found.filter(({ excerpt }) => excerpt !== null)).toHaveLength(withLine.length);
        for (const [i, { before, text, after }] of lines.entries()) {
          const excerpt = found[i]!.excerpt;
          if (!excerpt) continue;
          const marked = excerpt.text.slice(excerpt.from, excerpt.to);
          const shownBefore = excerpt.text.slice(0, excerpt.from);
          const shownAfter = excerpt.text.slice(excerpt.to);
          const whole = (bytes: string) => escaped(Buffer.from(bytes, 'latin1'));
          expect(whole(text).startsWith(marked)).toBe(true);
          expect(marked === '').toBe(text === '');
          expect(whole(before).endsWith(shownBefore.replace(/^\u2026/, ''))).toBe(true);
          expect(whole(after).startsWith(shownAfter.replace(/\u2026$/, ''))).toBe(true);
          expect(shownBefore.startsWith('\u2026')).toBe(whole(before) !== shownBefore);
          expect(shownAfter.endsWith('\u2026')).toBe(whole(text + after) !== marked + shownAfter);
          if ((before + text + after).length <= EXCERPT_BYTES_KEPT)
            expect(excerpt.text).toBe(whole(before + text + after));
          const bytesShown = excerpt.text.replace(/\\x[0-9a-f]{2}/g, '?').replace(/\u2026/g, '').length;
          expect(bytesShown).toBeLessThanOrEqual(EXCERPT_BYTES_KEPT);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('mark the end of the line where something is missing there, and the line end where that is at fault', () => {
    const buffer = new FindingBuffer(10);
    const bytes = Buffer.from('MEPMD01,1\r\nnext', 'latin1');
    buffer.add(0, 3, 1, 10, 2, -1, bytes, 9, 9, 0, 0, 0, 11);
    buffer.add(0, 3, 1, 10, 2, -1, bytes, 9, 11, 0, 0, 0, 11);
    expect(unpackFindings(buffer.pack(), 0).map(({ excerpt }) => excerpt)).toEqual([
      { text: 'MEPMD01,1', from: 9, to: 9 },
      { text: 'MEPMD01,1\\x0d\\x0a', from: 9, to: 17 },
    ]);
  });

  it('beyond what is kept take no memory', () => {
    const buffer = new FindingBuffer(3);
    const bytes = Buffer.from('MEPMD01,1,2,3\r\n', 'latin1');
    const add = () => buffer.add(7, 3, 1, 9, 2, -1, bytes, 8, 9, 10, 11, 0, bytes.length);
    for (let i = 0; i < 3; i++) add();
    const { rows, text } = buffer.pack();
    for (let i = 0; i < 100_000; i++) add();
    const packed = buffer.pack();
    expect(packed.rows).toEqual(rows);
    expect(packed.text).toEqual(text);
    expect(packed.counts[7]).toBe(100_003);
  });

  it('may have no place and are counted all the same', () => {
    const buffer = new FindingBuffer(10);
    buffer.count(ruleNumber('vee/missing'), 7);
    buffer.count(ruleNumber('vee/missing'));
    const packed = buffer.pack();
    expect(packed.counts[ruleNumber('vee/missing')]).toBe(8);
    expect(packed.countsBySeverity[ruleNumber('vee/missing') * SEVERITIES.length + 2]).toBe(8);
    expect(unpackFindings(packed, 0)).toEqual([]);
  });

  it('show no byte that could do harm on a terminal', () => {
    const bytes = Buffer.from('\u001b[31m\\n\u0000\u00e9"', 'latin1');
    expect(shownText(bytes, 0, bytes.length, bytes.length)).toBe('\\x1b[31m\\x5cn\\x00\\xe9"');
  });
});
