import {
  DAY_CHANNELS,
  DAY_ID_ENDS,
  DAY_IDS,
  DAY_INTERVALS,
  DAY_QUALITY,
  DAY_RUN_SLOTS,
  DAY_RUN_VALUES,
  DAY_SLOT_ENDS,
  DAY_TOTALS,
  DAY_VALUES,
  FLAG_DECIMALS,
  FLAG_LENGTH,
  FLAG_QUALITY,
  FLAG_TEXT,
  FLAGS,
  FULL_CHANNELS,
  IDS_BYTES,
  JUDGED,
  JUDGED_BEFORE_ROW,
  JUDGED_BLOCK,
  JUDGED_BYTES,
  JUDGED_CLOSING,
  JUDGED_COUNT,
  JUDGED_EARLIER_ROW,
  JUDGED_FLAG,
  JUDGED_INTERVAL,
  JUDGED_OPENING,
  JUDGED_RAISES,
  JUDGED_READS,
  JUDGED_ROOM,
  JUDGED_SUM,
  JUDGED_TAIL,
  JUDGED_VALUES,
  PREFIX_BYTES,
  PREFIXES,
  PREFIXES_OF_FLAG,
  RANK_RUNS,
  RANK_RUNS_BYTES,
  READS,
  READS_BYTES,
  READS_CHANNELS,
  READS_FLAGS,
  READS_ID_ENDS,
  READS_STAMPS,
  READS_VALUES,
  ROWS_ROOM,
  SLOTS_OF_ALL,
  SLOTS_ROOM,
  STAMPS,
  STOP,
  SUMS,
  TEXT_BYTES,
  UNIT_READS,
} from '../settle-memory';
import { channelOf, createdOf, idLengthOf, idOf, rangeOf } from './block';
import { compare, copy } from './bytes';
import { dayStart, judgeMeter, OTHER, slotsBefore } from './judge';
import {
  BEFORE,
  CLOSING,
  codeAt,
  EARLIER,
  endMeter,
  hasReads,
  OPENING,
  stampAt,
  valueAt,
} from './past-reads';
import { markRows, registerRow, seekMeter, setRegisterRow } from './register-rows';
import {
  makePrefixes,
  PREFIX_FRAME,
  putHeader,
  putLineEnd,
  putRead,
  putReads,
  setTextLength,
  textLength,
} from './text';

const RECORD_READS_MAX = 48;
const MINUTES_PER_DAY = 1440;
const FLAG_BYTES_SHIFT = 6;

/** Why the last call stopped, beside the reasons of `judgeMeter`. */
const AT_END = 0;
const FULL = 4;
const BATCH_FULL = 5;
const AT_STOP = 6;

let blocks: usize = 0;
let starts: usize = 0;
let meterStarts: usize = 0;
let blockCount: i32 = 0;
let stopLength: i32 = 0;

export let why: i32 = AT_END;
/** What was settled since `clear`. */
export let meters: i32 = 0;
export let records: i32 = 0;
export let reads: i32 = 0;
export let dayRows: i32 = 0;
export let daySlots: i32 = 0;
export let openingReads: i32 = 0;
export let closingReads: i32 = 0;
let dayIdBytes: i32 = 0;

/** @param idLength of the meter in STOP; 0 = there is none */
export function setStop(idLength: i32): void {
  stopLength = idLength;
}

/** The blocks of a partition in order: words `starts` count from `at`; 1 in `firsts` where a meter begins. */
export function setBlocks(at: usize, startsAt: usize, firsts: usize, count: i32): void {
  blocks = at;
  starts = startsAt;
  meterStarts = firsts;
  blockCount = count;
}

/** Makes the prefixes of a flag. @param number its place in FLAGS */
export function learnFlag(number: i32): void {
  const flag: usize = FLAGS + (number << FLAG_BYTES_SHIFT);
  const prefixes: usize = PREFIXES + number * PREFIXES_OF_FLAG;
  makePrefixes(prefixes, STAMPS, SLOTS_OF_ALL + 2, flag + FLAG_TEXT, load<i32>(flag + FLAG_LENGTH));
}

