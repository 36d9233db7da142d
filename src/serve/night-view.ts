import { nightDelivery } from '../as2/sender/deliver-night.js';
import { type DeliveryRecord, deliveryId } from '../as2/sender/delivery-queue.js';
import { isForPerson } from '../as2/sender/sender.js';
import { isoDate, MINUTES_PER_DAY, parseZone, readDayStart } from '../model/time.js';
import { minuteOfDay } from '../pipeline/config/watch-config.js';
import type { RunReport } from '../report/run-report.js';
import type { NightSummary } from '../watch/night-book.js';
import { type NoticeKind, noticeId, readNotices } from '../watch/notices.js';
import { DAY_MS, problemsOf } from '../watch/problems.js';
import { marketDayOf } from '../watch/schedule.js';
import { type LedgerStanding, standingOf } from '../watch/standing.js';
import { type Expected, expectedOf, type SourceNight, sourceNight, sourceSuccess } from './expected.js';
import { type LiveRun, liveRun } from './live-run.js';
import type { Served } from './served.js';

const MINUTE_MS = 60_000;
/** Nights before that are looked at to know what to expect. */
const EXPECTED_DAYS = 35;
/** Deliveries that are done and are shown, the latest. */
const DELIVERED_SHOWN_MAX = 20;
/** Open deliveries that are shown; all are counted. */
const OPEN_SHOWN_MAX = 200;
/** Ontario AMI functional specification v2 (2007), 2.3.1. */
export const READ_SUCCESS_TARGET_PERCENT = 98;

/** One thing that somebody should look at. */
export interface Attention {
  id: string;
  kind: NoticeKind;
  level: 'bad' | 'doubt';
  text: string;
  since: string | null;
  /** When somebody noted that he has seen it; null where nobody has, or nobody can. */
  acknowledged: string | null;
  canAcknowledge: boolean;
}

export interface SourceView extends SourceNight {
  name: string;
  expected: Expected | null;
  successPercent: number | null;
  /** Files in the inbox now that may be taken in, and that are still coming; null where nobody looks. */
  ready: number | null;
  coming: number | null;
  problem: string | null;
}

export interface DeliveryView {
  id: string;
  file: string;
  partner: string;
  status: string;
  attempts: number;
  problem: string | null;
  nextAttempt: string | null;
  receipt: string | null;
  settled: string | null;
  forPerson: boolean;
}

/** Everything that the page of a night shows, and what the API gives. Times are ISO. */
export interface NightView {
  now: string;
  environment: string | null;
  /** Day of the night, market time, and whether it is today's. */
  day: string;
  isTonight: boolean;
  marketTimeZone: string;
  due: string | null;
  level: 'good' | 'doubt' | 'bad';
  attention: Attention[];
  run: LiveRun | null;
  readSuccess: { percent: number | null; targetPercent: number; runId: string | null; days: string[] };
  reads: RunReport['reads'];
  meters: RunReport['meters'] | null;
  sources: SourceView[];
  runs: {
    runId: string;
    now: string;
    status: string;
    files: number;
    received: number;
    seconds: number;
    batches: number;
  }[];
  batches: number;
  deliveries: { open: number; delivered: number; listed: DeliveryView[] };
  certificates: { partner: string; owner: string; serial: string; ends: string; days: number }[];
  findings: NightSummary['findings'];
  review: { count: number; runId: string | null; sample: NightSummary['reviewSample'] };
  missingSample: string[];
}

