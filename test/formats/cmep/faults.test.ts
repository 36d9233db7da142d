import { describe, expect, it } from 'vitest';
import { CMEP_FAULTS, type CmepFaultCode } from '../../../src/formats/cmep/faults.js';
import { type CmepSettings, SEVERITY } from '../../../src/formats/cmep/settings.js';
import { lineOf, readFile, settingsFor } from './hand-made-lines.js';

type Changes = Record<number, string | null>;

interface Case {
  code: CmepFaultCode;
  /** Changes of the good record that show the fault, or whole lines; and what is next to it but right. */
  bad: Changes | string;
  good: Changes | string;
  field: number;
  /** Where the fault is told, byte of the line from 1; left out = where the field begins. */
  column?: number;
  profile?: string;
  settings?: Partial<CmepSettings>;
}

/** Column of the line end of the good record, and of the end of one that is cut off before field 14. */
const GOOD_END = lineOf().length + 1;
const CUT_END = lineOf({ 14: null }).length + 1;
const register = { 11: 'KWHREG', 13: '' };
const longLine = (bytes: number) => `${lineOf().padEnd(bytes - 2)}\r\n`;
const CASES: Case[] = [
  { code: 'cmep/unknown-record-type', bad: { 1: 'MLA01' }, good: { 1: ' MEPMD01 ' }, field: 1 },
  {
    code: 'cmep/unknown-record-type',
    bad: { 1: 'MLA02' },
    good: { 1: 'MEPMD01' },
    field: 1,
    profile: 'sensus',
  },
  { code: 'cmep/unsupported-record-type', bad: { 1: 'MEPRR01' }, good: {}, field: 1 },
  { code: 'cmep/unsupported-record-type', bad: { 1: 'MEPMD02' }, good: {}, field: 1 },
  { code: 'cmep/record-version', bad: { 2: '20080501' }, good: { 2: '19970819' }, field: 2 },
  { code: 'cmep/line-too-long', bad: longLine(2049), good: longLine(2048), field: 0, column: 1 },
  { code: 'cmep/line-ending', bad: `${lineOf()}\n`, good: `${lineOf()}\r\n`, field: 0, column: GOOD_END },
  { code: 'cmep/line-ending', bad: `${lineOf()}\r`, good: `${lineOf()}\r\n\r\n`, field: 0, column: GOOD_END },
  { code: 'cmep/missing-final-newline', bad: lineOf(), good: `${lineOf()}\r\n`, field: 0, column: GOOD_END },
  { code: 'cmep/not-ascii', bad: { 3: 'NOR\u0007TH' }, good: { 3: 'NOR~TH' }, field: 0, column: 21 },
  { code: 'cmep/not-ascii', bad: { 3: 'NOR\u007f' }, good: { 3: 'N O' }, field: 0, column: 21 },
  { code: 'cmep/not-ascii', bad: { 3: 'NOR\u00e9' }, good: {}, field: 0, column: 21 },
  { code: 'cmep/field-too-long', bad: { 3: 'N'.repeat(17) }, good: { 3: 'N'.repeat(16) }, field: 3 },
  { code: 'cmep/field-too-long', bad: { 8: 'M'.repeat(13) }, good: { 8: ` ${'M'.repeat(12)} ` }, field: 8 },
  {
    code: 'cmep/field-too-long',
    bad: { 16: 'R000000000000' },
    good: { 16: 'R000000' },
    field: 16,
    profile: 'sensus',
  },
  { code: 'cmep/missing-field', bad: { 9: '  ' }, good: { 3: '', 5: '' }, field: 9 },
  { code: 'cmep/missing-field', bad: { 14: null }, good: { 14: '0', 15: null }, field: 14, column: CUT_END },
  { code: 'cmep/missing-field', bad: { 1: '' }, good: {}, field: 1 },
  { code: 'cmep/missing-meter-id', bad: { 8: '', 6: 'M1' }, good: { 8: 'M1' }, field: 8 },
  { code: 'cmep/missing-meter-id', bad: { 8: '' }, good: { 8: '', 6: 'M1' }, field: 8, profile: 'sensus' },
  { code: 'cmep/bad-timestamp', bad: { 7: '202611312400' }, good: { 7: '202611302359' }, field: 7 },
  { code: 'cmep/bad-timestamp', bad: { 15: '202611202400', 18: '202611210100' }, good: {}, field: 15 },
  { code: 'cmep/bad-timestamp', bad: { 15: '20261120060' }, good: { 15: '"202611200600"' }, field: 15 },
  {
    code: 'cmep/bad-interval',
    bad: { 13: '00000007', 14: '1', 18: null },
    good: { 13: '00000100' },
    field: 13,
  },
  { code: 'cmep/bad-interval', bad: { 13: '00000000' }, good: { 13: '' }, field: 13 },
  {
    code: 'cmep/bad-interval',
    bad: { 13: '00000007' },
    good: { 13: '00000000' },
    field: 13,
    profile: 'twacs',
  },
  { code: 'cmep/bad-interval', bad: { 13: '01000000' }, good: { 13: '' }, field: 13 },
  {
    code: 'cmep/interval-not-allowed',
    bad: { 13: '00000030', 18: '202611200630' },
    good: {},
    field: 13,
    settings: { intervalsMinutes: [60, 15] },
  },
  { code: 'cmep/bad-count', bad: { 14: '2.5' }, good: { 14: '+2' }, field: 14 },
  { code: 'cmep/bad-count', bad: { 14: '-2' }, good: { 14: 'H2' }, field: 14 },
  { code: 'cmep/count-exceeds-48', bad: reads(49), good: reads(48), field: 14 },
  { code: 'cmep/count-mismatch', bad: { 14: '3' }, good: { 14: '2' }, field: 14 },
  { code: 'cmep/count-mismatch', bad: { 14: '1' }, good: {}, field: 14 },
  { code: 'cmep/first-stamp-missing', bad: { 15: '' }, good: { 18: '' }, field: 15 },
  {
    code: 'cmep/implied-stamp-without-interval',
    bad: { ...register, 18: '' },
    good: { ...register, 13: '00000100', 18: '' },
    field: 18,
  },
  {
    code: 'cmep/stamp-not-aligned',
    bad: { 15: '202611200601' },
    good: { 13: '', 15: '202611200601' },
    field: 15,
  },
  {
    code: 'cmep/stamp-not-aligned',
    bad: { 13: '00000200', 14: '1', 15: '202611200700', 18: null },
    good: { 13: '00000200', 14: '1', 15: '202611200600', 18: null },
    field: 15,
  },
  {
    code: 'cmep/stamp-not-aligned',
    bad: { 13: '00010000', 14: '1', 15: '202611200701', 18: null },
    good: { 13: '00010000', 14: '1', 15: '202611200700', 18: null },
    field: 15,
  },
  { code: 'cmep/stamp-order', bad: { 18: '202611200600' }, good: { 18: '202611200700' }, field: 18 },
  { code: 'cmep/stamp-order', bad: { 18: '202611200500' }, good: { 18: '' }, field: 18 },
  {
    code: 'cmep/stamp-gap',
    bad: { 18: '202611200800' },
    good: { ...register, 13: '00000100', 18: '202611200800' },
    field: 18,
  },
  {
    code: 'cmep/stamp-in-future',
    bad: { 18: '202612010200' },
    good: { 15: '202612010000', 18: '' },
    field: 18,
  },
  { code: 'cmep/bad-quality-flag', bad: { 16: 'X' }, good: { 16: '' }, field: 16 },
  { code: 'cmep/bad-quality-flag', bad: { 16: 'R4' }, good: { 16: 'E' }, field: 16 },
  {
    code: 'cmep/bad-quality-flag',
    bad: { 16: 'R262144' },
    good: { 16: 'R262143' },
    field: 16,
    profile: 'sensus',
  },
  { code: 'cmep/bad-number', bad: { 17: '1.2.3' }, good: { 17: '1.' }, field: 17 },
  { code: 'cmep/bad-number', bad: { 17: 'HXYZ' }, good: { 17: 'HABC' }, field: 17 },
  { code: 'cmep/bad-number', bad: { 17: '1E' }, good: { 17: '1E1' }, field: 17 },
  { code: 'cmep/bad-number', bad: { 12: 'abc' }, good: { 12: '1D0' }, field: 12 },
  {
    code: 'cmep/number-too-long',
    bad: { 17: '00000000000001.25' },
    good: { 17: '0000000000001.25' },
    field: 17,
  },
  { code: 'cmep/number-too-long', bad: { 17: '10000000000' }, good: { 17: '9999999999.99999' }, field: 17 },
  { code: 'cmep/too-many-decimals', bad: { 17: '1.234567' }, good: { 17: '1.23456' }, field: 17 },
  { code: 'cmep/value-missing', bad: { 17: '' }, good: { 16: 'N', 17: '' }, field: 17 },
  { code: 'cmep/value-with-n-flag', bad: { 16: 'N' }, good: { 16: 'E' }, field: 17 },
  {
    code: 'cmep/number-too-long',
    bad: { 14: '00000000000000002' },
    good: { 14: '0000000000000002' },
    field: 14,
  },
  { code: 'cmep/number-too-long', bad: { 12: '1.000000000000000' }, good: { 12: '1.000' }, field: 12 },
  { code: 'cmep/bad-number', bad: { 17: 'h1F' }, good: { 17: 'H1f' }, field: 17 },
  {
    code: 'cmep/negative-consumption',
    bad: { 10: 'G', 11: 'CCF', 17: '-0.001' },
    good: { 10: 'G', 11: 'GASREG', 17: '-0.001' },
    field: 17,
  },
  {
    code: 'cmep/negative-consumption',
    bad: { 11: 'SKWH', 17: '-1' },
    good: { 11: 'KW', 17: '-1' },
    field: 17,
  },
  { code: 'cmep/negative-consumption', bad: { 17: '-0.001' }, good: { 11: 'NKWH', 17: '-0.001' }, field: 17 },
  { code: 'cmep/unknown-purpose', bad: { 9: 'ok' }, good: { 9: 'HISTORY' }, field: 9 },
  { code: 'cmep/unknown-commodity', bad: { 10: 'EG' }, good: { 10: 'E' }, field: 10 },
  { code: 'cmep/unknown-units', bad: { 11: 'KWHX' }, good: { 11: 'GKWH' }, field: 11 },
  { code: 'cmep/unknown-commodity', bad: { 10: 'W', 11: 'CCF' }, good: {}, field: 10, profile: 'mdmr' },
  { code: 'cmep/unknown-units', bad: { 11: 'KW' }, good: {}, field: 11, settings: { units: ['KWH'] } },
  { code: 'cmep/units-commodity-mismatch', bad: { 11: 'CCF' }, good: { 10: 'W', 11: 'CCF' }, field: 11 },
  { code: 'cmep/units-commodity-mismatch', bad: { 10: 'W', 11: 'THERM' }, good: { 11: 'PULSE' }, field: 11 },
  { code: 'cmep/units-commodity-mismatch', bad: { 10: 'G' }, good: { 10: 'G', 11: 'CCF' }, field: 11 },
  { code: 'cmep/bad-quoting', bad: { 3: '"NOR"TH' }, good: { 3: '"NOR,TH"' }, field: 3, column: 19 },
  { code: 'cmep/bad-quoting', bad: { 3: 'NO"RTH' }, good: { 3: ' "NORTH" ' }, field: 3 },
  { code: 'cmep/bad-quoting', bad: { 20: '"0.750' }, good: { 20: '"0.750"' }, field: 20, column: 105 },
  { code: 'cmep/extra-fields', bad: { 21: 'X' }, good: { 21: 'H9E74' }, field: 21 },
  { code: 'cmep/extra-fields', bad: { 21: '', 22: '', 23: '', 24: '' }, good: { 21: ' ' }, field: 21 },
  { code: 'cmep/bad-crc', bad: { 17: '1.260', 21: 'H9E74' }, good: { 21: 'H9E74' }, field: 21 },
  { code: 'cmep/extra-fields', bad: { 21: '', 22: '' }, good: { 21: '' }, field: 21 },
];