/** Forgets what was settled: it has been taken. */
export function clear(): void {
  setTextLength(0);
  meters = 0;
  records = 0;
  reads = 0;
  dayRows = 0;
  daySlots = 0;
  dayIdBytes = 0;
  openingReads = 0;
  closingReads = 0;
  memory.fill(SUMS, 0, STAMPS - SUMS);
}

/**
 * Settles meters, from block `first` on, as long as they are plain ones.
 * @param recordsMax what fits the batch: records, and bytes
 * @returns the first block that was not settled; `why` says why
 */
export function settleMeters(first: i32, recordsMax: f64, bytesMax: f64): i32 {
  let b = first;
  why = AT_END;
  while (b < blockCount) {
    let end = b + 1;
    while (load<u8>(meterStarts + end) === 0) end++;
    if (!hasRoom()) {
      why = FULL;
      break;
    }
    why = settleMeter(b, end - b, recordsMax, bytesMax);
    if (why !== AT_END) break;
    b = end;
  }
  return b;
}

function hasRoom(): bool {
  if (textLength() >= TEXT_BYTES || dayRows + JUDGED_ROOM > ROWS_ROOM) return false;
  if (daySlots + JUDGED_ROOM * 288 > SLOTS_ROOM || dayIdBytes + JUDGED_ROOM * 256 > IDS_BYTES) return false;
  if (openingReads + 2 * JUDGED_ROOM > ROWS_ROOM || closingReads + 2 * JUDGED_ROOM > ROWS_ROOM) return false;
  return max(readIdBytes(0, openingReads), readIdBytes(1, closingReads)) + JUDGED_ROOM * 512 <= IDS_BYTES;
}

/** Bytes of the ids of so many reads of a file: 0 for the day before, 1 for the day. */
function readIdBytes(file: i32, count: i32): i32 {
  if (count === 0) return 0;
  return load<i32>(READS + file * READS_BYTES + READS_ID_ENDS + ((count - 1) << 2));
}

function settleMeter(b: i32, count: i32, recordsMax: f64, bytesMax: f64): i32 {
  const block = blocks + (load<i32>(starts + (b << 2)) << 2);
  const id = idOf(block);
  const idLength = idLengthOf(block);
  if (stopLength > 0 && compare(id, idLength, STOP, stopLength) >= 0) return AT_STOP;
  if (idLength === 0) return OTHER;
  const rowBefore = registerRow();
  seekMeter(id, idLength);
  const reason = judgeMeter(blocks, starts + (b << 2), count);
  if (reason !== 0) {
    setRegisterRow(rowBefore);
    return reason;
  }
  const lengthBefore = textLength();
  let written = 0;
  for (let i = 0; i < count; i++) written += writeBlock(JUDGED + i * JUDGED_BYTES, id, idLength);
  if (<f64>(records + written) > recordsMax || <f64>textLength() > bytesMax) {
    setTextLength(lengthBefore);
    setRegisterRow(rowBefore);
    return BATCH_FULL;
  }
  records += written;
  meters++;
  for (let i = 0; i < count; i++) keepBlock(JUDGED + i * JUDGED_BYTES, id, idLength);
  markRows(count);
  endMeter();
  return AT_END;
}

function prefixesOf(flag: usize): usize {
  return <usize>PREFIXES + ((flag - FLAGS) >> FLAG_BYTES_SHIFT) * PREFIXES_OF_FLAG;
}
function isRegister(judged: usize): bool {
  return load<i32>(judged + JUDGED_COUNT) === 0;
}

