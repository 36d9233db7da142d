import type { CmepFaultCode } from '../../formats/cmep/faults.js';
import { exampleRecord } from './example-record.js';
import type { RuleText } from './rule.js';

/** Rules about fields 1 to 14 of a record of reads. */
export const CMEP_HEADER_RULES = {
  'cmep/record-version': {
    severity: 'warning',
    title: 'The record version is not one that the profile lists',
    wrong: 'Field 2 is not a version that the profile expects, such as 19970819.',
    why: 'Another version may order its fields otherwise. The record is read as if it had the right one.',
    mend: 'Write 19970819, or choose the profile of the head end: Sensus writes 20080501.',
    clause: 'CMEP v1.20, MEPMD01 field 2',
    example: exampleRecord({ 2: '20080501' }),
  },
  'cmep/missing-field': {
    severity: 'error',
    title: 'A mandatory field is empty or cut off',
    wrong: 'One of the fields 1, 2, 7, 9, 10, 11 and 14 has no content, or the record stops before it.',
    why: 'Without it the reads have no meaning: what is measured, when it was written, how many there are.',
    mend: 'Fill the field that the finding names.',
    clause: 'CMEP v1.20, MEPMD01 fields 1, 2, 7, 9, 10, 11, 14',
    example: exampleRecord({ 9: '' }),
    alwaysError: true,
  },
  'cmep/missing-meter-id': {
    severity: 'error',
    title: 'The record names no meter',
    wrong: 'The field that names the meter is empty: field 8, or what the profile says.',
    why: 'The reads belong to nobody.',
    mend: 'Write the meter id in field 8. Sensus writes it in field 6: use the profile sensus, or meterIdFields in a profile of your own.',
    clause: 'CMEP v1.20, MEPMD01 field 8',
    example: exampleRecord({ 8: '' }),
    alwaysError: true,
  },
  'cmep/bad-timestamp': {
    severity: 'error',
    title: 'Not a real time of the form CCYYMMDDHHMM',
    wrong:
      'A time stamp is not twelve digits that name a real minute: month 13, 30 February, 2400, two-digit years.',
    why: 'The value cannot be given a time.',
    mend: 'Write CCYYMMDDHHMM with 0000 to 2359. Midnight is 0000 of the next day, never 2400.',
    clause: 'CMEP v1.20, general rules: Date/Time',
    example: exampleRecord({ 18: '202611202400' }),
    alwaysError: true,
  },
  'cmep/bad-interval': {
    severity: 'error',
    title: 'Not a length MMDDHHMM that divides the hour or the day',
    wrong:
      'Field 13 is not eight digits MMDDHHMM, or names a length that divides neither the hour nor the day. 00000000 is taken for "none" where the profile says so (zeroInterval).',
    why: 'Times that are left out are made from the interval: a wrong one puts every value under a wrong time.',
    mend: 'Write 00000100 for an hour, 00000030, 00000015. Leave the field empty where every read has its time.',
    clause: 'CMEP v1.20, general rules: Time Interval; MEPMD01 field 13',
    example: exampleRecord({ 13: '00000007', 14: '1' }).split(',').slice(0, 17).join(','),
    alwaysError: true,
  },
  'cmep/interval-not-allowed': {
    severity: 'error',
    title: 'An interval length that the profile does not list',
    wrong: 'The interval is a right length, but not one of those that the profile allows.',
    why: 'The receiver has no place for reads of that length.',
    mend: 'Set the head end to one of the lengths of the profile, or add the length to a profile of your own (intervalsMinutes).',
    clause: 'The profile. CMEP v1.20 itself allows every length that divides the hour or the day',
    example: exampleRecord({ 13: '00000005', 18: '202611200605' }),
    exampleProfile: 'mdmr',
  },
  'cmep/bad-count': {
    severity: 'error',
    title: 'The count of reads is not a whole number',
    wrong: 'Field 14 is not a whole number of zero or more.',
    why: 'Without the count it cannot be seen that reads are missing from the line, or that fields have shifted.',
    mend: 'Write the number of reads on the line.',
    clause: 'CMEP v1.20, MEPMD01 field 14',
    example: exampleRecord({ 14: '2.5' }),
  },
  'cmep/count-exceeds-48': {
    severity: 'warning',
    title: 'More than 48 reads in one record',
    wrong: 'Field 14 is above 48.',
    why: 'The reads are taken. A receiver with room for 48 loses the others.',
    mend: 'Split the reads over several records.',
    clause: 'CMEP v1.20, MEPMD01 field 14: at most 48',
    example: exampleRecord({
      13: '00000015',
      14: '49',
      18: '',
      ...Object.fromEntries(
        Array.from({ length: 47 }, (_, k) => [21 + k * 3, 22 + k * 3, 23 + k * 3])
          .flat()
          .map((field) => [field, field % 3 === 0 ? '' : field % 3 === 1 ? 'R' : '0.5']),
      ),
    }),
  },
  'cmep/count-mismatch': {
    severity: 'error',
    title: 'The count differs from the reads on the line',
    wrong: 'Field 14 says another number than there are reads on the line.',
    why: 'Reads were lost, or a comma too many or too few has shifted all that follows it.',
    mend: 'Look for a comma within a text field and for a record that was cut off; then make the count right.',
    clause: 'CMEP v1.20, MEPMD01 field 14',
    example: exampleRecord({ 14: '3' }),
  },
  'cmep/unknown-purpose': {
    severity: 'error',
    title: 'A purpose that the profile does not list',
    wrong:
      'Field 9 is none of OK, RESEND, SUMMARY, HISTORY, PROFILE, TEMPLATE, REJECT, or not one that the profile lists. A run takes OK, RESEND and HISTORY only: the others are no reads.',
    why: 'It is not known whether the values are reads to be billed.',
    mend: 'Write OK for new reads, RESEND for reads that were sent before. Capital letters count.',
    clause: 'CMEP v1.20, MEPMD01 field 9',
    example: exampleRecord({ 9: 'SENT' }),
  },
  'cmep/unknown-commodity': {
    severity: 'error',
    title: 'A commodity that the profile does not list',
    wrong: 'Field 10 is none of E, G, W and S, or not one that the profile lists.',
    why: 'It is not known what is measured.',
    mend: 'Write E for electricity, G for gas, W for water, S for sewage.',
    clause: 'CMEP v1.20, MEPMD01 field 10',
    example: exampleRecord({ 10: 'X' }),
    alwaysError: true,
  },
  'cmep/unknown-units': {
    severity: 'error',
    title: 'Units that the profile does not list',
    wrong:
      'Field 11 is no unit of CMEP or its vendors, or not one that the profile lists. Capital letters count.',
    why: 'The values would be counted as something else.',
    mend: 'Write KWH, GKWH, KWHREG and so on.',
    clause: 'CMEP v1.20, MEPMD01 field 11',
    example: exampleRecord({ 11: 'KWHX' }),
    alwaysError: true,
  },
  'cmep/units-commodity-mismatch': {
    severity: 'warning',
    title: 'The units do not fit the commodity',
    wrong:
      'Field 11 is a unit that the commodity of field 10 is not measured in: kWh of water, CCF of electricity.',
    why: 'One of the two is wrong; the reads are kept under both as they came.',
    mend: 'Make commodity and units fit each other.',
    clause: 'CMEP v1.20, MEPMD01 fields 10 and 11',
    example: exampleRecord({ 10: 'G' }),
  },
} satisfies Partial<Record<CmepFaultCode, RuleText>>;
