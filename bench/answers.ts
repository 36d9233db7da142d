/** A decimal text of any length with at most five decimals, as a whole number of 0.00001. */
export function parseDecimalSum(text: string): bigint {
  const match = /^(-?)(\d+)(?:\.(\d{1,5}))?$/.exec(text);
  if (!match) throw new Error(`"${text}" is no decimal of at most five decimals`);
  const magnitude = BigInt(match[2]! + (match[3] ?? '').padEnd(5, '0'));
  return match[1] === '-' ? -magnitude : magnitude;
}
