import { DECIMALS_MAX, POWERS_OF_TEN, UNITS_PER_ONE } from '../../model/decimal.js';
import { decimalsOf, flagText, NO_DECIMALS } from '../../model/quality.js';
import { dateNumber, MINUTES_PER_DAY } from '../../model/time.js';
import { COMMODITIES, UNITS } from '../../model/units.js';
import { type WordText, wordText } from '../word-text.js';

const COMMA = 44;
const DOT = 46;
const MINUS = 45;
const ZERO = 48;
/** Words of a stamp `CCYYMMDDHHMM`. */
const STAMP_WORDS = 3;
/** Room for what is gathered before it is written, and for a record behind it. */
const BYTES_AT_FIRST = (1 << 20) + (1 << 16);
/** Bytes that a header or a triple can take at the most. */
const HEADER_BYTES_MAX = 320;
const TRIPLE_BYTES_MAX = 48;

/** `.ddd` as a little-endian word, for each number below 1000. */
const DOT_THREE_DIGITS = Int32Array.from({ length: 1000 }, (_, n) => {
  return (
    DOT |
    ((ZERO + Math.floor(n / 100)) << 8) |
    ((ZERO + (Math.floor(n / 10) % 10)) << 16) |
    ((ZERO + (n % 10)) << 24)
  );
});

function textWords(text: string): WordText {
  const bytes = Buffer.from(text, 'latin1');
  return wordText(bytes, 0, bytes.length);
}

/** A value of the form d.ddd. */
const VALUE_BYTES = 5;
/** Ends of headers that are kept: intervals and registers of a few channels take turns. */
const TAILS_MAX = 8;
/** Reads of a record from which on its header is made each time. */
const COUNT_KEPT_MAX = 64;
/** Days of triples that are kept as text: halves of days, flags and intervals that take turns in a night. */
const TEMPLATES_MAX = 8;

/** Triples of a day, all with the same meta word and the value 0.000; each takes `strideBytes`. */
interface TripleTemplate {
  stamps: Int32Array;
  index: number;
  meta: number;
  count: number;
  text: Uint8Array;
  strideBytes: number;
}

/** What stands in the header of each record that is written. */
export interface RecordHeader {
  sender: string;
  receiver: string;
  /** Creation of the record, `CCYYMMDDHHMM`. */
  created: string;
}

/** The stamps `count` times an interval apart from `firstStamp` on, as words. */
export function stampTable(
  firstStamp: number,
  intervalMinutes: number,
  count: number,
  zoneMinutes: number,
): Int32Array {
  const words = new Int32Array(count * STAMP_WORDS);
  const bytes = new Uint8Array(words.buffer);
  for (let i = 0; i < count; i++)
    bytes.set(stampBytes(firstStamp + i * intervalMinutes, zoneMinutes), i * 12);
  return words;
}

function stampBytes(stamp: number, zoneMinutes: number): Uint8Array {
  const local = stamp + zoneMinutes;
  const day = Math.floor(local / MINUTES_PER_DAY);
  const minute = local - day * MINUTES_PER_DAY;
  const clock = Math.floor(minute / 60) * 100 + (minute % 60);
  return Buffer.from(String(dateNumber(day)).padStart(8, '0') + String(clock).padStart(4, '0'), 'latin1');
}

/** A stamp as CMEP writes it, `CCYYMMDDHHMM`. */
export function stampText(stamp: number, zoneMinutes: number): string {
  return Buffer.from(stampBytes(stamp, zoneMinutes)).toString('latin1');
}

/**
 * Writes CMEP v1.20 records into a buffer that grows; whoever takes the bytes sets `length` back.
 * A record is `header`, which makes room for all of it, then as many triples as its count says, then `endLine`.
 */
export class CmepWriter {
  bytes: Uint8Array = new Uint8Array(BYTES_AT_FIRST);
  private view: DataView = new DataView(this.bytes.buffer);
  length = 0;
  private readonly lead: WordText;
  private readonly tails: WordText[] = [];
  private readonly tailKeys: number[] = [];
  /** The flag that was written last, and the one before it: actual and estimated values take turns. */
  private flagMeta = 0;
  private flag: Uint8Array = new Uint8Array(0);
  private otherFlagMeta = -1;
  private otherFlag: Uint8Array = new Uint8Array(0);
  private readonly templates: TripleTemplate[] = [];

  constructor(header: RecordHeader) {
    this.lead = textWords(recordLead(header));
  }

