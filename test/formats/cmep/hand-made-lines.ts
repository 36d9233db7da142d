import { findProfile, readerSettings } from '../../../src/conformance/profiles.js';
import { CMEP_FAULTS } from '../../../src/formats/cmep/faults.js';
import { CmepReader } from '../../../src/formats/cmep/reader.js';
import type { CmepSettings } from '../../../src/formats/cmep/settings.js';
import type { ReadFault as SinkFault } from '../../../src/formats/reads.js';
import { decimalsOf, flagText, NO_DECIMALS } from '../../../src/model/quality.js';
import { UNITS } from '../../../src/model/units.js';
import { withReadAhead } from './recorded-calls.js';

/** 2026-12-01T00:00Z: after all stamps of hand-made lines. */
export const NOW_STAMP = Date.UTC(2026, 11, 1) / 60_000;

/** Fields of a good record of two hours, from 1 as in the protocol. */
export const GOOD_FIELDS: Readonly<Record<number, string>> = {
  1: 'MEPMD01',
  2: '19970819',
  3: 'NORTH',
  4: '',
  5: 'MDMR',
  6: '',
  7: '202611210600',
  8: 'M1',
  9: 'OK',
  10: 'E',
  11: 'KWH',
  12: '',
  13: '00000100',
  14: '2',
  15: '202611200600',
  16: 'R',
  17: '1.250',
  18: '202611200700',
  19: 'R',
  20: '0.750',
};

/** The good record with some fields otherwise; a field of null and all after it are left away. */
export function lineOf(changes: Readonly<Record<number, string | null>> = {}, delimiter = ','): string {
  const fields: string[] = [];
  const last = Math.max(...Object.keys({ ...GOOD_FIELDS, ...changes }).map(Number));
  for (let field = 1; field <= last; field++) {
    const text = field in changes ? changes[field] : GOOD_FIELDS[field];
    if (text === null || text === undefined) break;
    fields.push(text);
  }
  return fields.join(delimiter);
}

export function settingsFor(profile: string, changes: Partial<CmepSettings> = {}): CmepSettings {
  return { ...readerSettings(findProfile(profile)!, 0, NOW_STAMP), ...changes };
}

export interface ReadRecord {
  line: number;
  meterId: string;
  units: string;
  commodity: string;
  resend: boolean;
  created: number;
  intervalMinutes: number;
  constant: number;
  reads: { stamp: number; flag: string; value: number | null; decimals: number }[];
}

export interface ReadFault {
  code: string;
  severity: number;
  line: number;
  column: number;
  field: number;
  text: string;
}

export interface ReadFile {
  records: ReadRecord[];
  faults: ReadFault[];
  rejected: { line: number; reads: number; text: string; first: string }[];
  passedOver: number;
  lines: number;
}

/** A file read whole, as plain objects. */
export function readFile(text: string, settings: CmepSettings, alwaysCareful = false): ReadFile {
  const file = Buffer.from(text, 'latin1');
  const result: ReadFile = { records: [], faults: [], rejected: [], passedOver: 0, lines: 0 };
  const slice = (bytes: Uint8Array, from: number, to: number) =>
    Buffer.from(bytes.subarray(from, to)).toString('latin1');
  const place = (fault: SinkFault) => CMEP_FAULTS[fault.fault]!;
  const sink = {
    record(record: CmepReader['record'], bytes: Uint8Array) {
      const reads = Array.from({ length: record.count }, (_, i) => {
        const meta = record.metas[i]!;
        const hasValue = decimalsOf(meta) !== NO_DECIMALS;
        return {
          stamp: record.stamps[i]!,
          flag: flagText(meta),
          value: hasValue ? record.values[i]! : null,
          decimals: hasValue ? decimalsOf(meta) : 0,
        };
      });
      result.records.push({
        line: record.line,
        meterId: slice(bytes, record.meterIdFrom, record.meterIdTo),
        units: UNITS[record.channel >> 2]!,
        commodity: 'EGSW'[record.channel & 3]!,
        resend: record.resend,
        created: record.creationStamp,
        intervalMinutes: record.intervalMinutes,
        constant: record.constant,
        reads,
      });
    },
    fault(fault: SinkFault, bytes: Uint8Array) {
      const { severity, line, column, field, textFrom, textTo } = fault;
      const offending = slice(bytes, textFrom, textTo);
      result.faults.push({ code: place(fault), severity, line, column, field, text: offending });
    },
    rejected(start: number, byteLength: number, line: number, reads: number, first: SinkFault) {
      const whole = slice(file, start, start + byteLength);
      result.rejected.push({ line, reads, text: whole, first: place(first) });
    },
    passedOver() {
      result.passedOver++;
    },
  };
  const reader = new CmepReader(settings, sink, alwaysCareful);
  result.lines = reader.read(withReadAhead(file, 0), 0, file.length, 0, true);
  return result;
}
