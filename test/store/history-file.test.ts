import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tableFromIPC } from 'apache-arrow';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { UNITS } from '../../src/model/units.js';
import { channelOfText, channelText, seekKey } from '../../src/store/history-columns.js';
import { DayBuilder, RegisterBuilder, readDayFile, readRegisterFile } from '../../src/store/history-file.js';
import {
  byBytes,
  CHANNELS,
  compareRows,
  type DayRow,
  dayRows,
  meterId,
  putRow,
  rowsOf,
} from './history-rows.js';

const directory = mkdtempSync(join(tmpdir(), 'readmill-history-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));
const path = join(directory, 'day.arrow');

/** Builders are used again for another day; this one has held a day of other values before. */
const used = new DayBuilder();

function roundTrip(rows: DayRow[], slotsExpected?: number, inOneGo = false): DayRow[] {
  const builder = slotsExpected === undefined ? used : new DayBuilder(slotsExpected);
  builder.clear();
  for (const row of rows) putRow(builder, row, inOneGo);
  writeFileSync(path, Buffer.concat(builder.finish()));
  return rowsOf(readDayFile(path));
}

describe('day files', () => {
  it('hold rows as they were put in, whatever the values and the room to begin with', () => {
    fc.assert(
      fc.property(
        dayRows,
        fc.constantFrom(undefined, 1, 100),
        fc.boolean(),
        (rows, slotsExpected, inOneGo) => {
          expect(roundTrip(rows, slotsExpected, inOneGo)).toEqual(rows);
        },
      ),
      { numRuns: 200 },
    );
  });

  it('hold several thousand rows, of which one late value does not fit 32 bits', () => {
    const rows = Array.from({ length: 5_000 }, (_, i): DayRow => {
      const slots = Array.from({ length: 24 }, (_, k) => ({
        value: i * 24 + k,
        meta: (i % 300) * 2048 + 3,
        state: k % 6,
      }));
      const meter = `M${String(i).padStart(3 + (i % 2) * 9, '0')}`;
      return {
        meter,
        channel: i % CHANNELS,
        intervalMinutes: 60,
        settled: i % 2,
        created: i,
        resend: 0,
        slots,
      };
    });
    rows.sort(compareRows);
    expect(roundTrip(rows)).toEqual(rows);
    rows[4_500]!.slots[5]!.value = 2 ** 40 + 1;
    expect(roundTrip(rows, 1 << 10)).toEqual(rows);
  });

  it('tell apart more qualities than an index of 16 bits can name, or refuse them', () => {
    const slots = Array.from({ length: 70_000 }, (_, k) => ({ value: k, meta: k * 2048 + 3, state: 1 }));
    const row = { meter: 'M1', channel: 4, intervalMinutes: 5, settled: 0, created: 5, resend: 0, slots };
    let found: DayRow[] | null = null;
    try {
      found = roundTrip([row]);
    } catch {
      // Refusing them is as good.
    }
    if (found !== null) expect(found[0]!.slots[69_999]).toEqual(slots[69_999]);
  });

  it('open as plain Arrow tables, with texts for meters and channels', () => {
    const slots = [{ value: 125_000, meta: 3, state: 1 }];
    const row = {
      channel: channelOfText('KWH/E'),
      intervalMinutes: 60,
      settled: 1,
      created: 5,
      resend: 0,
      slots,
    };
    roundTrip([
      { ...row, meter: 'M1' },
      { ...row, meter: 'M2', channel: channelOfText('KWHREG/E') },
    ]);
    const table = tableFromIPC(readFileSync(path));
    const rows = table.toArray().map((one) => [one.meter_id, one.channel, [...one.values]]);
    expect(rows).toEqual([
      ['M1', 'KWH/E', [125_000]],
      ['M2', 'KWHREG/E', [125_000]],
    ]);
  });

  it.each([
    ['nothing', Buffer.alloc(0)],
    ['text', Buffer.from('meter_id,value\n')],
    ['a file of registers', Buffer.concat(new RegisterBuilder().finish())],
  ])('are refused where they hold %s', (_, bytes) => {
    writeFileSync(path, bytes);
    expect(() => readDayFile(path)).toThrowError(
      expect.objectContaining({ code: 'READMILL_HISTORY_DAMAGED' }),
    );
  });

  it('are refused where they are cut off', () => {
    const builder = new DayBuilder();
    const slots = [{ value: 125_000, meta: 3, state: 1 }];
    putRow(builder, {
      meter: 'M1',
      channel: 4,
      intervalMinutes: 60,
      settled: 1,
      created: 5,
      resend: 0,
      slots,
    });
    const whole = Buffer.concat(builder.finish());
    for (let length = 0; length < whole.length; length += 7) {
      writeFileSync(path, whole.subarray(0, length));
      expect(() => readDayFile(path), `${length} bytes`).toThrowError(
        expect.objectContaining({ code: 'READMILL_HISTORY_DAMAGED' }),
      );
    }
  });
});

describe('register files', () => {
  it('hold rows as they were put in', () => {
    const row = fc.record({
      meter: meterId,
      channel: fc.nat(CHANNELS - 1),
      stamp: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
      value: fc.integer({ min: -999_999_999_999_999, max: 999_999_999_999_999 }),
      meta: fc.nat(2 ** 31 - 1),
    });
    const check = (
      rows: { meter: string; channel: number; stamp: number; value: number; meta: number }[],
    ) => {
      rows.sort(compareRows);
      const builder = new RegisterBuilder();
      for (const { meter, channel, stamp, value, meta } of rows) {
        builder.row(Buffer.from(meter, 'latin1'), 0, meter.length, channel, stamp, value, meta);
      }
      writeFileSync(path, Buffer.concat(builder.finish()));
      const columns = readRegisterFile(path);
      expect(columns.rowCount).toBe(rows.length);
      for (const [i, expected] of rows.entries()) {
        const id = columns.meterBytes.slice(columns.meterOffsets[i], columns.meterOffsets[i + 1]);
        expect({
          meter: Buffer.from(id).toString('latin1'),
          channel: columns.channels[i],
          stamp: columns.stamps[i],
          value: columns.values[i],
          meta: columns.metas[i],
        }).toEqual(expected);
      }
    };
    fc.assert(fc.property(fc.array(row, { maxLength: 30 }), check), { numRuns: 100 });
    check(
      Array.from({ length: 5_000 }, (_, i) => ({
        meter: `M${i}`,
        channel: 4,
        stamp: i,
        value: i * 1e10,
        meta: 3,
      })),
    );
  });
});

describe('keys', () => {
  it('are found where a look at every row finds them', () => {
    const key = fc.record({
      meter: fc.oneof(meterId, fc.constant('')),
      channel: fc.integer({ min: -1, max: CHANNELS }),
    });
    fc.assert(
      fc.property(dayRows, key, fc.nat(30), fc.nat(40), (rows, wanted, startAt, copyOf) => {
        const sought = rows.length > 0 && copyOf < rows.length ? { ...rows[copyOf]! } : wanted;
        const offsets = Int32Array.from([0, ...rows.map(({ meter }) => meter.length)]);
        for (let i = 1; i < offsets.length; i++) offsets[i]! += offsets[i - 1]!;
        const keys = {
          rowCount: rows.length,
          meterBytes: Buffer.from(rows.map(({ meter }) => meter).join(''), 'latin1'),
          meterOffsets: offsets,
          channels: Uint8Array.from(rows, ({ channel }) => channel),
        };
        const start = Math.min(startAt, rows.length);
        const bytes = Buffer.from(`<${sought.meter}>`, 'latin1');
        let expected = start;
        while (expected < rows.length && compareRows(rows[expected]!, sought) < 0) expected++;
        expect(seekKey(keys, start, bytes, 1, bytes.length - 1, sought.channel)).toBe(expected);
      }),
      { numRuns: 2_000 },
    );
  });

  it('have texts for all channels that can be read again', () => {
    for (let channel = 0; channel < CHANNELS; channel++) {
      expect(channelOfText(channelText(channel))).toBe(channel);
    }
    for (const text of ['', 'KWH', 'KWH/', '/E', 'KWH/EG', 'kwh/E', 'KWH/X', `${UNITS[0]}/E/E`.slice(1)]) {
      expect(channelOfText(text)).toBe(-1);
    }
    expect(byBytes('A', 'AB')).toBeLessThan(0);
  });
});
