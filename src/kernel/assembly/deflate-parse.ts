/** Finds what a block repeats of the bytes before it. */
import {
  FAR,
  HISTORY_BYTES,
  INPUT,
  NEAR,
  SEQUENCE_BYTES,
  SEQUENCES,
  TABLE_BITS,
  TABLE_BYTES,
} from './deflate-layout';

const LONGEST_MATCH = 258;
/** A match that the hashes find has so many bytes at the least; a shorter one costs as much as its literals. */
const NEAR_BYTES = 6;
/** Bytes that are compared at a time, and so looked at behind the block. */
const WIDTH = 16;
/** After so many bytes without a match, most bytes are passed over. */
const PATIENCE_BYTES = 256;
/** So far ahead a long match is looked for before a short one is taken. */
const AHEAD_BYTES = 4;
/** Literals before a match at the last distance: more of them, and the hashes are asked first. */
const SKIP_BYTES = 8;

/** Odd numbers without a pattern in their bits (xxHash's), that spread what they multiply. */
const SPREAD: u64 = ((<u64>0x9e3779b1) << 32) | 0x85ebca87;
const OTHER_SPREAD: u64 = ((<u64>0xc2b2ae3d) << 32) | 0x27d4eb4f;

/** Position in the stream of INPUT. Begins where no entry of an empty table is near. */
let base: u32 = 0;
/** Bytes of the stream that lie before INPUT. */
let historyBytes: usize = 0;
/** Distance of the last match; 0 before the first one. */
let lastDistance: usize = 0;

export function beginParse(): void {
  memory.fill(NEAR, 0, TABLE_BYTES);
  memory.fill(FAR, 0, TABLE_BYTES);
  base = 2 * HISTORY_BYTES;
  historyBytes = 0;
  lastDistance = 0;
}

/** Says that what lies in INPUT moves down by so many bytes. */
export function moveParse(bytes: i32): void {
  base += bytes;
  historyBytes = min(<usize>HISTORY_BYTES, historyBytes + bytes);
}

function nearSlot(bytes: u64): usize {
  return <usize>NEAR + ((<usize>(((bytes << 16) * SPREAD) >> (64 - TABLE_BITS))) << 2);
}
function farSlot(first: u64, second: u64): usize {
  return <usize>FAR + ((<usize>(((first * SPREAD) ^ (second * OTHER_SPREAD)) >> (64 - TABLE_BITS))) << 2);
}
function positionOf(at: usize): u32 {
  return <u32>(at - INPUT) + base;
}

/** How many bytes from `at` on are those one distance back; `known` of them are known to be. */
function matchLength(at: usize, distance: usize, known: i32, to: usize): i32 {
  const most = min(LONGEST_MATCH, <i32>(to - at));
  let length = known;
  while (length < most) {
    const here = v128.load(at + length);
    const differs = ~i8x16.bitmask(i8x16.eq(here, v128.load(at + length - distance))) & 0xffff;
    if (differs !== 0) return min(most, length + ctz(differs));
    length += WIDTH;
  }
  return most;
}

function putSequence(next: usize, literalsFrom: usize, at: usize, length: i32, distance: usize): void {
  store<u32>(next, <u32>(at - literalsFrom));
  store<u16>(next, <u16>length, 4);
  store<u16>(next, <u16>distance, 6);
}

/** Enters where bytes stand that may come again. */
function remember(at: usize): void {
  const position = positionOf(at);
  const first = load<u64>(at);
  store<u32>(farSlot(first, load<u64>(at + 8)), position);
  store<u32>(nearSlot(first), position);
}

/** Distance to the last place with the many bytes that `at` begins with, or 0. */
function lookFar(at: usize): usize {
  const first = load<u64>(at);
  const distance = <usize>(positionOf(at) - load<u32>(farSlot(first, load<u64>(at + 8))));
  return distance - 1 < <usize>HISTORY_BYTES && load<u64>(at - distance) === first ? distance : 0;
}

/** Distance to the last place with the few bytes that `at` begins with, or 0. */
function lookNear(at: usize): usize {
  const first = load<u64>(at);
  const distance = <usize>(positionOf(at) - load<u32>(nearSlot(first)));
  return distance - 1 < <usize>HISTORY_BYTES && (load<u64>(at - distance) ^ first) << 16 === 0 ? distance : 0;
}

/**
 * Makes sequences of a block. A match at the distance of the last one is tried first: in records of one kind, the
 * next field mostly stands where it stood in the record that was matched before.
 * @returns where the sequences end
 */
export function parseBlock(from: usize, to: usize): usize {
  let next: usize = SEQUENCES;
  let at = from;
  let literalsFrom = from;
  let distance = lastDistance;
  const last = <usize>max(<isize>from, <isize>(to - WIDTH));
  while (at < last) {
    if (distance !== 0) {
      const same = i8x16.bitmask(i8x16.eq(v128.load(at), v128.load(at - distance)));
      const skip = ctz(same & (same >> 1) & (same >> 2) & (same >> 3));
      if (skip <= SKIP_BYTES) {
        at += skip;
        const length = matchLength(at, distance, 4, to);
        putSequence(next, literalsFrom, at, length, distance);
        next += SEQUENCE_BYTES;
        remember(at);
        at += length;
        literalsFrom = at;
        continue;
      }
    }
    let found = lookFar(at);
    if (found === 0) {
      found = lookNear(at);
      remember(at);
      if (found === 0) {
        const missed = at - literalsFrom;
        // Steps that hang on the bytes: they meet where bytes come again.
        at += missed < <usize>PATIENCE_BYTES ? 1 : 1 + (<usize>load<u8>(at) & 15);
        continue;
      }
      for (let ahead: usize = 1; ahead <= <usize>AHEAD_BYTES; ahead++) {
        const better = lookFar(at + ahead);
        if (better === 0) continue;
        at += ahead;
        found = better;
        remember(at);
        break;
      }
    } else remember(at);
    let length = matchLength(at, found, NEAR_BYTES, to);
    const least = max(literalsFrom, <usize>INPUT - historyBytes + found);
    while (at > least && length < LONGEST_MATCH && load<u8>(at - 1) === load<u8>(at - 1 - found)) {
      at--;
      length++;
    }
    putSequence(next, literalsFrom, at, length, found);
    next += SEQUENCE_BYTES;
    distance = found;
    at += length;
    literalsFrom = at;
  }
  lastDistance = distance;
  if (literalsFrom < to) {
    store<u32>(next, <u32>(to - literalsFrom));
    store<u32>(next, 0, 4);
    next += SEQUENCE_BYTES;
  }
  return next;
}
