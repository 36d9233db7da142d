import { SEVERITY } from '../formats/cmep/settings.js';
import type { ReadFault } from '../formats/reads.js';
import { isoMinute } from '../model/time.js';
import { RULES, type SeverityName } from './rules.js';

/** Findings of each code that a run keeps with their place; the counts go on. */
export const RUN_FINDINGS_MAX = 100;

/** Offending text, meter id and the line around the place are kept to these lengths. */
const TEXT_BYTES_MAX = 40;
const METER_BYTES_MAX = 64;
const EXCERPT_BYTES_MAX = 160;
/** Bytes of a long line that an excerpt shows before the place. */
const EXCERPT_BEFORE_BYTES = 60;

/** Words of a row of PackedFindings. */
const ROW = {
  rule: 0,
  severity: 1,
  line: 2,
  column: 3,
  field: 4,
  stamp: 5,
  textLength: 6,
  meterLength: 7,
  /** Length of the offending text before it was cut. */
  wholeLength: 8,
  excerptLength: 9,
  /** Where the offending text begins and ends in the excerpt. */
  excerptFrom: 10,
  excerptTo: 11,
  /** 1 where the line goes on before the excerpt, 2 after it, 3 both; -1 where there is no excerpt. */
  excerptCut: 12,
} as const;
const ROW_WORDS = Object.keys(ROW).length;

const CR = 13;
const LF = 10;

/** Severities by their numbers (`SEVERITY` of the reader's settings). */
export const SEVERITY_NAMES: readonly (SeverityName | 'off')[] = ['off', 'info', 'warning', 'error'];
export const SEVERITY_COUNT = SEVERITY_NAMES.length;

/** Stands in an excerpt where the line goes on. */
const ELLIPSIS = '\u2026';

/** The line of a finding around the place, for a person: unprintable bytes stand as \xNN. */
export interface Excerpt {
  text: string;
  /** The offending text is `text.slice(from, to)`; equal where something is missing there. */
  from: number;
  to: number;
}

/** One finding as a person reads it. */
export interface Finding {
  code: string;
  severity: SeverityName;
  line: number;
  column: number;
  field: number;
  meterId: string | null;
  stamp: string | null;
  message: string;
  /** Absent or null where no line of the file stands behind the finding. */
  excerpt?: Excerpt | null;
}

/** Findings of one range of a file, as buffers that can be moved between threads. */
export interface PackedFindings {
  /** By rule number: how often it was found, kept or not. */
  counts: Float64Array;
  /** By rule number times `SEVERITY_COUNT` plus severity: the same, told apart. */
  countsBySeverity: Float64Array;
  /** Rows of `ROW_WORDS` words. */
  rows: Int32Array;
  /** Text, meter id and excerpt of each row, one after the other. */
  text: Uint8Array;
}

/**
 * Collects findings: counts without end, places up to `keptMax` for each rule and severity. What is found
 * beyond that costs two additions and a comparison, and no memory.
 */
export class FindingBuffer {
  private readonly counts = new Float64Array(RULES.length * SEVERITY_COUNT);
  private readonly kept = new Int32Array(RULES.length * SEVERITY_COUNT);
  private rows = new Int32Array(ROW_WORDS * 64);
  private rowCount = 0;
  private text = new Uint8Array(8192);
  private textLength = 0;

  /**
   * @param keptMax places to keep for each rule and severity
   * @param isClosed by rule number times `SEVERITY_COUNT` plus severity: 1 where none is wanted any more
   */
  constructor(
    private readonly keptMax: number,
    isClosed?: Uint8Array,
  ) {
    for (let cell = 0; cell < (isClosed?.length ?? 0); cell++)
      if (isClosed![cell] === 1) this.kept[cell] = keptMax;
  }

