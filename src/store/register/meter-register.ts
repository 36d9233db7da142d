import { closeSync, fstatSync, openSync } from 'node:fs';
import { messageOf, ReadmillError } from '../../model/errors.js';
import { readBlock } from './register-blocks.js';
import { damagedRegister, type IndexedBlock, readIndex } from './register-file.js';
import { allocateRows, appendRange, compareMeterIdTo, type RegisterRows } from './register-rows.js';

/** Rows of a range of meters, in the order meter id (bytes), unit code, start of active time. */
export interface RegisterSlice extends RegisterRows {
  /** Texts of `serviceClass`; the same list for all slices of a register. */
  serviceClasses: readonly string[];
}

export interface MeterRegister {
  readonly rows: number;
  readonly meters: number;
  /** SHA-256 of the file that was imported, as hex. */
  readonly sha256: string;
  /** Market time with which times without a zone were read at the import. */
  readonly zoneMinutes: number;
  /**
   * The rows of all meters from one id up to another.
   * @param lowerMeterId inclusive; null = from the first
   * @param upperMeterId exclusive; null = to the last
   * @throws ReadmillError READMILL_REGISTER_DAMAGED where a block is not what was written
   */
  slice(lowerMeterId: Uint8Array | null, upperMeterId: Uint8Array | null): RegisterSlice;
  /**
   * The block that holds all rows of a meter, if the register knows it: for going through meters in order
   * without holding more than one block.
   * @returns its rows, and the first id that is beyond it (null = none is)
   * @throws ReadmillError READMILL_REGISTER_DAMAGED
   */
  blockFor(meterId: Uint8Array): { slice: RegisterSlice; beyond: Uint8Array | null };
  /** All rows, piece by piece, in order; the rows of a meter lie in one piece. */
  pieces(): Iterable<RegisterSlice>;
  close(): void;
}

/**
 * Opens a register that `importRegister` wrote. Only its index is read; slices read what they need.
 * @throws ReadmillError READMILL_REGISTER_UNREADABLE or READMILL_REGISTER_DAMAGED
 */
export function openRegister(path: string): MeterRegister {
  let fd: number;
  try {
    fd = openSync(path, 'r');
  } catch (cause) {
    throw new ReadmillError(
      'READMILL_REGISTER_UNREADABLE',
      `Cannot open the imported meter register: ${messageOf(cause)}. Import it again (readmill register import).`,
      { cause },
    );
  }
  try {
    const index = readIndex(fd, fstatSync(fd).size, path);
    const firstIds = index.blocks.map((block) => Buffer.from(block.firstMeterId, 'latin1'));
    return {
      rows: index.rows,
      meters: index.meters,
      sha256: index.sha256,
      zoneMinutes: index.zoneMinutes,
      slice(lower, upper) {
        const blocks = index.blocks.slice(...blockRange(firstIds, lower, upper));
        const parts = blocks.map((block) => partOfBlock(fd, block, lower, upper, path));
        return sliceOf(joined(parts), index.serviceClasses);
      },
      blockFor(meterId) {
        const number = Math.max(0, blockRange(firstIds, meterId, null)[0]);
        const block = index.blocks[number];
        const rows = block === undefined ? allocateRows(0, 0, 0) : blockRows(fd, block, path);
        const beyond = firstIds[number + 1] ?? null;
        return { slice: sliceOf(rows, index.serviceClasses), beyond };
      },
      *pieces() {
        for (const block of index.blocks) {
          const { rows, first, end } = partOfBlock(fd, block, null, null, path);
          yield sliceOf(joined([{ rows, first, end }]), index.serviceClasses);
        }
      },
      close: () => closeSync(fd),
    };
  } catch (thrown) {
    closeSync(fd);
    throw thrown;
  }
}

/** First block (inclusive) and last (exclusive) that can hold meters of a range. */
function blockRange(
  firstIds: readonly Buffer[],
  lower: Uint8Array | null,
  upper: Uint8Array | null,
): [number, number] {
  const starts = (isBelow: (order: number) => boolean, id: Uint8Array) =>
    countBelow(firstIds.length, (i) => isBelow(firstIds[i]!.compare(id)));
  // The last block that begins at or before the lower bound may hold it.
  const first = lower === null ? 0 : Math.max(0, starts((order) => order <= 0, lower) - 1);
  const end = upper === null ? firstIds.length : starts((order) => order < 0, upper);
  return [first, Math.max(first, end)];
}

/** How many of `count` things in order are below a bound (binary search). */
function countBelow(count: number, isBelow: (i: number) => boolean): number {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (isBelow(middle)) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** One shape for all slices: code that reads them then stays compiled. */
function sliceOf(from: RegisterRows, serviceClasses: readonly string[]): RegisterSlice {
  return {
    rows: from.rows,
    meterIdBytes: from.meterIdBytes,
    meterIdOffsets: from.meterIdOffsets,
    sdpIdBytes: from.sdpIdBytes,
    sdpIdOffsets: from.sdpIdOffsets,
    unitCodes: from.unitCodes,
    intervalMinutes: from.intervalMinutes,
    multiplier: from.multiplier,
    registerDigits: from.registerDigits,
    maximumKwh: from.maximumKwh,
    serviceClass: from.serviceClass,
    activeFrom: from.activeFrom,
    activeTo: from.activeTo,
    serviceClasses,
  };
}

interface Part {
  rows: RegisterRows;
  first: number;
  end: number;
}

function partOfBlock(
  fd: number,
  block: IndexedBlock,
  lower: Uint8Array | null,
  upper: Uint8Array | null,
  path: string,
): Part {
  const rows = blockRows(fd, block, path);
  const below = (id: Uint8Array) => countBelow(rows.rows, (i) => compareMeterIdTo(rows, i, id) < 0);
  const first = lower === null ? 0 : below(lower);
  return { rows, first, end: Math.max(first, upper === null ? rows.rows : below(upper)) };
}

function blockRows(fd: number, block: IndexedBlock, path: string): RegisterRows {
  const rows = readBlock(fd, block);
  if (rows === null) {
    throw damagedRegister(path, `the meter register is damaged at byte ${block.offset}`);
  }
  return rows;
}

function joined(parts: readonly Part[]): RegisterRows {
  const sum = (sizeOf: (part: Part) => number) => parts.reduce((total, part) => total + sizeOf(part), 0);
  const slice = allocateRows(
    sum(({ first, end }) => end - first),
    sum(({ rows, first, end }) => rows.meterIdOffsets[end]! - rows.meterIdOffsets[first]!),
    sum(({ rows, first, end }) => rows.sdpIdOffsets[end]! - rows.sdpIdOffsets[first]!),
  );
  for (const { rows, first, end } of parts) appendRange(slice, rows, first, end);
  return slice;
}
