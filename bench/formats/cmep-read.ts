import { readFileSync } from 'node:fs';
import { findProfile, readerSettings } from '../../src/conformance/profiles.js';
import { CmepReader, READ_AHEAD_BYTES } from '../../src/formats/cmep/reader.js';
import type { ReadSink } from '../../src/formats/reads.js';
import { measure } from '../measure.js';
import { makeNight, removeNight } from '../night-data.js';
import { NOW_STAMP } from '../night-day.js';

const METERS = 5_000;

/** A sink that only keeps the reader honest. */
export class SumSink implements ReadSink {
  reads = 0;
  sum = 0;
  record(record: { count: number; values: Float64Array }): void {
    this.reads += record.count;
    for (let i = 0; i < record.count; i++) this.sum += record.values[i]!;
  }
  fault(): void {}
  rejected(): void {}
  passedOver(): void {}
}

/** `CmepReader.read` over some MiB of hourly records, on its quick path and on its careful one. */
export async function readCmep(folder: string): Promise<void> {
  const night = await makeNight(folder, METERS);
  const file = readFileSync(night.files[0]!);
  const bytes = new Uint8Array(file.length + READ_AHEAD_BYTES);
  bytes.set(file);
  const settings = readerSettings(findProfile('cmep-1.20')!, 0, NOW_STAMP);
  for (const alwaysCareful of [false, true]) {
    const sink = new SumSink();
    const reader = new CmepReader(settings, sink, alwaysCareful);
    measure(`read CMEP, ${alwaysCareful ? 'careful' : 'quick'} path`, night.totals.reads, () => {
      sink.reads = 0;
      reader.read(bytes, 0, file.length, 0, true);
      if (sink.reads !== night.totals.reads) throw new Error(`${sink.reads} reads found`);
    });
  }
  removeNight(night);
}
