import fc from 'fast-check';

/** A dialect as files of it look; written here by hand, not taken from the generator of readmill. */
interface Look {
  profile: string;
  delimiter: string;
  lead: string;
  /** Fields 5 to 8 but for field 7; `#` stands for the meter. */
  receiver: string;
  customer: string;
  meterId: string;
  flags: string[];
  missing: string;
  constants: string[];
  registerInterval: boolean;
}

export const LOOKS: readonly Look[] = [
  {
    profile: 'cmep-1.20',
    delimiter: ',',
    lead: 'MEPMD01,19970819,NORTH,CUST01',
    receiver: 'MDMR',
    customer: 'MDMR01',
    meterId: 'M#',
    flags: ['', 'R', 'E', 'A'],
    missing: 'N,',
    constants: ['', '1', '2.5'],
    registerInterval: false,
  },
  {
    profile: 'sensus',
    delimiter: ',',
    lead: 'MEPMD01,20080501,SENSUS,LDC:100001',
    receiver: '1#',
    customer: 'M#',
    meterId: '',
    flags: ['R0', 'R4', 'R64', 'E32', 'R002'],
    missing: 'N32,0',
    constants: ['1.0', '', '40'],
    registerInterval: false,
  },
  {
    profile: 'smartsynch',
    delimiter: ',',
    lead: 'MEPMD01,19970819,SmartSynch,ORG00001',
    receiver: 'UTILITY ',
    customer: 'P#',
    meterId: 'M#',
    flags: ['R 00 00', 'R 01 00', ''],
    missing: 'N 00 00,',
    constants: ['1', '0.00001'],
    registerInterval: true,
  },
  {
    profile: 'twacs',
    delimiter: ',',
    lead: 'MEPMD01,19970819,DCSI,',
    receiver: 'UTIL',
    customer: '',
    meterId: '#',
    flags: ['A', 'A0'],
    missing: 'N0,',
    constants: [''],
    registerInterval: true,
  },
  {
    profile: 'yukon',
    delimiter: ',',
    lead: 'MEPMD01,20080519,YUKON,',
    receiver: 'UTIL',
    customer: '',
    meterId: 'Y#',
    flags: ['R 00 00'],
    missing: 'N 00 00,',
    constants: [''],
    registerInterval: false,
  },
  {
    profile: 'tab',
    delimiter: '\t',
    lead: 'MEPMD01,19970819,TABS,CUST',
    receiver: 'MDMR',
    customer: '',
    meterId: 'T#',
    flags: ['', 'R', 'R4', 'R 00 00'],
    missing: 'N,',
    constants: [''],
    registerInterval: false,
  },
];

const END_OF_LINE = ['\r\n', '\r\n', '\r\n', '\n', '\r', '\r\n\r\n', '\n\n  \n'];
const UNITS = ['KWH', 'KWH', 'KWHREG', 'GKWH', 'KVARH', 'NKWH', 'PULSE', 'GASREG'];
const INTERVALS = [60, 60, 15, 15, 30, 5, 1440, 0, 1];
const ODD_VALUES = [
  ...['0', '007', '.5', '5.', '12345.67890', '0.123456', '0.000005', '-0.000005', '-1.5', '+2', '1e3'],
  ...['1.5D2', '2E-3', '1e', 'H1F', 'h0a', 'Hxyz', '9999999999.99999', '10000000000', '999999999999999'],
  ...['1234567890123456', '12345678901234567', '123456789.1', '1234567890.12', '0000000000001.5', '.', ''],
  ...['1..2', '1.2.3', '0.0.', ' 1.5', '1.5 ', '"1.5"', 'x', '1.50000', '9.999', '10.000', '-', '+'],
];