/** @param day day number of the night; null = tonight */
export async function nightView(served: Served, wantedDay: number | null): Promise<NightView> {
  const { config, clock, book } = served;
  const nowMs = clock();
  const today = marketDayOf(config, nowMs);
  const day = wantedDay ?? today;
  const isTonight = day === today;
  const [fromMs, toMs] = spanOf(served, day);
  const nights = await book.nights(fromMs - EXPECTED_DAYS * DAY_MS, toMs);
  const own = nights.filter((night) => night.nowMs >= fromMs);
  const before = byDay(
    served,
    nights.filter((night) => night.nowMs < fromMs),
  );
  const standing = await standingOf(config, DELIVERED_SHOWN_MAX);
  const attention = isTonight ? attentionOf(served, standing, nights, nowMs) : [];
  const settled = own.findLast(({ readSuccessPercent }) => readSuccessPercent !== null);
  const review = own.findLast(({ reviewCount }) => reviewCount > 0);
  const { dueAt } = config.watch;
  const due = dueAt === null ? null : fromMs + minuteOfDay(dueAt) * MINUTE_MS;
  return {
    now: iso(nowMs),
    environment: config.environment ?? null,
    day: isoDate(day),
    isTonight,
    marketTimeZone: config.marketTimeZone,
    due: due === null ? null : iso(due),
    level: levelOf(attention, own),
    attention,
    run: isTonight ? liveRun(served, standing) : null,
    readSuccess: {
      percent: settled?.readSuccessPercent ?? null,
      targetPercent: READ_SUCCESS_TARGET_PERCENT,
      runId: settled?.runId ?? null,
      days: settled?.settledDays ?? [],
    },
    reads: sumOfReads(own),
    meters: settled?.meters ?? null,
    sources: sourcesOf(served, own, before, isTonight && (due === null || nowMs < due), isTonight),
    runs: own.map(({ runId, nowMs: at, status, files, reads, seconds, batches }) => {
      return { runId, now: iso(at), status, files, received: reads.received, seconds, batches };
    }),
    batches: own.reduce((sum, { batches }) => sum + batches, 0),
    deliveries: deliveriesOf(standing, own, isTonight),
    certificates: served.certificates().certificates.map(({ partner, owner, serial, validToMs }) => {
      return { partner, owner, serial, ends: iso(validToMs), days: Math.floor((validToMs - nowMs) / DAY_MS) };
    }),
    findings: findingsOf(own),
    review: {
      count: sumOf(own, 'reviewCount'),
      runId: review?.runId ?? null,
      sample: review?.reviewSample ?? [],
    },
    missingSample: settled?.missingSample ?? [],
  };
}

const iso = (ms: number): string => new Date(ms).toISOString();
const sumOf = (nights: readonly NightSummary[], key: 'reviewCount' | 'batches'): number =>
  nights.reduce((sum, night) => sum + night[key], 0);

/** Begin and end of a market day, milliseconds. */
export function spanOf({ config }: Pick<Served, 'config'>, day: number): [number, number] {
  const start = readDayStart(day, parseZone(config.marketTimeZone)!);
  return [start * MINUTE_MS, (start + MINUTES_PER_DAY) * MINUTE_MS];
}

/** Runs by the market day of their clock, the days in order. */
function byDay({ config }: Served, nights: readonly NightSummary[]): NightSummary[][] {
  const days = new Map<number, NightSummary[]>();
  for (const night of nights) {
    const day = marketDayOf(config, night.nowMs);
    const known = days.get(day);
    if (known === undefined) days.set(day, [night]);
    else known.push(night);
  }
  return [...days].sort(([a], [b]) => a - b).map(([, runs]) => runs);
}

function attentionOf(
  served: Served,
  standing: LedgerStanding,
  nights: readonly NightSummary[],
  nowMs: number,
): Attention[] {
  const { config, watch } = served;
  const notices = new Map(readNotices(config.state).map((notice) => [notice.id, notice]));
  const problems = problemsOf({
    config,
    nowMs,
    failure: watch?.status.failure ?? null,
    unfinishedMs: standing.unfinished?.nowMs ?? null,
    nights,
    polled: watch?.status.polled ?? [],
    open: standing.open,
    certificates: served.certificates(),
  });
  const found = problems.map((problem): Attention => {
    const id = noticeId(problem);
    const notice = notices.get(id);
    const isKnown = notice !== undefined && notice.overMs === null;
    const seenMs = isKnown ? notice.acknowledgedMs : null;
    return {
      id,
      kind: problem.kind,
      level: problem.level,
      text: problem.text,
      since: isKnown ? iso(notice.firstMs) : null,
      acknowledged: seenMs === null ? null : iso(seenMs),
      canAcknowledge: isKnown && seenMs === null,
    };
  });
  const rank = ({ acknowledged, level }: Attention) =>
    (acknowledged === null ? 0 : 2) + (level === 'bad' ? 0 : 1);
  return found.sort((a, b) => rank(a) - rank(b));
}

