import { EST_OFFSET_MINUTES, isoMinute, readDayStart } from '../model/time.js';
import { type BrokenElement, breakElement } from './amrdef-broken.js';
import {
  DOCUMENT_TAIL,
  documentHead,
  type ElementLines,
  type IntervalText,
  type ReadingsText,
  type RegisterText,
  readingsText,
} from './amrdef-document.js';
import type { ByteFile } from './byte-file.js';
import type { DayWriter, FileState } from './day-writer.js';
import { type DefectNote, DRAW, type DraftedDay, draftDefect, outageRun, truthOf } from './defects.js';
import { METER_DIGITS, meterDigits, meterIdOf } from './dialects.js';
import { putMeterDigits, putThousandths } from './quick-records.js';
import { type DayFrame, gridText, type MeterDay, type RecordDraft, stampOfSlot } from './record-draft.js';

/** Stands in the template for a number that differs from meter to meter. */
const MARK = '\u0001';
/** Bytes that a number can take. */
const NUMBER_BYTES_MAX = 24;
/** A record with purpose RESEND of CMEP was collected so much later: AMRDEF has no other word for it. */
const RESEND_MINUTES = 120;
/** Parts of the closing register in TierA and TierB, in hundredths; TierC has the rest. */
const TIER_HUNDREDTHS = [40, 35] as const;

/** A piece of the template: bytes, and where digits of the meter stand in them. */
interface Piece {
  bytes: Uint8Array;
  digitsAt: number[];
}

/** Writes meter-days as `MeterReadings` of one document. */
export class AmrdefDays implements DayWriter {
  goodReads = 0;
  goodLines = 0;
  private frame!: DayFrame;
  private pieces: Piece[] = [];
  private templateBytes = 0;
  /** The numbers of a good day in the order of the template, in thousandths (the count is a number of its own). */
  private readonly numbers: number[] = [];

  constructor(private readonly state: FileState) {}

  begin(endDay: number): void {
    const { file, totals } = this.state;
    const head = documentHead(readDayStart(endDay, EST_OFFSET_MINUTES) + RESEND_MINUTES);
    file.writeText(head);
    totals.lines += head.split('\n').length - 1;
  }

  turnTo(frame: DayFrame): void {
    this.frame = frame;
    const { slots, startStamp, creationStamp, hasOpening } = frame;
    const closingStamp = stampOfSlot(frame, slots - 1);
    const registers: RegisterText[] = [{ stamp: closingStamp, total: MARK, tiers: [MARK, MARK, MARK, MARK] }];
    if (hasOpening) registers.unshift({ stamp: startStamp, total: MARK, tiers: [] });
    const readings = Array.from({ length: slots }, (_, slot) => {
      return { stamp: stampOfSlot(frame, slot), value: MARK, flags: '' };
    });
    const interval = { ...plainInterval(frame), readings, count: String(slots), sum: MARK };
    const { text, lineCount } = readingsText({
      digits: METER_DIGITS,
      meterId: `M${METER_DIGITS}`,
      collectedStamp: creationStamp,
      registers,
      intervals: [interval],
      outages: [],
    });
    this.pieces = text.split(MARK).map(pieceOf);
    this.templateBytes = text.length + this.pieces.length * NUMBER_BYTES_MAX;
    this.goodReads = slots + registers.length;
    this.goodLines = lineCount;
  }

  good(meter: number): void {
    const { file, totals, values, registerValues } = this.state;
    const { numbers } = this;
    numbers.length = 0;
    if (this.frame.hasOpening) numbers.push(registerValues[0]!);
    const closing = registerValues[1]!;
    numbers.push(...tiersOf(closing), closing);
    let sum = 0;
    for (let slot = 0; slot < values.length; slot++) sum += values[slot]!;
    numbers.push(sum);
    for (let slot = 0; slot < values.length; slot++) numbers.push(values[slot]!);
    writePieces(file, this.pieces, this.templateBytes, meter, numbers);
    totals.lines += this.goodLines;
    totals.records += this.goodReads - values.length + 1;
    totals.reads += this.goodReads;
  }

