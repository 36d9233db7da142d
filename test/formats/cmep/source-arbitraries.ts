import fc from 'fast-check';
import { findProfile, PURPOSES_OF_READS, readerSettings } from '../../../src/conformance/profiles.js';
import type { CmepSettings } from '../../../src/formats/cmep/settings.js';

/** After nearly all stamps, and in the midst of them. */
export const NOW_STAMP = Date.UTC(2027, 1, 1) / 60_000;
const EARLY_STAMP = Date.UTC(2026, 10, 21) / 60_000;

export interface Source {
  zoneMinutes: number;
  rejectTriples: boolean;
  otherProfile: boolean;
  /** What a profile of a user's own says otherwise. */
  own: Partial<CmepSettings>;
  nowStamp: number;
}

export const source: fc.Arbitrary<Source> = fc.record({
  zoneMinutes: fc.constantFrom(0, -300, 330),
  rejectTriples: fc.boolean(),
  otherProfile: fc.integer({ min: 0, max: 7 }).map((n) => n === 0),
  own: fc.constantFrom<Partial<CmepSettings>[]>(
    ...new Array(6).fill({}),
    { meterIdFields: [6] },
    { meterIdFields: [6, 8] },
    { meterIdFields: [8, 6] },
    { fieldBytes: [12, 12, 16, 12, 16, 2, 12, 3, 12, 12, 12, 16, 12, 16] },
    { units: ['KWH', 'GKWH'], commodities: 'E', intervalsMinutes: [60, 15] },
  ),
  nowStamp: fc.constantFrom(NOW_STAMP, NOW_STAMP, NOW_STAMP, EARLY_STAMP),
});

export function settingsOf(profile: string, given: Source): CmepSettings {
  const name = given.otherProfile ? 'sensus' : profile;
  const { zoneMinutes, nowStamp, rejectTriples, own } = given;
  const options = { purposes: PURPOSES_OF_READS, rejectTriples };
  return { ...readerSettings(findProfile(name)!, zoneMinutes, nowStamp, options), ...own };
}
