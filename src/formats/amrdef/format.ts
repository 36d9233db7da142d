import type { Format } from '../format.js';
import { AMRDEF_FAULTS } from './faults.js';
import { AmrdefRangeReader } from './range.js';
import type { AmrdefSettings } from './settings.js';

/** Elster AMRDEF, which EnergyAxis exports. */
export const AMRDEF_FORMAT: Format<AmrdefSettings> = {
  name: 'amrdef',
  faults: AMRDEF_FAULTS,
  emptyCode: 'amrdef/no-readings',
  detect: (text) => {
    // The root may stand behind comments; these may name it too, and then the file is refused for its root.
    // A document type may be longer than what is looked at, and hide the root: it is refused all the same.
    const isAmrdef = text.startsWith('<') && /<(?:AMRDEF[\s/>]|!DOCTYPE\s+AMRDEF[\s[>])/.test(text);
    return isAmrdef ? { profile: 'energyaxis', reason: 'XML with the root AMRDEF' } : null;
  },
  openReader: (settings) => new AmrdefRangeReader(settings),
  bytesPerCmepByte: 5,
  sampleBytes: 65_536,
  meterIdIn: (piece, _isStart, { meterIdAttribute }) => {
    const meter = /<Meter\s[^<>]*>/.exec(piece)?.[0] ?? '';
    return new RegExp(`\\s${meterIdAttribute}\\s*=\\s*["']([^"'&<>]+)["']`).exec(meter)?.[1] ?? '';
  },
  endsInLine: false,
};
