import { halfUp, ONE } from './exact.js';
import { maximumOf } from './judge-read.js';
import type { Channel, Setting } from './types.js';

export interface Span {
  start: number;
  end: number;
  /** Stamps of its slots. */
  stamps: number[];
  /** Null where the register went down and cannot have rolled over. */
  advance: bigint | null;
  isRolledOver: boolean;
}

function advanceOf(channel: Channel, start: number, end: number): bigint | null {
  const { row } = channel;
  const from = channel.registers.get(start)!.exact!;
  const to = channel.registers.get(end)!.exact!;
  const inUnits = (dial: bigint) => halfUp(dial * row.multiplier, ONE);
  if (to >= from) return inUnits(to - from);
  if (row.registerDigits === 0) return null;
  const rolledOver = to - from + 10n ** BigInt(row.registerDigits) * ONE;
  const isPossible = inUnits(rolledOver) * 60n <= maximumOf(channel) * BigInt(end - start);
  return rolledOver >= 0n && isPossible ? inUnits(rolledOver) : null;
}

/** All register spans of a channel, in the order of time. */
export function spansOf(setting: Setting, channel: Channel): Span[] {
  const { intervalMinutes } = channel.row;
  const stamps = [...channel.registers.keys()].sort((a, b) => a - b);
  const isOnBound = (stamp: number) => (stamp + setting.zoneMinutes) % intervalMinutes === 0;
  const spans: Span[] = [];
  for (let i = 0; i + 1 < stamps.length; i++) {
    const [start, end] = [stamps[i]!, stamps[i + 1]!];
    if (!isOnBound(start) || !isOnBound(end)) continue;
    if (end - start > channel.policy.historyDays * 1440) continue;
    const count = (end - start) / intervalMinutes;
    const slots = Array.from({ length: count }, (_, k) => start + (k + 1) * intervalMinutes);
    const advance = advanceOf(channel, start, end);
    const isRolledOver =
      advance !== null && channel.registers.get(end)!.exact! < channel.registers.get(start)!.exact!;
    spans.push({ start, end, stamps: slots, advance, isRolledOver });
  }
  return spans;
}
