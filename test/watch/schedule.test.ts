import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Config, configSchema } from '../../src/pipeline/config/config.js';
import type { PolledSource } from '../../src/watch/inbox-poll.js';
import {
  closeOfDayMs,
  isTimeWithoutFiles,
  lastTimeMs,
  marketDayOf,
  runReason,
  type Standing,
} from '../../src/watch/schedule.js';

const MINUTE = 60_000;
/** 02:00 in market time. */
const NOW = Date.parse('2026-11-25T07:00:00Z');

function configOf(watch: Record<string, unknown> = {}, vee: Record<string, unknown> = {}): Config {
  return configSchema.parse({
    state: 's',
    sources: [{ name: 'north', inbox: 'i' }],
    output: { directory: 'o', sender: 'A', receiver: 'B' },
    watch,
    vee,
  }) as unknown as Config;
}

const source = (parts: Partial<PolledSource>): PolledSource => ({
  source: 'north',
  ready: [],
  left: [],
  problem: null,
  changedMs: 0,
  ...parts,
});
const file = (readySinceMs: number) => ({
  name: 'a',
  path: 'i/a',
  facts: { size: 1, mtimeMs: 0, ctimeMs: 0 },
  readySinceMs,
});
const COMING = [{ path: 'i/b', reason: 'it has just come or changed', isComing: true }];
const standing = (parts: Partial<Standing>): Standing => ({
  nowMs: NOW,
  polled: [source({})],
  isUnfinished: false,
  notBeforeMs: 0,
  waitingDays: [],
  seenToMs: 0,
  ...parts,
});
const READY = [source({ ready: [file(NOW - 5 * MINUTE)], changedMs: NOW - 5 * MINUTE })];

describe('a run begins', () => {
  it.each<[string, Record<string, unknown>, Partial<Standing>, string | null]>([
    ['not where nothing is there', {}, {}, null],
    ['for an unfinished run', {}, { isUnfinished: true }, 'unfinished'],
    [
      'not in the pause after a failure',
      {},
      { isUnfinished: true, notBeforeMs: NOW + 1, polled: READY },
      null,
    ],
    ['when that pause is over', {}, { isUnfinished: true, notBeforeMs: NOW }, 'unfinished'],
    ['for files, when it is quiet', {}, { polled: READY }, 'files'],
    ['not while others come', {}, { polled: [source({ ...READY[0], left: COMING })] }, null],
    ['not sooner than gatherSeconds after the last change', { gatherSeconds: 301 }, { polled: READY }, null],
    [
      'though others come, when the first waits for gatherLimitMinutes',
      { gatherLimitMinutes: 5 },
      { polled: [source({ ...READY[0], left: COMING })] },
      'files',
    ],
    ['at a set time', { runAt: ['02:00'] }, { polled: READY }, 'set-time'],
    ['not before it', { runAt: ['02:01'] }, { polled: READY, seenToMs: NOW - 60 * MINUTE }, null],
    ['not twice for it', { runAt: ['02:00'] }, { polled: READY, seenToMs: NOW }, null],
    [
      'for a time that passed while nobody watched',
      { runAt: ['01:00', '23:00'] },
      { polled: READY, seenToMs: NOW - 61 * MINUTE },
      'set-time',
    ],
    [
      'not while files come at a set time',
      { runAt: ['02:00'] },
      { polled: [source({ ...READY[0], left: COMING })] },
      null,
    ],
  ])('%s', (_, watch, parts, reason) => {
    expect(runReason(configOf(watch), standing(parts))).toBe(reason);
  });

  it('when a read day closes for which reads wait, at the minute', () => {
    const config = configOf({ runAt: ['12:00'] }, { closeAfterMinutes: 90 });
    const day = Date.parse('2026-11-24') / 86_400_000;
    const close = Date.parse('2026-11-25T06:30:00Z');
    expect(closeOfDayMs(config, day)).toBe(close);
    const at = (nowMs: number) => runReason(config, standing({ nowMs, waitingDays: [day], seenToMs: NOW }));
    expect([at(close - 1), at(close)]).toEqual([null, 'closing']);
  });

  it('not for a set time at which nothing came: it is seen to', () => {
    const config = configOf({ runAt: ['02:00'] });
    expect(isTimeWithoutFiles(config, standing({}))).toBe(true);
    expect(isTimeWithoutFiles(config, standing({ polled: [source({ left: COMING })] }))).toBe(false);
    expect(isTimeWithoutFiles(config, standing({ polled: READY }))).toBe(false);
    expect(isTimeWithoutFiles(config, standing({ seenToMs: NOW }))).toBe(false);
    expect(isTimeWithoutFiles(configOf(), standing({}))).toBe(false);
  });
});

describe('times of day', () => {
  it('are the last that has come, by another way of reckoning', () => {
    const zones: [string, number][] = [
      ['UTC', 0],
      ['EST', -5],
      ['+09:00', 9],
    ];
    const minutes = fc.array(fc.integer({ min: 0, max: 1439 }), { minLength: 1, maxLength: 4 });
    const ms = fc.integer({ min: 0, max: 4e12 });
    fc.assert(
      fc.property(minutes, ms, fc.constantFrom(...zones), (given, nowMs, [marketTimeZone, hours]) => {
        const times = given.map((minute) => new Date(minute * MINUTE).toISOString().slice(11, 16));
        const config = { ...configOf(), marketTimeZone };
        const last = lastTimeMs(config, times, nowMs);
        const clock = (at: number) => new Date(at + hours * 3_600_000).toISOString();
        expect(times).toContain(clock(last).slice(11, 16));
        // Any later minute up to now is none of them.
        const later = new Set<string>();
        for (let at = last + MINUTE; at <= nowMs; at += MINUTE) later.add(clock(at).slice(11, 16));
        expect(times.filter((time) => later.has(time))).toEqual([]);
        expect(last <= nowMs && nowMs - last < 86_400_000).toBe(true);
        const day = new Date(marketDayOf(config, nowMs) * 86_400_000).toISOString().slice(0, 10);
        expect(day).toBe(clock(nowMs).slice(0, 10));
      }),
      { numRuns: 60 },
    );
  });
});
