import { createHash } from 'node:crypto';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { UNITS } from '../../../src/model/units.js';
import { openRegister, type RegisterSlice } from '../../../src/store/register/meter-register.js';
import { importRegister } from '../../../src/store/register/register-import.js';

const ZONE_MINUTES = -300;
const COLUMNS = [
  'meter_id',
  'sdp_id',
  'units',
  'interval_minutes',
  'multiplier',
  'register_digits',
  'maximum_kwh',
  'service_class',
  'active_from',
  'active_to',
] as const;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'register-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A row as the test means it, with values in the register's own scales. */
interface Row {
  meterId: string;
  sdpId: string;
  units: string;
  intervalMinutes: number;
  multiplier: number;
  registerDigits: number;
  maximumKwh: number;
  serviceClass: string;
  activeFrom: number | null;
  activeTo: number | null;
  timeStyle: number;
}

const ID_ALPHABET = [...'0123456789ABab-_.~! '];
const id = (least: number) =>
  fc
    .array(fc.constantFrom(...ID_ALPHABET), { minLength: least, maxLength: 64 })
    .map((letters) => letters.join('').trim())
    .filter((text) => text.length >= least);
/** Ids that share long beginnings, or are one another's beginning. */
const meterId = fc.oneof(
  id(1),
  fc.nat(30).map((n) => `ON00000000000${n}`),
  fc.nat(12).map((n) => 'X'.repeat(n + 1)),
);
const units = fc.constantFrom('KWH', 'KWHREG', 'GKWH', 'KVARH', '$', 'VOLTS');
const MINUTES_OF_2100 = 68_374_080;

const channel = fc.record({
  meterId,
  units,
  cuts: fc.uniqueArray(fc.integer({ min: 0, max: MINUTES_OF_2100 }), { minLength: 1, maxLength: 4 }),
  openFrom: fc.boolean(),
  openTo: fc.boolean(),
  rest: fc.array(
    fc.record({
      sdpId: id(0),
      intervalMinutes: fc.constantFrom(1, 5, 15, 30, 60, 120, 1440),
      multiplier: fc.oneof(fc.integer({ min: 1, max: 10_000_000 }), fc.constant(999_999_999_999_999)),
      registerDigits: fc.nat(10),
      maximumKwh: fc.integer({ min: -1, max: 10_000_000 }),
      serviceClass: fc.constantFrom('default', 'residential', 'large user', 'x'.repeat(32)),
      timeStyle: fc.nat(5),
    }),
    { minLength: 5, maxLength: 5 },
  ),
});

/** Rows of channels: the spans between the cuts, which touch but do not overlap. */
const register = fc
  .uniqueArray(channel, {
    minLength: 1,
    maxLength: 60,
    selector: ({ meterId, units }) => `${meterId}\n${units}`,
  })
  .chain((channels) => {
    const rows = channels.flatMap(({ meterId, units, cuts, openFrom, openTo, rest }): Row[] => {
      const bounds: (number | null)[] = [...cuts].sort((a, b) => a - b);
      if (openFrom || bounds.length === 1) bounds.unshift(null);
      if (openTo) bounds.push(null);
      return bounds.slice(1).map((activeTo, i) => ({
        ...rest[i]!,
        meterId,
        units,
        activeFrom: bounds[i]!,
        activeTo,
      }));
    });
    return fc.shuffledSubarray(rows, { minLength: rows.length });
  });

function timeText(minute: number | null, style: number): string {
  if (minute === null) return '';
  const utc = new Date(minute * 60_000).toISOString();
  const market = new Date((minute + ZONE_MINUTES) * 60_000).toISOString();
  const seconds = style % 2 === 0 ? '' : ':59';
  // Before 1970 in market time there is no date: such a time is written in UTC.
  if (style < 2 || market < '1970') return `${utc.slice(0, 16)}${seconds}Z`;
  if (style === 2) return `${market.slice(0, 16)}-05:00`;
  if (style === 3) return market.slice(0, 16);
  if (market.slice(11, 16) === '00:00') return style === 4 ? market.slice(0, 10) : compact(market, 8);
  return style === 4 ? compact(market, 12) : `${compact(market, 12)}07`;
}
const compact = (iso: string, digits: number) => iso.replace(/\D/g, '').slice(0, digits);

function decimalText(value: number): string {
  const digits = String(value).padStart(6, '0');
  return `${digits.slice(0, -5)}.${digits.slice(-5)}`;
}

