import { compareBytes } from '../../model/byte-order.js';

/**
 * Rows of the meter register as columns. A row is one channel (meter id and units) in one span of active
 * time. Rows stand in the order meter id (bytes), unit code, start of active time.
 */

/** Longest `meter_id` and `sdp_id`, in bytes. */
export const ID_BYTES_MAX = 64;

/** `activeFrom` and `activeTo` of a row whose active time is open on that side. */
export const OPEN_FROM = -2_147_483_648;
export const OPEN_TO = 2_147_483_647;

/** `maximumKwh` of a row that leaves the maximum to the policy. */
export const NO_MAXIMUM = -1;

/** Columns of `rows` rows; the arrays may be longer, what follows the last row is of no meaning. */
export interface RegisterRows {
  rows: number;
  /** Row i's meter id: `meterIdBytes` from `meterIdOffsets[i]` to `meterIdOffsets[i + 1]`; ASCII. */
  meterIdBytes: Uint8Array;
  meterIdOffsets: Int32Array;
  /** Service delivery point, in the same way; may be empty. */
  sdpIdBytes: Uint8Array;
  sdpIdOffsets: Int32Array;
  unitCodes: Uint8Array;
  intervalMinutes: Uint16Array;
  /** Whole numbers of 0.00001, above 0. */
  multiplier: Float64Array;
  /** Digits of the dial, 0 = unknown. */
  registerDigits: Uint8Array;
  /** Highest kWh in an hour, whole numbers of 0.00001, or `NO_MAXIMUM`. */
  maximumKwh: Float64Array;
  /** Index in the register's list of service classes. */
  serviceClass: Uint16Array;
  /** Stamps; the row holds from the first (inclusive) to the second (exclusive). */
  activeFrom: Int32Array;
  activeTo: Int32Array;
}

/** Rows on their way into the register: with the place in the source (line or element) of each. */
export interface PlacedRows extends RegisterRows {
  places: Float64Array;
}

/** Columns with room for a number of rows and for so many bytes of ids of each kind. */
export function allocateRows(capacity: number, meterIdBytes: number, sdpIdBytes: number): RegisterRows {
  return {
    rows: 0,
    meterIdBytes: new Uint8Array(meterIdBytes),
    meterIdOffsets: new Int32Array(capacity + 1),
    sdpIdBytes: new Uint8Array(sdpIdBytes),
    sdpIdOffsets: new Int32Array(capacity + 1),
    unitCodes: new Uint8Array(capacity),
    intervalMinutes: new Uint16Array(capacity),
    multiplier: new Float64Array(capacity),
    registerDigits: new Uint8Array(capacity),
    maximumKwh: new Float64Array(capacity),
    serviceClass: new Uint16Array(capacity),
    activeFrom: new Int32Array(capacity),
    activeTo: new Int32Array(capacity),
  };
}

/** Columns for rows with places, with room for ids of any permitted length. */
export function allocatePlacedRows(capacity: number): PlacedRows {
  const idBytes = capacity * ID_BYTES_MAX;
  return { ...allocateRows(capacity, idBytes, idBytes), places: new Float64Array(capacity) };
}

/** Appends row `i` of `from`, with its place, to rows that have room for it. */
export function appendRow(to: PlacedRows, from: PlacedRows, i: number): void {
  const at = to.rows;
  to.meterIdOffsets[at + 1] = copyId(
    to.meterIdBytes,
    to.meterIdOffsets[at]!,
    from.meterIdBytes,
    from.meterIdOffsets[i]!,
    from.meterIdOffsets[i + 1]!,
  );
  to.sdpIdOffsets[at + 1] = copyId(
    to.sdpIdBytes,
    to.sdpIdOffsets[at]!,
    from.sdpIdBytes,
    from.sdpIdOffsets[i]!,
    from.sdpIdOffsets[i + 1]!,
  );
  to.unitCodes[at] = from.unitCodes[i]!;
  to.intervalMinutes[at] = from.intervalMinutes[i]!;
  to.multiplier[at] = from.multiplier[i]!;
  to.registerDigits[at] = from.registerDigits[i]!;
  to.maximumKwh[at] = from.maximumKwh[i]!;
  to.serviceClass[at] = from.serviceClass[i]!;
  to.activeFrom[at] = from.activeFrom[i]!;
  to.activeTo[at] = from.activeTo[i]!;
  to.places[at] = from.places[i]!;
  to.rows = at + 1;
}