/** Writes the records of a block. @returns how many there are */
function writeBlock(judged: usize, id: usize, idLength: i32): i32 {
  const flag = load<usize>(judged + JUDGED_FLAG);
  const tail = load<usize>(judged + JUDGED_TAIL);
  const decimals = load<i32>(flag + FLAG_DECIMALS);
  const prefixLength = PREFIX_FRAME + load<i32>(flag + FLAG_LENGTH);
  if (isRegister(judged)) {
    const prefixes = prefixesOf(flag) + SLOTS_OF_ALL * PREFIX_BYTES;
    const bits = load<i32>(judged + JUDGED_READS);
    if ((bits & OPENING) !== 0) {
      putHeader(id, idLength, tail);
      putRead(prefixes, prefixLength, decimals, load<i64>(judged + JUDGED_OPENING));
      putLineEnd();
    }
    if ((bits & CLOSING) !== 0) {
      putHeader(id, idLength, tail);
      putRead(prefixes + PREFIX_BYTES, prefixLength, decimals, load<i64>(judged + JUDGED_CLOSING));
      putLineEnd();
    }
    return bits === (OPENING | CLOSING) ? 2 : 1;
  }
  const count = load<i32>(judged + JUDGED_COUNT);
  const values = load<usize>(judged + JUDGED_VALUES);
  const prefixes = prefixesOf(flag) + slotsBefore(load<i32>(judged + JUDGED_INTERVAL)) * PREFIX_BYTES;
  const inRecord = min(count, RECORD_READS_MAX);
  for (let k = 0; k < count; k += inRecord) {
    putHeader(id, idLength, tail);
    putReads(prefixes + k * PREFIX_BYTES, prefixLength, decimals, values + (k << 2), inRecord);
    putLineEnd();
  }
  return count / inRecord;
}

/** Counts a block, and keeps its row or rows for the history. */
function keepBlock(judged: usize, id: usize, idLength: i32): void {
  const block = load<usize>(judged + JUDGED_BLOCK);
  if (isRegister(judged)) {
    const bits = load<i32>(judged + JUDGED_READS);
    const opening = load<i64>(judged + JUDGED_OPENING);
    const closing = load<i64>(judged + JUDGED_CLOSING);
    if (hasReads) keepBetween(judged, id, idLength);
    else {
      const flag = flagNumber(judged);
      // The opening read closes the day before; it stands in both days' files where the day has a closing one.
      if ((bits & OPENING) !== 0) keepRead(0, block, block, id, idLength, dayStart, <f64>opening, flag);
      if (bits === (OPENING | CLOSING)) keepRead(1, block, block, id, idLength, dayStart, <f64>opening, flag);
      if ((bits & CLOSING) !== 0) keepClosing(judged, id, idLength);
    }
    const sent = ((bits & OPENING) !== 0 ? opening : 0) + ((bits & CLOSING) !== 0 ? closing : 0);
    addReads(channelOf(block) >> 2, bits === (OPENING | CLOSING) ? 2 : 1, sent);
    return;
  }
  addReads(channelOf(block) >> 2, load<i32>(judged + JUDGED_COUNT), load<i64>(judged + JUDGED_SUM));
  keepDay(judged, block, id, idLength);
}

function addReads(unit: i32, count: i32, sum: i64): void {
  reads += count;
  const at = unit << 3;
  store<i64>(SUMS + at, load<i64>(SUMS + at) + sum);
  store<i64>(UNIT_READS + at, load<i64>(UNIT_READS + at) + <i64>count);
}

function keepDay(judged: usize, block: usize, id: usize, idLength: i32): void {
  const count = load<i32>(judged + JUDGED_COUNT);
  const interval = load<i32>(judged + JUDGED_INTERVAL);
  const row = dayRows++;
  copy(DAY_IDS + dayIdBytes, id, idLength);
  dayIdBytes += idLength;
  store<i32>(DAY_ID_ENDS + (row << 2), dayIdBytes);
  noteRank(0, row, block);
  store<u16>(DAY_INTERVALS + (row << 1), <u16>interval);
  store<u8>(DAY_CHANNELS + row, <u8>channelOf(block));
  const values = load<usize>(judged + JUDGED_VALUES);
  keepTotals(row, values, count, load<i64>(judged + JUDGED_SUM));
  memory.copy(DAY_VALUES + (daySlots << 2), values, count << 2);
  const quality = <i16>load<i32>(load<usize>(judged + JUDGED_FLAG) + FLAG_QUALITY);
  const filled = i16x8.splat(quality);
  for (let i = 0; i < count; i += 8) v128.store(DAY_QUALITY + ((daySlots + i) << 1), filled);
  daySlots += count;
  store<i32>(DAY_SLOT_ENDS + (row << 2), daySlots);
  const full: usize = FULL_CHANNELS + ((count === 24 ? 0 : count === 48 ? 1 : count === 96 ? 2 : 3) << 3);
  store<i64>(full, load<i64>(full) + 1);
}

