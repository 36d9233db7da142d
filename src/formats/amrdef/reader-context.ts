import type { ReadFault, ReadSink } from '../reads.js';
import { ControlTotals } from './control-totals.js';
import { FaultTeller } from './fault-teller.js';
import type { AmrdefFaultCode } from './faults.js';
import { PendingReads } from './pending-reads.js';
import type { AmrdefSettings } from './settings.js';
import { TagAttributes } from './tag-attributes.js';
import { parseTime } from './time-text.js';
import type { XmlTag } from './xml-tag.js';

/** What the parts of the AMRDEF reader share: the buffer, the tag that is being read, the open `MeterReadings`. */
export class ReaderContext {
  readonly attributes = new TagAttributes();
  readonly teller: FaultTeller;
  readonly pending = new PendingReads();
  readonly totals = new ControlTotals();
  bytes: Uint8Array = new Uint8Array(0);
  view: DataView = new DataView(new ArrayBuffer(0));
  /** Offset in the file of the first byte of the buffer. */
  base = 0;
  /** Fault of the time that `timeOf` read last, or null. */
  timeFault: ReadFault | null = null;

  constructor(
    readonly settings: AmrdefSettings,
    public sink: ReadSink,
    readonly tag: XmlTag,
  ) {
    this.teller = new FaultTeller(settings, sink);
  }

  setSink(sink: ReadSink): void {
    this.sink = sink;
    this.teller.setSink(sink);
  }

  setBuffer(bytes: Uint8Array, base: number): void {
    if (this.bytes !== bytes) {
      this.bytes = bytes;
      this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    }
    this.base = base;
  }

  /** Tells of a fault in the tag that is being read, at the value that `attributes.has` found last. */
  tellValue(code: AmrdefFaultCode, stamp = -1, override?: number): ReadFault {
    const { attributes, teller, tag, bytes } = this;
    return teller.tell(code, tag, bytes, attributes.from, attributes.to, stamp, override);
  }

  /** Tells of a fault in the tag that is being read, of which nothing stands there. */
  tellAbsent(code: AmrdefFaultCode, name: string, override?: number): ReadFault {
    return this.teller.tellWords(code, this.tag, name, override);
  }

  /**
   * A time that may be left out.
   * @param override severity where it is no time
   * @returns whole minutes in the zone of the meter, or -1
   */
  timeOf(attribute: number, override?: number): number {
    this.timeFault = null;
    if (!this.attributes.has(attribute)) return -1;
    const time = parseTime(this.bytes, this.attributes.from, this.attributes.to);
    if (time < 0) this.timeFault = this.tellValue('amrdef/bad-timestamp', -1, override);
    return time;
  }
}
