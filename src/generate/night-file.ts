import { setImmediate } from 'node:timers/promises';
import { type ExactSum, POWERS_OF_TEN, UNITS_PER_ONE } from '../model/decimal.js';
import { EST_OFFSET_MINUTES, isoMinute, MINUTES_PER_DAY, readDayStart } from '../model/time.js';
import type { AnswersWriter, FileAnswer } from './answers.js';
import type { ByteFile } from './byte-file.js';
import type { DefectKind, DefectPicker } from './defect-kinds.js';
import { draftDefect, outageRun, registerError } from './defects.js';
import { meterDigits, meterIdOf } from './dialects.js';
import { defectKey, drawBelow, METER_DRAW, meterKey } from './hash.js';
import type { LoadModel } from './load-shape.js';
import type { ResolvedOptions } from './options.js';
import {
  type IntervalTemplate,
  intervalTemplate,
  type RegisterTemplate,
  registerTemplate,
  TRIPLES_PER_RECORD_MAX,
  writeIntervals,
  writeRegisters,
} from './quick-records.js';
import { type DayFrame, draftLine, type MeterDay, stampOfSlot } from './record-draft.js';
import { REGISTER_DIGITS } from './register-csv.js';
import type { Totals } from './totals.js';

/** Records are made so long after the day's close. */
const CREATION_MINUTES = 30;
/** First registers lie from the one to the other, in kWh: high enough to go down, without a rollover. */
const FIRST_REGISTER_KWH = [1_000, 100_000] as const;
/** Meters between two turns of the event loop. */
const METERS_PER_TURN = 4_096;

/** Consecutive meters that go into one file. */
export interface Slice {
  firstMeter: number;
  meters: number;
}

/** What the files of a night have in common. */
export interface Night {
  options: ResolvedOptions;
  load: LoadModel;
  picker: DefectPicker;
  answers: AnswersWriter;
  /** True values of all meters that send, in 0.00001 kWh. */
  trueSum: ExactSum;
  defectCounts: Record<DefectKind, number>;
}

/** State of one file while it is written. */
interface FileState {
  night: Night;
  slice: Slice;
  name: string;
  file: ByteFile;
  totals: Totals;
  /** Closing registers of the day before, where there are days to follow. */
  registers: Float64Array | null;
  values: Int32Array;
  registerValues: Float64Array;
}

interface DayTemplates {
  frame: DayFrame;
  intervals: IntervalTemplate[];
  /** Of each, the first register value that it takes: 0 the opening one, 1 the closing one. */
  registers: { template: RegisterTemplate; from: number }[];
  reads: number;
  registerReads: number;
}

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
  const state: FileState = {
    night,
    slice,
    name,
    file,
    totals,
    registers: options.days > 1 ? new Float64Array(slice.meters) : null,
    values: new Int32Array(MINUTES_PER_DAY / options.intervalMinutes),
    registerValues: new Float64Array(2),
  };
  totals.meters += slice.meters;
  for (let dayIndex = 0; dayIndex < options.days; dayIndex++) {
    const day = options.startDay + dayIndex;
    load.turnTo(day);
    const templates = dayTemplates(state, day, dayIndex === 0);
    for (let from = 0; from < slice.meters; from += METERS_PER_TURN) {
      const to = Math.min(from + METERS_PER_TURN, slice.meters);
      for (let index = from; index < to; index++) writeMeterDay(state, templates, index, day, dayIndex);
      await setImmediate();
    }
  }
  const bytes = file.close();
  const { records, reads, lines, brokenLines } = totals;
  return { name, records, reads, lines, brokenLines, bytes };
}

function dayTemplates({ night }: FileState, day: number, isFirstDay: boolean): DayTemplates {
  const { dialect, intervalMinutes } = night.options;
  const slots = MINUTES_PER_DAY / intervalMinutes;
  const startStamp = readDayStart(day, EST_OFFSET_MINUTES);
  const creationStamp = startStamp + MINUTES_PER_DAY + CREATION_MINUTES;
  const hasOpening = isFirstDay || dialect.openingEachDay;
  const missing = night.picker.missing;
  const frame = { dialect, intervalMinutes, slots, startStamp, creationStamp, hasOpening, missing };
  const input = (stamps: number[]) => ({ dialect, intervalMinutes, creationStamp, stamps });
  const intervals: IntervalTemplate[] = [];
  for (let from = 0; from < slots; from += TRIPLES_PER_RECORD_MAX) {
    const count = Math.min(TRIPLES_PER_RECORD_MAX, slots - from);
    const stamps = Array.from({ length: count }, (_, k) => stampOfSlot(frame, from + k));
    intervals.push(intervalTemplate(input(stamps)));
  }
  const closingStamp = stampOfSlot(frame, slots - 1);
  const closing = () => ({ template: registerTemplate(input([closingStamp])), from: 1 });
  let registers = [closing()];
  if (hasOpening) {
    registers = dialect.oneRegisterARecord
      ? [{ template: registerTemplate(input([startStamp])), from: 0 }, closing()]
      : [{ template: registerTemplate(input([startStamp, closingStamp])), from: 0 }];
  }
  const registerReads = hasOpening ? 2 : 1;
  return { frame, intervals, registers, reads: slots + registerReads, registerReads };
}

