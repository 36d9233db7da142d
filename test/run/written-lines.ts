import { type CmepLine, stampAfter, type Triple } from './cmep-lines.js';

/** A record to be written by a test. */
export interface WrittenRecord {
  meterId: string;
  triples: Triple[];
  units?: string;
  purpose?: string;
  /** `CCYYMMDDHHMM` */
  creation?: string;
  constant?: string;
  interval?: string;
}

/** A line of CMEP v1.20 with its line end. */
export function writtenLine(record: WrittenRecord): string {
  const {
    meterId,
    triples,
    units = 'KWH',
    purpose = 'OK',
    creation = '202611210530',
    constant = '',
  } = record;
  const interval = record.interval ?? (units.endsWith('REG') ? '' : '00000100');
  const head = ['MEPMD01', '19970819', 'TEST', '', 'MDMR', '', creation, meterId, purpose, 'E', units];
  const reads = triples.flatMap(({ stamp, flag, value }) => [stamp, flag, value]);
  return `${[...head, constant, interval, triples.length, ...reads].join(',')}\r\n`;
}

/** Triples at steps of an hour. */
export function hourly(firstStamp: string, values: readonly string[], flag = 'R'): Triple[] {
  return values.map((value, i) => ({ stamp: stampAfter(firstStamp, i * 60), flag, value }));
}

/** The same line with other triples; '' where there are none. */
export function lineWith({ fields }: CmepLine, triples: Triple[]): string {
  if (triples.length === 0) return '';
  const reads = triples.flatMap(({ stamp, flag, value }) => [stamp, flag, value]);
  return `${[...fields.slice(0, 13), triples.length, ...reads].join(',')}\r\n`;
}
