import { closeSync, openSync, writeSync } from 'node:fs';
import { METER_ID_BYTES_MAX } from '../../model/block.js';
import { DECIMALS_MAX, UNITS_PER_ONE } from '../../model/decimal.js';
import { decimalsOf, flagText, NO_DECIMALS } from '../../model/quality.js';
import { isoDate, MINUTES_PER_DAY } from '../../model/time.js';
import { UNITS } from '../../model/units.js';
import { csvField } from '../finish/list-writer.js';
import { type ChannelFacts, meterText } from './channel-facts.js';

const BUFFER_BYTES = 1 << 18;
/** A line takes less: an id of 64 bytes in quotes, and the dates of 52 reference days. */
const LINE_BYTES_MAX = 2048;
/** Dates whose text is kept. */
const DATES_MAX = 512;
const ZERO = 48;
const COMMA = 44;
const QUOTE = 34;
const SPACE = 32;
/** What stands between meter id and stamp, by unit. */
const UNIT_ENDS = UNITS.map((units) => Buffer.from(`,${units},`, 'latin1'));
/** Bytes of a meter id in quotes, each of them doubled at the worst, and of the units. */
const HEAD_BYTES = METER_ID_BYTES_MAX * 2 + 2 + 16;

/** Raw meta word of a slot that nothing came for. */
export const NO_FLAG = -1;

/** What the lines of a channel's day have in common. */
export interface LineEnd {
  method: string;
  /** Days that the estimate was made of, or ''. */
  referenceDays: string;
  /** 0 where nothing was scaled. */
  scale: number;
  check: string;
  policy: string;
}

/**
 * The estimates file, line by line: a night can have millions of lines, so they are put together from bytes
 * that are kept from line to line. Columns: docs/output.md.
 */
export class EstimatesList {
  private fd = -1;
  private readonly bytes = Buffer.allocUnsafe(BUFFER_BYTES);
  private at = 0;
  /** `meter,units,` of the last channel. */
  private readonly head = new Uint8Array(HEAD_BYTES);
  private headLength = 0;
  private headMeter: Uint8Array | null = null;
  private headFrom = -1;
  private headChannel = -1;
  private readonly dates = new Map<number, Uint8Array>();
  private tail = Buffer.alloc(0);
  private flagMeta = NO_FLAG;
  private flag = Buffer.alloc(0);
  private end: LineEnd = { method: '', referenceDays: '', scale: -1, check: '', policy: '' };

  constructor(private readonly filePath: string) {}

  /** Forgets the last channel: the memory that its id lies in is used again. */
  enter(): void {
    this.headMeter = null;
  }

  /**
   * Adds a line.
   * @param rawMeta meta word of what came; without a value its decimals are NO_DECIMALS
   * @param finalDecimals decimals that the final value has at least; NO_DECIMALS = there is none
   */
  line(
    facts: ChannelFacts,
    stamp: number,
    rawMeta: number,
    raw: number,
    finalDecimals: number,
    final: number,
    end: LineEnd,
  ): void {
    if (this.at > BUFFER_BYTES - LINE_BYTES_MAX) this.flush();
    if (facts.meter !== this.headMeter || facts.from !== this.headFrom || facts.channel !== this.headChannel)
      this.setHead(facts);
    this.put(this.head, this.headLength);
    this.putStamp(stamp);
    this.putValue(rawMeta === NO_FLAG ? NO_DECIMALS : decimalsOf(rawMeta), raw);
    if (rawMeta !== NO_FLAG) this.putFlag(rawMeta);
    this.bytes[this.at++] = COMMA;
    this.putValue(finalDecimals, final);
    this.setTail(end);
    this.put(this.tail);
  }

  private setHead(facts: ChannelFacts): void {
    this.headMeter = facts.meter;
    this.headFrom = facts.from;
    this.headChannel = facts.channel;
    const { meter, from, to } = facts;
    const units = UNIT_ENDS[facts.channel >> 2]!;
    const { head } = this;
    let at = 0;
    for (let i = from; i < to; i++) {
      const byte = meter[i]!;
      if (byte === COMMA || byte === QUOTE || byte < SPACE) {
        const quoted = Buffer.from(csvField(meterText(facts)), 'latin1');
        head.set(quoted);
        at = quoted.length;
        break;
      }
      head[at++] = byte;
    }
    for (let i = 0; i < units.length; i++) head[at++] = units[i]!;
    this.headLength = at;
  }

