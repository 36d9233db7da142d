import { parse } from 'csv-parse/sync';

/** What a well-formed file says, read with csv-parse, Date and BigInt alone. */
export interface PlainRecord {
  meterId: string;
  units: string;
  commodity: string;
  resend: boolean;
  created: number;
  intervalMinutes: number;
  constant: bigint;
  reads: { stamp: number; flag: string; value: bigint | null; decimals: number }[];
}

/** A decimal, also with an exponent or in hex, in units of 0.00001, rounded half up (towards plus infinity). */
export function plainNumber(text: string): { value: bigint; decimals: number } {
  if (/^h/i.test(text)) return { value: BigInt(`0x${text.slice(1)}`) * 100_000n, decimals: 0 };
  const match = /^([+-]?)(\d*)\.?(\d*)(?:[eEdD]([+-]?\d+))?$/.exec(text)!;
  const [, sign, whole = '', fraction = '', exponent] = match;
  const digits = BigInt(`${whole}${fraction}` || '0') * (sign === '-' ? -1n : 1n);
  const shift = Number(exponent ?? 0) - fraction.length + 5;
  const value = shift >= 0 ? digits * 10n ** BigInt(shift) : halfUp(digits, 10n ** BigInt(-shift));
  if (exponent === undefined) return { value, decimals: Math.min(fraction.length, 5) };
  let decimals = 5;
  for (let rest = value; decimals > 0 && rest % 10n === 0n; rest /= 10n) decimals--;
  return { value, decimals };
}

export function halfUp(over: bigint, under: bigint): bigint {
  const doubled = 2n * over + under;
  const remainder = ((doubled % (2n * under)) + 2n * under) % (2n * under);
  return (doubled - remainder) / (2n * under);
}

/** Minutes since 1970 of `CCYYMMDDHHMM` in a zone. */
function plainStamp(text: string, zoneMinutes: number): number {
  const part = (from: number, to: number) => Number(text.slice(from, to));
  const time = Date.UTC(part(0, 4), part(4, 6) - 1, part(6, 8), part(8, 10), part(10, 12));
  return time / 60_000 - zoneMinutes;
}

/** The records of a file without a fault. */
export function plainRecords(text: string, delimiter: string, zoneMinutes: number): PlainRecord[] {
  const rows: string[][] = parse(text, {
    delimiter,
    trim: true,
    relax_column_count: true,
    skip_empty_lines: true,
    record_delimiter: ['\r\n', '\n', '\r'],
  });
  return rows.map((row) => {
    const [days, hours, minutes] = [2, 4, 6].map((at) => Number((row[12] || '00000000').slice(at, at + 2)));
    const intervalMinutes = days! * 1440 + hours! * 60 + minutes!;
    const reads: PlainRecord['reads'] = [];
    for (let k = 0; k < Number(row[13]); k++) {
      const [stampText, flag, value] = row.slice(14 + k * 3, 17 + k * 3) as [string, string, string];
      const stamp =
        stampText === '' ? reads[k - 1]!.stamp + intervalMinutes : plainStamp(stampText, zoneMinutes);
      const isNone = value === '' || flag.startsWith('N');
      reads.push({ stamp, flag, ...(isNone ? { value: null, decimals: 0 } : plainNumber(value)) });
    }
    return {
      meterId: row[7] || row[5]!,
      units: row[10]!,
      commodity: row[9]!,
      resend: row[8] === 'RESEND',
      created: plainStamp(row[6]!, zoneMinutes),
      intervalMinutes,
      constant: row[11] === '' ? 100_000n : plainNumber(row[11]!).value,
      reads,
    };
  });
}
