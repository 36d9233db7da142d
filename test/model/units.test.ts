import { describe, expect, it } from 'vitest';
import {
  COMMODITIES,
  channelCode,
  commodityOfChannel,
  INTERVAL_OF,
  IS_KWH,
  IS_ONE_WAY_ENERGY,
  IS_REGISTER,
  REGISTER_OF,
  UNITS,
  unitCode,
  unitOfChannel,
} from '../../src/model/units.js';

/** Units of CMEP v1.20 as the protocol lists them, and what vendors add. */
const OF_PROTOCOL = [
  ...'KWHREG KVAHREG KVARHREG GASREG PULSE KW KVA KVAR KWH KVAH KVARH'.split(' '),
  ...'GKW GKVA GKVAR GKWH GKVAH GKVARH VOLTS BTU THERM GAL CF CCF MCF ACFT LBS $'.split(' '),
];
const OF_VENDORS = 'NKWH SKWH GALREG CFREG CCFREG SKWHREG GKWHREG'.split(' ');

describe('units', () => {
  it('are those of the protocol and its vendors, each once, in byte order', () => {
    for (const unit of [...OF_PROTOCOL, ...OF_VENDORS]) expect(UNITS[unitCode(unit)]).toBe(unit);
    expect(new Set(UNITS).size).toBe(UNITS.length);
    expect([...UNITS].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))).toEqual(UNITS);
    for (const text of ['', 'kwh', 'KWH ', 'XKWH']) expect(unitCode(text)).toBe(-1);
  });

  it('know their register and the other way round', () => {
    for (const [code, unit] of UNITS.entries()) {
      expect(IS_REGISTER[code]).toBe(unit.endsWith('REG') ? 1 : 0);
      const register = REGISTER_OF[code]!;
      if (register >= 0) {
        expect(UNITS[register]).toBe(`${unit}REG`);
        expect(INTERVAL_OF[register]).toBe(code);
      }
    }
    expect(UNITS[REGISTER_OF[unitCode('GKWH')]!]).toBe('GKWHREG');
    expect(INTERVAL_OF[unitCode('KWH')]).toBe(-1);
  });

  it('say where a negative value cannot be and where the maximum in kWh applies', () => {
    const marked = (marks: Uint8Array) => UNITS.filter((_, code) => marks[code] === 1).sort();
    expect(marked(IS_ONE_WAY_ENERGY)).toEqual(['KWH', 'KVAH', 'KVARH', 'GKWH', 'GKVAH', 'GKVARH'].sort());
    expect(marked(IS_KWH)).toEqual(['GKWH', 'KWH']);
  });

  it('make channels that fit a byte and come apart again', () => {
    for (const unit of UNITS.keys()) {
      for (const commodity of [...COMMODITIES].keys()) {
        const channel = channelCode(unit, commodity);
        expect(channel).toBeLessThan(256);
        expect([unitOfChannel(channel), commodityOfChannel(channel)]).toEqual([unit, commodity]);
      }
    }
  });
});
