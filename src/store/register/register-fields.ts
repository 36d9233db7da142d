import { parseDecimal } from '../../model/decimal.js';
import { dayNumber, isIntervalLength, MINUTES_PER_DAY, parseZone } from '../../model/time.js';
import { unitCode } from '../../model/units.js';
import { addProblem, type ProblemList, quoted } from './register-problems.js';
import { ID_BYTES_MAX, NO_MAXIMUM, OPEN_FROM, OPEN_TO, type PlacedRows } from './register-rows.js';

/** Columns of the meter register, by which CSV headers and JSON keys are known. */
export const REGISTER_COLUMNS = [
  'meter_id',
  'sdp_id',
  'units',
  'interval_minutes',
  'multiplier',
  'register_digits',
  'maximum_kwh',
  'service_class',
  'active_from',
  'active_to',
] as const;

export const REQUIRED_COLUMNS: readonly string[] = ['meter_id', 'units'];

const SERVICE_CLASS_BYTES_MAX = 32;
/** Different service classes in one register: their indices are kept in 16 bits. */
export const SERVICE_CLASSES_MAX = 4_096;
const REGISTER_DIGITS_MAX = 10;

const DEFAULT_INTERVAL_MINUTES = 60;
const DEFAULT_MULTIPLIER = '1';
const DEFAULT_SERVICE_CLASS = 'default';

const DIGITS_OF_INTERVAL = /^\d{1,4}$/;
const DIGITS_OF_DIAL = /^\d{1,2}$/;
const COMPACT_TIME = /^(\d{4})(\d\d)(\d\d)(?:(\d\d)(\d\d)(\d\d)?)?$/;
const ISO_TIME = /^(\d{4})-(\d\d)-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d))?(Z|[+-]\d\d:\d\d)?)?$/;

/** Stands for a text that is no value of its column; no column has it as a value. */
const BAD = Number.NaN;

/**
 * Stamp of `yyyy-mm-dd`, `yyyymmdd`, `yyyymmddHHMM[SS]` or `yyyy-mm-ddTHH:MM[:SS][Z|+hh:mm]`. A date is
 * its midnight; seconds are dropped.
 * @param zoneMinutes offset of market time, which a text without a zone is in
 * @returns NaN where the text is no such time
 */
export function parseActiveTime(text: string, zoneMinutes: number): number {
  const match = COMPACT_TIME.exec(text) ?? ISO_TIME.exec(text);
  if (!match) return BAD;
  const day = dayNumber(Number(match[1]), Number(match[2]), Number(match[3]));
  const hour = Number(match[4] ?? 0);
  const minute = Number(match[5] ?? 0);
  const zone = match[7] === undefined ? zoneMinutes : parseZone(match[7]);
  if (day < 0 || hour > 23 || minute > 59 || Number(match[6] ?? 0) > 59 || zone === null) return BAD;
  return day * MINUTES_PER_DAY + hour * 60 + minute - zone;
}

/** Most rows repeat the row before them in most columns: the last answer saves the parsing. */
function remembering(parse: (text: string) => number): (text: string) => number {
  let lastText: string | null = null;
  let lastValue = 0;
  return (text) => {
    if (text !== lastText) {
      lastValue = parse(text);
      lastText = text;
    }
    return lastValue;
  };
}

/**
 * Writes a text of printable ASCII without comma, quote, or blank at an end.
 * @returns where the next text begins, or -1 where this one is not of that kind
 */
function writeText(text: string, bytes: Uint8Array, at: number): number {
  const length = text.length;
  if (text.charCodeAt(0) === 0x20 || text.charCodeAt(length - 1) === 0x20) return -1;
  for (let i = 0; i < length; i++) {
    const code = text.charCodeAt(i);
    if (code < 0x20 || code > 0x7e || code === 0x22 || code === 0x2c) return -1;
    bytes[at + i] = code;
  }
  return at + length;
}

const textRule = (bytesMax: number) =>
  `must be at most ${bytesMax} printable ASCII characters without comma, quote, or blank at an end`;

const MULTIPLIER_RULE = 'must be a decimal above 0 with up to 5 decimals';
const MAXIMUM_RULE = 'must be a decimal of 0 or more with up to 5 decimals';
const INTERVAL_RULE = 'must divide 60, or be a multiple of 60 that divides 1440';
const TIME_RULE = 'is no yyyy-mm-dd, yyyymmddHHMM or yyyy-mm-ddTHH:MM with or without Z or +hh:mm';

/**
 * Appends a row, given as the texts of all columns in the order of `REGISTER_COLUMNS` (empty = not given),
 * to columns that have room for it.
 * @returns false where the row is bad; its problems are in the list then, and nothing is appended
 */
export type RowAppender = (rows: PlacedRows, texts: readonly string[], place: number) => boolean;

