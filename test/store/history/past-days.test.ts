import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, expect, it } from 'vitest';
import { LETTER_RAW, metaWord, STATUS } from '../../../src/model/quality.js';
import { DayStore } from '../../../src/pipeline/settle/day-store.js';
import { emptyFacts } from '../../../src/pipeline/settle/meter-facts.js';
import { PastDays } from '../../../src/pipeline/settle/past-days.js';
import { ReadRanks } from '../../../src/store/blocks/read-ranks.js';
import { DayBuilder } from '../../../src/store/history/history-file.js';
import { totalsFile } from '../../../src/store/history/totals-file.js';
import { compareRows, type DayRow, putRow } from './history-rows.js';

const directory = mkdtempSync(join(tmpdir(), 'readmill-past-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const PLAIN = metaWord(3, LETTER_RAW);
/** Letter R with the mask of a restoration (bit 2). */
const RESTORED = metaWord(3, LETTER_RAW, 1, 1, 1 << 2);
const PASSED = 1;

const slot = fc.record({
  value: fc.constantFrom(0, 0, 0, 7, 7, 125_000, 2 ** 31 + 5, -3),
  meta: fc.oneof(
    { arbitrary: fc.constant(PLAIN), weight: 30 },
    { arbitrary: fc.constant(RESTORED), weight: 1 },
  ),
  state: fc.oneof(
    { arbitrary: fc.constant(PASSED), weight: 30 },
    { arbitrary: fc.integer({ min: 0, max: 6 }), weight: 1 },
  ),
});
const row = (meter: string) =>
  fc.constantFrom(60, 60, 360, 1440).chain((intervalMinutes) =>
    fc.record({
      meter: fc.constant(meter),
      channel: fc.constantFrom(4, 9),
      intervalMinutes: fc.constant(intervalMinutes),
      settled: fc.constantFrom(1, 1, 0),
      rank: fc.constant({ resend: 0, created: 0, file: '' }),
      slots: fc.array(slot, { minLength: 1440 / intervalMinutes, maxLength: 1440 / intervalMinutes }),
    }),
  );
const METERS = ['A', 'AB', 'B1', 'B2', 'C'];
const dayOf = fc
  .tuple(...METERS.map((meter) => fc.option(row(meter), { freq: 4 })))
  .map((rows) => rows.filter((one) => one !== null).sort(compareRows));

/** What is known of a row, in the words of docs/history.md. */
function modelOf({ slots, settled }: DayRow) {
  const isSound = ({ state, meta }: DayRow['slots'][number]) => state === PASSED && meta === PLAIN;
  const last = slots.at(-1)!;
  let run = 0;
  while (run < slots.length && isSound(slots.at(-1 - run)!) && slots.at(-1 - run)!.value === last.value)
    run++;
  return {
    worthy: settled === 1 && slots.every(isSound) ? 1 : 0,
    total: slots.reduce((sum, { value, state }) => sum + (state >= 1 && state <= 4 ? value : 0), 0),
    runSlots: run,
    runValue: run === 0 ? 0 : last.value,
  };
}

function write(rows: DayRow[], day: number) {
  const table = new ReadRanks();
  const builder = new DayBuilder(table);
  for (const one of rows) putRow(builder, table, one);
  const pieces = builder.finish();
  const path = join(directory, `${day}.arrow`);
  const totalsPath = join(directory, `${day}-totals.arrow`);
  writeFileSync(path, Buffer.concat(pieces));
  writeFileSync(
    totalsPath,
    Buffer.concat(totalsFile(builder.columns(), builder.keys, pieces, builder.knownTotals())),
  );
  return { day, path, totalsPath, isOpen: false };
}

it('tells totals and slots of past days, what this run has just written before what the files hold', () => {
  expect(STATUS.restoration).toBeGreaterThan(0);
  let looked = 0;
  fc.assert(
    fc.property(dayOf, dayOf, fc.option(row('B1')), (first, second, fresh) => {
      const days = [first, second];
      const refs = days.flatMap((rows, day) => (rows.length === 0 ? [] : [write(rows, day)]));
      const store = new DayStore(refs, '', null, 16, new ReadRanks());
      const past = new PastDays(refs, '', store);
      const facts = emptyFacts();
      for (const meter of METERS) {
        facts.meter = Buffer.from(`_${meter}_`, 'latin1');
        facts.from = 1;
        facts.to = meter.length + 1;
        if (fresh !== null && meter === 'B1') {
          const { channel, intervalMinutes, settled, slots } = fresh;
          const key = [1, facts.meter, 1, 3, channel, intervalMinutes, settled, 0, slots.length] as const;
          const builder = store.put(...key);
          for (const one of slots) builder.slot(one.value, one.meta, one.state);
        }
        for (const channel of [4, 9]) {
          facts.channel = channel;
          for (const [day, rows] of days.entries()) {
            const isFresh = day === 1 && meter === 'B1' && fresh?.channel === channel;
            const known = isFresh
              ? fresh
              : rows.find((one) => one.meter === meter && one.channel === channel);
            const interval = known?.intervalMinutes ?? 60;
            const totals = past.totalsOf(day, facts, interval);
            expect(totals).toEqual(known === undefined || known === null ? null : modelOf(known));
            expect(past.totalsOf(day, facts, 15)).toBeNull();
            const slots = past.slotsOf(day, facts);
            if (!known) expect(slots).toBeNull();
            else {
              looked++;
              const found = known.slots.map((_, i) => {
                const quality = slots!.quality[slots!.qualityAt + i]!;
                const value = slots!.values[slots!.valuesAt + i]!;
                return { value, meta: slots!.metas[quality]!, state: slots!.states[quality]! };
              });
              expect(found).toEqual(known.slots);
            }
          }
        }
      }
      past.close();
    }),
    { numRuns: 80 },
  );
  expect(looked).toBeGreaterThan(200);
});
