import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { PARTITION_ROOM } from '../../../src/kernel/settle-memory.js';
import { dayNumber } from '../../../src/model/time.js';
import { PlainMeters } from '../../../src/pipeline/settle/plain-meters.js';
import type { SettleResult } from '../../../src/pipeline/settle/settle-types.js';
import { importRegister } from '../../../src/store/register/register-import.js';
import { DEFAULT_POLICY, type Policy } from '../../../src/vee/policy.js';
import { nightLines, randomMeters, randomOf, registerText, ZONE_MINUTES } from './random-nights.js';
import { type Past, pastAfter, settle } from './settled-file.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'readmill-plain-'));
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true, force: true });
});

/** The last nights are three weeks later than these: an ordinary day, Good Friday and Family Day. */
const FIRST_DAYS = [dayNumber(2026, 3, 6), dayNumber(2026, 3, 13), dayNumber(2026, 1, 26)];
/** Nights from the first day on: some follow each other, and the last have like days and nights before them. */
const NIGHTS = [0, 1, 2, 7, 8, 14, 15, 19, 20, 21, 22];

/** Policies with other numbers, by which some meters are judged. */
function randomPolicies(random: () => number): Record<string, Policy> {
  const pick = <T>(...from: T[]): T => from[Math.floor(random() * from.length)]!;
  const past = () => ({
    low: pick(10_000, 70_000, 95_000),
    high: pick(400_000, 130_000, 105_000),
    referenceDays: pick(1, 2, 3, 3, 4),
    historyDays: pick(35, 35, 20, 60),
    frozenRunHours: pick(24, 10, 30),
    zeroRunHours: pick(24, 12),
  });
  const strict: Policy = {
    ...DEFAULT_POLICY,
    ...past(),
    maximumKwh: 150_000,
    sumTolerance: 0,
    actions: {
      ...DEFAULT_POLICY.actions,
      negative: 'flag',
      zeroRun: pick('ignore', 'flag'),
      highLow: pick('flag', 'flag', 'ignore'),
    },
  };
  return { default: random() < 0.5 ? DEFAULT_POLICY : { ...DEFAULT_POLICY, ...past() }, strict };
}

const SEEDS = 5;

/** All that a task leaves, without the names of folders. */
function all(result: SettleResult, where: string) {
  const { rejectsFile, lists, ...rest } = result;
  const contents = (path: string) => (path === '' ? '' : readFileSync(path, 'latin1'));
  const told = JSON.stringify(
    rest,
    (key, value) => {
      if (typeof value === 'bigint') return String(value);
      if (value instanceof Map) return [...value];
      if (key === 'fullSlotsPerDay') return undefined;
      return key === 'path' ? String(value).replace(where, '') : value;
    },
    1,
  );
  return {
    told,
    batches: result.batches.map(({ path }) => contents(path)),
    history: Object.fromEntries(
      result.history.map(({ kind, day, path, partition }) => [`${kind}-${day}-${partition}`, contents(path)]),
    ),
    rejects: contents(rejectsFile),
    lists: Object.values(lists).map(contents),
  };
}

/** Nights one after the other, with the kernel and without it. @returns meters that the kernel settled, by night */
async function compareNights(seed: number, meterCount: number, odds: number): Promise<number[]> {
  const random = randomOf(seed);
  const meters = randomMeters(random, meterCount, seed % 4 === 0);
  const profile = seed % 4 === 0 ? 'sensus' : 'cmep-1.20';
  const output = {
    maximumRecords: random() < 0.5 ? 37 : 1e6,
    maximumBytes: random() < 0.3 ? 20_000 : 1e9,
    flags: random() < 0.2 ? ('letter' as const) : ('as-received' as const),
    validatedFlag: random() < 0.2 ? ('empty' as const) : ('keep' as const),
  };
  const given = { output, policies: randomPolicies(random) };
  let register: string | null = null;
  if (seed % 2 === 0) {
    const file = join(folder, `register-${seed}.csv`);
    writeFileSync(file, registerText(random, meters));
    register = (await importRegister({ file, directory: folder, zoneMinutes: ZONE_MINUTES })).path;
  }
  let lowers = [''];
  let pasts: Past[] = [{ days: [], registers: [] }];
  const late: string[] = [];
  const counts: number[] = [];
  const settled = PlainMeters.prototype.settle;
  const spy = vi.spyOn(PlainMeters.prototype, 'settle').mockImplementation(function (
    this: PlainMeters,
    ...blocks
  ) {
    const before = this.meters;
    const next = settled.apply(this, blocks);
    counts[counts.length - 1]! += this.meters - before;
    return next;
  });
  for (const after of NIGHTS) {
    const day = FIRST_DAYS[seed % 3]! + after;
    counts.push(0);
    if (seed % 5 === 0 && after === 20) {
      // The partition is split; its parts share the files of its past.
      lowers = ['', meters[Math.floor(meterCount / 3)]!.id];
      pasts = [pasts[0]!, pasts[0]!];
    }
    const file = join(folder, `night-${seed}-${day}.cmep`);
    writeFileSync(file, `${nightLines(random, meters, day, odds, late).join('\r\n')}\r\n`);
    const [a, b] = [join(folder, `${seed}-${day}-a`), join(folder, `${seed}-${day}-b`)];
    const withKernel = settle(file, a, day, lowers, pasts, given, profile, register);
    if (counts.at(-1)! > 0) {
      const open = vi.spyOn(PlainMeters, 'open').mockReturnValue(null);
      const without = settle(file, b, day, lowers, pasts, given, profile, register);
      open.mockRestore();
      expect(all(withKernel, a), `seed ${seed}, night ${after}`).toEqual(all(without, b));
    }
    pasts = pasts.map((past, partition) => pastAfter(past, withKernel, partition));
  }
  spy.mockRestore();
  return counts;
}

it('what the kernel settles is what the program settles without it', { timeout: 120_000 }, async () => {
  const byNight = NIGHTS.map(() => 0);
  for (let seed = 1; seed <= SEEDS; seed++) {
    const counts = await compareNights(seed, 60, seed % 3 === 0 ? 0.08 : 0.01);
    for (const [night, count] of counts.entries()) byNight[night]! += count;
  }
  // Of the first night there is no past, of others too little of it; the last three have all that there can be.
  expect(byNight[0]).toBeGreaterThan(SEEDS * 5);
  expect(byNight.at(-2)).toBeGreaterThan(SEEDS * 5);
  expect(byNight.at(-1)).toBeGreaterThan(SEEDS * 5);
});

it('a partition that is larger than the kernel can address is left to the program', () => {
  const state = { task: { sends: true, vee: { enabled: true }, output: { stamps: 'explicit' } } };
  const rules = { policyOf: () => DEFAULT_POLICY };
  const openWith = (...lengths: number[]) => {
    const pieces = { lengths: Int32Array.from(lengths) };
    const input = { days: [], registers: [], pieces };
    return PlainMeters.open({ ...state, rules } as never, input as never, null, null as never, null as never);
  };
  expect(openWith(PARTITION_ROOM / 2, PARTITION_ROOM / 2)).not.toBeNull();
  expect(openWith(PARTITION_ROOM / 2, PARTITION_ROOM / 2 + 8)).toBeNull();
});
