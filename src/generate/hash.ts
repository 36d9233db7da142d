/**
 * Counter-based pseudo-random numbers: every draw is a function of a key and a counter and of nothing that
 * was drawn before, so that what is generated does not depend on the order in which it is.
 */

/** 2^32 divided by the golden ratio, which spreads counters that follow each other. */
const GOLDEN = 0x9e3779b9;
const TWO_TO_32 = 2 ** 32;

/** The finaliser of MurmurHash3: a permutation of the 32-bit numbers in which each bit depends on all. */
function mix(bits: number): number {
  let h = bits ^ (bits >>> 16);
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  return h ^ (h >>> 16);
}

/** 32 bits (signed) for a key and a counter. */
export function hash(key: number, counter: number): number {
  return mix(key ^ mix(Math.imul(counter + 1, GOLDEN)));
}

/** 0 <= fraction < 1 of 32 bits. */
export function fractionOf(bits: number): number {
  return (bits >>> 0) / TWO_TO_32;
}

/** A whole number from 0 to n - 1 for a key and a counter. */
export function drawBelow(key: number, counter: number, n: number): number {
  return Math.floor(fractionOf(hash(key, counter)) * n);
}

/** Counters that name what is drawn with the key of a meter, below those of the days. */
export const METER_DRAW = { scale: 0, serviceClass: 1, shift: 2, register: 3, activeFrom: 4 } as const;
const METER_DRAWS_MAX = 16;

/** Key of a meter, for what it is for good. */
export function meterKey(seed: number, meter: number): number {
  return hash(hash(seed, 0), meter);
}

/** Key of a meter's day, for its load; defects have a key of their own (`defectKey`). */
export function meterDayKey(key: number, day: number): number {
  return hash(key, METER_DRAWS_MAX + day * 2);
}

/** Key of the draws of a meter's defect on a day. */
export function defectKey(key: number, day: number): number {
  return hash(key, METER_DRAWS_MAX + day * 2 + 1);
}
