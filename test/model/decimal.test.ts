import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  ExactSum,
  formatDecimal,
  formatSum,
  multiplyDivideHalfUp,
  parseDecimal,
  roundToDecimals,
  UNITS_PER_ONE,
  VALUE_MAX,
} from '../../src/model/decimal.js';

/** floor((2ab + c) / 2c): a x b / c rounded half up, towards plus infinity. */
function halfUp(a: bigint, b: bigint, c: bigint): bigint {
  const [over, under] = [2n * a * b + c, 2n * c];
  const remainder = ((over % under) + under) % under;
  return (over - remainder) / under;
}

const value = fc.oneof(
  fc.integer({ min: -VALUE_MAX, max: VALUE_MAX }),
  fc.integer({ min: -1000, max: 1000 }),
  fc.integer({ min: VALUE_MAX - 1000, max: VALUE_MAX }),
);
/** Whole numbers up to the edge of what a double holds exactly. */
const wide = fc.oneof(
  value,
  fc.maxSafeInteger(),
  fc.integer({ min: Number.MAX_SAFE_INTEGER - 100, max: Number.MAX_SAFE_INTEGER }),
  fc.integer({ min: 2 ** 52 - 100, max: 2 ** 52 + 100 }),
);
const divisor = fc.oneof(
  fc.integer({ min: 1, max: 10_000 }),
  fc.constantFrom(2, 10, 100_000, 2 ** 51, 2 ** 52, 2 ** 53 - 1),
  fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
);

describe('multiplyDivideHalfUp', () => {
  it('is exact wherever the result is a safe whole number', () => {
    fc.assert(
      fc.property(wide, wide, divisor, (a, b, c) => {
        const expected = halfUp(BigInt(a), BigInt(b), BigInt(c));
        fc.pre(expected <= BigInt(Number.MAX_SAFE_INTEGER) && expected >= -BigInt(Number.MAX_SAFE_INTEGER));
        expect(BigInt(multiplyDivideHalfUp(a, b, c))).toBe(expected);
      }),
      { numRuns: 20_000 },
    );
  });

  it('is exact around products of 2^52 and 2^53 and at halves', () => {
    const near = fc.constantFrom(2 ** 52, 2 ** 53).chain((power) => {
      return fc.tuple(
        fc.constant(power),
        fc.integer({ min: 1, max: 2 ** 26 }),
        fc.integer({ min: -3, max: 3 }),
      );
    });
    fc.assert(
      fc.property(
        near,
        fc.integer({ min: 4, max: 200_000 }),
        fc.boolean(),
        ([power, b, off], c, negative) => {
          const a = (Math.floor(power / b) + off) * (negative ? -1 : 1);
          expect(BigInt(multiplyDivideHalfUp(a, b, c))).toBe(halfUp(BigInt(a), BigInt(b), BigInt(c)));
        },
      ),
      { numRuns: 10_000 },
    );
    fc.assert(
      fc.property(fc.integer({ min: -(2 ** 50), max: 2 ** 50 }), (whole) => {
        expect(multiplyDivideHalfUp(2 * whole + 1, 1, 2)).toBe(whole + 1);
      }),
    );
  });

  it('rounds halves towards plus infinity', () => {
    expect(multiplyDivideHalfUp(5, 1, 2)).toBe(3);
    expect(multiplyDivideHalfUp(-5, 1, 2)).toBe(-2);
    expect(multiplyDivideHalfUp(-1, 1, 2)).toBe(0);
    expect(multiplyDivideHalfUp(-3, 1, 4)).toBe(-1);
  });
});

it('rounds to decimals half up', () => {
  fc.assert(
    fc.property(value, fc.integer({ min: 0, max: 5 }), (number, decimals) => {
      const grid = 10n ** BigInt(5 - decimals);
      expect(BigInt(roundToDecimals(number, decimals))).toBe(halfUp(BigInt(number), 1n, grid) * grid);
    }),
    { numRuns: 5_000 },
  );
  expect(roundToDecimals(-150, 3)).toBe(-100);
  expect(roundToDecimals(150, 3)).toBe(200);
});

/** Text of units of 0.00001 with exactly five decimals, by BigInt. */
function fiveDecimals(units: bigint): string {
  const digits = String(units < 0n ? -units : units).padStart(6, '0');
  return `${units < 0n ? '-' : ''}${digits.slice(0, -5)}.${digits.slice(-5)}`;
}

describe('texts of values', () => {
  it('are read exactly, with or without the zeros that can be left out', () => {
    fc.assert(
      fc.property(value, fc.boolean(), fc.boolean(), (number, plus, trimmed) => {
        let text = fiveDecimals(BigInt(number));
        if (trimmed) text = text.replace(/\.?0+$/, '');
        if (plus && number >= 0) text = `+${text}`;
        expect(parseDecimal(text)).toBe(number === 0 ? 0 : number);
      }),
      { numRuns: 5_000 },
    );
    expect(parseDecimal('48')).toBe(4_800_000);
    expect(parseDecimal('1.')).toBe(UNITS_PER_ONE);
    expect(Object.is(parseDecimal('-0'), 0)).toBe(true);
  });

  it.each(['', '-', '.5', '1.000001', '12345678901', '1e3', ' 1', '1,5', '0x10', 'NaN', '--1', '١'])(
    'is none: "%s"',
    (text) => {
      expect(parseDecimal(text)).toBeNull();
    },
  );

  it('are written with as many decimals as needed, at least the number asked for', () => {
    fc.assert(
      fc.property(value, fc.integer({ min: 0, max: 5 }), (number, decimalsMin) => {
        const text = formatDecimal(number, decimalsMin);
        const whole = fiveDecimals(BigInt(number));
        expect(whole.startsWith(text)).toBe(true);
        expect(whole.slice(text.length)).toMatch(/^\.?0*$/);
        const decimals = text.split('.')[1]?.length ?? 0;
        expect(decimals).toBeGreaterThanOrEqual(decimalsMin);
        if (decimals > decimalsMin) expect(text).not.toMatch(/0$/);
        expect(parseDecimal(text)).toBe(number === 0 ? 0 : number);
      }),
      { numRuns: 5_000 },
    );
  });
});

it('adds up beyond what a double holds', () => {
  fc.assert(
    fc.property(fc.array(value, { maxLength: 200 }), (numbers) => {
      const sum = new ExactSum();
      for (const number of numbers) sum.add(number);
      const expected = numbers.reduce((total, number) => total + BigInt(number), 0n);
      expect(sum.total()).toBe(expected);
      expect(formatSum(sum.total())).toBe(fiveDecimals(expected));
    }),
  );
});
