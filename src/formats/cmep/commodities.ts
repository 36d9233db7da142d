import { UNITS } from '../../model/units.js';

/**
 * Commodities that a unit can be of, where it says so: electricity in kW and volts, gas in therms, water and
 * sewage in gallons and acre-feet, volumes of all that flows. Heat, weight, pulses and money fit each.
 */
const COMMODITIES_OF_UNIT: Readonly<Record<string, string>> = {
  ...Object.fromEntries(UNITS.filter((unit) => /K(W|VA)/.test(unit)).map((unit) => [unit, 'E'])),
  VOLTS: 'E',
  THERM: 'G',
  GASREG: 'G',
  GAL: 'SW',
  GALREG: 'SW',
  ACFT: 'SW',
  ...Object.fromEntries(['CF', 'CCF', 'MCF', 'CFREG', 'CCFREG'].map((unit) => [unit, 'GSW'])),
};

/** Whether a unit may be of a commodity, both as their texts. */
export function fitsCommodity(unit: string, commodity: string): boolean {
  return COMMODITIES_OF_UNIT[unit]?.includes(commodity) ?? true;
}
