import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { afterAll, expect, it } from 'vitest';
import { findProfile } from '../../../src/conformance/profiles.js';
import { ChannelReads } from '../../../src/pipeline/check/check-channel.js';
import { checkFiles } from '../../../src/pipeline/check/check-files.js';
import { gatherInputs } from '../../../src/pipeline/check/check-inputs.js';
import { checkPartition } from '../../../src/pipeline/check/check-partition.js';
import { ownThread } from '../../../src/pipeline/check/check-pool.js';
import { SILENT } from '../../../src/pipeline/progress.js';
import { BlockBuffer } from '../../../src/store/blocks/block-buffer.js';
import { indexBlocks } from '../../../src/store/blocks/block-index.js';
import { lineOf } from '../../formats/cmep/hand-made-lines.js';
import { zipFile } from '../../run/zip-file.js';

const folder = mkdtempSync(join(tmpdir(), 'readmill-check-limits-'));
afterAll(() => rmSync(folder, { recursive: true }));

const withCode = (code: string) => expect.objectContaining({ code });
const gathered = (path: string) => gatherInputs([path], () => folder, Readable.from([]));

it('CHECK_FILES_MAX: so many files are taken, with one more none are', async () => {
  const many = join(folder, 'many');
  mkdirSync(many);
  for (let i = 0; i < 10_000; i++) writeFileSync(join(many, `${i}.cmep`), '');
  expect((await gathered(many)).inputs).toHaveLength(10_000);
  writeFileSync(join(many, 'last.cmep'), '');
  const refused = {
    code: 'READMILL_OPTION',
    message: expect.stringMatching(/^More than 10000 files.*fewer/),
  };
  await expect(gathered(many)).rejects.toMatchObject(refused);
});

it('ARCHIVE_DEPTH_MAX: an archive in an archive is taken apart, one in that is told as unreadable', async () => {
  const content = Buffer.from(lineOf());
  const inner = zipFile([{ name: 'a.cmep', content }]);
  const twice = join(folder, 'twice.zip');
  writeFileSync(twice, zipFile([{ name: 'inner.zip', content: inner }]));
  const taken = await gathered(twice);
  expect([taken.inputs.map(({ name }) => name), taken.failures]).toEqual([[`${twice}/inner.zip/a.cmep`], []]);
  const thrice = join(folder, 'thrice.zip.gz');
  writeFileSync(thrice, gzipSync(zipFile([{ name: 'inner.zip', content: inner }])));
  const { inputs, failures } = await gathered(thrice);
  expect(inputs).toEqual([]);
  expect(failures).toMatchObject([
    {
      name: `${thrice}/inner.zip`,
      error: { code: 'READMILL_FILE_UNREADABLE', message: expect.stringContaining('within an archive') },
    },
  ]);
});

it('COVERAGE_DAYS_MAX: four hundred read days are told, of more the latest, and how many are left out', async () => {
  const path = join(folder, 'days.cmep');
  const check = async (days: number) => {
    const lines = Array.from({ length: days }, (_, i) => {
      const stamp = new Date(Date.UTC(2024, 0, 1 + i, 12)).toISOString().replace(/\D/g, '').slice(0, 12);
      return `${lineOf({ 7: '202602010000', 14: '1', 15: stamp, 18: null })}\r\n`;
    });
    writeFileSync(path, lines.join(''));
    const options = {
      profile: findProfile('cmep-1.20')!,
      ...{ zoneMinutes: 0, nowMs: Date.UTC(2027, 0, 1), findingsMax: 1, registerPath: null },
      ...{ workDirectory: () => folder, progress: SILENT },
    };
    const { checks } = await checkFiles([{ path, name: 'days' }], options, ownThread());
    const { coverage, coverageDaysLeftOut } = checks[0]!;
    return [coverage.length, coverage[0]!.day, coverageDaysLeftOut];
  };
  expect(await check(400)).toEqual([400, '2024-01-01', 0]);
  expect(await check(401)).toEqual([400, '2024-01-02', 1]);
});

it('PARTITION_BLOCKS_BYTES_MAX: 512 MiB of reads are loaded, more are refused unread', async () => {
  const check = (bytes: number) => {
    const half = bytes / 2 - 8;
    const pieces = {
      fileIndex: new Int32Array(2),
      offsets: new Float64Array(2),
      lengths: Int32Array.of(half, bytes - half),
    };
    const cross = {
      ...{ fileStarts: new Int32Array(1), isOn: new Uint8Array(64), sumTolerances: new Float64Array(1) },
      ...{ maximumPerHour: 0, marketZoneMinutes: 0, findingsMax: 1, coverageDaysMax: 1 },
    };
    const files = [join(folder, 'gone')];
    return checkPartition({ blocks: { files, pieces }, cross, registerPath: null }, 0);
  };
  // Beyond the limit it does not come to the work file, which is not there.
  await expect(check(512 * 1024 ** 2)).rejects.toEqual(withCode('READMILL_WORK_LOST'));
  await expect(check(512 * 1024 ** 2 + 8)).rejects.toEqual(withCode('READMILL_METER_TOO_LARGE'));
});

it('CHANNEL_READS_MAX: so many reads of a channel are gathered, one more ends the check', () => {
  const gather = (before: number, count: number) => {
    const buffer = new BlockBuffer();
    const all = (value: number) => Array.from({ length: count }, () => value);
    const record = {
      ...{ meterIdFrom: 0, meterIdTo: 2, channel: 4, resend: false, creationStamp: 0 },
      ...{ intervalMinutes: 60, constant: 100_000, regular: true, count, byteLength: 9, line: 1 },
      stamps: Int32Array.from(all(60), (step, i) => step * i),
      ...{ values: Float64Array.from(all(1)), metas: Int32Array.from(all(0)) },
    };
    buffer.append(record, Buffer.from('M1'), 0, 0, 0);
    const reads = new ChannelReads();
    reads.clear(4);
    reads.count = before;
    reads.gather(indexBlocks({ buffer: buffer.words.buffer, offset: 0 }, buffer.usedWords * 4), 0);
    return reads.count;
  };
  expect(gather(2 ** 23 - 24, 24)).toBe(2 ** 23);
  expect(() => gather(2 ** 23 - 24, 25)).toThrowError(withCode('READMILL_METER_TOO_LARGE'));
});