/** Changes that give the record so many hours from 2026-11-18T00:00Z on. */
function reads(count: number): Changes {
  const changes: Changes = { 14: String(count) };
  for (let k = 0; k < count; k++) {
    const stamp = new Date(Date.UTC(2026, 10, 18, k)).toISOString();
    changes[15 + k * 3] = stamp.slice(0, 16).replace(/[-:T]/g, '');
    changes[16 + k * 3] = 'R';
    changes[17 + k * 3] = '1.250';
  }
  return changes;
}

const asText = (given: Changes | string) => (typeof given === 'string' ? given : `${lineOf(given)}\r\n`);

/** Byte at which a field's text begins, from 1, found without the reader. */
function columnOf(changes: Changes, field: number): number {
  const before = field === 1 ? '' : `${lineOf({ ...changes, [field]: null })},`;
  const text = changes[field] ?? '';
  return before.length + 1 + (text.length - text.trimStart().length);
}

describe('faults', () => {
  it.each(CASES)('$code in $bad, not in $good', ({ code, bad, good, field, column, profile, settings }) => {
    const used = settingsFor(profile ?? 'cmep-1.20', settings);
    const severity = used.severities[CMEP_FAULTS.indexOf(code)]!;
    // A good line before it: the line's number counts, and the quick path has something to go by.
    const isLineEnd = typeof bad === 'string';
    const found = readFile(`${lineOf()}\r\n${asText(bad)}`, used);
    const faults = found.faults.filter((fault) => fault.code === code);
    expect(faults).toHaveLength(1);
    const where = column ?? columnOf(isLineEnd ? {} : bad, field);
    expect(faults[0]).toMatchObject({ line: 2, column: where, field });
    if (code !== 'cmep/unsupported-record-type') expect(faults[0]!.severity).toBe(severity);
    const isRejected = faults[0]!.severity === SEVERITY.error;
    expect(found.rejected.map(({ line, text }) => ({ line, text }))).toEqual(
      isRejected ? [{ line: 2, text: asText(bad) }] : [],
    );
    const near = readFile(`${lineOf()}\r\n${asText(good)}`, used);
    expect(near.faults.filter((fault) => fault.code === code)).toEqual([]);
    expect(near.records).toHaveLength(2);
  });

  it('each have a case', () => {
    const covered = new Set<string>(CASES.map(({ code }) => code));
    expect(CMEP_FAULTS.filter((code) => !covered.has(code))).toEqual([]);
  });

  it('of the protocol are all off where the profile says so, and the record is read', () => {
    const settings = settingsFor('cmep-1.20', { severities: CMEP_FAULTS.map(() => SEVERITY.off) });
    const found = readFile(`${lineOf({ 2: '1', 10: 'G', 17: '1.234567' })}\n`, settings);
    expect(found.faults).toEqual([]);
    expect(found.records[0]!.reads.map(({ value }) => value)).toEqual([123_457, 75_000]);
  });
});

