import { METER_ID_BYTES_MAX } from '../../model/block.js';
import { emptyReadFault, type ReadFault, type ReadSink } from '../reads.js';
import { ALWAYS_ERRORS, type AmrdefFaultCode, FAULT } from './faults.js';
import { type AmrdefSettings, SEVERITY } from './settings.js';

/** Bytes of a tag, and of a text at fault, that go with a fault. */
const SHOWN_BYTES = 1024;

/** Where an element stands: line, column in bytes, and its tag in `bytes` (from = to where it is gone). */
export interface ElementPlace {
  line: number;
  column: number;
  from: number;
  to: number;
}

/** Tells the sink of faults. What goes with one is copied together, since it may lie in several buffers. */
export class FaultTeller {
  /** The meter that is being read; no bytes where it is not known yet. */
  readonly meterId = new Uint8Array(METER_ID_BYTES_MAX);
  meterIdLength = 0;
  /** How often it was called. */
  calls = 0;
  private readonly fault = emptyReadFault();
  private readonly shown = new Uint8Array(2 * SHOWN_BYTES + METER_ID_BYTES_MAX);

  private readonly severities: number[];

  constructor(
    settings: AmrdefSettings,
    private sink: ReadSink,
  ) {
    this.severities = settings.severities.slice();
    for (const code of ALWAYS_ERRORS) this.severities[FAULT[code]] = SEVERITY.error;
  }

  setSink(sink: ReadSink): void {
    this.sink = sink;
  }

  /**
   * Tells of a fault in the element at `place`.
   * @param bytes the buffer that place and text are in
   * @param stamp of the read, minutes since 1970 UTC, or -1
   * @param override a severity other than that of the settings, where they do not switch the fault off
   * @returns the fault with its severity (off: it was not told); good until the next is told
   */
  tell(
    code: AmrdefFaultCode,
    place: ElementPlace,
    bytes: Uint8Array,
    textFrom: number,
    textTo: number,
    stamp = -1,
    override?: number,
  ): ReadFault {
    this.calls++;
    const own = this.severities[FAULT[code]]!;
    const severity = own === SEVERITY.off ? own : (override ?? own);
    const { fault, shown } = this;
    const tagTo = Math.min(place.to, place.from + SHOWN_BYTES);
    let at = copy(bytes, place.from, tagTo, shown, 0);
    fault.start = 0;
    fault.end = at;
    if (textFrom >= place.from && textTo <= tagTo) {
      fault.textFrom = textFrom - place.from;
      fault.textTo = textTo - place.from;
    } else {
      fault.end = 0;
      fault.textFrom = at;
      at = copy(bytes, textFrom, Math.min(textTo, textFrom + SHOWN_BYTES), shown, at);
      fault.textTo = at;
    }
    fault.meterIdFrom = at;
    fault.meterIdTo = copy(this.meterId, 0, this.meterIdLength, shown, at);
    fault.fault = FAULT[code];
    fault.severity = severity;
    fault.line = place.line;
    fault.column = place.column;
    fault.stamp = stamp;
    if (severity !== SEVERITY.off) this.sink.fault(fault, shown);
    return fault;
  }

  /** The same with a text of our own. */
  tellWords(code: AmrdefFaultCode, place: ElementPlace, words: string, override?: number): ReadFault {
    const bytes = Buffer.from(words);
    const gone = { line: place.line, column: place.column, from: 0, to: 0 };
    return this.tell(code, gone, bytes, 0, bytes.length, -1, override);
  }
}

/** @returns where the copy ends */
function copy(bytes: Uint8Array, from: number, to: number, target: Uint8Array, at: number): number {
  for (let i = from; i < to; i++) target[at + i - from] = bytes[i]!;
  return at + Math.max(to - from, 0);
}
