import { COMMODITIES, commodityOfChannel, UNITS, unitOfChannel } from '../../model/units.js';

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

/** By channel: 1 where the unit may be of the commodity. */
export const FITS_COMMODITY = Uint8Array.from({ length: UNITS.length * COMMODITIES.length }, (_, channel) => {
  const fitting = COMMODITIES_OF_UNIT[UNITS[unitOfChannel(channel)]!];
  return fitting === undefined || fitting.includes(COMMODITIES[commodityOfChannel(channel)]!) ? 1 : 0;
});
