/** Putting blocks that lie one behind the other in the order of their meters. */

import { copyBlock, idLengthOf, idOf, sizeOf } from './block';
import { compare } from './bytes';
import { METER_MARK } from './scan-layout';

/** An entry for each block: eight bytes of its meter id as a big-endian number, then its address. */
const ENTRY_SHIFT: usize = 4;
const BLOCK_CELL: usize = 8;
const KEY_BYTES: i32 = 8;
/** How often each byte occurs at each place of a key. */
const COUNTS_BYTES: usize = 8192;
const COUNTS_OF_BYTE_SHIFT: usize = 10;
/** Up to so many blocks with one key are put in order by insertion. */
const INSERTION_ENTRIES: usize = 16;

/** What all meter ids begin with, in bytes: keys are taken from behind it. */
let prefix: i32 = 0;

/**
 * Copies the blocks to `sorted`, in the order of their meters, those of a meter in the order they lie in. Each has its
 * mark there, 1 where it begins a meter.
 * @param sorted room for as many bytes
 * @param room for COUNTS_BYTES, and for two entries for each block; begins at a multiple of sixteen
 */
export function sortBlocks(from: usize, to: usize, sorted: usize, room: usize): void {
  const entries = room + COUNTS_BYTES;
  const end = makeEntries(from, to, room, entries);
  const ordered = sortByKeys(room, entries, end);
  const orderedEnd = ordered + (end - entries);
  sortWithinKeys(ordered, orderedEnd);
  moveBlocks(ordered, orderedEnd, sorted);
}

/** Makes an entry for each block, and counts the bytes of their keys. @returns the end of the entries */
function makeEntries(from: usize, to: usize, counts: usize, entries: usize): usize {
  prefix = prefixOfAll(from, to);
  memory.fill(counts, 0, COUNTS_BYTES);
  let entry = entries;
  for (let block = from; block < to; block += sizeOf(block)) {
    const key = keyOf(block);
    store<u64>(entry, key);
    store<u32>(entry, <u32>block, BLOCK_CELL);
    entry += 1 << ENTRY_SHIFT;
    for (let k: usize = 0; k < <usize>KEY_BYTES; k++) {
      const cell = counts + (k << COUNTS_OF_BYTE_SHIFT) + ((<usize>((key >> ((<u64>k) << 3)) & 0xff)) << 2);
      store<u32>(cell, load<u32>(cell) + 1);
    }
  }
  return entry;
}

function prefixOfAll(from: usize, to: usize): i32 {
  const first = idOf(from);
  let length = idLengthOf(from);
  for (let block = from; block < to && length > 0; block += sizeOf(block)) {
    const id = idOf(block);
    length = min(length, idLengthOf(block));
    for (let i = 0; i < length; i++) if (load<u8>(id + i) !== load<u8>(first + i)) length = i;
  }
  return length;
}

/** The bytes of the meter id behind `prefix`, with zeros behind a shorter one. */
function keyOf(block: usize): u64 {
  const length = idLengthOf(block) - prefix;
  if (length === 0) return 0;
  const key = bswap(load<u64>(idOf(block) + prefix));
  return length >= KEY_BYTES ? key : key & (~(<u64>0) << ((KEY_BYTES - length) << 3));
}

/**
 * Sorts by the keys, byte by byte from their ends, blocks with one key in the order they lie in. Bytes that are the
 * same in all are passed over.
 * @returns where the sorted entries begin: at `entries`, or behind them
 */
function sortByKeys(counts: usize, entries: usize, end: usize): usize {
  const bytes = end - entries;
  const count = <u32>(bytes >> ENTRY_SHIFT);
  let source = entries;
  let target = end;
  for (let k: u64 = 0; k < <u64>KEY_BYTES; k++) {
    const shift = k << 3;
    const ofByte = counts + ((<usize>k) << COUNTS_OF_BYTE_SHIFT);
    const first = <usize>((load<u64>(source) >> shift) & 0xff);
    if (load<u32>(ofByte + (first << 2)) === count) continue;
    let next = <u32>target;
    for (let cell = ofByte; cell < ofByte + (1 << COUNTS_OF_BYTE_SHIFT); cell += 4) {
      const here = load<u32>(cell);
      store<u32>(cell, next);
      next += here << (<u32>ENTRY_SHIFT);
    }
    for (let entry = source; entry < source + bytes; entry += 1 << ENTRY_SHIFT) {
      const cell = ofByte + ((<usize>((load<u64>(entry) >> shift) & 0xff)) << 2);
      const to = load<u32>(cell);
      v128.store(to, v128.load(entry));
      store<u32>(cell, to + (1 << (<u32>ENTRY_SHIFT)));
    }
    const sorted = target;
    target = source;
    source = sorted;
  }
  return source;
}

