import { DECIMALS_MAX, POWERS_OF_TEN } from '../../model/decimal.js';
import { gridMinutes, MINUTES_PER_DAY } from '../../model/time.js';
import { EMPTY_WORD_TEXT, hasTextAt, type WordText, wordText } from '../word-text.js';
import type { PendingElement } from './pending-reads.js';
import { namedMeta } from './quality-flags.js';
import type { ReaderContext } from './reader-context.js';
import { PENDING_READS_MAX } from './settings.js';
import { ATTRIBUTE } from './shape.js';
import { parseDay, TIME_BYTES, twoDigits } from './time-text.js';
import { BYTE_KIND, IS_SPACE } from './xml-characters.js';
import type { XmlTag } from './xml-tag.js';

const LF = 10;
const BLANK = 32;
const QUOTE = 34;
const DOT = 46;
const ZERO = 48;
const COLON = 58;
/** Digits of a number that the quick path takes; and white space before a reading. */
const DIGITS_MAX = 14;
const GAP_BYTES_MAX = 64;
/** Bytes that must be there beyond the tag that is looked at. */
const ROOM_BYTES = 64;

/**
 * Readings of an `IntervalData` as nearly all are: the tag is to the letter that of the reading before but for
 * time and value, the time is the next of the grid, and there are no flags. They are taken here without the
 * tokenizer; anything else is left to it. A property test compares the two ways.
 */
export class QuickReadings {
  /** White space and tag before the time, between time and value, and after the value. */
  private lead: WordText = EMPTY_WORD_TEXT;
  private middle: WordText = EMPTY_WORD_TEXT;
  private tail: WordText = EMPTY_WORD_TEXT;
  private gapLines = 0;
  /** Bytes of the lead behind its last line end. */
  private afterLine = 0;
  /** First ten bytes of the time that was read last, and the minute at which its day begins. */
  private dateA = 0;
  private dateB = 0;
  private dateC = 0;
  private dayMinute = -1;
  /** Line ends that `read` passed, and the place behind the last one. */
  lines = 0;
  lineStart = 0;

  constructor(private readonly context: ReaderContext) {}

  /**
   * Remembers the form of a reading that the tokenizer read.
   * @param gapFrom where the tag before it ended
   */
  learn(tag: XmlTag, gapFrom: number): void {
    const { bytes } = this.context;
    if (!tag.isEmpty || tag.count !== 2 || tag.lineEnds > 0 || gapFrom < 0) return;
    if (tag.from - gapFrom > GAP_BYTES_MAX) return;
    if (tag.nameOf(0) !== ATTRIBUTE.timeStamp || tag.nameOf(1) !== ATTRIBUTE.rawReading) return;
    const [timeFrom, timeTo] = [tag.valueFroms[0]!, tag.valueTos[0]!];
    const [valueFrom, valueTo] = [tag.valueFroms[1]!, tag.valueTos[1]!];
    if (timeTo - timeFrom !== TIME_BYTES || bytes[valueTo] !== QUOTE) return;
    for (let at = gapFrom; at < tag.from; at++) if ((BYTE_KIND[bytes[at]!]! & IS_SPACE) === 0) return;
    if (this.knows(gapFrom, timeTo, valueTo)) return;
    this.lead = wordText(bytes, gapFrom, timeFrom);
    this.middle = wordText(bytes, timeTo, valueFrom);
    this.tail = wordText(bytes, valueTo, tag.to);
    this.gapLines = 0;
    this.afterLine = 0;
    for (let at = gapFrom; at < tag.from; at++) {
      if (bytes[at] !== LF) continue;
      this.gapLines++;
      this.afterLine = timeFrom - at - 1;
    }
  }

  private knows(gapFrom: number, timeTo: number, valueTo: number): boolean {
    const { view } = this.context;
    const { lead, middle, tail } = this;
    if (lead.length === 0 || valueTo + tail.length + ROOM_BYTES > view.byteLength) return false;
    return (
      hasTextAt(view, gapFrom, lead) && hasTextAt(view, timeTo, middle) && hasTextAt(view, valueTo, tail)
    );
  }

  /**
   * Takes readings from `bytes[at]` on, as long as they are plain.
   * @param to end of what is there
   * @param latestStamp stamps after it are in the future, in the zone of the meter
   * @returns the place behind the last one
   */
  read(element: PendingElement, at: number, to: number, latestStamp: number, letter: number): number {
    const { context, lead, middle, tail } = this;
    const { bytes, view, pending } = context;
    const { intervalMinutes, rangeFrom } = element;
    this.lines = 0;
    if (lead.length === 0) return at;
    let expected = element.lastStamp < 0 ? rangeFrom : element.lastStamp + intervalMinutes;
    if (expected < 0 || expected < rangeFrom || expected % gridMinutes(intervalMinutes) !== 0) return at;
    const latest = Math.min(latestStamp, element.rangeTo < 0 ? latestStamp : element.rangeTo);
    const last = to - lead.length - TIME_BYTES - middle.length - DIGITS_MAX - tail.length - ROOM_BYTES;
    let next = at;
    let taken = 0;
    while (next <= last && expected <= latest && pending.count < PENDING_READS_MAX) {
      if (!hasTextAt(view, next, lead)) break;
      const time = next + lead.length;
      if (this.minuteAt(time) !== expected || !hasTextAt(view, time + TIME_BYTES, middle)) break;
      const from = time + TIME_BYTES + middle.length;
      let end = from;
      let value = 0;
      let point = -1;
      for (let byte = bytes[end]!; byte !== QUOTE; byte = bytes[++end]!) {
        const digit = byte - ZERO;
        if (digit >= 0 && digit <= 9) value = value * 10 + digit;
        else if (byte === DOT && point < 0) point = end;
        else break;
        if (end - from > DIGITS_MAX) break;
      }
      if (end === from || !hasTextAt(view, end, tail)) break;
      const decimals = point < 0 ? 0 : end - point - 1;
      if (decimals > DECIMALS_MAX || end - from - decimals > 10 || point === from) break;
      const scaled = value * POWERS_OF_TEN[DECIMALS_MAX - decimals]!;
      pending.push(element, expected, scaled, namedMeta(decimals, letter, 0));
      element.sum += scaled;
      if (this.gapLines > 0) this.lineStart = time - this.afterLine;
      next = end + tail.length;
      expected += intervalMinutes;
      taken++;
    }
    if (taken > 0) {
      element.readings += taken;
      element.lastStamp = expected - intervalMinutes;
      element.latestStamp = element.lastStamp;
      this.lines = taken * this.gapLines;
    }
    return next;
  }

  /** Minutes since 1970 of the time at a place, or -1 where it is none with whole minutes up to 23:59. */
  private minuteAt(time: number): number {
    const { bytes, view } = this.context;
    const a = view.getInt32(time, true);
    const b = view.getInt32(time + 4, true);
    const c = view.getInt16(time + 8, true);
    if (a !== this.dateA || b !== this.dateB || c !== this.dateC) {
      const day = parseDay(bytes, time);
      if (day < 0) return -1;
      this.dayMinute = day * MINUTES_PER_DAY;
      this.dateA = a;
      this.dateB = b;
      this.dateC = c;
    }
    const isWhole =
      bytes[time + 10] === BLANK &&
      bytes[time + 13] === COLON &&
      bytes[time + 16] === COLON &&
      bytes[time + 17] === ZERO &&
      bytes[time + 18] === ZERO;
    const hour = twoDigits(bytes, time + 11);
    const minute = twoDigits(bytes, time + 14);
    return isWhole && hour < 24 && minute < 60 ? this.dayMinute + hour * 60 + minute : -1;
  }
}
