import { describe, expect, it } from 'vitest';
import { LINE_BYTES_MAX, TRIPLES_MAX } from '../../../src/formats/cmep/settings.js';
import { lineOf, readFile, settingsFor } from './hand-made-lines.js';

const FIRST_STAMP = Date.UTC(2024, 0, 1, 6) / 60_000;

describe('limits of a line', () => {
  it('TRIPLES_MAX: the shortest reads that a line can hold all have room', () => {
    const headOf = (count: number) => lineOf({ 14: String(count), 15: '202401010600', 17: '1', 18: null });
    const count = Math.floor((LINE_BYTES_MAX - headOf(10_000).length - 2) / ',,,1'.length) + 1;
    expect(count).toBeGreaterThan(TRIPLES_MAX / 2);
    const line = `${headOf(count)}${',,,1'.repeat(count - 1)}\r\n`;
    expect(line.length).toBeGreaterThan(LINE_BYTES_MAX - 4);
    for (const alwaysCareful of [true, false]) {
      const settings = settingsFor('cmep-1.20', { lineBytes: LINE_BYTES_MAX });
      const { records, rejected } = readFile(line, settings, alwaysCareful);
      expect(rejected).toEqual([]);
      expect(records[0]!.reads).toHaveLength(count);
      expect(records[0]!.reads.at(-1)).toMatchObject({
        stamp: FIRST_STAMP + 60 * (count - 1),
        value: 100_000,
      });
    }
  });

  it('TRIPLES_MAX: a line of commas alone is rejected, with the reads that it could have', () => {
    const line = `${lineOf({ 15: null })}${','.repeat(LINE_BYTES_MAX - lineOf({ 15: null }).length - 2)}\r\n`;
    expect(line).toHaveLength(LINE_BYTES_MAX);
    const { records, rejected } = readFile(line, settingsFor('cmep-1.20'), true);
    expect(records).toEqual([]);
    expect(rejected).toHaveLength(1);
    expect(rejected[0]!.reads).toBeLessThanOrEqual(TRIPLES_MAX);
  });

  it.each([
    ['record type', 1, 'cmep/unknown-record-type', { vendorRecordTypes: ['T'.repeat(16)] }],
    ['version', 2, 'cmep/record-version', { versions: ['T'.repeat(16)] }],
  ] as const)(
    'TEXT_BYTES_MAX: a %s of 16 characters is known, one that goes on is not',
    (_name, field, code, changes) => {
      const settings = settingsFor('cmep-1.20', {
        ...changes,
        fieldBytes: new Array<number>(14).fill(64),
      } as object);
      const severest = (text: string) => {
        const { faults } = readFile(`${lineOf({ [field]: text })}\r\n`, settings, true);
        return Math.max(0, ...faults.filter((fault) => fault.code === code).map(({ severity }) => severity));
      };
      const beyond = severest('T'.repeat(17));
      expect(beyond).toBeGreaterThan(severest('T'.repeat(16)));
      expect(severest('T'.repeat(30))).toBe(beyond);
      expect(severest('T'.repeat(15))).toBe(beyond);
    },
  );
});
