import { closeSync, fdatasyncSync, ftruncateSync, openSync, statSync, writeSync } from 'node:fs';
import type { RootDatabase } from 'lmdb';

/** What a transaction may write besides its values: the pages from the roots down, and the list of free ones. */
export const TRANSACTION_BYTES = 256 * 1024;
/** What the removal of one entry may write. */
export const REMOVAL_BYTES = 64 * 1024;
/** The file grows by so much at a time. */
const STEP_BYTES = 1024 * 1024;
const ZEROS = new Uint8Array(64 * 1024);

/**
 * Makes sure that a transaction finds its pages in the ledger's file, before it begins: where the disk is full or a
 * file may not be so large, the system says so here. Within LMDB the same error may leave memory damaged.
 * @param neededBytes that the transaction may add
 * @throws the system's error; the file is as long then as it was
 */
export function makeRoom(database: RootDatabase<Buffer, string>, path: string, neededBytes: number): void {
  const { pageSize, lastPageNumber } = database.getStats() as { pageSize: number; lastPageNumber: number };
  const usedBytes = (lastPageNumber + 1) * pageSize;
  const endByte = usedBytes + neededBytes;
  const { size } = statSync(path);
  const fd = openSync(path, 'r+');
  try {
    // Room that is there may be beyond what this process may write: its last byte tells, and holds nothing.
    if (size < endByte) growTo(fd, size, endByte + STEP_BYTES);
    else if (size > usedBytes) writeSync(fd, ZEROS, 0, 1, size - 1);
  } finally {
    closeSync(fd);
  }
}

function growTo(fd: number, size: number, toByte: number): void {
  try {
    extend(fd, size, toByte);
    fdatasyncSync(fd);
  } catch (thrown) {
    ftruncateSync(fd, size);
    throw thrown;
  }
}

/** Zeros, rather than a hole: what they take of the disk is taken. */
function extend(fd: number, fromByte: number, toByte: number): void {
  for (let at = fromByte; at < toByte; ) {
    at += writeSync(fd, ZEROS, 0, Math.min(ZEROS.length, toByte - at), at);
  }
}
