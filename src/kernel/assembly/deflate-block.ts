/** Writes blocks of a deflate stream (RFC 1951). */
import { CODE_SHIFT, makeCodes } from './deflate-codes';
import { countSymbols, distanceSymbol, END_OF_BLOCK } from './deflate-counts';
import {
  BLOCK_BYTES,
  CODE_LENGTHS,
  DISTANCE_CODES,
  DISTANCE_COUNTS,
  DISTANCE_SYMBOLS,
  LENGTH_CODES,
  LENGTH_COUNTS,
  LENGTH_SYMBOLS,
  LITERAL_CODES,
  LITERAL_COUNTS,
  LITERAL_SYMBOLS,
  MATCH_CODES,
  MATCH_SYMBOLS,
  SEQUENCE_BYTES,
  SEQUENCES,
  SHORT_LENGTHS,
} from './deflate-layout';
import { parseBlock } from './deflate-parse';

const SHORTEST_MATCH = 3;
const LONGEST_MATCH = 258;
const CODE_BITS = 15;
const LENGTH_CODE_BITS = 7;
const CODE_MASK = 0xffffff;
/** Lengths of codes that stand for several: the last one again, zeros, more zeros. */
const AGAIN = 16;
const ZEROS = 17;
const MORE_ZEROS = 18;
const STORED_BYTES = 65_535;
/** Blocks that follow one whose codes they share, at the most: what is in a batch hardly changes from block to block. */
const SHARING_BLOCKS = 31;
/** A block shares the codes where it does not need more bits a byte than the one they were made for, in 64ths of it. */
const SHARED_BITS: u64 = 66;
/** In this order a block's header tells the lengths of the codes of lengths. */
const LENGTH_ORDER: StaticArray<u8> = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

/** Bits that do not fill a byte yet, first in the lowest; where the next bytes go. */
let bits: u64 = 0;
let bitCount: u64 = 0;
let out: usize = 0;

/** Whether the codes of a block are in force still, so that more sequences may follow. */
let isOpen = false;
/** How many blocks may share the codes in force, and the bits that BLOCK_BYTES of them may need. */
let sharing = 0;
let sharedBits: u64 = 0;

/** Begins a stream of blocks; where a table of lengths does not stand yet, it is made. */
export function beginBlocks(): void {
  bits = 0;
  bitCount = 0;
  isOpen = false;
  sharing = 0;
  let symbol: u32 = 257;
  let least = SHORTEST_MATCH;
  for (; symbol < 285; symbol++) {
    const extra: u32 = symbol < 265 ? 0 : (symbol - 261) >> 2;
    for (let more: u32 = 0; more < 1 << extra; more++) {
      if (least === LONGEST_MATCH) break;
      store<u32>(MATCH_SYMBOLS + (least << 2), symbol | (more << 16) | (extra << 24));
      least++;
    }
  }
  store<u32>(MATCH_SYMBOLS + (LONGEST_MATCH << 2), 285);
}

export function setOutput(at: usize): void {
  out = at;
}
export function outputEnd(): usize {
  return out;
}

/** Appends up to 57 bits. */
function put(value: u64, count: u64): void {
  bits |= value << bitCount;
  bitCount += count;
  store<u64>(out, bits);
  const whole = bitCount >> 3;
  out += <usize>whole;
  bits >>= whole << 3;
  bitCount &= 7;
}

/** Fills the byte at hand. */
function alignOutput(): void {
  if (bitCount > 0) put(0, 8 - bitCount);
}

/**
 * Appends these bytes in the shortest of three ways: by the codes of the block before, so that nothing is counted; as
 * a block with codes of its own; or as they are.
 */
export function putBlock(from: usize, to: usize): void {
  const end = parseBlock(from, to);
  if (sharing > 0 && putSharing(from, to, end)) {
    sharing--;
    return;
  }
  endBlock();
  // Only behind a whole block others may follow, which want a code for each symbol.
  const isWhole = to - from === BLOCK_BYTES;
  countSymbols(from, end, isWhole ? 1 : 0);
  makeCodes(LITERAL_COUNTS, LITERAL_CODES, LITERAL_SYMBOLS, CODE_BITS);
  makeCodes(DISTANCE_COUNTS, DISTANCE_CODES, DISTANCE_SYMBOLS, CODE_BITS);
  const literals = usedSymbols(LITERAL_CODES, LITERAL_SYMBOLS);
  const distances = usedSymbols(DISTANCE_CODES, DISTANCE_SYMBOLS);
  const shorts = shortenLengths(literals, distances);
  makeCodes(LENGTH_COUNTS, LENGTH_CODES, LENGTH_SYMBOLS, LENGTH_CODE_BITS);
  const pieces = (<u64>(to - from) + STORED_BYTES - 1) / STORED_BYTES;
  const storedBits = (<u64>(to - from) + 5 * pieces) << 3;
  const coded = bodyBits();
  if (headerBits(shorts) + coded >= storedBits) {
    sharing = 0;
    putStored(from, to);
    return;
  }
  putHeader(literals, distances, shorts);
  joinMatchCodes();
  putSequences(from, end);
  isOpen = true;
  sharing = isWhole ? SHARING_BLOCKS : 0;
  sharedBits = min((coded * SHARED_BITS) >> 6, (<u64>BLOCK_BYTES) << 3);
}

