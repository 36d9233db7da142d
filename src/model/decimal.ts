/**
 * Values of reads are whole numbers of 0.00001 (CMEP: stored to +/-9999999999.99999), held in doubles,
 * which are exact up to 2^53 = 9.007e15 > 10^15.
 */

/** Decimals that are kept, and how many of the smallest unit make one. */
export const DECIMALS_MAX = 5;
export const UNITS_PER_ONE = 100_000;

/** Largest magnitude of a value: 9999999999.99999. */
export const VALUE_MAX = 999_999_999_999_999;

export const POWERS_OF_TEN: readonly number[] = [1, 10, 100, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10];

/** Where `a * b` is below this, the product of two whole numbers is exact in a double. */
const EXACT_PRODUCT_MAX = 2 ** 52;

/**
 * a x b / c rounded half up (towards plus infinity) to a whole number, exactly.
 * @param a whole number
 * @param b whole number
 * @param c whole number above 0
 */
export function multiplyDivideHalfUp(a: number, b: number, c: number): number {
  const product = a * b;
  if (Math.abs(product) < EXACT_PRODUCT_MAX && c < EXACT_PRODUCT_MAX) {
    const floor = Math.floor(product / c);
    // The quotient may have been rounded across a whole number: put the remainder right first.
    let quotient = floor;
    let remainder = product - floor * c;
    if (remainder < 0) {
      quotient -= 1;
      remainder += c;
    } else if (remainder >= c) {
      quotient += 1;
      remainder -= c;
    }
    return remainder * 2 >= c ? quotient + 1 : quotient;
  }
  return Number(floorDivide(2n * BigInt(a) * BigInt(b) + BigInt(c), 2n * BigInt(c)));
}

function floorDivide(a: bigint, b: bigint): bigint {
  const quotient = a / b;
  return a % b < 0n ? quotient - 1n : quotient;
}

/** A value rounded half up (towards plus infinity) to a number of decimals, 0 to 5. */
export function roundToDecimals(value: number, decimals: number): number {
  const grid = POWERS_OF_TEN[DECIMALS_MAX - decimals]!;
  return grid === 1 ? value : multiplyDivideHalfUp(value, 1, grid) * grid;
}

/**
 * Whole number of 0.00001 for a decimal text such as `48`, `1.5` or `-0.00001`.
 * @returns null where the text is no such number, has more than five decimals, or is out of bounds
 */
export function parseDecimal(text: string): number | null {
  const match = /^([+-]?)(\d{1,10})(?:\.(\d{0,5}))?$/.exec(text);
  if (!match) return null;
  const value = Number(match[2]) * UNITS_PER_ONE + Number((match[3] ?? '').padEnd(DECIMALS_MAX, '0'));
  return match[1] === '-' && value !== 0 ? -value : value;
}

/** Text of a value with as many decimals as it needs, at least `decimalsMin`. For reports, not for hot paths. */
export function formatDecimal(value: number, decimalsMin = 0): string {
  const magnitude = Math.abs(value);
  const whole = Math.floor(magnitude / UNITS_PER_ONE);
  let fraction = String(magnitude - whole * UNITS_PER_ONE).padStart(DECIMALS_MAX, '0');
  while (fraction.length > decimalsMin && fraction.endsWith('0')) fraction = fraction.slice(0, -1);
  return `${value < 0 ? '-' : ''}${whole}${fraction === '' ? '' : `.${fraction}`}`;
}

/** An exact sum of values too many for a double: a double that empties itself into a bigint. */
export class ExactSum {
  private whole = 0n;
  private part = 0;

  add(value: number): void {
    this.part += value;
    if (this.part > EXACT_PRODUCT_MAX || this.part < -EXACT_PRODUCT_MAX) {
      this.whole += BigInt(this.part);
      this.part = 0;
    }
  }

  addWhole(sum: bigint): void {
    this.whole += sum;
  }

  total(): bigint {
    return this.whole + BigInt(this.part);
  }
}

/** Text of an exact sum in units of one, with five decimals. */
export function formatSum(total: bigint): string {
  const magnitude = total < 0n ? -total : total;
  const one = BigInt(UNITS_PER_ONE);
  const fraction = String(magnitude % one).padStart(DECIMALS_MAX, '0');
  return `${total < 0n ? '-' : ''}${magnitude / one}.${fraction}`;
}