  defect(day: MeterDay): void {
    const { frame } = this;
    let broken: BrokenElement | null = null;
    const drafted = draftDefect(frame, day, (kind, draft) => {
      broken = breakElement(kind, this.intervalOf(draft), meterIdOf(day.meter), day.key, DRAW.broken);
      return brokenNote(frame, day, draft, broken);
    });
    new DefectDay(this.state, frame, day, drafted, broken).write();
  }

  private intervalOf(draft: RecordDraft): IntervalText {
    return intervalText(this.frame, draft);
  }

  end(): void {
    this.state.file.writeText(DOCUMENT_TAIL);
    this.state.totals.lines++;
  }
}

function plainInterval(frame: DayFrame): Omit<IntervalText, 'readings' | 'count' | 'sum'> {
  const { intervalMinutes, slots } = frame;
  return {
    intervalMinutes,
    firstStamp: stampOfSlot(frame, 0),
    lastStamp: stampOfSlot(frame, slots - 1),
    element: 'IntervalData',
    uom: 'kWh',
    direction: 'Delivered',
  };
}

function intervalText(frame: DayFrame, draft: RecordDraft): IntervalText {
  const readings = draft.triples.map(({ stamp, flag, value }) => ({ stamp, value, flags: flag }));
  const sum = readings.reduce((all, { value }) => all + Math.round(Number(value) * 1000), 0);
  const count = String(readings.length);
  return { ...plainInterval(frame), readings, count, sum: gridText(sum, frame.dialect.decimals) };
}

function tiersOf(total: number): number[] {
  const [a, b] = TIER_HUNDREDTHS.map((hundredths) => Math.floor((total / 100) * hundredths)) as [
    number,
    number,
  ];
  return [a, b, total - a - b, 0];
}

function pieceOf(text: string): Piece {
  const digitsAt: number[] = [];
  for (let at = text.indexOf(METER_DIGITS); at >= 0; at = text.indexOf(METER_DIGITS, at + 1))
    digitsAt.push(at);
  return { bytes: Buffer.from(text, 'latin1'), digitsAt };
}

function writePieces(
  file: ByteFile,
  pieces: readonly Piece[],
  sizeBytesMax: number,
  meter: number,
  numbers: readonly number[],
): void {
  file.reserve(sizeBytesMax);
  const { bytes, view } = file;
  let at = file.at;
  for (let k = 0; k < pieces.length; k++) {
    const piece = pieces[k]!;
    bytes.set(piece.bytes, at);
    for (let i = 0; i < piece.digitsAt.length; i++) putMeterDigits(bytes, at + piece.digitsAt[i]!, meter);
    at += piece.bytes.length;
    if (k < numbers.length) at = putThousandths(bytes, view, at, numbers[k]!);
  }
  file.at = at;
}

function brokenNote(frame: DayFrame, day: MeterDay, draft: RecordDraft, broken: BrokenElement): DefectNote {
  const firstStamp = draft.triples[0]!.stamp;
  const first = (firstStamp - frame.startStamp) / frame.intervalMinutes - 1;
  const count = draft.triples.length;
  draft.broken = { line: '', reads: broken.reads };
  return {
    record: draft,
    stamp: broken.reading < 0 ? null : draft.triples[broken.reading]!.stamp,
    details: () => ({
      code: broken.code,
      reads: broken.reads,
      firstStamp: isoMinute(firstStamp),
      slots: count,
      truth: truthOf(frame, day, { first, count }),
    }),
  };
}

/** One meter-day with a defect, as it is written: a `MeterReadings`, and a second one where it needs it. */
class DefectDay {
  private readonly lineOfRecord = new Map<RecordDraft, number>();
  private brokenLine: number | null = null;

  constructor(
    private readonly state: FileState,
    private readonly frame: DayFrame,
    private readonly day: MeterDay,
    private readonly drafted: DraftedDay,
    private readonly broken: BrokenElement | null,
  ) {}

