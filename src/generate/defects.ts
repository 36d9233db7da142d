import { isoMinute } from '../model/time.js';
import { type BrokenKind, breakLine, isBrokenKind } from './broken-lines.js';
import type { DefectKind } from './defect-kinds.js';
import { meterDigits } from './dialects.js';
import { drawBelow } from './hash.js';
import {
  type DayFrame,
  draftFields,
  gridText,
  intervalRecords,
  type MeterDay,
  type RecordDraft,
  registerRecords,
  stampOfSlot,
  type TripleDraft,
} from './record-draft.js';

/** The answer to a defect, before the lines of its records are known. */
export interface DefectNote {
  /** The record that has the defect, or that would have what is missing. */
  record: RecordDraft;
  stamp: number | null;
  /** What else is told of it. */
  details: (lineOf: (record: RecordDraft) => number) => Record<string, unknown>;
}

export interface DraftedDay {
  /** In the order of the file. */
  records: RecordDraft[];
  note: DefectNote;
  /** Slots that no record has. */
  absentSlots: number;
  /** Triples that say what an earlier one of the same slot says, or something else. */
  duplicateReads: number;
}

/** Counters of the draws from a `defectKey`; 0 is the picker's. */
export const DRAW = {
  first: 1,
  count: 2,
  form: 3,
  amount: 4,
  sign: 5,
  variant: 6,
  record: 7,
  broken: 8,
} as const;

const OUTAGE_HOURS_MIN = 2;
const OUTAGE_HOURS_MAX = 12;

interface SlotRun {
  first: number;
  count: number;
}

/** Slots of a complete outage; the one after it is of the same day, too. */
export function outageRun(frame: DayFrame, key: number): SlotRun {
  const slotsPerHour = 60 / frame.intervalMinutes;
  const least = OUTAGE_HOURS_MIN * slotsPerHour;
  const count = least + drawBelow(key, DRAW.count, OUTAGE_HOURS_MAX * slotsPerHour - least + 1);
  return { first: drawBelow(key, DRAW.first, frame.slots - count), count };
}

function missingRun(frame: DayFrame, kind: DefectKind, key: number): SlotRun {
  const { slots, missing } = frame;
  let count = 1 + drawBelow(key, DRAW.count, missing.shortSlotsMax);
  if (kind === 'missing-long') {
    const isWholeDay = drawBelow(key, DRAW.amount, 1_000_000) < missing.wholeDay * 1_000_000;
    const least = missing.shortSlotsMax + 1;
    count = isWholeDay ? slots : least + drawBelow(key, DRAW.count, slots - least + 1);
  }
  return { first: drawBelow(key, DRAW.first, slots - count + 1), count };
}

/**
 * How far the closing register is off, in units of the last decimal: down by 1 to 50 kWh against the
 * opening one, or 3 to 9 kWh off the sum. The register goes on from there on the days that follow.
 */
export function registerError(kind: DefectKind, key: number, sum: number, gridPerKwh: number): number {
  if (kind === 'register-decreased') {
    return -sum - gridPerKwh - drawBelow(key, DRAW.amount, 49 * gridPerKwh + 1);
  }
  if (kind !== 'sum-mismatch') return 0;
  const error = 3 * gridPerKwh + drawBelow(key, DRAW.amount, 6 * gridPerKwh + 1);
  // Never so far down that it would be a register decrease.
  return sum > 2 * error && drawBelow(key, DRAW.sign, 2) === 1 ? -error : error;
}

/** Breaks a record on purpose, and says what is to be told of it. */
export type RecordBreaker = (kind: BrokenKind, draft: RecordDraft) => DefectNote;

/**
 * The records of a meter-day with its defect in them.
 * @param breaker as the format breaks records; left out: as CMEP does
 */
export function draftDefect(
  frame: DayFrame,
  day: MeterDay,
  breaker: RecordBreaker = (kind, draft) => breakRecord(frame, day, kind, draft),
): DraftedDay {
  const intervals = intervalRecords(frame, day);
  const registers = registerRecords(frame, day);
  const extra: RecordDraft[] = [];
  const duplicated = (added: RecordDraft) => {
    extra.push(added);
    return added.triples.length;
  };
  let note: DefectNote;
  let duplicateReads = 0;
  switch (day.kind) {
    case 'missing-short':
    case 'missing-long':
      note = takeOut(frame, day, intervals, registers);
      break;
    case 'outage':
      note = cutPower(frame, day, intervals);
      break;
    case 'spike':
    case 'negative':
      note = distort(frame, day, intervals);
      break;
    case 'duplicate-same': {
      const original = pickRecord(day, intervals);
      const copy = { ...original };
      duplicateReads = duplicated(copy);
      note = repeatNote(copy, original);
      break;
    }
    case 'duplicate-different': {
      const { added, note: told } = contradict(frame, day, pickRecord(day, intervals));
      duplicateReads = duplicated(added);
      note = told;
      break;
    }
    case 'register-decreased':
    case 'sum-mismatch':
      note = registerNote(frame, day, registers);
      break;
    default:
      if (!isBrokenKind(day.kind)) throw new Error(`${day.kind} is no defect of a day's records`);
      note = breaker(day.kind, pickRecord(day, intervals));
  }
  const there = intervals.filter(({ triples }) => triples.length > 0);
  const delivered = there.reduce((sum, { triples }) => sum + triples.length, 0);
  return {
    records: frame.dialect.registersFirst
      ? [...registers, ...there, ...extra]
      : [...there, ...registers, ...extra],
    note,
    absentSlots: frame.slots - delivered,
    duplicateReads,
  };
}

