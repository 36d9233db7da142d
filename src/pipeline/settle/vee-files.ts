import { readFileSync, statSync } from 'node:fs';
import { CsvError } from 'csv-parse';
import { parse } from 'csv-parse/sync';
import { parseDecimal } from '../../model/decimal.js';
import { messageOf, ReadmillError } from '../../model/errors.js';
import { MINUTES_PER_DAY, parseIsoDate } from '../../model/time.js';
import { KINDS_OF_DAY, type KindOfDay } from '../../vee/calendar.js';
import type { LoadProfile } from '../../vee/load-profile.js';
import type { Config } from '../config/config.js';
import type { VeeSettings } from './vee-rules.js';

/** The small CSV files that a configuration names: load profiles and holidays (docs/vee.md). */

const VEE_FILE_BYTES_MAX = 16 * 1024 * 1024;
/** So that weights times energy stay exact: 100,000,000 of the smallest weight that the profile knows. */
const WEIGHT_SUM_MAX = 100_000_000;

/**
 * What a run validates and estimates by: the policies of the configuration, with its files read.
 * @throws ReadmillError READMILL_VEE_FILE, which names the line and what is wrong in it
 */
export function veeSettings({ vee }: Config): VeeSettings {
  return {
    enabled: vee.enabled,
    policies: vee.policies,
    holidays: vee.holidays === 'ontario' ? null : readHolidays(vee.holidays),
    loadProfiles: vee.loadProfiles === undefined ? [] : readLoadProfiles(vee.loadProfiles),
  };
}

interface Row {
  line: number;
  record: Record<string, string>;
}

function wrong(path: string, line: number, problem: string): ReadmillError {
  const place = line > 0 ? `${path}, line ${line}` : path;
  return new ReadmillError('READMILL_VEE_FILE', `${place}: ${problem}`);
}

function readRows(path: string, what: string, columns: readonly string[]): Row[] {
  let text: string;
  try {
    const { size } = statSync(path);
    if (size > VEE_FILE_BYTES_MAX) throw new Error(`it has more than ${VEE_FILE_BYTES_MAX} bytes`);
    text = readFileSync(path, 'utf8');
  } catch (thrown) {
    throw wrong(
      path,
      0,
      `the file of ${what} cannot be read: ${messageOf(thrown)}. Mend its path or its rights.`,
    );
  }
  try {
    const rows = parse(text, {
      bom: true,
      columns: true,
      info: true,
      skip_empty_lines: true,
      trim: true,
    }) as {
      record: Record<string, string>;
      info: { lines: number };
    }[];
    const missing = columns.filter((column) => rows.length > 0 && rows[0]!.record[column] === undefined);
    if (rows.length === 0)
      throw wrong(path, 0, `it has no ${what}. It needs the columns ${columns.join(', ')}.`);
    if (missing.length > 0) throw wrong(path, 1, `the column ${missing.join(', ')} is missing.`);
    return rows.map(({ record, info }) => ({ record, line: info.lines }));
  } catch (thrown) {
    if (!(thrown instanceof CsvError)) throw thrown;
    throw wrong(path, Number(thrown.lines ?? 0), `${thrown.message}. Mend the line.`);
  }
}

/** Day numbers of the column `date`. */
export function readHolidays(path: string): number[] {
  return readRows(path, 'holidays', ['date']).map(({ record, line }) => {
    const day = parseIsoDate(record.date!);
    if (day < 0) throw wrong(path, line, `"${record.date}" is no date of the form 2026-12-25.`);
    return day;
  });
}

interface Weight {
  line: number;
  minute: number;
  weight: number;
}

/** Profiles from the columns `service_class`, `kind_of_day`, `ends` and `weight`. */
export function readLoadProfiles(path: string): LoadProfile[] {
  const groups = new Map<string, Weight[]>();
  for (const { record, line } of readRows(path, 'load profiles', [
    'service_class',
    'kind_of_day',
    'ends',
    'weight',
  ])) {
    const kind = record.kind_of_day!;
    if (!(KINDS_OF_DAY as readonly string[]).includes(kind)) {
      throw wrong(path, line, `the kind of day "${kind}" is none of ${KINDS_OF_DAY.join(', ')}.`);
    }
    const minute = minuteOf(record.ends!);
    if (minute < 0) {
      throw wrong(path, line, `"${record.ends}" is no end of a slot: it must be a time from 00:01 to 24:00.`);
    }
    const weight = parseDecimal(record.weight!);
    if (weight === null || weight < 0) {
      throw wrong(
        path,
        line,
        `the weight "${record.weight}" is no number of 0 or more with at most five decimals.`,
      );
    }
    const key = `${kind}/${record.service_class}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [{ line, minute, weight }]);
    else group.push({ line, minute, weight });
  }
  return [...groups].map(([key, weights]) => profileOf(path, key, weights));
}

function minuteOf(text: string): number {
  const match = /^(\d\d):(\d\d)$/.exec(text);
  const minute = match === null ? 0 : Number(match[1]) * 60 + Number(match[2]);
  return minute >= 1 && minute <= MINUTES_PER_DAY && Number(match![2]) < 60 ? minute : -1;
}

function profileOf(path: string, key: string, group: Weight[]): LoadProfile {
  const [kindOfDay, ...rest] = key.split('/');
  const serviceClass = rest.join('/');
  const name = `the profile of ${serviceClass}, ${kindOfDay},`;
  group.sort((a, b) => a.minute - b.minute);
  const intervalMinutes = MINUTES_PER_DAY / group.length;
  const { line } = group[0]!;
  if (!Number.isInteger(intervalMinutes) || 60 % intervalMinutes !== 0) {
    throw wrong(
      path,
      line,
      `${name} has ${group.length} slots: a day needs 24, 48, 96 or 288 (24 x 60 / minutes).`,
    );
  }
  for (const [i, weight] of group.entries()) {
    if (weight.minute !== (i + 1) * intervalMinutes) {
      throw wrong(
        path,
        weight.line,
        `${name} has ${group.length} slots, but none or two that end at slot ${i + 1}.`,
      );
    }
  }
  const weights = inLowestTerms(group.map(({ weight }) => weight));
  const sum = weights.reduce((total, weight) => total + weight, 0);
  if (sum === 0 || sum > WEIGHT_SUM_MAX) {
    const problem = sum === 0 ? 'only zeros' : 'weights that differ too much: give fewer decimals';
    throw wrong(path, line, `${name} has ${problem}.`);
  }
  return { serviceClass, kindOfDay: kindOfDay as KindOfDay, intervalMinutes, weights };
}

/** Weights divided by what they have in common: only their proportions count. */
function inLowestTerms(weights: number[]): number[] {
  let common = 0;
  for (const weight of weights) {
    let [a, b] = [common, weight];
    while (b !== 0) [a, b] = [b, a % b];
    common = a;
  }
  return common === 0 ? weights : weights.map((weight) => weight / common);
}
