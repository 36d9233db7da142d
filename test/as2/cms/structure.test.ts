import { expect, test } from 'vitest';
import { BerError } from '../../../src/as2/cms/ber-cursor.js';
import { parseStructure } from '../../../src/as2/cms/structure.js';

test.each([
  ['a time that is none', '18047878785a'],
  ['a length beyond the bytes', '3010'],
])('%s is no structure', (_, hex) => {
  expect(() => parseStructure(Buffer.from(hex, 'hex'), 'the attributes')).toThrow(BerError);
});
