import type { DefectKind, MissingPlan } from './defect-kinds.js';
import { type Dialect, headFields, type RecordKind, stampText } from './dialects.js';

/** What all records of a day have in common. */
export interface DayFrame {
  dialect: Dialect;
  intervalMinutes: number;
  slots: number;
  /** Beginning of the read day and creation of its records, minutes since 1970. */
  startStamp: number;
  creationStamp: number;
  /** Whether the opening register is written. */
  hasOpening: boolean;
  missing: MissingPlan;
}

/** One meter on one day, with its defect. Values and registers are in units of the last decimal. */
export interface MeterDay {
  meter: number;
  kind: DefectKind;
  /** Key of the defect's draws (`defectKey`). */
  key: number;
  /** True interval values. */
  values: Int32Array;
  opening: number;
  /** Closing register as the meter shows it, and as it would without a defect. */
  closing: number;
  trueClosing: number;
}

export const stampOfSlot = (frame: DayFrame, slot: number) =>
  frame.startStamp + (slot + 1) * frame.intervalMinutes;

/** One read of a record, as it is to be written. */
export interface TripleDraft {
  stamp: number;
  flag: string;
  value: string;
}

/** A record that is still being changed before it is written: those of meter-days with a defect. */
export interface RecordDraft extends RecordKind {
  triples: TripleDraft[];
  /** The line and the reads begun on it, where the line is broken on purpose. */
  broken: { line: string; reads: number } | null;
}

/** The 14 fields before the triples and the triples' own, as they stand on the line. */
export function draftFields(dialect: Dialect, draft: RecordDraft, digits: string): string[] {
  const fields = headFields(dialect, draft, digits);
  fields.push(String(draft.triples.length));
  for (const { stamp, flag, value } of draft.triples) fields.push(stampText(stamp), flag, value);
  return fields;
}

/** The line without its end. */
export function draftLine(dialect: Dialect, draft: RecordDraft, digits: string): string {
  return draft.broken?.line ?? draftFields(dialect, draft, digits).join(',');
}

/** Text of a value of 0 or more or below 0, in units of the last decimal. */
export function gridText(value: number, decimals: number): string {
  const digits = String(Math.abs(value)).padStart(decimals + 1, '0');
  const point = digits.length - decimals;
  return `${value < 0 ? '-' : ''}${digits.slice(0, point)}.${digits.slice(point)}`;
}

/** The good interval records of a meter-day. */
export function intervalRecords(frame: DayFrame, day: MeterDay): RecordDraft[] {
  const { dialect, slots } = frame;
  const records: RecordDraft[] = [];
  for (let from = 0; from < slots; from += dialect.recordReadsMax) {
    const triples: TripleDraft[] = [];
    for (let slot = from; slot < Math.min(from + dialect.recordReadsMax, slots); slot++) {
      const value = gridText(day.values[slot]!, dialect.decimals);
      triples.push({ stamp: stampOfSlot(frame, slot), flag: dialect.flag, value });
    }
    records.push(record(frame, false, triples));
  }
  return records;
}

/** The register records of a meter-day. */
export function registerRecords(frame: DayFrame, day: MeterDay): RecordDraft[] {
  const { dialect, slots, startStamp } = frame;
  const read = (stamp: number, value: number): TripleDraft => {
    return { stamp, flag: dialect.flag, value: gridText(value, dialect.decimals) };
  };
  const closing = read(stampOfSlot(frame, slots - 1), day.closing);
  if (!frame.hasOpening) return [record(frame, true, [closing])];
  const opening = read(startStamp, day.opening);
  if (dialect.oneRegisterARecord) return [record(frame, true, [opening]), record(frame, true, [closing])];
  return [record(frame, true, [opening, closing])];
}

function record(frame: DayFrame, isRegister: boolean, triples: TripleDraft[]): RecordDraft {
  const { creationStamp, intervalMinutes } = frame;
  return { creationStamp, purpose: 'OK', isRegister, intervalMinutes, triples, broken: null };
}
