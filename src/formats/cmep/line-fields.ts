const QUOTE = 34;
const BLANK = 32;

/** The fields of one line, found by `splitLine`: edges without blanks around and quotes. */
export interface LineFields {
  count: number;
  from: Int32Array;
  to: Int32Array;
  /** Field (from 1) whose quotes do not open and close at its bounds, or 0. */
  badQuoteField: number;
}

export function createLineFields(fieldsMax: number): LineFields {
  return { count: 0, from: new Int32Array(fieldsMax), to: new Int32Array(fieldsMax), badQuoteField: 0 };
}

/**
 * Splits `bytes[from]` to `bytes[to - 1]` at the delimiter. A field that begins with a double quote ends at
 * the next one, delimiters within; blanks around a field are not part of it, blanks within quotes are.
 */
export function splitLine(
  bytes: Uint8Array,
  from: number,
  to: number,
  delimiter: number,
  fields: LineFields,
): void {
  let count = 0;
  let at = from;
  fields.badQuoteField = 0;
  for (;;) {
    while (at < to && bytes[at] === BLANK) at++;
    let start = at;
    let end: number;
    if (at < to && bytes[at] === QUOTE) {
      start = ++at;
      while (at < to && bytes[at] !== QUOTE) at++;
      end = at;
      if (at >= to) fields.badQuoteField ||= count + 1;
      else at++;
      while (at < to && bytes[at] === BLANK) at++;
      if (at < to && bytes[at] !== delimiter) fields.badQuoteField ||= count + 1;
      while (at < to && bytes[at] !== delimiter) at++;
    } else {
      let quoted = false;
      while (at < to && bytes[at] !== delimiter) {
        if (bytes[at] === QUOTE) quoted = true;
        at++;
      }
      if (quoted) fields.badQuoteField ||= count + 1;
      end = at;
      while (end > start && bytes[end - 1] === BLANK) end--;
    }
    fields.from[count] = start;
    fields.to[count] = end;
    count++;
    if (at >= to) break;
    at++;
  }
  fields.count = count;
}
