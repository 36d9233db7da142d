import { ReadmillError } from '../../model/errors.js';
import { type BlockPlace, encodePlacedBlock, readBlock, writeBlock } from './register-blocks.js';
import { allocatePlacedRows, appendRow, comparePlacedRows, type PlacedRows } from './register-rows.js';

/**
 * External merge sort: rows are sorted in runs that fit in memory, the runs are written to one file, and
 * are merged from there a block of each at a time.
 */

/** Rows of a block of a run: 200 runs (50 million rows) hold some 60 MB while they are merged. */
const SPILL_BLOCK_ROWS = 4_096;
/** Bytes of a meter id that fit in a double as a whole number. */
const KEY_BYTES = 6;

/** The blocks of one sorted run, in order. */
export type SortedRun = BlockPlace[];

/** Sorts rows and appends them to the file of runs. */
export function spillRun(fd: number, offset: number, rows: PlacedRows): { run: SortedRun; end: number } {
  const order = sortedOrder(rows);
  const block = allocatePlacedRows(Math.min(SPILL_BLOCK_ROWS, rows.rows));
  const run: SortedRun = [];
  let end = offset;
  for (let i = 0; i < order.length; i++) {
    appendRow(block, rows, order[i]!);
    if (block.rows === SPILL_BLOCK_ROWS || i === order.length - 1) {
      const place = writeBlock(fd, encodePlacedBlock(block), end, block.rows);
      run.push(place);
      end += place.length;
      block.rows = 0;
    }
  }
  return { run, end };
}

/** Indices of the rows in the register's order. */
function sortedOrder(rows: PlacedRows): Uint32Array {
  const order = Uint32Array.from({ length: rows.rows }, (_, i) => i);
  if (isSorted(rows)) return order;
  // Most comparisons end at a number: the first bytes of the meter id after what all ids have in common.
  const common = commonPrefix(rows);
  const keys = new Float64Array(rows.rows);
  for (let i = 0; i < rows.rows; i++) keys[i] = keyOf(rows, i, common);
  return order.sort((a, b) => keys[a]! - keys[b]! || comparePlacedRows(rows, a, rows, b));
}

function isSorted(rows: PlacedRows): boolean {
  for (let i = 1; i < rows.rows; i++) if (comparePlacedRows(rows, i - 1, rows, i) > 0) return false;
  return true;
}

function commonPrefix(rows: PlacedRows): number {
  const bytes = rows.meterIdBytes;
  let common = rows.meterIdOffsets[1]!;
  for (let i = 1; i < rows.rows; i++) {
    const from = rows.meterIdOffsets[i]!;
    const length = Math.min(common, rows.meterIdOffsets[i + 1]! - from);
    let same = 0;
    while (same < length && bytes[same] === bytes[from + same]) same++;
    common = same;
  }
  return common;
}

function keyOf(rows: PlacedRows, i: number, skip: number): number {
  const from = rows.meterIdOffsets[i]! + skip;
  const end = rows.meterIdOffsets[i + 1]!;
  let key = 0;
  // An id that ends counts as zeros: below any character, as the order of bytes wants.
  for (let k = 0; k < KEY_BYTES; k++) key = key * 256 + (from + k < end ? rows.meterIdBytes[from + k]! : 0);
  return key;
}

interface Cursor {
  run: SortedRun;
  nextBlock: number;
  rows: PlacedRows;
  at: number;
}

/**
 * Merges the runs of a file.
 * @param onRow takes each row, as an index into rows that stay as they are while they are referred to
 */
export function mergeRuns(
  fd: number,
  runs: readonly SortedRun[],
  onRow: (rows: PlacedRows, i: number) => void,
): void {
  const heap = runs.map((run) => ({ run, nextBlock: 1, rows: blockOfRun(fd, run[0]!), at: 0 }));
  for (let i = (heap.length >> 1) - 1; i >= 0; i--) siftDown(heap, i);
  while (heap.length > 0) {
    const top = heap[0]!;
    onRow(top.rows, top.at);
    if (!advance(fd, top)) {
      const last = heap.pop()!;
      if (last === top) return;
      heap[0] = last;
    }
    siftDown(heap, 0);
  }
}

function advance(fd: number, cursor: Cursor): boolean {
  cursor.at++;
  if (cursor.at < cursor.rows.rows) return true;
  const place = cursor.run[cursor.nextBlock++];
  if (place === undefined) return false;
  cursor.rows = blockOfRun(fd, place);
  cursor.at = 0;
  return true;
}

function blockOfRun(fd: number, place: BlockPlace): PlacedRows {
  const rows = readBlock(fd, place);
  if (rows === null) {
    throw new ReadmillError(
      'READMILL_REGISTER_DAMAGED',
      'A work file of the meter register changed while it was sorted: check the disk and import it again.',
    );
  }
  return rows as PlacedRows;
}

function siftDown(heap: Cursor[], start: number): void {
  let at = start;
  for (;;) {
    let least = at;
    for (let child = 2 * at + 1; child <= 2 * at + 2 && child < heap.length; child++) {
      if (before(heap[child]!, heap[least]!)) least = child;
    }
    if (least === at) return;
    const moved = heap[at]!;
    heap[at] = heap[least]!;
    heap[least] = moved;
    at = least;
  }
}

const before = (a: Cursor, b: Cursor) => comparePlacedRows(a.rows, a.at, b.rows, b.at) < 0;
