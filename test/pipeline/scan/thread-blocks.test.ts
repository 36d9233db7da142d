import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { afterAll, expect, it } from 'vitest';
import { CmepRangeReader } from '../../../src/formats/cmep/range.js';
import type { CmepSettings } from '../../../src/formats/cmep/settings.js';
import type { RangeSource } from '../../../src/formats/range.js';
import { type RangeTask, ScanSink } from '../../../src/pipeline/scan/scan-range.js';
import { type ThreadBlocks, threadBlocks } from '../../../src/pipeline/scan/thread-blocks.js';
import { spoiltFile } from '../../formats/cmep/line-arbitraries.js';
import { settingsOf, source } from '../../formats/cmep/source-arbitraries.js';

const workDirectory = mkdtempSync(join(tmpdir(), 'readmill-thread-blocks-'));
afterAll(() => rmSync(workDirectory, { recursive: true, force: true }));

/** Records that the kernel took, in all runs. */
let inKernel = 0;

/** All that ranges of a file leave: the words of their blocks, and what was counted. */
function scan(
  file: Uint8Array,
  cuts: readonly number[],
  settings: CmepSettings,
  alwaysCareful: boolean,
  lowers: string[],
  findingsMax = 1000,
) {
  const reader = new CmepRangeReader(settings, alwaysCareful);
  const input: RangeSource = {
    sizeBytes: file.length,
    read: (target, at, length, position) => {
      const piece = file.subarray(position, position + length);
      target.set(piece, at);
      return piece.length;
    },
  };
  const bounds = [0, ...cuts, file.length];
  return bounds.slice(1).map((to, range) => {
    const task: RangeTask = {
      ...{ range, path: '', from: bounds[range]!, to, startsAt: null, fileBytes: file.length },
      ...{ format: 'cmep', settings, partitionLowers: lowers, workDirectory, isShared: false },
      ...{ findingsMax, marketZoneMinutes: -300 },
    };
    const sink = new ScanSink(task, threadBlocks());
    const end = reader.readRange(input, task, sink);
    const before = sink.records;
    sink.addBulk();
    if (!alwaysCareful) inKernel += sink.records - before;
    const { records, reads, rejectedRecords, rejectedReads, firstStamp, lastStamp } = sink;
    const { buffer } = sink.bulk;
    return {
      ...{ end, records, reads, rejectedRecords, rejectedReads, firstStamp, lastStamp },
      ...{ sum: sink.sum.total() + sink.bulkSum, days: [...sink.recordsByDay()].sort() },
      ...{ findings: sink.findings.pack(), blocks: buffer.words.slice(0, buffer.usedWords) },
      ...{ count: buffer.count, gathered: gathered(sink.bulk, lowers.length) },
    };
  });
}

/** All but the places of findings, of which only so many are kept. */
const countsOf = ({ findings, ...all }: ReturnType<typeof scan>[number]) => [all, findings.countsBySeverity];

function gathered({ kernel, buffer }: ThreadBlocks, partitions: number) {
  const { words, partitionStarts } = kernel.gatherBlocks(buffer.usedWords, partitions);
  return [words.slice(), partitionStarts];
}

/** Lowest ids of partitions: some are longer than any id, or go on with a zero byte. */
const lowers = fc.constantFrom<string[][]>(
  [''],
  ['', 'M1003', 'M1008'],
  ['', '1001', '11', 'M1', 'M1002', 'M1002\u0000', 'M1005', `M1007${'0'.repeat(80)}`, 'P', 'Y1004'],
);

it('the kernel appends the very blocks, and counts what, the careful path does', () => {
  fc.assert(
    fc.property(
      spoiltFile,
      spoiltFile,
      source,
      lowers,
      fc.array(fc.nat(9_999), { maxLength: 3 }),
      (one, other, given, partitions, shares) => {
        const file = Buffer.from(one.text + other.text + one.text + one.text, 'latin1');
        const settings = settingsOf(one.profile, given);
        const cuts = [...new Set(shares.map((share) => Math.ceil((share / 10_000) * file.length)))]
          .filter((cut) => cut > 0 && cut < file.length)
          .sort((a, b) => a - b);
        const expected = scan(file, cuts, settings, true, partitions);
        const found = scan(file, cuts, settings, false, partitions);
        // Only a difference is worth taking apart.
        if (!isDeepStrictEqual(found, expected)) expect(found).toEqual(expected);
        const few = scan(file, cuts, settings, false, partitions, 1);
        expect(few.map(countsOf)).toEqual(expected.map(countsOf));
      },
    ),
    { numRuns: 400 },
  );
  expect(inKernel).toBeGreaterThan(500);
});
