import type { SettleKernel } from '../kernel/settle-kernel.js';
import { PARTITION } from '../kernel/settle-memory.js';
import type { RegisterSlice } from '../store/meter-register.js';

/** Columns of the meter register that the kernel needs, each at a multiple of eight bytes. */
function columnsOf(slice: RegisterSlice): Uint8Array[] {
  const { rows, meterIdOffsets } = slice;
  const columns = [
    slice.multiplier.subarray(0, rows),
    slice.maximumKwh.subarray(0, rows),
    meterIdOffsets.subarray(0, rows + 1),
    slice.serviceClass.subarray(0, rows),
    slice.unitCodes.subarray(0, rows),
    slice.meterIdBytes.subarray(0, meterIdOffsets[rows]!),
  ];
  return columns.map(({ buffer, byteOffset, byteLength }) => new Uint8Array(buffer, byteOffset, byteLength));
}

const rounded = (bytes: number): number => Math.ceil(bytes / 8) * 8;

/** Bytes that the rows of a slice take in the kernel's memory. */
export function registerBytes(slice: RegisterSlice | null): number {
  if (slice === null) return 0;
  // Ids are looked at sixteen bytes at a time, and so a little beyond their end.
  return columnsOf(slice).reduce((sum, { length }) => sum + rounded(length), 16);
}

/** Puts the rows of a slice, or that there is none, into the kernel. */
export function putRegister({ exports, buffer }: SettleKernel, slice: RegisterSlice | null): void {
  if (slice === null) {
    exports.setRegister(-1, 0, 0, 0, 0, 0, 0);
    return;
  }
  let at = PARTITION;
  const places = columnsOf(slice).map((column) => {
    const from = at;
    new Uint8Array(buffer, from, column.length).set(column);
    at += rounded(column.length);
    return from;
  });
  const [multipliers, maximums, idOffsets, classes, units, ids] = places;
  exports.setRegister(slice.rows, ids!, idOffsets!, units!, multipliers!, maximums!, classes!);
}
