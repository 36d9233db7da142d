/** Numbers from a seed, so that one number stands for an input: the state is 32 bits (mulberry32). */
export class Dice {
  constructor(private state: number) {}

  /** A whole number from 0 to `below - 1`. */
  below(below: number): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * below);
  }

  oneOf<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!;
  }
}

const STAMP = '202611200600';
const NEXT = '202611200700';
/** Records as dialects write them, that an input begins from. */
const RECORDS = [
  `MEPMD01,19970819,S,C,R,RC,${STAMP},M1,OK,E,KWH,,00000100,2,${STAMP},R,1.250,${NEXT},,0.5`,
  `MEPMD01,19970819,S,C,R,RC,${STAMP},M1,OK,E,KWHREG,1,,2,${STAMP},R,1000,${NEXT},R,998.25`,
  `MEPMD01,20080501,SENSUS,SPS:1,1,B2,${STAMP},,OK,W,GALREG,1.0,00000100,2,${STAMP},R0,36318,${NEXT},N32,0`,
  `MEPMD01,19970819,SmartSynch,O,ST ,P,${STAMP},05550268,OK,E,KWH,1,00000015,3,${STAMP},R 00 00,0.08,,R 00 00,0.1,,N 00 00,`,
  `MEPMD01,20080519,Y,,U,,${STAMP},Y1,OK,E,KWH,,,1,${STAMP},R 00 00,1.5`,
  `MEPMD01\t19970819\tT\tC\tR\t\t${STAMP}\tT1\tOK\tE\tKWH\t\t00000100\t1\t${STAMP}\tR4\t3.125`,
  `MEPMD01,19970819,S,C,R,RC,${STAMP},M2,RESEND,E,KWH,,00000100,24${`,,,1.${'5'}`.repeat(24)}`,
  'MEPEC01,anything',
  'MLA01,x',
];
const ENDS = ['\r\n', '\r\n', '\r\n', '\n', '\r', '', '\n\r'];
/** Texts that stand where something else should. */
const PIECES = [
  ...[
    '',
    ',',
    ',,,',
    '"',
    '""',
    ' ',
    '\t',
    '\r',
    '\n',
    '\u0000',
    '\u00ff',
    '-',
    '+',
    '.',
    'H',
    'HFFFFFFFF',
    'N',
    'N32',
  ],
  ...[
    '1e9',
    '1E-9',
    '9999999999.99999',
    '-0.000005',
    '99999999999999999',
    '00000000',
    '00000060',
    '99123199',
    '48',
    '49',
  ],
  ...[
    '202602300000',
    '299912312359',
    '197001010000',
    '202611202400',
    'KWHREG',
    'RESEND',
    'MEPMD02',
    'x'.repeat(300),
  ],
];
const CHANGES_MAX = 6;
const RECORDS_IN_INPUT_MAX = 4;
const SOUP_BYTES_MAX = 400;

/** One input: records with changes, or bytes that are none. */
export function makeInput(dice: Dice): Buffer {
  if (dice.below(8) === 0) {
    return Buffer.from(Array.from({ length: dice.below(SOUP_BYTES_MAX) }, () => dice.below(256)));
  }
  let text = '';
  const record = dice.oneOf(RECORDS);
  for (let n = 1 + dice.below(RECORDS_IN_INPUT_MAX); n > 0; n--) {
    text += (dice.below(3) === 0 ? dice.oneOf(RECORDS) : record) + dice.oneOf(ENDS);
  }
  const changes = dice.below(2) === 0 ? dice.below(2) : dice.below(CHANGES_MAX);
  for (let n = changes; n > 0; n--) text = changed(text, dice);
  return Buffer.from(text, 'latin1');
}

function changed(text: string, dice: Dice): string {
  const at = dice.below(text.length + 1);
  const comma = text.indexOf(',', at);
  switch (dice.below(7)) {
    case 0:
      return text.slice(0, at) + String.fromCharCode(dice.below(256)) + text.slice(at + 1);
    case 1:
      return text.slice(0, at) + text.slice(at + 1 + dice.below(12));
    case 2:
      return text.slice(0, at) + dice.oneOf(PIECES) + text.slice(at);
    case 3: {
      const end = text.indexOf(',', comma + 1);
      return comma < 0 || end < 0 ? text : text.slice(0, comma + 1) + dice.oneOf(PIECES) + text.slice(end);
    }
    case 4:
      return (
        text.slice(0, at) + text.slice(at, at + dice.below(60)).repeat(1 + dice.below(3)) + text.slice(at)
      );
    case 5:
      return text.slice(0, at);
    default:
      return comma < 0 ? text : text.slice(0, comma) + text.slice(comma + 1);
  }
}
