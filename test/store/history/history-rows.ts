import fc from 'fast-check';
import { COMMODITIES, UNITS } from '../../../src/model/units.js';
import type { ReadRank, ReadRanks } from '../../../src/store/blocks/read-ranks.js';
import type { DayBuilder, DayColumns } from '../../../src/store/history/history-file.js';

/** One row of a day file as plain data. */
export interface DayRow {
  meter: string;
  channel: number;
  intervalMinutes: number;
  settled: number;
  rank: ReadRank;
  /** A slot without a rank of its own has that of the row. */
  slots: { value: number; meta: number; state: number; rank?: ReadRank }[];
}

export const CHANNELS = UNITS.length * COMMODITIES.length;
export const byBytes = (a: string, b: string) =>
  Buffer.compare(Buffer.from(a, 'latin1'), Buffer.from(b, 'latin1'));

/** Order of history files: meter id in bytes, then channel. */
export function compareRows(
  a: { meter: string; channel: number },
  b: { meter: string; channel: number },
): number {
  return byBytes(a.meter, b.meter) || a.channel - b.channel;
}

/** Meter ids of many lengths that begin alike, of printable ASCII. */
export const meterId = fc.oneof(
  fc.string({ unit: fc.constantFrom('A', 'B', '1'), minLength: 1, maxLength: 5 }),
  fc
    .string({ unit: fc.constantFrom('A', '~', '!'), minLength: 0, maxLength: 56 })
    .map((rest) => `METER${rest}`),
  fc
    .string({ unit: 'binary-ascii', minLength: 1, maxLength: 64 })
    .map((text) => text.replace(/[^!-~]/g, 'x')),
);

const value = fc.oneof(
  fc.integer({ min: 0, max: 500_000 }),
  fc.integer({ min: -1000, max: 1000 }),
  fc.integer({ min: -999_999_999_999_999, max: 999_999_999_999_999 }),
  fc.constantFrom(2 ** 31 - 1, 2 ** 31, -(2 ** 31), -(2 ** 31) - 1),
);
const narrow = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
const meta = fc.oneof(fc.constantFrom(0, 3, 11, 7), fc.integer({ min: 0, max: 2 ** 31 - 1 }));

const rank = fc.record({
  resend: fc.nat(1),
  created: fc.oneof(fc.constantFrom(0, 5), narrow),
  file: fc.constantFrom('', 'a.cmep', 'b, "é".cmep', 'ä€.zip!b'),
});

function slots(values: fc.Arbitrary<number>): fc.Arbitrary<DayRow['slots']> {
  const slot = fc.record(
    { value: values, meta, state: fc.integer({ min: 0, max: 5 }), rank },
    { requiredKeys: ['value', 'meta', 'state'] },
  );
  const alike = fc
    .tuple(fc.array(values, { minLength: 1, maxLength: 24 }), meta, fc.integer({ min: 0, max: 5 }))
    .map(([all, oneMeta, state]) => all.map((one) => ({ value: one, meta: oneMeta, state })));
  return fc.oneof(alike, fc.array(slot, { maxLength: 12 }));
}

function row(values: fc.Arbitrary<number>): fc.Arbitrary<DayRow> {
  return fc.record({
    meter: meterId,
    channel: fc.nat(CHANNELS - 1),
    intervalMinutes: fc.constantFrom(5, 15, 60, 1440),
    settled: fc.nat(1),
    rank,
    slots: slots(values),
  });
}

/** Rows of a day in order, each key once; values all fit 32 bits, or not. */
export const dayRows: fc.Arbitrary<DayRow[]> = fc
  .oneof(fc.array(row(value), { maxLength: 25 }), fc.array(row(narrow), { maxLength: 25 }))
  .map((rows) => {
    const unique = new Map(rows.map((one) => [`${one.channel} ${one.meter}`, one]));
    return [...unique.values()].sort(compareRows);
  });

export const numberOf = (table: ReadRanks, { resend, created, file }: ReadRank): number =>
  table.numberOf(resend, created, file);

/** Appends a row to a builder; where all its slots are alike, in one go if asked. */
export function putRow(builder: DayBuilder, table: ReadRanks, given: DayRow, inOneGo = false): void {
  const bytes = Buffer.from(`<${given.meter}>`, 'latin1');
  const { channel, intervalMinutes, settled, rank: ofRow, slots: all } = given;
  const number = numberOf(table, ofRow);
  builder.row(bytes, 1, bytes.length - 1, channel, intervalMinutes, settled, number, all.length);
  putSlots(builder, table, given, inOneGo);
}

export function putSlots(
  builder: DayBuilder,
  table: ReadRanks,
  { slots: given }: DayRow,
  inOneGo = false,
): void {
  const first = given[0];
  const isNarrow = given.every(({ value: one }) => (one | 0) === one);
  const isAlike = given.every(
    (one) => one.meta === first?.meta && one.state === first?.state && one.rank === undefined,
  );
  if (inOneGo && first !== undefined && isNarrow && isAlike) {
    const column = Int32Array.from([7, ...given.map(({ value: one }) => one)]);
    builder.slots(column, 1, given.length, first.meta, first.state);
  } else {
    for (const { value: one, meta: word, state, rank: own } of given)
      builder.slot(one, word, state, own && numberOf(table, own));
  }
}

/** The rows of a file's columns. */
export function rowsOf(columns: DayColumns, table: ReadRanks): DayRow[] {
  return Array.from({ length: columns.rowCount }, (_, row) => {
    const [from, to] = [columns.meterOffsets[row]!, columns.meterOffsets[row + 1]!];
    const [first, end] = [columns.slotOffsets[row]!, columns.slotOffsets[row + 1]!];
    return {
      meter: Buffer.from(columns.meterBytes.slice(from, to)).toString('latin1'),
      channel: columns.channels[row]!,
      intervalMinutes: columns.intervalMinutes[row]!,
      settled: columns.settled[row]!,
      rank: table.rank(columns.ranks[row]!),
      slots: Array.from({ length: end - first }, (_, i) => {
        const quality = columns.quality[first + i]!;
        const own = columns.qualityRanks[quality]!;
        return {
          value: columns.values[first + i]!,
          meta: columns.metas[quality]!,
          state: columns.states[quality]!,
          ...(own < 0 ? {} : { rank: table.rank(own) }),
        };
      }),
    };
  });
}
