import { MINUTES_PER_DAY, parseZone, readDayOf, readDayStart } from '../model/time.js';
import type { Config } from '../pipeline/config/config.js';
import { minuteOfDay } from '../pipeline/config/watch-config.js';
import type { PolledSource } from './inbox-poll.js';

const MINUTE_MS = 60_000;

/** Why a run begins. */
export type RunReason = 'unfinished' | 'closing' | 'files' | 'set-time';

/** What is known when it is asked whether a run is to begin. Times are milliseconds since 1970. */
export interface Standing {
  nowMs: number;
  polled: readonly PolledSource[];
  /** A run was begun and has not ended. */
  isUnfinished: boolean;
  /** No run is begun before then: the last one failed. */
  notBeforeMs: number;
  /** Read days whose reads wait for their close, day numbers. */
  waitingDays: readonly number[];
  /** Set times up to this one were seen to. */
  seenToMs: number;
}

/**
 * Whether a run begins now, and why.
 *
 * | What is there                                             | Run          |
 * | --------------------------------------------------------- | ------------ |
 * | the last run failed, and its pause is not over            | none         |
 * | an unfinished run                                         | `unfinished` |
 * | reads that wait for a read day that has closed            | `closing`    |
 * | ready files, no set times: quiet for `gatherSeconds`,     | `files`      |
 * | or the first waits for `gatherLimitMinutes`               |              |
 * | ready files, a set time has come and nothing is on its    | `set-time`   |
 * | way, or came `gatherLimitMinutes` ago                     |              |
 */
export function runReason(config: Config, standing: Standing): RunReason | null {
  const { nowMs, polled, isUnfinished, notBeforeMs, waitingDays } = standing;
  if (nowMs < notBeforeMs) return null;
  if (isUnfinished) return 'unfinished';
  if (waitingDays.some((day) => closeOfDayMs(config, day) <= nowMs)) return 'closing';
  const ready = polled.flatMap((source) => source.ready);
  if (ready.length === 0) return null;
  const isComing = polled.some(({ left }) => left.some((file) => file.isComing));
  const limitMs = config.watch.gatherLimitMinutes * MINUTE_MS;
  if (config.watch.runAt.length === 0) {
    const changedMs = Math.max(...polled.map((source) => source.changedMs));
    const isQuiet = !isComing && nowMs - changedMs >= config.watch.gatherSeconds * 1000;
    const firstMs = Math.min(...ready.map(({ readySinceMs }) => readySinceMs));
    return isQuiet || nowMs - firstMs >= limitMs ? 'files' : null;
  }
  const timeMs = lastTimeMs(config, config.watch.runAt, nowMs);
  if (timeMs <= standing.seenToMs) return null;
  return !isComing || nowMs - timeMs >= limitMs ? 'set-time' : null;
}

/** Whether a set time has come and there is nothing that a run could take in, now or soon: it is seen to. */
export function isTimeWithoutFiles(config: Config, { nowMs, polled, seenToMs }: Standing): boolean {
  if (config.watch.runAt.length === 0 || lastTimeMs(config, config.watch.runAt, nowMs) <= seenToMs)
    return false;
  return polled.every(({ ready, left }) => ready.length === 0 && !left.some((file) => file.isComing));
}

/** When the read period of a day closes: from then on its reads are settled. */
export function closeOfDayMs(config: Config, day: number): number {
  const zone = parseZone(config.marketTimeZone)!;
  return (readDayStart(day + 1, zone) + config.vee.closeAfterMinutes) * MINUTE_MS;
}

/** The last of some times of day, in market time, that is not after now. */
export function lastTimeMs(config: Config, times: readonly string[], nowMs: number): number {
  const zone = parseZone(config.marketTimeZone)!;
  const nowMinute = Math.floor(nowMs / MINUTE_MS) + zone;
  const today = Math.floor(nowMinute / MINUTES_PER_DAY) * MINUTES_PER_DAY;
  const minutes = times.map((time) => {
    const minute = today + minuteOfDay(time);
    return minute <= nowMinute ? minute : minute - MINUTES_PER_DAY;
  });
  return (Math.max(...minutes) - zone) * MINUTE_MS;
}

/** Calendar day, in market time, that a moment lies on: the day that a night of runs is named by. */
export function marketDayOf(config: Pick<Config, 'marketTimeZone'>, ms: number): number {
  return readDayOf(Math.floor(ms / MINUTE_MS) + 1, parseZone(config.marketTimeZone)!);
}
