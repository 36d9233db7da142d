import type { PendingElement } from './pending-reads.js';
import { isSame } from './xml-names.js';

/** Specs that are remembered. */
const SPECS_MAX = 8;

/** What a spec said. */
export interface SpecMeaning
  extends Pick<
    PendingElement,
    'carriesReads' | 'unit' | 'intervalMinutes' | 'multiplier' | 'rangeFrom' | 'rangeTo'
  > {
  isTotal: boolean;
  isTier: boolean;
  registerUnit: number;
}

/** Remembers specs without a fault: those of one meter are mostly, to the letter, those of the meter before. */
export class SpecMemory {
  private readonly specs: { text: Uint8Array; meaning: SpecMeaning }[] = [];
  private next = 0;

  /** The meaning of the tag `bytes[from]` to `bytes[to - 1]`, or null. */
  find(bytes: Uint8Array, from: number, to: number): SpecMeaning | null {
    const { specs } = this;
    for (let tries = specs.length; tries > 0; tries--) {
      if (this.next >= specs.length) this.next = 0;
      const { text, meaning } = specs[this.next++]!;
      if (isSame(text, bytes, from, to)) return meaning;
    }
    return null;
  }

  remember(bytes: Uint8Array, from: number, to: number, meaning: SpecMeaning): void {
    if (this.specs.length === SPECS_MAX) this.specs.shift();
    this.specs.push({ text: bytes.slice(from, to), meaning });
  }
}
