import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openLedger, viewLedger } from '../../src/store/ledger/ledger.js';
import { filesBelow } from './fingerprint.js';
import { type RunFolder, runFolder, runNight } from './night-folder.js';
import { hourly, writtenLine } from './written-lines.js';

/** Days of history that policies look back by default, and those that are kept beside. */
const KEPT_DAYS = 35 + 7;
const RUNS_KEPT = 1_000;
const DAY_MS = 86_400_000;
const FIRST_MS = Date.UTC(2026, 2, 1, 6);

/** Carries the read day so many days after the first, one hour after its close. */
async function carryDay(folder: RunFolder, day: number): Promise<void> {
  const startMs = FIRST_MS + day * DAY_MS;
  const first = new Date(startMs).toISOString().replaceAll(/\D/g, '').slice(0, 12);
  const triples = hourly(
    first,
    Array.from({ length: 24 }, () => '1.0'),
  );
  writeFileSync(join(folder.inbox, `day-${day}.cmep`), writtenLine({ meterId: 'M000000001', triples }));
  const { code } = await runNight(folder, { now: new Date(startMs + DAY_MS).toISOString() });
  expect(code).toBe(0);
}

/** Numbers of the read days that the history has files of, from the first. */
function keptDays(folder: RunFolder): number[] {
  const names = filesBelow(folder.state, 'history').map((path) => /\/day-(\d+)-/.exec(path)?.[1]);
  const firstDay = FIRST_MS / DAY_MS;
  return names.filter((day) => day !== undefined).map((day) => Number(day) - Math.floor(firstDay));
}

test.concurrent('history is kept as long as policies look back, and not longer', async () => {
  const folder = runFolder();
  await carryDay(folder, 0);
  await carryDay(folder, KEPT_DAYS);
  expect(keptDays(folder)).toEqual([0, KEPT_DAYS]);
  await carryDay(folder, KEPT_DAYS + 1);
  expect(keptDays(folder)).toEqual([KEPT_DAYS, KEPT_DAYS + 1]);
});

test.concurrent('the ledger keeps a number of past runs, the latest', async () => {
  const folder = runFolder();
  const before = openLedger(folder.state);
  const past = Array.from(
    { length: RUNS_KEPT },
    (_, i) => `runs/done/20200101000000-${String(i + 1).padStart(4, '0')}`,
  );
  before.write([['runs/count', RUNS_KEPT], ...past.map((key): [string, unknown] => [key, { batches: [] }])]);
  await before.close();
  await carryDay(folder, 0);
  const after = viewLedger(folder.state)!;
  const kept = after.list('runs/done/').map(({ key }) => key);
  await after.close();
  expect(kept).toHaveLength(RUNS_KEPT);
  expect(kept.slice(0, -1)).toEqual(past.slice(1));
});
