import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ByteFile } from '../../src/generate/byte-file.js';
import { DIALECTS, meterDigits } from '../../src/generate/dialects.js';
import {
  intervalTemplate,
  registerTemplate,
  writeIntervals,
  writeRegisters,
} from '../../src/generate/quick-records.js';
import { draftLine, gridText, type RecordDraft } from '../../src/generate/record-draft.js';
import { temporaryFolder } from './written-night.js';

const CREATION_STAMP = 29_904_330;
const FIRST_STAMP = 29_902_860;

const record = fc
  .record({
    dialect: fc.constantFrom(...DIALECTS),
    intervalMinutes: fc.constantFrom(60, 30, 15),
    meter: fc.nat(999_999_999),
    isRegister: fc.boolean(),
  })
  .chain((shape) => {
    const kwhMax = shape.isRegister ? 1_000_000 : 10;
    const value = fc.nat(kwhMax * 10 ** shape.dialect.decimals - 1);
    const counts = shape.isRegister ? { minLength: 1, maxLength: 2 } : { minLength: 1, maxLength: 48 };
    return fc.record({ ...constants(shape), values: fc.array(value, counts) });
  });

function constants<T extends object>(shape: T): { [K in keyof T]: fc.Arbitrary<T[K]> } {
  const entries = Object.entries(shape).map(([name, value]) => [name, fc.constant(value)]);
  return Object.fromEntries(entries) as { [K in keyof T]: fc.Arbitrary<T[K]> };
}

it('writes what the slow way writes', () => {
  const path = join(temporaryFolder(), 'lines');
  fc.assert(
    fc.property(fc.array(record, { minLength: 1, maxLength: 20 }), (records) => {
      const file = new ByteFile(path);
      let expected = '';
      for (const { dialect, intervalMinutes, meter, isRegister, values } of records) {
        const stamps = values.map((_, k) => FIRST_STAMP + k * intervalMinutes);
        const input = { dialect, intervalMinutes, creationStamp: CREATION_STAMP, stamps };
        // One value before the first, to be passed over.
        if (isRegister)
          writeRegisters(file, registerTemplate(input), meter, Float64Array.of(7, ...values), 1);
        else writeIntervals(file, intervalTemplate(input), meter, Int32Array.of(7, ...values), 1);
        const draft: RecordDraft = {
          creationStamp: CREATION_STAMP,
          purpose: 'OK',
          isRegister,
          intervalMinutes,
          triples: values.map((value, k) => {
            return { stamp: stamps[k]!, flag: dialect.flag, value: gridText(value, dialect.decimals) };
          }),
          broken: null,
        };
        expected += `${draftLine(dialect, draft, meterDigits(meter))}\r\n`;
      }
      expect(file.close()).toBe(expected.length);
      expect(readFileSync(path, 'latin1')).toBe(expected);
    }),
    { numRuns: 60 },
  );
});

it('writes files larger than what it gathers', () => {
  const path = join(temporaryFolder(), 'large');
  const file = new ByteFile(path);
  const text = '0123456789abcdef'.repeat(100_000);
  file.writeText(text);
  file.writeText('end');
  expect(file.close()).toBe(text.length + 3);
  expect(readFileSync(path, 'latin1') === `${text}end`).toBe(true);
});
