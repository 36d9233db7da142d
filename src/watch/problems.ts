import type { DeliveryRecord } from '../as2/sender/delivery-queue.js';
import { isForPerson } from '../as2/sender/sender.js';
import { formatNumberOf, formatReachedPercent, formatTargetPercent } from '../model/figures.js';
import { isoDate } from '../model/time.js';
import type { Config } from '../pipeline/config/config.js';
import type { CertificateEnds } from './certificates.js';
import type { PolledSource } from './inbox-poll.js';
import type { NightSummary } from './night-book.js';
import type { Problem } from './notices.js';
import { lastTimeMs, marketDayOf } from './schedule.js';

const MINUTE_MS = 60_000;
export const DAY_MS = 86_400_000;

/** A run that ended with an error of the tool; it is gone on with until it succeeds. */
export interface RunFailure {
  code: string;
  message: string;
  attempts: number;
  /** Time of the last attempt, and from when on the next is made. */
  ms: number;
  nextMs: number;
}

/** What is looked at for problems. */
export interface ProblemFacts {
  config: Config;
  nowMs: number;
  failure: RunFailure | null;
  /** Reference clock of a run that is at work, or was begun and has not ended; null where none. */
  unfinishedMs: number | null;
  /** Nights of the last days, the oldest first; at least two days of them. */
  nights: readonly NightSummary[];
  polled: readonly PolledSource[];
  open: readonly DeliveryRecord[];
  certificates: CertificateEnds;
}

/** What a person has to look at now. */
export function problemsOf(facts: ProblemFacts): Problem[] {
  return [
    ...failed(facts),
    ...late(facts),
    ...lowSuccess(facts),
    ...undelivered(facts),
    ...endingCertificates(facts),
    ...inboxes(facts),
  ];
}

function failed({ failure, nights }: ProblemFacts): Problem[] {
  if (failure !== null) {
    const again = `Tried ${failure.attempts === 1 ? 'once' : `${failure.attempts} times`}, next at ${minute(failure.nextMs)}.`;
    const code = failure.code === '' ? '' : ` [${failure.code}]`;
    return [
      {
        kind: 'night-failed',
        subject: failure.code || 'error',
        level: 'bad',
        text: `${failure.message}${code} ${again}`,
      },
    ];
  }
  const last = nights.at(-1);
  if (last === undefined || last.status !== 'failed') return [];
  const text = `Run ${last.runId} failed: ${formatNumberOf(last.failedFiles, 'file')} refused, and nothing of what came could be carried. Its report says why; the files lie in the quarantine.`;
  return [{ kind: 'night-failed', subject: last.runId, level: 'bad', text }];
}

/**
 * At `dueAt` every source must have sent something since the `dueAt` before, and no run may be open. A state folder
 * that was not in use before then is not late.
 */
function late({ config, nowMs, nights, unfinishedMs, failure }: ProblemFacts): Problem[] {
  const { dueAt } = config.watch;
  if (dueAt === null) return [];
  const dueMs = lastTimeMs(config, [dueAt], nowMs);
  const fromMs = dueMs - DAY_MS;
  if (!nights.some((night) => night.nowMs < fromMs)) return [];
  const since = nights.filter((night) => night.nowMs >= fromMs);
  const day = isoDate(marketDayOf(config, dueMs));
  const problems = config.sources.flatMap(({ name }): Problem[] => {
    const hasSent = since.some(({ sources }) => sources.some((one) => one.name === name && one.files > 0));
    if (hasSent) return [];
    const text = `Source ${name} has sent nothing since ${minute(fromMs)}; the night of ${day} was due at ${dueAt}. Ask its head end.`;
    return [{ kind: 'night-late', subject: `${day} ${name}`, level: 'bad', text }];
  });
  if (unfinishedMs !== null && unfinishedMs < dueMs && failure === null) {
    const text = `A run of the night of ${day} was not done at ${dueAt}, when it was due.`;
    problems.push({ kind: 'night-late', subject: `${day} run`, level: 'doubt', text });
  }
  return problems;
}

/** Of the last night that settled a read day. */
function lowSuccess({ config, nights }: ProblemFacts): Problem[] {
  const target = config.notices.readSuccessPercent;
  const last = nights.findLast((night) => night.readSuccessPercent !== null);
  if (last === undefined || last.readSuccessPercent! >= target) return [];
  const text = `Read success of run ${last.runId} is ${formatReachedPercent(last.readSuccessPercent!)}, below ${formatTargetPercent(target)}; ${formatNumberOf(last.meters.missing, 'meter')} of ${last.meters.expected} sent nothing. Its report lists them.`;
  return [{ kind: 'low-read-success', subject: last.runId, level: 'bad', text }];
}

/** One for each partner: deliveries that a person has to look at, or that have been on their way for too long. */
function undelivered({ config, open, nowMs }: ProblemFacts): Problem[] {
  const limitMs = config.notices.undeliveredMinutes * MINUTE_MS;
  const bad = open.filter((record) => isForPerson(record) || nowMs - record.packagedMs > limitMs);
  const partners = [...new Set(bad.map(({ partner }) => partner))];
  return partners.map((partner): Problem => {
    const own = bad.filter((record) => record.partner === partner);
    const stopped = own.filter(isForPerson);
    const first = stopped[0] ?? own[0]!;
    const why = first.problem === null ? '' : ` ${first.problem}`;
    const todo =
      stopped.length === 0
        ? 'They are tried again.'
        : 'Mend the cause, then have them sent again: dashboard, or readmill retry.';
    const count = formatNumberOf(own.length, 'batch', 'batches');
    const text = `${count} not delivered to ${partner}, first ${first.file}: ${first.status}.${why} ${todo}`;
    return { kind: 'undelivered', subject: partner, level: 'bad', text };
  });
}

function endingCertificates({ config, certificates, nowMs }: ProblemFacts): Problem[] {
  const { certificateDays } = config.notices;
  const ending = certificates.certificates.filter(
    ({ validToMs }) => validToMs - nowMs <= certificateDays * DAY_MS,
  );
  const problems = ending.map(({ partner, owner, serial, validToMs }): Problem => {
    const whose = owner === 'ours' ? 'our certificate' : "the partner's certificate";
    const isOver = validToMs < nowMs;
    const text = `Partner ${partner}: ${whose} (serial ${serial}) ${isOver ? 'ended' : 'ends'} on ${minute(validToMs).slice(0, 10)}. Agree on its successor now.`;
    return { kind: 'certificate', subject: `${partner} ${serial}`, level: isOver ? 'bad' : 'doubt', text };
  });
  const keys = certificates.problems.map(
    ({ partner, text }): Problem => ({ kind: 'keys', subject: partner, level: 'bad', text }),
  );
  return [...problems, ...keys];
}

function inboxes({ polled }: ProblemFacts): Problem[] {
  return polled.flatMap(({ source, problem }): Problem[] =>
    problem === null ? [] : [{ kind: 'inbox', subject: source, level: 'bad', text: problem }],
  );
}

/** `2026-11-25T02:00Z`. */
export const minute = (ms: number): string => `${new Date(ms).toISOString().slice(0, 16)}Z`;