function pickRecord(day: MeterDay, records: RecordDraft[]): RecordDraft {
  return records[drawBelow(day.key, DRAW.record, records.length)]!;
}

function recordOfSlot({ dialect }: DayFrame, records: RecordDraft[], slot: number): RecordDraft {
  return records[Math.floor(slot / dialect.recordReadsMax)]!;
}

const tripleOfSlot = (frame: DayFrame, records: RecordDraft[], slot: number) =>
  recordOfSlot(frame, records, slot).triples[slot % frame.dialect.recordReadsMax]!;

export function truthOf(frame: DayFrame, day: MeterDay, { first, count }: SlotRun): string[] {
  return Array.from(day.values.subarray(first, first + count), (v) => gridText(v, frame.dialect.decimals));
}

/** Missing slots: left out, or delivered without a value. The record may be left out as a whole. */
function takeOut(
  frame: DayFrame,
  day: MeterDay,
  intervals: RecordDraft[],
  registers: RecordDraft[],
): DefectNote {
  const { dialect } = frame;
  const run = missingRun(frame, day.kind, day.key);
  const isAbsent = drawBelow(day.key, DRAW.form, 2) === 0;
  const withheld: TripleDraft[] = [];
  for (let k = 0; k < run.count; k++) withheld.push(tripleOfSlot(frame, intervals, run.first + k));
  const holder = recordOfSlot(frame, intervals, run.first);
  if (isAbsent) {
    const gone = new Set(withheld);
    for (const draft of intervals) draft.triples = draft.triples.filter((triple) => !gone.has(triple));
  } else {
    for (const triple of withheld) {
      triple.flag = dialect.noValueFlag;
      triple.value = dialect.noValue;
    }
  }
  return {
    record: holder.triples.length > 0 ? holder : registers[0]!,
    stamp: stampOfSlot(frame, run.first),
    details: () => ({
      slots: run.count,
      form: isAbsent ? 'absent' : dialect.withheldForm,
      truth: truthOf(frame, day, run),
    }),
  };
}

/** The values are zero already; where the dialect tells of outages, flags do, and some values are left out. */
function cutPower(frame: DayFrame, day: MeterDay, intervals: RecordDraft[]): DefectNote {
  const { outage, noValue } = frame.dialect;
  const run = outageRun(frame, day.key);
  const isZero = outage === null || outage.noValue === '' || drawBelow(day.key, DRAW.form, 2) === 0;
  const after = run.first + run.count;
  if (outage !== null) {
    for (let slot = run.first; slot < after; slot++) {
      const triple = tripleOfSlot(frame, intervals, slot);
      triple.flag = isZero ? outage.zero : outage.noValue;
      if (!isZero) triple.value = noValue;
    }
    tripleOfSlot(frame, intervals, after).flag = outage.restoration;
  }
  return {
    record: recordOfSlot(frame, intervals, run.first),
    stamp: stampOfSlot(frame, run.first),
    details: () => ({
      slots: run.count,
      form: isZero ? 'zero' : 'n-flag',
      restoration: outage === null ? null : isoMinute(stampOfSlot(frame, after)),
      truth: truthOf(frame, day, run),
    }),
  };
}

/**
 * One wrong value. A spike is more than 2.8 times the highest of the day and more than 2 kWh, and below
 * the 48 kWh in an hour that the register allows; the register read does not contain it.
 */
