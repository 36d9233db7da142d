import { POWERS_OF_TEN, VALUE_MAX } from '../../model/decimal.js';
import { gridMinutes, MINUTES_PER_DAY } from '../../model/time.js';
import type { ReadRecord } from '../reads.js';
import type { WordText } from '../word-text.js';
import type { CmepSettings } from './settings.js';
import { parseDate, parseStamp } from './stamp.js';

const CR = 13;
const LF = 10;
const BLANK = 32;
const COMMA = 44;
const DOT = 46;
const DECIMALS_MAX = 5;
/** Digits of a value whose whole number fits 31 bits, and that a double holds exactly. */
const SMALL_DIGITS_MAX = 9;
const EXACT_DIGITS_MAX = 15;
/** Bytes that the shortest explicit triple and the words looked at around it can take. */
const TRIPLE_REACH_BYTES = 24;

/**
 * Fields 9 to 14 of a record that passed the careful path without any fault, from the comma after field 8
 * to the first byte of the first triple, and what they say.
 */
export interface Shape {
  text: WordText;
  channel: number;
  resend: boolean;
  intervalMinutes: number;
  constant: number;
  count: number;
  isRegister: boolean;
  /** Stamps that records of the shape had at each place: the twelve digits as three words, and what they say. */
  knownWords: Int32Array;
  knownStamps: Int32Array;
}

/** Words of a stamp that is known. */
const STAMP_WORDS = 3;
/** Triples of a shape whose stamps are remembered: by far most records have fewer. */
const KNOWN_TRIPLES_MAX = 96;

/** What is known at first: a stamp of long ago, since the words of none are the words of some bytes. */
const LONG_AGO = Buffer.from('197101010000', 'latin1');

/** Room for the stamps that a shape's records will have. */
export function nothingKnown(count: number): Pick<Shape, 'knownWords' | 'knownStamps'> {
  const places = Math.min(count, KNOWN_TRIPLES_MAX);
  const knownWords = new Int32Array(places * STAMP_WORDS);
  for (let word = 0; word < knownWords.length; word++) {
    knownWords[word] = LONG_AGO.readInt32LE((word % STAMP_WORDS) * 4);
  }
  const stamp = parseStamp(LONG_AGO, 0, LONG_AGO.length);
  return { knownWords, knownStamps: new Int32Array(places).fill(stamp) };
}

/**
 * Reads the triples of plain lines, most of the bytes of a file. Four bytes are looked at as one
 * little-endian word: `(w & 0xf0) === 0x30` and the same of `w + 6` says that a byte is a digit.
 *
 * |       | stamp          | flag          | value                       |
 * | ----- | -------------- | ------------- | --------------------------- |
 * | bytes | `CCYYMMDDHHMM,` or `,` | `,` or as in the line before | `d.ddd,` as two words, else digit by digit |
 *
 * Nearly all records of a file are of the same hours, so a stamp is first compared with the one that stood in
 * its place the last time.
 */
export class QuickTriples {
  private bytes: Uint8Array = new Uint8Array(0);
  private view: DataView = new DataView(new ArrayBuffer(0));
  /** The first eight digits of the last stamp, as two words, and the minutes of that day. */
  private dateHigh = 0;
  private dateLow = 0;
  private dateStamp = 0;
  /** The quality flag that was seen last with its comma, as two masked words; its meta word. */
  private flagLength = 0;
  private flagWord = 0;
  private flagMask = 0;
  private flagWord2 = 0;
  private flagMask2 = 0;
  private flagMeta = 0;
  /** What `readValue` read: the number without its point, the decimals. */
  private number = 0;
  private decimals = 0;

  constructor(
    private readonly record: ReadRecord,
    private readonly settings: CmepSettings,
  ) {}

  setBuffer(bytes: Uint8Array, view: DataView): void {
    this.bytes = bytes;
    this.view = view;
  }

