import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readConfig } from '../../../src/pipeline/config/config.js';
import { reportDirectory } from '../../../src/pipeline/finish/finish.js';
import { runNight } from '../../../src/pipeline/run.js';
import { csvRows } from '../../run/cmep-lines.js';
import { exactText } from '../referee/exact.js';
import type { LoadProfile, MeterRow } from '../referee/types.js';
import type { BuiltCase, MonthCase } from './month-case.js';
import type { Parcel } from './month-reads.js';

/** What a night put out, one text a line, in no order. */
export interface NightLines {
  sent: string[];
  estimates: string[];
  review: string[];
  duplicates: string[];
  missing: string[];
  /** How many reads came, and went to each place. */
  reads: string[];
}

export const PLACES = ['received', 'accepted', 'replaced', 'waiting', 'rejected', 'duplicates'] as const;

const compactOf = (stamp: number) =>
  new Date(stamp * 60_000).toISOString().replace(/[-T:]/g, '').slice(0, 12);
const isoOf = (stamp: number) => `${new Date(stamp * 60_000).toISOString().slice(0, 16)}Z`;

const twoDigits = (n: number) => String(Math.floor(n)).padStart(2, '0');
const intervalText = (minutes: number) => `0000${twoDigits(minutes / 60)}${twoDigits(minutes % 60)}`;

function lineOf(parcel: Parcel): string {
  const { units, intervalMinutes, triples, meterId, purpose, creation } = parcel;
  const interval = units.endsWith('REG') ? '' : intervalText(intervalMinutes);
  const head = [
    'MEPMD01',
    '19970819',
    'TEST',
    '',
    'MDMR',
    '',
    compactOf(creation),
    meterId,
    purpose,
    'E',
    units,
  ];
  const reads = triples.flatMap(({ stamp, flag, value }) => [compactOf(stamp), flag, value]);
  return `${[...head, '', interval, triples.length, ...reads].join(',')}\r\n`;
}

const minuteText = (stamp: number | null) => (stamp === null ? '' : isoOf(stamp));

function registerCsv(rows: readonly MeterRow[]): string {
  const header =
    'meter_id,sdp_id,units,interval_minutes,multiplier,register_digits,maximum_kwh,service_class,active_from,active_to';
  const lines = rows.map((row) => {
    const maximum = row.maximumKwh === null ? '' : exactText(row.maximumKwh, 5);
    const digits = row.registerDigits === 0 ? '' : row.registerDigits;
    return [
      row.meterId,
      row.sdpId,
      row.units,
      row.intervalMinutes,
      exactText(row.multiplier, 5),
      digits,
      maximum,
      row.serviceClass,
      minuteText(row.activeFrom),
      minuteText(row.activeTo),
    ].join();
  });
  return [header, ...lines, ''].join('\n');
}

function profilesCsv(profiles: readonly LoadProfile[]): string {
  const lines = profiles.flatMap(({ serviceClass, kindOfDay, intervalMinutes, weights }) =>
    weights.map((weight, i) => {
      const end = (i + 1) * intervalMinutes;
      return `${serviceClass},${kindOfDay},${twoDigits(end / 60)}:${twoDigits(end % 60)},${weight}`;
    }),
  );
  return ['service_class,kind_of_day,ends,weight', ...lines, ''].join('\n');
}

const dayText = (day: number) => new Date(day * 86_400_000).toISOString().slice(0, 10);

/** A folder with the configuration of a case. @returns the path of the configuration */
function writeFolder(directory: string, given: MonthCase, built: BuiltCase): string {
  mkdirSync(join(directory, 'inbox'));
  writeFileSync(join(directory, 'meters.csv'), registerCsv(built.rows));
  const { holidays, profiles } = built.setting;
  if (holidays !== null) {
    writeFileSync(join(directory, 'holidays.csv'), ['date', ...[...holidays].map(dayText), ''].join('\n'));
  }
  if (profiles.length > 0) writeFileSync(join(directory, 'profiles.csv'), profilesCsv(profiles));
  const config = {
    state: './state',
    register: './meters.csv',
    sources: [{ name: 'north', inbox: './inbox', profile: 'sensus', minimumAgeSeconds: 0 }],
    output: { directory: './outbox', sender: 'ORG00001', receiver: 'ORG00000' },
    vee: {
      closeAfterMinutes: given.closeAfterMinutes,
      policies: Object.fromEntries(given.policies.map((keys, i) => [`c${i}`, keys])),
      ...(holidays === null ? {} : { holidays: './holidays.csv' }),
      ...(profiles.length === 0 ? {} : { loadProfiles: './profiles.csv' }),
    },
  };
  const path = join(directory, 'config.json');
  writeFileSync(path, JSON.stringify(config));
  return path;
}

/** Runs the nights of a case in an empty folder, one after the other. */
export async function* programNights(
  directory: string,
  given: MonthCase,
  built: BuiltCase,
): AsyncGenerator<NightLines> {
  const config = readConfig(writeFolder(directory, given, built));
  const known = new Set<string>();
  for (const [i, files] of built.files.entries()) {
    for (const [name, parcels] of files) {
      writeFileSync(join(directory, 'inbox', name), parcels.map(lineOf).join(''));
    }
    const night = await runNight(config, {
      nowMs: built.nights[i]!.now * 60_000,
      workers: 1,
      progress: { begin: () => undefined, advance: () => undefined, end: () => undefined },
      report: () => undefined,
    });
    const outbox = join(directory, 'outbox');
    const batches = readdirSync(outbox).filter((name) => !known.has(name));
    for (const name of batches) known.add(name);
    const lists = reportDirectory(night.run);
    yield {
      sent: batches.flatMap((name) => sentLines(readFileSync(join(outbox, name), 'latin1'))),
      estimates: csvRows(join(lists, 'estimates.csv')).map((row) => Object.values(row).join()),
      review: csvRows(join(lists, 'review.csv')).map(({ meter_id, units, stamp, code }) =>
        [meter_id, units, stamp, code].join(),
      ),
      duplicates: csvRows(join(lists, 'duplicates.csv')).map(
        ({ meter_id, units, stamp, kept_value, value }) => [meter_id, units, stamp, kept_value, value].join(),
      ),
      missing: csvRows(join(lists, 'missing-meters.csv')).map(({ meter_id, units, day }) =>
        [meter_id, units, day].join(),
      ),
      reads: PLACES.map((place) => `${place},${night.totals!.sources[0]![place]}`),
    };
  }
}

/** `meter,units,stamp,purpose,value,flag` of each triple of a batch; its records are plain and have explicit stamps. */
function sentLines(text: string): string[] {
  return text
    .split('\r\n')
    .filter((line) => line !== '')
    .flatMap((line) => {
      const fields = line.split(',');
      const lines: string[] = [];
      for (let at = 14; at < fields.length; at += 3) {
        const [stamp, flag, value] = fields.slice(at, at + 3);
        lines.push([fields[7], fields[10], stamp, fields[8], value, flag].join());
      }
      return lines;
    });
}
