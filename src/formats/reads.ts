/**
 * What a reader of any format tells of what it reads. Places count from the beginning of the buffer that is
 * handed over with them, but where they say otherwise.
 */

/**
 * A record without an error: reads of one channel of one meter, in the common terms. One object for all
 * records of a reader: its contents are good until the next record is told.
 */
export interface ReadRecord {
  /** Where the record begins, its length with its line end, and its line, from 1. */
  start: number;
  byteLength: number;
  line: number;
  /** The meter id is `bytes[meterIdFrom]` to `bytes[meterIdTo - 1]`. */
  meterIdFrom: number;
  meterIdTo: number;
  /** Code of unit and commodity (`model/units`). */
  channel: number;
  /** Purpose RESEND. */
  resend: boolean;
  /** Creation of the record, minutes since 1970, UTC. */
  creationStamp: number;
  /** 0 where the record names none. */
  intervalMinutes: number;
  /** Calculation constant, whole number of 0.00001; 1 where the record names none. */
  constant: number;
  /** True where each stamp is the one before plus the interval. */
  regular: boolean;
  count: number;
  /** Minutes since 1970, UTC; values in 0.00001; meta words (`model/quality`): `count` of each are good. */
  stamps: Int32Array;
  values: Float64Array;
  metas: Int32Array;
}

/** A record object with room for so many reads. */
export function createReadRecord(readsMax: number): ReadRecord {
  return {
    start: 0,
    byteLength: 0,
    line: 0,
    meterIdFrom: 0,
    meterIdTo: 0,
    channel: 0,
    resend: false,
    creationStamp: 0,
    intervalMinutes: 0,
    constant: 0,
    regular: false,
    count: 0,
    stamps: new Int32Array(readsMax),
    values: new Float64Array(readsMax),
    metas: new Int32Array(readsMax),
  };
}

/** A fault: where it is and what the text there was. */
export interface ReadFault {
  /** Number of the fault in the list of its format. */
  fault: number;
  severity: number;
  /** Line, and column in bytes, from 1. */
  line: number;
  column: number;
  /** Bounds of what is shown around it (a line, a tag). */
  start: number;
  end: number;
  /** The field, from 1; 0 = the whole record. */
  field: number;
  textFrom: number;
  textTo: number;
  /** Where the meter is known: its id (from = to where not), and the stamp (-1 where not). */
  meterIdFrom: number;
  meterIdTo: number;
  stamp: number;
}

/** A fault object for a reader to fill. */
export function emptyReadFault(): ReadFault {
  return {
    fault: 0,
    severity: 0,
    line: 0,
    column: 0,
    start: 0,
    end: 0,
    field: 0,
    textFrom: 0,
    textTo: 0,
    meterIdFrom: 0,
    meterIdTo: 0,
    stamp: -1,
  };
}

/** Is told of all that a reader reads, in the order of the bytes. */
export interface ReadSink {
  /** A record without an error: its reads are to be kept. */
  record(record: ReadRecord, bytes: Uint8Array): void;
  /** A fault, of any severity that is not off. */
  fault(fault: ReadFault, bytes: Uint8Array): void;
  /**
   * Counts a fault of which no more places are kept, so that none need be told.
   * @returns false where it is to be told
   */
  countOnly?(fault: number, severity: number): boolean;
  /**
   * A part of the file that goes to the quarantine as it came.
   * @param reads how many reads are lost with it
   * @param first its first fault that rejects it
   */
  rejected(start: number, byteLength: number, line: number, reads: number, first: ReadFault): void;
  /** A record that carries no reads. */
  passedOver(): void;
}
