import { readDayStart } from '../../model/time.js';
import { channelCode, IS_REGISTER, UNITS } from '../../model/units.js';
import { KeyBuilder } from '../../store/history/history-columns.js';
import type { RegisterSlice } from '../../store/register/meter-register.js';
import type { OpenList } from './open-list.js';
import type { SettleState } from './settle-state.js';

/** Commodity of electricity (`COMMODITIES`): only its channels are estimated where nothing came. */
const ELECTRICITY = 0;
const isElectric = (unit: number): boolean => /^[GNS]?K(W|VA|VAR)H?$/.test(UNITS[unit]!);

/**
 * For each complete day the interval channels that the register holds active and whose policy estimates
 * missing meters, in the order of keys. Those that did deliver are settled as ever.
 */
export function silentChannels(state: SettleState, slice: RegisterSlice | null): OpenList[] {
  const { task, rules } = state;
  if (slice === null || !task.vee.enabled) return [];
  const estimates = slice.serviceClasses.map((name) => rules.policyOf(name).estimateMissingMeters);
  if (!estimates.includes(true)) return [];
  return task.completeDays.map((day) => {
    const start = readDayStart(day, task.marketZoneMinutes);
    const end = readDayStart(day + 1, task.marketZoneMinutes);
    const keys = new KeyBuilder();
    for (let row = 0; row < slice.rows; row++) {
      const unit = slice.unitCodes[row]!;
      if (!estimates[slice.serviceClass[row]!] || IS_REGISTER[unit] === 1 || !isElectric(unit)) continue;
      if (slice.activeFrom[row]! >= end || slice.activeTo[row]! <= start) continue;
      const { meterIdBytes, meterIdOffsets } = slice;
      const channel = channelCode(unit, ELECTRICITY);
      keys.append(meterIdBytes, meterIdOffsets[row]!, meterIdOffsets[row + 1]!, channel);
    }
    return {
      day,
      columns: keys,
      rows: Int32Array.from({ length: keys.rowCount }, (_, i) => i),
      at: 0,
      isSilent: true,
    };
  });
}
