import { exampleRecord } from './example-record.js';
import type { Rule } from './rule.js';

const REGISTER = { 11: 'KWHREG', 13: '', 14: '2', 15: '202611200500', 17: '1000', 18: '202611210500' };

/** Rules about a whole file, or the files of one call: what no record shows by itself. */
export const CMEP_FILE_RULES: readonly Rule[] = [
  {
    code: 'cmep/duplicate-read',
    severity: 'error',
    title: 'The same meter, units and time stamp twice with different values',
    wrong:
      'Two reads of one meter, unit and time stamp disagree. It is information where both have the same value, or where a record of another file was sent with the purpose RESEND to replace the read.',
    why: 'It is not known which of the two is right; one of them would be billed.',
    mend: 'Send each read once. Send a corrected read with the purpose RESEND and in another file: within one file RESEND excuses nothing, since both values were there when it was written.',
    clause: 'readmill: one value for a meter, unit and time',
    example: `${exampleRecord({})}\n${exampleRecord({ 17: '1.500' })}`,
  },
  {
    code: 'cmep/register-decreased',
    severity: 'warning',
    title: 'A register lower than the one before it, and no rollover possible',
    wrong:
      'A cumulative register read is lower than the one before it of the same meter and unit, and the dial cannot have rolled over: the advance over its end would be more than the service can carry. A flag that says rollover or reset, and net registers, are no fault.',
    why: 'A meter only counts up. It was exchanged or reset, two meters share an id, or a value is wrong. The span gives no control total.',
    mend: 'Check the meter id and whether the meter was exchanged.',
    clause: 'readmill: registers of CMEP v1.20 (units ...REG) are cumulative',
    example: exampleRecord({ ...REGISTER, 20: '998' }),
  },
  {
    code: 'cmep/register-sum-mismatch',
    severity: 'warning',
    title: 'Register advance and the sum of the intervals disagree',
    wrong:
      'Between two register reads of a meter the intervals do not add up to what the register advanced, by more than the tolerance (registerTolerance of the profile, times the multiplier).',
    why: 'Intervals are missing, doubled or of another meter, or the multiplier is wrong.',
    mend: 'Look for missing intervals and for the multiplier of the meter.',
    clause: 'readmill: the sum check of validation, over one file',
    example: `${exampleRecord({ ...REGISTER, 15: '202611200500', 18: '202611200700', 20: '1050' })}\n${exampleRecord({})}`,
  },
  {
    code: 'cmep/empty-file',
    severity: 'error',
    title: 'The file holds no record',
    wrong: 'The file is empty, or holds only blank lines or a header.',
    why: 'A night without reads looks like a night that was delivered.',
    mend: 'Send the file again; leave it out where there is nothing to send.',
    clause: 'readmill: a file is sent for its records',
    example: '<END>',
  },
  {
    code: 'cmep/unknown-meter',
    severity: 'error',
    title: 'The meter is not in the meter register that was given',
    wrong: 'The meter id of the record is not in the file given with --register.',
    why: 'Reads of a meter that no service delivery point knows cannot be billed.',
    mend: 'Correct the meter id, or bring the meter register up to date.',
    clause: 'readmill: --register',
    example: exampleRecord({ 8: 'UNKNOWN' }),
  },
];
