import type { CrcChoice } from './crc.js';
import { CMEP_FAULTS } from './faults.js';

/** What is done about a fault. An error rejects the whole record. */
export const SEVERITY = { off: 0, info: 1, warning: 2, error: 3 } as const;

/** Longest line that is looked at; the rest of a longer one is passed over, to its end. */
export const LINE_BYTES_MAX = 65_536;

/** Triples that a line of LINE_BYTES_MAX can hold (three commas each is the least), and some room. */
export const TRIPLES_MAX = Math.ceil(LINE_BYTES_MAX / 3);

export const FLAG_FORM_BARE = 1;
export const FLAG_FORM_MASK = 2;
export const FLAG_FORM_GROUPS = 4;

/** How one source writes CMEP, as plain data that can be sent to a worker. */
export interface CmepSettings {
  /** Byte between fields: comma, or tab. */
  delimiter: number;
  /** Record versions that are expected. */
  versions: string[];
  /** Record types of the vendor that carry no reads (MLA01 ...): passed over with a warning. */
  vendorRecordTypes: string[];
  /** Fields that may name the meter, 8 or 6: the first of them that is not empty does (Sensus: 8, then 6). */
  meterIdFields: number[];
  /** Longest content of fields 1 to 14, in bytes; of 12 and 14, which are numbers, it is not looked at. */
  fieldBytes: number[];
  /** Sum of FLAG_FORM_...: which forms a quality flag may have. */
  flagForms: number;
  /** Letters that a quality flag may begin with, besides none. */
  flagLetters: string;
  /** Interval lengths that are allowed, minutes. */
  intervalsMinutes: number[];
  /** Whether an interval of `00000000` stands for none (TWACS). */
  zeroInterval: boolean;
  /** Purposes whose records are read. */
  purposes: string[];
  /** Letters of the commodities that are read. */
  commodities: string;
  /** Units that are read. */
  units: string[];
  /** Which CRC-16 a closing checksum is, or `any` of them, or `ignore`. */
  crc: CrcChoice;
  /** Longest line without a finding, CR LF included. */
  lineBytes: number;
  /** A stamp this far off the grid is still told as information only, and moved to the grid. */
  stampToleranceMinutes: number;
  /** Minutes that the stamps are ahead of UTC. */
  zoneMinutes: number;
  /** Stamps after this one (minutes since 1970, UTC) are in the future. */
  latestStamp: number;
  /** A fault that lies within one triple rejects that triple alone, not the record. */
  rejectTriples: boolean;
  /** Severity of each fault, by its number. */
  severities: number[];
}

/** Protocol limits of CMEP v1.20: longest content of fields 1 to 14, in bytes. */
export const FIELD_BYTES = [12, 12, 16, 12, 16, 12, 12, 12, 12, 12, 12, 16, 12, 16] as const;

/** Longest field of a record that carries no reads. */
export const PLAIN_FIELD_BYTES_MAX = 256;

/** Longest protocol text (a quality flag) and longest number, in bytes. */
export const PROTOCOL_TEXT_BYTES_MAX = 12;
export const NUMBER_BYTES_MAX = 16;

/** Triples that CMEP v1.20 allows in a record. */
export const COUNT_MAX = 48;

export const FAULT_COUNT = CMEP_FAULTS.length;
