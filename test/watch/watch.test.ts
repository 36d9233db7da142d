import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ReadmillError } from '../../src/model/errors.js';
import { readConfig } from '../../src/pipeline/config/config.js';
import { RUN_KEY } from '../../src/pipeline/run-state.js';
import { openLedger } from '../../src/store/ledger/ledger.js';
import type { CarriedNight, carryNight } from '../../src/watch/carry-night.js';
import { InboxPoll } from '../../src/watch/inbox-poll.js';
import { NightWatch, type Wait, type WatchEvent, type WatchOptions } from '../../src/watch/watch.js';
import { goodNight } from '../report/sample-report.js';

let folder = '';
let nowMs = 0;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'readmill-watch-'));
  mkdirSync(join(folder, 'inbox'));
  nowMs = Date.parse('2026-11-25T07:00:00Z');
});
afterEach(() => rmSync(folder, { recursive: true }));

interface Setup {
  watch: NightWatch;
  events: string[];
  /** Files that each run was given. */
  runs: string[][];
  told: Record<string, unknown>[];
  /** Time passes, then the watch takes a turn. */
  turn(seconds?: number): Promise<void>;
}

/** A watch whose runs do what they are told. */
function setUp(outcomes: (Error | 'unreadable' | undefined)[], more: Record<string, unknown> = {}): Setup {
  const path = join(folder, 'config.json');
  const given = {
    state: './state',
    sources: [{ name: 'north', inbox: './inbox', minimumAgeSeconds: 0 }],
    output: { directory: './outbox', sender: 'A', receiver: 'B' },
    watch: { gatherSeconds: 0 },
    ...more,
  };
  writeFileSync(path, JSON.stringify(given));
  const config = readConfig(path);
  const events: string[] = [];
  const runs: string[][] = [];
  const told: Record<string, unknown>[] = [];
  const carry: typeof carryNight = async (_, { claim, progress }) => {
    runs.push(claim!.inputs.map(({ name }) => name));
    progress.begin('reading', 2, 'bytes');
    progress.advance(1);
    const outcome = outcomes.shift();
    if (outcome instanceof Error) throw outcome;
    const inputs = claim!.inputs.map((input) => ({ ...input, isToolFault: outcome === 'unreadable' }));
    if (outcome === undefined) for (const input of inputs) rmSync(input.path);
    return { night: { run: { inputs } }, report: { runId: 'r' } } as unknown as CarriedNight;
  };
  const never: Wait = (_, signal) =>
    new Promise((resolve) => signal.addEventListener('abort', () => resolve()));
  const watch = new NightWatch({
    config,
    workers: 1,
    clock: () => nowMs,
    wait: never,
    poll: new InboxPoll(config),
    onEvent: (event: WatchEvent) => void events.push(event.kind),
    carry,
    hooks: async (_, message) => {
      told.push(message);
      return [];
    },
  });
  return {
    watch,
    events,
    runs,
    told,
    async turn(seconds = 10) {
      nowMs += seconds * 1000;
      await watch.turn();
      await watch.settled();
    },
  };
}

const put = (name: string) => writeFileSync(join(folder, 'inbox', name), 'x');

