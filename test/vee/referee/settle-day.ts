import { isHoliday } from './calendar.js';
import { type Finding, highLow, runs, spike, sumCheck } from './day-checks.js';
import { likeDay, linear, passedSum, profile, registerShare } from './estimators.js';
import { halfUp } from './exact.js';
import { isOverMaximum } from './judge-read.js';
import { type DaysBefore, daysBefore } from './reference-days.js';
import { type Span, spansOf } from './register-spans.js';
import { scale } from './scaling.js';
import { passedValue, slotAt, stampsOf, stateOf } from './slots.js';
import type { Channel, Method, Setting } from './types.js';

/** An estimate as it is made. */
export interface Made {
  method: Method;
  value: bigint;
  referenceDays: number[];
  scale: [bigint, bigint] | null;
}

export interface SettledDay {
  /** Slots that were given no actual; `none` ones are missing. */
  made: Map<number, Made>;
  /** Stamps of slots that no method filled. */
  unresolved: number[];
  findings: Finding[];
  /** What the day came across, for counting. */
  situations: string[];
}

/** Settles one read day of a channel: checks 8 to 11, E1 to E6, and what the slots hold from now on. */
export function settleDay(setting: Setting, channel: Channel, day: number): SettledDay {
  const stamps = stampsOf(setting, channel, day);
  const spans = spansOf(setting, channel).filter((span) => span.stamps.some((one) => stamps.includes(one)));
  const days = daysBefore(setting, channel, day);
  const findings = checksBefore(setting, channel, days, spans);
  const made = estimate(setting, channel, days, spans);
  findings.push(...scaleSpans(channel, spans, made, stamps.at(-1)!));
  const grid = 10n ** BigInt(5 - channel.policy.decimals);
  for (const one of made.values()) {
    if (one.scale === null) one.value = halfUp(one.value, grid) * grid;
  }
  findings.push(...checksAfter(setting, channel, days, made));
  const unresolved = stamps.filter(
    (stamp) => !made.has(stamp) && !['passed', 'elsewhere'].includes(stateOf(channel, stamp)),
  );
  const situations = situationsOf(setting, channel, day, made, spans);
  keep(setting, channel, day, made);
  return { made, unresolved, findings, situations };
}

function situationsOf(
  setting: Setting,
  channel: Channel,
  day: number,
  made: Map<number, Made>,
  spans: Span[],
): string[] {
  const stamps = stampsOf(setting, channel, day);
  const methodAt = (stamp: number) => made.get(stamp)?.method;
  const isScaled = ({ stamps: all }: Span) => all.some((stamp) => (made.get(stamp)?.scale ?? null) !== null);
  const situations: [string, boolean][] = [
    [`estimates of ${channel.row.intervalMinutes} min`, made.size > 0],
    ['line across midnight', methodAt(stamps[0]!) === 'linear' || methodAt(stamps.at(-1)!) === 'linear'],
    [
      'like days of a holiday',
      isHoliday(setting, day) && stamps.some((stamp) => methodAt(stamp) === 'like-day'),
    ],
    ['scaled to a rollover', spans.some((span) => span.isRolledOver && isScaled(span))],
    ['slot of another meter', stamps.some((stamp) => stateOf(channel, stamp) === 'elsewhere')],
  ];
  return situations.filter(([, holds]) => holds).map(([name]) => name);
}

function checksBefore(setting: Setting, channel: Channel, days: DaysBefore, spans: Span[]): Finding[] {
  const { day } = days;
  const stamps = stampsOf(setting, channel, day);
  const values = stamps.map((stamp) => passedValue(channel, stamp));
  const isWhole = values.every((value) => value !== null);
  return [
    ...spans.filter(({ end }) => stamps.includes(end)).flatMap((span) => sumCheck(channel, span)),
    ...spike(setting, channel, day),
    ...runs(setting, channel, day),
    ...(isWhole ? highLow(setting, channel, days, values as bigint[]) : []),
  ];
}

