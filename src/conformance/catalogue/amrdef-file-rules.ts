import type { Rule } from './rule.js';

/** Rules about a whole AMRDEF file. */
export const AMRDEF_FILE_RULES: readonly Rule[] = [
  {
    code: 'amrdef/unknown-meter',
    severity: 'error',
    title: 'The meter is not in the meter register that was given',
    wrong: 'The meter id is not in the file given with --register.',
    why: 'Reads of a meter that no service delivery point knows cannot be billed.',
    mend: 'Correct the meter id, or bring the meter register up to date.',
    clause: 'readmill: --register',
    example: '<Meter SerialNumber="UNKNOWN"/>',
  },
  {
    code: 'amrdef/no-readings',
    severity: 'error',
    title: 'The file holds no MeterReadings',
    wrong: 'The file has no MeterReadings in its root element AMRDEF.',
    why: 'A night without reads looks like a night that was delivered.',
    mend: 'Send the file again; leave it out where there is nothing to send.',
    clause: 'readmill: a file is sent for its readings',
    example: '<AMRDEF version="7.5"></AMRDEF>',
  },
];