  /**
   * @param column byte in the line, from 1
   * @param stamp minutes since 1970 UTC, or -1
   * @param lineFrom where the line begins in `bytes`
   * @param lineTo where the line ends, its line end included; `lineFrom` where there is no line to show
   */
  add(
    rule: number,
    severity: number,
    line: number,
    column: number,
    field: number,
    stamp: number,
    bytes: Uint8Array,
    textFrom: number,
    textTo: number,
    meterIdFrom: number,
    meterIdTo: number,
    lineFrom = 0,
    lineTo = lineFrom,
  ): void {
    const cell = rule * SEVERITY_COUNT + severity;
    this.counts[cell]!++;
    if (this.kept[cell]! >= this.keptMax) return;
    this.kept[cell]!++;
    const at = this.nextRow();
    const { rows } = this;
    rows[at + ROW.rule] = rule;
    rows[at + ROW.severity] = severity;
    rows[at + ROW.line] = line;
    rows[at + ROW.column] = column;
    rows[at + ROW.field] = field;
    rows[at + ROW.stamp] = stamp;
    rows[at + ROW.textLength] = this.keepBytes(bytes, textFrom, Math.min(textTo - textFrom, TEXT_BYTES_MAX));
    rows[at + ROW.meterLength] = this.keepBytes(
      bytes,
      meterIdFrom,
      Math.min(meterIdTo - meterIdFrom, METER_BYTES_MAX),
    );
    rows[at + ROW.wholeLength] = textTo - textFrom;
    if (lineTo > lineFrom) this.keepExcerpt(at, bytes, lineFrom, lineTo, textFrom, textTo);
    else rows[at + ROW.excerptCut] = -1;
  }

  /**
   * Adds a fault of one record.
   * @param rule number of the rule that the fault breaks
   * @param bytes what the fault's places count in
   */
  addFault(rule: number, fault: ReadFault, bytes: Uint8Array, column = fault.column): void {
    this.add(
      rule,
      fault.severity,
      fault.line,
      column,
      fault.field,
      fault.stamp,
      bytes,
      fault.textFrom,
      fault.textTo,
      fault.meterIdFrom,
      fault.meterIdTo,
      fault.start,
      fault.end,
    );
  }

  /** Counts a finding of which no more places are kept. @returns false where one more is: then it was not counted */
  countOnly(rule: number, severity: number): boolean {
    const cell = rule * SEVERITY_COUNT + severity;
    if (this.kept[cell]! < this.keptMax) return false;
    this.counts[cell]!++;
    return true;
  }

  /** Counts findings that have no place of their own, with the rule's own severity. */
  count(rule: number, times = 1): void {
    this.counts[rule * SEVERITY_COUNT + SEVERITY[RULES[rule]!.severity]]! += times;
  }

  pack(): PackedFindings {
    const counts = new Float64Array(RULES.length);
    for (const [cell, count] of this.counts.entries()) counts[Math.floor(cell / SEVERITY_COUNT)]! += count;
    return {
      counts,
      countsBySeverity: this.counts.slice(),
      rows: this.rows.slice(0, this.rowCount * ROW_WORDS),
      text: this.text.slice(0, this.textLength),
    };
  }

  /** Keeps the line, or as much of it around the text as there is room for. The line end only where it is at fault. */
  private keepExcerpt(
    row: number,
    bytes: Uint8Array,
    lineFrom: number,
    lineTo: number,
    textFrom: number,
    textTo: number,
  ): void {
    const needed = textTo > textFrom ? textTo : lineFrom;
    let to = lineTo;
    while (to > needed && (bytes[to - 1] === LF || bytes[to - 1] === CR)) to--;
    const from = Math.max(lineFrom, Math.min(textFrom - EXCERPT_BEFORE_BYTES, to - EXCERPT_BYTES_MAX));
    const end = Math.min(to, from + EXCERPT_BYTES_MAX);
    const { rows } = this;
    rows[row + ROW.excerptLength] = this.keepBytes(bytes, from, end - from);
    rows[row + ROW.excerptFrom] = Math.min(textFrom, end) - from;
    rows[row + ROW.excerptTo] = Math.min(textTo, end) - from;
    rows[row + ROW.excerptCut] = (from > lineFrom ? 1 : 0) + (end < to ? 2 : 0);
  }

  private nextRow(): number {
    const at = this.rowCount++ * ROW_WORDS;
    if (at + ROW_WORDS > this.rows.length) {
      const rows = new Int32Array(this.rows.length * 2);
      rows.set(this.rows);
      this.rows = rows;
    }
    return at;
  }

