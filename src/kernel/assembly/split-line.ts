/** Splitting a line at its delimiters, for the careful path: `formats/cmep/line-fields` for lines without quotes. */

import { BAD_BYTE_AT, FIELD_COUNT, FIELDS_FROM, FIELDS_TO } from './scan-layout';

const LF: u8 = 10;
const CR: u8 = 13;
const BLANK: u8 = 32;
const QUOTE: u8 = 34;
const TILDE: u8 = 0x7e;

/**
 * Finds the fields of a line from `from` to the first CR or LF, or to `to`, and puts their edges without blanks around
 * into FIELDS_FROM and FIELDS_TO, `shift` less. BAD_BYTE_AT tells of the first byte that is not printable.
 *
 * Sixteen bytes at a time:
 *
 * | among them                                          | done                                            |
 * | --------------------------------------------------- | ----------------------------------------------- |
 * | printable ones only, none a blank or a quote, nor a blank in the field that they go on with | each delimiter ends a field, nothing else is looked at |
 * | any other, or the end of the line                   | each byte that is not a plain one is looked at    |
 * @param to at most as many bytes behind `from` as the columns have room for
 * @returns where the line ends, or 0 where it has a quote
 */
export function splitPlain(from: i32, to: i32, delimiter: u8, shift: i32): i32 {
  let count = 0;
  let start = from;
  let at = from;
  let hasBlank = false;
  store<i32>(BAD_BYTE_AT, -1);
  while (true) {
    const text = v128.load(at);
    const delimiters = i8x16.eq(text, i8x16.splat(delimiter));
    const odd = v128.or(
      v128.or(i8x16.lt_u(text, i8x16.splat(BLANK)), i8x16.gt_u(text, i8x16.splat(TILDE))),
      i8x16.eq(text, i8x16.splat(QUOTE)),
    );
    const blanks = i8x16.eq(text, i8x16.splat(BLANK));
    const left = to - at;
    const isPlain = left >= 16 && !hasBlank && !v128.any_true(v128.or(odd, blanks));
    if (isPlain) {
      for (let found = i8x16.bitmask(delimiters); found !== 0; found &= found - 1) {
        const place = at + ctz(found);
        store<i32>(FIELDS_FROM + count * 4, start - shift);
        store<i32>(FIELDS_TO + count * 4, place - shift);
        count++;
        start = place + 1;
      }
      at += 16;
      continue;
    }
    hasBlank = v128.any_true(blanks);
    let found = i8x16.bitmask(v128.or(odd, delimiters));
    if (left < 16) found = (found & ((1 << left) - 1)) | (1 << left);
    for (; found !== 0; found &= found - 1) {
      const place = at + ctz(found);
      const byte = place < to ? load<u8>(place) : LF;
      if (byte !== delimiter && byte !== CR && byte !== LF) {
        if (byte === QUOTE) return 0;
        if (load<i32>(BAD_BYTE_AT) < 0) store<i32>(BAD_BYTE_AT, place - shift);
        continue;
      }
      let end = place;
      while (start < end && load<u8>(start) === BLANK) start++;
      while (end > start && load<u8>(end - 1) === BLANK) end--;
      store<i32>(FIELDS_FROM + count * 4, start - shift);
      store<i32>(FIELDS_TO + count * 4, end - shift);
      count++;
      if (byte !== delimiter) {
        store<i32>(FIELD_COUNT, count);
        return place;
      }
      start = place + 1;
    }
    at += 16;
  }
}
