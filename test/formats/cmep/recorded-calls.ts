import { CMEP_FAULTS } from '../../../src/formats/cmep/faults.js';
import { CmepReader } from '../../../src/formats/cmep/reader.js';
import type { CmepSettings } from '../../../src/formats/cmep/settings.js';
import type { ReadFault, ReadRecord, ReadSink } from '../../../src/formats/reads.js';
import { METER_ID_BYTES_MAX } from '../../../src/model/block.js';

const latin1 = (bytes: Uint8Array, from: number, to: number) =>
  Buffer.from(bytes.buffer, bytes.byteOffset + from, to - from).toString('latin1');

/**
 * A sink that writes each call down as one line of text, with all that it was told and the bytes that it was
 * pointed at. `base` is added to places, so that pieces of a file can be compared with the whole.
 */
export class RecordedCalls implements ReadSink {
  readonly calls: string[] = [];
  base = 0;

  record(record: ReadRecord, bytes: Uint8Array): void {
    const { count, stamps, values, metas, meterIdFrom, meterIdTo } = record;
    const header = [
      record.start + this.base,
      record.byteLength,
      record.line,
      record.channel,
      record.resend,
      record.creationStamp,
      record.intervalMinutes,
      record.constant,
      record.regular,
      count,
    ];
    const columns = [stamps, values, metas].map((column) => column.subarray(0, count).join(' '));
    const meterId = latin1(bytes, meterIdFrom, meterIdTo);
    this.calls.push(`record ${header.join(' ')} <${meterId}> ${columns.join(' | ')}`);
  }

  fault(fault: ReadFault, bytes: Uint8Array): void {
    this.calls.push(
      `fault ${this.faultText(fault)} <${latin1(bytes, fault.textFrom, fault.textTo)}> meter <${latin1(
        bytes,
        fault.meterIdFrom,
        fault.meterIdTo,
      )}>`,
    );
  }

  rejected(start: number, byteLength: number, line: number, reads: number, first: ReadFault): void {
    this.calls.push(
      `rejected ${start + this.base} ${byteLength} ${line} ${reads} by ${this.faultText(first)}`,
    );
  }

  passedOver(): void {
    this.calls.push('passed over');
  }

  private faultText(fault: ReadFault): string {
    const place = `line ${fault.line} column ${fault.textFrom - fault.start + 1} field ${fault.field}`;
    const at = `at ${fault.start + this.base}+${fault.textTo - fault.textFrom}`;
    return `${CMEP_FAULTS[fault.fault]} severity ${fault.severity} ${place} ${at} stamp ${fault.stamp}`;
  }
}

/** What may follow a piece in its buffer: anything, as many bytes as a reader is promised. */
export function withReadAhead(piece: Uint8Array, filler: number): Uint8Array {
  const buffer = new Uint8Array(piece.length + METER_ID_BYTES_MAX).fill(filler);
  buffer.set(piece);
  return buffer;
}

/** All calls for a file, read whole or in pieces that end at `cuts`, each in a buffer of its own. */
export function callsFor(
  file: Uint8Array,
  settings: CmepSettings,
  alwaysCareful: boolean,
  cuts: readonly number[] = [],
  filler = 0,
): { calls: string[]; lines: number } {
  const sink = new RecordedCalls();
  const reader = new CmepReader(settings, sink, alwaysCareful);
  let lines = 0;
  let from = 0;
  for (const to of [...cuts, file.length]) {
    const buffer = withReadAhead(file.subarray(from, to), filler);
    sink.base = from;
    lines += reader.read(buffer, 0, to - from, lines, from === 0);
    from = to;
  }
  return { calls: sink.calls, lines };
}

/** Places where a line begins: behind LF, CR LF, or CR alone. */
export function lineStarts(file: Uint8Array): number[] {
  const starts: number[] = [];
  for (let at = 0; at < file.length; at++) {
    const isEnd = file[at] === 10 || (file[at] === 13 && file[at + 1] !== 10);
    if (isEnd && at + 1 < file.length) starts.push(at + 1);
  }
  return starts;
}
