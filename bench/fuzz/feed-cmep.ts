import { PROFILES, readerSettings } from '../../src/conformance/profiles.js';
import { CmepReader, READ_AHEAD_BYTES } from '../../src/formats/cmep/reader.js';
import type { ReadRecord, ReadSink } from '../../src/formats/reads.js';
import { VALUE_MAX } from '../../src/model/decimal.js';
import { type CrossSettings, MeterChecker } from '../../src/pipeline/check/check-meters.js';
import { KINDS } from '../../src/pipeline/check/check-places.js';
import { BlockBuffer } from '../../src/store/blocks/block-buffer.js';
import { indexBlocks } from '../../src/store/blocks/block-index.js';

const NOW_STAMP = Date.UTC(2026, 11, 1) / 60_000;
/** Words of blocks that are gathered before the rules across records look at them. */
const WORDS_TOGETHER = 20_000;

const CROSS: CrossSettings = {
  fileStarts: Int32Array.of(0),
  isOn: new Uint8Array(KINDS).fill(1),
  sumTolerances: Float64Array.of(200_000),
  maximumPerHour: 4_800_000,
  marketZoneMinutes: -300,
  findingsMax: 10,
  coverageDaysMax: 400,
};

/** What was found wrong with readmill, not with an input. */
export class Broken extends Error {}

/** Feeds inputs to the reader of each profile, and what it reads to the rules across records. */
export class CmepFeed implements ReadSink {
  findings = 0;
  reads = 0;
  private ended = 0;
  private readonly blocks = new BlockBuffer();
  private readonly readers = PROFILES.map((profile) => {
    return new CmepReader(readerSettings(profile, 0, NOW_STAMP), this);
  });

  /** @throws Broken, or what the reader throws */
  feed(input: Uint8Array, which: number): void {
    const bytes = new Uint8Array(input.length + READ_AHEAD_BYTES).fill(44);
    bytes.set(input);
    this.ended = 0;
    const reader = this.readers[which % this.readers.length]!;
    const lines = reader.read(bytes, 0, input.length, 0, (which & 64) === 0);
    const expected = lineCount(input);
    if (lines !== expected) throw new Broken(`${lines} lines read, ${expected} there`);
    if (this.ended > lines) throw new Broken(`${this.ended} records on ${lines} lines`);
    if (this.blocks.usedWords > WORDS_TOGETHER) this.checkMeters();
  }

  record(record: ReadRecord, bytes: Uint8Array): void {
    this.ended++;
    const { count, stamps, values } = record;
    for (let i = 0; i < count; i++) {
      if (!(Math.abs(values[i]!) <= VALUE_MAX)) throw new Broken(`a value of ${values[i]}`);
      if (stamps[i]! > NOW_STAMP + 1440) throw new Broken(`a stamp of ${stamps[i]}`);
    }
    if (record.meterIdFrom >= record.meterIdTo) throw new Broken('a record without a meter id');
    this.reads += count;
    if (count > 0) this.blocks.append(record, bytes, 0, 0, record.start);
  }

  fault(): void {
    this.findings++;
  }

  rejected(): void {
    this.ended++;
  }

  passedOver(): void {
    this.ended++;
  }

  private checkMeters(): void {
    const { blocks } = this;
    const index = indexBlocks({ buffer: blocks.words.buffer, offset: 0 }, blocks.usedWords * 4);
    const checker = new MeterChecker(CROSS, null);
    for (let b = 0; b < index.count; ) {
      let end = b + 1;
      while (index.meterStarts[end] === 0) end++;
      checker.check(index, b, end);
      b = end;
    }
    for (const count of checker.result().counts) this.findings += count;
    blocks.clear();
  }
}

/** Lines by their ends: LF, CR LF, CR alone, and a rest without one. */
function lineCount(input: Uint8Array): number {
  let lines = 0;
  for (let at = 0; at < input.length; at++) {
    if (input[at] === 10 || (input[at] === 13 && input[at + 1] !== 10)) lines++;
  }
  const last = input.at(-1);
  return input.length > 0 && last !== 10 && last !== 13 ? lines + 1 : lines;
}