/** Appends sequences by the codes in force. @returns false, and takes them back, where that needs too many bits */
function putSharing(from: usize, to: usize, end: usize): bool {
  const outBefore = out;
  const bitsBefore = bits;
  const countBefore = bitCount;
  putSequences(from, end);
  const needed = ((<u64>(out - outBefore)) << 3) + bitCount - countBefore;
  if (needed * BLOCK_BYTES <= sharedBits * <u64>(to - from)) return true;
  out = outBefore;
  bits = bitsBefore;
  bitCount = countBefore;
  return false;
}

/** Ends the block whose codes are in force. */
function endBlock(): void {
  if (!isOpen) return;
  const code = codeOf(LITERAL_CODES, END_OF_BLOCK);
  put(code & CODE_MASK, code >> CODE_SHIFT);
  isOpen = false;
}

/** Ends the stream of blocks with one that holds nothing. */
export function putEmptyBlock(): void {
  endBlock();
  put(1 | (1 << 1), 10);
  alignOutput();
}

function putStored(from: usize, to: usize): void {
  for (let at = from; at < to; ) {
    const length = min(STORED_BYTES, <i32>(to - at));
    put(0, 3);
    alignOutput();
    put(<u64>length | ((<u64>(length ^ 0xffff)) << 16), 32);
    memory.copy(out, at, length);
    out += length;
    at += length;
  }
}

function codeOf(codes: usize, symbol: usize): u32 {
  return load<u32>(codes + (symbol << 2));
}

function usedSymbols(codes: usize, symbols: i32): i32 {
  let used = symbols;
  while (codeOf(codes, used - 1) === 0) used--;
  return used;
}

/** Gathers the lengths of all codes and writes them in short: symbol and what follows it. @returns where they end */
function shortenLengths(literals: i32, distances: i32): usize {
  const count = max(literals, 257) + distances;
  let at: usize = CODE_LENGTHS;
  for (let i = 0; i < max(literals, 257); i++) store<u8>(at++, <u8>(codeOf(LITERAL_CODES, i) >> CODE_SHIFT));
  for (let i = 0; i < distances; i++) store<u8>(at++, <u8>(codeOf(DISTANCE_CODES, i) >> CODE_SHIFT));
  memory.fill(LENGTH_COUNTS, 0, LENGTH_SYMBOLS << 2);
  let short: usize = SHORT_LENGTHS;
  for (let i = 0; i < count; ) {
    const length = load<u8>(CODE_LENGTHS + i);
    let run = 1;
    while (i + run < count && load<u8>(CODE_LENGTHS + i + run) === length) run++;
    let taken = 1;
    if (length === 0 && run >= 3) {
      taken = min(run, 138);
      short = putShort(short, taken < 11 ? ZEROS : MORE_ZEROS, taken < 11 ? taken - 3 : taken - 11);
    } else if (run >= 4) {
      taken = min(run, 7);
      short = putShort(short, length, 0);
      short = putShort(short, AGAIN, taken - 4);
    } else short = putShort(short, length, 0);
    i += taken;
  }
  return short;
}

function putShort(at: usize, symbol: i32, more: i32): usize {
  store<u8>(at, <u8>symbol);
  store<u8>(at, <u8>more, 1);
  const count = LENGTH_COUNTS + (symbol << 2);
  store<u32>(count, load<u32>(count) + 1);
  return at + 2;
}

/** Bits behind the code of a length. */
function bitsBehind(symbol: i32): u64 {
  return symbol === AGAIN ? 2 : symbol === ZEROS ? 3 : symbol === MORE_ZEROS ? 7 : 0;
}

function lengthCodesUsed(): i32 {
  let used = LENGTH_SYMBOLS;
  while (used > 4 && codeOf(LENGTH_CODES, unchecked(LENGTH_ORDER[used - 1])) === 0) used--;
  return used;
}

function headerBits(shorts: usize): u64 {
  let sum: u64 = 17 + 3 * lengthCodesUsed();
  for (let at: usize = SHORT_LENGTHS; at < shorts; at += 2) {
    const symbol = load<u8>(at);
    sum += <u64>(codeOf(LENGTH_CODES, symbol) >> CODE_SHIFT) + bitsBehind(symbol);
  }
  return sum;
}