/** What the totals file says of a row: all its slots are actual and passed. */
function keepTotals(row: i32, values: usize, count: i32, sum: i64): void {
  const last = load<i32>(values + ((count - 1) << 2));
  let run = 1;
  while (run < count && load<i32>(values + ((count - 1 - run) << 2)) === last) run++;
  store<f64>(DAY_TOTALS + (row << 3), <f64>sum);
  store<f64>(DAY_RUN_VALUES + (row << 3), <f64>last);
  store<u16>(DAY_RUN_SLOTS + (row << 1), <u16>run);
}

/** Keeps the reads of a register beside those that are kept of the two days before. */
function keepBetween(judged: usize, id: usize, idLength: i32): void {
  const block = load<usize>(judged + JUDGED_BLOCK);
  const row = load<i32>(judged + JUDGED_BEFORE_ROW);
  const opening = valueAt(BEFORE, row);
  const code = codeAt(BEFORE, row);
  // Sent again later, it stands by the authority of the later record from now on.
  const raises = load<i32>(judged + JUDGED_RAISES) !== 0;
  if (raises) {
    const earlier = load<i32>(judged + JUDGED_EARLIER_ROW);
    const stamp = stampAt(EARLIER, earlier);
    keepRead(0, block, 0, id, idLength, stamp, valueAt(EARLIER, earlier), codeAt(EARLIER, earlier));
    keepRead(0, block, block, id, idLength, dayStart, opening, code);
  }
  keepRead(1, block, raises ? block : 0, id, idLength, dayStart, opening, code);
  keepClosing(judged, id, idLength);
}

function keepClosing(judged: usize, id: usize, idLength: i32): void {
  const block = load<usize>(judged + JUDGED_BLOCK);
  const stamp = dayStart + MINUTES_PER_DAY;
  const value = <f64>load<i64>(judged + JUDGED_CLOSING);
  keepRead(1, block, block, id, idLength, stamp, value, flagNumber(judged));
}

function flagNumber(judged: usize): i32 {
  return <i32>((load<usize>(judged + JUDGED_FLAG) - FLAGS) >> FLAG_BYTES_SHIFT);
}

/**
 * Notes from which row on a list's rows have the rank of a block, where it is another one.
 * @param block 0 where their ranks are those that the history keeps
 */
function noteRank(list: i32, row: i32, block: usize): void {
  const runs: usize = RANK_RUNS + list * RANK_RUNS_BYTES;
  const count = row === 0 ? 0 : load<i32>(runs);
  if (count > 0) {
    const word = load<i32>(runs + (count << 3) + 4);
    if (word < 0 || block === 0) {
      if (word < 0 && block === 0) return;
    } else {
      const last = blocks + (word << 2);
      if (rangeOf(last) === rangeOf(block) && createdOf(last) === createdOf(block)) return;
    }
  }
  store<i32>(runs, count + 1);
  store<i32>(runs + (count << 3) + 8, row);
  store<i32>(runs + (count << 3) + 12, block === 0 ? -1 : <i32>((block - blocks) >> 2));
}

/**
 * Keeps a register read.
 * @param file 0 for that of the day before, 1 for that of the day
 * @param ranked block whose rank it has; 0 where that is the one that the history keeps
 * @param code of its meta word
 */
function keepRead(
  file: i32,
  block: usize,
  ranked: usize,
  id: usize,
  idLength: i32,
  stamp: i32,
  value: f64,
  code: i32,
): void {
  const row = file === 0 ? openingReads++ : closingReads++;
  const at: usize = READS + file * READS_BYTES;
  const from = readIdBytes(file, row);
  copy(at + from, id, idLength);
  store<i32>(at + READS_ID_ENDS + (row << 2), from + idLength);
  store<i32>(at + READS_STAMPS + (row << 2), stamp);
  store<i32>(at + READS_FLAGS + (row << 2), code);
  noteRank(1 + file, row, ranked);
  store<f64>(at + READS_VALUES + (row << 3), value);
  store<u8>(at + READS_CHANNELS + row, <u8>channelOf(block));
}
