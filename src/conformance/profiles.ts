import { ALWAYS_ERRORS, CMEP_FAULTS } from '../formats/cmep/faults.js';
import {
  type CmepSettings,
  FIELD_BYTES,
  FLAG_FORM_BARE,
  FLAG_FORM_GROUPS,
  FLAG_FORM_MASK,
  SEVERITY,
} from '../formats/cmep/settings.js';
import { UNITS } from '../model/units.js';
import type { Profile } from './profile-schema.js';
import { RULES, ruleNumber, type SeverityName } from './rules.js';

export type { Profile } from './profile-schema.js';

/** Sensus writes the utility's name and a number, such as `UTILITY:123456`, into field 4. */
const SENSUS_CUSTOMER_BYTES = 32;

const STRICT: Profile = {
  name: 'cmep-1.20',
  title: 'CMEP v1.20 of 7 March 2000',
  delimiter: 'comma',
  lineBytes: 2048,
  fieldBytes: {},
  versions: ['19970819'],
  vendorRecordTypes: [],
  meterIdFields: [8],
  purposes: ['OK', 'RESEND', 'SUMMARY', 'HISTORY', 'PROFILE', 'TEMPLATE', 'REJECT'],
  commodities: 'EGSW',
  units: [...UNITS],
  intervalsMinutes: [1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30, 60, 120, 180, 240, 360, 480, 720, 1440],
  zeroInterval: false,
  flagForms: ['bare'],
  flagLetters: 'EANR',
  crc: 'any',
  timeZone: 'UTC',
  stampToleranceMinutes: 0,
  futureToleranceMinutes: 60,
  registerTolerance: 2,
  meterIdAttribute: 'SerialNumber',
  applyMultiplier: false,
  clockDriftSeconds: 180,
  severities: {},
};

/** The built-in profiles. */
export const PROFILES: readonly Profile[] = [
  STRICT,
  {
    ...STRICT,
    name: 'mdmr',
    title: 'MDM/R, as far as its public texts go: electricity in hours, half hours or quarter hours',
    commodities: 'E',
    intervalsMinutes: [15, 30, 60],
  },
  {
    ...STRICT,
    name: 'sensus',
    title: 'Sensus: flags with a bit mask, meter id in field 6 where field 8 is empty',
    fieldBytes: { '4': SENSUS_CUSTOMER_BYTES },
    versions: ['20080501', '19970819'],
    vendorRecordTypes: ['MLA01'],
    meterIdFields: [8, 6],
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
    title: 'TWACS (DCSI, Aclara): flag A is the normal case, interval 00000000 on registers',
    flagForms: ['bare', 'mask'],
    zeroInterval: true,
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
  {
    ...STRICT,
    name: 'energyaxis',
    title: 'Elster EnergyAxis: AMRDEF, in the zone of the meter or else Eastern Standard Time',
    timeZone: 'EST',
  },
];

/** A built-in profile by its name, or undefined. */
export function findProfile(name: string): Profile | undefined {
  return PROFILES.find((profile) => profile.name === name);
}

/** Severity of a rule under a profile. @throws Error for a code that is not in the catalogue */
export function severityUnder(profile: Profile, code: string): SeverityName | 'off' {
  return profile.severities[code] ?? RULES[ruleNumber(code)]!.severity;
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
  const severities = CMEP_FAULTS.map((code) => {
    return ALWAYS_ERRORS.includes(code) ? SEVERITY.error : SEVERITY[severityUnder(profile, code)];
  });
  const purposes = options.purposes;
  return {
    delimiter: profile.delimiter === 'tab' ? 9 : 44,
    versions: profile.versions,
    vendorRecordTypes: profile.vendorRecordTypes,
    meterIdFields: profile.meterIdFields,
    fieldBytes: FIELD_BYTES.map((bytes, i) => profile.fieldBytes[String(i + 1)] ?? bytes),
    flagForms: profile.flagForms.reduce((sum, form) => sum | FORM_BITS[form], 0),
    flagLetters: profile.flagLetters,
    intervalsMinutes: profile.intervalsMinutes,
    zeroInterval: profile.zeroInterval,
    purposes: purposes ? profile.purposes.filter((purpose) => purposes.includes(purpose)) : profile.purposes,
    commodities: profile.commodities,
    units: profile.units,
    crc: profile.crc,
    lineBytes: profile.lineBytes,
    stampToleranceMinutes: profile.stampToleranceMinutes,
    zoneMinutes,
    latestStamp: nowStamp + profile.futureToleranceMinutes,
    rejectTriples: options.rejectTriples ?? false,
    severities,
  };
}
