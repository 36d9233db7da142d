import type { Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { codeOf, messageOf, ReadmillError } from '../../model/errors.js';
import { type ProblemList, type RegisterFormat, refuseSource } from './register-problems.js';

/** Largest content that is read, after expansion: ten times fifty million rows of 120 bytes. */
const CONTENT_BYTES_MAX = 64 * 1024 ** 3;
/** Content in which a row (CSV) or a value (JSON) must have come to its end. */
const SILENT_BYTES_MAX = 1024 * 1024;
const READ_BYTES = 256 * 1024;

const GZIP_ENDING = /\.gz$/i;
const BYTE_ORDER_MARK = '\ufeff';

/**
 * Takes one row: the texts of all columns in the order of `REGISTER_COLUMNS`, and its line or element.
 * Answers whether it is good.
 */
export type RowSink = (texts: readonly string[], place: number) => boolean;

export function unreadableSource(file: string, cause: unknown): ReadmillError {
  const remedy =
    codeOf(cause) === 'ENOENT' ? 'Check the path.' : 'Check that the file is whole and may be read.';
  return new ReadmillError(
    'READMILL_REGISTER_UNREADABLE',
    `Cannot read the meter register ${file}: ${messageOf(cause)}. ${remedy}`,
    { cause },
  );
}

/**
 * Content of a register file, expanded where its name ends in `.gz`.
 * @param hash takes the bytes of the file as they lie on disk
 * @param onBytes called with the length of each piece read from disk
 */
export function contentOf(
  file: string,
  hash: Hash | null,
  onBytes: (bytes: number) => void,
): AsyncIterable<Buffer> {
  const onDisk = createReadStream(file, { highWaterMark: READ_BYTES });
  const told = async function* (pieces: AsyncIterable<Buffer>) {
    for await (const piece of pieces) {
      hash?.update(piece);
      onBytes(piece.length);
      yield piece;
    }
  };
  if (!GZIP_ENDING.test(file)) return told(onDisk);
  // What fails on the way destroys the last stream with its error, where the reader meets it.
  return pipeline(onDisk, told, createGunzip({ chunkSize: READ_BYTES }), () => {});
}

/** Format by the name of a file (with or without `.gz`), else by the first byte of its content. */
export async function formatOf(file: string): Promise<RegisterFormat> {
  const ending = /\.(csv|json)(?:\.gz)?$/i.exec(file);
  if (ending) return ending[1]!.toLowerCase() as RegisterFormat;
  for await (const piece of contentOf(file, null, () => {})) {
    const start = piece.toString('utf8').replace(BYTE_ORDER_MARK, '').trimStart();
    if (start !== '') return start[0] === '[' || start[0] === '{' ? 'json' : 'csv';
  }
  return 'csv';
}

/**
 * Passes content on, but no more than the limits let through: neither in all, nor without anything whole
 * in it, which a reader would have to keep in memory.
 * @param progress a count that grows with each row or value read
 */
export async function* limitedContent(
  content: AsyncIterable<Buffer>,
  progress: () => number,
  problems: ProblemList,
): AsyncGenerator<Buffer> {
  let total = 0;
  let silent = 0;
  let last = 0;
  for await (const piece of content) {
    const now = progress();
    silent = now === last ? silent + piece.length : piece.length;
    last = now;
    total += piece.length;
    if (total > CONTENT_BYTES_MAX) refuseSource(problems, null, 'the content is larger than 64 GiB');
    if (silent > SILENT_BYTES_MAX + READ_BYTES) {
      refuseSource(problems, null, `nothing whole in 1 MiB of content after byte ${total - silent}`);
    }
    yield piece;
  }
}
