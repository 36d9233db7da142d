import { compareBytes } from '../../model/byte-order.js';
import { readDayStart } from '../../model/time.js';
import type { KeyColumns } from '../../store/history/history-columns.js';
import type { DayStore } from './day-store.js';
import type { SettleState } from './settle-state.js';
import type { PartitionInput } from './settle-types.js';

/** Channels of a day that are to be settled though nothing of them came, and how far the meters have come in them. */
export interface OpenList {
  day: number;
  columns: KeyColumns;
  rows: ArrayLike<number>;
  at: number;
  /** Whether they are channels that are silent as far as is known, rather than rows of the history that wait. */
  isSilent: boolean;
}

/** Waiting rows of the days that close by now. */
export function openLists(state: SettleState, input: PartitionInput, days: DayStore): OpenList[] {
  const { task } = state;
  const lists: OpenList[] = [];
  for (const ref of input.days) {
    if (!ref.isOpen) continue;
    // An import settles nothing that waits to be sent.
    if (
      !task.sends ||
      readDayStart(ref.day + 1, task.marketZoneMinutes) + task.closeAfterMinutes > task.nowStamp
    ) {
      state.openDays.add(ref.day);
      continue;
    }
    const open = days.openRows(ref.day);
    if (open !== null && open.rows.length > 0) {
      lists.push({ day: ref.day, ...open, at: 0, isSilent: false });
    }
  }
  return lists;
}

/** The list whose next row has the lowest meter id, or null where all are done. */
export function lowestOpen(open: OpenList[]): OpenList | null {
  let lowest: OpenList | null = null;
  for (const list of open) {
    if (list.at >= list.rows.length) continue;
    if (lowest === null || compareOpen(list, lowest) < 0) lowest = list;
  }
  return lowest;
}

function compareOpen(a: OpenList, b: OpenList): number {
  const aRow = a.rows[a.at]!;
  const bRow = b.rows[b.at]!;
  return compareBytes(
    a.columns.meterBytes,
    a.columns.meterOffsets[aRow]!,
    a.columns.meterOffsets[aRow + 1]!,
    b.columns.meterBytes,
    b.columns.meterOffsets[bRow]!,
    b.columns.meterOffsets[bRow + 1]!,
  );
}