  private setTail(end: LineEnd): void {
    const last = this.end;
    const isSame =
      end.scale === last.scale &&
      end.method === last.method &&
      end.check === last.check &&
      end.referenceDays === last.referenceDays &&
      end.policy === last.policy;
    if (isSame) return;
    this.end = { ...end };
    const scale = end.scale === 0 ? '' : end.scale.toFixed(6);
    const text = `${end.method},${end.referenceDays},${scale},${end.check},${csvField(end.policy)}\n`;
    this.tail = Buffer.from(text, 'latin1');
  }

  /** Copies a few bytes: a loop beats `set` here. */
  private put(from: Uint8Array, length = from.length): void {
    const { bytes } = this;
    let at = this.at;
    for (let i = 0; i < length; i++) bytes[at++] = from[i]!;
    this.at = at;
  }

  /** `2026-11-20T14:00Z,` */
  private putStamp(stamp: number): void {
    const day = Math.floor(stamp / MINUTES_PER_DAY);
    this.put(this.dateOf(day));
    const minute = stamp - day * MINUTES_PER_DAY;
    const hour = Math.floor(minute / 60);
    this.putTwo(hour);
    this.bytes[this.at++] = 58; // :
    this.putTwo(minute - hour * 60);
    this.bytes[this.at++] = 90; // Z
    this.bytes[this.at++] = COMMA;
  }

  private putFlag(meta: number): void {
    if (meta !== this.flagMeta) {
      this.flagMeta = meta;
      this.flag = Buffer.from(flagText(meta), 'latin1');
    }
    this.put(this.flag);
  }

  private dateOf(day: number): Uint8Array {
    let date = this.dates.get(day);
    if (date === undefined) {
      if (this.dates.size >= DATES_MAX) this.dates.clear();
      date = Buffer.from(`${isoDate(day)}T`, 'latin1');
      this.dates.set(day, date);
    }
    return date;
  }

  private putTwo(number: number): void {
    const tens = Math.floor(number / 10);
    this.bytes[this.at++] = ZERO + tens;
    this.bytes[this.at++] = ZERO + number - tens * 10;
  }

  /** A value with as many decimals as it needs, at least `decimals`, and a comma; the comma alone without a value. */
  private putValue(decimals: number, value: number): void {
    const { bytes } = this;
    if (decimals !== NO_DECIMALS) {
      if (value < 0) bytes[this.at++] = 45; // -
      const magnitude = Math.abs(value);
      let whole = Math.floor(magnitude / UNITS_PER_ONE);
      let fraction = magnitude - whole * UNITS_PER_ONE;
      let count = 1;
      for (let rest = whole; rest >= 10; rest = Math.floor(rest / 10)) count++;
      for (let i = this.at + count - 1; i >= this.at; i--) {
        const next = Math.floor(whole / 10);
        bytes[i] = ZERO + whole - next * 10;
        whole = next;
      }
      this.at += count;
      let places = DECIMALS_MAX;
      while (places > decimals && fraction % 10 === 0) {
        fraction /= 10;
        places--;
      }
      if (places > 0) {
        bytes[this.at++] = 46; // .
        for (let i = this.at + places - 1; i >= this.at; i--) {
          const next = Math.floor(fraction / 10);
          bytes[i] = ZERO + fraction - next * 10;
          fraction = next;
        }
        this.at += places;
      }
    }
    bytes[this.at++] = COMMA;
  }

  private flush(): void {
    if (this.fd < 0) this.fd = openSync(this.filePath, 'w', 0o600);
    let written = 0;
    while (written < this.at) written += writeSync(this.fd, this.bytes, written, this.at - written);
    this.at = 0;
  }

  /** @returns the path, or '' where no line came */
  close(): string {
    if (this.at > 0) this.flush();
    if (this.fd < 0) return '';
    closeSync(this.fd);
    this.fd = -1;
    return this.filePath;
  }
}
