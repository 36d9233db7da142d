import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { SaxesParser } from 'saxes';
import { findProfile } from '../../src/conformance/profiles.js';
import { sourceSettings } from '../../src/conformance/source-settings.js';
import { FORMATS } from '../../src/formats/formats.js';
import { generateNight } from '../../src/generate/generate-night.js';
import { UNITS_PER_ONE } from '../../src/model/decimal.js';
import { EST_OFFSET_MINUTES } from '../../src/model/time.js';
import { measure } from '../measure.js';
import { NOW_STAMP, READ_DAY } from '../night-day.js';
import { SumSink } from './cmep-read.js';

const METERS = 5_000;
const PIECE_BYTES = 256 * 1024;

/** The AMRDEF reader with all its rules, and saxes with the least that finds the same reads: times and values. */
export async function readAmrdef(folder: string): Promise<void> {
  const outDirectory = join(folder, 'amrdef');
  const { files, totals } = await generateNight({
    meters: METERS,
    days: 1,
    startDay: READ_DAY,
    outDirectory,
    format: 'amrdef',
    defects: [],
  });
  const path = join(outDirectory, files[0]!.name);
  const expected = Math.round(Number(totals.trueKwh) * 1000);
  const ours = measure('read AMRDEF', totals.reads, () => mustBe(readOurs(path), totals.reads));
  const saxes = measure('read AMRDEF, saxes', totals.reads, () => {
    const { reads, intervalSum } = readWithSaxes(path);
    mustBe(reads, totals.reads);
    mustBe(Math.round(intervalSum * 1000), expected);
  });
  process.stdout.write(`  saxes takes ${(saxes / ours).toFixed(2)} times as long\n`);
}

function mustBe(found: number, expected: number): void {
  if (found !== expected) throw new Error(`${found} found, must be ${expected}`);
}

function readOurs(path: string): number {
  const fd = openSync(path, 'r');
  const settings = sourceSettings(findProfile('energyaxis')!, EST_OFFSET_MINUTES, NOW_STAMP).amrdef;
  const sink = Object.assign(new SumSink(), { fileOffset: 0 });
  const sizeBytes = statSync(path).size;
  const source = {
    sizeBytes,
    read: (target: Uint8Array, at: number, length: number, position: number) =>
      readSync(fd, target, at, length, position),
  };
  FORMATS.amrdef.openReader(settings).readRange(source, { from: 0, to: sizeBytes, startsAt: null }, sink);
  closeSync(fd);
  if (sink.sum % 1 !== 0 || sink.sum < UNITS_PER_ONE) throw new Error('the values are no whole numbers');
  return sink.reads;
}

function readWithSaxes(path: string): { reads: number; intervalSum: number } {
  const parser = new SaxesParser({ position: false });
  let reads = 0;
  let intervalSum = 0;
  let isInterval = false;
  let isRead = false;
  parser.on('opentag', ({ name, attributes }) => {
    if (name === 'IntervalSpec') isRead = isInterval = true;
    else if (name === 'ConsumptionSpec') {
      isInterval = false;
      isRead = attributes.TouBucket === 'Total';
    } else if (name === 'Reading' && isRead) {
      reads++;
      if (Number.isNaN(Date.parse(`${attributes.TimeStamp}Z`))) throw new Error('no time');
      if (isInterval) intervalSum += Number(attributes.RawReading);
      else if (Number.isNaN(Number(attributes.Value))) throw new Error('no number');
    }
  });
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const piece = Buffer.alloc(PIECE_BYTES);
  const fd = openSync(path, 'r');
  for (let got = readSync(fd, piece); got > 0; got = readSync(fd, piece)) {
    parser.write(decoder.decode(piece.subarray(0, got), { stream: true }));
  }
  parser.close();
  closeSync(fd);
  return { reads, intervalSum };
}
