import { closeSync, openSync, readSync } from 'node:fs';
import type { PlainTotals } from '../plain-reader.js';

const READ_BYTES = 4 << 20;
const UNITS_PER_ONE = 100_000;
/** Sums are put away before doubles of so many values could be inexact. */
const VALUES_MAX = 10_000;

/**
 * Reads AMRDEF the plainest way, and shares no code with the readers that it judges: lines and attributes are
 * found as texts. Good only for files with an element on each line and no faults, as `generate` writes them.
 */
export function readAmrdefPlainly(paths: readonly string[]): PlainTotals {
  const totals: PlainTotals = { reads: 0, sums: new Map() };
  const buffer = Buffer.allocUnsafe(READ_BYTES);
  for (const path of paths) {
    const fd = openSync(path, 'r');
    const lines = new PlainLines(totals);
    let rest = '';
    for (let got = readSync(fd, buffer); got > 0; got = readSync(fd, buffer)) {
      const all = (rest + buffer.toString('latin1', 0, got)).split('\n');
      rest = all.pop()!;
      for (const line of all) lines.add(line);
    }
    closeSync(fd);
    lines.add(rest);
    lines.putAway();
  }
  return totals;
}

/** The lines of one file: a spec says of what unit the readings after it are. */
class PlainLines {
  private unit: string | null = null;
  private sum = 0;
  private values = 0;

  constructor(private readonly totals: PlainTotals) {}

  add(line: string): void {
    if (line.includes('<Reading ')) {
      if (this.unit === null) return;
      this.sum += Math.round(
        Number(attributeOf(line, this.unit === 'KWH' ? 'RawReading' : 'Value')) * UNITS_PER_ONE,
      );
      this.totals.reads++;
      if (++this.values === VALUES_MAX) this.putAway();
    } else if (line.includes('<IntervalSpec ')) this.begin('KWH', line);
    else if (line.includes('<ConsumptionSpec ')) {
      this.begin(line.includes(' TouBucket="Total"') ? 'KWHREG' : null, line);
    }
  }

  private begin(unit: string | null, line: string): void {
    if (!line.includes(' UOM="kWh" Direction="Delivered"')) throw new Error(`plain reader: ${line}`);
    if (unit !== this.unit) this.putAway();
    this.unit = unit;
  }

  putAway(): void {
    const { sums } = this.totals;
    if (this.unit !== null) sums.set(this.unit, (sums.get(this.unit) ?? 0n) + BigInt(this.sum));
    this.sum = 0;
    this.values = 0;
  }
}

function attributeOf(line: string, attribute: string): string {
  const from = line.indexOf(` ${attribute}="`) + attribute.length + 3;
  return line.slice(from, line.indexOf('"', from));
}
