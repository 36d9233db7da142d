import { readSync, writeSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import {
  Binary,
  type Data,
  type DataType,
  Field,
  Float64,
  Int32,
  makeData,
  RecordBatch,
  Schema,
  Struct,
  Table,
  tableFromIPC,
  tableToIPC,
  Uint8,
  Uint16,
} from 'apache-arrow';
import type { PlacedRows, RegisterRows } from './register-rows.js';

/**
 * A block of rows is one Arrow IPC stream with one record batch: two binary columns, then the numbers.
 * Blocks make up the register and the runs of its sorting; only the latter have places.
 */

const ID_COLUMNS = [
  ['meter_id', 'meterIdBytes', 'meterIdOffsets'],
  ['sdp_id', 'sdpIdBytes', 'sdpIdOffsets'],
] as const;

const NUMBER_COLUMNS = [
  ['units', 'unitCodes', new Uint8()],
  ['interval_minutes', 'intervalMinutes', new Uint16()],
  ['multiplier', 'multiplier', new Float64()],
  ['register_digits', 'registerDigits', new Uint8()],
  ['maximum_kwh', 'maximumKwh', new Float64()],
  ['service_class', 'serviceClass', new Uint16()],
  ['active_from', 'activeFrom', new Int32()],
  ['active_to', 'activeTo', new Int32()],
] as const;

const FIELDS: Field<DataType>[] = [
  ...ID_COLUMNS.map(([name]) => new Field(name, new Binary(), false)),
  ...NUMBER_COLUMNS.map(([name, , type]) => new Field(name, type, false)),
];
const SCHEMA = new Schema(FIELDS);
const PLACED_SCHEMA = new Schema([...FIELDS, new Field('place', new Float64(), false)]);

type NumberArray = RegisterRows[(typeof NUMBER_COLUMNS)[number][1]];

/** Where a block lies in its file, and the sum that tells whether it is still what was written. */
export interface BlockPlace {
  offset: number;
  length: number;
  rows: number;
  crc32: number;
}

function numberData(type: DataType, values: NumberArray, length: number): Data {
  // One type stands for all: the overloads of makeData know no union of them.
  const column = { type: type as Float64, length, nullCount: 0, data: values as Float64Array };
  return makeData({ ...column, data: column.data.subarray(0, length) });
}

function encodeColumns(rows: RegisterRows, length: number, places: Float64Array | null): Uint8Array {
  const ids = ID_COLUMNS.map(([, bytes, offsets]) =>
    makeData({
      type: new Binary(),
      length,
      nullCount: 0,
      valueOffsets: rows[offsets].subarray(0, length + 1),
      data: rows[bytes].subarray(0, rows[offsets][length]!),
    }),
  );
  const numbers = NUMBER_COLUMNS.map(([, key, type]) => numberData(type, rows[key], length));
  if (places !== null) numbers.push(numberData(new Float64(), places, length));
  const schema = places === null ? SCHEMA : PLACED_SCHEMA;
  const batch = makeData({
    type: new Struct(schema.fields),
    length,
    nullCount: 0,
    children: [...ids, ...numbers],
  });
  return tableToIPC(new Table([new RecordBatch(schema, batch)]), 'stream');
}

/** The first `length` rows as a block of the register. */
export function encodeBlock(rows: RegisterRows, length: number): Uint8Array {
  return encodeColumns(rows, length, null);
}

/** All rows with their places as a block of a run. */
export function encodePlacedBlock(rows: PlacedRows): Uint8Array {
  return encodeColumns(rows, rows.rows, rows.places);
}

/** Columns of a block; they are views into its bytes. */
export function decodeBlock(bytes: Uint8Array): RegisterRows {
  const { length, children } = tableFromIPC(bytes).batches[0]!.data;
  const rows: Record<string, unknown> = { rows: length };
  ID_COLUMNS.forEach(([, key, offsets], i) => {
    rows[key] = children[i]!.values;
    rows[offsets] = children[i]!.valueOffsets;
  });
  NUMBER_COLUMNS.forEach(([, key], i) => {
    rows[key] = children[ID_COLUMNS.length + i]!.values;
  });
  const places = children[ID_COLUMNS.length + NUMBER_COLUMNS.length];
  if (places !== undefined) rows.places = places.values;
  return rows as unknown as RegisterRows;
}

/** Writes all of the bytes at an offset of an open file. */
export function writeFully(fd: number, bytes: Uint8Array, offset: number): void {
  let written = 0;
  while (written < bytes.length) {
    written += writeSync(fd, bytes, written, bytes.length - written, offset + written);
  }
}

/** Reads `length` bytes at an offset of an open file; null where the file ends before. */
export function readFully(fd: number, length: number, offset: number): Uint8Array | null {
  // Memory of its own, not of a pool: columns must lie on bounds of eight bytes to be used in place.
  const bytes = new Uint8Array(length);
  let got = 0;
  while (got < length) {
    const count = readSync(fd, bytes, got, length - got, offset + got);
    if (count === 0) return null;
    got += count;
  }
  return bytes;
}

/** Writes a block at an offset of an open file. */
export function writeBlock(fd: number, bytes: Uint8Array, offset: number, rows: number): BlockPlace {
  writeFully(fd, bytes, offset);
  return { offset, length: bytes.length, rows, crc32: crc32(bytes) };
}

/** Reads a block; null where it is not what was written. */
export function readBlock(fd: number, place: BlockPlace): RegisterRows | null {
  const bytes = readFully(fd, place.length, place.offset);
  return bytes === null || crc32(bytes) !== place.crc32 ? null : decodeBlock(bytes);
}