  /**
   * Takes the flag of the triple that begins at `from` as the one to expect.
   * @param meta its meta word
   */
  rememberFlag(from: number, end: number, meta: number): void {
    const { bytes } = this;
    if ((meta & ~7) === this.flagMeta && this.flagLength > 0) return;
    let start = from;
    while (start < end && bytes[start] !== COMMA) start++;
    start++;
    let to = start;
    while (to < end && bytes[to] !== COMMA) to++;
    const length = to - start;
    if (length === 0 || length > 7 || bytes[start] === BLANK || bytes[to - 1] === BLANK) return;
    const words = new Int32Array(2);
    const masks = new Int32Array(2);
    new Uint8Array(words.buffer).set(bytes.subarray(start, to + 1));
    new Uint8Array(masks.buffer).fill(0xff, 0, length + 1);
    this.flagWord = words[0]!;
    this.flagWord2 = words[1]!;
    this.flagMask = masks[0]!;
    this.flagMask2 = masks[1]!;
    this.flagLength = length;
    this.flagMeta = meta & ~7;
  }

  /**
   * Reads the triples of a record whose stamps rise by the interval (of a register: rise), whose flags are
   * empty or like the last one seen, and whose values are plain decimals, into the record.
   * @returns where the line's content ends (at CR or LF), or -1 where anything is otherwise
   */
  read(from: number, to: number, shape: Shape): number {
    const { bytes, view, flagLength, flagWord, flagMask, flagWord2, flagMask2, flagMeta } = this;
    const { stamps, values, metas } = this.record;
    const { intervalMinutes, count, isRegister, knownWords, knownStamps } = shape;
    const knownCount = knownStamps.length;
    const { zoneMinutes } = this.settings;
    const lastStart = to - TRIPLE_REACH_BYTES + 8;
    let at = from;
    let stamp = 0;
    let regular = true;
    for (let k = 0; k < count; k++) {
      if (at > lastStart) return -1;
      if (bytes[at] === COMMA) {
        if (k === 0 || intervalMinutes === 0) return -1;
        stamp += intervalMinutes;
        at++;
      } else {
        if (bytes[at + 12] !== COMMA) return -1;
        const previous = stamp;
        const place = k * STAMP_WORDS;
        if (
          k < knownCount &&
          view.getInt32(at + 8, true) === knownWords[place + 2] &&
          view.getInt32(at + 4, true) === knownWords[place + 1] &&
          view.getInt32(at, true) === knownWords[place]
        ) {
          stamp = knownStamps[k]!;
        } else {
          stamp = this.readStamp(at, k, shape);
          if (stamp < 0) return -1;
        }
        if (k > 0 && (stamp - previous !== intervalMinutes || intervalMinutes === 0)) {
          if (!isRegister || stamp <= previous) return -1;
          regular = false;
        }
        at += 13;
      }
      let meta = 0;
      if (bytes[at] !== COMMA) {
        if (flagLength === 0 || (view.getInt32(at, true) & flagMask) !== flagWord) return -1;
        if ((view.getInt32(at + 4, true) & flagMask2) !== flagWord2) return -1;
        meta = flagMeta;
        at += flagLength;
      }
      at++;
      stamps[k] = stamp - zoneMinutes;
      const word = view.getInt32(at, true);
      const last = bytes[at + 4]! - 48;
      const after = bytes[at + 5]!;
      if (isDigitDotTwoDigits(word) && last >= 0 && last <= 9 && (after === COMMA || after === CR)) {
        // d.ddd: by far the most of hourly kWh.
        values[k] =
          (word & 15) * 100_000 + ((word >> 16) & 15) * 10_000 + ((word >> 24) & 15) * 1000 + last * 100;
        metas[k] = meta | 3;
        at += 5;
      } else {
        at = this.readValue(at);
        if (at < 0) return -1;
        values[k] = this.number;
        metas[k] = meta | this.decimals;
      }
      if (k < count - 1) {
        if (bytes[at] !== COMMA) return -1;
        at++;
      }
    }
    if (at >= to || (bytes[at] !== CR && bytes[at] !== LF)) return -1;
    this.record.regular = regular;
    return stamp - zoneMinutes > this.settings.latestStamp ? -1 : at;
  }

