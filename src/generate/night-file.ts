import { setImmediate } from 'node:timers/promises';
import { POWERS_OF_TEN, UNITS_PER_ONE } from '../model/decimal.js';
import { EST_OFFSET_MINUTES, MINUTES_PER_DAY, readDayStart } from '../model/time.js';
import { AmrdefDays } from './amrdef-days.js';
import type { FileAnswer } from './answers.js';
import type { ByteFile } from './byte-file.js';
import { CmepDays } from './cmep-days.js';
import type { DayWriter, FileState, Night, Slice } from './day-writer.js';
import { outageRun, registerError } from './defects.js';
import { meterIdOf } from './dialects.js';
import { defectKey, drawBelow, METER_DRAW, meterKey } from './hash.js';
import type { ResolvedOptions } from './options.js';
import type { DayFrame } from './record-draft.js';
import { REGISTER_DIGITS } from './register-csv.js';
import type { Totals } from './totals.js';

/** Records are made so long after the day's close. */
const CREATION_MINUTES = 30;
/** First registers lie from the one to the other, in kWh: high enough to go down, without a rollover. */
const FIRST_REGISTER_KWH = [1_000, 100_000] as const;
/** Meters between two turns of the event loop. */
const METERS_PER_TURN = 4_096;

/**
 * Writes the reads of a slice of meters: all meters of the first day, then all of the next.
 * @param totals counters of this file, to be added to
 */
export async function writeNightFile(
  night: Night,
  slice: Slice,
  name: string,
  file: ByteFile,
  totals: Totals,
): Promise<FileAnswer> {
  const { options, load } = night;
  const firstIndex = slice.firstMeter - options.firstMeter;
  const state: FileState = {
    night,
    slice,
    name,
    file,
    totals,
    registers:
      options.registers?.subarray(firstIndex, firstIndex + slice.meters) ?? newRegisters(options, slice),
    values: new Int32Array(MINUTES_PER_DAY / options.intervalMinutes),
    registerValues: new Float64Array(2),
  };
  totals.meters += slice.meters;
  const writer = night.options.dialect.name === 'amrdef' ? new AmrdefDays(state) : new CmepDays(state);
  writer.begin(options.startDay + options.days);
  for (let dayIndex = 0; dayIndex < options.days; dayIndex++) {
    const day = options.startDay + dayIndex;
    load.turnTo(day);
    const frame = frameOf(state, day, dayIndex === 0);
    writer.turnTo(frame);
    for (let from = 0; from < slice.meters; from += METERS_PER_TURN) {
      const to = Math.min(from + METERS_PER_TURN, slice.meters);
      for (let index = from; index < to; index++) writeMeterDay(state, writer, frame, index, day, dayIndex);
      await setImmediate();
    }
  }
  writer.end();
  const bytes = file.close();
  const { records, reads, lines, brokenLines } = totals;
  return { name, records, reads, lines, brokenLines, bytes };
}

function newRegisters({ days }: ResolvedOptions, { meters }: Slice): Float64Array | null {
  return days > 1 ? new Float64Array(meters).fill(Number.NaN) : null;
}

function frameOf({ night }: FileState, day: number, isFirstDay: boolean): DayFrame {
  const { dialect, intervalMinutes } = night.options;
  const startStamp = readDayStart(day, EST_OFFSET_MINUTES);
  return {
    dialect,
    intervalMinutes,
    slots: MINUTES_PER_DAY / intervalMinutes,
    startStamp,
    creationStamp: startStamp + MINUTES_PER_DAY + CREATION_MINUTES,
    hasOpening: isFirstDay || dialect.openingEachDay,
    missing: night.picker.missing,
  };
}

function writeMeterDay(
  state: FileState,
  writer: DayWriter,
  frame: DayFrame,
  index: number,
  day: number,
  dayIndex: number,
): void {
  const { night, values, totals, registers } = state;
  const { seed, dialect } = night.options;
  const meter = state.slice.firstMeter + index;
  const key = meterKey(seed, meter);
  const kind = night.picker.pick(meter, key, day);
  if (kind === 'silent-meter') {
    if (dayIndex === 0) tellSilent(state, meter);
    return;
  }
  const gridPerKwh = POWERS_OF_TEN[dialect.decimals]!;
  let sum = night.load.fill(key, values);
  const draws = kind === null ? 0 : defectKey(key, day);
  if (kind === 'outage') {
    const { first, count } = outageRun(frame, draws);
    for (let slot = first; slot < first + count; slot++) {
      sum -= values[slot]!;
      values[slot] = 0;
    }
  }
  night.trueSum.add(sum * (UNITS_PER_ONE / gridPerKwh));
  const known = registers?.[index] ?? Number.NaN;
  const opening = Number.isNaN(known) ? firstRegister(key, gridPerKwh) : known;
  const error = kind === null ? 0 : registerError(kind, draws, sum, gridPerKwh);
  const closing = onDial(opening + sum + error, gridPerKwh);
  if (registers !== null) registers[index] = closing;
  totals.meterDays++;
  if (frame.hasOpening) {
    totals.registerReads += 2;
    if (dayIndex > 0) totals.repeatedRegisterReads++;
  } else totals.registerReads++;
  if (kind === null || kind === 'unknown-meter') {
    if (kind === 'unknown-meter') tellUnknown(state, writer, meter, dayIndex);
    state.registerValues[0] = opening;
    state.registerValues[1] = closing;
    writer.good(meter);
    return;
  }
  const trueClosing = onDial(opening + sum, gridPerKwh);
  writer.defect({ meter, kind, key: draws, values, opening, closing, trueClosing });
}

function firstRegister(key: number, gridPerKwh: number): number {
  const [least, beyond] = FIRST_REGISTER_KWH;
  return least * gridPerKwh + drawBelow(key, METER_DRAW.register, (beyond - least) * gridPerKwh);
}

/** A reading as the dial shows it after a rollover. */
function onDial(reading: number, gridPerKwh: number): number {
  return reading % (POWERS_OF_TEN[REGISTER_DIGITS]! * gridPerKwh);
}

function tellSilent({ night, totals, name }: FileState, meter: number): void {
  totals.silentMeters++;
  night.defectCounts['silent-meter']++;
  const { days } = night.options;
  const meterId = meterIdOf(meter);
  night.answers.add({ kind: 'silent-meter', file: name, line: null, meterId, stamp: null, days });
}

/** Told for each day, with the lines that are about to be written. */
function tellUnknown(state: FileState, writer: DayWriter, meter: number, dayIndex: number): void {
  const { night, totals, name } = state;
  if (dayIndex === 0) totals.unknownMeters++;
  totals.readsOfUnknownMeters += writer.goodReads;
  night.defectCounts['unknown-meter']++;
  night.answers.add({
    kind: 'unknown-meter',
    file: name,
    line: totals.lines + 1,
    meterId: meterIdOf(meter),
    stamp: null,
    lines: writer.goodLines,
    reads: writer.goodReads,
  });
}
