import * as AT from '../../kernel/assembly/scan-layout.js';
import type { KernelOwner, ScanKernel } from '../../kernel/scan-kernel.js';
import { BLOCK_HAS_CONSTANT, BLOCK_RESEND } from '../../model/block.js';
import { UNITS_PER_ONE } from '../../model/decimal.js';
import { gridMinutes } from '../../model/time.js';
import { IS_REGISTER } from '../../model/units.js';
import type { ReadRecord } from '../reads.js';
import { FAULT } from './faults.js';
import { type CmepSettings, LINE_BYTES_MAX, SEVERITY } from './settings.js';
import { parseStamp } from './stamp.js';

const BLANK = 32;
const QUOTE = 34;
const COMMA = 44;
const TILDE = 0x7e;

/** Fields before the triples, each ended by a comma. */
const HEADER_COMMAS = 14;
/** Longest field 5, 6 or 8 that the quick path takes. */
const QUICK_FIELD_BYTES_MAX = 64;
const LAST_OF_STAMPS = 2 ** 31 - 1;
/** What is known at first: a stamp of long ago, since the bytes of none are the bytes of some line. */
const LONG_AGO = Buffer.from('197101010000,', 'latin1');

/**
 * What is known of the lines of a source, for the kernel to read those that are like them. It lies in the memory
 * of the kernel that the source is being read by.
 */
export class QuickLines implements KernelOwner {
  /** Shapes that are known: without one no line can be read. */
  shapes = 0;
  private nextShape = 0;
  private flags = 0;
  private nextFlag = 0;
  private kernel: ScanKernel | null = null;
  /** What lies in the kernel between KNOWN and KNOWN_END, while it does not lie there. */
  private readonly known: Uint8Array;

  constructor(private readonly settings: CmepSettings) {
    const known = new Int32Array((AT.KNOWN_END - AT.KNOWN) >> 2);
    const set = (cell: number, value: number) => {
      known[(cell - AT.KNOWN) >> 2] = value;
    };
    const fieldBytes = (field: number) => Math.min(settings.fieldBytes[field - 1]!, QUICK_FIELD_BYTES_MAX);
    set(AT.FIFTH_ROOM, fieldBytes(5));
    set(AT.SIXTH_ROOM, fieldBytes(6));
    set(AT.EIGHTH_ROOM, fieldBytes(8));
    set(AT.ID_FROM_6_FIRST, settings.meterIdFields[0] === 6 ? 1 : 0);
    set(AT.ID_HAS_OTHER, settings.meterIdFields.length > 1 ? 1 : 0);
    set(AT.LINE_BYTES, Math.min(settings.lineBytes, LINE_BYTES_MAX));
    set(AT.LINE_END, lineEndFor(settings.severities[FAULT['cmep/line-ending']]!));
    set(AT.ZONE, settings.zoneMinutes);
    set(AT.LATEST_STAMP, Math.min(settings.latestStamp, LAST_OF_STAMPS));
    this.known = new Uint8Array(known.buffer);
    this.known.set(LONG_AGO.subarray(0, 8), AT.DATE_TEXT - AT.KNOWN);
    const midnight = parseStamp(LONG_AGO, 0, AT.CREATION_BYTES);
    set(AT.DATE_STAMP, midnight);
    // No text masked by nothing is 1.
    for (let flag = 0; flag < AT.FLAGS_MAX; flag++) set(AT.FLAGS + flag * AT.FLAG_BYTES, 1);
    for (let shape = 0; shape < AT.SHAPES_MAX; shape++) {
      const at = AT.SHAPES + shape * AT.SHAPE_BYTES;
      for (let k = 0; k < AT.SHAPE_STAMPS_MAX; k++) {
        this.known.set(LONG_AGO, at + AT.SHAPE_STAMPS + k * 16 - AT.KNOWN);
        set(at + AT.SHAPE_MINUTES + k * 4, midnight);
      }
    }
  }

  /** Brings what is known into a kernel; what another source has there is taken away. */
  enter(kernel: ScanKernel): void {
    if (kernel.owner === this) return;
    kernel.owner?.leave();
    this.leave();
    kernel.memoryBytes.set(this.known, AT.KNOWN);
    kernel.owner = this;
    this.kernel = kernel;
  }

