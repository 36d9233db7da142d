import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { findProfile } from '../../../src/conformance/profiles.js';
import { type CheckOptions, checkFiles } from '../../../src/pipeline/check/check-files.js';
import { checkPartition } from '../../../src/pipeline/check/check-partition.js';
import { type CheckPool, ownThread } from '../../../src/pipeline/check/check-pool.js';
import { checkRange } from '../../../src/pipeline/check/check-range.js';
import { SILENT } from '../../../src/pipeline/progress.js';
import { cmepLines } from '../../run/cmep-lines.js';
import { foundAcross } from './cross-findings.js';
import { crossVerdict } from './cross-referee.js';

const folder = mkdtempSync(join(tmpdir(), 'readmill-check-files-'));
afterAll(() => rmSync(folder, { recursive: true }));

const work = join(folder, 'work');
mkdirSync(work);
const OPTIONS: CheckOptions = {
  profile: findProfile('cmep-1.20')!,
  ...{ zoneMinutes: 0, nowMs: Date.UTC(2027, 0, 1), findingsMax: 10_000, registerPath: null },
  ...{ workDirectory: () => work, progress: SILENT },
};
const FIRST_MINUTE = Date.UTC(2026, 10, 20, 5) / 60_000;

const stampText = (minute: number) =>
  new Date(minute * 60_000).toISOString().slice(0, 16).replace(/[-:T]/g, '');

interface Spec {
  meter: number;
  kind: number;
  start: number;
  count: number;
  level: number;
  resend: boolean;
  creation: number;
  odd: number;
  constant: number;
}

/** Records of few meters and hours, so that they meet often. */
const spec: fc.Arbitrary<Spec> = fc.record({
  meter: fc.nat(5),
  kind: fc.constantFrom(0, 0, 0, 1, 1, 2, 3),
  start: fc.oneof(fc.constant(0), fc.nat(30)),
  count: fc.oneof(fc.constant(24), fc.integer({ min: 1, max: 6 })),
  level: fc.nat(3),
  resend: fc.integer({ min: 0, max: 5 }).map((n) => n === 0),
  creation: fc.nat(2),
  odd: fc.nat(12),
  constant: fc.integer({ min: 0, max: 8 }),
});

function lineText({ meter, kind, start, count, level, resend, creation, odd, constant }: Spec): string {
  const isRegister = kind === 1 || kind === 3;
  const length = kind === 2 ? 15 : 60;
  const units = ['KWH', 'KWHREG', 'GKWH', 'NKWHREG'][kind]!;
  const fields = [
    'MEPMD01',
    '19970819',
    'S',
    '',
    'R',
    '',
    stampText(FIRST_MINUTE + 9000 + creation),
    `M${meter}`,
  ];
  fields.push(resend ? 'RESEND' : 'OK', 'E', units, constant === 0 ? '2' : '');
  const reads = isRegister ? 1 + (count % 3) : count;
  fields.push(isRegister ? '' : kind === 2 ? '00000015' : '00000100', String(reads));
  for (let k = 0; k < reads; k++) {
    const step = isRegister ? 1440 : length;
    const minute = FIRST_MINUTE + (isRegister ? (start % 3) * 1440 : (start + 1) * length) + k * step;
    const isNone = odd === k;
    const dial = 1000 + (start % 3) * 24 + k * 24 + (odd === k + 1 ? -300 : 0) + (level === 3 ? 5 : 0);
    const value = isRegister ? `${dial}` : `${level === 2 ? 1.25 : 1}`;
    fields.push(stampText(minute), isNone ? 'N' : 'R', isNone ? '' : value);
  }
  return fields.join(',');
}

function write(files: readonly (readonly Spec[])[]): string[] {
  return files.map((specs, i) => {
    const path = join(folder, `${i}.cmep`);
    writeFileSync(path, specs.map((one) => `${lineText(one)}\r\n`).join(''));
    return path;
  });
}

const check = (
  paths: readonly string[],
  sizes: Parameters<typeof checkFiles>[3],
  options = OPTIONS,
  pool = ownThread(),
) =>
  checkFiles(
    paths.map((path, i) => ({ path, name: `${i}.cmep` })),
    options,
    pool,
    sizes,
  );

/** Lets those through who wait before it, once it is opened. */
class Gate {
  open: () => void = () => undefined;
  readonly opened = new Promise<void>((resolve) => {
    this.open = resolve;
  });
}

/** Puts no partition in order in the kernel, as if each were too large. */
const withoutKernel = (): CheckPool => ({
  ...ownThread(),
  checkPartition: (task) => checkPartition(task, 0),
});

const KEPT = { rangeBytes: 700, keptInputBytes: 2 ** 30, partitionInputBytes: 2 ** 20 };
const LARGE = { rangeBytes: 700, keptInputBytes: 0, partitionInputBytes: 1500 };

