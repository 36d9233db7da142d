import { describe, expect, it } from 'vitest';
import type { DeliveryRecord } from '../../src/as2/sender/delivery-queue.js';
import { type Config, configSchema } from '../../src/pipeline/config/config.js';
import type { NightSummary } from '../../src/watch/night-book.js';
import { type ProblemFacts, problemsOf } from '../../src/watch/problems.js';

const DAY = 86_400_000;
/** 08:00 in market time; the night was due at 06:00. */
const NOW = Date.parse('2026-11-25T13:00:00Z');
const DUE = Date.parse('2026-11-25T11:00:00Z');

const config = configSchema.parse({
  state: 's',
  sources: [
    { name: 'north', inbox: 'n' },
    { name: 'south', inbox: 's' },
  ],
  output: { directory: 'o', sender: 'A', receiver: 'B' },
}) as unknown as Config;

function night(nowMs: number, files: Record<string, number>, more: Partial<NightSummary> = {}): NightSummary {
  const sources = Object.entries(files).map(([name, count]) => ({ name, files: count }));
  const meters = { expected: 10, delivered: 10, missing: 0 };
  return {
    runId: `r${nowMs}`,
    status: 'complete',
    nowMs,
    readSuccessPercent: null,
    sources,
    meters,
    ...more,
  } as NightSummary;
}

const GOOD = [night(DUE - 2 * DAY, { north: 1, south: 1 }), night(DUE - 1, { north: 1, south: 2 })];

const find = (parts: Partial<ProblemFacts>) =>
  problemsOf({
    config,
    nowMs: NOW,
    failure: null,
    unfinishedMs: null,
    nights: GOOD,
    polled: [],
    open: [],
    certificates: { certificates: [], problems: [] },
    ...parts,
  }).map(({ kind, subject, level }) => `${kind} ${subject} ${level}`);

describe('nothing is wrong', () => {
  it('after a good night', () => expect(find({})).toEqual([]));
  it('in a state folder that was never used', () => expect(find({ nights: [] })).toEqual([]));
  it('in one that was first used after the night was due', () =>
    expect(find({ nights: [night(DUE - DAY + 1, { north: 1 })] })).toEqual([]));
});

describe('a night is late', () => {
  it('for a source that sent nothing since it was due the day before', () => {
    const nights = [night(DUE - DAY - 1, { north: 1, south: 1 }), night(DUE - DAY, { north: 1 })];
    expect(find({ nights })).toEqual(['night-late 2026-11-25 south bad']);
    expect(find({ nights: [...nights, night(NOW - 1, { south: 1 })] })).toEqual([]);
  });
  it('and again on the next day', () => {
    expect(find({ nowMs: DUE + DAY })).toEqual([
      'night-late 2026-11-26 north bad',
      'night-late 2026-11-26 south bad',
    ]);
    expect(find({ nowMs: DUE + DAY - 1 })).toEqual([]);
  });
  it('where its run is not done by then', () => {
    expect(find({ unfinishedMs: DUE - 1 })).toEqual(['night-late 2026-11-25 run doubt']);
    // A run that was begun later is not of that night.
    expect(find({ unfinishedMs: DUE })).toEqual([]);
  });
  it('never, where nothing is due', () => {
    const undue = { ...config, watch: { ...config.watch, dueAt: null } };
    expect(find({ config: undue, nowMs: DUE + DAY })).toEqual([]);
  });
});

describe('a night is bad', () => {
  const failure = { code: 'READMILL_DISK_FULL', message: 'The disk is full.', attempts: 2, ms: 1, nextMs: 2 };
  it('where its run could not be done', () => {
    expect(find({ failure, unfinishedMs: DUE - 1 })).toEqual(['night-failed READMILL_DISK_FULL bad']);
  });
  it('where nothing of it could be carried', () => {
    const nights = [...GOOD, night(NOW - 1, { north: 0 }, { status: 'failed', failedFiles: 1 })];
    expect(find({ nights })).toEqual([`night-failed r${NOW - 1} bad`]);
  });
  it('below the target, until a later one reaches it; a run that settled no day says nothing', () => {
    const low = night(DUE - 2, { north: 1, south: 1 }, { readSuccessPercent: 97.999 });
    const none = night(DUE - 1, { north: 1 });
    expect(find({ nights: [GOOD[0]!, low, none] })).toEqual([`low-read-success r${DUE - 2} bad`]);
    expect(find({ nights: [GOOD[0]!, low, { ...none, readSuccessPercent: 98 }] })).toEqual([]);
  });
});

describe('deliveries', () => {
  const record = (parts: Partial<DeliveryRecord>) =>
    ({
      file: 'b',
      partner: 'sandbox',
      status: 'waiting',
      packagedMs: NOW - 1,
      problem: null,
      ...parts,
    }) as DeliveryRecord;
  it('are told where a person has to look, or where they take too long; one notice for a partner', () => {
    expect(find({ open: [record({})] })).toEqual([]);
    expect(find({ open: [record({ packagedMs: NOW - 121 * 60_000 })] })).toEqual(['undelivered sandbox bad']);
    const open = [
      record({ status: 'failed' }),
      record({ status: 'given-up' }),
      record({ partner: 'other', status: 'failed' }),
    ];
    expect(find({ open })).toEqual(['undelivered sandbox bad', 'undelivered other bad']);
  });
});

it('certificates, keys and inboxes are told', () => {
  const end = (days: number) => ({
    partner: 'p',
    owner: 'ours' as const,
    serial: `${days}`,
    validToMs: NOW + days * DAY,
  });
  const certificates = {
    certificates: [end(-1), end(30), end(31)],
    problems: [{ partner: 'q', text: 'no key' }],
  };
  expect(find({ certificates })).toEqual(['certificate p -1 bad', 'certificate p 30 doubt', 'keys q bad']);
  const polled = [{ source: 'north', ready: [], left: [], problem: 'gone', changedMs: 0 }];
  expect(find({ polled })).toEqual(['inbox north bad']);
});
