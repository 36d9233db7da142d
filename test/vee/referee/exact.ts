/** Exact arithmetic on whole numbers of 0.00001. */

export const ONE = 100_000n;

/** over / under towards minus infinity. */
export function floorDivide(over: bigint, under: bigint): bigint {
  if (under < 0n) return floorDivide(-over, -under);
  const quotient = over / under;
  return quotient * under > over ? quotient - 1n : quotient;
}

/** over / under rounded half up, towards plus infinity. */
export function halfUp(over: bigint, under: bigint): bigint {
  return floorDivide(2n * over + under, 2n * under);
}

export const sumOf = (values: readonly bigint[]): bigint => values.reduce((sum, value) => sum + value, 0n);

/** A plain decimal as a whole number of 0.00001. */
export function parseExact(text: string): bigint {
  const match = /^(-?)(\d+)(?:\.(\d{1,5}))?$/.exec(text);
  if (match === null) throw new Error(`no plain decimal: ${text}`);
  const magnitude = BigInt(match[2]! + (match[3] ?? '').padEnd(5, '0'));
  return match[1] === '-' ? -magnitude : magnitude;
}

/** Text with exactly so many decimals; the value must be on their grid. */
export function exactText(value: bigint, decimals: number): string {
  const digits = String(value < 0n ? -value : value).padStart(6, '0');
  const [whole, fraction] = [digits.slice(0, -5), digits.slice(-5)];
  if (Number(fraction.slice(decimals)) !== 0) throw new Error(`${value} has more than ${decimals} decimals`);
  const point = decimals === 0 ? '' : '.';
  return `${value < 0n ? '-' : ''}${whole}${point}${fraction.slice(0, decimals)}`;
}
