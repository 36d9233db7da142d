import { closeSync, mkdirSync, mkdtempSync, openSync, readSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { unpackFindings } from '../../../src/conformance/finding-buffer.js';
import { LINE_BYTES_MAX } from '../../../src/formats/cmep/settings.js';
import { REJECT_COLUMNS } from '../../../src/pipeline/scan/reject-rows.js';
import { type RangeResult, scanRange } from '../../../src/pipeline/scan/scan-range.js';
import {
  type BlockIndex,
  channelOfBlock,
  meterIdLength,
  meterIdStart,
} from '../../../src/store/blocks/block-index.js';
import {
  createOpenBlock,
  metaOfRead,
  openBlock,
  stampOfRead,
  valueOfRead,
} from '../../../src/store/blocks/block-reads.js';
import { lineOf, settingsFor } from './hand-made-lines.js';
import { spoiltFile } from './line-arbitraries.js';

const directory = mkdtempSync(join(tmpdir(), 'readmill-ranges-'));
const workDirectory = join(directory, 'work');
const path = join(directory, 'input');
mkdirSync(workDirectory);
afterAll(() => rmSync(directory, { recursive: true, force: true }));

function spilled(result: RangeResult, offset: number, bytes: number): Buffer {
  const found = Buffer.alloc(bytes);
  const fd = openSync(result.spillFile, 'r');
  expect(readSync(fd, found, 0, bytes, offset)).toBe(bytes);
  closeSync(fd);
  return found;
}

/** Blocks of a range with their places in the file, each as text, partition by partition. */
function blocksOf(result: RangeResult, from: number, lineBefore: number): string[][] {
  const { partitionStarts } = result;
  const wordCount = partitionStarts[partitionStarts.length - 1]!;
  const partitions: string[][] = [];
  if (wordCount === 0) return Array.from({ length: partitionStarts.length - 1 }, () => []);
  const bytes = spilled(result, result.spillOffset, wordCount * 4);
  const copy = new Uint8Array(bytes).buffer;
  const words = new Int32Array(copy);
  const index: BlockIndex = {
    ...{ count: 0, words, bytes: new Uint8Array(copy), doubles: new Float64Array(copy) },
    ...{ starts: words, meterStarts: new Uint8Array(0), rangeOrder: null },
  };
  for (let p = 0; p + 1 < partitionStarts.length; p++) {
    const blocks: string[] = [];
    for (let at = partitionStarts[p]!; at < partitionStarts[p + 1]!; at += words[at]!) {
      // Words 4 to 7: range, the record's offset in it, its length, its line in it.
      expect(words[at + 4]).toBe(result.range);
      const place = `${from + words[at + 5]!}+${words[at + 6]} line ${lineBefore + words[at + 7]!}`;
      blocks.push(`${place}: ${blockText(index, at)}`);
    }
    partitions.push(blocks);
  }
  return partitions;
}

const block = createOpenBlock();

/** All that a block says of its reads. */
function blockText(index: BlockIndex, at: number): string {
  openBlock(index, at, block);
  const { words, bytes } = index;
  const idFrom = meterIdStart(words, at);
  const meterId = Buffer.from(bytes.subarray(idFrom, idFrom + meterIdLength(words, at))).toString('latin1');
  const { count, intervalMinutes, createdStamp, resend, constant } = block;
  const reads = Array.from({ length: count }, (_, i) => {
    return [stampOfRead(index, block, i), metaOfRead(index, block, i), valueOfRead(index, block, i)].join(
      '/',
    );
  });
  const header = [meterId, channelOfBlock(words, at), intervalMinutes, createdStamp, resend, constant];
  return `${header.join(' ')}: ${reads.join(' ')}`;
}

function rejectsOf(result: RangeResult, lineBefore: number): number[][] {
  expect(result.rejects.reduce((sum, { rows }) => sum + rows, 0)).toBe(result.rejectedRecords);
  const bytes = Buffer.concat(
    result.rejects.map(({ file, offset, rows }) =>
      spilled({ ...result, spillFile: file }, offset, rows * REJECT_COLUMNS * 8),
    ),
  );
  return Array.from({ length: result.rejectedRecords }, (_, i) => {
    const row = Array.from({ length: REJECT_COLUMNS }, (_, k) =>
      bytes.readDoubleLE((i * REJECT_COLUMNS + k) * 8),
    );
    expect(row[0]).toBe(result.range);
    return [row[1]!, row[2]!, lineBefore + row[3]!, ...row.slice(4)];
  });
}

/** All that the ranges between the cuts give, put together. */
function scan(fileBytes: number, cuts: readonly number[], profile: string, withMeters = true) {
  const bounds = [0, ...cuts, fileBytes];
  const whole = {
    ...{ lines: 0, records: 0, reads: 0, rejectedRecords: 0, rejectedReads: 0, sum: 0n },
    ...{ firstStamp: Number.POSITIVE_INFINITY, lastStamp: Number.NEGATIVE_INFINITY },
    days: new Map<number, number>(),
    blocks: [[], [], []] as string[][],
    rejects: [] as number[][],
    findings: [] as unknown[],
    counts: [] as number[],
  };
  for (let i = 0; i + 1 < bounds.length; i++) {
    const result = scanRange({
      startsAt: null,
      format: 'cmep',
      ...{ range: i, path, from: bounds[i]!, to: bounds[i + 1]!, fileBytes, workDirectory },
      settings: settingsFor(profile),
      partitionLowers: ['', 'M1003', 'M1008'],
      ...{ isShared: false, findingsMax: 1_000_000, marketZoneMinutes: -300 },
    });
    for (const [p, blocks] of blocksOf(result, bounds[i]!, whole.lines).entries())
      whole.blocks[p]!.push(...blocks);
    whole.rejects.push(...rejectsOf(result, whole.lines));
    for (const finding of unpackFindings(result.findings, whole.lines)) {
      whole.findings.push(withMeters ? finding : { ...finding, meterId: null });
    }
    result.findings.counts.forEach((count, rule) => {
      whole.counts[rule] = (whole.counts[rule] ?? 0) + count;
    });
    for (const [day, count] of result.recordsByDay) whole.days.set(day, (whole.days.get(day) ?? 0) + count);
    for (const name of ['lines', 'records', 'reads', 'rejectedRecords', 'rejectedReads'] as const) {
      whole[name] += result[name];
    }
    whole.sum += result.sum;
    whole.firstStamp = Math.min(whole.firstStamp, result.firstStamp);
    whole.lastStamp = Math.max(whole.lastStamp, result.lastStamp);
  }
  return { ...whole, days: [...whole.days].sort() };
}

const cuts = fc.array(
  fc.nat(10_000).map((n) => n / 10_000),
  { minLength: 1, maxLength: 12 },
);

/** Places in the file, rising, each once; some are moved to the neighbourhood of a line end. */
function places(shares: readonly number[], file: Buffer): number[] {
  const found = new Set<number>();
  for (const [i, share] of shares.entries()) {
    let at = Math.floor(share * file.length);
    if (i % 2 === 0) {
      const end = file.findIndex((byte, place) => place >= at && (byte === 10 || byte === 13));
      if (end >= 0) at = end + (i % 3);
    }
    if (at > 0 && at < file.length) found.add(at);
  }
  return [...found].sort((a, b) => a - b);
}

describe('ranges of a file', () => {
  it('give together what the file gives whole, wherever it is cut', () => {
    fc.assert(
      fc.property(spoiltFile, spoiltFile, cuts, ({ profile, text }, other, shares) => {
        const file = Buffer.from(text + other.text, 'latin1');
        writeFileSync(path, file);
        const expected = scan(file.length, [], profile);
        expect(scan(file.length, places(shares, file), profile)).toEqual(expected);
      }),
      { numRuns: 600 },
    );
  });

  it('may be one byte each', () => {
    fc.assert(
      fc.property(fc.constantFrom('\r\n', '\n', '\r'), fc.boolean(), (end, hasFinalEnd) => {
        const lines = [
          lineOf({ 8: 'M1001' }),
          '',
          '   ',
          lineOf({ 8: 'M1009', 17: 'x' }),
          lineOf({ 8: 'M1004' }),
        ];
        const file = Buffer.from(lines.join(end) + (hasFinalEnd ? end : ''));
        writeFileSync(path, file);
        const all = Array.from({ length: file.length - 1 }, (_, i) => i + 1);
        expect(scan(file.length, all, 'cmep-1.20', false)).toEqual(scan(file.length, [], 'cmep-1.20', false));
      }),
      { numRuns: 6 },
    );
  });
});

describe('a long line', () => {
  const long = (bytes: number) => lineOf({ 3: 'N'.repeat(bytes) }).slice(0, bytes);
  const good = lineOf();

  it.each([
    ...[2048, 8190, 8192, 8193, 60_000, LINE_BYTES_MAX - 2, LINE_BYTES_MAX - 1, LINE_BYTES_MAX],
    ...[LINE_BYTES_MAX + 8192, 100_000, 1_200_000],
  ])('of %i bytes is one record to every range', (bytes) => {
    for (const end of ['\r\n', '\n', '\r']) {
      for (const isLast of [false, true]) {
        const rest = isLast ? '' : `${end}${good}${end}`;
        const file = Buffer.from(`${good}${end}${long(bytes)}${rest}`);
        writeFileSync(path, file);
        const middle = good.length + 10;
        const expected = scan(file.length, [], 'cmep-1.20', false);
        for (const at of [[middle], [10, middle, Math.floor(bytes / 2)], [file.length - 1]]) {
          expect(scan(file.length, at, 'cmep-1.20', false)).toEqual(expected);
        }
      }
    }
  });

  /** Bytes that a range looks at beyond its end, and in one go beyond that. */
  const LOOK_AHEAD = 8192;
  const PIECE = 1 << 20;

  it.each([
    ['what is looked at first', LOOK_AHEAD],
    ['what is looked at then', LOOK_AHEAD + LINE_BYTES_MAX],
    ['a piece of an endless line', LOOK_AHEAD + LINE_BYTES_MAX + PIECE],
  ])('that ends with the CR at the end of %s is cut behind its LF', (_, beyond) => {
    for (let off = -2; off <= 2; off++) {
      const cut = good.length + 40;
      const head = `${good}\r\n`;
      const line = 'x'.repeat(cut + beyond + off - head.length);
      const file = Buffer.from(`${head}${line}\r\n${good}\r\n`);
      writeFileSync(path, file);
      const expected = scan(file.length, [], 'cmep-1.20', false);
      expect(scan(file.length, [cut], 'cmep-1.20', false), `CR ${off} bytes off`).toEqual(expected);
    }
  });

  it('of blanks alone is no record to any range', () => {
    const file = Buffer.from(`${good}\r\n${' '.repeat(200_000)}\r\n${good}\r\n`);
    writeFileSync(path, file);
    const expected = scan(file.length, [], 'cmep-1.20', false);
    expect(scan(file.length, [good.length + 10], 'cmep-1.20', false)).toEqual(expected);
  });
});
