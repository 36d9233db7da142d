/** Reading plain lines of CMEP into blocks: the quick path of `formats/cmep/reader`. */

import { blockBytesMax, finishBlock, idAt, plainValuesAt, putMeterId } from './scan-block';
import {
  BLOCKS_NEXT,
  BLOCKS_TO,
  CREATION,
  CREATION_BYTES,
  CREATION_STAMP,
  DAYS,
  DAYS_ROOM,
  EIGHTH_ROOM,
  FIFTH_ROOM,
  FIRST_STAMP,
  ID_FROM_6_FIRST,
  ID_HAS_OTHER,
  KEEPS_ID_PLACE,
  LAST_STAMP,
  LEAD,
  LEAD_BYTES,
  LINE_BYTES,
  LINE_END,
  LINE_END_IS_LEFT,
  LINE_END_IS_TAKEN,
  LINES,
  MARKET_ZONE,
  READS,
  RECORDS,
  SHAPE_BYTES,
  SHAPE_COUNT,
  SHAPE_HINT,
  SHAPE_IS_REGISTER,
  SHAPE_READS,
  SHAPE_TEXT,
  SHAPE_TEXT_BYTES,
  SHAPES,
  SIXTH_ROOM,
  STOP_AT_LINE,
  STOP_LINE_END,
  STOP_NO_ROOM,
  STOPPED,
  SUM_HIGH,
  SUM_LOW,
  TOLD_END,
  TOLD_FROM,
  TOLD_ID_FROM,
  TOLD_ID_TO,
} from './scan-layout';
import { findPartition } from './scan-partition';
import { readStamp } from './scan-stamp';
import { isSameText, plainFieldEnd } from './scan-text';
import { firstStamp, lastStamp, readTriples, sum } from './scan-triples';

const LF: u8 = 10;
const CR: u8 = 13;
const BLANK: u8 = 32;
const COMMA: u8 = 44;
const MINUTES_PER_DAY: i32 = 1440;

/** Of the line that is being read: its meter id, and where its shape begins. */
let idFrom: i32 = 0;
let idTo: i32 = 0;
let shapeFrom: i32 = 0;

/**
 * Reads lines from `from` on, as many as are plain, and appends their blocks. `LINES` and `STOPPED` tell how many
 * those were, and why it ended.
 * @param to end of the bytes; READ_AHEAD_BYTES of any content must follow
 * @returns where the next line begins
 */
export function scanLines(from: i32, to: i32): i32 {
  let at = from;
  let lines = 0;
  store<i32>(STOPPED, STOP_AT_LINE);
  while (at < to) {
    const next = scanLine(at, to, lines + 1);
    if (next === 0) break;
    at = next;
    lines++;
    if (load<i32>(STOPPED) !== STOP_AT_LINE) break;
  }
  store<i32>(LINES, lines);
  return at;
}

/** @returns where the next line begins, or 0 where this one is not taken */
function scanLine(from: i32, to: i32, line: i32): i32 {
  if (!readHeader(from, to)) return 0;
  const shape = findShape(shapeFrom);
  if (shape === 0) return 0;
  const start = load<i32>(BLOCKS_NEXT);
  if (start + blockBytesMax(load<i32>(shape + SHAPE_READS)) > load<i32>(BLOCKS_TO)) {
    store<i32>(STOPPED, STOP_NO_ROOM);
    return 0;
  }
  const idLength = idTo - idFrom;
  putMeterId(idFrom, idLength, idAt(start, shape));
  const triplesFrom = shapeFrom + load<i32>(shape + SHAPE_TEXT_BYTES);
  const end = readTriples(triplesFrom, to, shape, plainValuesAt(start, shape, idLength));
  if (end === 0) return 0;
  let next = end + 1;
  if (load<u8>(end) === CR) {
    if (next >= to || load<u8>(next) !== LF) return 0;
    next++;
  } else if (load<i32>(LINE_END) === LINE_END_IS_LEFT) return 0;
  if (next - from > load<i32>(LINE_BYTES) || !areDaysCounted(shape)) return 0;
  const spare = load<i32>(KEEPS_ID_PLACE) !== 0 ? idFrom - from : findPartition(idAt(start, shape), idLength);
  finishBlock(start, shape, idLength, from, next, line, spare);
  count(load<i32>(shape + SHAPE_READS));
  if (next === end + 1 && load<i32>(LINE_END) !== LINE_END_IS_TAKEN) tellLineEnd(from, end);
  return next;
}

/**
 * Reads the header of a line that the careful path has: `TOLD_ID_...` tell its meter id, `CREATION_STAMP` its creation.
 * @returns the shape of a header that is known and has no fault, or 0
 */
