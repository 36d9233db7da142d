import { readFileSync } from 'node:fs';
import {
  AsyncByteQueue,
  Dictionary,
  makeData,
  makeVector,
  RecordBatchFileWriter,
  Schema,
  Table,
  tableFromIPC,
  Uint8,
  Utf8,
  type Vector,
  vectorFromArray,
} from 'apache-arrow';
import { messageOf, ReadmillError } from '../../model/errors.js';
import { UNITS } from '../../model/units.js';
import { channelOfText, channelText, type KeyBuilder, type KeyColumns } from './history-columns.js';
import { isAsNamed } from './history-names.js';

/**
 * History files are Arrow IPC files that any analyst's tool opens; docs/history.md describes the columns.
 * This is what the kinds of files have in common: keys, the name of the format, one record batch.
 */
const FORMAT_KEY = 'readmill';
const CHANNEL_TEXTS = UNITS.flatMap((_, unit) =>
  [0, 1, 2, 3].map((commodity) => channelText(unit * 4 + commodity)),
);

/** The columns `meter_id` and `channel`. */
export function keyVectors(keys: KeyBuilder): Record<string, Vector> {
  const rows = keys.rowCount;
  const offsets = keys.meterOffsets.subarray(0, rows + 1);
  const meter = makeData({
    type: new Utf8(),
    length: rows,
    valueOffsets: offsets,
    data: keys.meterBytes.subarray(0, offsets[rows]),
  });
  const channel = makeData({
    // A number of its own for each file would make equal files differ.
    type: new Dictionary(new Utf8(), new Uint8(), 0),
    length: rows,
    data: keys.channels.subarray(0, rows),
    dictionary: vectorFromArray(CHANNEL_TEXTS, new Utf8()),
  });
  return { meter_id: makeVector(meter), channel: makeVector(channel) };
}

/** Keeps what Arrow writes as it comes: columns stay the memory they are, and are not put together. */
class PieceQueue extends AsyncByteQueue {
  readonly pieces: Uint8Array[] = [];

  override write(piece: Uint8Array): void {
    this.pieces.push(piece);
  }
}

/** The bytes of a file, in pieces; those of columns are views of the columns' memory. */
export function toFile(
  columns: Record<string, Vector>,
  format: string,
  metadata: Record<string, string>,
): Uint8Array[] {
  const table = new Table(columns);
  const entries = new Map([[FORMAT_KEY, format], ...Object.entries(metadata)]);
  const schema = new Schema(table.schema.fields, entries);
  const queue = new PieceQueue();
  new RecordBatchFileWriter().reset(queue).writeAll(new Table(schema, table.batches));
  return queue.pieces;
}

/** Offset in a file at which the memory of a column lies; 0 where the column is empty. */
export function offsetOf(pieces: readonly Uint8Array[], column: ArrayBufferView): number {
  if (column.byteLength === 0) return 0;
  let offset = 0;
  for (const piece of pieces) {
    if (piece.buffer === column.buffer && piece.byteOffset === column.byteOffset) return offset;
    offset += piece.byteLength;
  }
  throw new Error('a column was copied on its way into its file: its place there is not known');
}

export interface OpenFile {
  table: Table;
  format: string;
  metadata: ReadonlyMap<string, string>;
  rows: number;
  keys: KeyColumns;
}

/**
 * Opens a history file.
 * @param formats those that it may have
 * @throws ReadmillError READMILL_HISTORY_DAMAGED where it has none of them, or is no such file
 */
export function openFile(path: string, formats: readonly string[]): OpenFile {
  try {
    const bytes = readFileSync(path);
    if (!isAsNamed(path, bytes)) throw new Error('its bytes are not those that were written');
    const table = tableFromIPC(bytes);
    const { metadata } = table.schema;
    const format = metadata.get(FORMAT_KEY) ?? '';
    if (!formats.includes(format)) throw formatError(path, format, formats);
    const rows = table.numRows;
    const meter = column(table, 'meter_id');
    const channel = column(table, 'channel');
    const texts = channel.dictionary as Vector<Utf8>;
    const codes = Uint8Array.from(texts, (text) => channelOfText(String(text)));
    const indexes = channel.values as Uint8Array;
    const channels = new Uint8Array(rows);
    for (let row = 0; row < rows; row++) channels[row] = codes[indexes[row]!]!;
    const keys: KeyColumns = {
      rowCount: rows,
      meterBytes: meter.values as Uint8Array,
      meterOffsets: meter.valueOffsets as Int32Array,
      channels,
    };
    return { table, format, metadata, rows, keys };
  } catch (thrown) {
    if (thrown instanceof ReadmillError) throw thrown;
    throw new ReadmillError(
      'READMILL_HISTORY_DAMAGED',
      `${path}: the history file cannot be read (${messageOf(thrown)}). Restore it from a copy of the state folder.`,
      { cause: thrown },
    );
  }
}

/** A file of another format: of another kind, or of another version of readmill. */
function formatError(path: string, format: string, formats: readonly string[]): Error {
  const kind = formats[0]!.split('/')[0]!;
  if (format.split('/')[0] !== kind) return new Error(`not a ${kind} file`);
  return new ReadmillError(
    'READMILL_HISTORY_DAMAGED',
    `${path}: the history file has the format ${format} of another version of readmill; this one knows ${formats.join(', ')}. Go on with the version that wrote it, or a later one.`,
  );
}

/** The one chunk of a column; files are written with a single record batch. */
// biome-ignore lint/suspicious/noExplicitAny: the columns of a file have types of their own
export function column(table: Table, name: string): any {
  const vector = table.getChild(name);
  if (vector === null) throw new Error(`no column ${name}`);
  return vector.data[0];
}