describe('what a fault takes with it', () => {
  it('is the record, counted by the reads begun on it', () => {
    const found = readFile(`${lineOf({ 16: 'X' })}\r\n${lineOf({ 8: '' })}\r\n`, settingsFor('cmep-1.20'));
    expect(found.records).toEqual([]);
    expect(found.rejected.map(({ reads, first }) => [reads, first])).toEqual([
      [2, 'cmep/bad-quality-flag'],
      [2, 'cmep/missing-meter-id'],
    ]);
  });

  it('is the triple alone where the source says so', () => {
    const settings = settingsFor('cmep-1.20', { rejectTriples: true });
    const found = readFile(`${lineOf({ 17: 'x' })}\r\n${lineOf({ 9: 'x', 17: 'x' })}\r\n`, settings);
    expect(found.rejected.map(({ line, reads }) => [line, reads])).toEqual([
      [1, 1],
      [2, 2],
    ]);
    expect(found.records.map(({ line, reads }) => [line, reads.map(({ value }) => value)])).toEqual([
      [1, [75_000]],
    ]);
  });

  it('is nothing for alarms of a vendor and for types without reads', () => {
    const found = readFile('MLA01,x\r\nMEPEC01,y\r\n', settingsFor('sensus'));
    expect(found.rejected).toEqual([]);
    expect(found.passedOver).toBe(2);
    expect(found.faults.map(({ code, severity }) => [code, severity])).toEqual([
      ['cmep/unknown-record-type', SEVERITY.warning],
      ['cmep/unsupported-record-type', SEVERITY.info],
    ]);
  });

  it('is a line of time-of-use reads with its reads', () => {
    const line = `${lineOf({ 1: 'MEPMD02', 15: 'a', 16: '2', 17: 'TOTAL', 18: 'R', 19: '1', 20: 'ON-PEAK' })},R,2`;
    const found = readFile(`${line}\r\n`, settingsFor('cmep-1.20'));
    expect(found.rejected.map(({ reads, first }) => [reads, first])).toEqual([
      [2, 'cmep/unsupported-record-type'],
    ]);
  });
});