export function readKnownHeader(from: i32, to: i32): i32 {
  if (!readHeader(from, to)) return 0;
  store<i32>(TOLD_ID_FROM, idFrom);
  store<i32>(TOLD_ID_TO, idTo);
  return findShape(shapeFrom);
}

/** Reads fields 1 to 8. @returns whether they are plain, and name a meter */
function readHeader(from: i32, to: i32): bool {
  const leadBytes = load<i32>(LEAD_BYTES);
  if (!isSameText(from, LEAD, leadBytes)) return false;
  const fifth = from + leadBytes;
  if (fifth >= to) return false;
  const fifthEnd = plainFieldEnd(fifth, load<i32>(FIFTH_ROOM));
  if (fifthEnd === 0) return false;
  const sixth = fifthEnd + 1;
  const sixthEnd = plainFieldEnd(sixth, load<i32>(SIXTH_ROOM));
  if (sixthEnd === 0 || sixthEnd >= to || !isCreationRead(sixthEnd + 1)) return false;
  const eighth = sixthEnd + CREATION_BYTES + 2;
  const eighthEnd = plainFieldEnd(eighth, load<i32>(EIGHTH_ROOM));
  if (eighthEnd === 0 || eighthEnd >= to) return false;
  let isIn6 = load<i32>(ID_FROM_6_FIRST) !== 0;
  if (load<i32>(ID_HAS_OTHER) !== 0 && (isIn6 ? sixthEnd === sixth : eighthEnd === eighth)) isIn6 = !isIn6;
  idFrom = isIn6 ? sixth : eighth;
  idTo = isIn6 ? sixthEnd : eighthEnd;
  shapeFrom = eighthEnd;
  return idFrom !== idTo && load<u8>(idFrom) !== BLANK && load<u8>(idTo - 1) !== BLANK;
}

/** Whether field 7 is a stamp: most likely that of the line before. */
function isCreationRead(at: i32): bool {
  if (isSameText(at, CREATION, CREATION_BYTES + 1)) return true;
  if (load<u8>(at + CREATION_BYTES) !== COMMA) return false;
  const stamp = readStamp(at);
  if (stamp < 0) return false;
  v128.store(CREATION, v128.load(at));
  store<i32>(CREATION_STAMP, stamp);
  return true;
}

/** Finds the shape that fields 9 to 14 have, or 0. Channels of a meter alternate: the one after the last is tried first. */
function findShape(at: i32): i32 {
  const shapes = load<i32>(SHAPE_COUNT);
  let index = load<i32>(SHAPE_HINT);
  for (let tries = 0; tries < shapes; tries++) {
    if (index >= shapes) index = 0;
    const shape = SHAPES + index * SHAPE_BYTES;
    index++;
    if (isSameText(at, shape + SHAPE_TEXT, load<i32>(shape + SHAPE_TEXT_BYTES))) {
      store<i32>(SHAPE_HINT, index);
      return shape;
    }
  }
  return 0;
}

/** Read day of a stamp: midnight ends a day. Stamps are of 1971 and later, so nothing is below zero. */
function readDayOf(stamp: i32): i32 {
  return (stamp + load<i32>(MARKET_ZONE) - 1) / MINUTES_PER_DAY;
}

/** Counts a record of intervals in its read days. @returns false where there is no room for a day */
function areDaysCounted(shape: i32): bool {
  if (load<i32>(shape + SHAPE_IS_REGISTER) !== 0) return true;
  const last = readDayOf(lastStamp);
  if (last >= DAYS_ROOM) return false;
  for (let day = readDayOf(firstStamp); day <= last; day++) {
    store<i32>(DAYS + day * 4, load<i32>(DAYS + day * 4) + 1);
  }
  return true;
}

/** Counts the record that was appended. The sum is of whole numbers that are not negative. */
function count(reads: i32): void {
  store<i32>(RECORDS, load<i32>(RECORDS) + 1);
  store<i32>(READS, load<i32>(READS) + reads);
  if (firstStamp < load<i32>(FIRST_STAMP)) store<i32>(FIRST_STAMP, firstStamp);
  if (lastStamp > load<i32>(LAST_STAMP)) store<i32>(LAST_STAMP, lastStamp);
  store<i64>(SUM_LOW, load<i64>(SUM_LOW) + (sum & 0xffffffff));
  store<i64>(SUM_HIGH, load<i64>(SUM_HIGH) + (sum >> 32));
}

function tellLineEnd(from: i32, end: i32): void {
  store<i32>(STOPPED, STOP_LINE_END);
  store<i32>(TOLD_FROM, from);
  store<i32>(TOLD_END, end);
  store<i32>(TOLD_ID_FROM, idFrom);
  store<i32>(TOLD_ID_TO, idTo);
}
