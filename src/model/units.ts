/**
 * Units of measure of CMEP v1.20 and its vendors. A unit's code is its place in the alphabetical list, so
 * that comparing codes orders records as the output wants them. Codes live in memory and in the work
 * files of one run only; what is kept for ever holds the text.
 */

const POWER_AND_ENERGY = ['KW', 'KVA', 'KVAR', 'KWH', 'KVAH', 'KVARH'];
const ENERGY = ['KWH', 'KVAH', 'KVARH'];
/** '' delivered, G received, N net, S sum of both. */
const PREFIXES = ['', 'G', 'N', 'S'];

export const UNITS: readonly string[] = [
  ...PREFIXES.flatMap((prefix) => POWER_AND_ENERGY.map((unit) => prefix + unit)),
  ...PREFIXES.flatMap((prefix) => ENERGY.map((unit) => `${prefix + unit}REG`)),
  ...['PULSE', 'VOLTS', 'BTU', 'THERM', 'GAL', 'CF', 'CCF', 'MCF', 'ACFT', 'LBS', '$'],
  ...['GASREG', 'GALREG', 'CFREG', 'CCFREG'],
].sort();

export const UNIT_LENGTH_MAX = Math.max(...UNITS.map((unit) => unit.length));

const codes = new Map(UNITS.map((unit, code) => [unit, code]));

/** Code of a unit's text, or -1. */
export function unitCode(text: string): number {
  return codes.get(text) ?? -1;
}

/** 1 where the unit is a cumulative register read. */
export const IS_REGISTER = Uint8Array.from(UNITS, (unit) => (unit.endsWith('REG') ? 1 : 0));

/** 1 where a negative value cannot be: energy delivered or received, each by itself. */
export const IS_ONE_WAY_ENERGY = Uint8Array.from(UNITS, (unit) =>
  ENERGY.some((energy) => unit === energy || unit === `G${energy}`) ? 1 : 0,
);

const AMOUNTS = ['BTU', 'THERM', 'GAL', 'CF', 'CCF', 'MCF', 'ACFT', 'LBS'];

/** 1 where the unit is an amount counted in one direction: energy but for net, volumes, heat, weight. */
export const IS_CONSUMPTION = Uint8Array.from(UNITS, (unit) =>
  AMOUNTS.includes(unit) || ENERGY.some((energy) => ['', 'G', 'S'].some((prefix) => unit === prefix + energy))
    ? 1
    : 0,
);

/** 1 where `maximum_kwh` bounds an interval value. */
export const IS_KWH = Uint8Array.from(UNITS, (unit) => (unit === 'KWH' || unit === 'GKWH' ? 1 : 0));

/** Code of the register that counts an interval unit (KWH -> KWHREG), or -1. */
export const REGISTER_OF = Int16Array.from(UNITS, (unit) => unitCode(`${unit}REG`));

/** Code of the interval unit that a register counts (KWHREG -> KWH), or -1. */
export const INTERVAL_OF = Int16Array.from(UNITS, (unit) =>
  unit.endsWith('REG') ? unitCode(unit.slice(0, -3)) : -1,
);

/** Electricity, gas, sewage, water: the letters of CMEP field 10, in the order of their codes. */
export const COMMODITIES = 'EGSW';

/** A channel of a meter: what is measured, of which commodity. Ordered by unit, then commodity. */
export function channelCode(unit: number, commodity: number): number {
  return unit * 4 + commodity;
}

export const unitOfChannel = (channel: number): number => channel >> 2;
export const commodityOfChannel = (channel: number): number => channel & 3;
