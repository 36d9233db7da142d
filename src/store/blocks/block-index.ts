import { closeSync, openSync, readSync } from 'node:fs';
import { BLOCK_HAS_CONSTANT, BLOCK_HEADER_WORDS, BLOCK_RESEND } from '../../model/block.js';
import { compareBytes } from '../../model/byte-order.js';
import { codeOf, ReadmillError } from '../../model/errors.js';

/** Where blocks of a partition lie: piece i is `lengths[i]` bytes at `offsets[i]` of `files[fileIndex[i]]`. */
export interface BlockPieces {
  fileIndex: Int32Array;
  offsets: Float64Array;
  lengths: Int32Array;
}

/** All blocks of a partition in memory, in the order of meter id, channel, and rising precedence. */
export interface BlockIndex {
  count: number;
  words: Int32Array;
  bytes: Uint8Array;
  doubles: Float64Array;
  /** First word of each block, in order. */
  starts: Int32Array;
  /** 1 where a block is the first of its meter; one more entry, 1, after the last. */
  meterStarts: Uint8Array;
  /** By range: its place in the order of file names; null where that is the order of ranges. */
  rangeOrder: Int32Array | null;
}

/** Memory for the blocks of a partition, from an offset on that is a multiple of eight. */
export interface BlockRoom {
  buffer: ArrayBufferLike;
  offset: number;
  /** Finds the blocks once they are there, in their memory: `starts`, `meterStarts`, and whether they are in order. */
  find?: () => Pick<BlockIndex, 'starts' | 'meterStarts'> & { isInOrder: boolean };
}

let memory = new ArrayBuffer(0);

function ownRoom(total: number): BlockRoom {
  if (memory.byteLength < total) memory = new ArrayBuffer(Math.ceil((total * 1.25) / 4096) * 4096);
  return { buffer: memory, offset: 0 };
}

/**
 * Reads the blocks of a partition and puts them in order: meter id (bytes), channel, then the order in
 * which a later read beats an earlier one (check 2 of docs/vee.md): RESEND, creation, file name, line.
 * @param roomFor gives the memory for so many bytes
 */
export function loadBlocks(
  files: readonly string[],
  pieces: BlockPieces,
  rangeOrder: Int32Array | null = null,
  roomFor: (bytes: number) => BlockRoom = ownRoom,
): BlockIndex {
  let total = 0;
  for (const length of pieces.lengths) total += length;
  const room = roomFor(total);
  readPieces(files, pieces, new Uint8Array(room.buffer, room.offset, total));
  return indexBlocks(room, total, rangeOrder);
}

/**
 * Puts blocks that lie in memory in the order of `loadBlocks`.
 * @param total bytes that the blocks take
 */
export function indexBlocks(
  room: BlockRoom,
  total: number,
  rangeOrder: Int32Array | null = null,
): BlockIndex {
  const { buffer, offset } = room;
  const bytes = new Uint8Array(buffer, offset, total);
  const words = new Int32Array(buffer, offset, total >> 2);
  const doubles = new Float64Array(buffer, offset, total >> 3);
  const found = room.find?.() ?? { ...findStarts(words), isInOrder: false };
  const { starts, meterStarts, isInOrder } = found;
  const index = { count: starts.length, words, bytes, doubles, starts, meterStarts, rangeOrder };
  if (!(isInOrder && rangeOrder === null) && !markMeters(index)) {
    sortBlocks(index);
    markMeters(index);
  }
  return index;
}

function findStarts(words: Int32Array): Pick<BlockIndex, 'starts' | 'meterStarts'> {
  let count = 0;
  for (let at = 0; at < words.length; at += words[at]!) count++;
  const starts = new Int32Array(count);
  for (let at = 0, i = 0; at < words.length; at += words[at]!) starts[i++] = at;
  return { starts, meterStarts: new Uint8Array(count + 1) };
}

/** Reads pieces of work files, one behind the other. */
export function readPieces(files: readonly string[], pieces: BlockPieces, bytes: Uint8Array): void {
  const fds = new Map<number, number>();
  try {
    let at = 0;
    for (let i = 0; i < pieces.lengths.length; i++) {
      const file = pieces.fileIndex[i]!;
      let fd = fds.get(file);
      if (fd === undefined) {
        fd = openWork(files[file]!);
        fds.set(file, fd);
      }
      let got = 0;
      const length = pieces.lengths[i]!;
      while (got < length) {
        const n = readSync(fd, bytes, at + got, length - got, pieces.offsets[i]! + got);
        if (n === 0) throw workLost(files[file]!, 'shorter than it was written');
        got += n;
      }
      at += length;
    }
  } finally {
    for (const fd of fds.values()) closeSync(fd);
  }
}

function openWork(path: string): number {
  try {
    return openSync(path, 'r');
  } catch (thrown) {
    throw codeOf(thrown) === 'ENOENT' ? workLost(path, 'missing') : thrown;
  }
}

const workLost = (path: string, how: string) =>
  new ReadmillError(
    'READMILL_WORK_LOST',
    `The work file ${path} is ${how}. Nothing is lost: run the same command again, and the input is read again.`,
  );

