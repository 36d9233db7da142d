import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FLAG_FORM_BARE, FLAG_FORM_GROUPS, FLAG_FORM_MASK } from '../../../src/formats/cmep/settings.js';
import { CmepWriter, stampTable, stampText } from '../../../src/formats/cmep/writer.js';
import {
  FORM_BARE,
  FORM_GROUPS,
  FORM_MASK,
  LETTERS,
  metaWord,
  NO_DECIMALS,
} from '../../../src/model/quality.js';
import { channelCode, UNITS, unitCode } from '../../../src/model/units.js';
import { readFile, settingsFor } from './hand-made-lines.js';

const VALUE_MAX = 999_999_999_999_999;
const HEADER = { sender: 'ORG00001', receiver: 'ORG00000', created: '202611210600' };
const INTERVALS = [0, 1, 5, 15, 30, 60, 120, 360, 1440];

/** Flag text and its meta word without decimals. */
const flag = fc.oneof(
  fc.constant({ text: '', meta: 0 }),
  fc
    .integer({ min: 1, max: 3 })
    .map((letter) => ({ text: LETTERS[letter]!, meta: metaWord(0, letter, FORM_BARE) })),
  fc
    .tuple(fc.integer({ min: 1, max: 3 }), fc.nat(2 ** 18 - 1), fc.integer({ min: 1, max: 7 }))
    .map(([letter, mask, width]) => {
      const digits = Math.max(width, String(mask).length);
      const text = LETTERS[letter]! + String(mask).padStart(digits, '0');
      return { text, meta: metaWord(0, letter, FORM_MASK, digits, mask) };
    }),
  fc.tuple(fc.integer({ min: 1, max: 3 }), fc.nat(99), fc.nat(99)).map(([letter, a, b]) => {
    const two = (n: number) => String(n).padStart(2, '0');
    const text = `${LETTERS[letter]} ${two(a)} ${two(b)}`;
    return { text, meta: metaWord(0, letter, FORM_GROUPS, 0, a * 100 + b) };
  }),
);

/** A value on the grid of its decimals, or none. */
const reading = fc.integer({ min: 0, max: 6 }).chain((decimals) => {
  if (decimals === 6) return fc.constant({ decimals: NO_DECIMALS, value: 0 });
  const grid = 10 ** (5 - decimals);
  const most = Math.floor(VALUE_MAX / grid);
  const units = fc.oneof(
    fc.integer({ min: 0, max: 10_000 }),
    fc.integer({ min: -1000, max: 1000 }),
    fc.integer({ min: -most, max: most }),
    fc.integer({ min: most - 5, max: most }),
    fc.constantFrom(999_999, 1_000_000, 9_999_999_999, 10_000_000_000).filter((n) => n <= most),
  );
  return units.map((n) => ({ decimals, value: n * grid === 0 ? 0 : n * grid }));
});

const record = fc.record({
  meter: fc.string({ unit: fc.constantFrom(...'ABCXYZ0123456789-_.'), minLength: 1, maxLength: 12 }),
  resend: fc.boolean(),
  unit: fc.nat(UNITS.length - 1),
  commodity: fc.nat(3),
  constant: fc.oneof(fc.constant(100_000), fc.integer({ min: 1, max: 10 ** 11 })),
  interval: fc.constantFrom(...INTERVALS),
  day: fc.nat(100_000),
  implied: fc.boolean(),
  reads: fc.array(fc.record({ flag, reading }), { minLength: 1, maxLength: 48 }),
});
type Written = typeof record extends fc.Arbitrary<infer T> ? T : never;

/** Text of a value with so many decimals, by BigInt. */
function valueText(value: number, decimals: number): string {
  if (decimals === NO_DECIMALS) return '';
  const units = BigInt(value) / 10n ** BigInt(5 - decimals);
  const digits = String(units < 0n ? -units : units).padStart(decimals + 1, '0');
  const point = digits.length - decimals;
  return `${value < 0 ? '-' : ''}${digits.slice(0, point)}${decimals > 0 ? `.${digits.slice(point)}` : ''}`;
}

const firstStamp = (given: Written) => Date.UTC(2026, 0, 1) / 60_000 + given.day * 1440;

function write(writer: CmepWriter, given: Written, zoneMinutes: number): void {
  const { reads, interval } = given;
  const meter = Buffer.from(`<${given.meter}>`);
  const stamps = stampTable(firstStamp(given), interval || 60, reads.length, zoneMinutes);
  const channel = channelCode(given.unit, given.commodity);
  writer.header(meter, 1, meter.length - 1, given.resend, channel, given.constant, interval, reads.length);
  for (const [k, { flag, reading }] of reads.entries()) {
    const meta = flag.meta | reading.decimals;
    if (k > 0 && given.implied && interval > 0) writer.impliedTriple(meta, reading.value);
    else writer.triple(stamps, k, meta, reading.value);
  }
  writer.endLine();
}

/** What the line must hold, field by field. */
function expectedFields(given: Written, zoneMinutes: number): string[] {
  const { interval, reads } = given;
  const two = (n: number) => String(n).padStart(2, '0');
  const length = `00${two(Math.floor(interval / 1440))}${two(Math.floor((interval % 1440) / 60))}${two(interval % 60)}`;
  const constant = valueText(given.constant, 5).replace(/\.?0+$/, '');
  const fields = ['MEPMD01', '19970819', 'ORG00001', '', 'ORG00000', '', '202611210600', given.meter];
  fields.push(given.resend ? 'RESEND' : 'OK', 'EGSW'[given.commodity]!, UNITS[given.unit]!);
  fields.push(given.constant === 100_000 ? '' : constant, interval === 0 ? '' : length, String(reads.length));
  for (const [k, { flag, reading }] of reads.entries()) {
    const local = firstStamp(given) + k * (interval || 60) + zoneMinutes;
    const stamp = new Date(local * 60_000).toISOString().slice(0, 16).replace(/[-:T]/g, '');
    fields.push(k > 0 && given.implied && interval > 0 ? '' : stamp);
    fields.push(flag.text, valueText(reading.value, reading.decimals));
  }
  return fields;
}

