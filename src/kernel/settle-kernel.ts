import { growKernelMemory, startKernel } from './load.js';
import * as place from './settle-memory.js';

/** Why `settleMeters` stopped. */
export const STOPPED = {
  atEnd: 0,
  otherMeter: 1,
  unknownFlag: 2,
  unknownTail: 3,
  full: 4,
  batchFull: 5,
  atStop: 6,
} as const;

interface Counter {
  value: number;
}

/** What the kernel offers; src/kernel/assembly says more of each. */
interface SettleExports {
  setLead(length: number): void;
  setDay(startStamp: number): void;
  setCounts(flags: number, tails: number): void;
  setRegister(
    rows: number,
    ids: number,
    idOffsets: number,
    units: number,
    multipliers: number,
    maximums: number,
    classes: number,
    complete: number,
  ): void;
  setBlocks(at: number, starts: number, meterStarts: number, count: number): void;
  findStarts(blocks: number, bytes: number, starts: number): number;
  markFirsts(blocks: number, starts: number, count: number, meterStarts: number): number;
  setStop(idLength: number): void;
  setPastReads(areKept: number): void;
  setCopied(before: number, day: number): void;
  setRegisterRow(row: number): void;
  registerRow(): number;
  learnFlag(number: number): void;
  settleMeters(first: number, recordsMax: number, bytesMax: number): number;
  clear(): void;
  textLength(): number;
  why: Counter;
  meters: Counter;
  records: Counter;
  reads: Counter;
  dayRows: Counter;
  daySlots: Counter;
  openingReads: Counter;
  closingReads: Counter;
  copiedBefore: Counter;
  copiedDay: Counter;
}

/** The settle kernel of this thread. */
export interface SettleKernel {
  exports: SettleExports;
  /** The memory as it is now: it is another one after `reserve`. */
  buffer: ArrayBuffer;
  /** Makes sure that so many bytes lie behind PARTITION. */
  reserve(bytes: number): void;
}

let kernel: SettleKernel | null = null;

/** @throws ReadmillError READMILL_KERNEL_MISSING */
export function settleKernel(): SettleKernel {
  kernel ??= openKernel();
  return kernel;
}

function openKernel(): SettleKernel {
  const { memory, exports } = startKernel<SettleExports>(place.PARTITION);
  return {
    exports,
    buffer: memory.buffer,
    reserve(bytes) {
      if (growKernelMemory(memory, place.PARTITION + bytes)) this.buffer = memory.buffer;
    },
  };
}
