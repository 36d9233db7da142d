import {
  FILE_ROWS,
  JUDGED_BEFORE_ROW,
  JUDGED_BLOCK,
  JUDGED_EARLIER_ROW,
  JUDGED_OPENING,
  JUDGED_RAISES,
  JUDGED_READS,
  PAST_READS,
  READ_FILE_BYTES,
  READ_FILE_CODE,
  READ_FILE_CREATED,
  READ_FILE_QUALITY,
  READ_FILE_STAMPS,
  READ_FILE_VALUES,
} from '../settle-memory';
import { channelOf, createdOf, idLengthOf, idOf } from './block';
import { isRowOf, rowOf } from './past-files';

const MINUTES_PER_DAY = 1440;
/** Reads of a register that a block has, and that go out: bits. */
export const OPENING = 1;
export const CLOSING = 2;
/** Register reads of the day before, and of the one before that. */
export const BEFORE: usize = PAST_READS;
export const EARLIER: usize = PAST_READS + READ_FILE_BYTES;

/** Whether the history keeps register reads of the two days before. */
export let hasReads: bool = false;
/**
 * The first row of the file of the day before that was not taken over yet into the new file of that day, and
 * into the file of the day; and the same for the meter at hand.
 */
export let copiedBefore: i32 = 0;
export let copiedDay: i32 = 0;
let nextBefore: i32 = 0;
let nextDay: i32 = 0;

export function setPastReads(areKept: bool): void {
  hasReads = areKept;
}
export function setCopied(before: i32, day: i32): void {
  copiedBefore = before;
  copiedDay = day;
}

/** Begins a meter, and ends one that is settled here. */
export function beginMeter(): void {
  nextBefore = copiedBefore;
  nextDay = copiedDay;
}
export function endMeter(): void {
  copiedBefore = nextBefore;
  copiedDay = nextDay;
}

export function stampAt(file: usize, row: i32): i32 {
  return load<i32>(load<usize>(file + READ_FILE_STAMPS) + (row << 2));
}
export function valueAt(file: usize, row: i32): f64 {
  return load<f64>(load<usize>(file + READ_FILE_VALUES) + (row << 3));
}
/** Number in READS_FLAGS of a row's meta word and rank. */
export function codeAt(file: usize, row: i32): i32 {
  return load<i32>(file + READ_FILE_CODE) + qualityAt(file, row);
}
function qualityAt(file: usize, row: i32): i32 {
  return load<i32>(load<usize>(file + READ_FILE_QUALITY) + (row << 2));
}

/**
 * Judges register reads that close the day against those that are kept: exactly the closing reads of the two days
 * before; where the day's opening read came too, it is the one that closed the day before, sent again later.
 */
export function meetsPast(judged: usize, dayStart: i32): bool {
  const reads = load<i32>(judged + JUDGED_READS);
  if (reads === OPENING) return false;
  const opens = reads !== CLOSING;
  const block = load<usize>(judged + JUDGED_BLOCK);
  const id = idOf(block);
  const length = idLengthOf(block);
  const channel = channelOf(block);
  const row = rowOf(BEFORE, id, length, channel);
  if (row < 0 || row !== nextDay || row + 1 >= load<i32>(BEFORE + FILE_ROWS)) return false;
  if (stampAt(BEFORE, row) !== dayStart - MINUTES_PER_DAY || stampAt(BEFORE, row + 1) !== dayStart)
    return false;
  if (!isRowOf(BEFORE, row + 1, id, length, channel)) return false;
  if (isRowOf(BEFORE, row + 2, id, length, channel)) return false;
  const kept = valueAt(BEFORE, row + 1);
  store<i32>(judged + JUDGED_BEFORE_ROW, row + 1);
  store<i32>(judged + JUDGED_RAISES, opens ? 1 : 0);
  nextDay = row + 2;
  if (!opens) {
    store<i64>(judged + JUDGED_OPENING, <i64>kept);
    return true;
  }
  if (row !== nextBefore || kept !== <f64>load<i64>(judged + JUDGED_OPENING)) return false;
  const created = load<i32>(load<usize>(BEFORE + READ_FILE_CREATED) + (qualityAt(BEFORE, row + 1) << 2));
  if (created >= createdOf(block)) return false;
  let earlier = rowOf(EARLIER, id, length, channel);
  if (earlier < 0) return false;
  while (isRowOf(EARLIER, earlier + 1, id, length, channel)) earlier++;
  if (stampAt(EARLIER, earlier) !== dayStart - MINUTES_PER_DAY) return false;
  store<i32>(judged + JUDGED_EARLIER_ROW, earlier);
  // It is counted as a duplicate, and does not go out.
  store<i32>(judged + JUDGED_READS, CLOSING);
  nextBefore = row + 2;
  return true;
}
