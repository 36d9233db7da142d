import {
  JUDGED,
  JUDGED_BLOCK,
  JUDGED_BYTES,
  POLICIES,
  POLICY_BYTES,
  POLICY_MAXIMUM,
  UNIT_BYTES,
  UNIT_IS_REGISTER,
  UNIT_TABLE,
} from '../settle-memory';
import { channelOf } from './block';
import { areSame, compare } from './bytes';

const UNITS_PER_ONE: f64 = 100_000;

/** The rows of the meter register for the partition, as columns; meters in ascending order. */
let rows: i32 = -1;
let ids: usize = 0;
let idEnds: usize = 0;
let units: usize = 0;
let multipliers: usize = 0;
let maximums: usize = 0;
let classes: usize = 0;
/** By row: 1 where all that is expected of its meter came. */
let complete: usize = 0;
/** Rows of the meter that was sought last. */
let first: i32 = 0;
let end: i32 = 0;

/** What `describe` found. */
export let multiplier: f64 = UNITS_PER_ONE;
export let maximumPerHour: f64 = 0;
export let policy: usize = POLICIES;
export let policyBit: i32 = 1;

/** @param count -1 where there is no register */
export function setRegister(
  count: i32,
  idBytes: usize,
  idOffsets: usize,
  unitCodes: usize,
  multiplierColumn: usize,
  maximumColumn: usize,
  classColumn: usize,
  completeColumn: usize,
): void {
  rows = count;
  ids = idBytes;
  idEnds = idOffsets;
  units = unitCodes;
  multipliers = multiplierColumn;
  maximums = maximumColumn;
  classes = classColumn;
  complete = completeColumn;
  first = 0;
  end = 0;
}

/** Row after those of the last meter: where the next one is looked for. */
export function registerRow(): i32 {
  return end;
}
export function setRegisterRow(row: i32): void {
  end = row;
}

/** Goes to a meter. */
export function seekMeter(id: usize, length: i32): void {
  if (rows < 0) return;
  let row = end;
  if (!isAt(row, id, length)) while (row < rows && orderAt(row, id, length) < 0) row++;
  first = row;
  while (isAt(row, id, length)) row++;
  end = row;
}

function isAt(row: i32, id: usize, length: i32): bool {
  if (row >= rows) return false;
  const from = load<i32>(idEnds + (row << 2));
  return areSame(ids + from, load<i32>(idEnds + (row << 2) + 4) - from, id, length);
}

function orderAt(row: i32, id: usize, length: i32): i32 {
  const from = load<i32>(idEnds + (row << 2));
  return compare(ids + from, load<i32>(idEnds + (row << 2) + 4) - from, id, length);
}

/**
 * Finds what the register says of a unit of the meter.
 * @returns false where it does not know the unit, or has more than one row for it
 */
export function describe(unit: i32): bool {
  multiplier = UNITS_PER_ONE;
  policy = POLICIES;
  policyBit = 1;
  if (rows < 0) {
    maximumPerHour = load<f64>(policy + POLICY_MAXIMUM);
    return true;
  }
  let row = -1;
  for (let r = first; r < end; r++) {
    const code = <i32>load<u8>(units + r);
    if (code !== unit && code !== registerOf(unit) && registerOf(code) !== unit) continue;
    if (row >= 0) return false;
    row = r;
  }
  if (row < 0) return false;
  multiplier = load<f64>(multipliers + (row << 3));
  const serviceClass = <i32>load<u16>(classes + (row << 1));
  policy = POLICIES + serviceClass * POLICY_BYTES;
  policyBit = 1 << serviceClass;
  const maximum = load<f64>(maximums + (row << 3));
  maximumPerHour = maximum >= 0 ? maximum : load<f64>(policy + POLICY_MAXIMUM);
  return true;
}

/** Marks the rows of the meter that was settled, where each of them that is of intervals has a block. */
export function markRows(blockCount: i32): void {
  for (let r = first; r < end; r++) {
    if (!isSent(<i32>load<u8>(units + r), blockCount)) return;
  }
  for (let r = first; r < end; r++) store<u8>(complete + r, 1);
}

function isSent(unit: i32, blockCount: i32): bool {
  if ((load<u8>(UNIT_TABLE + unit * UNIT_BYTES) & UNIT_IS_REGISTER) !== 0) return true;
  for (let i = 0; i < blockCount; i++) {
    const block = load<usize>(JUDGED + i * JUDGED_BYTES + JUDGED_BLOCK);
    if (channelOf(block) >> 2 === unit) return true;
  }
  return false;
}

/** Code of the register that counts an interval unit, or -1. */
export function registerOf(unit: i32): i32 {
  return load<i32>(UNIT_TABLE + unit * UNIT_BYTES + 4);
}