/** One record, in numbers that fast-check can make smaller. */
const lineSpec = fc.record({
  meter: fc.nat(12),
  unit: fc.nat(UNITS.length - 1),
  interval: fc.nat(INTERVALS.length - 1),
  count: fc.oneof({ weight: 5, arbitrary: fc.integer({ min: 1, max: 5 }) }, fc.constantFrom(24, 48, 49, 0)),
  startHour: fc.nat(60),
  /** 0 explicit stamps, 1 implied, 2 a mixture, 3 all the same. */
  stamps: fc.constantFrom(0, 0, 0, 0, 0, 1, 1, 1, 2, 3),
  flag: fc.nat(4),
  oneFlag: fc.integer({ min: 0, max: 5 }).map((n) => n > 0),
  constant: fc.nat(2),
  seed: fc.nat(1_000_000),
  /** How often a value, a flag or a stamp is odd: never, or one in this many. */
  oddity: fc.constantFrom(0, 0, 0, 0, 0, 60, 8),
  tail: fc.constantFrom(...new Array(12).fill(''), ',', ',H1A2B', ',,'),
  end: fc.nat(END_OF_LINE.length - 1),
  resend: fc.integer({ min: 0, max: 9 }),
});
type LineSpec = typeof lineSpec extends fc.Arbitrary<infer T> ? T : never;

/** A change of the bytes: what, where (share of the file), which byte. */
const mutation = fc.record({
  what: fc.nat(9),
  where: fc.nat(9_999).map((n) => n / 10_000),
  byte: fc.nat(255),
});
type Mutation = typeof mutation extends fc.Arbitrary<infer T> ? T : never;

const two = (n: number) => String(n).padStart(2, '0');

function stampText(minute: number): string {
  return new Date(minute * 60_000).toISOString().slice(0, 16).replace(/[-:T]/g, '');
}

function intervalText(minutes: number): string {
  return `00${two(Math.floor(minutes / 1440))}${two(Math.floor((minutes % 1440) / 60))}${two(minutes % 60)}`;
}

/** A small generator of numbers, so that one whole number stands for the values of a line. */
function draws(seed: number): (below: number) => number {
  let state = seed | 1;
  return (below) => {
    state = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9;
    return ((state >>> 4) & 0xffffff) % below;
  };
}

/** First stamp of the files: 2026-11-20T05:00Z. */
const FIRST_MINUTE = Date.UTC(2026, 10, 20, 5) / 60_000;

function lineText(look: Look, spec: LineSpec): string {
  const draw = draws(spec.seed);
  const isOdd = () => spec.oddity > 0 && draw(spec.oddity) === 0;
  const unit = UNITS[spec.unit]!;
  const isRegister = unit.endsWith('REG');
  const minutes = isRegister && !look.registerInterval ? 0 : INTERVALS[spec.interval]!;
  const named = (text: string) => text.replace('#', String(1000 + spec.meter));
  const fields = [
    look.lead,
    named(look.receiver),
    named(look.customer),
    stampText(FIRST_MINUTE + 1800),
    named(look.meterId),
    spec.resend === 0 ? 'RESEND' : isOdd() ? 'ok' : 'OK',
    unit === 'GASREG' ? 'G' : 'E',
    unit,
    look.constants[spec.constant % look.constants.length]!,
    minutes === 0 && spec.seed % 2 === 0 ? '' : intervalText(minutes),
    String(isOdd() ? spec.count + draw(3) - 1 : spec.count),
  ];
  let minute = FIRST_MINUTE + spec.startHour * 60;
  for (let k = 0; k < spec.count; k++) {
    const implied = k > 0 && (spec.stamps === 1 || (spec.stamps === 2 && draw(2) === 0));
    const off = isOdd() ? draw(4) - 1 : 0;
    const flag = look.flags[(spec.oneFlag ? spec.flag : draw(5)) % look.flags.length]!;
    const stamp = implied ? '' : isOdd() && draw(3) === 0 ? '209902301200' : stampText(minute + off);
    if (draw(spec.oneFlag ? 80 : 12) === 0) fields.push(stamp, look.missing);
    else
      fields.push(stamp, isOdd() ? 'Q9' : flag, isOdd() ? ODD_VALUES[draw(ODD_VALUES.length)]! : value(draw));
    if (spec.stamps !== 3) minute += minutes === 0 ? 1440 : minutes;
  }
  return fields.join(',').replaceAll(',', look.delimiter) + spec.tail.replaceAll(',', look.delimiter);
}

