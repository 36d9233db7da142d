import fc from 'fast-check';
import { compareCase, type Difference, meterOf } from './compare.js';
import { type MonthCase, monthCase } from './month-case.js';

/** What is compared; by the environment, to repeat a failure or to go on for longer. */
export interface Extent {
  /** Seed of the first case; each further one has the next. */
  seed: number;
  cases: number;
  channels: number;
}

/**
 * `MONTHS_SEED`, `MONTHS_CASES` and `MONTHS_CHANNELS`, else what is given.
 * @param seed of the first case; left out: by chance
 */
export function extentOf(
  cases: number,
  channels: number,
  seed = Math.floor(Math.random() * 2 ** 30),
): Extent {
  const { MONTHS_SEED, MONTHS_CASES, MONTHS_CHANNELS } = process.env;
  return {
    seed: Number(MONTHS_SEED ?? seed),
    cases: Number(MONTHS_CASES ?? cases),
    channels: Number(MONTHS_CHANNELS ?? channels),
  };
}

/** Channels that are described where they differ, and lines of each. */
const CHANNELS_TOLD_MAX = 4;
const LINES_TOLD_MAX = 12;

/** Channel-months in which each of the outcomes below occurs, and those in which the rare ones do too. */
const CHANNELS_FOR_ALL_MIN = 300;
const CHANNELS_FOR_RARE_MIN = 2_000;

/** Outcomes that must occur for the comparison to be worth something. */
const WANTED = [
  ...['OK', 'RESEND', 'scaled', 'kept'],
  ...['outage-zero', 'linear', 'like-day', 'profile', 'register-share', 'none'],
  ...['vee/outage', 'vee/doubtful-status', 'vee/over-maximum', 'vee/needs-review', 'vee/sum'],
  ...['vee/register-decreased', 'vee/spike', 'vee/zero-run', 'vee/frozen', 'vee/high-low'],
  ...['vee/negative', 'vee/bad-status', 'vee/duplicate-read', 'missing meter'],
  ...['silent day', 'slot of another meter', 'line across midnight'],
  ...['estimates of 60 min', 'estimates of 30 min', 'estimates of 15 min'],
  'estimates of 5 min',
];

const RARE = ['vee/negative-scaling-refused', 'scaled to a rollover', 'like days of a holiday'];

/** What differs, channel by channel: alone where a channel differs alone, so that little has to be read. */
async function described(given: MonthCase, differences: Difference[], seed: number): Promise<string> {
  const byMeter = new Map<string, Difference[]>();
  for (const one of differences) byMeter.set(meterOf(one), [...(byMeter.get(meterOf(one)) ?? []), one]);
  const { length } = given.months;
  const texts = [`MONTHS_SEED=${seed} MONTHS_CASES=1 MONTHS_CHANNELS=${length}: ${byMeter.size} differ`];
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

/**
 * Months of many channels, night after night, by the program and by the referee.
 * @returns what differs in the first case that does, and which outcomes did not occur; empty where all is well
 */
export async function compareMonths({ seed, cases, channels }: Extent): Promise<string[]> {
  const seen: Record<string, number> = {};
  for (let i = 0; i < cases; i++) {
    const given = fc.sample(monthCase(channels), { seed: seed + i, numRuns: 1 })[0]!;
    const { differences, seen: own } = await compareCase(given);
    for (const [kind, count] of Object.entries(own)) seen[kind] = (seen[kind] ?? 0) + count;
    if (differences.length > 0) return [await described(given, differences, seed + i)];
  }
  // A few channels need not show everything.
  const count = cases * channels;
  const wanted = [
    ...(count < CHANNELS_FOR_ALL_MIN ? [] : WANTED),
    ...(count < CHANNELS_FOR_RARE_MIN ? [] : RARE),
  ];
  return wanted
    .filter((kind) => (seen[kind] ?? 0) === 0)
    .map((kind) => `${kind} did not occur from MONTHS_SEED=${seed} on`);
}
