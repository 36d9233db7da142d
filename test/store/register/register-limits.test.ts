import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { UNITS } from '../../../src/model/units.js';
import { SERVICE_CLASSES_MAX } from '../../../src/store/register/register-fields.js';
import { BLOCK_ROWS_MAX, readIndex } from '../../../src/store/register/register-file.js';
import { importRegister } from '../../../src/store/register/register-import.js';
import { quoted, RegisterInvalidError } from '../../../src/store/register/register-problems.js';
import { limitedContent } from '../../../src/store/register/register-source.js';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'register-limits-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Imports a CSV. @returns its meters, or the first problem */
async function imported(
  header: string,
  rows: readonly string[],
  limits: Parameters<typeof importRegister>[1] = {},
): Promise<number | string> {
  const file = join(folder, 'register.csv');
  writeFileSync(file, `${header}\n${rows.join('\n')}\n`);
  try {
    const request = { file, directory: join(folder, 'out'), zoneMinutes: -300 };
    return (await importRegister(request, limits)).rows;
  } catch (thrown) {
    if (!(thrown instanceof RegisterInvalidError)) throw thrown;
    return thrown.problems[0]!.message;
  }
}

it('SERVICE_CLASSES_MAX: so many classes may stand in a register, the row with one more is bad', async () => {
  const rows = (count: number) => Array.from({ length: count }, (_, i) => `M${i},KWH,C${i}`);
  const header = 'meter_id,units,service_class';
  expect(await imported(header, rows(SERVICE_CLASSES_MAX))).toBe(SERVICE_CLASSES_MAX);
  expect(await imported(header, rows(SERVICE_CLASSES_MAX + 1))).toContain(
    `more than the ${SERVICE_CLASSES_MAX} service classes`,
  );
});

it('ROWS_MAX: so many rows are taken, with one more the file is refused there', async () => {
  const rows = (count: number) => Array.from({ length: count }, (_, i) => `M${i},KWH`);
  // Runs that were sorted before count too.
  const limits = { rows: 100, runRows: 30 };
  expect(await imported('meter_id,units', rows(100), limits)).toBe(100);
  expect(await imported('meter_id,units', rows(101), limits)).toContain('more than 100 rows');
});

it('BLOCK_ROWS_MAX: a meter may have so many rows, not one more', async () => {
  const minute = (n: number) =>
    new Date(Date.UTC(2000, 0, 1) + n * 60_000).toISOString().replace(':00.000', '');
  const rows = (count: number) =>
    Array.from({ length: count }, (_, i) => `M1,KWH,${minute(i)},${minute(i + 1)}`);
  const header = 'meter_id,units,active_from,active_to';
  expect(await imported(header, rows(BLOCK_ROWS_MAX))).toBe(BLOCK_ROWS_MAX);
  expect(await imported(header, rows(BLOCK_ROWS_MAX + 1))).toMatch(/rows/);
});

it('CONTENT_BYTES_MAX: 64 GiB of content are passed on, not a byte more', async () => {
  const taken = async (bytes: number) => {
    /** Pieces of which only the length counts here. */
    async function* pieces(): AsyncGenerator<Buffer> {
      for (let left = bytes; left > 0; left -= 2 ** 20) yield { length: Math.min(left, 2 ** 20) } as Buffer;
    }
    const problems = { problems: [], count: 0 };
    let rows = 0;
    let passed = 0;
    for await (const piece of limitedContent(pieces(), () => rows, problems)) {
      passed += piece.length;
      rows++;
    }
    return passed;
  };
  expect(await taken(2 ** 36)).toBe(2 ** 36);
  await expect(taken(2 ** 36 + 1)).rejects.toThrow('larger than 64 GiB');
});

it('INDEX_BYTES_MAX: an index of 16 MiB is read, a larger one counts as damaged', () => {
  const indexOf = (bytes: number) => {
    const json = Buffer.alloc(bytes, ' ');
    json.write(JSON.stringify({ units: UNITS }));
    const trailer = Buffer.alloc(24);
    trailer.writeBigUInt64LE(BigInt(bytes), 0);
    trailer.writeUInt32LE(crc32(json), 8);
    trailer.write('RMREGv01', 16, 'latin1');
    const path = join(folder, 'index');
    writeFileSync(path, Buffer.concat([json, trailer]));
    const fd = openSync(path, 'r');
    try {
      return readIndex(fd, bytes + trailer.length, path);
    } finally {
      closeSync(fd);
    }
  };
  expect(indexOf(16 * 1024 ** 2).units).toEqual(UNITS);
  expect(() => indexOf(16 * 1024 ** 2 + 1)).toThrow('the index of the meter register is damaged');
});

it('TEXT_SHOWN_MAX: so much of a bad text is shown', () => {
  const text = 'x'.repeat(40);
  expect([quoted(text), quoted(`${text}y`)]).toEqual([`"${text}"`, `"${text}..."`]);
});
