import { compareBytes } from '../../model/byte-order.js';
import { INTERVAL_OF, REGISTER_OF } from '../../model/units.js';
import type { MeterRegister, RegisterSlice } from '../../store/register/meter-register.js';
import type { RegisterFacts } from '../../vee/register-span.js';

/** Looks up meters in the meter register, in ascending order best, a block of it in memory at a time. */
export class RegisterCursor {
  private slice: RegisterSlice | null = null;
  private beyond: Uint8Array | null = null;
  private row = 0;
  private end = 0;

  constructor(private readonly register: MeterRegister) {}

  /** Goes to a meter. @returns whether the register knows it */
  seek(meter: Uint8Array, from: number, to: number): boolean {
    const { beyond } = this;
    const isPast =
      this.slice === null ||
      (beyond !== null && compareBytes(meter, from, to, beyond, 0, beyond.length) >= 0) ||
      (this.row < this.slice.rows && this.compare(this.row, meter, from, to) > 0);
    if (isPast) this.load(meter.subarray(from, to));
    const { rows } = this.slice!;
    let row = this.row;
    while (row < rows && this.compare(row, meter, from, to) < 0) row++;
    this.row = row;
    while (row < rows && this.compare(row, meter, from, to) === 0) row++;
    this.end = row;
    return this.end > this.row;
  }

  private load(meter: Uint8Array): void {
    const { slice, beyond } = this.register.blockFor(meter);
    this.slice = slice;
    this.beyond = beyond;
    this.row = 0;
  }

  private compare(row: number, meter: Uint8Array, from: number, to: number): number {
    const { meterIdBytes, meterIdOffsets } = this.slice!;
    return compareBytes(meterIdBytes, meterIdOffsets[row]!, meterIdOffsets[row + 1]!, meter, from, to);
  }

  /**
   * Sets what the register says of a channel of the meter. A row for the interval unit covers its
   * cumulative register too, and the other way round.
   * @param isKwh whether the row's maximum bounds the channel
   * @returns false where it does not know the channel: nothing is set then
   */
  describe(unit: number, isKwh: boolean, facts: RegisterFacts): boolean {
    const { slice } = this;
    if (slice === null) return false;
    let found = -1;
    for (let row = this.row; row < this.end; row++) {
      const code = slice.unitCodes[row]!;
      if (code === unit || (found < 0 && (code === REGISTER_OF[unit] || code === INTERVAL_OF[unit])))
        found = row;
    }
    if (found < 0) return false;
    facts.multiplier = slice.multiplier[found]!;
    facts.registerDigits = slice.registerDigits[found]!;
    if (isKwh && slice.maximumKwh[found]! >= 0) facts.maximumPerHour = slice.maximumKwh[found]!;
    return true;
  }
}
