import { isHoliday, isSunday, weekdayOf } from './calendar.js';
import { soundValue, stampsOf } from './slots.js';
import type { Channel, Setting } from './types.js';

/** Settled, and all slots actual, passed and without outage status. */
function isWorthy(setting: Setting, channel: Channel, day: number): boolean {
  if (!channel.settledDays.has(day)) return false;
  return stampsOf(setting, channel, day).every((stamp) => soundValue(channel, stamp) !== null);
}

/** The days that a day may be estimated from. */
export interface DaysBefore {
  day: number;
  /** Worthy days of the history before it, the nearest first. */
  worthy: number[];
  /** Its reference days, by preference. */
  reference: number[];
}

export function daysBefore(setting: Setting, channel: Channel, day: number): DaysBefore {
  const { historyDays } = channel.policy;
  const before = Array.from({ length: historyDays }, (_, i) => day - 1 - i);
  const worthy = before.filter((earlier) => isWorthy(setting, channel, earlier));
  const holidays = worthy.filter((earlier) => isHoliday(setting, earlier));
  const others = worthy.filter((earlier) => !isHoliday(setting, earlier));
  const chosen = isHoliday(setting, day)
    ? [...holidays, ...others.filter(isSunday)]
    : others.filter((earlier) => weekdayOf(earlier) === weekdayOf(day));
  return { day, worthy, reference: chosen.slice(0, channel.policy.referenceDays) };
}

/** Value of the slot of another day that lies where this one lies in its day. */
export const valueOnDay = (channel: Channel, stamp: number, day: number, other: number): bigint =>
  channel.slots.get(stamp + (other - day) * 1440)!.read!.exact!;

/** Total of a day all of whose slots have passed. */
export function dayTotal(setting: Setting, channel: Channel, day: number): bigint {
  return stampsOf(setting, channel, day).reduce(
    (sum, stamp) => sum + channel.slots.get(stamp)!.read!.exact!,
    0n,
  );
}
