import { FILE_CHANNELS, FILE_CURSOR, FILE_ID_ENDS, FILE_IDS, FILE_ROWS } from '../settle-memory';
import { areSame, compare } from './bytes';

/** Files of the history (settle-memory): rows in ascending order of meter id and channel. */

/**
 * The first row of a channel, or -1. Meters are asked for in ascending order; the cursor stays at the first row
 * of the meter, which may be asked for again.
 */
export function rowOf(file: usize, id: usize, length: i32, channel: i32): i32 {
  let row = seekMeter(file, id, length);
  const channels = load<usize>(file + FILE_CHANNELS);
  for (; isMeterAt(file, row, id, length); row++) {
    if (<i32>load<u8>(channels + row) === channel) return row;
  }
  return -1;
}

/** Whether a row is of a channel. */
export function isRowOf(file: usize, row: i32, id: usize, length: i32, channel: i32): bool {
  return (
    isMeterAt(file, row, id, length) && <i32>load<u8>(load<usize>(file + FILE_CHANNELS) + row) === channel
  );
}

/** The first row of a meter, or of the one behind the place where it would be. */
function seekMeter(file: usize, id: usize, length: i32): i32 {
  let row = load<i32>(file + FILE_CURSOR);
  const rows = load<i32>(file + FILE_ROWS);
  while (row < rows && !isMeterAt(file, row, id, length) && orderAt(file, row, id, length) < 0) row++;
  store<i32>(file + FILE_CURSOR, row);
  return row;
}

function isMeterAt(file: usize, row: i32, id: usize, length: i32): bool {
  if (row >= load<i32>(file + FILE_ROWS)) return false;
  const ends = load<usize>(file + FILE_ID_ENDS) + (row << 2);
  const from = load<i32>(ends);
  return areSame(load<usize>(file + FILE_IDS) + from, load<i32>(ends + 4) - from, id, length);
}

function orderAt(file: usize, row: i32, id: usize, length: i32): i32 {
  const ends = load<usize>(file + FILE_ID_ENDS) + (row << 2);
  const from = load<i32>(ends);
  return compare(load<usize>(file + FILE_IDS) + from, load<i32>(ends + 4) - from, id, length);
}
