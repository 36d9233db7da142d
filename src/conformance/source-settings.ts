import { ALWAYS_ERRORS as AMRDEF_ALWAYS_ERRORS, AMRDEF_FAULTS } from '../formats/amrdef/faults.js';
import type { AmrdefSettings } from '../formats/amrdef/settings.js';
import { SEVERITY } from '../formats/cmep/settings.js';
import type { SourceSettings } from '../formats/formats.js';
import { METER_ID_BYTES_MAX } from '../model/block.js';
import { UNITS_PER_ONE } from '../model/decimal.js';
import { type Profile, readerSettings, severityUnder } from './profiles.js';

/** Field of CMEP in which the meter id goes out, from 1. */
const METER_ID_FIELD = 8;

/** What a caller narrows: purposes of CMEP that are read, and whether a fault rejects one read alone. */
export interface SourceOptions {
  purposes?: string[];
  rejectTriples?: boolean;
}

/**
 * Settings of every format's reader for the files of one source, or of one call of `check`.
 * @param zoneMinutes minutes that the stamps of the source are ahead of UTC
 * @param nowStamp the reference clock, minutes since 1970 UTC
 */
export function sourceSettings(
  profile: Profile,
  zoneMinutes: number,
  nowStamp: number,
  options: SourceOptions = {},
): SourceSettings {
  const cmep = readerSettings(profile, zoneMinutes, nowStamp, options);
  const meterIdBytes = Math.min(cmep.fieldBytes[METER_ID_FIELD - 1]!, METER_ID_BYTES_MAX);
  return { cmep, amrdef: amrdefSettings(profile, meterIdBytes, zoneMinutes, nowStamp, options) };
}

function amrdefSettings(
  profile: Profile,
  meterIdBytes: number,
  zoneMinutes: number,
  nowStamp: number,
  { rejectTriples }: SourceOptions,
): AmrdefSettings {
  return {
    meterIdAttribute: profile.meterIdAttribute,
    meterIdBytes,
    applyMultiplier: profile.applyMultiplier,
    zoneMinutes,
    latestStamp: nowStamp + profile.futureToleranceMinutes,
    clockDriftSeconds: profile.clockDriftSeconds,
    registerTolerance: Math.round(profile.registerTolerance * UNITS_PER_ONE),
    rejectReadings: rejectTriples ?? false,
    severities: AMRDEF_FAULTS.map((code) => {
      return AMRDEF_ALWAYS_ERRORS.includes(code) ? SEVERITY.error : SEVERITY[severityUnder(profile, code)];
    }),
  };
}