/**
 * @param zoneMinutes minutes that market time is ahead of UTC
 * @param serviceClasses list that grows with the classes met
 */
export function rowAppender(
  zoneMinutes: number,
  serviceClasses: string[],
  problems: ProblemList,
): RowAppender {
  const numberOf = columnParsers(zoneMinutes, serviceClasses);
  return (rows, texts, place) => {
    const problemsBefore = problems.count;
    const at = rows.rows;
    const bad = (column: number, rule: string): number => {
      const message = texts[column] === '' ? 'must be given' : `${quoted(texts[column]!)} ${rule}`;
      addProblem(problems, place, REGISTER_COLUMNS[column]!, message);
      return 0;
    };
    const number = (column: number, rule: string): number => {
      const value = numberOf[column]!(texts[column]!);
      return Number.isNaN(value) ? bad(column, rule) : value;
    };
    const id = (column: number, bytes: Uint8Array, start: number): number => {
      const text = texts[column]!;
      const end = text.length > ID_BYTES_MAX ? -1 : writeText(text, bytes, start);
      return end < 0 || (column === 0 && end === start) ? bad(column, textRule(ID_BYTES_MAX)) : end;
    };
    rows.meterIdOffsets[at + 1] = id(0, rows.meterIdBytes, rows.meterIdOffsets[at]!);
    rows.sdpIdOffsets[at + 1] = id(1, rows.sdpIdBytes, rows.sdpIdOffsets[at]!);
    rows.unitCodes[at] = number(2, 'is no unit of measure that is known here');
    rows.intervalMinutes[at] = number(3, INTERVAL_RULE);
    rows.multiplier[at] = number(4, MULTIPLIER_RULE);
    rows.registerDigits[at] = number(5, `must be a whole number, 0 to ${REGISTER_DIGITS_MAX}`);
    rows.maximumKwh[at] = number(6, MAXIMUM_RULE);
    rows.serviceClass[at] = number(7, classRule(serviceClasses));
    rows.activeFrom[at] = number(8, TIME_RULE);
    rows.activeTo[at] = number(9, TIME_RULE);
    rows.places[at] = place;
    if (problems.count !== problemsBefore) return false;
    if (rows.activeTo[at]! <= rows.activeFrom[at]!) {
      bad(9, `must be later than active_from ${quoted(texts[8]!)}`);
      return false;
    }
    rows.rows = at + 1;
    return true;
  };
}

/** Parsers of the columns that become numbers, by column; NaN where a text is no value. */
function columnParsers(zoneMinutes: number, serviceClasses: string[]): ((text: string) => number)[] {
  const within = (value: number, holds: boolean) => (holds ? value : BAD);
  const decimal = (text: string, least: number) => {
    const value = parseDecimal(text);
    return value === null || value < least ? BAD : value;
  };
  const time = (open: number) => (text: string) => (text === '' ? open : parseActiveTime(text, zoneMinutes));
  const parsers: ((text: string) => number)[] = [
    () => BAD,
    () => BAD,
    (text) => within(unitCode(text), unitCode(text) >= 0),
    (text) => {
      if (text === '') return DEFAULT_INTERVAL_MINUTES;
      return within(Number(text), DIGITS_OF_INTERVAL.test(text) && isIntervalLength(Number(text)));
    },
    (text) => decimal(text === '' ? DEFAULT_MULTIPLIER : text, 1),
    (text) =>
      within(Number(text), text === '' || (DIGITS_OF_DIAL.test(text) && Number(text) <= REGISTER_DIGITS_MAX)),
    (text) => (text === '' ? NO_MAXIMUM : decimal(text, 0)),
    serviceClassIndex(serviceClasses),
    time(OPEN_FROM),
    time(OPEN_TO),
  ];
  return parsers.map(remembering);
}

function serviceClassIndex(serviceClasses: string[]): (text: string) => number {
  const scratch = new Uint8Array(SERVICE_CLASS_BYTES_MAX);
  const indices = new Map<string, number>();
  return (text) => {
    const name = text === '' ? DEFAULT_SERVICE_CLASS : text;
    const known = indices.get(name);
    if (known !== undefined) return known;
    if (name.length > SERVICE_CLASS_BYTES_MAX || writeText(name, scratch, 0) < 0) return BAD;
    if (serviceClasses.length >= SERVICE_CLASSES_MAX) return BAD;
    indices.set(name, serviceClasses.length);
    return serviceClasses.push(name) - 1;
  };
}

const classRule = (serviceClasses: readonly string[]) =>
  serviceClasses.length >= SERVICE_CLASSES_MAX
    ? `is more than the ${SERVICE_CLASSES_MAX} service classes that a register may have`
    : textRule(SERVICE_CLASS_BYTES_MAX);
