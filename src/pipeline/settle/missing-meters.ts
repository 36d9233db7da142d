import { areSameBytes } from '../../model/byte-order.js';
import { isoDate, readDayStart } from '../../model/time.js';
import { IS_REGISTER, UNITS } from '../../model/units.js';
import { type KeyColumns, seekKey } from '../../store/history/history-columns.js';
import type { RegisterSlice } from '../../store/register/meter-register.js';
import { meterIdText } from '../../store/register/register-rows.js';
import { csvField } from '../finish/list-writer.js';
import type { DayStore } from './day-store.js';
import { type SettleState, silentKey } from './settle-state.js';

export interface MissingCounts {
  /** Meters that the register holds active on the complete days, and those of them that sent nothing. */
  metersExpected: number;
  metersMissing: number;
  /** Slots of the channels that sent nothing. */
  slotsMissing: number;
}

/** Where the rows of a day have come to while the register's rows are gone through. */
interface DayCursor {
  day: number;
  start: number;
  end: number;
  keys: KeyColumns;
  row: number;
}

/**
 * Compares the meter register with what the days that are complete now hold: an active channel without a
 * row sent nothing and goes to the list of missing meters.
 * @param days the partition's days, finished
 * @param plain what it says of meters that were settled by the kernel; null where none were
 */
export function countMissing(
  state: SettleState,
  slice: RegisterSlice | null,
  days: DayStore,
  plain: { day: number; complete: Uint8Array } | null,
): MissingCounts {
  const counts: MissingCounts = { metersExpected: 0, metersMissing: 0, slotsMissing: 0 };
  if (slice === null || state.task.completeDays.length === 0) return counts;
  const zone = state.task.marketZoneMinutes;
  const cursors: DayCursor[] = state.task.completeDays.map((day) => ({
    day,
    start: readDayStart(day, zone),
    end: readDayStart(day + 1, zone),
    keys: days.keysOf(day),
    row: 0,
  }));
  const isOneDay = cursors.length === 1 && cursors[0]!.day === plain?.day && state.silent.size === 0;
  const complete = isOneDay ? plain.complete : NONE;
  for (let row = 0; row < slice.rows; ) {
    let end = row + 1;
    while (end < slice.rows && isSameMeter(slice, row, end)) end++;
    if (complete[row] === 1) {
      if (isAnyExpected(slice, row, end, cursors[0]!)) counts.metersExpected++;
    } else countMeter(state, slice, row, end, cursors, counts);
    row = end;
  }
  return counts;
}

const NONE = new Uint8Array(0);

/** Whether the day expects intervals of any of a meter's rows. */
function isAnyExpected(slice: RegisterSlice, first: number, end: number, cursor: DayCursor): boolean {
  for (let row = first; row < end; row++) if (isExpectedOn(slice, row, cursor)) return true;
  return false;
}

/** A register read comes or not, at times of its own: only interval channels have slots to be filled. */
function isExpectedOn(slice: RegisterSlice, row: number, { start, end }: DayCursor): boolean {
  if (IS_REGISTER[slice.unitCodes[row]!] === 1) return false;
  return slice.activeFrom[row]! < end && slice.activeTo[row]! > start;
}

function isSameMeter(slice: RegisterSlice, a: number, b: number): boolean {
  const { meterIdBytes, meterIdOffsets } = slice;
  return areSameBytes(
    meterIdBytes,
    meterIdOffsets[a]!,
    meterIdOffsets[a + 1]!,
    meterIdBytes,
    meterIdOffsets[b]!,
    meterIdOffsets[b + 1]!,
  );
}

function countMeter(
  state: SettleState,
  slice: RegisterSlice,
  first: number,
  end: number,
  cursors: DayCursor[],
  counts: MissingCounts,
): void {
  let isExpected = false;
  let hasSent = false;
  for (const cursor of cursors) {
    const rowEnd = seekMeter(cursor, slice, first);
    if (rowEnd > cursor.row && !isWhollySilent(state, slice, first, cursor, rowEnd)) hasSent = true;
    for (let row = first; row < end; row++) {
      if (!isExpectedOn(slice, row, cursor)) continue;
      isExpected = true;
      const isThere = hasUnit(cursor, rowEnd, slice.unitCodes[row]!);
      if (isThere && !isSilent(state, slice, row, cursor.day)) continue;
      // What was estimated all the same is counted with the slots that went out.
      if (!isThere) counts.slotsMissing += activeSlots(slice, row, cursor);
      state.missingMeters.line(missingLine(slice, row, cursor.day));
    }
    cursor.row = rowEnd;
  }
  if (!isExpected) return;
  counts.metersExpected++;
  if (!hasSent) counts.metersMissing++;
}

/** Moves the cursor to the register row's meter. @returns the row after the meter's last one */
function seekMeter(cursor: DayCursor, slice: RegisterSlice, row: number): number {
  const { keys } = cursor;
  const { meterIdBytes } = slice;
  const from = slice.meterIdOffsets[row]!;
  const to = slice.meterIdOffsets[row + 1]!;
  if (!isMeterAt(keys, cursor.row, meterIdBytes, from, to))
    cursor.row = seekKey(keys, cursor.row, meterIdBytes, from, to, -1);
  let end = cursor.row;
  while (isMeterAt(keys, end, meterIdBytes, from, to)) end++;
  return end;
}

function isMeterAt(keys: KeyColumns, at: number, meter: Uint8Array, from: number, to: number): boolean {
  if (at >= keys.rowCount) return false;
  const { meterBytes, meterOffsets } = keys;
  return areSameBytes(meterBytes, meterOffsets[at]!, meterOffsets[at + 1]!, meter, from, to);
}

function hasUnit(cursor: DayCursor, end: number, unit: number): boolean {
  for (let row = cursor.row; row < end; row++) if (cursor.keys.channels[row]! >> 2 === unit) return true;
  return false;
}

/** Whether a channel was estimated though it delivered nothing. */
function isSilent(state: SettleState, slice: RegisterSlice, row: number, day: number): boolean {
  if (state.silent.size === 0) return false;
  return state.silent.has(silentKey(meterIdText(slice, row), slice.unitCodes[row]!, day));
}

/** Whether all rows of a meter's day are of channels that delivered nothing. */
function isWhollySilent(
  state: SettleState,
  slice: RegisterSlice,
  row: number,
  cursor: DayCursor,
  end: number,
): boolean {
  if (state.silent.size === 0) return false;
  const meter = meterIdText(slice, row);
  for (let at = cursor.row; at < end; at++) {
    if (!state.silent.has(silentKey(meter, cursor.keys.channels[at]! >> 2, cursor.day))) return false;
  }
  return true;
}

/** Slots of the day that end while the register's row is active. */
function activeSlots(slice: RegisterSlice, row: number, { start, end }: DayCursor): number {
  const interval = slice.intervalMinutes[row]!;
  const from = Math.max(start, slice.activeFrom[row]!);
  const to = Math.min(end, slice.activeTo[row]!);
  return Math.floor((to - start) / interval) - Math.floor((from - start) / interval);
}

function missingLine(slice: RegisterSlice, row: number, day: number): string {
  const text = (bytes: Uint8Array, offsets: Int32Array) =>
    csvField(Buffer.from(bytes.subarray(offsets[row]!, offsets[row + 1]!)).toString('latin1'));
  const meter = text(slice.meterIdBytes, slice.meterIdOffsets);
  const sdp = text(slice.sdpIdBytes, slice.sdpIdOffsets);
  return `${meter},${sdp},${UNITS[slice.unitCodes[row]!]},${isoDate(day)}`;
}