describe('rules across records', () => {
  it('find what a plain reading of their text finds, in memory and by partitions', async () => {
    let some = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(spec, { minLength: 1, maxLength: 10 }), { minLength: 1, maxLength: 3 }),
        async (files) => {
          const paths = write(files);
          const expected = crossVerdict(paths.map(cmepLines));
          some += expected.findings.length;
          expect(foundAcross(await check(paths, KEPT))).toEqual(expected);
          expect(foundAcross(await check(paths, LARGE))).toEqual(expected);
          expect(foundAcross(await check(paths, LARGE, OPTIONS, withoutKernel()))).toEqual(expected);
        },
      ),
      { numRuns: 150 },
    );
    expect(some).toBeGreaterThan(500);
  });

  it('find the same whichever of two files is read first', async () => {
    const plain = { kind: 0, start: 0, count: 24, resend: false, creation: 0, odd: 99, constant: 1 };
    const first = [2, 1].map((meter) => ({ ...plain, meter, level: 0 }));
    const paths = write([first, [{ ...plain, meter: 1, level: 2 }]]);
    const expected = crossVerdict(paths.map(cmepLines));
    for (const inKernelMax of [2 ** 30, 0]) {
      const isSecondRead = new Gate();
      const secondFirst: CheckPool = {
        ...ownThread(),
        workers: 2,
        checkRange: async (task) => {
          if (task.path === paths[0]) await isSecondRead.opened;
          else setImmediate(isSecondRead.open);
          return checkRange(task);
        },
        checkPartition: (task) => checkPartition(task, inKernelMax),
      };
      expect(foundAcross(await check(paths, LARGE, OPTIONS, secondFirst))).toEqual(expected);
    }
    expect(expected.findings.length).toBe(24);
  });

  it('find the same where meters stand in order, without a work file', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(spec, { minLength: 1, maxLength: 30 }), fc.nat(30), async (specs, cut) => {
        const sorted = specs.toSorted((a, b) => a.meter - b.meter);
        const paths = write([sorted.slice(0, cut), sorted.slice(cut)].filter(({ length }) => length > 0));
        const noWork = { ...OPTIONS, workDirectory: () => expect.fail('a work folder was asked for') };
        const outcome = await check(paths, LARGE, noWork);
        expect(foundAcross(outcome)).toEqual(crossVerdict(paths.map(cmepLines)));
      }),
      { numRuns: 150 },
    );
  });
});

describe('findings across records', () => {
  const day = {
    meter: 1,
    kind: 0,
    start: 0,
    count: 24,
    level: 0,
    resend: false,
    creation: 0,
    odd: 99,
    constant: 1,
  };

  it('name file, line, column, field, meter, stamp, both values and the other place', async () => {
    const [a, b] = write([
      [day],
      [
        { ...day, meter: 2 },
        { ...day, level: 2, count: 1 },
      ],
    ]);
    const { checks } = await check([a!, b!], KEPT);
    expect(checks[0]!.valid).toBe(true);
    expect(checks[1]!.findings).toEqual([
      {
        ...{ code: 'cmep/duplicate-read', severity: 'error', line: 2, column: 76, field: 17, meterId: 'M1' },
        stamp: '2026-11-20T06:00Z',
        message:
          'The same meter, units and time stamp twice with different values: 1.25 here, 1 in line 1 of 0.cmep',
        excerpt: expect.objectContaining({ from: 75, to: 79 }),
      },
    ]);
  });

  it('are made where a record begins at the last stamp of the one before it', async () => {
    const paths = write([[day, { ...day, start: 23, count: 2, level: 2 }]]);
    const { checks } = await check(paths, KEPT);
    expect(checks[0]!.findings.map(({ line, stamp }) => [line, stamp])).toEqual([[2, '2026-11-21T05:00Z']]);
  });

  it('keep the first places, and count all', async () => {
    const conflicts = Array.from({ length: 5 }, () => ({ ...day, level: 2 }));
    const paths = write([[day, ...conflicts]]);
    for (const sizes of [KEPT, LARGE]) {
      const { checks } = await check(paths, sizes, { ...OPTIONS, findingsMax: 30 });
      const { counts, findings, truncated } = checks[0]!;
      expect(counts['cmep/duplicate-read']).toEqual({ severity: 'error', count: 120 });
      expect(findings.filter(({ line }) => line === 2)).toHaveLength(24);
      expect(findings.filter(({ line }) => line === 3)).toHaveLength(6);
      expect([findings.length, truncated]).toEqual([30, true]);
    }
    const { checks } = await check(paths, KEPT, { ...OPTIONS, findingsMax: 0 });
    expect([checks[0]!.valid, checks[0]!.findings]).toEqual([false, []]);
  });

  it('say of a file without a record that it is empty', async () => {
    const path = join(folder, 'empty.cmep');
    writeFileSync(path, '');
    const { checks } = await check([path], KEPT);
    expect(checks[0]!.valid).toBe(false);
    expect(checks[0]!.findings.map(({ code, line }) => [code, line])).toEqual([['cmep/empty-file', 0]]);
    const lenient = { ...findProfile('cmep-1.20')!, severities: { 'cmep/empty-file': 'warning' as const } };
    const { checks: milder } = await check([path], KEPT, { ...OPTIONS, profile: lenient });
    expect(milder[0]!.counts['cmep/empty-file']!.severity).toBe('warning');
    expect(milder[0]!.valid).toBe(true);
  });

  it('are made for the other files where one cannot be read', async () => {
    const [a] = write([[day]]);
    const { checks, failures } = await check([join(folder, 'absent.cmep'), a!], KEPT);
    expect(checks.map(({ path, valid }) => [path, valid])).toEqual([['1.cmep', true]]);
    expect(failures.map(({ name, error }) => [name, error.code])).toEqual([
      ['0.cmep', 'READMILL_FILE_UNREADABLE'],
    ]);
    expect(readdirSync(folder)).not.toContain('absent.cmep');
  });
});