  /** Fields 1 to 14. The constant is a whole number of 0.00001; an interval of 0 is left empty. */
  header(
    meter: Uint8Array,
    from: number,
    to: number,
    resend: boolean,
    channel: number,
    constant: number,
    intervalMinutes: number,
    count: number,
  ): void {
    this.reserve(HEADER_BYTES_MAX + (to - from) + count * TRIPLE_BYTES_MAX);
    const { bytes } = this;
    this.put(this.lead);
    let at = this.length;
    for (let i = from; i < to; i++) bytes[at++] = meter[i]!;
    this.length = at;
    if (constant === UNITS_PER_ONE && count < COUNT_KEPT_MAX)
      this.put(this.tail(resend, channel, intervalMinutes, count));
    else this.text(tailText(resend, channel, this.constantText(constant), intervalMinutes, count));
  }

  /** Writes a text four bytes at a time; what is written beyond its end is written over next. */
  private put(text: WordText): void {
    const { view } = this;
    const { words } = text;
    let at = this.length;
    for (let i = 0; i < words.length; i++, at += 4) view.setInt32(at, words[i]!, true);
    this.length += text.length;
  }

  private constantText(constant: number): string {
    const whole = Math.floor(Math.abs(constant) / UNITS_PER_ONE);
    const fraction = String(Math.abs(constant) - whole * UNITS_PER_ONE).padStart(DECIMALS_MAX, '0');
    const trimmed = fraction.replace(/0+$/, '');
    return `${constant < 0 ? '-' : ''}${whole}${trimmed === '' ? '' : `.${trimmed}`}`;
  }

  /** Fields 9 to 14 with the commas before them, kept for the few channels that a night has. */
  private tail(resend: boolean, channel: number, intervalMinutes: number, count: number): WordText {
    const key = (((channel << 1) | (resend ? 1 : 0)) << 17) | (intervalMinutes << 6) | count;
    const { tailKeys } = this;
    for (let i = 0; i < tailKeys.length; i++) if (tailKeys[i] === key) return this.tails[i]!;
    const tail = textWords(tailText(resend, channel, '', intervalMinutes, count));
    if (tailKeys.length >= TAILS_MAX) {
      tailKeys.shift();
      this.tails.shift();
    }
    tailKeys.push(key);
    this.tails.push(tail);
    return tail;
  }

  /**
   * Reads that follow each other, all with the same meta word, with their stamps.
   * @param stamps table from `stampTable`
   * @param index place of the first in the table
   * @param values of which `from` to `from + count - 1` are written
   */
  triples(
    stamps: Int32Array,
    index: number,
    meta: number,
    values: Int32Array,
    from: number,
    count: number,
  ): void {
    if (decimalsOf(meta) === 3 && this.fromTemplate(stamps, index, meta, values, from, count)) return;
    for (let i = 0; i < count; i++) this.triple(stamps, index + i, meta, values[from + i]!);
  }

  /**
   * The same where all values are d.ddd, as those of a home's hour are: the text of a day is copied from one
   * that was written before, and the digits are put in.
   * @returns false where a value has another form; nothing is written then
   */
  private fromTemplate(
    stamps: Int32Array,
    index: number,
    meta: number,
    values: Int32Array,
    from: number,
    count: number,
  ): boolean {
    const { bytes, view } = this;
    const { text, strideBytes } = this.template(stamps, index, meta, count);
    bytes.set(text, this.length);
    let at = this.length + strideBytes - VALUE_BYTES;
    for (let i = from; i < from + count; i++, at += strideBytes) {
      const value = values[i]!;
      if (value < 0 || value >= UNITS_PER_ONE * 10) return false;
      const thousandths = (value / 100) | 0;
      const whole = (thousandths / 1000) | 0;
      bytes[at] = ZERO + whole;
      view.setInt32(at + 1, DOT_THREE_DIGITS[thousandths - whole * 1000]!, true);
    }
    this.length += text.length;
    return true;
  }

  private template(stamps: Int32Array, index: number, meta: number, count: number): TripleTemplate {
    for (const known of this.templates) {
      if (known.stamps === stamps && known.index === index && known.meta === meta && known.count === count)
        return known;
    }
    const start = this.length;
    for (let i = 0; i < count; i++) this.triple(stamps, index + i, meta, 0);
    const text = this.bytes.slice(start, this.length);
    this.length = start;
    const made = { stamps, index, meta, count, text, strideBytes: text.length / count };
    if (this.templates.length >= TEMPLATES_MAX) this.templates.shift();
    this.templates.push(made);
    return made;
  }

  /**
   * One read with its stamp.
   * @param stamps table from `stampTable`
   * @param index place in the table
   * @param meta meta word: flag and decimals to write; NO_DECIMALS writes no value
   */
  triple(stamps: Int32Array, index: number, meta: number, value: number): void {
    const { view } = this;
    const at = this.length;
    this.bytes[at] = COMMA;
    view.setInt32(at + 1, stamps[index * STAMP_WORDS]!, true);
    view.setInt32(at + 5, stamps[index * STAMP_WORDS + 1]!, true);
    view.setInt32(at + 9, stamps[index * STAMP_WORDS + 2]!, true);
    this.length = at + 13;
    this.flagAndValue(meta, value);
  }