function distort(frame: DayFrame, day: MeterDay, intervals: RecordDraft[]): DefectNote {
  const { dialect, intervalMinutes, slots } = frame;
  const gridPerKwh = 10 ** dialect.decimals;
  const slot = drawBelow(day.key, DRAW.first, slots);
  const truth = day.values[slot]!;
  let value = -truth;
  if (day.kind === 'spike') {
    const highest = day.values.reduce((a, b) => Math.max(a, b));
    const more = drawBelow(day.key, DRAW.amount, Math.floor((gridPerKwh * intervalMinutes) / 60));
    value = 3 * highest + 2.5 * gridPerKwh + more;
  }
  tripleOfSlot(frame, intervals, slot).value = gridText(value, dialect.decimals);
  return {
    record: recordOfSlot(frame, intervals, slot),
    stamp: stampOfSlot(frame, slot),
    details: () => ({ value: gridText(value, dialect.decimals), truth: gridText(truth, dialect.decimals) }),
  };
}

function repeatNote(copy: RecordDraft, original: RecordDraft): DefectNote {
  return {
    record: copy,
    stamp: copy.triples[0]!.stamp,
    details: (lineOf) => ({
      duplicateOf: lineOf(original),
      values: 'same',
      slots: copy.triples.length,
    }),
  };
}

/** Ways in which two records of the same slots differ, and which of them wins by what. */
const CONTRADICTIONS = [
  { by: 'purpose', first: {}, later: { purpose: 'RESEND' }, laterWins: true },
  { by: 'purpose', first: { purpose: 'RESEND' }, later: { minutes: 60 }, laterWins: false },
  { by: 'creation', first: {}, later: { minutes: 60 }, laterWins: true },
  { by: 'creation', first: { minutes: 60 }, later: {}, laterWins: false },
  { by: 'line', first: {}, later: {}, laterWins: true },
] as const satisfies readonly {
  by: string;
  first: { purpose?: 'RESEND'; minutes?: number };
  later: { purpose?: 'RESEND'; minutes?: number };
  laterWins: boolean;
}[];

/**
 * A second record of the same slots with another value in one of them: purpose RESEND wins, then the later
 * creation, then the later line. The winner has the true value, so that the register agrees with it.
 */
function contradict(
  frame: DayFrame,
  day: MeterDay,
  first: RecordDraft,
): { added: RecordDraft; note: DefectNote } {
  const { decimals } = frame.dialect;
  const way = CONTRADICTIONS[drawBelow(day.key, DRAW.variant, CONTRADICTIONS.length)]!;
  const added: RecordDraft = { ...first, triples: first.triples.map((triple) => ({ ...triple })) };
  change(first, way.first);
  change(added, way.later);
  const k = drawBelow(day.key, DRAW.first, first.triples.length);
  const [winner, loser] = way.laterWins ? [added, first] : [first, added];
  const stamp = winner.triples[k]!.stamp;
  const truth = day.values[(stamp - frame.startStamp) / frame.intervalMinutes - 1]!;
  const other = truth + 1 + drawBelow(day.key, DRAW.amount, 10 ** decimals - 1);
  loser.triples[k]!.value = gridText(other, decimals);
  const details: DefectNote['details'] = (lineOf) => ({
    duplicateOf: lineOf(first),
    values: 'different',
    slots: first.triples.length,
    value: gridText(truth, decimals),
    otherValue: gridText(other, decimals),
    winnerLine: lineOf(winner),
    wonBy: way.by,
  });
  return { added, note: { record: added, stamp, details } };
}

function change(draft: RecordDraft, to: { purpose?: 'RESEND'; minutes?: number }): void {
  draft.purpose = to.purpose ?? draft.purpose;
  draft.creationStamp += to.minutes ?? 0;
}

function registerNote(frame: DayFrame, day: MeterDay, registers: RecordDraft[]): DefectNote {
  const { decimals } = frame.dialect;
  return {
    record: registers.at(-1)!,
    stamp: stampOfSlot(frame, frame.slots - 1),
    details: () => ({
      opening: gridText(day.opening, decimals),
      value: gridText(day.closing, decimals),
      truth: gridText(day.trueClosing, decimals),
    }),
  };
}

/** A broken line stands for the good record: its slots are missing. */
function breakRecord(frame: DayFrame, day: MeterDay, kind: BrokenKind, draft: RecordDraft): DefectNote {
  const fields = draftFields(frame.dialect, draft, meterDigits(day.meter));
  const broken = breakLine(kind, fields, day.key, DRAW.broken);
  draft.broken = { line: broken.line, reads: broken.reads };
  const firstStamp = draft.triples[0]!.stamp;
  const first = (firstStamp - frame.startStamp) / frame.intervalMinutes - 1;
  const count = draft.triples.length;
  return {
    record: draft,
    stamp: broken.triple < 0 ? null : draft.triples[broken.triple]!.stamp,
    details: () => ({
      code: broken.code,
      field: broken.field,
      column: broken.column,
      reads: broken.reads,
      firstStamp: isoMinute(firstStamp),
      slots: count,
      truth: truthOf(frame, day, { first, count }),
    }),
  };
}
