/**
 * What came with a value, in one 32-bit word (*meta word*), so that a flag can be judged by its bits and
 * be written again to the letter.
 *
 * | bits    | what                                                                              |
 * | ------- | --------------------------------------------------------------------------------- |
 * | 0 - 2   | decimals that the value came with, 0 to 5; 7 = there is no value                     |
 * | 3 - 5   | letter: none, R raw, E estimated, A adjusted, N no value                             |
 * | 6 - 7   | form: bare letter, letter + decimal mask, letter + two groups, named flags (AMRDEF)  |
 * | 8 - 10  | digits of the mask as written (leading zeros), 1 to 7                                |
 * | 11 - 30 | the mask; for groups g1 x 100 + g2; for named flags the status bits 0 to 19           |
 */

export const NO_DECIMALS = 7;
export const LETTER_NONE = 0;
export const LETTER_RAW = 1;
export const LETTER_ESTIMATED = 2;
export const LETTER_ADJUSTED = 3;
export const LETTER_NO_VALUE = 4;
export const LETTERS = ['', 'R', 'E', 'A', 'N'] as const;

export const FORM_BARE = 0;
export const FORM_MASK = 1;
export const FORM_GROUPS = 2;
export const FORM_NAMED = 3;

export const MASK_MAX = (1 << 18) - 1;

export function metaWord(decimals: number, letter: number, form = 0, digits = 0, mask = 0): number {
  return decimals | (letter << 3) | (form << 6) | (digits << 8) | (mask << 11);
}

export const decimalsOf = (meta: number): number => meta & 7;
export const letterOf = (meta: number): number => (meta >> 3) & 7;
export const formOf = (meta: number): number => (meta >> 6) & 3;
export const digitsOf = (meta: number): number => (meta >> 8) & 7;
export const maskOf = (meta: number): number => (meta >>> 11) & 0xf_ffff;

/** The same flag with other decimals. */
export const withDecimals = (meta: number, decimals: number): number => (meta & ~7) | decimals;
/** The same form and mask with another letter ("the letter changes and the mask stays"). */
export const withLetter = (meta: number, letter: number): number => (meta & ~0x38) | (letter << 3);

/** Status of a value in terms common to all formats. */
export const STATUS = {
  completeOutage: 1 << 0,
  partialOutage: 1 << 1,
  suspectedOutage: 1 << 2,
  restoration: 1 << 3,
  missing: 1 << 4,
  outOfService: 1 << 5,
  timeChanged: 1 << 6,
  overflow: 1 << 7,
  longInterval: 1 << 8,
  shortInterval: 1 << 9,
  partialInterval: 1 << 10,
  testMode: 1 << 11,
  clockOutOfSynchrony: 1 << 12,
  clockSet: 1 << 13,
  installed: 1 << 14,
  removed: 1 << 15,
  skipped: 1 << 16,
  invalidValue: 1 << 17,
  invalidTime: 1 << 18,
  tamper: 1 << 19,
} as const;

export const OUTAGE_STATUS =
  STATUS.completeOutage | STATUS.partialOutage | STATUS.suspectedOutage | STATUS.restoration;

/** Check 5, action `estimate`. */
export const BAD_STATUS =
  STATUS.overflow |
  STATUS.testMode |
  STATUS.skipped |
  STATUS.invalidValue |
  STATUS.invalidTime |
  STATUS.outOfService;

/** Check 5, action `flag`. */
export const DOUBTFUL_STATUS =
  STATUS.partialInterval |
  STATUS.shortInterval |
  STATUS.longInterval |
  STATUS.timeChanged |
  STATUS.clockOutOfSynchrony |
  STATUS.clockSet |
  STATUS.partialOutage |
  STATUS.suspectedOutage |
  STATUS.restoration |
  STATUS.installed |
  STATUS.removed |
  STATUS.tamper;

/** Status of each bit of a Sensus mask; bits that inform only have none. */
const STATUS_OF_MASK_BIT: Readonly<Record<number, number>> = {
  1: STATUS.completeOutage,
  2: STATUS.restoration,
  5: STATUS.missing,
  7: STATUS.outOfService,
  8: STATUS.timeChanged,
  9: STATUS.overflow,
  10: STATUS.longInterval,
  11: STATUS.shortInterval,
  12: STATUS.testMode,
  15: STATUS.clockOutOfSynchrony,
  16: STATUS.installed,
  17: STATUS.removed,
};

/** Status bits of a meta word. The two groups of the third form have no published meaning: no status. */
export function statusOf(meta: number): number {
  const form = formOf(meta);
  if (form === FORM_NAMED) return maskOf(meta);
  if (form !== FORM_MASK) return 0;
  let mask = maskOf(meta);
  let status = 0;
  for (let bit = 0; mask !== 0; bit++, mask >>>= 1) {
    if ((mask & 1) !== 0) status |= STATUS_OF_MASK_BIT[bit] ?? 0;
  }
  return status;
}

/** The flag as it came: '', `R`, `R0`, `N32`, `R 00 00`. A named-flags word is written as its letter. */
export function flagText(meta: number): string {
  const letter = LETTERS[letterOf(meta)] ?? '';
  switch (formOf(meta)) {
    case FORM_MASK:
      return letter + String(maskOf(meta)).padStart(digitsOf(meta), '0');
    case FORM_GROUPS: {
      const groups = String(maskOf(meta)).padStart(4, '0');
      return `${letter} ${groups.slice(0, 2)} ${groups.slice(2)}`;
    }
    default:
      return letter;
  }
}