/** Puts blocks with one key in order, which mostly are those of one meter and lie in it. */
function sortWithinKeys(entries: usize, end: usize): void {
  for (let entry = entries; entry < end; ) {
    const key = load<u64>(entry);
    let isInOrder = true;
    let next = entry + (1 << ENTRY_SHIFT);
    for (; next < end && load<u64>(next) === key; next += 1 << ENTRY_SHIFT) {
      if (isInOrder && order(next - (1 << ENTRY_SHIFT), next) > 0) isInOrder = false;
    }
    if (!isInOrder) {
      if (next - entry <= INSERTION_ENTRIES << ENTRY_SHIFT) insertionSort(entry, next);
      else heapSort(entry, (next - entry) >> ENTRY_SHIFT);
    }
    entry = next;
  }
}

/** Order of two entries with one key: the rest of their meter ids, then where they lie. */
function order(a: usize, b: usize): i32 {
  const one = <usize>load<u32>(a, BLOCK_CELL);
  const other = <usize>load<u32>(b, BLOCK_CELL);
  return compareRest(one, other) || (one < other ? -1 : 1);
}

/** Order of two meter ids of which the keys are the same. */
function compareRest(a: usize, b: usize): i32 {
  const aLength = idLengthOf(a);
  const bLength = idLengthOf(b);
  const same = min(prefix + KEY_BYTES, min(aLength, bLength));
  return compare(idOf(a) + same, aLength - same, idOf(b) + same, bLength - same);
}

function insertionSort(entries: usize, end: usize): void {
  for (let from = entries + (1 << ENTRY_SHIFT); from < end; from += 1 << ENTRY_SHIFT) {
    for (let at = from; at > entries && order(at - (1 << ENTRY_SHIFT), at) > 0; at -= 1 << ENTRY_SHIFT) {
      swap(at - (1 << ENTRY_SHIFT), at);
    }
  }
}

/** Takes no more than its time even where all meter ids differ behind the key only. */
function heapSort(entries: usize, count: usize): void {
  for (let parent = count >> 1; parent > 0; parent--) sink(entries, parent - 1, count);
  for (let last = count - 1; last > 0; last--) {
    swap(entries, entries + (last << ENTRY_SHIFT));
    sink(entries, 0, last);
  }
}

/** Lets an entry of a heap sink below those that come after it. */
function sink(entries: usize, from: usize, count: usize): void {
  let parent = from;
  for (let child = parent * 2 + 1; child < count; child = parent * 2 + 1) {
    let later = entries + (child << ENTRY_SHIFT);
    if (child + 1 < count && order(later, later + (1 << ENTRY_SHIFT)) < 0) {
      child++;
      later += 1 << ENTRY_SHIFT;
    }
    const place = entries + (parent << ENTRY_SHIFT);
    if (order(place, later) > 0) return;
    swap(place, later);
    parent = child;
  }
}

function swap(a: usize, b: usize): void {
  const entry = v128.load(a);
  v128.store(a, v128.load(b));
  v128.store(b, entry);
}

/** Copies blocks in the order of their entries, and marks those that begin a meter. */
function moveBlocks(entries: usize, end: usize, sorted: usize): void {
  let to = sorted;
  let key: u64 = 0;
  let before: usize = 0;
  for (let entry = entries; entry < end; entry += 1 << ENTRY_SHIFT) {
    const block = <usize>load<u32>(entry, BLOCK_CELL);
    const size = sizeOf(block);
    copyBlock(to, block, size);
    const isSameMeter = before !== 0 && load<u64>(entry) === key && compareRest(before, block) === 0;
    store<i32>(to + METER_MARK, isSameMeter ? 0 : 1);
    key = load<u64>(entry);
    before = block;
    to += size;
  }
}
