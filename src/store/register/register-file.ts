import { crc32 } from 'node:zlib';
import { ReadmillError } from '../../model/errors.js';
import { UNITS } from '../../model/units.js';
import { type BlockPlace, encodeBlock, readFully, writeBlock, writeFully } from './register-blocks.js';
import {
  allocatePlacedRows,
  appendRow,
  compareMeterIds,
  meterIdText,
  type PlacedRows,
} from './register-rows.js';

/**
 * A register file: blocks of rows in order, the index (JSON), and a trailer of 24 bytes: length of the
 * index (8, little-endian), its CRC-32 (4), zeros (4), magic (8). A block ends between two meters, so all
 * rows of a meter are in one block.
 */

/** Rows of a block, and so of one meter: the rows of a meter must fit in one block. */
export const BLOCK_ROWS_MAX = 16_384;
const MAGIC = Buffer.from('RMREGv01', 'latin1');
const TRAILER_BYTES = 24;
/** An index of 50 million rows, one meter each, with the longest ids has less than 1 MiB. */
const INDEX_BYTES_MAX = 16 * 1024 * 1024;

export interface IndexedBlock extends BlockPlace {
  firstMeterId: string;
}

export interface RegisterIndex {
  /** SHA-256 of the source. */
  sha256: string;
  /** Market time with which times without a zone were read. */
  zoneMinutes: number;
  rows: number;
  meters: number;
  serviceClasses: string[];
  /** Texts of the unit codes: codes are of one version of readmill, texts are for ever. */
  units: readonly string[];
  blocks: IndexedBlock[];
}

export interface RegisterWriter {
  /**
   * Adds a row; rows come in the order of the register.
   * @returns false where its meter has more rows than a block: the row is left out
   */
  add(rows: PlacedRows, i: number): boolean;
  /** Writes what is left, index and trailer. */
  finish(about: Pick<RegisterIndex, 'sha256' | 'zoneMinutes' | 'serviceClasses'>): RegisterIndex;
}

/** Writes a register to an open, empty file. */
export function registerWriter(fd: number, blockRowsMax: number): RegisterWriter {
  const blocks: IndexedBlock[] = [];
  let block = allocatePlacedRows(blockRowsMax);
  let spare = allocatePlacedRows(blockRowsMax);
  let meterStart = 0;
  let offset = 0;
  let rowCount = 0;
  let meters = 0;

  const flush = (length: number) => {
    const place = writeBlock(fd, encodeBlock(block, length), offset, length);
    blocks.push({ firstMeterId: meterIdText(block, 0), ...place });
    offset += place.length;
    spare.rows = 0;
    for (let i = length; i < block.rows; i++) appendRow(spare, block, i);
    [block, spare] = [spare, block];
    meterStart = 0;
  };

  return {
    add(rows, i) {
      const isNewMeter = block.rows === 0 || compareMeterIds(block, block.rows - 1, rows, i) !== 0;
      if (block.rows === blockRowsMax) {
        if (!isNewMeter && meterStart === 0) return false;
        flush(isNewMeter ? blockRowsMax : meterStart);
      }
      if (isNewMeter) {
        meterStart = block.rows;
        meters++;
      }
      appendRow(block, rows, i);
      rowCount++;
      return true;
    },
    finish(about) {
      if (block.rows > 0) flush(block.rows);
      const index = { ...about, rows: rowCount, meters, units: UNITS, blocks };
      const json = Buffer.from(JSON.stringify(index));
      const trailer = Buffer.alloc(TRAILER_BYTES);
      trailer.writeBigUInt64LE(BigInt(json.length), 0);
      trailer.writeUInt32LE(crc32(json), 8);
      MAGIC.copy(trailer, TRAILER_BYTES - MAGIC.length);
      writeFully(fd, json, offset);
      writeFully(fd, trailer, offset + json.length);
      return index;
    },
  };
}

export function damagedRegister(path: string, what: string): ReadmillError {
  return new ReadmillError(
    'READMILL_REGISTER_DAMAGED',
    `${path}: ${what}. Import the meter register again (readmill register import).`,
  );
}

/**
 * Reads the index of a register file.
 * @throws ReadmillError READMILL_REGISTER_DAMAGED, also where another version of readmill wrote the file
 */
export function readIndex(fd: number, sizeBytes: number, path: string): RegisterIndex {
  const trailer = sizeBytes < TRAILER_BYTES ? null : readFully(fd, TRAILER_BYTES, sizeBytes - TRAILER_BYTES);
  if (trailer === null || MAGIC.compare(trailer, TRAILER_BYTES - MAGIC.length) !== 0) {
    throw damagedRegister(path, 'the file is cut off, or no meter register of this version of readmill');
  }
  const view = new DataView(trailer.buffer);
  if (view.getUint32(12, true) !== 0) throw damagedRegister(path, 'the end of the meter register is damaged');
  const length = Number(view.getBigUint64(0, true));
  const json =
    length > Math.min(INDEX_BYTES_MAX, sizeBytes - TRAILER_BYTES)
      ? null
      : readFully(fd, length, sizeBytes - TRAILER_BYTES - length);
  if (json === null || crc32(json) !== view.getUint32(8, true)) {
    throw damagedRegister(path, 'the index of the meter register is damaged');
  }
  const index = JSON.parse(Buffer.from(json).toString()) as RegisterIndex;
  if (index.units.join() !== UNITS.join()) {
    throw damagedRegister(path, 'the meter register was written by another version of readmill');
  }
  return index;
}
