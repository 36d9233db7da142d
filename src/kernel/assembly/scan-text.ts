/** Comparing and finding text, sixteen bytes at a time. Callers see to it that what is looked at lies in the memory. */

const QUOTE: u8 = 34;
const COMMA: u8 = 44;
const BLANK: u8 = 32;
const TILDE: u8 = 0x7e;

/** Whether `length` bytes at two places are the same. */
export function isSameText(at: i32, text: i32, length: i32): bool {
  let left = length;
  let a = at;
  let b = text;
  for (; left > 16; left -= 16, a += 16, b += 16) {
    if (i8x16.bitmask(i8x16.eq(v128.load(a), v128.load(b))) !== 0xffff) return false;
  }
  const others = ~i8x16.bitmask(i8x16.eq(v128.load(a), v128.load(b)));
  return (others & ((1 << left) - 1)) === 0;
}

/**
 * End of a field of printable bytes without quotes.
 * @returns place of the comma behind it, or 0 where the field is longer than `bytesMax` or not plain
 */
export function plainFieldEnd(from: i32, bytesMax: i32): i32 {
  for (let at = from; at <= from + bytesMax; at += 16) {
    const text = v128.load(at);
    const commas = i8x16.eq(text, i8x16.splat(COMMA));
    const odd = v128.or(
      v128.or(i8x16.lt_u(text, i8x16.splat(BLANK)), i8x16.gt_u(text, i8x16.splat(TILDE))),
      i8x16.eq(text, i8x16.splat(QUOTE)),
    );
    const found = i8x16.bitmask(v128.or(commas, odd));
    if (found === 0) continue;
    const end = at + ctz(found);
    return load<u8>(end) === COMMA && end <= from + bytesMax ? end : 0;
  }
  return 0;
}