  write(): void {
    const { drafted, broken, day } = this;
    const { records } = drafted;
    const registers = records.filter(({ isRegister }) => isRegister);
    const intervals = records.filter(({ isRegister }) => !isRegister);
    // Without its meter id a MeterReadings is lost whole: the registers stand in one of their own.
    const isApart = broken !== null && broken.meterId === '';
    const [first, ...others] = isApart ? [undefined, ...intervals] : intervals;
    this.writeReadings(registers, first);
    for (const draft of others) this.writeReadings([], draft);
    this.count();
    const { night, name } = this.state;
    night.defectCounts[day.kind]++;
    const lineOf = (record: RecordDraft) => this.lineOfRecord.get(record)!;
    night.answers.add({
      kind: day.kind,
      file: name,
      line: this.brokenLine ?? lineOf(drafted.note.record),
      meterId: meterIdOf(day.meter),
      stamp: drafted.note.stamp === null ? null : isoMinute(drafted.note.stamp),
      ...drafted.note.details(lineOf),
    });
  }

  private writeReadings(registers: readonly RecordDraft[], draft: RecordDraft | undefined): void {
    const { state, frame, day, broken } = this;
    const { file, totals } = state;
    const isBroken = draft?.broken != null;
    const lineBefore = totals.lines;
    const interval = draft === undefined ? null : isBroken ? broken!.interval : intervalText(frame, draft);
    const readings: ReadingsText = {
      digits: meterDigits(day.meter),
      meterId: isBroken ? broken!.meterId : meterIdOf(day.meter),
      collectedStamp:
        (draft?.creationStamp ?? frame.creationStamp) + (draft?.purpose === 'RESEND' ? RESEND_MINUTES : 0),
      registers: registers.flatMap((record) => this.registersOf(record)),
      intervals: interval === null ? [] : [interval],
      outages: day.kind === 'outage' ? [this.outage()] : [],
    };
    const { text, lineCount, lines } = readingsText(readings);
    file.writeText(text);
    totals.lines += lineCount;
    this.noteLines(registers, draft, lines, lineBefore);
    if (isBroken) this.brokenLine = lineBefore + broken!.lineOf(lines);
  }

  private outage() {
    const { frame, day } = this;
    const { first, count } = outageRun(frame, day.key);
    return { fromStamp: stampOfSlot(frame, first - 1), toStamp: stampOfSlot(frame, first + count - 1) };
  }

  /** Registers of a record: the tiers stand with the closing one. */
  private registersOf(record: RecordDraft): RegisterText[] {
    const { frame, day } = this;
    return record.triples.map(({ stamp, value }) => {
      const isClosing = stamp === stampOfSlot(frame, frame.slots - 1);
      const tiers = isClosing ? tiersOf(day.closing) : [];
      return { stamp, total: value, tiers: tiers.map((tier) => gridText(tier, frame.dialect.decimals)) };
    });
  }

  private noteLines(
    registers: readonly RecordDraft[],
    draft: RecordDraft | undefined,
    lines: ElementLines,
    lineBefore: number,
  ): void {
    for (const record of registers) this.lineOfRecord.set(record, lineBefore + lines.registers.at(-1)!);
    if (draft !== undefined) this.lineOfRecord.set(draft, lineBefore + lines.intervals[0]!.element);
  }

  private count(): void {
    const { state, drafted } = this;
    const { totals } = state;
    for (const record of drafted.records) {
      if (record.broken !== null) {
        totals.brokenLines++;
        totals.readsOnBrokenLines += record.broken.reads;
        totals.slotsOnBrokenLines += record.triples.length;
        continue;
      }
      totals.records += record.isRegister ? record.triples.length : 1;
      totals.reads += record.triples.length;
    }
    totals.withheldSlots += drafted.absentSlots;
    if (drafted.duplicateReads > 0) totals.duplicateRecords++;
    totals.duplicateReads += drafted.duplicateReads;
  }
}
