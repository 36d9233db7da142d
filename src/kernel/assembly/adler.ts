/** Adler-32 (RFC 1950, 8.2). */

const MODULUS: u32 = 65_521;
/** Bytes whose sums fit in 32 bits: a multiple of sixteen below the 5552 of the definition. */
const BYTES_AT_A_TIME: usize = 5_536;

/** @returns the checksum of what `adler` is of and these bytes behind it */
export function adler32(adler: u32, from: usize, to: usize): u32 {
  let a: u32 = adler & 0xffff;
  let b: u32 = adler >> 16;
  const weightsLow = i16x8(16, 15, 14, 13, 12, 11, 10, 9);
  const weightsHigh = i16x8(8, 7, 6, 5, 4, 3, 2, 1);
  let at = from;
  while (to - at >= 16) {
    const whole = min(to - at, BYTES_AT_A_TIME) & ~15;
    const end = at + whole;
    b += a * <u32>whole;
    let sums = i32x4.splat(0);
    let earlier = i32x4.splat(0);
    let weighted = i32x4.splat(0);
    for (; at < end; at += 16) {
      const bytes = v128.load(at);
      earlier = i32x4.add(earlier, sums);
      sums = i32x4.add(sums, i32x4.extadd_pairwise_i16x8_u(i16x8.extadd_pairwise_i8x16_u(bytes)));
      weighted = i32x4.add(weighted, i32x4.dot_i16x8_s(i16x8.extend_low_i8x16_u(bytes), weightsLow));
      weighted = i32x4.add(weighted, i32x4.dot_i16x8_s(i16x8.extend_high_i8x16_u(bytes), weightsHigh));
    }
    a = (a + lanes(sums)) % MODULUS;
    b = (b + ((16 * lanes(earlier)) % MODULUS) + lanes(weighted)) % MODULUS;
  }
  for (; at < to; at++) {
    a += load<u8>(at);
    b += a;
  }
  return ((b % MODULUS) << 16) | (a % MODULUS);
}

function lanes(sums: v128): u32 {
  return (
    <u32>i32x4.extract_lane(sums, 0) +
    <u32>i32x4.extract_lane(sums, 1) +
    <u32>i32x4.extract_lane(sums, 2) +
    <u32>i32x4.extract_lane(sums, 3)
  );
}