function writeMeterDay(
  state: FileState,
  templates: DayTemplates,
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
    const { first, count } = outageRun(templates.frame, draws);
    for (let slot = first; slot < first + count; slot++) {
      sum -= values[slot]!;
      values[slot] = 0;
    }
  }
  night.trueSum.add(sum * (UNITS_PER_ONE / gridPerKwh));
  const opening = dayIndex > 0 && registers !== null ? registers[index]! : firstRegister(key, gridPerKwh);
  const error = kind === null ? 0 : registerError(kind, draws, sum, gridPerKwh);
  const closing = onDial(opening + sum + error, gridPerKwh);
  if (registers !== null) registers[index] = closing;
  totals.meterDays++;
  if (templates.frame.hasOpening) {
    totals.registerReads += 2;
    if (dayIndex > 0) totals.repeatedRegisterReads++;
  } else totals.registerReads++;
  if (kind === null || kind === 'unknown-meter') {
    if (kind === 'unknown-meter') tellUnknown(state, templates, meter, dayIndex);
    state.registerValues[0] = opening;
    state.registerValues[1] = closing;
    writeGoodDay(state, templates, meter);
    return;
  }
  const trueClosing = onDial(opening + sum, gridPerKwh);
  writeDefect(state, templates.frame, { meter, kind, key: draws, values, opening, closing, trueClosing });
}

function firstRegister(key: number, gridPerKwh: number): number {
  const [least, beyond] = FIRST_REGISTER_KWH;
  return least * gridPerKwh + drawBelow(key, METER_DRAW.register, (beyond - least) * gridPerKwh);
}

/** A reading as the dial shows it after a rollover. */
function onDial(reading: number, gridPerKwh: number): number {
  return reading % (POWERS_OF_TEN[REGISTER_DIGITS]! * gridPerKwh);
}

function writeGoodDay(state: FileState, templates: DayTemplates, meter: number): void {
  const { file, totals, values, night } = state;
  const { intervals, registers } = templates;
  const isRegistersFirst = night.options.dialect.registersFirst;
  if (isRegistersFirst) writeRegistersOf(state, templates, meter);
  for (let i = 0; i < intervals.length; i++) {
    writeIntervals(file, intervals[i]!, meter, values, i * TRIPLES_PER_RECORD_MAX);
  }
  if (!isRegistersFirst) writeRegistersOf(state, templates, meter);
  const count = intervals.length + registers.length;
  totals.lines += count;
  totals.records += count;
  totals.reads += templates.reads;
}

function writeRegistersOf({ file, registerValues }: FileState, templates: DayTemplates, meter: number): void {
  for (const { template, from } of templates.registers) {
    writeRegisters(file, template, meter, registerValues, from);
  }
}

function writeDefect(state: FileState, frame: DayFrame, meterDay: MeterDay): void {
  const { file, totals, night, name } = state;
  const { dialect } = frame;
  const { meter, kind } = meterDay;
  const { records, note, absentSlots, duplicateReads } = draftDefect(frame, meterDay);
  const lineBefore = totals.lines;
  const digits = meterDigits(meter);
  for (const record of records) {
    file.writeText(`${draftLine(dialect, record, digits)}\r\n`);
    if (record.broken !== null) {
      totals.brokenLines++;
      totals.readsOnBrokenLines += record.broken.reads;
      totals.slotsOnBrokenLines += record.triples.length;
    } else {
      totals.records++;
      totals.reads += record.triples.length;
      for (const { value } of record.triples) if (value === dialect.noValue) totals.readsWithoutValue++;
    }
  }
  totals.lines += records.length;
  totals.withheldSlots += absentSlots;
  if (duplicateReads > 0) totals.duplicateRecords++;
  totals.duplicateReads += duplicateReads;
  night.defectCounts[kind]++;
  const lineOf = (record: (typeof records)[number]) => lineBefore + 1 + records.indexOf(record);
  night.answers.add({
    kind,
    file: name,
    line: lineOf(note.record),
    meterId: meterIdOf(meter),
    stamp: note.stamp === null ? null : isoMinute(note.stamp),
    ...note.details(lineOf),
  });
}

function tellSilent({ night, totals, name }: FileState, meter: number): void {
  totals.silentMeters++;
  night.defectCounts['silent-meter']++;
  const { days } = night.options;
  const meterId = meterIdOf(meter);
  night.answers.add({ kind: 'silent-meter', file: name, line: null, meterId, stamp: null, days });
}

/** Told for each day, with the lines that are about to be written. */
function tellUnknown(state: FileState, templates: DayTemplates, meter: number, dayIndex: number): void {
  const { night, totals, name } = state;
  if (dayIndex === 0) totals.unknownMeters++;
  totals.readsOfUnknownMeters += templates.reads;
  night.defectCounts['unknown-meter']++;
  night.answers.add({
    kind: 'unknown-meter',
    file: name,
    line: totals.lines + 1,
    meterId: meterIdOf(meter),
    stamp: null,
    lines: templates.intervals.length + templates.registers.length,
    reads: templates.reads,
  });
}