  /** @returns `length`, for the row */
  private keepBytes(bytes: Uint8Array, from: number, length: number): number {
    if (this.textLength + length > this.text.length) {
      const text = new Uint8Array(this.text.length * 2);
      text.set(this.text);
      this.text = text;
    }
    this.text.set(bytes.subarray(from, from + length), this.textLength);
    this.textLength += length;
    return length;
  }
}

/**
 * The kept findings of a range, as a person reads them.
 * @param lineBefore lines of the file before the range
 * @param wants which of them to make; all where it is left out
 */
export function unpackFindings(
  packed: PackedFindings,
  lineBefore: number,
  wants: (rule: number, severity: number) => boolean = () => true,
): Finding[] {
  const { rows } = packed;
  const findings: Finding[] = [];
  let textAt = 0;
  for (let at = 0; at < rows.length; at += ROW_WORDS) {
    if (wants(rows[at + ROW.rule]!, rows[at + ROW.severity]!))
      findings.push(unpackRow(packed, at, textAt, lineBefore));
    textAt += rows[at + ROW.textLength]! + rows[at + ROW.meterLength]! + rows[at + ROW.excerptLength]!;
  }
  return findings;
}

function unpackRow({ rows, text }: PackedFindings, at: number, textAt: number, lineBefore: number): Finding {
  const rule = RULES[rows[at + ROW.rule]!]!;
  const textLength = rows[at + ROW.textLength]!;
  const meterLength = rows[at + ROW.meterLength]!;
  const stamp = rows[at + ROW.stamp]!;
  const offending = shownText(text, textAt, textLength, rows[at + ROW.wholeLength]!);
  return {
    code: rule.code,
    severity: SEVERITY_NAMES[rows[at + ROW.severity]!] as SeverityName,
    line: lineBefore + rows[at + ROW.line]!,
    column: rows[at + ROW.column]!,
    field: rows[at + ROW.field]!,
    meterId: meterLength === 0 ? null : latin1(text, textAt + textLength, meterLength),
    stamp: stamp < 0 ? null : isoMinute(stamp),
    message: offending === '' ? rule.title : `${rule.title}: "${offending}"`,
    excerpt: unpackExcerpt(rows, text, at, textAt + textLength + meterLength),
  };
}

function unpackExcerpt(rows: Int32Array, text: Uint8Array, at: number, textAt: number): Excerpt | null {
  const cut = rows[at + ROW.excerptCut]!;
  if (cut < 0) return null;
  const from = rows[at + ROW.excerptFrom]!;
  const to = rows[at + ROW.excerptTo]!;
  const end = rows[at + ROW.excerptLength]!;
  const before = `${(cut & 1) !== 0 ? ELLIPSIS : ''}${escaped(text, textAt, from)}`;
  const offending = escaped(text, textAt + from, to - from);
  const after = `${escaped(text, textAt + to, end - to)}${(cut & 2) !== 0 ? ELLIPSIS : ''}`;
  return {
    text: `${before}${offending}${after}`,
    from: before.length,
    to: before.length + offending.length,
  };
}

function latin1(bytes: Uint8Array, from: number, length: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + from, length).toString('latin1');
}

/** Offending text with everything unprintable as \xNN, and how much was left out. */
export function shownText(bytes: Uint8Array, from: number, length: number, wholeLength: number): string {
  const shown = escaped(bytes, from, length);
  return wholeLength > length ? `${shown}... (${wholeLength} bytes)` : shown;
}

/** What is not shown as it is: a backslash too, since it begins what stands for such a byte. */
const UNPRINTABLE = /[^\x20-\x5b\x5d-\x7e]/g;

/** Text with everything unprintable as \xNN, made in one piece: a string that grows by characters takes kilobytes. */
function escaped(bytes: Uint8Array, from: number, length: number): string {
  const text: string = Buffer.prototype.latin1Slice.call(bytes, from, from + length);
  return text.replace(UNPRINTABLE, (odd) => `\\x${odd.charCodeAt(0).toString(16).padStart(2, '0')}`);
}
