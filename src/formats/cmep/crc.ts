/**
 * CMEP v1.20 allows a CRC-16 as the last field of a record and does not say which one. These are the
 * variants in common use: polynomial, first value, whether bits are taken from the low end, and what the
 * result is exclusive-ored with.
 */
const VARIANTS = {
  arc: { polynomial: 0x8005, first: 0, reflected: true, last: 0 },
  modbus: { polynomial: 0x8005, first: 0xffff, reflected: true, last: 0 },
  'ccitt-false': { polynomial: 0x1021, first: 0xffff, reflected: false, last: 0 },
  xmodem: { polynomial: 0x1021, first: 0, reflected: false, last: 0 },
  kermit: { polynomial: 0x1021, first: 0, reflected: true, last: 0 },
  'x-25': { polynomial: 0x1021, first: 0xffff, reflected: true, last: 0xffff },
} as const;

export type CrcVariant = keyof typeof VARIANTS;
export const CRC_VARIANTS = Object.keys(VARIANTS) as CrcVariant[];

/** A variant, any of them (a damaged record passes once in some 5,000 times), or no check at all. */
export type CrcChoice = CrcVariant | 'any' | 'ignore';
export const CRC_CHOICES: readonly CrcChoice[] = ['any', ...CRC_VARIANTS, 'ignore'];

const tables = new Map<CrcVariant, Uint16Array>();

/** Remainders of the 256 bytes, made when a variant is first asked for. */
function tableOf(variant: CrcVariant): Uint16Array {
  const known = tables.get(variant);
  if (known !== undefined) return known;
  const { polynomial, reflected } = VARIANTS[variant];
  const table = Uint16Array.from({ length: 256 }, (_, byte) => {
    let rest = reflected ? byte : byte << 8;
    for (let bit = 0; bit < 8; bit++) {
      if (reflected) rest = (rest & 1) !== 0 ? (rest >> 1) ^ reversed(polynomial) : rest >> 1;
      else rest = (rest & 0x8000) !== 0 ? (rest << 1) ^ polynomial : rest << 1;
    }
    return rest;
  });
  tables.set(variant, table);
  return table;
}

function reversed(word: number): number {
  let result = 0;
  for (let bit = 0; bit < 16; bit++) if ((word & (1 << bit)) !== 0) result |= 0x8000 >> bit;
  return result;
}

/** CRC-16 of `bytes[from]` to `bytes[to - 1]`. */
export function crc16(bytes: Uint8Array, from: number, to: number, variant: CrcVariant): number {
  const { first, reflected, last } = VARIANTS[variant];
  const table = tableOf(variant);
  let rest: number = first;
  for (let at = from; at < to; at++) {
    const byte = bytes[at]!;
    if (reflected) rest = (rest >> 8) ^ table[(rest ^ byte) & 0xff]!;
    else rest = ((rest << 8) & 0xffff) ^ table[(rest >> 8) ^ byte]!;
  }
  return rest ^ last;
}

/**
 * Whether a record's checksum is the one of what stands before it, with or without the comma between.
 * @param from first byte of the record
 * @param comma place of the comma before the checksum
 * @param told what the record says
 */
export function isRightCrc(
  bytes: Uint8Array,
  from: number,
  comma: number,
  told: number,
  choice: CrcChoice,
): boolean {
  if (choice === 'ignore') return true;
  const variants = choice === 'any' ? CRC_VARIANTS : [choice];
  return variants.some((variant) => {
    return crc16(bytes, from, comma, variant) === told || crc16(bytes, from, comma + 1, variant) === told;
  });
}