/** Copies a short run of bytes (a loop beats `set` here) and returns where the next one begins. */
function copyId(to: Uint8Array, at: number, from: Uint8Array, start: number, end: number): number {
  let next = at;
  for (let byte = start; byte < end; byte++) to[next++] = from[byte]!;
  return next;
}

/** Copies rows `first` (inclusive) to `end` (exclusive) of `from` to the end of rows that have room. */
export function appendRange(to: RegisterRows, from: RegisterRows, first: number, end: number): void {
  const at = to.rows;
  const count = end - first;
  appendIds(to.meterIdBytes, to.meterIdOffsets, at, from.meterIdBytes, from.meterIdOffsets, first, end);
  appendIds(to.sdpIdBytes, to.sdpIdOffsets, at, from.sdpIdBytes, from.sdpIdOffsets, first, end);
  to.unitCodes.set(from.unitCodes.subarray(first, end), at);
  to.intervalMinutes.set(from.intervalMinutes.subarray(first, end), at);
  to.multiplier.set(from.multiplier.subarray(first, end), at);
  to.registerDigits.set(from.registerDigits.subarray(first, end), at);
  to.maximumKwh.set(from.maximumKwh.subarray(first, end), at);
  to.serviceClass.set(from.serviceClass.subarray(first, end), at);
  to.activeFrom.set(from.activeFrom.subarray(first, end), at);
  to.activeTo.set(from.activeTo.subarray(first, end), at);
  to.rows = at + count;
}

function appendIds(
  toBytes: Uint8Array,
  toOffsets: Int32Array,
  at: number,
  fromBytes: Uint8Array,
  fromOffsets: Int32Array,
  first: number,
  end: number,
): void {
  const shift = toOffsets[at]! - fromOffsets[first]!;
  toBytes.set(fromBytes.subarray(fromOffsets[first]!, fromOffsets[end]!), toOffsets[at]!);
  for (let i = first; i < end; i++) toOffsets[at + i - first + 1] = fromOffsets[i + 1]! + shift;
}

/** Order of two meter ids by their bytes: below 0, 0, above 0. */
export function compareMeterIds(a: RegisterRows, i: number, b: RegisterRows, j: number): number {
  return compareBytes(
    a.meterIdBytes,
    a.meterIdOffsets[i]!,
    a.meterIdOffsets[i + 1]!,
    b.meterIdBytes,
    b.meterIdOffsets[j]!,
    b.meterIdOffsets[j + 1]!,
  );
}

/** Order of a row's meter id and the bytes of another. */
export function compareMeterIdTo(rows: RegisterRows, i: number, id: Uint8Array): number {
  const from = rows.meterIdOffsets[i]!;
  return compareBytes(rows.meterIdBytes, from, rows.meterIdOffsets[i + 1]!, id, 0, id.length);
}

/** Order of rows in the register; rows of the same key stand in the order of the source. */
export function comparePlacedRows(a: PlacedRows, i: number, b: PlacedRows, j: number): number {
  const byMeter = compareMeterIds(a, i, b, j);
  if (byMeter !== 0) return byMeter;
  const byUnit = a.unitCodes[i]! - b.unitCodes[j]!;
  if (byUnit !== 0) return byUnit;
  const byStart = a.activeFrom[i]! - b.activeFrom[j]!;
  return byStart !== 0 ? byStart : a.places[i]! - b.places[j]!;
}

/** Text of a row's meter id, for messages and the index. */
export function meterIdText(rows: RegisterRows, i: number): string {
  const id = rows.meterIdBytes.subarray(rows.meterIdOffsets[i]!, rows.meterIdOffsets[i + 1]!);
  return Buffer.from(id).toString('latin1');
}
