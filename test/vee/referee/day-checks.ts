import { passedSum } from './estimators.js';
import { ONE, sumOf } from './exact.js';
import { isKwh } from './judge-read.js';
import { type DaysBefore, dayTotal } from './reference-days.js';
import type { Span } from './register-spans.js';
import { passedValue, soundValue, stampsOf } from './slots.js';
import type { Channel, Setting } from './types.js';

/** A finding and the stamp that it names. */
export interface Finding {
  code: string;
  stamp: number;
}

/** Check 8, for a span whose last slot is being settled. */
export function sumCheck(channel: Channel, span: Span): Finding[] {
  const { row, policy } = channel;
  if (span.advance === null) return [{ code: 'vee/register-decreased', stamp: span.end }];
  if (policy.actions.sum === 'ignore') return [];
  if (span.stamps.some((stamp) => passedValue(channel, stamp) === null)) return [];
  const difference = passedSum(channel, span) - span.advance;
  // Both sides x 100,000: the product of two values has ten decimals.
  const isWithin = (difference < 0n ? -difference : difference) * ONE <= policy.sumTolerance * row.multiplier;
  return isWithin ? [] : [{ code: 'vee/sum', stamp: span.end }];
}

/** Check 9; its floor is one of kWh. */
export function spike(setting: Setting, channel: Channel, day: number): Finding[] {
  const { spikeFloor, spikeRatio, actions } = channel.policy;
  if (actions.spike === 'ignore' || !isKwh(channel)) return [];
  const passed = stampsOf(setting, channel, day)
    .map((stamp) => ({ stamp, value: passedValue(channel, stamp) }))
    .filter((slot): slot is { stamp: number; value: bigint } => slot.value !== null);
  if (passed.length < 3) return [];
  const descending = [...passed].sort((a, b) => (b.value > a.value ? 1 : b.value < a.value ? -1 : 0));
  const [highest, third] = [descending[0]!.value, descending[2]!.value];
  if (highest < spikeFloor || (highest - third) * ONE <= spikeRatio * third) return [];
  return [{ code: 'vee/spike', stamp: passed.find(({ value }) => value === highest)!.stamp }];
}

/** Check 10: runs of one and the same value that touch the day; what follows the day does not count. */
export function runs(setting: Setting, channel: Channel, day: number): Finding[] {
  const { row, policy } = channel;
  const step = row.intervalMinutes;
  const stamps = stampsOf(setting, channel, day);
  const findings: Finding[] = [];
  const value = (stamp: number) => soundValue(channel, stamp);
  for (const [i, last] of stamps.entries()) {
    const same = value(last);
    const isRunsEnd = i + 1 === stamps.length || value(last + step) !== same;
    if (same === null || same < 0n || !isRunsEnd) continue;
    let before = last - step;
    while (value(before) === same) before -= step;
    const [code, hours, action] =
      same === 0n
        ? ['vee/zero-run', policy.zeroRunHours, policy.actions.zeroRun]
        : ['vee/frozen', policy.frozenRunHours, policy.actions.frozen];
    if (action === 'flag' && last - before >= hours * 60) findings.push({ code, stamp: last });
  }
  return findings;
}

/** Check 11 on a day with a value in every slot. */
export function highLow(
  setting: Setting,
  channel: Channel,
  { day, reference }: DaysBefore,
  values: bigint[],
): Finding[] {
  const { low, high, actions } = channel.policy;
  if (actions.highLow === 'ignore') return [];
  if (reference.length < 3) return [];
  const references = sumOf(reference.map((other) => dayTotal(setting, channel, other)));
  // Both sides x days x 100,000.
  const total = sumOf(values) * BigInt(reference.length) * ONE;
  if (total >= low * references && total <= high * references) return [];
  return [{ code: 'vee/high-low', stamp: stampsOf(setting, channel, day).at(-1)! }];
}