describe('what is written', () => {
  it('is to csv-parse what was given, and to the reader the same reads', () => {
    const forms = FLAG_FORM_BARE | FLAG_FORM_MASK | FLAG_FORM_GROUPS;
    const zone = fc.constantFrom(0, -300, 60);
    fc.assert(
      fc.property(fc.array(record, { minLength: 1, maxLength: 4 }), zone, (records, zoneMinutes) => {
        const writer = new CmepWriter(HEADER);
        for (const given of records) write(writer, given, zoneMinutes);
        const text = Buffer.from(writer.bytes.subarray(0, writer.length)).toString('latin1');
        const rows: string[][] = parse(text, { relax_column_count: true, record_delimiter: '\r\n' });
        expect(rows).toEqual(records.map((given) => expectedFields(given, zoneMinutes)));

        // Values of the protocol's 16 characters at most, and none left out, can be read again.
        const readable = records.filter(({ reads }) =>
          reads.every(({ reading }) => {
            return (
              reading.decimals !== NO_DECIMALS && valueText(reading.value, reading.decimals).length <= 16
            );
          }),
        );
        const again = new CmepWriter(HEADER);
        for (const given of readable) write(again, given, zoneMinutes);
        const lines = Buffer.from(again.bytes.subarray(0, again.length)).toString('latin1');
        const settings = settingsFor('cmep-1.20', {
          ...{ zoneMinutes, flagForms: forms, latestStamp: 2 ** 31 - 1, lineBytes: 4096 },
        });
        const found = readFile(lines, settings);
        expect(found.rejected).toEqual([]);
        expect(found.records.map(({ line: _, ...rest }) => rest)).toEqual(
          readable.map((given) => ({
            meterId: given.meter,
            units: UNITS[given.unit],
            commodity: 'EGSW'[given.commodity],
            resend: given.resend,
            created: Date.UTC(2026, 10, 21, 6) / 60_000 - zoneMinutes,
            intervalMinutes: given.interval,
            constant: given.constant,
            reads: given.reads.map(({ flag, reading }, k) => ({
              stamp: firstStamp(given) + k * (given.interval || 60),
              flag: flag.text,
              value: reading.value,
              decimals: reading.decimals,
            })),
          })),
        );
      }),
      { numRuns: 400 },
    );
  });

  it('is the same where reads of one flag are written in one go', () => {
    const values = fc.array(fc.oneof(fc.nat(1_100_000), fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 })), {
      ...{ minLength: 1, maxLength: 48 },
    });
    fc.assert(
      fc.property(values, flag, fc.nat(5), fc.nat(5), (given, { meta }, decimals, skipped) => {
        const grid = 10 ** (5 - decimals);
        const column = Int32Array.from([...new Array(skipped).fill(7), ...given.map((n) => n - (n % grid))]);
        const stamps = stampTable(0, 60, given.length + 1, 0);
        const [together, apart] = [new CmepWriter(HEADER), new CmepWriter(HEADER)];
        together.triples(stamps, 1, meta | decimals, column, skipped, given.length);
        for (let k = 0; k < given.length; k++)
          apart.triple(stamps, k + 1, meta | decimals, column[skipped + k]!);
        const text = (writer: CmepWriter) =>
          Buffer.from(writer.bytes.subarray(0, writer.length)).toString('latin1');
        expect(text(together)).toBe(text(apart));
      }),
    );
  });

  it('has every whole number below 10 with three decimals as it is', () => {
    const writer = new CmepWriter(HEADER);
    const stamps = stampTable(0, 60, 1, 0);
    for (let thousandths = 0; thousandths < 10_001; thousandths++) {
      writer.length = 0;
      writer.triple(stamps, 0, 3, thousandths * 100);
      const text = Buffer.from(writer.bytes.subarray(0, writer.length)).toString('latin1');
      expect(text).toBe(`,197001010000,,${valueText(thousandths * 100, 3)}`);
    }
  });

  it('grows beyond the buffer it begins with', () => {
    const writer = new CmepWriter(HEADER);
    const stamps = stampTable(0, 60, 24, 0);
    const meter = Buffer.from('M1');
    const channel = channelCode(unitCode('KWH'), 0);
    const lines = 3000;
    for (let line = 0; line < lines; line++) {
      writer.header(meter, 0, 2, false, channel, 100_000, 60, 24);
      for (let k = 0; k < 24; k++) writer.triple(stamps, k, 3, line * 1000);
      writer.endLine();
    }
    const text = Buffer.from(writer.bytes.subarray(0, writer.length)).toString('latin1');
    const found = text.split('\r\n');
    expect(found).toHaveLength(lines + 1);
    for (const [line, given] of found.slice(0, -1).entries()) {
      expect(
        given
          .split(',')
          .slice(14)
          .filter((_, i) => i % 3 === 2),
      ).toEqual(new Array(24).fill(valueText(line * 1000, 3)));
    }
  });
});

it('writes stamps in the zone asked for', () => {
  fc.assert(
    fc.property(fc.nat(500_000_000), fc.integer({ min: -840, max: 840 }), (stamp, zoneMinutes) => {
      fc.pre(stamp + zoneMinutes >= 0);
      const iso = new Date((stamp + zoneMinutes) * 60_000).toISOString();
      expect(stampText(stamp, zoneMinutes)).toBe(iso.slice(0, 16).replace(/[-:T]/g, ''));
    }),
  );
});