  /** Reads the stamp of the k-th triple, and remembers it. @returns minutes in the zone of the stamps, or -1 */
  private readStamp(at: number, k: number, { intervalMinutes, knownWords, knownStamps }: Shape): number {
    const { view } = this;
    const isKnownDate =
      view.getInt32(at, true) === this.dateHigh && view.getInt32(at + 4, true) === this.dateLow;
    if (!isKnownDate && !this.readDate(at)) return -1;
    const minute = minuteOfDay(view.getInt32(at + 8, true));
    const grid = intervalMinutes === 0 ? 1 : gridMinutes(intervalMinutes);
    if (minute < 0 || minute % grid !== 0) return -1;
    const stamp = this.dateStamp + minute;
    if (k < knownStamps.length) {
      for (let i = 0; i < STAMP_WORDS; i++) knownWords[k * STAMP_WORDS + i] = view.getInt32(at + i * 4, true);
      knownStamps[k] = stamp;
    }
    return stamp;
  }

  /** Reads a plain decimal into `number` (in 0.00001) and `decimals`. @returns where it ends, or -1 */
  private readValue(from: number): number {
    const { bytes } = this;
    let at = from;
    let number = 0;
    let digit = bytes[at]! - 48;
    while (digit >= 0 && digit <= 9) {
      number = (Math.imul(number, 10) + digit) | 0;
      digit = bytes[++at]! - 48;
    }
    let digits = at - from;
    let decimals = 0;
    if (digit === DOT - 48) {
      digit = bytes[++at]! - 48;
      while (digit >= 0 && digit <= 9) {
        number = (Math.imul(number, 10) + digit) | 0;
        decimals++;
        digit = bytes[++at]! - 48;
      }
      digits += decimals;
    }
    if (digits === 0 || digits > EXACT_DIGITS_MAX || decimals > DECIMALS_MAX) return -1;
    const whole = digits > SMALL_DIGITS_MAX ? this.longNumber(from, at) : number;
    this.number = whole * POWERS_OF_TEN[DECIMALS_MAX - decimals]!;
    this.decimals = decimals;
    return this.number > VALUE_MAX ? -1 : at;
  }

  /** The digits of a plain decimal as one whole number, its point left out. */
  private longNumber(from: number, to: number): number {
    let number = 0;
    for (let at = from; at < to; at++) {
      if (this.bytes[at] !== DOT) number = number * 10 + (this.bytes[at]! - 48);
    }
    return number;
  }

  /** Takes over the date at `at` as the one to compare with; false where it is none. */
  private readDate(at: number): boolean {
    const day = parseDate(this.bytes, at);
    if (day < 0) return false;
    this.dateHigh = this.view.getInt32(at, true);
    this.dateLow = this.view.getInt32(at + 4, true);
    this.dateStamp = day * MINUTES_PER_DAY;
    return true;
  }
}

/** Minute of the day of the four digits `HHMM` in a little-endian word, or -1. */
function minuteOfDay(word: number): number {
  if ((word & 0xf0f0f0f0) !== 0x30303030 || ((word + 0x06060606) & 0xf0f0f0f0) !== 0x30303030) return -1;
  const hour = (word & 15) * 10 + ((word >> 8) & 15);
  const minute = ((word >> 16) & 15) * 10 + ((word >> 24) & 15);
  return hour > 23 || minute > 59 ? -1 : hour * 60 + minute;
}

/** Whether the bytes of a little-endian word are `d.dd`. */
function isDigitDotTwoDigits(word: number): boolean {
  return (word & 0xf0f0fff0) === 0x30302e30 && ((word + 0x06060006) & 0xf0f0fff0) === 0x30302e30;
}
