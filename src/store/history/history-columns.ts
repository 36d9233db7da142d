import { compareBytes } from '../../model/byte-order.js';
import { COMMODITIES, channelCode, UNITS, unitCode } from '../../model/units.js';

/** Text of a channel as history files name it: units and commodity. */
export function channelText(channel: number): string {
  return `${UNITS[channel >> 2]}/${COMMODITIES[channel & 3]}`;
}

/** Code of a channel's text, or -1. */
export function channelOfText(text: string): number {
  const [units, commodity] = text.split('/');
  const unit = unitCode(units ?? '');
  const letter = commodity?.length === 1 ? COMMODITIES.indexOf(commodity) : -1;
  return unit < 0 || letter < 0 ? -1 : channelCode(unit, letter);
}

/** Rows of a history file have a key: meter id and channel, ascending. */
export interface KeyColumns {
  rowCount: number;
  meterBytes: Uint8Array;
  /** `rowCount + 1` offsets into `meterBytes`. */
  meterOffsets: Int32Array;
  channels: Uint8Array;
}

/** Order of row `row` against a key. */
export function compareKey(
  keys: KeyColumns,
  row: number,
  meter: Uint8Array,
  from: number,
  to: number,
  channel: number,
): number {
  const order = compareBytes(
    keys.meterBytes,
    keys.meterOffsets[row]!,
    keys.meterOffsets[row + 1]!,
    meter,
    from,
    to,
  );
  return order !== 0 ? order : keys.channels[row]! - channel;
}

/** Whether row `row` has a key; ids are compared from their ends, where they differ most. */
export function isKeyAt(
  keys: KeyColumns,
  row: number,
  meter: Uint8Array,
  from: number,
  to: number,
  channel: number,
): boolean {
  if (row >= keys.rowCount || keys.channels[row] !== channel) return false;
  const start = keys.meterOffsets[row]!;
  if (keys.meterOffsets[row + 1]! - start !== to - from) return false;
  const { meterBytes } = keys;
  for (let i = to - 1; i >= from; i--) if (meterBytes[start + i - from] !== meter[i]) return false;
  return true;
}

/** Rows after the one last found that are looked at first: the next channel's are most often among them. */
const NEAR_ROWS = 3;

/**
 * First row whose key is at or after the key, searched from `start` on: first among the next few, then in
 * doubling steps.
 */
export function seekKey(
  keys: KeyColumns,
  start: number,
  meter: Uint8Array,
  from: number,
  to: number,
  channel: number,
): number {
  for (let row = start; row < start + NEAR_ROWS; row++) {
    if (isKeyAt(keys, row, meter, from, to, channel)) return row;
  }
  let low = start;
  let step = 1;
  while (low + step <= keys.rowCount && compareKey(keys, low + step - 1, meter, from, to, channel) < 0) {
    low += step;
    step *= 2;
  }
  let high = Math.min(low + step - 1, keys.rowCount);
  while (low < high) {
    const middle = (low + high) >> 1;
    if (compareKey(keys, middle, meter, from, to, channel) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Grows with what is appended; the doubling keeps the copying linear. */
export class KeyBuilder {
  rowCount = 0;
  meterBytes = new Uint8Array(1 << 16);
  meterOffsets = new Int32Array(1 << 12);
  channels = new Uint8Array(1 << 12);

  clear(): void {
    this.rowCount = 0;
  }

  append(meter: Uint8Array, from: number, to: number, channel: number): void {
    const at = this.meterOffsets[this.rowCount]!;
    const length = to - from;
    if (at + length > this.meterBytes.length) {
      const grown = new Uint8Array(this.meterBytes.length * 2);
      grown.set(this.meterBytes);
      this.meterBytes = grown;
    }
    for (let i = 0; i < length; i++) this.meterBytes[at + i] = meter[from + i]!;
    if (this.rowCount + 2 > this.meterOffsets.length) this.growRows();
    this.channels[this.rowCount++] = channel;
    this.meterOffsets[this.rowCount] = at + length;
  }

  /**
   * Appends many keys.
   * @param ids the meter ids, one behind the other
   * @param ends where each ends in `ids`
   */
  appendAll(ids: Uint8Array, ends: Int32Array, channels: Uint8Array, count: number): void {
    if (count === 0) return;
    const at = this.meterOffsets[this.rowCount]!;
    const length = ends[count - 1]!;
    while (at + length > this.meterBytes.length)
      this.meterBytes = grown(this.meterBytes, new Uint8Array(this.meterBytes.length * 2));
    this.meterBytes.set(ids.subarray(0, length), at);
    while (this.rowCount + count + 2 > this.meterOffsets.length) this.growRows();
    for (let i = 0; i < count; i++) {
      this.channels[this.rowCount + i] = channels[i]!;
      this.meterOffsets[this.rowCount + 1 + i] = at + ends[i]!;
    }
    this.rowCount += count;
  }

  private growRows(): void {
    const length = this.meterOffsets.length * 2;
    this.meterOffsets = grown(this.meterOffsets, new Int32Array(length));
    this.channels = grown(this.channels, new Uint8Array(length));
  }
}

/** Qualities and ranks that an index of 16 bits can tell apart; a file with more has indexes of 32 bits. */
export const NARROW_QUALITIES_MAX = 65_536;

/** Indexes into a list, as narrow as they can be. */
export function narrowed(wide: Int32Array, count: number): Uint16Array | Uint32Array {
  return count <= NARROW_QUALITIES_MAX ? new Uint16Array(wide) : new Uint32Array(wide);
}

/** `to` with what is in `from` at its beginning. */
export function grown<T extends { set(from: T): void }>(from: T, to: T): T {
  to.set(from);
  return to;
}
