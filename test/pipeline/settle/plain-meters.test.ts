import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { findProfile, readerSettings } from '../../../src/conformance/profiles.js';
import { stampText } from '../../../src/formats/cmep/writer.js';
import { PARTITION_ROOM } from '../../../src/kernel/settle-memory.js';
import { dayNumber, readDayStart } from '../../../src/model/time.js';
import { scanRange } from '../../../src/pipeline/scan/scan-range.js';
import { PlainMeters } from '../../../src/pipeline/settle/plain-meters.js';
import { runSettleTask } from '../../../src/pipeline/settle/settle-task.js';
import type { HistoryRef, SettleResult, SettleTask } from '../../../src/pipeline/settle/settle-types.js';
import { importRegister } from '../../../src/store/register/register-import.js';
import { DEFAULT_POLICY, type Policy } from '../../../src/vee/policy.js';
import { nightLines, randomMeters, randomOf, registerText, ZONE_MINUTES } from './random-nights.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'readmill-plain-'));
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true, force: true });
});

const FIRST_DAY = dayNumber(2026, 3, 6);

/** A policy with other numbers, by which some meters are judged. */
const STRICT: Policy = {
  ...DEFAULT_POLICY,
  maximumKwh: 150_000,
  sumTolerance: 0,
  actions: { ...DEFAULT_POLICY.actions, negative: 'flag', zeroRun: 'ignore' },
};

/** What the nights before have left. */
interface Past {
  days: HistoryRef[];
  registers: HistoryRef[];
}

/** Settles a file of one night. @param where folder for what it leaves */
function settle(
  file: string,
  where: string,
  day: number,
  past: Past,
  output: Partial<SettleTask['output']>,
  profile: string,
  register: string | null,
) {
  mkdirSync(where, { recursive: true });
  const bytes = readFileSync(file).length;
  const nowStamp = readDayStart(day + 1, ZONE_MINUTES) + 600;
  const scanned = scanRange({
    path: file,
    fileBytes: bytes,
    from: 0,
    to: bytes,
    format: 'cmep',
    settings: readerSettings(findProfile(profile)!, 0, nowStamp),
    startsAt: 0,
    range: 0,
    partitionLowers: [''],
    workDirectory: where,
    isShared: false,
    findingsMax: 100,
    marketZoneMinutes: ZONE_MINUTES,
  });
  const { spillFile, spillOffset, partitionStarts, reads } = scanned;
  expect(partitionStarts[1]!, `${file}: ${reads} reads`).toBeGreaterThan(0);
  return runSettleTask({
    index: 0,
    partitions: [
      {
        id: 0,
        lower: '',
        upper: null,
        pieces: {
          fileIndex: Int32Array.of(0),
          offsets: Float64Array.of(spillOffset),
          lengths: Int32Array.of((partitionStarts[1]! - partitionStarts[0]!) * 4),
        },
        ...past,
      },
    ],
    spillFiles: [spillFile],
    rangeStarts: Float64Array.of(0),
    rangeSources: Uint16Array.of(0),
    sourceCount: 1,
    rangeFiles: [`night-${day}.cmep`],
    rangeOrder: null,
    nowStamp,
    closeAfterMinutes: 0,
    marketZoneMinutes: ZONE_MINUTES,
    vee: {
      enabled: true,
      policies: { default: DEFAULT_POLICY, strict: STRICT },
      holidays: null,
      loadProfiles: [],
    },
    register,
    covered: [],
    completeDays: [day],
    output: {
      sender: 'S',
      receiver: 'R',
      created: stampText(nowStamp, 0),
      zoneMinutes: 0,
      stamps: 'explicit',
      flags: 'as-received',
      validatedFlag: 'keep',
      maximumBytes: 1e9,
      maximumRecords: 1e6,
      ...output,
    },
    stagingDirectory: where,
    sends: true,
    findingsMax: 1000,
  });
}

