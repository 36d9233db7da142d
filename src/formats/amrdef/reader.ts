import { emptyReadFault, type ReadSink } from '../reads.js';
import { DataElements } from './data-elements.js';
import { MeterReadings } from './meter-readings.js';
import { QuickReadings } from './quick-readings.js';
import { ReaderContext } from './reader-context.js';
import { type AmrdefSettings, METER_READINGS_BYTES_MAX } from './settings.js';
import { ATTRIBUTE, ELEMENT, isAttributeOf, isChildOf, NAME_TABLE, NO_PARENT, nameNumber } from './shape.js';
import type { XmlSink } from './xml-events.js';
import { DEPTH_MAX } from './xml-limits.js';
import type { XmlTag } from './xml-tag.js';
import { XmlTokenizer } from './xml-tokenizer.js';

const KNOWN_VERSION = /^7\./;

/**
 * Reads an AMRDEF document, or a part of one that begins with a `MeterReadings`, and tells a sink of reads and
 * faults. The document is seen through a buffer that the caller moves along.
 *
 * Nearly all of a document are `Reading`s of one form, on the grid and without flags. They are taken by
 * `QuickReadings`; all else, and whatever is unusual, goes through the tokenizer. Both give the same.
 */
export class AmrdefReader implements XmlSink {
  readonly xml: XmlTokenizer;
  private readonly context: ReaderContext;
  private readonly readings: MeterReadings;
  private readonly data: DataElements;
  private readonly quick: QuickReadings;
  /** Open elements, the root first, and how many; and of them, those in an element that is not known. */
  private readonly open = new Int16Array(DEPTH_MAX);
  private depth = 0;
  private unknownDepth = 0;
  /** Of the outermost element that is not known: where it begins, and `Reading`s in it. */
  private unknownStart = 0;
  private unknownLine = 0;
  private unknownReadings = 0;
  private readonly unknownFault = emptyReadFault();
  /** Behind the tag that was read last, in the file. */
  private lastTagEnd = -1;
  private failureTold = false;

  /** @param alwaysCareful leaves the quick path out: for the test that compares both */
  constructor(
    settings: AmrdefSettings,
    sink: ReadSink,
    private readonly alwaysCareful = false,
  ) {
    this.xml = new XmlTokenizer(NAME_TABLE, this);
    this.context = new ReaderContext(settings, sink, this.xml.tag);
    this.readings = new MeterReadings(this.context, nameNumber(settings.meterIdAttribute));
    this.data = new DataElements(this.context, this.readings);
    this.quick = new QuickReadings(this.context);
  }

  /** Tells another sink from now on. */
  setSink(sink: ReadSink): void {
    this.context.setSink(sink);
  }

  /** Begins a document. */
  begin(): void {
    this.xml.begin();
    this.reset();
  }

  /** Begins in the middle of a document, with the `MeterReadings` at `offset`. */
  beginInRoot(offset: number): void {
    this.xml.beginInRoot(ELEMENT.root, offset);
    this.reset();
    this.open[0] = ELEMENT.root;
    this.depth = 1;
  }

  private reset(): void {
    this.depth = 0;
    this.unknownDepth = 0;
    this.lastTagEnd = -1;
    this.failureTold = false;
    this.readings.isOpen = false;
    this.data.abandon();
    this.context.pending.clear();
  }

  /** Ends the reading before the first `MeterReadings` of the root at or after `offset`. */
  stopAt(offset: number): void {
    this.xml.stopName = ELEMENT.meterReadings;
    this.xml.stopOffset = offset;
  }

  /**
   * Reads on from `bytes[at]` as far as it goes.
   * @param to end of what is there
   * @param base offset in the file of `bytes[0]`
   * @param isLast whether the file ends at `to`
   * @returns the place behind what was read; from there on the bytes must be shown again, with more
   */
  read(bytes: Uint8Array, at: number, to: number, base: number, isLast: boolean): number {
    const { xml, data, context } = this;
    context.setBuffer(bytes, base);
    let next = at;
    for (;;) {
      if (data.isPlain && xml.isInText && !this.alwaysCareful) next = this.readQuick(next, to);
      const end = xml.step(bytes, next, to, base, isLast);
      if (end === next) return end;
      next = end;
    }
  }

  private readQuick(at: number, to: number): number {
    const { quick, readings, context } = this;
    const end = quick.read(this.data.open!, at, to, readings.latestStamp, readings.letter);
    if (end === at) return at;
    this.xml.passOver(quick.lines, context.base + quick.lineStart);
    this.lastTagEnd = context.base + end;
    return end;
  }

  /**
   * Tells of the failure of the tokenizer, and rejects all from there on.
   * @param fileBytes where the file ends
   */
  fail(fileBytes: number): void {
    const { failure } = this.xml;
    if (failure === null || this.failureTold) return;
    this.failureTold = true;
    const { teller, sink } = this.context;
    const open = this.data.open;
    let start = failure.tokenOffset;
    let { line } = failure;
    let reads = 0;
    if (open !== null) {
      start = open.start;
      line = open.line;
      reads = open.carriesReads ? open.readings : 0;
      this.data.abandon();
      this.context.pending.dropLast();
    } else if (this.unknownDepth > 0) {
      start = this.unknownStart;
      line = this.unknownLine;
      reads = this.unknownReadings;
    }
    const place = { line: failure.line, column: failure.column, from: 0, to: 0 };
    const code = failure.isDoctype ? 'amrdef/doctype' : 'amrdef/not-well-formed';
    const fault = { ...teller.tellWords(code, place, failure.what) };
    if (this.readings.isOpen) this.readings.end(start);
    if (fileBytes > start || reads > 0) sink.rejected(start, fileBytes - start, line, reads, fault);
  }

