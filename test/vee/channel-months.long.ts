import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import { compareCase, type Difference, meterOf } from './months/compare.js';
import { type MonthCase, monthCase } from './months/month-case.js';

vi.mock('../../src/pipeline/worker-pool.js', async (original) => ({
  ...(await original<object>()),
  openPool: (await import('./months/own-thread.js')).ownThread,
}));

/**
 * Months of many channels, night after night, by the program and by the referee. To repeat a failure or to go on
 * for longer: `MONTHS_SEED`, `MONTHS_CASES` (each with a seed of its own, counted up) and `MONTHS_CHANNELS`.
 */
const SEED = Number(process.env.MONTHS_SEED ?? Math.floor(Math.random() * 2 ** 30));
const CASES = Number(process.env.MONTHS_CASES ?? 3);
const CHANNELS = Number(process.env.MONTHS_CHANNELS ?? 120);
/** Channels that are described where they differ, and lines of each. */
const CHANNELS_TOLD_MAX = 4;
const LINES_TOLD_MAX = 12;

/** Outcomes that must occur for the comparison to be worth something, at the defaults above. */
const WANTED = [
  ...['OK', 'RESEND', 'scaled', 'kept'],
  ...['outage-zero', 'linear', 'like-day', 'profile', 'register-share', 'none'],
  ...['vee/outage', 'vee/doubtful-status', 'vee/over-maximum', 'vee/needs-review', 'vee/sum'],
  ...['vee/register-decreased', 'vee/spike', 'vee/zero-run', 'vee/frozen', 'vee/high-low'],
  ...['vee/negative-scaling-refused'],
];

/** What differs, channel by channel: alone where a channel differs alone, so that little has to be read. */
async function described(given: MonthCase, differences: Difference[], seed: number): Promise<string> {
  const byMeter = new Map<string, Difference[]>();
  for (const one of differences) byMeter.set(meterOf(one), [...(byMeter.get(meterOf(one)) ?? []), one]);
  const texts = [`MONTHS_SEED=${seed} MONTHS_CASES=1 MONTHS_CHANNELS=${CHANNELS}: ${byMeter.size} differ`];
  for (const [meter, own] of [...byMeter].slice(0, CHANNELS_TOLD_MAX)) {
    const month = given.months[Number(/^M(\d+)/.exec(meter)?.[1] ?? Number.NaN)];
    texts.push(`${meter}: ${own.length} differences`);
    for (const { night, side, list, line } of own.slice(0, LINES_TOLD_MAX)) {
      texts.push(`  night ${night}, ${list}, ${side}: ${line}`);
    }
    if (month === undefined) continue;
    const alone = await compareCase({ ...given, months: [month] });
    texts.push(alone.differences.length > 0 ? '  also where it runs alone' : '  not where it runs alone');
    texts.push(`  ${JSON.stringify(month)}`);
  }
  return texts.join('\n');
}

test('months of channels come out as the rules say', { timeout: 3_600_000 }, async () => {
  const seen: Record<string, number> = {};
  for (let i = 0; i < CASES; i++) {
    const seed = SEED + i;
    const given = fc.sample(monthCase(CHANNELS), { seed, numRuns: 1 })[0]!;
    const { differences, seen: own } = await compareCase(given);
    for (const [kind, count] of Object.entries(own)) seen[kind] = (seen[kind] ?? 0) + count;
    if (differences.length > 0) throw new Error(await described(given, differences, seed));
  }
  if (process.env.MONTHS_CHANNELS !== undefined) return;
  for (const kind of WANTED) expect(seen[kind] ?? 0, `${kind} at MONTHS_SEED=${SEED}`).toBeGreaterThan(0);
});
