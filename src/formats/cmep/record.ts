import { TRIPLES_MAX } from './settings.js';

/**
 * The MEPMD01 record that a reader has just read. One object for all records of a reader: its contents are
 * good until the next record is read.
 */
export interface CmepRecord {
  /** Where the record begins in the buffer, its length with its line end, and its line, from 1. */
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

export function createRecord(): CmepRecord {
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
    stamps: new Int32Array(TRIPLES_MAX),
    values: new Float64Array(TRIPLES_MAX),
    metas: new Int32Array(TRIPLES_MAX),
  };
}

/** A fault in a record: where it is and what the text there was. Offsets are into the buffer. */
export interface RecordFault {
  fault: number;
  severity: number;
  /** Start and end (with its line end) of the record, and its line, from 1. */
  start: number;
  end: number;
  line: number;
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
export function emptyFault(): RecordFault {
  return {
    fault: 0,
    severity: 0,
    start: 0,
    end: 0,
    line: 0,
    field: 0,
    textFrom: 0,
    textTo: 0,
    meterIdFrom: 0,
    meterIdTo: 0,
    stamp: -1,
  };
}

/** What a reader tells of what it reads, in the order of the bytes. */
export interface CmepSink {
  /** A record without an error: its reads are to be kept. */
  record(record: CmepRecord, bytes: Uint8Array): void;
  /** A fault, of any severity that is not off. */
  fault(fault: RecordFault, bytes: Uint8Array): void;
  /**
   * A line that goes to the quarantine as it came.
   * @param reads how many reads are lost with it
   * @param first its first error
   */
  rejected(start: number, byteLength: number, line: number, reads: number, first: RecordFault): void;
  /** A record of a type that carries no reads. */
  passedOver(): void;
}
