const LF = 10;
const CR = 13;
const QUOTE = 34;
const TAB = 9;
const BLANK = 32;
const COMMA = 44;
const TILDE = 0x7e;

/** The fields of one line, found by `splitLine`: edges without blanks around and quotes. */
export interface LineFields {
  count: number;
  /** Where the line ends: at a CR or LF, or where the bytes do. */
  end: number;
  from: Int32Array;
  to: Int32Array;
  /** Field (from 1) whose quotes do not open and close at its bounds, or 0. */
  badQuoteField: number;
  /** First byte that is no printable ASCII and no delimiter, or -1. */
  badByteAt: number;
}

export function createLineFields(fieldsMax: number): LineFields {
  return {
    count: 0,
    end: 0,
    from: new Int32Array(fieldsMax),
    to: new Int32Array(fieldsMax),
    badQuoteField: 0,
    badByteAt: -1,
  };
}

/** By byte: 1 where it may end a plain field or be wrong in it. */
function specialBytes(delimiter: number): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, byte) => {
    return byte === delimiter || byte === QUOTE || byte < BLANK || byte > TILDE ? 1 : 0;
  });
}
const SPECIAL_WITH_COMMA = specialBytes(COMMA);
const SPECIAL_WITH_TAB = specialBytes(TAB);

/**
 * Splits a line, from `bytes[from]` to the first CR or LF or to `bytes[to - 1]`, at the delimiter. A field that
 * begins with a double quote ends at the next one, delimiters within; blanks around a field are not part of it, blanks within quotes are.
 * @param delimiter comma or tab
 */
export function splitLine(
  bytes: Uint8Array,
  from: number,
  to: number,
  delimiter: number,
  fields: LineFields,
): void {
  const special = delimiter === COMMA ? SPECIAL_WITH_COMMA : SPECIAL_WITH_TAB;
  const { from: starts, to: ends } = fields;
  let count = 0;
  let at = from;
  fields.badQuoteField = 0;
  fields.badByteAt = -1;
  for (;;) {
    while (at < to && bytes[at] === BLANK) at++;
    if (at < to && bytes[at] === QUOTE) at = splitQuoted(bytes, at, to, delimiter, fields, count);
    else {
      starts[count] = at;
      while (at < to) {
        if (special[bytes[at]!] === 0) {
          at++;
          continue;
        }
        if (bytes[at] === delimiter || isLineEnd(bytes[at]!)) break;
        noteOddByte(bytes, at, fields, count);
        at++;
      }
      let end = at;
      while (end > starts[count]! && bytes[end - 1] === BLANK) end--;
      ends[count] = end;
    }
    count++;
    if (at >= to || bytes[at] !== delimiter) break;
    at++;
  }
  fields.end = at;
  fields.count = count;
}

const isLineEnd = (byte: number): boolean => byte === LF || byte === CR;

function noteOddByte(bytes: Uint8Array, at: number, fields: LineFields, count: number): void {
  if (bytes[at] === QUOTE) fields.badQuoteField ||= count + 1;
  else if (fields.badByteAt < 0) fields.badByteAt = at;
}

/** @returns where the field ends: at a delimiter, or at the end of the line */
function splitQuoted(
  bytes: Uint8Array,
  from: number,
  to: number,
  delimiter: number,
  fields: LineFields,
  count: number,
): number {
  let at = from + 1;
  fields.from[count] = at;
  while (at < to && bytes[at] !== QUOTE && !isLineEnd(bytes[at]!)) at++;
  fields.to[count] = at;
  if (at >= to || bytes[at] !== QUOTE) fields.badQuoteField ||= count + 1;
  else at++;
  while (at < to && bytes[at] === BLANK) at++;
  if (at < to && bytes[at] !== delimiter && !isLineEnd(bytes[at]!)) fields.badQuoteField ||= count + 1;
  while (at < to && bytes[at] !== delimiter && !isLineEnd(bytes[at]!)) at++;
  if (fields.badByteAt < 0) fields.badByteAt = firstBadByte(bytes, from, at, delimiter);
  return at;
}

function firstBadByte(bytes: Uint8Array, from: number, to: number, delimiter: number): number {
  for (let at = from; at < to; at++) {
    const byte = bytes[at]!;
    if ((byte < BLANK && byte !== delimiter) || byte > TILDE) return at;
  }
  return -1;
}
