import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type NumberResult, parseNumber } from '../../../src/formats/cmep/number.js';
import { parseInterval, parseStamp } from '../../../src/formats/cmep/stamp.js';
import { GOOD_FIELDS, lineOf, readFile, settingsFor } from './hand-made-lines.js';
import { plainNumber, plainRecords } from './plain-values.js';

const VALUE_MAX = 999_999_999_999_999n;
const digits = (lengthMax: number) =>
  fc.array(fc.nat(9), { minLength: 1, maxLength: lengthMax }).map((list) => list.join(''));
const sign = fc.constantFrom('', '', '-', '+');
const plainDecimal = fc.tuple(sign, digits(10), fc.option(digits(5))).map(([first, whole, fraction]) => {
  return `${first}${whole}${fraction === null ? '' : `.${fraction}`}`;
});
const anyNumber = fc.oneof(
  plainDecimal,
  fc.tuple(sign, digits(4), digits(10)).map(([first, whole, fraction]) => `${first}${whole}.${fraction}`),
  fc
    .tuple(sign, digits(5), fc.constantFrom('e', 'E', 'd', 'D'), fc.integer({ min: -9, max: 9 }))
    .map(([first, whole, letter, exponent]) => `${first}${whole[0]}.${whole.slice(1)}${letter}${exponent}`),
  fc.nat(0xffff_ffff).map((n) => `H${n.toString(16)}`),
  fc.constantFrom(
    '.5',
    '5.',
    '-0',
    '-0.000005',
    '-0.000015',
    '0.000005',
    '-0.0000050001',
    '1E-6',
    '5E-6',
    '-5E-6',
  ),
);

describe('numbers', () => {
  it('are those of BigInt arithmetic, rounded half up', () => {
    const out: NumberResult = { value: 0, decimals: 0, rounded: false };
    fc.assert(
      fc.property(anyNumber, (text) => {
        fc.pre(text.length <= 16);
        const bytes = Buffer.from(`9${text}9`, 'latin1');
        const fault = parseNumber(bytes, 1, bytes.length - 1, out);
        const expected = plainNumber(text);
        const magnitude = expected.value < 0n ? -expected.value : expected.value;
        if (magnitude > VALUE_MAX) expect(fault).toBeGreaterThanOrEqual(0);
        else {
          expect(fault).toBe(-1);
          expect([BigInt(out.value), out.decimals]).toEqual([expected.value, expected.decimals]);
          expect(Object.is(out.value, -0)).toBe(false);
        }
      }),
      { numRuns: 10_000 },
    );
  });
});

describe('times', () => {
  it('are those of Date.UTC, and none for digits that are no time', () => {
    const part = fc.tuple(
      fc.integer({ min: 1965, max: 3003 }),
      fc.nat(13),
      fc.nat(32),
      fc.oneof(fc.nat(23), fc.nat(99)),
      fc.oneof(fc.nat(59), fc.nat(99)),
    );
    fc.assert(
      fc.property(part, ([year, month, day, hour, minute]) => {
        const two = (n: number) => String(n).padStart(2, '0');
        const text = `${year}${two(month)}${two(day)}${two(hour)}${two(minute)}`;
        const date = new Date(Date.UTC(year, month - 1, day, hour, minute));
        const isReal = date.toISOString().slice(0, 16).replace(/[-:T]/g, '') === text;
        const expected = isReal && year >= 1971 && year <= 2999 ? date.getTime() / 60_000 : -1;
        expect(parseStamp(Buffer.from(text), 0, 12)).toBe(expected);
      }),
      { numRuns: 10_000 },
    );
    for (const text of ['20261120060', '2026112006000', '2026-1120060', '            ', '20261120 600']) {
      expect(parseStamp(Buffer.from(text), 0, text.length)).toBe(-1);
    }
  });

  it('are intervals where they divide the hour or the day', () => {
    for (let minutes = 0; minutes <= 2 * 1440; minutes++) {
      const [days, rest] = [Math.floor(minutes / 1440), minutes % 1440];
      const text = [0, days, Math.floor(rest / 60), rest % 60]
        .map((n) => String(n).padStart(2, '0'))
        .join('');
      const divides =
        minutes > 0 &&
        minutes <= 1440 &&
        (60 % minutes === 0 || (minutes % 60 === 0 && 1440 % minutes === 0));
      expect(parseInterval(Buffer.from(text), 0, 8)).toBe(minutes === 0 || divides ? minutes : -1);
    }
    expect(parseInterval(Buffer.from('00000060'), 0, 8)).toBe(60);
    expect(parseInterval(Buffer.from('01000100'), 0, 8)).toBe(-1);
  });
});

