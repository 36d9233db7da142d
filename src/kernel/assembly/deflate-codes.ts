/** Huffman codes of a block (RFC 1951, 3.2). */
import { SORTED } from './deflate-layout';

/** Symbols have less bits than this; a count stands above them where symbols are sorted. */
const SYMBOL_BITS = 9;
const SYMBOL_MASK = 511;
const LONGEST_CODE = 15;
/** A code's number of bits stands above its bits. */
export const CODE_SHIFT = 24;
/** Steps of a sort by steps that become smaller. */
const STEPS: StaticArray<i32> = [132, 57, 23, 10, 4, 1];

const ofLength = memory.data(64);

function item(i: i32): u32 {
  return load<u32>(SORTED + (i << 2));
}
function setItem(i: i32, value: u32): void {
  store<u32>(SORTED + (i << 2), value);
}
function numberOf(length: i32): i32 {
  return load<i32>(ofLength + (length << 2));
}
function setNumber(length: i32, number: i32): void {
  store<i32>(ofLength + (length << 2), number);
}

/**
 * Makes codes from counts: canonical, none longer than `bitsMax`. At least two symbols get one, since some readers
 * take no code that is not complete.
 * @param counts by symbol, 32 bits each; @param codes by symbol: bits, first in the lowest, and how many from bit
 * CODE_SHIFT on; 0 where the symbol does not occur
 */
export function makeCodes(counts: usize, codes: usize, symbols: i32, bitsMax: i32): void {
  let used = 0;
  for (let symbol = 0; symbol < symbols; symbol++) {
    const count = load<u32>(counts + (symbol << 2));
    if (count !== 0) {
      setItem(used, (count << SYMBOL_BITS) | symbol);
      used++;
    }
  }
  for (let symbol = 0; used < 2; symbol++) {
    if (load<u32>(counts + (symbol << 2)) !== 0) continue;
    store<u32>(counts + (symbol << 2), 1);
    setItem(used, (1 << SYMBOL_BITS) | symbol);
    used++;
  }
  sortItems(used);
  for (let symbol = 0; symbol < symbols; symbol++) store<u32>(codes + (symbol << 2), 0);
  // The symbols in their order, behind the counts that become lengths.
  const order = SORTED + 1152;
  for (let i = 0; i < used; i++) {
    store<u16>(order + (i << 1), <u16>(item(i) & SYMBOL_MASK));
    setItem(i, item(i) >> SYMBOL_BITS);
  }
  findLengths(used);
  countLengths(used, bitsMax);
  let i = used;
  for (let length = 1; length <= bitsMax; length++) {
    for (let number = numberOf(length); number > 0; number--) {
      i--;
      const symbol = <usize>load<u16>(order + (i << 1));
      store<u32>(codes + (symbol << 2), length << CODE_SHIFT);
    }
  }
  nameCodes(codes, symbols, bitsMax);
}

function sortItems(count: i32): void {
  for (let s = 0; s < STEPS.length; s++) {
    const step = unchecked(STEPS[s]);
    for (let i = step; i < count; i++) {
      const moved = item(i);
      let j = i;
      for (; j >= step && item(j - step) > moved; j -= step) setItem(j, item(j - step));
      setItem(j, moved);
    }
  }
}

/**
 * Turns counts, rising, into lengths of an optimal code, falling, in place (Moffat and Katajainen, "In-place
 * calculation of minimum-redundancy codes", 1995).
 */
function findLengths(count: i32): void {
  setItem(0, item(0) + item(1));
  let root = 0;
  let leaf = 2;
  for (let node = 1; node < count - 1; node++) {
    let sum: u32 = 0;
    for (let half = 0; half < 2; half++) {
      if (leaf >= count || (root < node && item(root) < item(leaf))) {
        sum += item(root);
        setItem(root++, node);
      } else sum += item(leaf++);
    }
    setItem(node, sum);
  }
  setItem(count - 2, 0);
  for (let node = count - 3; node >= 0; node--) setItem(node, item(item(node)) + 1);
  let available = 1;
  let depth = 0;
  let node = count - 2;
  let place = count - 1;
  while (available > 0) {
    let inner = 0;
    while (node >= 0 && <i32>item(node) === depth) {
      inner++;
      node--;
    }
    for (; available > inner; available--) setItem(place--, depth);
    available = 2 * inner;
    depth++;
  }
}

/** Counts codes by length; where some are too long, others grow for them until the code is complete again. */
function countLengths(count: i32, bitsMax: i32): void {
  for (let length = 0; length <= LONGEST_CODE; length++) setNumber(length, 0);
  for (let i = 0; i < count; i++) {
    const length = min(<i32>item(i), bitsMax);
    setNumber(length, numberOf(length) + 1);
  }
  let total = 0;
  for (let length = 1; length <= bitsMax; length++) total += numberOf(length) << (bitsMax - length);
  for (; total > 1 << bitsMax; total--) {
    setNumber(bitsMax, numberOf(bitsMax) - 1);
    let length = bitsMax - 1;
    while (numberOf(length) === 0) length--;
    setNumber(length, numberOf(length) - 1);
    setNumber(length + 1, numberOf(length + 1) + 2);
  }
}

/** Gives the codes of each length their bits in the order of the symbols, turned round. */
function nameCodes(codes: usize, symbols: i32, bitsMax: i32): void {
  let code = 0;
  for (let length = 1; length <= bitsMax; length++) {
    const number = numberOf(length);
    setNumber(length, code);
    code = (code + number) << 1;
  }
  for (let symbol = 0; symbol < symbols; symbol++) {
    const at = codes + (symbol << 2);
    const length = <i32>(load<u32>(at) >> CODE_SHIFT);
    if (length === 0) continue;
    const bits = numberOf(length);
    setNumber(length, bits + 1);
    store<u32>(at, (length << CODE_SHIFT) | turned(bits, length));
  }
}

function turned(bits: i32, length: i32): i32 {
  let result = 0;
  for (let i = 0; i < length; i++) result |= ((bits >> i) & 1) << (length - 1 - i);
  return result;
}
