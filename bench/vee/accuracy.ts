import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { meterKey } from '../../src/generate/hash.js';
import { createLoadModel, isCommercial } from '../../src/generate/load-shape.js';
import { EST_OFFSET_MINUTES, readDayOf, readDayStart } from '../../src/model/time.js';
import { kindOfDay, ontarioCalendar } from '../../src/vee/calendar.js';
import { READ_DAY } from '../night-day.js';
import { generateDay, importDay, newRegisters, runDay, veeFolder } from './vee-folder.js';

const SLOTS = 24;
const HISTORY_DAYS = 35;
const MISSING_RATE = 0.02;
const SEED = 1;
/** Values are compared in watt-hours. */
const GRID_PER_KWH = 1000;

/** Errors of one method, and of a flat share of what is missing for the same slots, in percent of the day's mean. */
interface Errors {
  slots: number;
  ours: number;
  flat: number;
}

/** True values of a meter's day, from the generator's model itself. */
function trueDays(): (meterId: string) => Int32Array {
  const load = createLoadModel(SEED, 60, GRID_PER_KWH);
  load.turnTo(READ_DAY);
  const values = new Int32Array(SLOTS);
  return (meterId) => {
    load.fill(meterKey(SEED, Number(meterId.slice(1))), values);
    return values;
  };
}

/** Class load profiles of the days before: the mean of meters that are not in the night. */
function writeProfiles(path: string, meters: number): void {
  const load = createLoadModel(SEED, 60, GRID_PER_KWH);
  const values = new Int32Array(SLOTS);
  const calendar = ontarioCalendar();
  const sums = new Map<string, number[]>();
  for (let day = READ_DAY - HISTORY_DAYS; day < READ_DAY; day++) {
    load.turnTo(day);
    for (let meter = meters; meter < meters + 500; meter++) {
      const key = meterKey(SEED, meter);
      if (isCommercial(key)) continue;
      load.fill(key, values);
      const kind = kindOfDay(day, calendar);
      const sum = sums.get(kind) ?? new Array<number>(SLOTS).fill(0);
      sums.set(kind, sum);
      for (let i = 0; i < SLOTS; i++) sum[i]! += values[i]!;
    }
  }
  const lines = [...sums].flatMap(([kind, sum]) => {
    const total = sum.reduce((all, one) => all + one, 0);
    return sum.map((one, i) => {
      return `default,${kind},${String(i + 1).padStart(2, '0')}:00,${((one * 100) / total).toFixed(3)}`;
    });
  });
  writeFileSync(path, `service_class,kind_of_day,ends,weight\n${lines.join('\n')}\n`);
}

/** Compares the lines of an estimates file with the truth. */
function compare(path: string, truthOf: (meterId: string) => Int32Array, errors: Map<string, Errors>): void {
  const lines = readFileSync(path, 'latin1').trimEnd().split('\n').slice(1);
  const start = readDayStart(READ_DAY, EST_OFFSET_MINUTES);
  for (let from = 0; from < lines.length; ) {
    const meterId = lines[from]!.slice(0, lines[from]!.indexOf(','));
    let end = from;
    while (end < lines.length && lines[end]!.startsWith(`${meterId},`)) end++;
    const truth = truthOf(meterId);
    const mean = truth.reduce((sum, value) => sum + value, 0) / SLOTS;
    const rows = lines.slice(from, end).map((line) => line.split(','));
    const places = rows.map(([, , stamp]) => {
      const minutes = Date.parse(stamp!) / 60_000;
      if (readDayOf(minutes, EST_OFFSET_MINUTES) !== READ_DAY) throw new Error(`${stamp} is of another day`);
      return (minutes - start) / 60 - 1;
    });
    const flat = places.reduce((sum, i) => sum + truth[i]!, 0) / places.length;
    for (const [k, [, , , , , value, method, , scale]] of rows.entries()) {
      const name = `${method}${scale === '' ? '' : ', scaled'}`;
      const sum = errors.get(name) ?? { slots: 0, ours: 0, flat: 0 };
      errors.set(name, sum);
      sum.slots++;
      sum.ours += (Math.abs(Number(value) * GRID_PER_KWH - truth[places[k]!]!) / mean) * 100;
      sum.flat += (Math.abs(flat - truth[places[k]!]!) / mean) * 100;
    }
    from = end;
  }
}

export interface AccuracyRow {
  method: string;
  slots: number;
  errorPercent: number;
  flatPercent: number;
}

/**
 * How far estimates lie from the truth that the generator withheld: a night with 2 % of its slots missing, with
 * 35 days of history, without it but with a class load profile, and with nothing but the register.
 */
export async function measureAccuracy(workFolder: string, meters: number): Promise<AccuracyRow[]> {
  const truthOf = trueDays();
  const errors = new Map<string, Errors>();
  const profiles = join(workFolder, 'profiles.csv');
  writeProfiles(profiles, meters);
  for (const way of ['history', 'profile', 'register'] as const) {
    const vee = way === 'profile' ? { loadProfiles: profiles } : {};
    const folder = veeFolder(join(workFolder, way), vee);
    const registers = newRegisters(meters);
    if (way === 'history') {
      for (let day = READ_DAY - HISTORY_DAYS; day < READ_DAY; day++) {
        importDay(folder, await generateDay(join(workFolder, 'past'), day, meters, 0, registers), day);
      }
    }
    const gaps = await generateDay(join(workFolder, 'gaps'), READ_DAY, meters, MISSING_RATE, registers);
    const { report } = runDay(folder, gaps, READ_DAY, 1);
    const path = join(folder.directory, 'state', 'reports', report.runId, 'estimates.csv');
    const own = new Map<string, Errors>();
    compare(path, truthOf, own);
    // Lines of one method are the same in all three ways but for its own: each is told once.
    for (const [name, sum] of own) if (!errors.has(name)) errors.set(name, sum);
  }
  return [...errors].map(([method, { slots, ours, flat }]) => ({
    method,
    slots,
    errorPercent: ours / slots,
    flatPercent: flat / slots,
  }));
}
