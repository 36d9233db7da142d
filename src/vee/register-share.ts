import { multiplyDivideHalfUp } from '../model/decimal.js';
import type { RegisterSpan } from './register-span.js';
import {
  isNeedy,
  METHOD_REGISTER_SHARE,
  SLOT_ESTIMATED,
  SLOT_OUTAGE_ZERO,
  SLOT_PASSED,
  type Slots,
} from './slots.js';

/**
 * E5 `register-share` for the slots `from` to `to - 1` of the day that is being settled: where all other slots
 * of a register span have a value, what the advance leaves (R) is shared equally among those without. Where
 * estimates already take more than is left, but the measured slots do not (R < 0, T >= 0), the share is 0.
 * @returns how many slots were filled
 */
export function estimateRegisterShare(
  slots: Slots,
  from: number,
  to: number,
  spans: readonly RegisterSpan[],
): number {
  let filled = 0;
  for (const span of spans) filled += shareSpan(slots, from, to, span);
  return filled;
}

function shareSpan(slots: Slots, from: number, to: number, span: RegisterSpan): number {
  const { states, values, finals, methods } = slots;
  const { first, end, advance } = span;
  if (Number.isNaN(advance) || first < 0 || end > slots.slotCount) return 0;
  let passed = 0;
  let estimated = 0;
  let needy = 0;
  for (let i = first; i < end; i++) {
    const state = states[i]!;
    if (state === SLOT_PASSED) passed += values[i]!;
    else if (state === SLOT_ESTIMATED) estimated += finals[i]!;
    else if (isNeedy(state) && i >= from && i < to) needy++;
    else if (state !== SLOT_OUTAGE_ZERO) return 0;
  }
  if (needy === 0 || advance - passed < 0) return 0;
  const rest = advance - passed - estimated;
  const share = rest < 0 ? 0 : multiplyDivideHalfUp(rest, 1, needy);
  for (let i = Math.max(first, from); i < Math.min(end, to); i++) {
    if (!isNeedy(states[i]!)) continue;
    finals[i] = share;
    states[i] = SLOT_ESTIMATED;
    methods[i] = METHOD_REGISTER_SHARE;
  }
  return needy;
}
