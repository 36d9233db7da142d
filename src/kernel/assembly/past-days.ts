import {
  CHECKS_HIGH_LOW,
  DAY_FILE_INTERVALS,
  DAY_FILE_RUN_SLOTS,
  DAY_FILE_RUN_VALUES,
  DAY_FILE_TOTALS,
  DAY_FILE_WORTHY,
  JUDGED_BLOCK,
  JUDGED_COUNT,
  JUDGED_INTERVAL,
  JUDGED_SUM,
  JUDGED_VALUES,
  PAST_DAY_BYTES,
  PAST_DAYS,
  POLICY_CHECKS,
  POLICY_HIGH,
  POLICY_LIKE_DAYS,
  POLICY_LOW,
  POLICY_REFERENCE_DAYS,
  POLICY_RUN_MINUTES,
} from '../settle-memory';
import { channelOf, idLengthOf, idOf } from './block';
import { rowOf } from './past-files';
import { policy } from './register-rows';

const UNITS_PER_ONE: i64 = 100_000;
/** Reference days without which check 11 does not apply. */
const HIGH_LOW_REFERENCE_DAYS = 3;
/** Products of check 11 fit 64 bits below these. */
const SUMS_BELOW: i64 = 1 << 40;
const TOTALS_BELOW: i64 = 1 << 31;

/** Whether no run of one value reaches in from the day before for too long, and the total is a usual one. */
export function agreesWithPast(judged: usize): bool {
  return isRunShort(judged) && isTotalUsual(judged);
}

/** Row of the judged block's channel in a past day with its interval, or -1. */
function rowAt(file: usize, judged: usize): i32 {
  const block = load<usize>(judged + JUDGED_BLOCK);
  const row = rowOf(file, idOf(block), idLengthOf(block), channelOf(block));
  if (row < 0) return -1;
  const interval = <i32>load<u16>(load<usize>(file + DAY_FILE_INTERVALS) + (row << 1));
  return interval === load<i32>(judged + JUDGED_INTERVAL) ? row : -1;
}

function isRunShort(judged: usize): bool {
  const row = rowAt(PAST_DAYS, judged);
  if (row < 0) return true;
  const slots = <i32>load<u16>(load<usize>(PAST_DAYS + DAY_FILE_RUN_SLOTS) + (row << 1));
  const values = load<usize>(judged + JUDGED_VALUES);
  const value = load<i32>(values);
  if (slots === 0 || load<f64>(load<usize>(PAST_DAYS + DAY_FILE_RUN_VALUES) + (row << 3)) !== <f64>value) {
    return true;
  }
  const count = load<i32>(judged + JUDGED_COUNT);
  // A whole day of it: the run may have begun on the days before.
  if (slots === count) return false;
  let lead = 1;
  while (lead < count && load<i32>(values + (lead << 2)) === value) lead++;
  const minutes = (slots + lead) * load<i32>(judged + JUDGED_INTERVAL);
  return <f64>minutes < load<f64>(policy + POLICY_RUN_MINUTES);
}

/** Check 11: the day's total beside those of its reference days. */
function isTotalUsual(judged: usize): bool {
  if ((load<i32>(policy + POLICY_CHECKS) & CHECKS_HIGH_LOW) === 0) return true;
  const likeDays = policy + POLICY_LIKE_DAYS;
  const wanted = load<i32>(policy + POLICY_REFERENCE_DAYS);
  const count = <i32>load<u8>(likeDays);
  let found = 0;
  let total: i64 = 0;
  for (let k = 0; k < count && found < wanted; k++) {
    const file = <usize>(PAST_DAYS + <i32>load<u8>(likeDays + 2 + k) * PAST_DAY_BYTES);
    const row = rowAt(file, judged);
    if (row < 0 || load<u8>(load<usize>(file + DAY_FILE_WORTHY) + row) === 0) continue;
    total += <i64>load<f64>(load<usize>(file + DAY_FILE_TOTALS) + (row << 3));
    found++;
  }
  if (found < wanted && load<u8>(likeDays + 1) !== 0) return false;
  if (found < HIGH_LOW_REFERENCE_DAYS) return true;
  const sum = load<i64>(judged + JUDGED_SUM);
  if (sum >= SUMS_BELOW || sum <= -SUMS_BELOW) return false;
  if (total >= TOTALS_BELOW || total <= -TOTALS_BELOW) return false;
  const scaled = sum * <i64>found * UNITS_PER_ONE;
  const low = <i64>load<f64>(policy + POLICY_LOW);
  const high = <i64>load<f64>(policy + POLICY_HIGH);
  return low * total <= scaled && scaled <= high * total;
}