  leave(): void {
    const { kernel } = this;
    if (kernel === null) return;
    this.known.set(kernel.memoryBytes.subarray(AT.KNOWN, AT.KNOWN_END));
    kernel.owner = null;
    this.kernel = null;
  }

  /**
   * Learns the form of a line that passed the careful path without a fault in its header.
   * @param record what it says
   */
  remember(bytes: Uint8Array, from: number, end: number, record: ReadRecord): void {
    const triplesFrom = this.rememberHeader(bytes, from, end, record, record.count);
    if (triplesFrom > 0) this.rememberFlags(bytes, triplesFrom, end, record);
  }

  /**
   * Learns the form of a header without a fault: also of a line that has one behind it.
   * @param record what the header says
   * @param reads how many reads it tells of
   * @returns where the header ends, or 0 where it is not of a form that can be learnt
   */
  rememberHeader(bytes: Uint8Array, from: number, end: number, record: ReadRecord, reads: number): number {
    const commas: number[] = [];
    let at = from;
    for (; at < end && commas.length < HEADER_COMMAS; at++) {
      const byte = bytes[at]!;
      if (byte === QUOTE || byte < BLANK || byte > TILDE) return 0;
      if (byte === COMMA) commas.push(at);
    }
    if (commas.length < HEADER_COMMAS || reads === 0 || reads > AT.READS_MAX) return 0;
    const [leadEnd, sixthEnd, seventhEnd, shapeFrom] = [commas[3]! + 1, commas[5]!, commas[6]!, commas[7]!];
    if (seventhEnd - sixthEnd !== AT.CREATION_BYTES + 1 || leadEnd - from > AT.LEAD_BYTES_MAX) return 0;
    if (at - shapeFrom > AT.SHAPE_TEXT_BYTES_MAX) return 0;
    this.setText(AT.LEAD, AT.LEAD_BYTES, bytes, from, leadEnd);
    this.kernel!.memoryBytes.set(bytes.subarray(sixthEnd + 1, seventhEnd + 1), AT.CREATION);
    this.setCell(AT.CREATION_STAMP, record.creationStamp + this.settings.zoneMinutes);
    if (!this.hasShape(bytes, shapeFrom, at)) this.addShape(bytes, shapeFrom, at, record, reads);
    return at;
  }

  private hasShape(bytes: Uint8Array, from: number, to: number): boolean {
    for (let shape = 0; shape < this.shapes; shape++) {
      const at = AT.SHAPES + shape * AT.SHAPE_BYTES;
      if (this.cell(at + AT.SHAPE_TEXT_BYTES) !== to - from) continue;
      if (this.hasText(at + AT.SHAPE_TEXT, bytes, from, to)) return true;
    }
    return false;
  }

  private addShape(bytes: Uint8Array, from: number, to: number, record: ReadRecord, reads: number): void {
    const shape = AT.SHAPES + this.nextShape * AT.SHAPE_BYTES;
    this.nextShape = (this.nextShape + 1) % AT.SHAPES_MAX;
    this.shapes = Math.max(this.shapes, this.nextShape || AT.SHAPES_MAX);
    const { constant, intervalMinutes } = record;
    this.setText(shape + AT.SHAPE_TEXT, shape + AT.SHAPE_TEXT_BYTES, bytes, from, to);
    this.setCell(shape + AT.SHAPE_READS, reads);
    this.setCell(shape + AT.SHAPE_INTERVAL, intervalMinutes);
    this.setCell(shape + AT.SHAPE_CHANNEL, record.channel);
    const hasConstant = constant !== UNITS_PER_ONE;
    const flags = (record.resend ? BLOCK_RESEND : 0) | (hasConstant ? BLOCK_HAS_CONSTANT : 0);
    this.setCell(shape + AT.SHAPE_BLOCK_FLAGS, flags);
    this.setCell(shape + AT.SHAPE_IS_REGISTER, IS_REGISTER[record.channel >> 2]!);
    const { memoryBytes } = this.kernel!;
    new DataView(memoryBytes.buffer).setFloat64(shape + AT.SHAPE_CONSTANT, constant, true);
    const grid = intervalMinutes === 0 ? 1 : gridMinutes(intervalMinutes);
    this.setCell(shape + AT.SHAPE_GRID, grid);
    this.setCell(shape + AT.SHAPE_RUN, 0);
    // What the lines of another shape had may not lie on this one's grid.
    const midnight = parseStamp(LONG_AGO, 0, AT.CREATION_BYTES);
    for (let k = 0; k < AT.SHAPE_STAMPS_MAX; k++) {
      memoryBytes.set(LONG_AGO, shape + AT.SHAPE_STAMPS + k * 16);
      this.setCell(shape + AT.SHAPE_MINUTES + k * 4, midnight);
    }
    this.setCell(AT.SHAPE_COUNT, this.shapes);
  }

