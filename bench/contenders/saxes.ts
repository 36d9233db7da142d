import { createReadStream } from 'node:fs';
import { SaxesParser } from 'saxes';
import type { OpenContender, ScanAnswer } from './contender.js';

const READ_BYTES = 1 << 20;
/** A flag that is set. */
const SET = '1';

/** saxes, and the least that makes reads of what it tells: meter, unit, time, value and flags of each. */
export function openSaxes(): OpenContender {
  return { sumFile, close: async () => {} };
}

/** Readings of the element that is open, and of which meter and unit they are. */
class Extraction {
  reads = 0;
  sum = 0;
  private meter = '';
  private unit = '';
  private isRead = false;
  private stamps: number[] = [];
  private values: number[] = [];
  private flags: string[] = [];

  open(name: string, attributes: Record<string, string>): void {
    switch (name) {
      case 'Reading':
        if (!this.isRead) return;
        this.stamps.push(minutesOf(attributes.TimeStamp!));
        this.values.push(Number(attributes.RawReading ?? attributes.Value));
        return;
      case 'QualityFlags':
        this.flags.push(...Object.keys(attributes).filter((flag) => attributes[flag] === SET));
        return;
      case 'Meter':
        this.meter = attributes.SerialNumber!;
        return;
      case 'IntervalSpec':
      case 'ConsumptionSpec':
        this.unit = `${attributes.UOM} ${attributes.Direction}`;
        this.isRead = name === 'IntervalSpec' || attributes.TouBucket === 'Total';
    }
  }

  close(name: string): void {
    if (name !== 'IntervalData' && name !== 'ConsumptionData') return;
    if (this.isRead && (this.meter === '' || !this.unit.startsWith('kWh'))) throw new Error('no kWh');
    for (const [i, value] of this.values.entries()) {
      if (Number.isNaN(this.stamps[i]!) || Number.isNaN(value)) throw new Error('no time, or no number');
      this.sum += value;
    }
    this.reads += this.values.length;
    this.isRead = false;
    this.stamps = [];
    this.values = [];
    this.flags = [];
  }
}

let lastDate = '';
let lastDateMinutes = 0;

/** Minutes since 1970 of `YYYY-MM-DD HH:MM:SS`; a date that came before is not read again. */
function minutesOf(time: string): number {
  const date = time.slice(0, 10);
  if (date !== lastDate) {
    lastDate = date;
    lastDateMinutes = Date.parse(date) / 60_000;
  }
  return lastDateMinutes + Number(time.slice(11, 13)) * 60 + Number(time.slice(14, 16));
}

async function sumFile(path: string): Promise<ScanAnswer> {
  const parser = new SaxesParser({ position: false, xmlns: false });
  const extraction = new Extraction();
  parser.on('opentag', ({ name, attributes }) => extraction.open(name, attributes));
  parser.on('closetag', ({ name }) => extraction.close(name));
  parser.on('error', (error) => {
    throw error;
  });
  for await (const piece of createReadStream(path, { highWaterMark: READ_BYTES, encoding: 'utf8' })) {
    parser.write(piece);
  }
  parser.close();
  return { reads: extraction.reads, sum: String(extraction.sum) };
}