/** The past that the next night sees. */
function pastAfter(past: Past, { history, openDays }: SettleResult): Past {
  const merged = (refs: HistoryRef[], kind: 'day' | 'registers') => {
    const byDay = new Map(refs.map((ref) => [ref.day, ref]));
    for (const { day, path } of history.filter((staged) => staged.kind === kind)) {
      const totals = history.find((staged) => staged.kind === 'totals' && staged.day === day);
      byDay.set(day, { day, path, totalsPath: totals?.path ?? '', isOpen: openDays.includes(day) });
    }
    return [...byDay.values()].sort((a, b) => a.day - b.day);
  };
  return { days: merged(past.days, 'day'), registers: merged(past.registers, 'registers') };
}

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
      result.history.map(({ kind, day, path }) => [`${kind}-${day}`, contents(path)]),
    ),
    rejects: contents(rejectsFile),
    lists: Object.values(lists).map(contents),
  };
}

/** Nights one after the other, with the kernel and without it. @returns meters that the kernel settled */
async function compareNights(
  seed: number,
  meterCount: number,
  nights: number,
  odds: number,
): Promise<number> {
  const random = randomOf(seed);
  const meters = randomMeters(random, meterCount, seed % 4 === 0);
  const profile = seed % 4 === 0 ? 'sensus' : 'cmep-1.20';
  const output = {
    maximumRecords: random() < 0.5 ? 37 : 1e6,
    maximumBytes: random() < 0.3 ? 20_000 : 1e9,
    flags: random() < 0.2 ? ('letter' as const) : ('as-received' as const),
    validatedFlag: random() < 0.2 ? ('empty' as const) : ('keep' as const),
  };
  let register: string | null = null;
  if (seed % 2 === 0) {
    const file = join(folder, `register-${seed}.csv`);
    writeFileSync(file, registerText(random, meters));
    register = (await importRegister({ file, directory: folder, zoneMinutes: ZONE_MINUTES })).path;
  }
  let past: Past = { days: [], registers: [] };
  let plain = 0;
  const settled = PlainMeters.prototype.settle;
  const spy = vi.spyOn(PlainMeters.prototype, 'settle').mockImplementation(function (
    this: PlainMeters,
    ...given
  ) {
    const before = this.meters;
    const next = settled.apply(this, given);
    plain += this.meters - before;
    return next;
  });
  for (let night = 0; night < nights; night++) {
    const day = FIRST_DAY + night;
    const file = join(folder, `night-${seed}-${day}.cmep`);
    writeFileSync(file, `${nightLines(random, meters, day, odds).join('\r\n')}\r\n`);
    const [a, b] = [join(folder, `${seed}-${day}-a`), join(folder, `${seed}-${day}-b`)];
    const withKernel = settle(file, a, day, past, output, profile, register);
    const open = vi.spyOn(PlainMeters, 'open').mockReturnValue(null);
    const without = settle(file, b, day, past, output, profile, register);
    open.mockRestore();
    expect(all(withKernel, a), `seed ${seed}, night ${night}`).toEqual(all(without, b));
    past = pastAfter(past, withKernel);
  }
  spy.mockRestore();
  return plain;
}

it('what the kernel settles is what the program settles without it', { timeout: 60_000 }, async () => {
  let plain = 0;
  for (let seed = 1; seed <= 24; seed++)
    plain += await compareNights(seed, 60, 5, seed % 3 === 0 ? 0.08 : 0.01);
  expect(plain).toBeGreaterThan(500);
});

it('a partition that is larger than the kernel can address is left to the program', () => {
  const state = { task: { sends: true, vee: { enabled: true }, output: { stamps: 'explicit' } } };
  const rules = { policyOf: () => DEFAULT_POLICY };
  const openWith = (...lengths: number[]) => {
    const pieces = { lengths: Int32Array.from(lengths) };
    return PlainMeters.open({ ...state, rules } as never, { days: [], registers: [], pieces } as never, null);
  };
  expect(openWith(PARTITION_ROOM / 2, PARTITION_ROOM / 2)).not.toBeNull();
  expect(openWith(PARTITION_ROOM / 2, PARTITION_ROOM / 2 + 8)).toBeNull();
});
