import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeVector, type Table, tableFromIPC, type Vector } from 'apache-arrow';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { UNITS } from '../../../src/model/units.js';
import { ReadRanks } from '../../../src/store/blocks/read-ranks.js';
import { toFile } from '../../../src/store/history/history-arrow.js';
import { channelOfText, channelText, seekKey } from '../../../src/store/history/history-columns.js';
import { DayBuilder, readDayFile } from '../../../src/store/history/history-file.js';
import { RegisterBuilder, readRegisterFile } from '../../../src/store/history/registers-file.js';
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
const RANK = { resend: 0, created: 5, file: 'north.cmep' };

/** Builders are used again for another day; this one has held a day of other values before. */
const used = new DayBuilder(new ReadRanks());

function roundTrip(rows: DayRow[], slotsExpected?: number, inOneGo = false): DayRow[] {
  const table = new ReadRanks();
  const builder = slotsExpected === undefined ? used : new DayBuilder(table, slotsExpected);
  builder.clear(table);
  for (const row of rows) putRow(builder, table, row, inOneGo);
  writeFileSync(path, Buffer.concat(builder.finish()));
  // Read by a run that knows other ranks already.
  const later = new ReadRanks();
  later.numberOf(1, 77, 'later.cmep');
  return rowsOf(readDayFile(path, later), later);
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
        rank: { resend: 0, created: i, file: `${i % 3}.cmep` },
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
    const row = { meter: 'M1', channel: 4, intervalMinutes: 5, settled: 0, rank: RANK, slots };
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
      rank: RANK,
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
    ['a file of registers', Buffer.concat(new RegisterBuilder(new ReadRanks()).finish())],
  ])('are refused where they hold %s', (_, bytes) => {
    writeFileSync(path, bytes);
    expect(() => readDayFile(path, new ReadRanks())).toThrowError(
      expect.objectContaining({ code: 'READMILL_HISTORY_DAMAGED' }),
    );
  });

  it('are refused where they are cut off', () => {
    const table = new ReadRanks();
    const builder = new DayBuilder(table);
    const slots = [{ value: 125_000, meta: 3, state: 1 }];
    putRow(builder, table, {
      meter: 'M1',
      channel: 4,
      intervalMinutes: 60,
      settled: 1,
      rank: RANK,
      slots,
    });
    const whole = Buffer.concat(builder.finish());
    for (let length = 0; length < whole.length; length += 7) {
      writeFileSync(path, whole.subarray(0, length));
      expect(() => readDayFile(path, new ReadRanks()), `${length} bytes`).toThrowError(
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
      meta: fc.constantFrom(3, 11, 2 ** 31 - 1),
      created: fc.nat(3),
    });
    const check = (
      rows: {
        meter: string;
        channel: number;
        stamp: number;
        value: number;
        meta: number;
        created: number;
      }[],
    ) => {
      rows.sort(compareRows);
      const table = new ReadRanks();
      const builder = new RegisterBuilder(table);
      for (const { meter, channel, stamp, value, meta, created } of rows) {
        const rank = table.numberOf(created % 2, created, 'a.cmep');
        builder.row(Buffer.from(meter, 'latin1'), 0, meter.length, channel, stamp, value, meta, rank);
      }
      writeFileSync(path, Buffer.concat(builder.finish()));
      const later = new ReadRanks();
      const columns = readRegisterFile(path, later);
      expect(columns.rowCount).toBe(rows.length);
      for (const [i, expected] of rows.entries()) {
        const id = columns.meterBytes.slice(columns.meterOffsets[i], columns.meterOffsets[i + 1]);
        expect({
          meter: Buffer.from(id).toString('latin1'),
          channel: columns.channels[i],
          stamp: columns.stamps[i],
          value: columns.values[i],
          meta: columns.metas[columns.quality[i]!],
          created: later.rank(columns.ranks[columns.quality[i]!]!).created,
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
        created: i,
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

/** The columns of a file but one, and others. */
function changed(bytes: Uint8Array, left: string, added: Record<string, Vector>): Record<string, Vector> {
  const table: Table = tableFromIPC(bytes);
  const names = table.schema.fields.map(({ name }) => name).filter((name) => name !== left);
  return { ...Object.fromEntries(names.map((name) => [name, table.getChild(name)!])), ...added };
}

describe('files of other versions', () => {
  const slots = [{ value: 125_000, meta: 3, state: 1 }];
  const row = { channel: 4, intervalMinutes: 1440, settled: 1, rank: RANK, slots };

  it('are read where they have one creation and one mark for a whole row', () => {
    const own = new ReadRanks();
    const builder = new DayBuilder(own);
    for (const meter of ['M1', 'M2']) putRow(builder, own, { ...row, meter });
    const created = makeVector(Int32Array.from([7, 8]));
    const resend = makeVector(Uint8Array.from([0, 1]));
    const columns = changed(Buffer.concat(builder.finish()), 'rank', { created, resend });
    writeFileSync(path, Buffer.concat(toFile(columns, 'day/1', { quality: '[[3,1]]' })));
    const table = new ReadRanks();
    expect(rowsOf(readDayFile(path, table), table)).toEqual([
      { ...row, meter: 'M1', rank: { resend: 0, created: 7, file: '' } },
      { ...row, meter: 'M2', rank: { resend: 1, created: 8, file: '' } },
    ]);
  });

  it('are read where register reads have no ranks: any other read beats them', () => {
    const own = new ReadRanks();
    const rank = own.numberOf(1, 5, 'a.cmep');
    const builder = new RegisterBuilder(own);
    const meter = Buffer.from('M1');
    for (const [stamp, value] of [[100, 5] as const, [200, 6] as const, [300, 9] as const])
      builder.row(meter, 0, 2, 4, stamp, value, 3, rank);
    const metas = makeVector(Int32Array.from([3, 11, 3]));
    const old = changed(Buffer.concat(builder.finish()), 'quality', { meta: metas });
    writeFileSync(path, Buffer.concat(toFile(old, 'registers/1', {})));
    const table = new ReadRanks();
    const columns = readRegisterFile(path, table);
    expect([...columns.values]).toEqual([5, 6, 9]);
    expect([...columns.quality].map((quality) => columns.metas[quality])).toEqual([3, 11, 3]);
    const first = table.numberOf(0, 0, 'a');
    for (const quality of columns.quality)
      expect(table.compare(first, columns.ranks[quality]!)).toBeGreaterThan(0);
  });

  it('are refused where they are later ones, with what to do', () => {
    const columns = { created: makeVector(Int32Array.from([7])) };
    writeFileSync(path, Buffer.concat(toFile(columns, 'day/3', {})));
    expect(() => readDayFile(path, new ReadRanks())).toThrowError(
      expect.objectContaining({
        code: 'READMILL_HISTORY_DAMAGED',
        message: expect.stringMatching(/day\/3.*day\/2, day\/1\. Go on with the version that wrote it/),
      }),
    );
  });
});