describe('runs', () => {
  it('begin when files have come, with those files, and not again without', async () => {
    const { runs, turn, events, watch } = setUp([]);
    await turn();
    put('a.cmep');
    put('b.cmep');
    await turn();
    expect(runs).toEqual([]);
    await turn();
    expect(runs).toEqual([['a.cmep', 'b.cmep']]);
    await turn();
    put('c.cmep');
    await turn();
    await turn();
    expect(runs).toEqual([['a.cmep', 'b.cmep'], ['c.cmep']]);
    expect(events).toEqual(['run-begins', 'run-ended', 'run-begins', 'run-ended']);
    expect(watch.status).toMatchObject({ phase: 'waiting', failure: null, step: null });
  });

  it('that fail are tried again after longer and longer pauses, and the next night goes through', async () => {
    const full = new ReadmillError('READMILL_DISK_FULL', 'The disk is full.');
    const { runs, turn, watch, told } = setUp([full, full, new Error('something else'), undefined]);
    put('a.cmep');
    await turn();
    await turn();
    expect(watch.status.failure).toMatchObject({
      code: 'READMILL_DISK_FULL',
      attempts: 1,
      nextMs: nowMs + 60_000,
    });
    expect(told).toMatchObject([{ event: 'raised', kind: 'night-failed' }]);
    await turn(59);
    expect(runs).toHaveLength(1);
    await turn(1);
    expect([runs.length, watch.status.failure!.nextMs - nowMs]).toEqual([2, 120_000]);
    put('b.cmep');
    await turn(120);
    await turn();
    await turn(290);
    await turn();
    expect(runs).toEqual([['a.cmep'], ['a.cmep'], ['a.cmep', 'b.cmep'], ['a.cmep', 'b.cmep']]);
    expect(watch.status.failure).toBeNull();
    expect(told.map(({ event, subject }) => `${event} ${subject}`)).toEqual([
      'raised READMILL_DISK_FULL',
      'over READMILL_DISK_FULL',
      'raised error',
      'over error',
    ]);
  });

  it('wait while another readmill works on the state folder, which is no failure', async () => {
    const busy = new ReadmillError('READMILL_STATE_BUSY', 'Another readmill works on it.');
    const { runs, turn, watch, told, events } = setUp([busy, undefined]);
    put('a.cmep');
    await turn();
    await turn();
    expect([watch.status.failure, told, events.at(-1)]).toEqual([null, [], 'problem']);
    await turn();
    expect(runs).toHaveLength(1);
    await turn();
    expect(runs).toHaveLength(2);
  });

  it('leave a file that they could not read alone for a quarter of an hour', async () => {
    const { runs, turn } = setUp(['unreadable', undefined]);
    put('a.cmep');
    await turn();
    await turn();
    for (let i = 0; i < 5; i++) await turn(60);
    expect(runs).toHaveLength(1);
    await turn(600);
    expect(runs).toHaveLength(2);
  });

  it('begin at set times, and once for each', async () => {
    const { runs, turn } = setUp([], { watch: { runAt: ['02:30'] } });
    put('a.cmep');
    await turn();
    await turn();
    expect(runs).toHaveLength(1);
    put('b.cmep');
    await turn();
    await turn(29 * 60);
    expect(runs).toHaveLength(1);
    await turn(60);
    expect(runs).toHaveLength(2);
  });

  it('are told of by their steps while they work', async () => {
    const { watch, turn } = setUp([new Error('stop here')]);
    const seen: unknown[] = [];
    const { status } = watch;
    let phase = status.phase;
    Object.defineProperty(status, 'phase', {
      get: () => phase,
      set(next: typeof phase) {
        if (phase === 'running') seen.push({ ...status.step });
        phase = next;
      },
    });
    put('a.cmep');
    await turn();
    await turn();
    expect(seen).toEqual([{ step: 'reading', done: 1, total: 2, unit: 'bytes' }]);
  });
});

it('old runs that cannot be removed keep nothing else from being done', async () => {
  const { runs, turn, events } = setUp([]);
  mkdirSync(join(folder, 'state'));
  writeFileSync(join(folder, 'state', 'archive'), 'no folder');
  await turn();
  expect(events).toEqual(['problem']);
  put('a.cmep');
  await turn();
  await turn();
  expect(runs).toEqual([['a.cmep']]);
  // It is tried again a day later.
  await turn(86_400);
  expect(events).toEqual(['problem', 'run-begins', 'run-ended', 'problem']);
});

it('tells that a night is late while its run still works', async () => {
  // In use since the day before; the run was begun before the night was due.
  const { watch, told } = setUp([]);
  const reports = join(folder, 'state', 'reports', '20261123070000-0001');
  mkdirSync(reports, { recursive: true });
  const before = { ...goodNight(), runId: '20261123070000-0001', now: '2026-11-23T07:00:00.000Z' };
  writeFileSync(join(reports, 'report.json'), JSON.stringify(before));
  const ledger = openLedger(join(folder, 'state'));
  const record = {
    runId: 'r',
    phase: 'scan',
    nowIso: new Date(nowMs).toISOString(),
    inputs: [],
    startedMs: nowMs,
  };
  await ledger.write([[RUN_KEY, record]]);
  await ledger.close();
  let minutes = 0;
  let end = () => {};
  const options = (watch as unknown as { options: WatchOptions }).options;
  Object.assign(options, {
    carry: () => new Promise((_, reject) => (end = () => reject(new Error('ended')))),
    // Five hours go by in five looks; then the run ends.
    wait: async (ms: number, signal: AbortSignal) => {
      if (ms !== 60_000)
        return new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
      nowMs += 3_600_000;
      if (++minutes > 5) end();
    },
  });
  await watch.turn();
  await watch.settled();
  expect(told.map(({ kind, subject }) => `${kind} ${subject}`)).toContain('night-late 2026-11-25 run');
});

it('stops before it begins anything new, and a fault of a turn does not end it', async () => {
  const { watch, runs, events } = setUp([]);
  writeFileSync(join(folder, 'state'), 'no folder');
  const running = watch.run();
  await new Promise((resolve) => setImmediate(resolve));
  while (events.length === 0) await new Promise((resolve) => setImmediate(resolve));
  expect(events).toEqual(['problem']);
  rmSync(join(folder, 'state'));
  put('a.cmep');
  watch.stop();
  await running;
  expect(runs).toEqual([]);
});