describe('fields after the reads that are counted', () => {
  it('are no reads: only the one thing is told', () => {
    for (const tail of [
      { 21: 'X' },
      { 21: '', 22: '' },
      { 21: '', 22: '', 23: '' },
      { 21: 'X', 22: 'H0000' },
    ]) {
      const { faults } = readFile(`${lineOf(tail)}\r\n`, settingsFor('cmep-1.20'));
      expect(faults.map(({ code, field }) => [code, field])).toEqual([['cmep/extra-fields', 21]]);
    }
    const whole = { 21: '202611200800', 22: 'R', 23: '1' };
    const { faults } = readFile(`${lineOf(whole)}\r\n`, settingsFor('cmep-1.20'));
    expect(faults.map(({ code, field }) => [code, field])).toEqual([['cmep/count-mismatch', 14]]);
  });
});

describe('records without reads', () => {
  it('have fields of at most 256 characters', () => {
    const codes = (bytes: number) =>
      readFile(`MEPEC01,${'x'.repeat(bytes)}\r\n`, settingsFor('cmep-1.20')).faults.map(({ code }) => code);
    expect(codes(256)).toEqual(['cmep/unsupported-record-type']);
    expect(codes(257)).toEqual(['cmep/field-too-long', 'cmep/unsupported-record-type']);
  });
});

