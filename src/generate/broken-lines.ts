import type { CmepFaultCode } from '../formats/cmep/faults.js';
import type { DefectKind } from './defect-kinds.js';
import { drawBelow } from './hash.js';

export type BrokenKind = Extract<DefectKind, `broken-${string}`>;

/** A line broken on purpose, and what a reader of CMEP must say of it. */
export interface BrokenLine {
  line: string;
  /** Triples begun on the line, as far as its record type lets a reader know. */
  reads: number;
  code: CmepFaultCode;
  /** Field of the finding (0 = the whole record) and its column in bytes, both from 1. */
  field: number;
  column: number;
  /** The triple that is hit, from 0; -1 where the line is as a whole. */
  triple: number;
}

/** What a way of breaking does to the fields; a line of its own where that is not to join them. */
interface Break {
  fields: string[];
  code: CmepFaultCode;
  field: number;
  reads?: number;
  triple?: number;
  column?: number;
}

const HEADER_FIELDS = 14;

/** Latin-1 E with acute, what a head end of another code page writes. */
const NOT_ASCII = '\xc9';

type Breaker = (fields: string[], triple: number, draw: (n: number) => number) => Break;

const stampField = (triple: number) => HEADER_FIELDS + triple * 3 + 1;

/** The same fields but for one, from 1. */
function replaced(fields: string[], field: number, text: string): string[] {
  return fields.with(field - 1, text);
}

const BREAKERS: Record<BrokenKind, Breaker> = {
  /** The line ends in the middle of a value. */
  'broken-truncated': (fields, triple) => {
    const last = stampField(triple) + 2;
    const cut = fields.slice(0, last).with(last - 1, fields[last - 1]!.slice(0, 1));
    return { fields: cut, code: 'cmep/count-mismatch', field: HEADER_FIELDS, reads: triple + 1 };
  },
  /** A letter O for the last digit. */
  'broken-number': (fields, triple) => {
    const field = stampField(triple) + 2;
    const text = `${fields[field - 1]!.slice(0, -1)}O`;
    return { fields: replaced(fields, field, text), code: 'cmep/bad-number', field, triple };
  },
  'broken-stamp': (fields, triple) => {
    const field = stampField(triple);
    const text = fields[field - 1]!;
    const month13 = `${text.slice(0, 4)}13${text.slice(6)}`;
    return { fields: replaced(fields, field, month13), code: 'cmep/bad-timestamp', field, triple };
  },
  'broken-units': (fields) => {
    return { fields: replaced(fields, 11, 'KWX'), code: 'cmep/unknown-units', field: 11 };
  },
  /** A comma without quotes in the name of the sender: every field after it is one further on. */
  'broken-comma': (fields) => {
    const shifted = [...fields.slice(0, 3), ' INC', ...fields.slice(3)];
    return { fields: shifted, code: 'cmep/unknown-commodity', field: 10, reads: triplesOf(shifted) };
  },
  'broken-count': (fields, _triple, draw) => {
    const count = String(triplesOf(fields) + 1 + draw(9));
    return {
      fields: replaced(fields, HEADER_FIELDS, count),
      code: 'cmep/count-mismatch',
      field: HEADER_FIELDS,
    };
  },
  /** Both places where a dialect may name the meter are empty. */
  'broken-meter-id': (fields) => {
    return { fields: replaced(replaced(fields, 6, ''), 8, ''), code: 'cmep/missing-meter-id', field: 8 };
  },
  'broken-byte': (fields) => {
    const sender = fields[2]!;
    const text = sender[0]! + NOT_ASCII + sender.slice(2);
    return {
      fields: replaced(fields, 3, text),
      code: 'cmep/not-ascii',
      field: 0,
      column: columnOf(fields, 3) + 1,
    };
  },
  'broken-flag': (fields, triple) => {
    const field = stampField(triple) + 1;
    const text = `X${fields[field - 1]!.slice(1)}`;
    return { fields: replaced(fields, field, text), code: 'cmep/bad-quality-flag', field, triple };
  },
  /** What follows an unknown record type cannot be told: it has no reads. */
  'broken-type': (fields) => {
    return { fields: replaced(fields, 1, 'MEPMD99'), code: 'cmep/unknown-record-type', field: 1, reads: 0 };
  },
};

export function isBrokenKind(kind: DefectKind): kind is BrokenKind {
  return kind in BREAKERS;
}

/**
 * @param fields of an MEPMD01 record with four triples or more
 * @param key of the draws
 * @param counter first counter of the draws
 */
export function breakLine(kind: BrokenKind, fields: string[], key: number, counter: number): BrokenLine {
  const count = triplesOf(fields);
  // Not at an end: a truncated line has lost some, and has some.
  const quarter = Math.floor(count / 4);
  const triple = quarter + drawBelow(key, counter, count - 2 * quarter);
  const broken = BREAKERS[kind](fields, triple, (n) => drawBelow(key, counter + 1, n));
  return {
    line: broken.fields.join(','),
    reads: broken.reads ?? count,
    code: broken.code,
    field: broken.field,
    column: broken.column ?? columnOf(broken.fields, broken.field),
    triple: broken.triple ?? -1,
  };
}

function triplesOf(fields: readonly string[]): number {
  return Math.ceil((fields.length - HEADER_FIELDS) / 3);
}

/** Column of a field, both from 1. */
function columnOf(fields: readonly string[], field: number): number {
  return fields.slice(0, field - 1).reduce((sum, text) => sum + text.length + 1, 1);
}
