import { readFileSync } from 'node:fs';
import { parse } from 'csv-parse/sync';

/** Fields of an MEPMD01 record before its triples. */
const HEADER_FIELDS = 14;
const MINUTE_MS = 60_000;

export interface Triple {
  /** `CCYYMMDDHHMM` */
  stamp: string;
  flag: string;
  value: string;
}

/** A line of a CMEP file taken apart by csv-parse, which shares no code with the program. */
export interface CmepLine {
  /** From 1. */
  line: number;
  /** The line as it stands, with its line end, a byte a character. */
  raw: string;
  /** Where it begins in the file, bytes. */
  offset: number;
  fields: string[];
  meterId: string;
  purpose: string;
  creation: string;
  units: string;
  count: string;
  triples: Triple[];
}

/** Lines of a file that ends each line, the last one too, in CR LF. */
export function cmepLines(path: string): CmepLine[] {
  const text = readFileSync(path, 'latin1');
  if (!text.endsWith('\r\n')) throw new Error(`${path} does not end in CR LF`);
  const raws = text.slice(0, -2).split('\r\n');
  const records = parsed(text);
  if (records.length !== raws.length) throw new Error(`${path}: ${raws.length} lines, not ${records.length}`);
  let offset = 0;
  return records.map((fields, i) => {
    const raw = `${raws[i]}\r\n`;
    const line = { line: i + 1, raw, offset, ...named(fields) };
    offset += raw.length;
    return line;
  });
}

/** The parser makes an error, which it does not throw, of each record with another count: without its stack. */
function parsed(text: string): string[][] {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    return parse(text, { record_delimiter: '\r\n', relax_column_count: true, relax_quotes: true });
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

function named(fields: string[]): Omit<CmepLine, 'line' | 'raw' | 'offset'> {
  const at = (field: number) => fields[field - 1] ?? '';
  return {
    fields,
    meterId: at(8) === '' ? at(6) : at(8),
    purpose: at(9),
    creation: at(7),
    units: at(11),
    count: at(14),
    triples: triplesOf(fields),
  };
}

/** Expands the triples; an empty stamp is the one before plus the interval. */
function triplesOf(fields: string[]): Triple[] {
  const interval = fields[12] ?? '';
  const minutes = Number(interval.slice(4, 6)) * 60 + Number(interval.slice(6, 8));
  const triples: Triple[] = [];
  for (let at = HEADER_FIELDS; at < fields.length; at += 3) {
    const [given = '', flag = '', value = ''] = fields.slice(at, at + 3);
    const before = triples.at(-1)?.stamp ?? '';
    const stamp = given === '' && before !== '' ? stampAfter(before, minutes) : given;
    triples.push({ stamp, flag, value });
  }
  return triples;
}

/** Minutes since 1970 of `CCYYMMDDHHMM`. */
export function minutesOf(stamp: string): number {
  const [, year, month, day, hour, minute] = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)$/.exec(stamp) ?? [];
  return Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute)) / MINUTE_MS;
}

/** The stamp so many minutes later, `CCYYMMDDHHMM`. */
export function stampAfter(stamp: string, minutes: number): string {
  const time = new Date((minutesOf(stamp) + minutes) * MINUTE_MS);
  return time.toISOString().replace(/[-T:]/g, '').slice(0, 12);
}

/** `CCYYMMDDHHMM` of `2026-11-20T06:00Z`. */
export const compact = (iso: string): string => iso.replace(/[-T:Z]/g, '');

/** A value as a whole number of 0.00001; an empty one is 0. */
export function fine(value: string): bigint {
  if (value === '') return 0n;
  const match = /^(-?)(\d+)(?:\.(\d{1,5}))?$/.exec(value);
  if (match === null) throw new Error(`no plain decimal: ${value}`);
  const magnitude = BigInt(match[2] + (match[3] ?? '').padEnd(5, '0'));
  return match[1] === '-' ? -magnitude : magnitude;
}

/** Text of a whole number of 0.00001, with five decimals. */
export function fineText(value: bigint): string {
  const digits = String(value < 0n ? -value : value).padStart(6, '0');
  return `${value < 0n ? '-' : ''}${digits.slice(0, -5)}.${digits.slice(-5)}`;
}

/** Rows of a CSV list with a header, as objects. */
export function csvRows(path: string): Record<string, string>[] {
  return parse(readFileSync(path, 'latin1'), { columns: true, bom: false });
}
