/** Counts how often a block has each symbol. */
import {
  DISTANCE_COUNTS,
  DISTANCE_SYMBOLS,
  LITERAL_COUNTS,
  LITERAL_SYMBOLS,
  MATCH_SYMBOLS,
  SEQUENCE_BYTES,
  SEQUENCES,
} from './deflate-layout';

export const END_OF_BLOCK = 256;

function countUp(counts: usize, symbol: usize): void {
  const at = counts + (symbol << 2);
  store<u32>(at, load<u32>(at) + 1);
}

export function distanceSymbol(distance: u32): u32 {
  const less = distance - 1;
  if (less < 4) return less;
  const high = 31 - clz(less);
  return 2 * high + ((less >> (high - 1)) & 1);
}

/**
 * Counts the symbols of the bytes from `from` on, which became the sequences up to `end`.
 * @param least what a symbol counts that does not occur: 1 where its code may be wanted later on
 */
export function countSymbols(from: usize, end: usize, least: u32): void {
  for (let symbol = 0; symbol < LITERAL_SYMBOLS; symbol++) store<u32>(LITERAL_COUNTS + (symbol << 2), least);
  for (let symbol = 0; symbol < DISTANCE_SYMBOLS; symbol++)
    store<u32>(DISTANCE_COUNTS + (symbol << 2), least);
  store<u32>(LITERAL_COUNTS + (END_OF_BLOCK << 2), 1);
  let at = from;
  for (let sequence: usize = SEQUENCES; sequence < end; sequence += SEQUENCE_BYTES) {
    const literalsTo = at + load<u32>(sequence);
    for (; at < literalsTo; at++) countUp(LITERAL_COUNTS, load<u8>(at));
    const length = load<u16>(sequence, 4);
    if (length === 0) break;
    countUp(LITERAL_COUNTS, load<u16>(MATCH_SYMBOLS + (length << 2)));
    countUp(DISTANCE_COUNTS, distanceSymbol(load<u16>(sequence, 6)));
    at += length;
  }
}