/** E1 to E5, method by method. */
function estimate(setting: Setting, channel: Channel, days: DaysBefore, spans: Span[]): Map<number, Made> {
  const stamps = stampsOf(setting, channel, days.day);
  const made = new Map<number, Made>();
  const make = (stamp: number, method: Method, value: bigint, days: number[] = []) =>
    made.set(stamp, { method, value, referenceDays: days, scale: null });
  const needy = new Set<number>();
  for (const stamp of stamps) {
    const state = stateOf(channel, stamp);
    if (state === 'outage') make(stamp, 'outage-zero', 0n);
    if (state !== 'need') continue;
    const straight = linear(channel, stamp);
    const like = straight === null ? likeDay(channel, days, stamp) : null;
    if (straight !== null) make(stamp, 'linear', straight);
    else if (like !== null) make(stamp, 'like-day', like.value, like.days);
    else needy.add(stamp);
  }
  for (const [stamp, one] of profile(setting, channel, days, [...needy], spans)) {
    make(stamp, 'profile', one.value, one.days);
    needy.delete(stamp);
  }
  const before = new Map(made);
  for (const span of spans) {
    const shares = registerShare(channel, span, needy, before);
    for (const [stamp, value] of shares) make(stamp, 'register-share', value);
  }
  return made;
}

/** E6 on each span that this settling has completed. */
function scaleSpans(channel: Channel, spans: Span[], made: Map<number, Made>, dayEnd: number): Finding[] {
  const findings: Finding[] = [];
  for (const span of spans) {
    const isComplete = span.stamps.every((stamp) => made.has(stamp) || passedValue(channel, stamp) !== null);
    const own = span.stamps
      .map((stamp) => made.get(stamp))
      .filter((one): one is Made => one !== undefined && one.method !== 'outage-zero');
    if (span.advance === null || !isComplete || own.length === 0) continue;
    const target = span.advance - passedSum(channel, span);
    if (target < 0n) {
      findings.push({ code: 'vee/negative-scaling-refused', stamp: Math.min(span.end, dayEnd) });
      continue;
    }
    const grid = 10n ** BigInt(5 - channel.policy.decimals);
    const values = own.map(({ value }) => value);
    const sum = values.reduce((total, value) => total + value, 0n);
    const shares = scale(values, target, grid);
    for (const [i, one] of own.entries()) {
      one.value = shares[i]!;
      one.scale = sum === 0n ? [1n, 1n] : [target, sum];
    }
  }
  return findings;
}

/** Checks 7 and 11 again, on the final values of a day with estimates. */
function checksAfter(
  setting: Setting,
  channel: Channel,
  days: DaysBefore,
  made: Map<number, Made>,
): Finding[] {
  const findings: Finding[] = [];
  if (channel.policy.actions.overMaximum !== 'ignore') {
    for (const [stamp, { value }] of made) {
      if (isOverMaximum(channel, value)) findings.push({ code: 'vee/over-maximum', stamp });
    }
  }
  const finals = stampsOf(setting, channel, days.day).map(
    (stamp) => made.get(stamp)?.value ?? passedValue(channel, stamp),
  );
  const isWhole = finals.every((value) => value !== null);
  if (isWhole && made.size > 0) findings.push(...highLow(setting, channel, days, finals as bigint[]));
  return findings;
}

function keep(setting: Setting, channel: Channel, day: number, made: Map<number, Made>): void {
  for (const stamp of stampsOf(setting, channel, day)) {
    const state = stateOf(channel, stamp);
    if (state === 'elsewhere' && !channel.slots.has(stamp)) continue;
    const slot = slotAt(channel, stamp);
    const one = made.get(stamp);
    slot.settled = state === 'passed' ? 'actual' : (one?.method ?? 'none');
    slot.estimate = one?.value ?? null;
  }
  channel.settledDays.add(day);
}