/** First byte of a block's meter id. */
export function meterIdStart(words: Int32Array, start: number): number {
  const flags = words[start + 1]! >>> 24;
  return (start + BLOCK_HEADER_WORDS + ((flags & BLOCK_HAS_CONSTANT) !== 0 ? 2 : 0)) * 4;
}

export const meterIdLength = (words: Int32Array, start: number): number => (words[start + 1]! >>> 16) & 0xff;
export const channelOfBlock = (words: Int32Array, start: number): number => words[start + 1]! & 0xffff;

/** Order of the meter ids of two blocks. */
function compareMeters(index: BlockIndex, a: number, b: number): number {
  const { words, bytes } = index;
  const aFrom = meterIdStart(words, a);
  const bFrom = meterIdStart(words, b);
  return compareBytes(
    bytes,
    aFrom,
    aFrom + meterIdLength(words, a),
    bytes,
    bFrom,
    bFrom + meterIdLength(words, b),
  );
}

/** Order of two blocks of one meter: channel, then rising precedence. */
function compareWithinMeter(index: BlockIndex, a: number, b: number): number {
  const { words, rangeOrder } = index;
  const range = (start: number) => (rangeOrder === null ? words[start + 4]! : rangeOrder[words[start + 4]!]!);
  const resend = (start: number) => (words[start + 1]! >>> 24) & BLOCK_RESEND;
  return (
    channelOfBlock(words, a) - channelOfBlock(words, b) ||
    resend(a) - resend(b) || // RESEND is later
    words[a + 3]! - words[b + 3]! || // creation
    range(a) - range(b) || // file name, then place
    words[a + 5]! - words[b + 5]!
  );
}

function compareBlocks(index: BlockIndex, a: number, b: number): number {
  return compareMeters(index, a, b) || compareWithinMeter(index, a, b);
}

/** Marks where meters begin. @returns false, at once, where the blocks are not in order */
function markMeters(index: BlockIndex): boolean {
  const { starts, count, meterStarts } = index;
  meterStarts[0] = 1;
  for (let i = 1; i < count; i++) {
    const order = compareMeters(index, starts[i - 1]!, starts[i]!);
    if (order > 0 || (order === 0 && compareWithinMeter(index, starts[i - 1]!, starts[i]!) > 0)) return false;
    meterStarts[i] = order === 0 ? 0 : 1;
  }
  meterStarts[count] = 1;
  return true;
}

/**
 * Sorts by the first eight bytes of the meter id that are not the same in all (radix, 16 bits a pass,
 * passes without effect left out), then each run of equal keys by comparison.
 */
function sortBlocks(index: BlockIndex): void {
  const { starts, count } = index;
  const prefix = commonPrefix(index);
  let order = Int32Array.from({ length: count }, (_, i) => i);
  let spare = new Int32Array(count);
  const keys = [
    new Uint16Array(count),
    new Uint16Array(count),
    new Uint16Array(count),
    new Uint16Array(count),
  ];
  for (let i = 0; i < count; i++) {
    const start = starts[i]!;
    const from = meterIdStart(index.words, start) + prefix;
    const length = meterIdLength(index.words, start) - prefix;
    for (let k = 0; k < 4; k++) {
      const high = k * 2 < length ? index.bytes[from + k * 2]! : 0;
      const low = k * 2 + 1 < length ? index.bytes[from + k * 2 + 1]! : 0;
      keys[k]![i] = (high << 8) | low;
    }
  }
  const counts = new Int32Array(65_537);
  for (let k = 3; k >= 0; k--) {
    if (radixPass(keys[k]!, order, spare, counts)) [order, spare] = [spare, order];
  }
  const sorted = new Int32Array(count);
  for (let i = 0; i < count; i++) sorted[i] = starts[order[i]!]!;
  const isSameKey = (a: number, b: number) => keys.every((key) => key[order[a]!] === key[order[b]!]);
  for (let i = 0; i < count; ) {
    let end = i + 1;
    while (end < count && isSameKey(i, end)) end++;
    if (end - i > 1) sorted.subarray(i, end).sort((a, b) => compareBlocks(index, a, b));
    i = end;
  }
  starts.set(sorted);
}

/** One stable pass; false where all have the same key and nothing was done. */
function radixPass(key: Uint16Array, from: Int32Array, to: Int32Array, counts: Int32Array): boolean {
  counts.fill(0);
  for (let i = 0; i < from.length; i++) counts[key[i]! + 1]!++;
  if (counts[key[0]! + 1] === from.length) return false;
  for (let k = 0; k < 65_536; k++) counts[k + 1]! += counts[k]!;
  for (let i = 0; i < from.length; i++) to[counts[key[from[i]!]!]!++] = from[i]!;
  return true;
}

function commonPrefix(index: BlockIndex): number {
  const { words, bytes, starts, count } = index;
  const firstFrom = meterIdStart(words, starts[0]!);
  let prefix = meterIdLength(words, starts[0]!);
  for (let i = 1; i < count && prefix > 0; i++) {
    const from = meterIdStart(words, starts[i]!);
    prefix = Math.min(prefix, meterIdLength(words, starts[i]!));
    for (let k = 0; k < prefix; k++) if (bytes[from + k] !== bytes[firstFrom + k]) prefix = k;
  }
  return prefix;
}