function textsOf(row: Row): Record<string, string> {
  return {
    meter_id: row.meterId,
    sdp_id: row.sdpId,
    units: row.units,
    interval_minutes: row.intervalMinutes === 60 ? '' : String(row.intervalMinutes),
    multiplier: row.multiplier === 100_000 ? '' : decimalText(row.multiplier),
    register_digits: row.registerDigits === 0 ? '' : String(row.registerDigits),
    maximum_kwh: row.maximumKwh < 0 ? '' : decimalText(row.maximumKwh),
    service_class: row.serviceClass === 'default' ? '' : row.serviceClass,
    active_from: timeText(row.activeFrom, row.timeStyle),
    active_to: timeText(row.activeTo, row.timeStyle),
  };
}

interface CsvStyle {
  columns: readonly string[];
  newline: string;
  mark: string;
  quoted: boolean;
  lastNewline: boolean;
}

function csvOf(rows: readonly Row[], style: CsvStyle): string {
  const cell = (text: string) => (style.quoted ? `"${text}"` : text);
  const lines = rows.map((row) => style.columns.map((name) => cell(textsOf(row)[name]!)).join(','));
  const text = [style.columns.map(cell).join(','), ...lines].join(style.newline);
  return style.mark + text + (style.lastNewline ? style.newline : '');
}

function jsonOf(rows: readonly Row[], asNumbers: boolean): string {
  const elements = rows.map((row) => {
    const element: Record<string, string | number | null> = { ...textsOf(row) };
    if (asNumbers) {
      element.interval_minutes = row.intervalMinutes;
      element.register_digits = row.registerDigits;
      element.maximum_kwh = row.maximumKwh < 0 ? null : Number(decimalText(row.maximumKwh));
      element.multiplier = Number(decimalText(row.multiplier));
      if (row.sdpId === '') delete element.sdp_id;
    }
    return element;
  });
  return JSON.stringify(elements, null, asNumbers ? 1 : undefined);
}

const bytes = (text: string) => Buffer.from(text, 'latin1');

function sorted(rows: readonly Row[]): Row[] {
  const first = Number.NEGATIVE_INFINITY;
  return [...rows].sort(
    (a, b) =>
      Buffer.compare(bytes(a.meterId), bytes(b.meterId)) ||
      (a.units < b.units ? -1 : a.units > b.units ? 1 : 0) ||
      (a.activeFrom ?? first) - (b.activeFrom ?? first),
  );
}

function rowsOf(slice: RegisterSlice): Omit<Row, 'timeStyle'>[] {
  const text = (all: Uint8Array, offsets: Int32Array, i: number) =>
    Buffer.from(all.slice(offsets[i]!, offsets[i + 1]!)).toString('latin1');
  return Array.from({ length: slice.rows }, (_, i) => ({
    meterId: text(slice.meterIdBytes, slice.meterIdOffsets, i),
    sdpId: text(slice.sdpIdBytes, slice.sdpIdOffsets, i),
    units: UNITS[slice.unitCodes[i]!]!,
    intervalMinutes: slice.intervalMinutes[i]!,
    multiplier: slice.multiplier[i]!,
    registerDigits: slice.registerDigits[i]!,
    maximumKwh: slice.maximumKwh[i]!,
    serviceClass: slice.serviceClasses[slice.serviceClass[i]!]!,
    activeFrom: slice.activeFrom[i] === -2147483648 ? null : slice.activeFrom[i]!,
    activeTo: slice.activeTo[i] === 2147483647 ? null : slice.activeTo[i]!,
  }));
}

const meant = (rows: readonly Row[]) => rows.map(({ timeStyle: _, ...row }) => row);

async function imported(
  name: string,
  content: string | Buffer,
  limits?: { runRows: number; blockRows: number },
) {
  const file = join(folder, name);
  writeFileSync(file, content);
  const result = await importRegister(
    { file, directory: join(folder, 'out'), zoneMinutes: ZONE_MINUTES },
    limits,
  );
  expect(result.sha256).toBe(createHash('sha256').update(content).digest('hex'));
  expect(result.path).toBe(join(folder, 'out', `register-${result.sha256.slice(0, 16)}.bin`));
  return result;
}

const csvStyle = fc.record({
  columns: fc.shuffledSubarray([...COLUMNS], { minLength: COLUMNS.length }),
  newline: fc.constantFrom('\n', '\r\n'),
  mark: fc.constantFrom('', '\ufeff'),
  quoted: fc.boolean(),
  lastNewline: fc.boolean(),
});
// Blocks hold five rows of a meter and unit at least six times, so that no meter is too large for one.
const limits = fc.record({
  runRows: fc.integer({ min: 1, max: 40 }),
  blockRows: fc.integer({ min: 30, max: 40 }),
});

