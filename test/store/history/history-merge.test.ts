import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, expect, it } from 'vitest';
import { DayStore } from '../../../src/pipeline/settle/day-store.js';
import { ReadRanks } from '../../../src/store/blocks/read-ranks.js';
import { DayBuilder, readDayFile } from '../../../src/store/history/history-file.js';
import {
  byBytes,
  compareRows,
  type DayRow,
  dayRows,
  numberOf,
  putRow,
  putSlots,
  rowsOf,
} from './history-rows.js';

const directory = mkdtempSync(join(tmpdir(), 'readmill-merge-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const keyOf = ({ meter, channel }: DayRow) => `${channel} ${meter}`;
const isIn = (meter: string, lower: string, upper: string | null) =>
  byBytes(meter, lower) >= 0 && (upper === null || byBytes(meter, upper) < 0);

function sorted(rows: Iterable<DayRow>): DayRow[] {
  return [...rows].sort(compareRows);
}

/** Bounds of a partition: all meters, or those around one of the rows. */
const bounds = fc.record({ lowerOf: fc.nat(60), upperOf: fc.nat(60) });

it('merges new rows into the kept ones of a partition as a map does', () => {
  const two = fc.tuple(dayRows, dayRows);
  fc.assert(
    fc.property(two, two, bounds, fc.boolean(), (kept, fresh, { lowerOf, upperOf }, looksFirst) => {
      const meters = [...new Set(kept.concat(fresh).flatMap((rows) => rows.map(({ meter }) => meter)))].sort(
        byBytes,
      );
      const lower = meters[lowerOf] ?? '';
      const upper = meters.slice(meters.indexOf(lower) + 1)[upperOf] ?? null;
      const refs = kept.flatMap((rows, day) => {
        if (rows.length === 0) return [];
        const path = join(directory, `${day}.arrow`);
        // Each file was written with a table of its own.
        const own = new ReadRanks();
        const builder = new DayBuilder(own);
        for (const row of rows) putRow(builder, own, row);
        writeFileSync(path, Buffer.concat(builder.finish()));
        return [{ day, path, totalsPath: '', isOpen: rows.some(({ settled }) => settled === 0) }];
      });
      const mine = (rows: DayRow[]) => rows.filter(({ meter }) => isIn(meter, lower, upper));
      const model = kept.map((rows) => new Map(mine(rows).map((row) => [keyOf(row), row])));
      const table = new ReadRanks();
      const store = new DayStore(refs, lower, upper, 16, table);

      for (const [day, rows] of model.entries()) {
        const open = store.openRows(day);
        const found = open === null ? [] : open.rows.map((row) => rowsOf(open.columns, table)[row]!);
        expect(found).toEqual(sorted(rows.values()).filter(({ settled }) => settled === 0));
      }
      // Keys come in order, each of them on both days; new rows of one of them are put after the look.
      const asked = sorted(new Map(mine(kept.concat(fresh).flat()).map((row) => [keyOf(row), row])).values());
      for (const { meter, channel } of asked) {
        const bytes = Buffer.from(`_${meter}`, 'latin1');
        for (const day of looksFirst ? [1, 0] : [0]) {
          const { columns, row } = store.find(day, bytes, 1, bytes.length, channel);
          const expected = model[day]!.get(`${channel} ${meter}`);
          expect(row < 0 ? undefined : rowsOf(columns!, table)[row]).toEqual(expected);
        }
        for (const [day, rows] of fresh.entries()) {
          const row = rows.find((one) => one.meter === meter && one.channel === channel);
          if (row === undefined) continue;
          const { intervalMinutes, settled, rank, slots } = row;
          const key = [day, bytes, 1, bytes.length, channel] as const;
          const builder = store.put(...key, intervalMinutes, settled, numberOf(table, rank), slots.length);
          putSlots(builder, table, row);
        }
      }
      for (const [day, rows] of fresh.entries())
        for (const row of mine(rows)) model[day]!.set(keyOf(row), row);
      const written = [...store.finish()];
      expect(written.map(({ day }) => day)).toEqual([0, 1].filter((day) => mine(fresh[day]!).length > 0));
      for (const { day, bytes } of written) {
        const path = join(directory, 'new.arrow');
        writeFileSync(path, Buffer.concat(bytes));
        const read = new ReadRanks();
        expect(rowsOf(readDayFile(path, read), read)).toEqual(sorted(model[day]!.values()));
      }
      store.release();
    }),
    { numRuns: 150 },
  );
});
