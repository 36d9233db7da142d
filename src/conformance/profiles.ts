import { CMEP_FAULTS, type CmepFaultCode } from '../formats/cmep/faults.js';
import {
  type CmepSettings,
  FLAG_FORM_BARE,
  FLAG_FORM_GROUPS,
  FLAG_FORM_MASK,
  SEVERITY,
} from '../formats/cmep/settings.js';
import { RULES } from './rules.js';

/** How a family of head ends writes CMEP: what it does otherwise than CMEP v1.20 says. */
export interface Profile {
  name: string;
  /** Whose files these are, for a person. */
  title: string;
  delimiter: 'comma' | 'tab';
  versions: string[];
  vendorRecordTypes: string[];
  meterIdInField6: boolean;
  flagForms: ('bare' | 'mask' | 'groups')[];
  flagLetters: string;
  intervalsMinutes: number[];
  purposes: string[];
  lineBytes: number;
  stampToleranceMinutes: number;
  futureToleranceMinutes: number;
  severities: Partial<Record<CmepFaultCode, keyof typeof SEVERITY>>;
}

const INTERVALS_MINUTES = [1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30, 60, 120, 180, 240, 360, 480, 720, 1440];

const STRICT: Profile = {
  name: 'cmep-1.20',
  title: 'CMEP v1.20 of 7 March 2000',
  delimiter: 'comma',
  versions: ['19970819'],
  vendorRecordTypes: [],
  meterIdInField6: false,
  flagForms: ['bare'],
  flagLetters: 'EANR',
  intervalsMinutes: INTERVALS_MINUTES,
  purposes: ['OK', 'RESEND', 'SUMMARY', 'HISTORY', 'PROFILE', 'TEMPLATE', 'REJECT'],
  lineBytes: 2048,
  stampToleranceMinutes: 0,
  futureToleranceMinutes: 60,
  severities: {},
};

/** The built-in profiles. */
export const PROFILES: readonly Profile[] = [
  STRICT,
  {
    ...STRICT,
    name: 'sensus',
    title: 'Sensus: flags with a bit mask, meter id in field 6 where field 8 is empty',
    versions: ['20080501', '19970819'],
    vendorRecordTypes: ['MLA01'],
    meterIdInField6: true,
    flagForms: ['bare', 'mask'],
    stampToleranceMinutes: 5,
  },
  {
    ...STRICT,
    name: 'smartsynch',
    title: 'SmartSynch: flags such as R 00 00, registers before intervals',
    flagForms: ['bare', 'groups'],
    stampToleranceMinutes: 1,
  },
  {
    ...STRICT,
    name: 'twacs',
    title: 'TWACS (DCSI, Aclara): flag A is the normal case',
    flagForms: ['bare', 'mask'],
  },
  {
    ...STRICT,
    name: 'yukon',
    title: 'Yukon: flags such as R 00 00, one read a line',
    versions: ['19970819', '20080519'],
    flagForms: ['bare', 'groups'],
  },
  {
    ...STRICT,
    name: 'tab',
    title: 'CMEP with tabs for commas and a header line',
    delimiter: 'tab',
    flagForms: ['bare', 'mask', 'groups'],
  },
];

/** A built-in profile by its name, or undefined. */
export function findProfile(name: string): Profile | undefined {
  return PROFILES.find((profile) => profile.name === name);
}

const FORM_BITS = { bare: FLAG_FORM_BARE, mask: FLAG_FORM_MASK, groups: FLAG_FORM_GROUPS };

/** Purposes whose records are reads to be carried; the others describe, summarise or refuse reads. */
export const PURPOSES_OF_READS = ['OK', 'RESEND', 'HISTORY'];

/**
 * A profile as plain settings for the reader.
 * @param zoneMinutes minutes that the stamps of the source are ahead of UTC
 * @param nowStamp the reference clock, minutes since 1970 UTC
 * @param options `purposes` and `severities` that the caller narrows or overrides
 */
export function readerSettings(
  profile: Profile,
  zoneMinutes: number,
  nowStamp: number,
  options: { purposes?: string[]; rejectTriples?: boolean } = {},
): CmepSettings {
  const severities = CMEP_FAULTS.map((code, number) => {
    return SEVERITY[profile.severities[code] ?? RULES[number]!.severity];
  });
  const purposes = options.purposes;
  return {
    delimiter: profile.delimiter === 'tab' ? 9 : 44,
    versions: profile.versions,
    vendorRecordTypes: profile.vendorRecordTypes,
    meterIdInField6: profile.meterIdInField6,
    flagForms: profile.flagForms.reduce((sum, form) => sum | FORM_BITS[form], 0),
    flagLetters: profile.flagLetters,
    intervalsMinutes: profile.intervalsMinutes,
    purposes: purposes ? profile.purposes.filter((purpose) => purposes.includes(purpose)) : profile.purposes,
    lineBytes: profile.lineBytes,
    stampToleranceMinutes: profile.stampToleranceMinutes,
    zoneMinutes,
    latestStamp: nowStamp + profile.futureToleranceMinutes,
    rejectTriples: options.rejectTriples ?? false,
    severities,
  };
}