describe('a register that was imported', () => {
  test('holds the rows of any CSV or JSON, sorted, whole and in ranges of meters', async () => {
    await fc.assert(
      fc.asyncProperty(register, csvStyle, limits, fc.boolean(), meterId, meterId, async (...drawn) => {
        const [rows, style, sizes, asNumbers, one, other] = drawn;
        const expected = sorted(rows);
        const [lower, upper] = Buffer.compare(bytes(one), bytes(other)) <= 0 ? [one, other] : [other, one];
        for (const [name, content] of [
          ['any.csv', csvOf(rows, style)],
          ['any.json', jsonOf(rows, asNumbers)],
        ] as const) {
          const result = await imported(name, content, sizes);
          const opened = openRegister(result.path);
          try {
            expect(rowsOf(opened.slice(null, null))).toEqual(meant(expected));
            const inRange = expected.filter(
              ({ meterId }) =>
                Buffer.compare(bytes(meterId), bytes(lower)) >= 0 &&
                Buffer.compare(bytes(meterId), bytes(upper)) < 0,
            );
            expect(rowsOf(opened.slice(bytes(lower), bytes(upper)))).toEqual(meant(inRange));
            expect(opened.rows).toBe(rows.length);
            expect(opened.meters).toBe(new Set(rows.map(({ meterId }) => meterId)).size);
            expect(opened.sha256).toBe(result.sha256);
          } finally {
            opened.close();
          }
        }
      }),
      { numRuns: 60 },
    );
  }, 60_000);

  test('has the defaults for columns that are not given', async () => {
    const { path } = await imported('least.csv', 'units,meter_id\nKWH,M1\n');
    const opened = openRegister(path);
    expect(rowsOf(opened.slice(null, null))).toEqual([
      {
        meterId: 'M1',
        sdpId: '',
        units: 'KWH',
        intervalMinutes: 60,
        multiplier: 100_000,
        registerDigits: 0,
        maximumKwh: -1,
        serviceClass: 'default',
        activeFrom: null,
        activeTo: null,
      },
    ]);
    opened.close();
  });

  test('is the same bytes however often and in however many runs it is imported', async () => {
    const lines = Array.from({ length: 500 }, (_, i) => `M${(i * 7919) % 500},KWH`);
    const content = `meter_id,units\n${lines.join('\n')}\n`;
    const first = await imported('same.csv', content, { runRows: 500, blockRows: 64 });
    const whole = readFileSync(first.path);
    const second = await imported('same.csv', content, { runRows: 7, blockRows: 64 });
    expect(readFileSync(second.path).equals(whole)).toBe(true);
  });

  test('comes from a compressed file, its format told by name or by content', async () => {
    const csv = 'meter_id,units\nM1,KWH\n';
    const json = '\ufeff \n[{"meter_id":"M1","units":"KWH"}]';
    for (const [name, content] of [
      ['meters.csv.gz', gzipSync(csv)],
      ['meters.gz', gzipSync(json)],
      ['meters', csv],
      ['meters.txt', json],
    ] as const) {
      expect(await imported(name, content)).toMatchObject({ rows: 1, meters: 1 });
    }
  });

  test('takes JSON numbers as other tools write them', async () => {
    const { path } = await imported(
      'floats.json',
      '[{"meter_id":12345,"units":"KWH","interval_minutes":15.0,"multiplier":1e-05,"maximum_kwh":4.8e1}]',
    );
    const opened = openRegister(path);
    expect(rowsOf(opened.slice(null, null))[0]).toMatchObject({
      meterId: '12345',
      intervalMinutes: 15,
      multiplier: 1,
      maximumKwh: 4_800_000,
    });
    opened.close();
  });

  test('is all that an import leaves; work folders of killed imports go after a day', async () => {
    const out = join(folder, 'out');
    for (const name of ['register-import-old', 'register-import-new'])
      mkdirSync(join(out, name), { recursive: true });
    const twoDaysAgo = Date.now() / 1000 - 2 * 86_400;
    utimesSync(join(out, 'register-import-old'), twoDaysAgo, twoDaysAgo);
    await imported('left.csv', 'meter_id,units\nM1,KWHREG\n');
    const folders = readdirSync(out).filter((name) => !/^register-[0-9a-f]{16}\.bin$/.test(name));
    expect(folders).toEqual(['register-import-new']);
  });

  test('is told of as it grows', async () => {
    const steps: string[] = [];
    const file = join(folder, 'progress.csv');
    const content = 'meter_id,units\nM1,KWH\n';
    writeFileSync(file, content);
    await importRegister({
      file,
      directory: join(folder, 'out'),
      zoneMinutes: 0,
      onProgress: ({ step, done, total }) => steps.push(`${step} ${done}/${total}`),
    });
    expect(steps).toEqual([`read ${content.length}/${content.length}`]);
  });
});
