import type { ByteFile } from './byte-file.js';
import { type Dialect, headFields, METER_DIGITS, METER_DIGITS_COUNT, stampText } from './dialects.js';

/** CMEP v1.20: triples in a record at most. */
export const TRIPLES_PER_RECORD_MAX = 48;

/** An interval value has one digit before the point: below ten kWh (`PEAK_KW`). */
const INTERVAL_ZERO = { 3: '0.000', 5: '0.00000' } as const;

const CR = 13;
const LF = 10;
const ZERO = 48;
/** Bytes that a register value can take: ten digits, a point, five decimals; and the end of the line. */
const REGISTER_BYTES_MAX = 18;

/** `.ddd` as one little-endian word, and `dd` as half of one. */
const POINT_AND_THREE = Int32Array.from({ length: 1000 }, (_, n) => {
  return Buffer.from(`.${String(n).padStart(3, '0')}`, 'latin1').readInt32LE();
});
const TWO_DIGITS = Int16Array.from({ length: 100 }, (_, n) => {
  return Buffer.from(String(n).padStart(2, '0'), 'latin1').readInt16LE();
});

/** What the records of a day have in common, which are the same for all meters but for meter and values. */
export interface TemplateInput {
  dialect: Dialect;
  intervalMinutes: number;
  creationStamp: number;
  /** Of the triples, minutes since 1970. */
  stamps: readonly number[];
}

/** An interval record with zeros for values: a whole line, of the same length for all meters. */
export interface IntervalTemplate {
  line: Uint8Array;
  /** Offsets in the line of what takes the digits of the meter, and of the values. */
  digitsAt: number[];
  valuesAt: Int32Array;
  decimals: number;
}

export function intervalTemplate(input: TemplateInput): IntervalTemplate {
  const { dialect, stamps } = input;
  let text = headText(input, false);
  const digitsAt = placesOfDigits(text);
  const valuesAt = Int32Array.from(stamps, (stamp) => {
    text += `,${stampText(stamp)},${dialect.flag},`;
    const at = text.length;
    text += INTERVAL_ZERO[dialect.decimals];
    return at;
  });
  return { line: Buffer.from(`${text}\r\n`, 'latin1'), digitsAt, valuesAt, decimals: dialect.decimals };
}

/** A register record, cut where its values go. */
export interface RegisterTemplate {
  /** What stands before each value. */
  pieces: Uint8Array[];
  /** Offsets in the first piece of what takes the digits of the meter. */
  digitsAt: number[];
  decimals: number;
  sizeBytesMax: number;
}

export function registerTemplate(input: TemplateInput): RegisterTemplate {
  const { dialect, stamps } = input;
  const head = headText(input, true);
  const pieces = stamps.map((stamp, k) =>
    Buffer.from(`${k === 0 ? head : ''},${stampText(stamp)},${dialect.flag},`, 'latin1'),
  );
  const sizeBytesMax = pieces.reduce((sum, piece) => sum + piece.length + REGISTER_BYTES_MAX, 0);
  return { pieces, digitsAt: placesOfDigits(head), decimals: dialect.decimals, sizeBytesMax };
}

function headText(input: TemplateInput, isRegister: boolean): string {
  const { dialect, creationStamp, intervalMinutes, stamps } = input;
  const kind = { creationStamp, purpose: 'OK', isRegister, intervalMinutes } as const;
  return [...headFields(dialect, kind, METER_DIGITS), stamps.length].join(',');
}

function placesOfDigits(head: string): number[] {
  const places: number[] = [];
  for (let at = head.indexOf(METER_DIGITS); at >= 0; at = head.indexOf(METER_DIGITS, at + 1)) places.push(at);
  return places;
}

/**
 * Writes the interval record of a meter.
 * @param values in units of the last decimal, from 0 to below ten kWh; the first is `values[from]`
 */
export function writeIntervals(
  file: ByteFile,
  template: IntervalTemplate,
  meter: number,
  values: Int32Array,
  from: number,
): void {
  const { line, digitsAt, valuesAt, decimals } = template;
  file.reserve(line.length);
  const { bytes, view, at } = file;
  bytes.set(line, at);
  for (let i = 0; i < digitsAt.length; i++) putMeterDigits(bytes, at + digitsAt[i]!, meter);
  for (let k = 0; k < valuesAt.length; k++) {
    const value = values[from + k]!;
    const place = at + valuesAt[k]!;
    if (decimals === 3) {
      const whole = (value / 1000) | 0;
      bytes[place] = ZERO + whole;
      view.setInt32(place + 1, POINT_AND_THREE[value - whole * 1000]!, true);
    } else {
      const hundreds = (value / 100) | 0;
      const whole = (hundreds / 1000) | 0;
      bytes[place] = ZERO + whole;
      view.setInt32(place + 1, POINT_AND_THREE[hundreds - whole * 1000]!, true);
      view.setInt16(place + 5, TWO_DIGITS[value - hundreds * 100]!, true);
    }
  }
  file.at = at + line.length;
}

/**
 * Writes a register record of a meter.
 * @param values in units of the last decimal, 0 or more; the first is `values[from]`
 */
export function writeRegisters(
  file: ByteFile,
  template: RegisterTemplate,
  meter: number,
  values: Float64Array,
  from: number,
): void {
  const { pieces, digitsAt, decimals, sizeBytesMax } = template;
  file.reserve(sizeBytesMax);
  const { bytes, view } = file;
  let at = file.at;
  for (let k = 0; k < pieces.length; k++) {
    const piece = pieces[k]!;
    bytes.set(piece, at);
    if (k === 0) for (const place of digitsAt) putMeterDigits(bytes, at + place, meter);
    at += piece.length;
    const value = values[from + k]!;
    const thousandths = decimals === 3 ? value : Math.floor(value / 100);
    const whole = Math.floor(thousandths / 1000);
    at = putWhole(bytes, at, whole);
    view.setInt32(at, POINT_AND_THREE[thousandths - whole * 1000]!, true);
    at += 4;
    if (decimals === 5) {
      view.setInt16(at, TWO_DIGITS[value - thousandths * 100]!, true);
      at += 2;
    }
  }
  bytes[at] = CR;
  bytes[at + 1] = LF;
  file.at = at + 2;
}

/** Writes a number of 0 or more thousandths with three decimals, and returns where it ends. */
export function putThousandths(bytes: Uint8Array, view: DataView, at: number, thousandths: number): number {
  const whole = Math.floor(thousandths / 1000);
  const next = putWhole(bytes, at, whole);
  view.setInt32(next, POINT_AND_THREE[thousandths - whole * 1000]!, true);
  return next + 4;
}

/** Writes a whole number of 0 or more without leading zeros, and returns where it ends. */
function putWhole(bytes: Uint8Array, at: number, whole: number): number {
  let end = at + 1;
  for (let rest = whole; rest >= 10; rest = Math.floor(rest / 10)) end++;
  putDigits(bytes, at, end, whole);
  return end;
}

export function putMeterDigits(bytes: Uint8Array, at: number, meter: number): void {
  putDigits(bytes, at, at + METER_DIGITS_COUNT, meter);
}

function putDigits(bytes: Uint8Array, from: number, to: number, number: number): void {
  let rest = number;
  for (let at = to - 1; at >= from; at--) {
    const tenth = Math.floor(rest / 10);
    bytes[at] = ZERO + rest - tenth * 10;
    rest = tenth;
  }
}