/** What somebody has seen does not colour the page any more. */
function levelOf(attention: readonly Attention[], own: readonly NightSummary[]): NightView['level'] {
  const open = attention.filter(({ acknowledged }) => acknowledged === null);
  if (open.some(({ level }) => level === 'bad') || own.some(({ status }) => status === 'failed'))
    return 'bad';
  if (open.length > 0 || own.some(({ status }) => status === 'partial')) return 'doubt';
  return 'good';
}

function sumOfReads(nights: readonly NightSummary[]): NightView['reads'] {
  const sum = {
    received: 0,
    accepted: 0,
    replaced: 0,
    waiting: 0,
    rejected: 0,
    duplicates: 0,
    estimated: 0,
    unresolved: 0,
  };
  for (const { reads } of nights)
    for (const key of Object.keys(sum) as (keyof typeof sum)[]) sum[key] += reads[key];
  return sum;
}

/** @param mayCome whether the night is not due yet */
function sourcesOf(
  { config, watch }: Served,
  own: readonly NightSummary[],
  before: readonly (readonly NightSummary[])[],
  mayCome: boolean,
  isTonight: boolean,
): SourceView[] {
  const polled = isTonight ? (watch?.status.polled ?? []) : [];
  return config.sources.map(({ name }) => {
    const night = sourceNight(own, name);
    const expected = expectedOf(before, name);
    const inbox = polled.find(({ source }) => source === name);
    return {
      name,
      ...night,
      expected,
      // A source that may still send has not failed.
      successPercent: night.files === 0 && mayCome ? null : sourceSuccess(night, expected),
      ready: inbox?.ready.length ?? null,
      coming: inbox?.left.filter(({ isComing }) => isComing).length ?? null,
      problem: inbox?.problem ?? null,
    };
  });
}

function deliveriesOf(
  { open, delivered }: LedgerStanding,
  own: readonly NightSummary[],
  isTonight: boolean,
): NightView['deliveries'] {
  const runs = new Set(own.map(({ runId }) => runId));
  const isOwn = ({ runId }: DeliveryRecord) => runId !== null && runs.has(runId);
  const openHere = isTonight ? open : open.filter(isOwn);
  const whole = own.reduce((sum, { deliveries }) => sum + deliveries, 0);
  const ownOpen = open.filter(isOwn).length;
  const listed = [
    ...openHere.slice(0, OPEN_SHOWN_MAX),
    ...(isTonight ? delivered : delivered.filter(isOwn)).slice(0, DELIVERED_SHOWN_MAX),
  ];
  return { open: openHere.length, delivered: Math.max(0, whole - ownOpen), listed: listed.map(deliveryView) };
}

function deliveryView(record: DeliveryRecord): DeliveryView {
  const { file, partner, status, attempts, problem, nextAttempt, receipt } = nightDelivery(record);
  return {
    id: deliveryId(record),
    file,
    partner,
    status,
    attempts,
    problem,
    nextAttempt,
    receipt,
    settled: record.settledMs === null ? null : iso(record.settledMs),
    forPerson: isForPerson(record),
  };
}

const SEVERITIES = { error: 0, warning: 1, info: 2 } as const;

function findingsOf(own: readonly NightSummary[]): NightView['findings'] {
  const sums = new Map<string, NightView['findings'][number]>();
  for (const { findings } of own) {
    for (const finding of findings) {
      const sum = sums.get(finding.code);
      if (sum === undefined) sums.set(finding.code, { ...finding });
      else sum.count += finding.count;
    }
  }
  return [...sums.values()].sort(
    (a, b) => SEVERITIES[a.severity] - SEVERITIES[b.severity] || b.count - a.count,
  );
}