  startTag(tag: XmlTag, bytes: Uint8Array): void {
    const { context, depth } = this;
    const parent = depth === 0 ? NO_PARENT : this.open[depth - 1]!;
    this.open[depth] = tag.name;
    this.depth = depth + 1;
    this.data.isPlain = false;
    if (this.unknownDepth > 0) {
      this.unknownDepth++;
      if (tag.name === ELEMENT.reading) this.unknownReadings++;
      return;
    }
    if (!isChildOf(tag.name, parent)) {
      this.enterUnknown(tag, bytes);
      return;
    }
    if (this.readings.isOpen && this.readings.bytesTo(context.base + tag.to) > METER_READINGS_BYTES_MAX) {
      this.xml.refuse(`a MeterReadings of more than ${METER_READINGS_BYTES_MAX} bytes`);
      return;
    }
    context.attributes.open(tag, bytes);
    if (tag.name !== ELEMENT.qualityFlags) this.checkAttributes(tag, bytes);
    this.enter(tag, parent);
  }

  private enterUnknown(tag: XmlTag, bytes: Uint8Array): void {
    const { teller, base } = this.context;
    // In another root no MeterReadings is ours.
    if (this.depth === 1) this.xml.stopOffset = Number.POSITIVE_INFINITY;
    this.unknownDepth = 1;
    this.unknownReadings = tag.name === ELEMENT.reading ? 1 : 0;
    this.unknownStart = base + tag.from;
    this.unknownLine = tag.line;
    const fault = teller.tell('amrdef/unknown-element', tag, bytes, tag.nameFrom, tag.nameTo);
    Object.assign(this.unknownFault, fault);
  }

  /** Readings in an element that is not known go to the quarantine with it. */
  private leaveUnknown(to: number): void {
    const { unknownStart, unknownLine, unknownReadings } = this;
    if (unknownReadings === 0) return;
    const { sink } = this.context;
    sink.rejected(unknownStart, to - unknownStart, unknownLine, unknownReadings, this.unknownFault);
  }

  private checkAttributes(tag: XmlTag, bytes: Uint8Array): void {
    if (tag.form?.isAllowed) return;
    let isAllowed = true;
    for (let i = 0; i < tag.count; i++) {
      if (isAttributeOf(tag.nameOf(i), tag.name)) continue;
      const { teller } = this.context;
      teller.tell('amrdef/unknown-attribute', tag, bytes, tag.nameFromOf(i), tag.nameToOf(i));
      isAllowed = false;
    }
    if (tag.form !== null) tag.form.isAllowed = isAllowed;
  }

  /** What the start of a known element means. */
  private enter(tag: XmlTag, parent: number): void {
    const { data, readings } = this;
    switch (tag.name) {
      case ELEMENT.reading:
        data.readReading();
        if (parent === ELEMENT.intervalData) this.learn(tag);
        break;
      case ELEMENT.qualityFlags:
        data.readFlags();
        break;
      case ELEMENT.intervalData:
      case ELEMENT.consumptionData:
        data.begin(tag.name === ELEMENT.intervalData);
        break;
      case ELEMENT.intervalSpec:
      case ELEMENT.consumptionSpec:
        data.readSpec();
        break;
      case ELEMENT.meterReadings:
        readings.begin();
        break;
      case ELEMENT.meter:
        if (parent === ELEMENT.meterReadings) readings.readMeter();
        else if (parent === ELEMENT.metersNotRead) this.tellNotRead();
        break;
      case ELEMENT.clock:
        readings.readClock();
        break;
      case ELEMENT.channel:
        readings.readSummary();
        break;
      case ELEMENT.root:
        this.checkVersion();
        break;
    }
  }

  private learn(tag: XmlTag): void {
    const { base } = this.context;
    this.quick.learn(tag, this.lastTagEnd < base ? -1 : this.lastTagEnd - base);
  }

  private tellNotRead(): void {
    const { context } = this;
    if (!context.attributes.has(nameNumber(context.settings.meterIdAttribute))) {
      context.attributes.has(ATTRIBUTE.serialNumber);
    }
    context.tellValue('amrdef/meter-not-read');
  }

  private checkVersion(): void {
    const { context } = this;
    const version = context.attributes.text(ATTRIBUTE.version);
    if (KNOWN_VERSION.test(version)) return;
    if (version === '') context.tellAbsent('amrdef/version', 'no version');
    else context.tellValue('amrdef/version');
  }

  endTag(name: number, _from: number, to: number): void {
    this.depth--;
    if (this.unknownDepth > 0) {
      this.unknownDepth--;
      if (this.unknownDepth === 0) this.leaveUnknown(this.context.base + to);
      return;
    }
    const { base } = this.context;
    this.lastTagEnd = base + to;
    switch (name) {
      case ELEMENT.reading:
      case ELEMENT.intervalSpec:
        this.data.endReading();
        break;
      case ELEMENT.intervalData:
      case ELEMENT.consumptionData:
        this.data.end(base + to);
        break;
      case ELEMENT.meterReadings:
        this.readings.end(base + to);
        break;
    }
  }

  text(at: number): void {
    if (this.unknownDepth > 0) return;
    const { xml } = this;
    const { teller, base, bytes } = this.context;
    const place = { line: xml.line, column: base + at - xml.lineOffset + 1, from: at, to: at + 1 };
    teller.tell('amrdef/unknown-element', place, bytes, at, at + 1);
  }
}
