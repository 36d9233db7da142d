import { compactSecond } from '../model/time.js';

/** How a family of head ends writes a night's CMEP, as far as the generator follows it. */
export interface Dialect {
  name: 'cmep-1.20' | 'sensus' | 'smartsynch' | 'amrdef';
  /**
   * Fields 2 to 6 and 8 of an MEPMD01 record. METER_DIGITS stands for the digits of the meter's number.
   */
  version: string;
  sender: string;
  senderCustomer: string;
  receiver: string;
  receiverCustomer: string;
  meterId: string;
  /** Field 12. */
  constant: string;
  decimals: 3 | 5;
  /** Quality flag of a good read, and of a delivered slot without a value; what stands for that value. */
  flag: string;
  noValueFlag: string;
  noValue: string;
  /** What `answers.json` calls a delivered slot without a value. */
  withheldForm: 'n-flag' | 'skipped';
  /**
   * Flags of a complete outage with a value and without ('': it always has one), and of the slot after it; null =
   * it tells none.
   */
  outage: { zero: string; noValue: string; restoration: string } | null;
  /** Interval reads of a record at most. */
  recordReadsMax: number;
  /** Registers stand before the intervals. */
  registersFirst: boolean;
  /** Register records carry the interval of the intervals. */
  registerHasInterval: boolean;
  /** The opening register of each day is written, not of the first one only. */
  openingEachDay: boolean;
  /** A register record of its own for each read. */
  oneRegisterARecord: boolean;
}

/** Digits in the name of a meter: `M` and the number of the meter. */
export const METER_DIGITS_COUNT = 9;
/** What stands for the digits in a template. No other field holds this character. */
export const METER_DIGITS = '#'.repeat(METER_DIGITS_COUNT);

const PLAIN: Dialect = {
  name: 'cmep-1.20',
  version: '19970819',
  sender: 'SYNTHETIC',
  senderCustomer: '',
  receiver: 'MDMR',
  receiverCustomer: '',
  meterId: `M${METER_DIGITS}`,
  constant: '',
  decimals: 3,
  flag: 'R',
  noValueFlag: 'N',
  noValue: '',
  withheldForm: 'n-flag',
  outage: null,
  recordReadsMax: 48,
  registersFirst: false,
  registerHasInterval: false,
  openingEachDay: false,
  oneRegisterARecord: false,
};

export const DIALECTS: readonly Dialect[] = [
  PLAIN,
  {
    ...PLAIN,
    name: 'sensus',
    version: '20080501',
    sender: 'SENSUS',
    senderCustomer: 'LDC:100001',
    receiver: `1${METER_DIGITS}`,
    receiverCustomer: `M${METER_DIGITS}`,
    meterId: '',
    constant: '1.0',
    flag: 'R0',
    noValueFlag: 'N32',
    noValue: '0',
    // Mask bits: 1 power outage, 2 power restoral, 5 missing.
    outage: { zero: 'R2', noValue: 'N34', restoration: 'R4' },
    openingEachDay: true,
  },
  {
    ...PLAIN,
    name: 'smartsynch',
    sender: 'SmartSynch',
    senderCustomer: 'ORG00001',
    receiver: 'UTILITY ',
    receiverCustomer: `P${METER_DIGITS}`,
    constant: '1',
    decimals: 5,
    flag: 'R 00 00',
    noValueFlag: 'N 00 00',
    registersFirst: true,
    registerHasInterval: true,
    oneRegisterARecord: true,
  },
];

/** AMRDEF, as far as it is written by way of records: flags are the names of quality flags. */
export const AMRDEF_DIALECT: Dialect = {
  ...PLAIN,
  name: 'amrdef',
  flag: '',
  noValueFlag: 'SkippedInterval',
  noValue: '0.000',
  withheldForm: 'skipped',
  outage: { zero: 'CompleteOutage', noValue: '', restoration: 'Restoration' },
  recordReadsMax: 96,
};

/** A dialect by its name, or undefined. */
export function findDialect(name: string): Dialect | undefined {
  return DIALECTS.find((dialect) => dialect.name === name);
}

/** What differs between the records of a dialect besides meter and triples. */
export interface RecordKind {
  creationStamp: number;
  purpose: 'OK' | 'RESEND';
  isRegister: boolean;
  intervalMinutes: number;
}

/** Fields 1 to 13 of an MEPMD01 record. `digits` are those of the meter, or METER_DIGITS. */
export function headFields(dialect: Dialect, kind: RecordKind, digits: string): string[] {
  const named = (text: string) => text.replace(METER_DIGITS, digits);
  const hasInterval = !kind.isRegister || dialect.registerHasInterval;
  return [
    'MEPMD01',
    dialect.version,
    dialect.sender,
    dialect.senderCustomer,
    named(dialect.receiver),
    named(dialect.receiverCustomer),
    stampText(kind.creationStamp),
    named(dialect.meterId),
    kind.purpose,
    'E',
    kind.isRegister ? 'KWHREG' : 'KWH',
    dialect.constant,
    hasInterval ? intervalText(kind.intervalMinutes) : '',
  ];
}

/** `CCYYMMDDHHMM` */
export function stampText(stamp: number): string {
  return compactSecond(stamp * 60).slice(0, 12);
}

/** `MMDDHHMM` of a length up to a day. */
function intervalText(minutes: number): string {
  const hours = Math.floor(minutes / 60);
  return `0000${String(hours).padStart(2, '0')}${String(minutes % 60).padStart(2, '0')}`;
}

/** The digits of a meter's number, as many as a meter id has. */
export function meterDigits(meter: number): string {
  return String(meter).padStart(METER_DIGITS_COUNT, '0');
}

export function meterIdOf(meter: number): string {
  return `M${meterDigits(meter)}`;
}
