/** Purposes of field 9 that CMEP v1.20 knows. */
export const PURPOSES = ['OK', 'RESEND', 'SUMMARY', 'HISTORY', 'PROFILE', 'TEMPLATE', 'REJECT'];
/** CMEP record types that carry no interval data or register reads. */
export const OTHER_TYPES = [
  'MEPAD01',
  'MEPAD02',
  'MEPBD01',
  'MEPBD02',
  'MEPBD03',
  'MEPLF01',
  'MEPEC01',
  'MEPRR01',
];
/** Carries time-of-use reads, which are not read: rejected, so that none is lost silently. */
export const TIME_OF_USE = 'MEPMD02';

/** Fields of an MEPMD01 record that must not be empty, besides the first. */
export const MANDATORY_FIELDS = [2, 7, 9, 10, 11, 14];
