import { formatDecimal, multiplyDivideHalfUp, UNITS_PER_ONE } from '../model/decimal.js';
import { isProductAbove } from './day-checks.js';
import type { RegisterSpan } from './register-span.js';
import { scaleEstimates } from './scaling.js';
import type { DayContext } from './settle-day.js';
import { SLOT_ESTIMATED, SLOT_OUTAGE_ZERO, SLOT_PASSED, type Slots } from './slots.js';

/**
 * Looks at a register span that overlaps the day `from` to `to - 1`: scales the estimates made at this
 * settling to its advance (E6), or compares it with its intervals (check 8).
 * @returns whether estimates were scaled
 */
export function settleSpan(
  slots: Slots,
  span: RegisterSpan,
  from: number,
  to: number,
  context: DayContext,
): boolean {
  const { reads, policy, register } = context;
  const { first, end, advance, read } = span;
  const isLastSettledNow = end > from && end <= to;
  if (Number.isNaN(advance)) {
    if (isLastSettledNow) {
      const [start, close] = [reads.values[read]!, reads.values[read + 1]!];
      const change = `from ${formatDecimal(start)} to ${formatDecimal(close)}`;
      context.tell('vee/register-decreased', end - 1, `${change}: the span is not used`, start - close);
    }
    return false;
  }
  if (first < 0 || end > slots.slotCount) return false;
  let sum = 0;
  let estimated = 0;
  let zeros = 0;
  for (let i = first; i < end; i++) {
    const state = slots.states[i]!;
    if (state === SLOT_PASSED) sum += slots.values[i]!;
    else if (i < from || i >= to) return false;
    else if (state === SLOT_ESTIMATED) estimated++;
    else if (state === SLOT_OUTAGE_ZERO) zeros++;
    else return false;
  }
  if (estimated > 0) return scaleSpan(slots, span, from, to, advance - sum, context);
  const tolerance = multiplyDivideHalfUp(policy.sumTolerance, register.multiplier, UNITS_PER_ONE);
  const differs = exceedsTolerance(Math.abs(sum - advance), policy.sumTolerance, register.multiplier);
  if (zeros === 0 && isLastSettledNow && policy.actions.sum !== 'ignore' && differs) {
    const detail = `intervals ${formatDecimal(sum)}, register advance ${formatDecimal(advance)}: more than ${formatDecimal(tolerance)} apart (sumTolerance x multiplier)`;
    context.tell('vee/sum', end - 1, detail, Math.abs(sum - advance));
  }
  return false;
}

/** Check 8: difference > tolerance x multiplier, all whole numbers of 0.00001, exactly. */
export function exceedsTolerance(difference: number, tolerance: number, multiplier: number): boolean {
  return isProductAbove(difference, UNITS_PER_ONE, tolerance, multiplier);
}

function scaleSpan(
  slots: Slots,
  { first, end }: RegisterSpan,
  from: number,
  to: number,
  target: number,
  context: DayContext,
): boolean {
  const place = Math.min(end, to) - 1;
  if (target < 0) {
    const detail = `measured slots exceed the register advance by ${formatDecimal(-target)}`;
    context.tell('vee/negative-scaling-refused', place, detail, -target);
    return false;
  }
  scaleEstimates(slots, Math.max(first, from), Math.min(end, to), target, context.policy.decimals);
  return true;
}
