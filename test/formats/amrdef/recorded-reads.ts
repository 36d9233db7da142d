import { AMRDEF_FAULTS } from '../../../src/formats/amrdef/faults.js';
import { AmrdefReader } from '../../../src/formats/amrdef/reader.js';
import { type AmrdefSettings, SEVERITY } from '../../../src/formats/amrdef/settings.js';
import type { ReadFault, ReadRecord, ReadSink } from '../../../src/formats/reads.js';
import { isoMinute } from '../../../src/model/time.js';
import { UNITS } from '../../../src/model/units.js';

const latin1 = (bytes: Uint8Array, from: number, to: number) =>
  Buffer.from(bytes.buffer, bytes.byteOffset + from, to - from).toString('latin1');

const NAMES = ['off', 'info', 'warning', 'error'];

/** A sink that writes each call down as a line of text, with all that it was told. */
export class RecordedReads implements ReadSink {
  readonly calls: string[] = [];
  fileOffset = 0;
  reads = 0;
  rejectedReads = 0;

  /** @param lineText how a place is written down */
  constructor(
    private readonly lineText = (line: number, column?: number): string =>
      column === undefined ? String(line) : `${line}:${column}`,
  ) {}

  record(record: ReadRecord, bytes: Uint8Array): void {
    const { count, stamps, values, metas, meterIdFrom, meterIdTo, channel } = record;
    this.reads += count;
    const columns = [stamps, values, metas].map((column) => column.subarray(0, count).join(' '));
    const meterId = latin1(bytes, meterIdFrom, meterIdTo);
    const unit = `${UNITS[channel >> 2]}/${'EGSW'[channel & 3]}`;
    const place = `${record.start}+${record.byteLength} line ${this.lineText(record.line)}`;
    const form = `${record.intervalMinutes} min${record.regular ? ' regular' : ''} created ${record.creationStamp}`;
    this.calls.push(`record <${meterId}> ${unit} ${form} at ${place}: ${count}: ${columns.join(' | ')}`);
  }

  fault(fault: ReadFault, bytes: Uint8Array): void {
    const meterId = latin1(bytes, fault.meterIdFrom, fault.meterIdTo);
    const text = latin1(bytes, fault.textFrom, fault.textTo);
    this.calls.push(`${this.faultText(fault)} <${text}> meter <${meterId}>`);
  }

  rejected(start: number, byteLength: number, line: number, reads: number, first: ReadFault): void {
    this.rejectedReads += reads;
    this.calls.push(
      `rejected ${start}+${byteLength} line ${this.lineText(line)} reads ${reads} by ${this.faultText(first)}`,
    );
  }

  passedOver(): void {
    this.calls.push('passed over');
  }

  private faultText({ fault, severity, line, column, stamp }: ReadFault): string {
    const at = stamp < 0 ? '' : ` ${isoMinute(stamp)}`;
    return `${NAMES[severity]} ${AMRDEF_FAULTS[fault]} ${this.lineText(line, column)}${at}`;
  }
}

/** Settings as a source of EnergyAxis has them, at the beginning of 2027. */
export function settingsWith(changes: Partial<AmrdefSettings> = {}): AmrdefSettings {
  const warnings = ['unknown-element', 'unknown-attribute', 'stamp-gap', 'stamp-not-aligned', 'unknown-uom'];
  warnings.push('register-tier-mismatch', 'register-sum-mismatch', 'clock-drift');
  return {
    meterIdAttribute: 'SerialNumber',
    meterIdBytes: 12,
    applyMultiplier: false,
    zoneMinutes: -300,
    latestStamp: Date.UTC(2027, 0, 1) / 60_000,
    clockDriftSeconds: 180,
    registerTolerance: 200_000,
    rejectReadings: false,
    severities: AMRDEF_FAULTS.map((code) => {
      const name = code.slice('amrdef/'.length);
      if (name === 'version' || name === 'meter-not-read') return SEVERITY.info;
      return warnings.includes(name) ? SEVERITY.warning : SEVERITY.error;
    }),
    ...changes,
  };
}

export interface ReadOptions {
  settings?: AmrdefSettings;
  alwaysCareful?: boolean;
  /** Places at which a piece ends. */
  cuts?: readonly number[];
}

/** All calls for a document, shown whole or in pieces through one moving buffer. */
export function callsFor(document: Uint8Array, options: ReadOptions = {}): string[] {
  const sink = new RecordedReads();
  const reader = new AmrdefReader(options.settings ?? settingsWith(), sink, options.alwaysCareful ?? false);
  reader.begin();
  let kept = new Uint8Array(0);
  let base = 0;
  let from = 0;
  const ends = [...new Set([...(options.cuts ?? []), document.length])].sort((a, b) => a - b);
  for (const [k, to] of ends.entries()) {
    const buffer = new Uint8Array(kept.length + to - from);
    buffer.set(kept);
    buffer.set(document.subarray(from, to), kept.length);
    const at = reader.read(buffer, 0, buffer.length, base, k === ends.length - 1);
    kept = buffer.slice(at);
    base += at;
    from = to;
    if (reader.xml.failure !== null) break;
  }
  reader.fail(document.length);
  return sink.calls;
}
