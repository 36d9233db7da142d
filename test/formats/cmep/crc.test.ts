import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CRC_VARIANTS, crc16, isRightCrc } from '../../../src/formats/cmep/crc.js';

/** CRC of the nine digits 123456789, as catalogues of CRC variants list it. */
const CHECKS = {
  arc: 0xbb3d,
  modbus: 0x4b37,
  'ccitt-false': 0x29b1,
  xmodem: 0x31c3,
  kermit: 0x2189,
  'x-25': 0x906e,
};

describe('checksums', () => {
  it.each(CRC_VARIANTS)('%s gives its published check value', (variant) => {
    expect(crc16(Buffer.from('x123456789x'), 1, 10, variant)).toBe(CHECKS[variant]);
  });

  it('are right with and without the comma before them, and only of the variant that is named', () => {
    const record = Buffer.from('MEPMD01,19970819,H0000');
    const comma = record.lastIndexOf(',');
    for (const variant of CRC_VARIANTS) {
      for (const end of [comma, comma + 1]) {
        const told = crc16(record, 0, end, variant);
        expect(isRightCrc(record, 0, comma, told, variant)).toBe(true);
        expect(isRightCrc(record, 0, comma, told, 'any')).toBe(true);
        const other = variant === 'arc' ? 'xmodem' : 'arc';
        expect(isRightCrc(record, 0, comma, told, other)).toBe(false);
      }
    }
    expect(isRightCrc(record, 0, comma, 0, 'any')).toBe(false);
    expect(isRightCrc(record, 0, comma, 0, 'ignore')).toBe(true);
  });

  it('change with each bit of the record', () => {
    const line = fc.uint8Array({ minLength: 1, maxLength: 300 });
    fc.assert(
      fc.property(
        line,
        fc.nat(299),
        fc.nat(7),
        fc.constantFrom(...CRC_VARIANTS),
        (bytes, at, bit, variant) => {
          const changed = bytes.slice();
          changed[at % bytes.length]! ^= 1 << bit;
          expect(crc16(changed, 0, bytes.length, variant)).not.toBe(crc16(bytes, 0, bytes.length, variant));
        },
      ),
    );
  });
});
