import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, expect, it } from 'vitest';
import { findProfile } from '../../../src/conformance/profiles.js';
import { type CheckOptions, checkFiles } from '../../../src/pipeline/check/check-files.js';
import { ownThread } from '../../../src/pipeline/check/check-pool.js';
import { SILENT } from '../../../src/pipeline/progress.js';
import { cmepLines } from '../../run/cmep-lines.js';
import { foundAcross } from './cross-findings.js';
import { crossVerdict } from './cross-referee.js';

const folder = mkdtempSync(join(tmpdir(), 'readmill-check-pair-'));
afterAll(() => rmSync(folder, { recursive: true }));

const OPTIONS: CheckOptions = {
  profile: findProfile('cmep-1.20')!,
  ...{ zoneMinutes: 0, nowMs: Date.UTC(2027, 0, 1), findingsMax: 10_000, registerPath: null },
  ...{ workDirectory: () => folder, progress: SILENT },
};
/** Midnight of market time. */
const FIRST_MINUTE = Date.UTC(2026, 10, 20, 5) / 60_000;

const stampText = (minute: number) =>
  new Date(minute * 60_000).toISOString().slice(0, 16).replace(/[-:T]/g, '');

/** A meter of one record of intervals and one of two registers, and how they differ from what is right. */
const pair = fc.record({
  interval: fc.constantFrom(60, 60, 60, 30),
  firstHour: fc.constantFrom(0, 0, 0, 0, 1, 13),
  count: fc.constantFrom(24, 24, 24, 48, 3),
  spanHours: fc.constantFrom(24, 24, 12, 1),
  spanShift: fc.constantFrom(0, 0, 0, 1, -1, 30),
  /** The register's advance less the sum of the intervals, in hundredths: a tolerance of 2 is allowed. */
  off: fc.constantFrom(0, 0, 0, 199, 200, 201, -200, -201, -5000),
  level: fc.constantFrom('1.00', '0.25'),
  dial: fc.constantFrom(1000, 99_900, 12),
  registerFirst: fc.integer({ min: 0, max: 4 }).map((n) => n === 0),
  odd: fc.constantFrom('', '', '', '', '', 'flag', 'none', 'constant', 'resend'),
});

function linesOf(meter: number, one: typeof pair extends fc.Arbitrary<infer T> ? T : never): string {
  const lead = `MEPMD01,19970819,S,,R,,${stampText(FIRST_MINUTE + 9000)},M${String(meter).padStart(3, '0')}`;
  const start = FIRST_MINUTE + one.firstHour * 60;
  const constant = one.odd === 'constant' ? '2' : '';
  const header = (units: string, interval: string, count: number) =>
    [lead, one.odd === 'resend' ? 'RESEND' : 'OK', 'E', units, constant, interval, count].join(',');
  const intervals = [header('KWH', one.interval === 60 ? '00000100' : '00000030', one.count)];
  for (let k = 1; k <= one.count; k++) {
    const isNone = one.odd === 'none' && k === 2;
    intervals.push(stampText(start + k * one.interval), isNone ? 'N' : 'R', isNone ? '' : one.level);
  }
  const from = start + one.spanShift;
  const slots = (one.spanHours * 60) / one.interval;
  const advance = Math.round(slots * Number(one.level) * 100) + one.off;
  const registers = [header('KWHREG', '', 2)];
  registers.push(stampText(from), one.odd === 'flag' ? 'E' : 'R', `${one.dial}.00`);
  registers.push(stampText(from + one.spanHours * 60), 'R', ((one.dial * 100 + advance) / 100).toFixed(2));
  const lines = [`${intervals.join(',')}\r\n`, `${registers.join(',')}\r\n`];
  return (one.registerFirst ? lines.reverse() : lines).join('');
}

/** Notes what kinds of verdicts there were: a test that never saw one has shown nothing of it. */
function note(found: typeof NONE, meters: number, findings: readonly string[]): void {
  found.clean += meters - findings.length;
  for (const finding of findings) {
    if (finding.includes('sum-mismatch')) found.sum++;
    if (finding.includes('decreased')) found.decreased++;
  }
}

const NONE = { clean: 0, sum: 0, decreased: 0 };

it('plain pairs of intervals and register are judged as a plain reading of their text judges them', async () => {
  const path = join(folder, 'pairs.cmep');
  const found = { ...NONE };
  await fc.assert(
    fc.asyncProperty(fc.array(pair, { minLength: 1, maxLength: 40 }), async (pairs) => {
      writeFileSync(path, pairs.map((one, meter) => linesOf(meter, one)).join(''));
      const inputs = [{ path, name: '0.cmep' }];
      const expected = crossVerdict([cmepLines(path)]);
      for (const keptInputBytes of [2 ** 30, 0]) {
        const sizes = { rangeBytes: 8000, keptInputBytes, partitionInputBytes: 2 ** 20 };
        expect(foundAcross(await checkFiles(inputs, OPTIONS, ownThread(), sizes))).toEqual(expected);
      }
      note(found, pairs.length, expected.findings);
    }),
    { numRuns: 60 },
  );
  expect(found.clean).toBeGreaterThan(200);
  expect(found.sum).toBeGreaterThan(5);
  expect(found.decreased).toBeGreaterThan(5);
});

it('so are they where the records of a pair lie in other ranges of a file, or in two files', async () => {
  const found = { ...NONE };
  const both = { ranges: 0, files: 0 };
  const dealt = fc.array(
    fc.tuple(pair, fc.nat(), fc.constantFrom(0, 0, 0, 1), fc.nat(), fc.constantFrom(0, 0, 0, 1)),
    {
      minLength: 5,
      maxLength: 40,
    },
  );
  await fc.assert(
    fc.asyncProperty(dealt, async (meters) => {
      const lines = meters.flatMap(([one, order, file, otherOrder, otherFile], meter) => {
        const [first, second] = linesOf(meter, one).split(/(?<=\n)/) as [string, string];
        both[file === otherFile ? 'ranges' : 'files']++;
        return [
          { text: first, order, file },
          { text: second, order: otherOrder, file: otherFile },
        ];
      });
      lines.sort((a, b) => a.order - b.order);
      const files = [0, 1].map((file) =>
        lines
          .filter((line) => line.file === file)
          .map(({ text }) => text)
          .join(''),
      );
      const inputs = files
        .filter((text) => text !== '')
        .map((text, file) => {
          const path = join(folder, `${file}.cmep`);
          writeFileSync(path, text);
          return { path, name: `${file}.cmep` };
        });
      const expected = crossVerdict(inputs.map(({ path }) => cmepLines(path)));
      for (const keptInputBytes of [2 ** 30, 0]) {
        const sizes = { rangeBytes: 1500, keptInputBytes, partitionInputBytes: 4000 };
        expect(foundAcross(await checkFiles(inputs, OPTIONS, ownThread(), sizes))).toEqual(expected);
      }
      note(found, meters.length, expected.findings);
    }),
    { numRuns: 60 },
  );
  expect(both.ranges).toBeGreaterThan(100);
  expect(both.files).toBeGreaterThan(50);
  expect(found.clean).toBeGreaterThan(100);
  expect(found.sum).toBeGreaterThan(5);
  expect(found.decreased).toBeGreaterThan(5);
});
