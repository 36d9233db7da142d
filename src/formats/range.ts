import type { ScanKernel } from '../kernel/scan-kernel.js';
import type { ReadSink } from './reads.js';

/** A file as the readers of ranges see it. */
export interface RangeSource {
  sizeBytes: number;
  /**
   * Reads up to `length` bytes at a position of the file to `target[at]` and on.
   * @returns how many were there; fewer only at the end of the file
   * @throws the system's error where the file cannot be read
   */
  read(target: Uint8Array, at: number, length: number, position: number): number;
}

/** A piece of a file: all records that begin in `from` to `to - 1`. */
export interface RangeBounds {
  from: number;
  to: number;
  /**
   * Where the first record begins, when that is known from the range before (infinite: there is none any
   * more); null where the reader is to find it by itself, at the risk of a wrong guess.
   */
  startsAt: number | null;
}

/** What a reader of ranges found of one. */
export interface RangeEnd {
  /**
   * Where it began to read (infinite: no record begins in the range), and where the next range must begin
   * (infinite: nothing can be read any more). A range is right where it began at the end of the one before it.
   */
  start: number;
  end: number;
  /** Lines, and bytes of the last one that belong to this range, where it ends in the midst of a line. */
  lines: number;
  lastLineBytes: number;
  /** Why the whole file is refused, or ''. */
  refusal: string;
}

/** Reads the ranges of the files of one source. */
export interface RangeReader {
  /**
   * Reads the records of a range and tells the sink of them, with the offset in the file of the buffer that
   * places count from; lines count from 1 in the range.
   */
  readRange(source: RangeSource, bounds: RangeBounds, sink: RangeSink): RangeEnd;
}

/** A sink that is told where the buffer lies in the file. */
export interface RangeSink extends ReadSink {
  fileOffset: number;
  /** Takes plain records in bulk, without a call for each, where the format's reader can give them so. */
  readonly bulk?: BulkSink;
}

/** Takes plain records as blocks (`model/block`) that a kernel appends, and what it counted on the way. */
export interface BulkSink {
  /** What is read lies in its input. */
  readonly kernel: ScanKernel;
  /** Told of the bytes that are going to be read: `bytes[from]` to `bytes[to - 1]`. */
  begin(bytes: Uint8Array, from: number, to: number): void;
  /**
   * Tells the kernel where blocks go, before each call of it.
   * @param lineBefore lines of the range that were read
   * @returns what is to be added to a place in the bytes for the kernel's place of it
   */
  prepare(lineBefore: number): number;
  /**
   * Takes over what the last call of the kernel appended.
   * @param tellLast tells the sink of a fault of the last record, which is to be told before it; or null
   */
  take(bytes: Uint8Array, tellLast: (() => void) | null): void;
  /** Makes room for the block of a record of so many reads; the kernel's memory may have moved after it. */
  makeRoom(reads: number): void;
}