  /** Learns the flags of a line that are not known yet. */
  private rememberFlags(bytes: Uint8Array, triplesFrom: number, end: number, record: ReadRecord): void {
    let at = triplesFrom;
    for (let k = 0; k < record.count; k++) {
      while (at < end && bytes[at] !== COMMA) at++;
      const from = ++at;
      while (at < end && bytes[at] !== COMMA) at++;
      if (at >= end) return;
      this.rememberFlag(bytes, from, at, record.metas[k]!);
      while (++at < end && bytes[at] !== COMMA);
      at++;
    }
  }

  private rememberFlag(bytes: Uint8Array, from: number, to: number, meta: number): void {
    if (to === from || to - from > AT.FLAG_LENGTH_MAX) return;
    for (let at = from; at < to; at++) {
      const byte = bytes[at]!;
      if (byte === QUOTE || byte < BLANK || byte > TILDE) return;
    }
    if (bytes[from] === BLANK || bytes[to - 1] === BLANK) return;
    for (let flag = 0; flag < this.flags; flag++) {
      const at = AT.FLAGS + flag * AT.FLAG_BYTES;
      if (this.cell(at + AT.FLAG_LENGTH) === to - from && this.hasText(at, bytes, from, to)) return;
    }
    const flag = AT.FLAGS + this.nextFlag * AT.FLAG_BYTES;
    this.nextFlag = (this.nextFlag + 1) % AT.FLAGS_MAX;
    this.flags = Math.max(this.flags, this.nextFlag || AT.FLAGS_MAX);
    const { memoryBytes } = this.kernel!;
    memoryBytes.fill(0, flag, flag + AT.FLAG_BYTES);
    memoryBytes.set(bytes.subarray(from, to + 1), flag);
    memoryBytes.fill(0xff, flag + AT.FLAG_MASK, flag + AT.FLAG_MASK + to + 1 - from);
    this.setCell(flag + AT.FLAG_LENGTH, to - from);
    this.setCell(flag + AT.FLAG_META, meta & ~7);
    this.setCell(AT.FLAG_COUNT, this.flags);
    // It may have taken the place of one that shapes go by.
    for (let shape = 0; shape < AT.SHAPES_MAX; shape++) {
      this.setCell(AT.SHAPES + shape * AT.SHAPE_BYTES + AT.SHAPE_RUN, 0);
    }
  }

  private cell(at: number): number {
    return this.kernel!.cells[at >> 2]!;
  }

  private setCell(at: number, value: number): void {
    this.kernel!.cells[at >> 2] = value;
  }

  private setText(at: number, lengthAt: number, bytes: Uint8Array, from: number, to: number): void {
    this.kernel!.memoryBytes.set(bytes.subarray(from, to), at);
    this.setCell(lengthAt, to - from);
  }

  private hasText(at: number, bytes: Uint8Array, from: number, to: number): boolean {
    const { memoryBytes } = this.kernel!;
    for (let i = from; i < to; i++) if (memoryBytes[at + i - from] !== bytes[i]) return false;
    return true;
  }
}

function lineEndFor(severity: number): number {
  if (severity === SEVERITY.off) return AT.LINE_END_IS_TAKEN;
  return severity === SEVERITY.error ? AT.LINE_END_IS_LEFT : AT.LINE_END_IS_TOLD;
}
