import * as AT from '../../kernel/assembly/scan-layout.js';
import { ScanKernel } from '../../kernel/scan-kernel.js';
import {
  BLOCK_EXPLICIT_STAMPS,
  BLOCK_HAS_CONSTANT,
  BLOCK_HEADER_WORDS,
  BLOCK_MIXED_METAS,
  BLOCK_RESEND,
  BLOCK_WIDE_VALUES,
} from '../../model/block.js';
import { UNITS_PER_ONE } from '../../model/decimal.js';
import type { BulkSink } from '../range.js';
import type { ReadRecord, ReadSink } from '../reads.js';

const INPUT_BYTES_AT_FIRST = 512 * 1024;
const BLOCK_WORDS = 1 << 16;

/** The kernel of all readers of this thread whose sinks take records one by one. */
let shared: ScanKernel | null = null;

/** Tells a sink of the kernel's blocks record by record: for one that does not take them in bulk. */
export class Replay implements BulkSink {
  private bytes: Uint8Array = new Uint8Array(0);
  private from = 0;
  private to = 0;
  private isCopied = false;

  constructor(
    private readonly record: ReadRecord,
    private sink: ReadSink,
  ) {}

  setSink(sink: ReadSink): void {
    this.sink = sink;
  }

  get kernel(): ScanKernel {
    shared ??= new ScanKernel(INPUT_BYTES_AT_FIRST, BLOCK_WORDS);
    return shared;
  }

  begin(bytes: Uint8Array, from: number, to: number): void {
    this.bytes = bytes;
    this.from = from;
    this.to = to;
    this.isCopied = false;
  }

  prepare(lineBefore: number): number {
    const { kernel, from, to } = this;
    if (!this.isCopied) {
      kernel.reserveInput(to - from);
      kernel.input.set(this.bytes.subarray(from, to));
      this.isCopied = true;
    }
    const { cells } = kernel;
    const bounds = kernel.blockBounds;
    const shift = AT.INPUT - from;
    cells[AT.BLOCKS_NEXT >> 2] = bounds.from;
    cells[AT.BLOCKS_TO >> 2] = bounds.to;
    cells[AT.RANGE >> 2] = 0;
    cells[AT.OFFSET_SHIFT >> 2] = shift;
    cells[AT.LINE_BEFORE >> 2] = lineBefore;
    cells[AT.KEEPS_ID_PLACE >> 2] = 1;
    return shift;
  }

  take(bytes: Uint8Array, tellLast: (() => void) | null): void {
    const { kernel, sink, record } = this;
    const end = (kernel.cells[AT.BLOCKS_NEXT >> 2]! - kernel.blockBounds.from) >> 2;
    for (let at = 0; at < end; at += kernel.words[at]!) {
      if (at + kernel.words[at]! === end) tellLast?.();
      readBlock(kernel, at, record);
      sink.record(record, bytes);
    }
  }

  /** Each call of the kernel begins with all the room. */
  makeRoom(): void {}
}

/** Sets a record to what a block says, whose word 9 tells where in the record its meter id stands. */
function readBlock({ words, doubles }: ScanKernel, start: number, record: ReadRecord): void {
  const head = words[start + 1]!;
  const flags = head >>> 24;
  const idLength = (head >>> 16) & 0xff;
  const count = words[start + 2]! >>> 16;
  const intervalMinutes = words[start + 2]! & 0xffff;
  record.start = words[start + 5]!;
  record.byteLength = words[start + 6]!;
  record.line = words[start + 7]!;
  record.meterIdFrom = record.start + words[start + 9]!;
  record.meterIdTo = record.meterIdFrom + idLength;
  record.channel = head & 0xffff;
  record.resend = (flags & BLOCK_RESEND) !== 0;
  record.creationStamp = words[start + 3]!;
  record.intervalMinutes = intervalMinutes;
  record.regular = (flags & BLOCK_EXPLICIT_STAMPS) === 0;
  record.count = count;
  let at = start + BLOCK_HEADER_WORDS;
  record.constant = UNITS_PER_ONE;
  if ((flags & BLOCK_HAS_CONSTANT) !== 0) {
    record.constant = doubles[at >> 1]!;
    at += 2;
  }
  at += (idLength + 3) >> 2;
  const { stamps, values, metas, regular } = record;
  if (!regular) for (let k = 0; k < count; k++) stamps[k] = words[at++]!;
  else for (let k = 0; k < count; k++) stamps[k] = words[start + 8]! + k * intervalMinutes;
  const isMixed = (flags & BLOCK_MIXED_METAS) !== 0;
  for (let k = 0; k < count; k++) metas[k] = words[isMixed ? at + k : at]!;
  at += isMixed ? count : 1;
  if ((flags & BLOCK_WIDE_VALUES) !== 0) {
    const first = (at + 1) >> 1;
    for (let k = 0; k < count; k++) values[k] = doubles[first + k]!;
  } else for (let k = 0; k < count; k++) values[k] = words[at + k]!;
}