function value(draw: (below: number) => number): string {
  const whole = draw(5) === 0 ? draw(4_000_000) : draw(10);
  const decimals = draw(4) === 0 ? draw(6) : 3;
  return decimals === 0 ? String(whole) : `${whole}.${String(draw(10 ** decimals)).padStart(decimals, '0')}`;
}

const INSERTS = ['"', ' ', ',', '\r', '\n', '\r\n', '\t', '\u00e9', '\u0000', '"MLA01,x"\r\n'];

function mutate(text: string, { what, where, byte }: Mutation): string {
  const at = Math.floor(where * text.length);
  const comma = text.indexOf(',', at);
  switch (what) {
    case 0:
      return text.slice(0, at) + String.fromCharCode(byte) + text.slice(at + 1);
    case 1:
      return (
        text.slice(0, at) + String.fromCharCode(text.charCodeAt(at) ^ (1 << (byte & 7))) + text.slice(at + 1)
      );
    case 2:
      return comma < 0 ? text : text.slice(0, comma) + text.slice(comma + 1);
    case 3:
      return comma < 0 ? text : `${text.slice(0, comma)},${text.slice(comma)}`;
    case 4:
      return text.slice(0, at) + INSERTS[byte % INSERTS.length] + text.slice(at);
    case 5:
      return text.slice(0, at) + text.slice(at + 1 + (byte & 15));
    case 6:
      return text.slice(0, at);
    case 7:
      return comma < 0
        ? text
        : `${text.slice(0, comma + 1)}${ODD_VALUES[byte % ODD_VALUES.length]}${text.slice(comma + 1)}`;
    case 8: {
      const next = text.indexOf(',', comma + 1);
      if (comma < 0 || next < 0) return text;
      return `${text.slice(0, comma + 1)}"${text.slice(comma + 1, next)}"${text.slice(next)}`;
    }
    default:
      return comma < 0 ? text : `${text.slice(0, comma)}${' '.repeat(byte & 31)}${text.slice(comma)}`;
  }
}

/** A line like the first but for some of what it says: the more, the lower `kept`. */
function alike(base: LineSpec, own: LineSpec, kept: number): LineSpec {
  if (kept === 0) return own;
  const { meter, seed, startHour, end, stamps, oddity, flag, oneFlag } = own;
  if (kept === 1) return { ...base, meter, seed, startHour, end, stamps, oddity, flag, oneFlag };
  return { ...base, meter, seed, startHour, end };
}

/** Files of one dialect, most lines of the same shape, some of it spoilt. */
export const spoiltFile = fc
  .record({
    look: fc.constantFrom(...LOOKS),
    base: lineSpec,
    lines: fc.array(fc.record({ own: lineSpec, kept: fc.integer({ min: 0, max: 5 }) }), {
      minLength: 1,
      maxLength: 8,
    }),
    header: fc.integer({ min: 0, max: 15 }),
    mutations: fc.array(mutation, { maxLength: 3 }),
    /** A line of a type that carries no reads: the quick path takes no line near the end of a buffer. */
    closing: fc.integer({ min: 0, max: 3 }),
    noFinalEnd: fc.boolean(),
  })
  .map(({ look, base, lines, header, mutations, closing, noFinalEnd }) => {
    const specs = [base, ...lines.map(({ own, kept }) => alike(base, own, kept))];
    let text = header === 0 ? 'record\ttype\theader\r\n' : '';
    for (const spec of specs) text += lineText(look, spec) + END_OF_LINE[spec.end];
    if (closing > 0) text += `MEPEC01,${'x'.repeat(120)}\r\n`;
    if (noFinalEnd) text = text.replace(/[\r\n ]+$/, '');
    for (const one of mutations) text = mutate(text, one);
    return { profile: look.profile, text };
  });
