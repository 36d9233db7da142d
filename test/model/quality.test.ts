import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseFlag } from '../../src/formats/cmep/flag.js';
import { FLAG_FORM_BARE, FLAG_FORM_GROUPS, FLAG_FORM_MASK } from '../../src/formats/cmep/settings.js';
import {
  BAD_STATUS,
  DOUBTFUL_STATUS,
  decimalsOf,
  FORM_NAMED,
  flagText,
  LETTER_ADJUSTED,
  LETTER_ESTIMATED,
  LETTER_RAW,
  LETTERS,
  letterOf,
  maskOf,
  metaWord,
  OUTAGE_STATUS,
  STATUS,
  statusOf,
  withDecimals,
  withLetter,
} from '../../src/model/quality.js';

const ALL_FORMS = FLAG_FORM_BARE | FLAG_FORM_MASK | FLAG_FORM_GROUPS;

function parse(text: string, forms = ALL_FORMS, letters = 'EANR'): number {
  const bytes = Buffer.from(`#${text}#`, 'latin1');
  return parseFlag(bytes, 1, bytes.length - 1, forms, letters);
}

const letter = fc.constantFrom('R', 'E', 'A', 'N');
const digits = (max: number, count: number) =>
  fc.integer({ min: 0, max }).map((n) => String(n).padStart(count, '0'));
const maskText = fc
  .tuple(fc.integer({ min: 0, max: 2 ** 18 - 1 }), fc.integer({ min: 1, max: 7 }))
  .map(([mask, width]) => String(mask).padStart(width, '0'));
const goodFlag = fc.oneof(
  fc.constant(''),
  letter,
  fc.tuple(letter, maskText).map(([first, mask]) => first + mask),
  fc.tuple(letter, digits(99, 2), digits(99, 2)).map(([first, a, b]) => `${first} ${a} ${b}`),
);

describe('meta words', () => {
  it('keep every flag to the letter, whatever the decimals', () => {
    fc.assert(
      fc.property(goodFlag, fc.integer({ min: 0, max: 7 }), (text, decimals) => {
        const meta = parse(text);
        expect(meta).toBeGreaterThanOrEqual(0);
        const word = withDecimals(meta, decimals);
        expect(flagText(word)).toBe(text);
        expect(decimalsOf(word)).toBe(decimals);
        expect(LETTERS[letterOf(word)]).toBe(text.slice(0, 1));
        expect(withDecimals(word, 0)).toBe(meta);
      }),
      { numRuns: 5_000 },
    );
  });

  it('give back whatever text is accepted, of any short text', () => {
    const text = fc.string({ unit: fc.constantFrom(...'REANX 0123456789'), maxLength: 9 });
    fc.assert(
      fc.property(text, (given) => {
        const meta = parse(given);
        if (meta >= 0) expect(flagText(meta)).toBe(given);
      }),
      { numRuns: 20_000 },
    );
  });

  it('change the letter and keep the mask and its width', () => {
    expect(flagText(withLetter(parse('R004'), LETTER_ESTIMATED))).toBe('E004');
    expect(flagText(withLetter(parse('R 01 02'), LETTER_ADJUSTED))).toBe('A 01 02');
    expect(flagText(withLetter(parse('N'), LETTER_RAW))).toBe('R');
    fc.assert(
      fc.property(goodFlag, fc.integer({ min: 0, max: 4 }), (text, other) => {
        const word = withLetter(withDecimals(parse(text), 3), other);
        expect(flagText(word)).toBe(LETTERS[other] + text.slice(1));
        expect(decimalsOf(word)).toBe(3);
      }),
    );
  });
});

describe('flags of a dialect', () => {
  it.each([
    'X',
    'r',
    ' R',
    'R ',
    '0',
    'R-1',
    'R1.0',
    'R262144',
    'R00000000',
    'R 0 00',
    'R 00 000',
    'R  0 00',
  ])('knows no "%s"', (text) => {
    expect(parse(text)).toBe(-1);
  });

  it('are of its forms and letters only', () => {
    expect(parse('R', FLAG_FORM_MASK)).toBe(-1);
    expect(parse('R4', FLAG_FORM_BARE | FLAG_FORM_GROUPS)).toBe(-1);
    expect(parse('R 00 00', FLAG_FORM_BARE | FLAG_FORM_MASK)).toBe(-1);
    expect(parse('E', ALL_FORMS, 'ANR')).toBe(-1);
    expect(parse('', 0, '')).toBe(0);
    expect(parse('R262143')).toBeGreaterThan(0);
  });
});

describe('status', () => {
  // What each bit of a Sensus mask says (docs/vee.md, status classes); the others inform only.
  const STATUS_OF_BIT: Record<number, keyof typeof STATUS> = {
    1: 'completeOutage',
    2: 'restoration',
    5: 'missing',
    7: 'outOfService',
    8: 'timeChanged',
    9: 'overflow',
    10: 'longInterval',
    11: 'shortInterval',
    12: 'testMode',
    15: 'clockOutOfSynchrony',
    16: 'installed',
    17: 'removed',
  };

  it.each(Array.from({ length: 18 }, (_, bit) => bit))('of mask bit %i', (bit) => {
    const name = STATUS_OF_BIT[bit];
    expect(statusOf(parse(`R${2 ** bit}`))).toBe(name === undefined ? 0 : STATUS[name]);
  });

  it('of a mask is that of its bits together', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 18 - 1 }), (mask) => {
        let expected = 0;
        for (const [bit, name] of Object.entries(STATUS_OF_BIT)) {
          if (Math.floor(mask / 2 ** Number(bit)) % 2 === 1) expected |= STATUS[name];
        }
        expect(statusOf(parse(`N${mask}`))).toBe(expected);
      }),
      { numRuns: 2_000 },
    );
  });

  it('of letters and groups is none, of named flags what they name', () => {
    expect(statusOf(parse('N'))).toBe(0);
    expect(statusOf(parse('R 12 34'))).toBe(0);
    for (const status of Object.values(STATUS)) {
      const meta = metaWord(3, LETTER_RAW, FORM_NAMED, 0, status);
      expect(statusOf(meta)).toBe(status);
      expect(maskOf(meta)).toBe(status);
    }
  });

  it('is bad, doubtful or about an outage as the rules say', () => {
    const names = (bits: number) =>
      Object.entries(STATUS)
        .filter(([, bit]) => (bits & bit) !== 0)
        .map(([name]) => name)
        .sort();
    expect(names(BAD_STATUS)).toEqual(
      ['invalidTime', 'invalidValue', 'outOfService', 'overflow', 'skipped', 'testMode'].sort(),
    );
    expect(names(OUTAGE_STATUS)).toEqual(
      ['completeOutage', 'partialOutage', 'restoration', 'suspectedOutage'].sort(),
    );
    expect(names(DOUBTFUL_STATUS)).toEqual(
      [
        ...['partialInterval', 'shortInterval', 'longInterval', 'timeChanged', 'clockOutOfSynchrony'],
        ...['clockSet', 'partialOutage', 'suspectedOutage', 'restoration', 'installed', 'removed', 'tamper'],
      ].sort(),
    );
  });
});
