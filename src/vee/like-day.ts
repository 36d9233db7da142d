import { multiplyDivideHalfUp } from '../model/decimal.js';
import { isNeedy, METHOD_LIKE_DAY, SLOT_ESTIMATED, type Slots } from './slots.js';

/**
 * E3 `like-day`: each slot of the day that needs an estimate gets the mean of the same slot of the reference
 * days, rounded half up to 0.00001.
 * @param references values of `count` days one after the other
 * @returns how many slots were filled
 */
export function estimateLikeDay(
  slots: Slots,
  from: number,
  to: number,
  references: ArrayLike<number>,
  count: number,
): number {
  const { slotsPerDay } = slots;
  let filled = 0;
  for (let i = from; i < to; i++) {
    if (!isNeedy(slots.states[i]!)) continue;
    let sum = 0;
    for (let k = 0; k < count; k++) sum += references[k * slotsPerDay + i - from]!;
    slots.finals[i] = multiplyDivideHalfUp(sum, 1, count);
    slots.states[i] = SLOT_ESTIMATED;
    slots.methods[i] = METHOD_LIKE_DAY;
    filled++;
  }
  return filled;
}
