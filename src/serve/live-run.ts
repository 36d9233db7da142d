import type { LedgerStanding, UnfinishedRun } from '../watch/standing.js';
import type { Served } from './served.js';

/** A run, or deliveries between runs, that are under way or were begun and have not ended. */
export interface LiveRun {
  what: 'running' | 'delivering' | 'unfinished' | 'failed';
  runId: string | null;
  /** What it does now, in words. */
  step: string;
  /** How far the step has come; null where that is not known. */
  done: number | null;
  total: number | null;
  unit: string;
  files: number | null;
  since: string;
}

const PHASES = {
  scan: 'reading',
  settle: 'estimating and writing',
  finish: 'delivering and reporting',
} as const;

/** What is under way, as the watch of this process tells it, or else as the ledger does. */
export function liveRun({ watch }: Pick<Served, 'watch'>, { unfinished }: LedgerStanding): LiveRun | null {
  const status = watch?.status;
  if (status !== undefined && (status.phase === 'running' || status.phase === 'delivering')) {
    const isRun = status.phase === 'running';
    const { step } = status;
    return {
      what: status.phase,
      runId: isRun ? (unfinished?.runId ?? null) : null,
      step: step?.step.toLowerCase() ?? (isRun ? 'beginning' : 'delivering what is due'),
      done: step?.done ?? null,
      total: step?.total ?? null,
      unit: step?.unit ?? '',
      files: isRun ? (unfinished?.files ?? null) : null,
      since: new Date(status.sinceMs).toISOString(),
    };
  }
  if (unfinished === null) return null;
  const isFailed = status !== undefined && status.failure !== null;
  return { what: isFailed ? 'failed' : 'unfinished', ...fromLedger(unfinished) };
}

function fromLedger({ runId, phase, startedMs, files, tasks }: UnfinishedRun): Omit<LiveRun, 'what'> {
  return {
    runId,
    step: PHASES[phase],
    done: tasks?.done ?? null,
    total: tasks?.total ?? null,
    unit: 'tasks',
    files,
    since: new Date(startedMs).toISOString(),
  };
}
