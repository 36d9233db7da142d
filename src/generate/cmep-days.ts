import { isoMinute } from '../model/time.js';
import type { DayWriter, FileState } from './day-writer.js';
import { draftDefect } from './defects.js';
import { meterDigits, meterIdOf } from './dialects.js';
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

/** Writes meter-days as CMEP records. */
export class CmepDays implements DayWriter {
  goodReads = 0;
  goodLines = 0;
  private frame!: DayFrame;
  private intervals: IntervalTemplate[] = [];
  /** Of each, the first register value that it takes: 0 the opening one, 1 the closing one. */
  private registers: { template: RegisterTemplate; from: number }[] = [];

  constructor(private readonly state: FileState) {}

  begin(): void {}

  turnTo(frame: DayFrame): void {
    this.frame = frame;
    const { dialect, intervalMinutes, creationStamp, slots, startStamp } = frame;
    const input = (stamps: number[]) => ({ dialect, intervalMinutes, creationStamp, stamps });
    this.intervals = [];
    for (let from = 0; from < slots; from += TRIPLES_PER_RECORD_MAX) {
      const count = Math.min(TRIPLES_PER_RECORD_MAX, slots - from);
      const stamps = Array.from({ length: count }, (_, k) => stampOfSlot(frame, from + k));
      this.intervals.push(intervalTemplate(input(stamps)));
    }
    const closingStamp = stampOfSlot(frame, slots - 1);
    const closing = () => ({ template: registerTemplate(input([closingStamp])), from: 1 });
    this.registers = [closing()];
    if (frame.hasOpening) {
      this.registers = dialect.oneRegisterARecord
        ? [{ template: registerTemplate(input([startStamp])), from: 0 }, closing()]
        : [{ template: registerTemplate(input([startStamp, closingStamp])), from: 0 }];
    }
    this.goodReads = slots + (frame.hasOpening ? 2 : 1);
    this.goodLines = this.intervals.length + this.registers.length;
  }

  good(meter: number): void {
    const { file, totals, values } = this.state;
    const { intervals } = this;
    const isRegistersFirst = this.frame.dialect.registersFirst;
    if (isRegistersFirst) this.writeRegisters(meter);
    for (let i = 0; i < intervals.length; i++) {
      writeIntervals(file, intervals[i]!, meter, values, i * TRIPLES_PER_RECORD_MAX);
    }
    if (!isRegistersFirst) this.writeRegisters(meter);
    totals.lines += this.goodLines;
    totals.records += this.goodLines;
    totals.reads += this.goodReads;
  }

  private writeRegisters(meter: number): void {
    const { file, registerValues } = this.state;
    for (const { template, from } of this.registers) {
      writeRegisters(file, template, meter, registerValues, from);
    }
  }

  defect(meterDay: MeterDay): void {
    const { file, totals, night, name } = this.state;
    const { dialect } = this.frame;
    const { meter, kind } = meterDay;
    const { records, note, absentSlots, duplicateReads } = draftDefect(this.frame, meterDay);
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

  end(): void {}
}
