/** Fields of a right record of two hours, from 1 as in the protocol. */
const FIELDS: Readonly<Record<number, string>> = {
  1: 'MEPMD01',
  2: '19970819',
  3: 'NORTH',
  4: '',
  5: 'MDMR',
  6: '',
  7: '202611210600',
  8: 'M1',
  9: 'OK',
  10: 'E',
  11: 'KWH',
  12: '',
  13: '00000100',
  14: '2',
  15: '202611200600',
  16: 'R',
  17: '1.250',
  18: '202611200700',
  19: 'R',
  20: '0.750',
};

/** The right record with some fields otherwise, for the examples of the catalogue. */
export function exampleRecord(changes: Readonly<Record<number, string>>): string {
  return Object.values({ ...FIELDS, ...changes }).join(',');
}
