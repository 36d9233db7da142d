import { isoMinute } from '../model/time.js';
import { RULES, type SeverityName } from './rules.js';

/** Findings of each code that a run keeps with their place; the counts go on. */
export const RUN_FINDINGS_MAX = 100;

/** Offending text and meter id are kept to this length. */
const TEXT_BYTES_MAX = 40;
const METER_BYTES_MAX = 64;
const ROW_WORDS = 9;

const SEVERITY_NAMES: readonly (SeverityName | 'off')[] = ['off', 'info', 'warning', 'error'];

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
  /** Rows of rule, severity, line, column, field, stamp, text length, meter length, spare. */
  rows: Int32Array;
  /** The texts and meter ids of the rows, one after the other. */
  text: Uint8Array;
}

/**
 * Collects findings: counts without end, places up to `keptMax` for each rule.
 */
export class FindingBuffer {
  private readonly counts = new Float64Array(RULES.length);
  private readonly kept = new Int32Array(RULES.length);
  private rows = new Int32Array(ROW_WORDS * 64);
  private rowCount = 0;
  private text = new Uint8Array(4096);
  private textLength = 0;

  constructor(private readonly keptMax: number) {}

  /**
   * @param column byte in the line, from 1
   * @param stamp minutes since 1970 UTC, or -1
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
  ): void {
    this.counts[rule]!++;
    if (this.kept[rule]! >= this.keptMax) return;
    this.kept[rule]!++;
    const textLength = Math.min(textTo - textFrom, TEXT_BYTES_MAX);
    const meterLength = Math.min(meterIdTo - meterIdFrom, METER_BYTES_MAX);
    this.grow(textLength + meterLength);
    const { rows } = this;
    let at = this.rowCount++ * ROW_WORDS;
    rows[at++] = rule;
    rows[at++] = severity;
    rows[at++] = line;
    rows[at++] = column;
    rows[at++] = field;
    rows[at++] = stamp;
    rows[at++] = textLength;
    rows[at++] = meterLength;
    rows[at] = textTo - textFrom;
    this.text.set(bytes.subarray(textFrom, textFrom + textLength), this.textLength);
    this.textLength += textLength;
    this.text.set(bytes.subarray(meterIdFrom, meterIdFrom + meterLength), this.textLength);
    this.textLength += meterLength;
  }

  /** Counts a finding that has no place of its own. */
  count(rule: number, times = 1): void {
    this.counts[rule]! += times;
  }

  pack(): PackedFindings {
    return {
      counts: this.counts.slice(),
      rows: this.rows.slice(0, this.rowCount * ROW_WORDS),
      text: this.text.slice(0, this.textLength),
    };
  }

  private grow(textBytes: number): void {
    if ((this.rowCount + 1) * ROW_WORDS > this.rows.length) {
      const rows = new Int32Array(this.rows.length * 2);
      rows.set(this.rows);
      this.rows = rows;
    }
    while (this.textLength + textBytes > this.text.length) {
      const text = new Uint8Array(this.text.length * 2);
      text.set(this.text);
      this.text = text;
    }
  }
}

/**
 * The kept findings of a range, as a person reads them.
 * @param lineBefore lines of the file before the range
 */
export function unpackFindings(packed: PackedFindings, lineBefore: number): Finding[] {
  const { rows, text } = packed;
  const findings: Finding[] = [];
  let textAt = 0;
  for (let at = 0; at < rows.length; at += ROW_WORDS) {
    const rule = RULES[rows[at]!]!;
    const textLength = rows[at + 6]!;
    const meterLength = rows[at + 7]!;
    const meterId = latin1(text, textAt + textLength, meterLength);
    const stamp = rows[at + 5]!;
    const offending = shownText(text, textAt, textLength, rows[at + 8]!);
    textAt += textLength + meterLength;
    findings.push({
      code: rule.code,
      severity: SEVERITY_NAMES[rows[at + 1]!] as SeverityName,
      line: lineBefore + rows[at + 2]!,
      column: rows[at + 3]!,
      field: rows[at + 4]!,
      meterId: meterLength === 0 ? null : meterId,
      stamp: stamp < 0 ? null : isoMinute(stamp),
      message: offending === '' ? rule.title : `${rule.title}: "${offending}"`,
    });
  }
  return findings;
}

function latin1(bytes: Uint8Array, from: number, length: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + from, length).toString('latin1');
}

/** Offending text with everything unprintable as \xNN, and how much was left out. */
export function shownText(bytes: Uint8Array, from: number, length: number, wholeLength: number): string {
  let shown = '';
  for (let at = from; at < from + length; at++) {
    const byte = bytes[at]!;
    const isPlain = byte >= 0x20 && byte <= 0x7e && byte !== 0x5c;
    shown += isPlain ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, '0')}`;
  }
  return wholeLength > length ? `${shown}... (${wholeLength} bytes)` : shown;
}
