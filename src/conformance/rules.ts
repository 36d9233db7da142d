import { CMEP_FAULTS } from '../formats/cmep/faults.js';

export type SeverityName = 'error' | 'warning' | 'info';

/** One rule of the catalogue. Codes are contract: a code's meaning never changes. */
export interface Rule {
  code: string;
  /** Under the strict profile; a profile may change it. */
  severity: SeverityName;
  /** What is wrong, in a few words. */
  title: string;
}

const TITLES: Record<(typeof CMEP_FAULTS)[number], [SeverityName, string]> = {
  'cmep/unknown-record-type': ['error', 'The line does not begin with a CMEP record type'],
  'cmep/unsupported-record-type': ['info', 'A CMEP record type that carries no interval or register reads'],
  'cmep/record-version': ['warning', 'The record version is not one that the profile lists'],
  'cmep/line-too-long': ['error', 'The line is longer than 2,048 characters with its line end'],
  'cmep/line-ending': ['warning', 'The line ends in LF or CR alone instead of CR LF'],
  'cmep/missing-final-newline': ['warning', 'The last record has no line end'],
  'cmep/not-ascii': ['error', 'The line holds a byte that is not printable ASCII'],
  'cmep/field-too-long': ['error', 'The field is longer than the protocol allows'],
  'cmep/missing-field': ['error', 'A mandatory field is empty or cut off'],
  'cmep/missing-meter-id': ['error', 'The record names no meter'],
  'cmep/bad-timestamp': ['error', 'Not a real time of the form CCYYMMDDHHMM'],
  'cmep/bad-interval': ['error', 'Not a length MMDDHHMM that divides the hour or the day'],
  'cmep/interval-not-allowed': ['error', 'An interval length that the profile does not list'],
  'cmep/bad-count': ['error', 'The count of reads is not a whole number'],
  'cmep/count-exceeds-48': ['warning', 'More than 48 reads in one record'],
  'cmep/count-mismatch': ['error', 'The count differs from the reads on the line'],
  'cmep/first-stamp-missing': ['error', 'The first read has no time stamp'],
  'cmep/implied-stamp-without-interval': ['error', 'An empty time stamp, and no interval to make it from'],
  'cmep/stamp-not-aligned': ['warning', 'The time stamp lies off the grid of the interval'],
  'cmep/stamp-order': ['error', 'The time stamp is not later than the one before'],
  'cmep/stamp-gap': ['warning', 'The step between two time stamps is longer than the interval'],
  'cmep/stamp-in-future': ['error', 'The time stamp lies in the future'],
  'cmep/bad-quality-flag': ['error', 'A quality flag that the dialect does not know'],
  'cmep/bad-number': ['error', 'Not a CMEP number'],
  'cmep/number-too-long': ['error', 'A number over 16 characters or beyond +/-9999999999.99999'],
  'cmep/too-many-decimals': ['warning', 'More than five decimals: rounded half up to five'],
  'cmep/value-missing': ['error', 'No value, and the quality flag is not N'],
  'cmep/value-with-n-flag': ['info', 'A value with the flag N: ignored'],
  'cmep/negative-consumption': ['warning', 'A negative value in a consumption unit'],
  'cmep/unknown-purpose': ['error', 'A purpose that the profile does not list'],
  'cmep/unknown-commodity': ['error', 'The commodity is none of E, G, W, S'],
  'cmep/unknown-units': ['error', 'Units that the profile does not list'],
  'cmep/units-commodity-mismatch': ['warning', 'The units do not fit the commodity'],
  'cmep/bad-quoting': ['error', 'A quote that does not open and close at the bounds of the field'],
  'cmep/extra-fields': ['error', 'More after the last read than a checksum'],
  'cmep/bad-crc': ['error', 'The checksum is wrong'],
};

/** Rules about a whole file or the night, beyond the reading of one record. */
const FURTHER_RULES: Rule[] = [
  { code: 'cmep/empty-file', severity: 'error', title: 'The file holds no record' },
  { code: 'vee/unknown-meter', severity: 'error', title: 'The channel is not in the meter register' },
  {
    code: 'vee/interval-mismatch',
    severity: 'error',
    title: 'The interval differs from that of the channel',
  },
  {
    code: 'vee/constant-mismatch',
    severity: 'error',
    title: 'The constant differs from that of the channel',
  },
  { code: 'vee/off-grid', severity: 'error', title: 'The stamp fits no slot of the read day' },
  {
    code: 'vee/duplicate-read',
    severity: 'warning',
    title: 'A slot given more than once with different values',
  },
  { code: 'vee/missing', severity: 'warning', title: 'No value for a slot' },
  { code: 'vee/outage', severity: 'info', title: 'No value, or zero, in a complete outage' },
  { code: 'vee/bad-status', severity: 'warning', title: 'A status that makes the value unusable' },
  { code: 'vee/doubtful-status', severity: 'info', title: 'A status that makes the value doubtful' },
  { code: 'vee/negative', severity: 'warning', title: 'A negative value on an energy channel' },
  { code: 'vee/over-maximum', severity: 'warning', title: 'A value over the maximum of the service' },
  { code: 'vee/sum', severity: 'warning', title: 'The intervals do not add up to the register advance' },
  { code: 'vee/register-decreased', severity: 'warning', title: 'The register went down: span not used' },
  {
    code: 'vee/negative-scaling-refused',
    severity: 'warning',
    title: 'Measured slots exceed the register advance',
  },
  {
    code: 'vee/spike',
    severity: 'warning',
    title: 'The highest value of the day stands far above the others',
  },
  { code: 'vee/zero-run', severity: 'warning', title: 'Zeros without a break and without an outage' },
  { code: 'vee/frozen', severity: 'warning', title: 'One and the same value without a break' },
  {
    code: 'vee/high-low',
    severity: 'warning',
    title: 'The day total is far from that of the reference days',
  },
  { code: 'vee/needs-review', severity: 'warning', title: 'No method applied: sent without a value' },
];

/** The catalogue. A rule's number is its place; the first ones are the faults of the CMEP reader. */
export const RULES: readonly Rule[] = [
  ...CMEP_FAULTS.map((code) => ({ code, severity: TITLES[code][0], title: TITLES[code][1] })),
  ...FURTHER_RULES,
];

const numbers = new Map(RULES.map((rule, number) => [rule.code, number]));

/**
 * Number of a rule by its code.
 * @throws Error for a code that is not in the catalogue
 */
export function ruleNumber(code: string): number {
  const number = numbers.get(code);
  if (number === undefined) throw new Error(`no rule ${code} in the catalogue`);
  return number;
}