  /** One read whose stamp is that of the read before plus the interval. */
  impliedTriple(meta: number, value: number): void {
    this.bytes[this.length++] = COMMA;
    this.flagAndValue(meta, value);
  }

  private flagAndValue(meta: number, value: number): void {
    const { bytes } = this;
    let at = this.length;
    bytes[at++] = COMMA;
    this.setFlag(meta);
    const { flag } = this;
    for (let i = 0; i < flag.length; i++) bytes[at++] = flag[i]!;
    bytes[at++] = COMMA;
    const decimals = decimalsOf(meta);
    if (decimals === 3 && value >= 0 && value < UNITS_PER_ONE * 10) {
      // d.ddd: by far the most of hourly kWh.
      const thousandths = (value / 100) | 0;
      const whole = (thousandths / 1000) | 0;
      bytes[at] = ZERO + whole;
      this.view.setInt32(at + 1, DOT_THREE_DIGITS[thousandths - whole * 1000]!, true);
      this.length = at + 5;
      return;
    }
    this.length = at;
    if (decimals !== NO_DECIMALS) this.decimal(value, decimals);
  }

  private setFlag(meta: number): void {
    const flagMeta = meta & ~7;
    if (flagMeta === this.flagMeta) return;
    const { otherFlagMeta, otherFlag } = this;
    this.otherFlagMeta = this.flagMeta;
    this.otherFlag = this.flag;
    this.flagMeta = flagMeta;
    this.flag = flagMeta === otherFlagMeta ? otherFlag : Buffer.from(flagText(flagMeta), 'latin1');
  }

  endLine(): void {
    this.bytes[this.length++] = 13;
    this.bytes[this.length++] = 10;
  }

  /** A value in 0.00001 with so many decimals; the decimals must be enough for it. */
  private decimal(value: number, decimals: number): void {
    let magnitude = value;
    if (value < 0) {
      this.bytes[this.length++] = MINUS;
      magnitude = -value;
    }
    const scaled = magnitude / POWERS_OF_TEN[DECIMALS_MAX - decimals]!;
    if (decimals === 0) {
      this.integer(scaled);
      return;
    }
    const whole = Math.floor(scaled / POWERS_OF_TEN[decimals]!);
    this.integer(whole);
    let fraction = scaled - whole * POWERS_OF_TEN[decimals]!;
    this.bytes[this.length] = DOT;
    for (let i = decimals; i > 0; i--) {
      const rest = Math.floor(fraction / 10);
      this.bytes[this.length + i] = ZERO + (fraction - rest * 10);
      fraction = rest;
    }
    this.length += decimals + 1;
  }

  /** A whole number, not negative. */
  private integer(number: number): void {
    let digits = 1;
    while (digits < 11 && number >= POWERS_OF_TEN[digits]!) digits++;
    if (digits === 11) {
      this.text(String(number));
      return;
    }
    let rest = number;
    for (let i = digits - 1; i >= 0; i--) {
      const next = Math.floor(rest / 10);
      this.bytes[this.length + i] = ZERO + (rest - next * 10);
      rest = next;
    }
    this.length += digits;
  }

  private text(text: string): void {
    for (let i = 0; i < text.length; i++) this.bytes[this.length++] = text.charCodeAt(i);
  }

  /** Appends records that stand as text already. */
  append(text: Uint8Array): void {
    this.reserve(text.length);
    this.bytes.set(text, this.length);
    this.length += text.length;
  }

  private reserve(more: number): void {
    if (this.length + more <= this.bytes.length) return;
    const grown = new Uint8Array(this.bytes.length * 2 + more);
    grown.set(this.bytes);
    this.bytes = grown;
    this.view = new DataView(grown.buffer);
  }
}

/** Fields 1 to 7 with the comma after them. */
export function recordLead({ sender, receiver, created }: RecordHeader): string {
  return `MEPMD01,19970819,${sender},,${receiver},,${created},`;
}

/** Fields 9 to 14 with the comma before them. */
export function tailText(
  resend: boolean,
  channel: number,
  constant: string,
  intervalMinutes: number,
  count: number,
): string {
  const purpose = resend ? 'RESEND' : 'OK';
  return `,${purpose},${COMMODITIES[channel & 3]},${UNITS[channel >> 2]},${constant},${intervalText(intervalMinutes)},${count}`;
}

function intervalText(minutes: number): string {
  if (minutes === 0) return '';
  const days = Math.floor(minutes / MINUTES_PER_DAY);
  const hours = Math.floor((minutes % MINUTES_PER_DAY) / 60);
  const two = (n: number) => String(n).padStart(2, '0');
  return `00${two(days)}${two(hours)}${two(minutes % 60)}`;
}