interface Form {
  profile: string;
  delimiter: string;
  flags: string[];
  /** Flag of a read without a value. */
  missing: string;
  /** Fields that are not those of all dialects. */
  fields?: Record<number, string>;
  /** Whether the meter stands in field 6. */
  inField6?: boolean;
  /** Field 13 of a register record. */
  registerInterval?: string;
}
const FORMS: Form[] = [
  { profile: 'cmep-1.20', delimiter: ',', flags: ['', 'R', 'E', 'A'], missing: 'N' },
  { profile: 'mdmr', delimiter: ',', flags: ['', 'R', 'E', 'A'], missing: 'N' },
  { profile: 'sensus', delimiter: ',', flags: ['R0', 'R4', 'E32', 'R', ''], missing: 'N32' },
  {
    ...{ profile: 'sensus', delimiter: ',', flags: ['R0', 'R4', 'E32'], missing: 'N32', inField6: true },
    fields: { 2: '20080501', 4: 'UTILITY:100001' },
  },
  {
    ...{ profile: 'smartsynch', delimiter: ',', flags: ['R 00 00', 'E 01 00', ''], missing: 'N 00 00' },
    fields: { 5: 'MDMR ' },
  },
  {
    ...{ profile: 'twacs', delimiter: ',', flags: ['A', 'A0', ''], missing: 'N0' },
    registerInterval: '00000000',
  },
  { profile: 'yukon', delimiter: ',', flags: ['R 00 00', 'E 00 01'], missing: 'N 00 00' },
  { profile: 'tab', delimiter: '\t', flags: ['R', 'R4', 'R 00 00', ''], missing: 'N' },
];

const FIRST_MINUTE = Date.UTC(2026, 10, 20) / 60_000;
const stampText = (minute: number) =>
  new Date(minute * 60_000).toISOString().slice(0, 16).replace(/[-:T]/g, '');

const read = fc.record({ flag: fc.nat(4), value: anyNumber, missing: fc.integer({ min: 0, max: 9 }) });

const record = fc.record({
  meter: fc.nat(99),
  units: fc.constantFrom('KWH', 'KWHREG', 'NKWH', 'GKVARH'),
  interval: fc.constantFrom(15, 30, 60),
  first: fc.nat(200),
  implied: fc.boolean(),
  isResend: fc.boolean(),
  constant: fc.constantFrom('', '1', '0.5', '40.00001', '1E1'),
  reads: fc.oneof(
    { weight: 9, arbitrary: fc.array(read, { minLength: 1, maxLength: 5 }) },
    { weight: 1, arbitrary: fc.array(read, { minLength: 24, maxLength: 48 }) },
  ),
  quoted: fc.integer({ min: 0, max: 20 }),
  blanks: fc.boolean(),
  end: fc.constantFrom('\r\n', '\r\n', '\n', '\r'),
});

/** The line of a record that has no fault worse than a warning; what cannot be a value becomes 1.5. */
function lineFor(form: Form, given: typeof record extends fc.Arbitrary<infer T> ? T : never): string {
  const isRegister = given.units.endsWith('REG');
  const fields: Record<number, string | null> = {
    ...form.fields,
    ...(form.inField6 ? { 6: `M${given.meter}`, 8: '' } : { 8: `M${given.meter}` }),
    9: given.isResend ? 'RESEND' : 'OK',
    11: given.units,
    12: given.constant,
    13: isRegister ? (form.registerInterval ?? '') : `000000${String(given.interval).padStart(2, '0')}`,
    14: String(given.reads.length),
    18: null,
  };
  if (given.interval === 60 && !isRegister) fields[13] = '00000100';
  for (const [k, read] of given.reads.entries()) {
    const minute = FIRST_MINUTE + (given.first + k) * given.interval;
    const isBig =
      read.value.length > 16 || Math.abs(Number(plainNumber(read.value).value)) > 999_999_999_999_999;
    fields[15 + k * 3] = given.implied && k > 0 && !isRegister ? '' : stampText(minute);
    fields[16 + k * 3] = read.missing === 0 ? form.missing : form.flags[read.flag % form.flags.length]!;
    fields[17 + k * 3] = read.missing === 0 ? '' : isBig ? '1.5' : read.value;
  }
  if (given.blanks) fields[17] = `  ${fields[17]} `;
  if (given.quoted < 18 && given.quoted > 2)
    fields[given.quoted] = `"${(fields[given.quoted] ?? GOOD_FIELDS[given.quoted] ?? '').trim()}"`;
  return lineOf(fields, form.delimiter) + given.end;
}

const textOf = (records: unknown) =>
  JSON.stringify(records, (_, value) => (typeof value === 'bigint' ? `${value}` : value));

describe('well-formed files', () => {
  it('say the same to csv-parse, Date and BigInt', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...FORMS),
        fc.array(record, { minLength: 1, maxLength: 4 }),
        fc.constantFrom(0, -300, 330),
        (form, records, zoneMinutes) => {
          const text = records.map((given) => lineFor(form, given)).join('');
          const found = readFile(text, settingsFor(form.profile, { zoneMinutes }));
          expect(found.rejected).toEqual([]);
          const plain = plainRecords(text, form.delimiter, zoneMinutes);
          const ours = found.records.map(({ line: _, constant, reads, ...rest }) => ({
            ...rest,
            constant: BigInt(constant),
            reads: reads.map((read) => ({ ...read, value: read.value === null ? null : BigInt(read.value) })),
          }));
          // Compared as texts first: that is quick, and what differs is shown as what it is.
          if (textOf(ours) !== textOf(plain)) expect(ours).toEqual(plain);
        },
      ),
      { numRuns: 10_000 },
    );
  });
});
