import type { RangeReader } from './range.js';

/** What the beginning of a file tells of it. */
export interface Detected {
  /** Name of the profile that fits. */
  profile: string;
  /** What speaks for it. */
  reason: string;
}

/** A format of meter-read files: all that the rest of the program asks of one. */
export interface Format<Settings> {
  /** As it stands in reports. */
  name: string;
  /** Codes of the faults that its reader tells, in the order of their numbers. */
  faults: readonly string[];
  /** Code of the rule that a file without any record breaks. */
  emptyCode: string;
  /**
   * Judges a file by its beginning.
   * @param text the first DETECTION_BYTES of it as latin1, without a byte order mark and white space in front
   * @returns null where it is another format
   */
  detect(text: string): Detected | null;
  /** A reader for the files of one source. */
  openReader(settings: Settings): RangeReader;
  /** Bytes of this format that hold as many reads as one byte of CMEP, about. */
  bytesPerCmepByte: number;
  /** Bytes in which `meterIdIn` is likely to find a meter. */
  sampleBytes: number;
  /**
   * The meter id of some record in a piece of a file, '' where there is none: to share the work evenly.
   * @param isStart whether the piece is the beginning of the file
   */
  meterIdIn(piece: string, isStart: boolean, settings: Settings): string;
  /** Whether a rejected part of a file ends in a line end of its own. */
  endsInLine: boolean;
}
