import { Float64, Int32, makeData, makeVector, type Vector } from 'apache-arrow';
import { OUTAGE_STATUS, statusOf } from '../../model/quality.js';
import { column, keyVectors, offsetOf, openFile, toFile } from './history-arrow.js';
import type { KeyBuilder, KeyColumns } from './history-columns.js';
import type { DaySlots, KnownTotals } from './history-file.js';

/**
 * Beside each day file lies a totals file: a few numbers of each of its rows, made from the day file alone. A
 * night asks many past days whether they may serve as reference days, and for their totals: here it reads
 * some twenty bytes of a channel rather than all its slots. The rows are those of the day file, in the same
 * places, and the file says where in the day file the slots lie, so that single rows can be read.
 */

/** State of a slot of a day file that is an actual value that passed (docs/history.md). */
const STATE_PASSED = 1;

/** Where the columns of slots lie in a day file. */
export interface SlotLayout {
  valuesOffset: number;
  /** 4 (32-bit whole numbers) or 8 (doubles). */
  valueBytes: number;
  qualityOffset: number;
  /** 2 or 4. */
  qualityBytes: number;
  /** By quality index: meta word and state. */
  qualities: [meta: number, state: number][];
}

export interface TotalsColumns extends KeyColumns {
  intervalMinutes: Uint16Array;
  /** 1 where the day is settled and all its slots are actual, passed and without outage status. */
  worthy: Uint8Array;
  /** Sum of the values of all slots that have one, 0.00001. */
  totals: Int32Array | Float64Array;
  /** The run of slots at the day's end, passed and without outage status, that all have `runValues`. */
  runSlots: Uint16Array;
  runValues: Int32Array | Float64Array;
  layout: SlotLayout;
}

/** What a totals file says of one row. */
export interface RowTotals {
  worthy: number;
  total: number;
  runSlots: number;
  runValue: number;
}

/** By quality index: 0 no value, 1 a value, 2 a sound one (passed, no outage status). */
export function soundness(metas: ArrayLike<number>, states: ArrayLike<number>): Uint8Array {
  return Uint8Array.from(states, (state, i) => {
    if (state === STATE_PASSED) return (statusOf(metas[i]!) & OUTAGE_STATUS) === 0 ? 2 : 1;
    return state === STATE_FAILED || state === STATE_OUTAGE_ZERO || state === STATE_ESTIMATED ? 1 : 0;
  });
}
const STATE_FAILED = 2;
const STATE_OUTAGE_ZERO = 3;
const STATE_ESTIMATED = 4;

/** Totals of row `row` of a day. @param sound of the day's qualities, by `soundness` */
export function totalsOfRow(day: DaySlots, row: number, sound: Uint8Array, into: RowTotals): void {
  const { values, quality, slotOffsets } = day;
  const from = slotOffsets[row]!;
  const to = slotOffsets[row + 1]!;
  let total = 0;
  let soundSlots = 0;
  for (let i = from; i < to; i++) {
    const kind = sound[quality[i]!]!;
    if (kind === 2) soundSlots++;
    if (kind !== 0) total += values[i]!;
  }
  let run = to;
  const last = to > from ? values[to - 1]! : 0;
  while (run > from && values[run - 1] === last && sound[quality[run - 1]!] === 2) run--;
  into.worthy = day.settled[row] === 1 && soundSlots === to - from ? 1 : 0;
  into.total = total;
  into.runSlots = to - run;
  into.runValue = run < to ? last : 0;
}

/**
 * The bytes of the totals file of a day, in pieces.
 * @param day its columns; each row has all slots of its interval
 * @param keys of the same rows
 * @param dayFile the pieces of the day file, which are views of the same columns
 * @param known totals of rows that are known already
 */
export function totalsFile(
  day: DaySlots,
  keys: KeyBuilder,
  dayFile: readonly Uint8Array[],
  known: KnownTotals,
): Uint8Array[] {
  const rows = keys.rowCount;
  // Rows whose totals are known have all slots actual, passed and sound.
  const worthy = known.hasTotals.slice(0, rows);
  const totals = known.totals.slice(0, rows);
  const runSlots = known.runSlots.slice(0, rows);
  const runValues = known.runValues.slice(0, rows);
  const sound = soundness(day.metas, day.states);
  const row: RowTotals = { worthy: 0, total: 0, runSlots: 0, runValue: 0 };
  for (let i = 0; i < rows; i++) {
    if (known.hasTotals[i] === 1) continue;
    totalsOfRow(day, i, sound, row);
    worthy[i] = row.worthy;
    totals[i] = row.total;
    runSlots[i] = row.runSlots;
    runValues[i] = row.runValue;
  }
  const columns: Record<string, Vector> = {
    ...keyVectors(keys),
    interval_minutes: makeVector(day.intervalMinutes.subarray(0, rows)),
    reference: makeVector(worthy),
    total: numberVector(totals),
    run_slots: makeVector(runSlots),
    run_value: numberVector(runValues),
  };
  return toFile(columns, 'totals/1', { layout: JSON.stringify(layoutOf(day, dayFile)) });
}

/** 32-bit whole numbers where all fit, else doubles. */
function numberVector(values: Float64Array): Vector {
  const narrow = Int32Array.from(values);
  const length = values.length;
  for (let i = 0; i < length; i++) {
    if (narrow[i] !== values[i]) return makeVector(makeData({ type: new Float64(), length, data: values }));
  }
  return makeVector(makeData({ type: new Int32(), length, data: narrow }));
}

function layoutOf(day: DaySlots, dayFile: readonly Uint8Array[]): SlotLayout {
  const isEmpty = day.slotOffsets[day.rowCount] === 0;
  return {
    valuesOffset: isEmpty ? 0 : offsetOf(dayFile, day.values),
    valueBytes: day.values.BYTES_PER_ELEMENT,
    qualityOffset: isEmpty ? 0 : offsetOf(dayFile, day.quality),
    qualityBytes: day.quality.BYTES_PER_ELEMENT,
    qualities: Array.from(day.metas, (meta, i): [number, number] => [meta, day.states[i]!]),
  };
}

/**
 * Reads a totals file.
 * @throws ReadmillError READMILL_HISTORY_DAMAGED where it is no such file
 */
export function readTotalsFile(path: string): TotalsColumns {
  const { table, keys } = openFile(path, ['totals/1']);
  return {
    ...keys,
    intervalMinutes: column(table, 'interval_minutes').values as Uint16Array,
    worthy: column(table, 'reference').values as Uint8Array,
    totals: column(table, 'total').values as Int32Array | Float64Array,
    runSlots: column(table, 'run_slots').values as Uint16Array,
    runValues: column(table, 'run_value').values as Int32Array | Float64Array,
    layout: JSON.parse(table.schema.metadata.get('layout')!) as SlotLayout,
  };
}
