export function probe(at: usize, n: i32): i32 {
  let sum: i32 = 0;
  for (let i = 0; i < n; i += 16) {
    const v = v128.load(at + i);
    sum += i8x16.bitmask(i8x16.eq(v, i8x16.splat(44)));
  }
  return sum;
}
