import type { Channel, MeterRow, Setting, Slot } from './types.js';

const DAY_MINUTES = 1440;

/** The read day that a slot or register read of this stamp ends in or with. */
export const dayOf = (setting: Setting, stamp: number): number =>
  Math.floor((stamp - 1 + setting.zoneMinutes) / DAY_MINUTES);

/** Stamp of a day's 00:00 in market time. */
export const startOf = (setting: Setting, day: number): number => day * DAY_MINUTES - setting.zoneMinutes;

/** Stamps of a day's slots. */
export function stampsOf(setting: Setting, channel: Channel, day: number): number[] {
  const { intervalMinutes } = channel.row;
  const start = startOf(setting, day);
  return Array.from({ length: DAY_MINUTES / intervalMinutes }, (_, i) => start + (i + 1) * intervalMinutes);
}

/** Whether a meter is active at the end of a slot. */
const covers = ({ activeFrom, activeTo }: MeterRow, stamp: number) =>
  (activeFrom === null || activeFrom < stamp) && (activeTo === null || stamp <= activeTo);

/** Whether the register says that another meter of the service delivery point covers the slot, and this one does not. */
export function isElsewhere({ row, otherRows }: Channel, stamp: number): boolean {
  if (otherRows.length === 0 || covers(row, stamp)) return false;
  return otherRows.some((other) => covers(other, stamp));
}

/** What is known of a slot, in the terms of the estimators. */
export type State = 'passed' | 'outage' | 'need' | 'elsewhere';

export function stateOf(channel: Channel, stamp: number): State {
  const slot = channel.slots.get(stamp);
  const kind = slot?.read?.judgement.kind;
  if (slot?.settled === 'actual' || (slot?.settled === null && kind === 'passed')) return 'passed';
  if (isElsewhere(channel, stamp)) return 'elsewhere';
  if (slot?.settled === 'outage-zero' || (slot?.settled === null && kind === 'outage')) return 'outage';
  return 'need';
}

/** Value of a slot that passed, else null. */
export function passedValue(channel: Channel, stamp: number): bigint | null {
  if (stateOf(channel, stamp) !== 'passed') return null;
  return channel.slots.get(stamp)!.read!.exact!;
}

/** Value of a slot that passed without outage status, else null. */
export function soundValue(channel: Channel, stamp: number): bigint | null {
  const value = passedValue(channel, stamp);
  return value === null || channel.slots.get(stamp)!.read!.judgement.hasOutageStatus ? null : value;
}

/** The slot, made where nothing is known of it. */
export function slotAt(channel: Channel, stamp: number): Slot {
  const found = channel.slots.get(stamp);
  if (found !== undefined) return found;
  const slot: Slot = { read: null, settled: null, estimate: null, isSent: false, sentFlag: '' };
  channel.slots.set(stamp, slot);
  return slot;
}
