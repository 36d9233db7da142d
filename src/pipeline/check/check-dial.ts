import { POWERS_OF_TEN, UNITS_PER_ONE } from '../../model/decimal.js';
import { FORM_MASK, formOf, maskOf } from '../../model/quality.js';
import { UNITS } from '../../model/units.js';

/** Bits of a mask that explain a register that went down: rollover and reset. */
const REGISTER_RESTART_BITS = (1 << 13) | (1 << 14);
/** A dial has this many digits at least. */
const LEAST_DIAL_DIGITS = 4;
const MOST_DIAL_DIGITS = 10;

/** Net registers (NKWHREG ...) may go down: delivered less received. */
export const MAY_DECREASE = Uint8Array.from(UNITS, (unit) => (unit.startsWith('N') ? 1 : 0));

/** Digits before the point of a register, as many as a dial has at the least. */
export function dialDigits(value: number): number {
  let digits = LEAST_DIAL_DIGITS;
  while (digits < MOST_DIAL_DIGITS && Math.abs(value) >= POWERS_OF_TEN[digits]! * UNITS_PER_ONE) digits++;
  return digits;
}

/** Whether the flag says that the register rolled over or was reset. */
export const isRestart = (meta: number): boolean =>
  formOf(meta) === FORM_MASK && (maskOf(meta) & REGISTER_RESTART_BITS) !== 0;