describe('what a profile cannot switch off', () => {
  it('is an error where nothing could be read, or a read would be lost', () => {
    const off = settingsFor('cmep-1.20', { severities: CMEP_FAULTS.map(() => SEVERITY.off) });
    const long = readFile(`${lineOf({ 8: 'M'.repeat(65) })}\r\n`, { ...off, fieldBytes: off.fieldBytes });
    expect(long.rejected.map(({ first }) => first)).toEqual(['cmep/field-too-long']);
    expect(readFile(`${lineOf({ 8: 'M'.repeat(64) })}\r\n`, off).records).toHaveLength(1);
    const timeOfUse = readFile(`${lineOf({ 1: 'MEPMD02' })}\r\n`, off);
    expect(timeOfUse.rejected.map(({ first }) => first)).toEqual(['cmep/unsupported-record-type']);
  });
});

describe('tolerance of a dialect', () => {
  it('moves stamps of intervals to the grid, told as information, and leaves registers', () => {
    const settings = settingsFor('sensus');
    const off = { 15: '202611200602', 18: '202611200658' };
    const found = readFile(
      `${lineOf(off)}\r\n${lineOf({ ...off, ...register, 13: '00000100' })}\r\n`,
      settings,
    );
    const told = found.faults.filter(({ code }) => code === 'cmep/stamp-not-aligned');
    expect(told.map(({ severity, field }) => [severity, field])).toEqual([
      [SEVERITY.info, 15],
      [SEVERITY.info, 18],
      [SEVERITY.info, 15],
      [SEVERITY.info, 18],
    ]);
    const six = Date.UTC(2026, 10, 20, 6) / 60_000;
    expect(found.records.map(({ reads }) => reads.map(({ stamp }) => stamp - six))).toEqual([
      [0, 60],
      [2, 58],
    ]);
    const far = readFile(`${lineOf({ 15: '202611200606' })}\r\n`, settings);
    expect(far.faults.filter(({ code }) => code === 'cmep/stamp-not-aligned')[0]!.severity).toBe(
      SEVERITY.warning,
    );
  });
});
