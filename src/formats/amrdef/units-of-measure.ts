import { REGISTER_OF, unitCode } from '../../model/units.js';

/** The units of AMRDEF, and what CMEP calls them; '' where CMEP has no such unit. */
const UNIT_OF_UOM: Readonly<Record<string, string>> = {
  kW: 'KW',
  kWh: 'KWH',
  kVAR: 'KVAR',
  kVARh: 'KVARH',
  kVA: 'KVA',
  kVAh: 'KVAH',
  Volts: 'VOLTS',
  CCF: 'CCF',
  Gal: 'GAL',
  ft3: 'CF',
  af: 'ACFT',
  ...Object.fromEntries(
    ['kQ', 'kQh', 'PowerFactor', 'Amperes', 'cgal', 'm3', 'in3', 'yd3', 'IG', 'L', 'Each', 'Times'].map(
      (uom) => [uom, ''],
    ),
  ),
};

export const DIRECTIONS: readonly string[] = ['Delivered', 'Received'];

/** What `unitOf` says instead of a unit: AMRDEF has it and CMEP has not; AMRDEF has no such unit. */
export const NO_UNIT = -1;
export const UNKNOWN_UOM = -2;

/**
 * Unit (`model/units`) of the readings of a channel.
 * @param uom attribute `UOM`
 * @param direction `Delivered` or `Received`
 * @param isRegister whether the readings are of a cumulative register
 * @returns the unit's code, NO_UNIT or UNKNOWN_UOM
 */
export function unitOf(uom: string, direction: string, isRegister: boolean): number {
  if (!Object.hasOwn(UNIT_OF_UOM, uom)) return UNKNOWN_UOM;
  if (!DIRECTIONS.includes(direction)) return UNKNOWN_UOM;
  const name = UNIT_OF_UOM[uom]!;
  const interval = unitCode(direction === 'Received' ? `G${name}` : name);
  if (interval < 0 || name === '') return NO_UNIT;
  return isRegister ? REGISTER_OF[interval]! : interval;
}

const COMMODITY_OF_TYPE: Readonly<Record<string, number>> = { EAGas: 1, EAWater: 3 };

/** Commodity (`COMMODITIES` of `model/units`) of a meter by its `MeterType`: electricity where it says nothing. */
export function commodityOf(meterType: string): number {
  return Object.hasOwn(COMMODITY_OF_TYPE, meterType) ? COMMODITY_OF_TYPE[meterType]! : 0;
}
