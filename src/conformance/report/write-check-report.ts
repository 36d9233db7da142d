import { closeSync, openSync, writeSync } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { diskFullError, isDiskFull, messageOf, ReadmillError } from '../../model/errors.js';
import { type CheckFormat, checkReport } from './check-report.js';
import type { CheckedFiles } from './checked-files.js';

/**
 * Writes the report of a check into a file, or to standard output where none is named. Colours are written to a
 * terminal only, and to none that asks for none (NO_COLOR).
 * @throws ReadmillError READMILL_OUTPUT, READMILL_DISK_FULL
 */
export async function writeCheckReport(
  format: CheckFormat,
  checked: CheckedFiles,
  output: string | undefined,
): Promise<void> {
  if (output === undefined) await print(format, checked);
  else save(output, checkReport(format, checked, { colour: false }));
}

async function print(format: CheckFormat, checked: CheckedFiles): Promise<void> {
  const colour = process.stdout.isTTY === true && (process.env.NO_COLOR ?? '') === '';
  const pieces = checkReport(format, checked, { colour });
  await pipeline(Readable.from(pieces), process.stdout, { end: false });
}

function save(path: string, pieces: Iterable<string>): void {
  try {
    const fd = openSync(path, 'w');
    try {
      for (const piece of pieces) writeWhole(fd, Buffer.from(piece));
    } finally {
      closeSync(fd);
    }
  } catch (thrown) {
    if (isDiskFull(thrown)) throw diskFullError(thrown);
    const message = `The report cannot be written to ${path}: ${messageOf(thrown)}. Check that the folder is there, and the rights.`;
    throw new ReadmillError('READMILL_OUTPUT', message, { cause: thrown });
  }
}

function writeWhole(fd: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at);
}
