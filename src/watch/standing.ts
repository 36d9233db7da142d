import { type DeliveryRecord, latestDeliveries, openDeliveries } from '../as2/sender/delivery-queue.js';
import { type HistoryEntry, RUN_KEY, type RunRecord, taskKey } from '../pipeline/run-state.js';
import type { LedgerView } from '../store/ledger/ledger.js';
import { viewLedgerAt } from '../store/ledger/ledger-place.js';
import type { LedgerPlace } from '../store/redis/redis-connection.js';

/** What the ledger says of runs and deliveries at a moment. */
export interface LedgerStanding {
  /** A run that was begun and has not ended; null where none. */
  unfinished: UnfinishedRun | null;
  /** Read days with reads that wait for their close, day numbers. */
  waitingDays: number[];
  /** Deliveries that are not done. */
  open: DeliveryRecord[];
  /** The latest that are. */
  delivered: DeliveryRecord[];
  /** Reference clock of the last run that ended, milliseconds since 1970; null where none has. */
  lastRunMs: number | null;
}

export interface UnfinishedRun {
  runId: string;
  kind: RunRecord['kind'];
  phase: RunRecord['phase'];
  startedMs: number;
  /** Its reference clock. */
  nowMs: number;
  files: number;
  bytes: number;
  /** Tasks of pass 2, and those that are done; null before it is planned. */
  tasks: { done: number; total: number } | null;
}

const NOTHING: LedgerStanding = {
  unfinished: null,
  waitingDays: [],
  open: [],
  delivered: [],
  lastRunMs: null,
};

/**
 * Looks at the ledger of a state folder, whoever works on it.
 * @param deliveredCount of the deliveries that are done, how many are told
 * @throws ReadmillError READMILL_STATE_UNUSABLE
 */
export async function standingOf(place: LedgerPlace, deliveredCount = 0): Promise<LedgerStanding> {
  const ledger = await viewLedgerAt(place);
  if (ledger === null) return NOTHING;
  try {
    const days = ledger.list<HistoryEntry>('history/day/').filter(({ value }) => value.isOpen);
    const [last] = ledger.latest<{ now: string }>('runs/done/', 1);
    return {
      unfinished: unfinishedOf(ledger),
      waitingDays: [...new Set(days.map(({ key }) => Number(key.split('/')[2])))].sort((a, b) => a - b),
      open: openDeliveries(ledger),
      delivered: deliveredCount === 0 ? [] : latestDeliveries(ledger, deliveredCount),
      lastRunMs: last === undefined ? null : Date.parse(last.value.now),
    };
  } finally {
    await ledger.close();
  }
}

function unfinishedOf(ledger: LedgerView): UnfinishedRun | null {
  const run = ledger.get<RunRecord>(RUN_KEY);
  if (run === undefined) return null;
  const { runId, kind, phase, startedMs, inputs, tasks } = run;
  const done = tasks?.filter((_, i) => ledger.get(taskKey(runId, i)) !== undefined).length ?? 0;
  const bytes = inputs.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  return {
    runId,
    kind,
    phase,
    startedMs,
    nowMs: Date.parse(run.nowIso),
    files: inputs.length,
    bytes,
    tasks: tasks === undefined ? null : { done, total: tasks.length },
  };
}
