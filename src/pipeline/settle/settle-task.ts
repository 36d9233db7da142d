import { writeFileSync } from 'node:fs';
import { openRegister } from '../../store/register/meter-register.js';
import { REJECT_COLUMNS } from '../scan/reject-rows.js';
import { ChannelWindow } from './channel-window.js';
import { settlePartition } from './settle-partition.js';
import { SettleState } from './settle-state.js';
import type { SettleResult, SettleTask, StagedHistory } from './settle-types.js';

/**
 * Pass 2 for some partitions: settles them one after the other, and leaves batches, history files and
 * pieces of the lists in the staging folder. Nothing else is changed, so a task can be done again.
 * @throws the system's error where a work file cannot be read or a staged one not be written
 */
export function runSettleTask(task: SettleTask): SettleResult {
  const state = new SettleState(task);
  const window = new ChannelWindow(state, task.marketZoneMinutes);
  const register = task.register === null ? null : openRegister(task.register);
  const history: StagedHistory[] = [];
  let metersSeen = 0;
  let metersExpected = 0;
  let metersMissing = 0;
  let slotsMissing = 0;
  try {
    for (const partition of task.partitions) {
      const counts = settlePartition(state, window, partition, register);
      history.push(...counts.history);
      metersSeen += counts.metersSeen;
      metersExpected += counts.metersExpected;
      metersMissing += counts.metersMissing;
      slotsMissing += counts.slotsMissing;
    }
  } finally {
    register?.close();
  }
  state.batches.finish();
  const days = state.finishedHours();
  const complete = days.filter(({ day }) => task.completeDays.includes(day));
  const total = (column: Float64Array) => column.reduce((sum, count) => sum + count, 0);
  const slotsActual = complete.reduce((sum, day) => sum + total(day.actual), 0);
  const slotsOther = complete.reduce((sum, day) => sum + total(day.estimated) + total(day.unresolved), 0);
  state.outcome.policies = state.rules.counts();
  return {
    index: task.index,
    outcome: state.outcome,
    batches: state.batches.batches,
    history,
    days,
    metersSeen,
    metersExpected,
    metersMissing,
    slotsExpected: slotsActual + slotsOther + slotsMissing,
    slotsActual,
    rejectsFile: writeRejects(state),
    rejectedRecords: state.rejectedRecords,
    findings: state.findings.pack(),
    lists: {
      estimates: state.estimates.close(),
      review: state.review.close(),
      missingMeters: state.missingMeters.close(),
      duplicates: state.duplicatesList.close(),
    },
    openDays: [...state.openDays],
    reviewCount: state.reviewCount,
    drawnDays: state.drawn.all(),
  };
}

/** Writes the rows of rejected records in the order of ranges and places. @returns the path, or '' */
function writeRejects(state: SettleState): string {
  const { rejects, task } = state;
  if (rejects.length === 0) return '';
  const order = Array.from({ length: rejects.length / REJECT_COLUMNS }, (_, i) => i * REJECT_COLUMNS);
  order.sort((a, b) => rejects[a]! - rejects[b]! || rejects[a + 1]! - rejects[b + 1]!);
  const sorted = new Float64Array(rejects.length);
  for (const [i, at] of order.entries())
    sorted.set(rejects.slice(at, at + REJECT_COLUMNS), i * REJECT_COLUMNS);
  const path = `${task.stagingDirectory}/task-${task.index}.rejects`;
  writeFileSync(path, new Uint8Array(sorted.buffer), { mode: 0o600 });
  return path;
}
