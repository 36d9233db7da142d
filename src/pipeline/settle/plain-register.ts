import type { SettleKernel } from '../../kernel/settle-kernel.js';
import { PARTITION } from '../../kernel/settle-memory.js';
import type { RegisterSlice } from '../../store/register/meter-register.js';

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
    // Whether all of a row's meter came: the kernel marks it.
    new Uint8Array(rows),
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

/**
 * Puts the rows of a slice, or that there is none, into the kernel.
 * @returns by row: 1 where it has settled the meter, and each channel of it that the register has
 */
export function putRegister({ exports, buffer }: SettleKernel, slice: RegisterSlice | null): Uint8Array {
  if (slice === null) {
    exports.setRegister(-1, 0, 0, 0, 0, 0, 0, 0);
    return new Uint8Array(0);
  }
  let at = PARTITION;
  const places = columnsOf(slice).map((column) => {
    const from = at;
    new Uint8Array(buffer, from, column.length).set(column);
    at += rounded(column.length);
    return from;
  });
  const [multipliers, maximums, idOffsets, classes, units, ids, complete] = places;
  exports.setRegister(slice.rows, ids!, idOffsets!, units!, multipliers!, maximums!, classes!, complete!);
  return new Uint8Array(buffer, complete!, slice.rows);
}