function bodyBits(): u64 {
  let sum: u64 = 0;
  for (let symbol = 0; symbol < LITERAL_SYMBOLS; symbol++) {
    const behind = symbol < 265 || symbol === 285 ? 0 : (symbol - 261) >> 2;
    sum += bitsOf(LITERAL_COUNTS, LITERAL_CODES, symbol, behind);
  }
  for (let symbol = 0; symbol < DISTANCE_SYMBOLS; symbol++)
    sum += bitsOf(DISTANCE_COUNTS, DISTANCE_CODES, symbol, symbol < 4 ? 0 : (symbol - 2) >> 1);
  return sum;
}

function bitsOf(counts: usize, codes: usize, symbol: i32, behind: i32): u64 {
  return <u64>codeOf(counts, symbol) * <u64>((codeOf(codes, symbol) >> CODE_SHIFT) + behind);
}

function putHeader(literals: i32, distances: i32, shorts: usize): void {
  const lengths = lengthCodesUsed();
  const numbers = (max(literals, 257) - 257) | ((distances - 1) << 5) | ((lengths - 4) << 10);
  put(<u64>((2 << 1) | (numbers << 3)), 17);
  for (let i = 0; i < lengths; i++) put(codeOf(LENGTH_CODES, unchecked(LENGTH_ORDER[i])) >> CODE_SHIFT, 3);
  for (let at: usize = SHORT_LENGTHS; at < shorts; at += 2) {
    const symbol = load<u8>(at);
    const code = codeOf(LENGTH_CODES, symbol);
    put(code & CODE_MASK, code >> CODE_SHIFT);
    put(load<u8>(at, 1), bitsBehind(symbol));
  }
}

/** Puts the code of each length of a match together with the bits behind it. */
function joinMatchCodes(): void {
  for (let length = SHORTEST_MATCH; length <= LONGEST_MATCH; length++) {
    const symbol = load<u32>(MATCH_SYMBOLS + (length << 2));
    const code = codeOf(LITERAL_CODES, symbol & 0xffff);
    const count = code >> CODE_SHIFT;
    const whole =
      (code & CODE_MASK) | (((symbol >> 16) & 0xff) << count) | ((count + (symbol >> 24)) << CODE_SHIFT);
    store<u32>(MATCH_CODES + (length << 2), whole);
  }
}

/** Adds bits to those at hand, which are `held`: up to 57 together with these. */
function joined(held: u64, heldCount: u64, value: u64): u64 {
  return held | (value << heldCount);
}

function putSequences(from: usize, end: usize): void {
  let at = from;
  // Kept here, and not where every call would have to store and load them again.
  let held = bits;
  let count = bitCount;
  let to = out;
  let lastDistance: u32 = 0;
  let distanceBits: u64 = 0;
  let distanceCount: u64 = 0;
  for (let sequence: usize = SEQUENCES; sequence < end; sequence += SEQUENCE_BYTES) {
    const literalsTo = at + load<u32>(sequence);
    while (at < literalsTo) {
      const a = codeOf(LITERAL_CODES, load<u8>(at));
      held = joined(held, count, a & CODE_MASK);
      count += a >> CODE_SHIFT;
      at++;
      if (at < literalsTo) {
        const b = codeOf(LITERAL_CODES, load<u8>(at));
        held = joined(held, count, b & CODE_MASK);
        count += b >> CODE_SHIFT;
        at++;
        if (at < literalsTo) {
          const c = codeOf(LITERAL_CODES, load<u8>(at));
          held = joined(held, count, c & CODE_MASK);
          count += c >> CODE_SHIFT;
          at++;
        }
      }
      store<u64>(to, held);
      to += <usize>(count >> 3);
      held >>= count & ~7;
      count &= 7;
    }
    const length = load<u16>(sequence, 4);
    if (length === 0) break;
    const distance = <u32>load<u16>(sequence, 6);
    if (distance !== lastDistance) {
      lastDistance = distance;
      const symbol = distanceSymbol(distance);
      const code = codeOf(DISTANCE_CODES, symbol);
      const behind = symbol < 4 ? 0 : (symbol - 2) >> 1;
      distanceCount = code >> CODE_SHIFT;
      distanceBits =
        <u64>(code & CODE_MASK) | ((<u64>((distance - 1) & ((1 << behind) - 1))) << distanceCount);
      distanceCount += behind;
    }
    const code = codeOf(MATCH_CODES, length);
    held = joined(held, count, code & CODE_MASK);
    count += code >> CODE_SHIFT;
    held = joined(held, count, distanceBits);
    count += distanceCount;
    store<u64>(to, held);
    to += <usize>(count >> 3);
    held >>= count & ~7;
    count &= 7;
    at += length;
  }
  bits = held;
  bitCount = count;
  out = to;
}
