import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { stampText } from '../../../src/formats/cmep/writer.js';
import { dayNumber, readDayStart } from '../../../src/model/time.js';
import type { RunRecord, ScanOutcome } from '../../../src/pipeline/run-state.js';
import { PlainMeters } from '../../../src/pipeline/settle/plain-meters.js';
import { planSettling } from '../../../src/pipeline/settle/settle.js';
import { ReadRanks } from '../../../src/store/blocks/read-ranks.js';
import { readRegisterFile } from '../../../src/store/history/registers-file.js';
import type { Ledger } from '../../../src/store/ledger/ledger.js';
import { DEFAULT_POLICY } from '../../../src/vee/policy.js';
import { lineOf } from '../../formats/cmep/hand-made-lines.js';
import { temporaryFolder } from '../../run/night-folder.js';
import { ZONE_MINUTES } from './random-nights.js';
import { type Past, pastAfter, settle } from './settled-file.js';

const folder = temporaryFolder();
const DAY = dayNumber(2026, 11, 20);
const NO_PAST: Past = { days: [], registers: [] };

/** A record of reads that end at minutes of the read day `day`; where they follow each other stamps are left out. */
function record(day: number, meterId: string, units: string, intervalMinutes: number, minutes: number[]) {
  const triples = minutes.flatMap((minute, i) => {
    const isNext = minute - intervalMinutes === minutes[i - 1];
    return [isNext ? '' : stampText(readDayStart(day, ZONE_MINUTES) + minute, 0), 'R', '1.000'];
  });
  const interval = `0000${String(Math.floor(intervalMinutes / 60)).padStart(2, '0')}${String(intervalMinutes % 60).padStart(2, '0')}`;
  const header = {
    8: meterId,
    11: units,
    13: intervalMinutes === 0 ? '' : interval,
    14: String(minutes.length),
  };
  const fields = Object.fromEntries(triples.map((text, i) => [15 + i, text]));
  return `${lineOf({ ...header, ...fields, ...(minutes.length === 1 ? { 18: null } : {}) })}\r\n`;
}

function settled(lines: readonly string[], name: string, day: number, past = NO_PAST, historyDays = 35) {
  const file = join(folder, name);
  writeFileSync(file, lines.join(''));
  const given = { output: {}, policies: { default: { ...DEFAULT_POLICY, historyDays } } };
  return settle(file, join(folder, `out-${name}`), day, [''], [past], given, 'cmep-1.20', null);
}

it('RECORD_READS_MAX: a record that is written has forty-eight reads, what goes on is in the next', () => {
  /** How many reads the records have that are written for a day of so many slots. */
  const counts = (intervalMinutes: number, without: number[] = []) => {
    const slots = 1440 / intervalMinutes;
    const minutes = Array.from({ length: slots }, (_, i) => (i + 1) * intervalMinutes);
    const given = minutes.filter((_, i) => !without.includes(i));
    // Meters like those before them are settled in the kernel.
    const ids = Array.from({ length: 20 }, (_, i) => `M${String(i).padStart(3, '0')}`);
    const lines = ids.map((id) => record(DAY, id, 'KWH', intervalMinutes, given));
    const { batches } = settled(lines, `day-${intervalMinutes}-${without}.cmep`, DAY);
    const written = readFileSync(batches[0]!.path, 'latin1').trimEnd().split('\r\n');
    expect(written.every((line) => line.split(',').length === 14 + 3 * Number(line.split(',')[13]))).toBe(
      true,
    );
    return written.map((line) => line.split(',')[13]!).join(' ');
  };
  const all = (of: string) => new Array<string>(20).fill(of).join(' ');
  expect(counts(30)).toBe(all('48'));
  expect(counts(15)).toBe(all('48 48'));
  // A slot that is estimated lies between the others.
  expect(counts(15, [60])).toBe(all('48 48'));
  vi.spyOn(PlainMeters, 'open').mockReturnValue(null);
  expect(counts(30)).toBe(all('48'));
  expect(counts(15)).toBe(all('48 48'));
  vi.restoreAllMocks();
});

it('REGISTER_KEEP_DAYS: a register read of thirty-five days ago begins a span, one of the day before does not', () => {
  const first = settled([record(DAY, 'M1', 'KWHREG', 0, [1440])], 'first.cmep', DAY);
  const past = pastAfter(NO_PAST, first, 0);
  /** Register reads that are known of the channel after so many days. */
  const known = (days: number, historyDays: number) => {
    const day = DAY + days;
    const name = `later-${days}-${historyDays}.cmep`;
    const { history } = settled([record(day, 'M1', 'KWHREG', 0, [1440])], name, day, past, historyDays);
    const { path } = history.find((staged) => staged.kind === 'registers' && staged.day === day)!;
    const { rowCount, stamps } = readRegisterFile(path, new ReadRanks());
    return [...stamps.slice(0, rowCount)].map(
      (stamp) => (stamp - readDayStart(DAY, ZONE_MINUTES)) / 1440 - 1,
    );
  };
  expect(known(35, 7)).toEqual([0, 35]);
  expect(known(36, 7)).toEqual([36]);
  // A policy may look back further.
  expect(known(36, 36)).toEqual([0, 36]);
});

it('COMPLETE_DAY_SHARE: a day with a tenth of the records of the fullest counts for completeness, one with less does not', () => {
  const counts = (records: number, fullest: number) => {
    const run = {
      ...{ config: { state: folder, marketTimeZone: 'EST', vee: { closeAfterMinutes: 0 } }, register: null },
      ...{ nowStamp: readDayStart(DAY + 3, ZONE_MINUTES), partitionMap: { ids: [], lowers: [] } },
    } as unknown as RunRecord;
    const ledger = { list: () => [], get: () => undefined } as unknown as Ledger;
    const recordsByDay = new Map([
      [DAY, records],
      [DAY + 1, fullest],
    ]);
    planSettling(run, ledger, { recordsByDay, ranges: [] } as unknown as ScanOutcome);
    expect(run.completeDays).toContain(DAY + 1);
    return run.completeDays!.includes(DAY);
  };
  for (let records = 1; records < 100; records++) {
    expect([records, counts(records, records * 10)]).toEqual([records, true]);
    expect([records, counts(records, records * 10 + 1)]).toEqual([records, false]);
  }
});
