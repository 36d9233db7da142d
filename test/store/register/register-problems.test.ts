import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { importRegister } from '../../../src/store/register/register-import.js';
import { RegisterInvalidError } from '../../../src/store/register/register-problems.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'register-problems-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const HEADER =
  'meter_id,sdp_id,units,interval_minutes,multiplier,register_digits,maximum_kwh,service_class,active_from,active_to';

function run(name: string, content: string | Buffer, limits?: { runRows: number; blockRows: number }) {
  const file = join(folder, name);
  writeFileSync(file, content);
  return importRegister({ file, directory: join(folder, 'out'), zoneMinutes: -300 }, limits);
}

async function refusal(
  name: string,
  content: string | Buffer,
  limits?: { runRows: number; blockRows: number },
): Promise<RegisterInvalidError> {
  const thrown = await run(name, content, limits).then(
    () => null,
    (error: unknown) => error,
  );
  expect(thrown).toBeInstanceOf(RegisterInvalidError);
  return thrown as RegisterInvalidError;
}

/** The one problem of a CSV that holds a header and a row. */
async function problemOfRow(row: string) {
  const { problems, problemCount } = await refusal('one.csv', `${HEADER}\n${row}\n`);
  expect(problemCount).toBe(1);
  return problems[0]!;
}

describe('a bad value', () => {
  test.each([
    ['meter_id', ',,KWH,,,,,,,'],
    ['meter_id', `${'x'.repeat(65)},,KWH,,,,,,,`],
    ['meter_id', '"a,b",,KWH,,,,,,,'],
    ['meter_id', '"a""b",,KWH,,,,,,,'],
    ['meter_id', 'mètre,,KWH,,,,,,,'],
    ['meter_id', 'M1 ,,KWH,,,,,,,'],
    ['sdp_id', `M1,${'x'.repeat(65)},KWH,,,,,,,`],
    ['units', 'M1,,,,,,,,,'],
    ['units', 'M1,,kwh,,,,,,,'],
    ['interval_minutes', 'M1,,KWH,7,,,,,,'],
    ['interval_minutes', 'M1,,KWH,0,,,,,,'],
    ['interval_minutes', 'M1,,KWH,90,,,,,,'],
    ['interval_minutes', 'M1,,KWH,2880,,,,,,'],
    ['interval_minutes', 'M1,,KWH,6e1,,,,,,'],
    ['multiplier', 'M1,,KWH,,0,,,,,'],
    ['multiplier', 'M1,,KWH,,-1,,,,,'],
    ['multiplier', 'M1,,KWH,,1.000001,,,,,'],
    ['register_digits', 'M1,,KWH,,,11,,,,'],
    ['register_digits', 'M1,,KWH,,,-1,,,,'],
    ['maximum_kwh', 'M1,,KWH,,,,-0.1,,,'],
    ['maximum_kwh', 'M1,,KWH,,,,lots,,,'],
    ['service_class', `M1,,KWH,,,,,${'x'.repeat(33)},,`],
    ['active_from', 'M1,,KWH,,,,,,2026-02-29,'],
    ['active_from', 'M1,,KWH,,,,,,2026-01-0105:00,'],
    ['active_from', 'M1,,KWH,,,,,,202601012400,'],
    ['active_from', 'M1,,KWH,,,,,,2026-01-01T05:60Z,'],
    ['active_to', 'M1,,KWH,,,,,,,2026-01-01T05:00+15:00'],
    ['active_to', 'M1,,KWH,,,,,,2026-01-02,2026-01-02T05:00Z'],
    ['active_to', 'M1,,KWH,,,,,,2026-01-02,2026-01-01'],
  ])('of %s is told with its line: case %#', async (column, row) => {
    const problem = await problemOfRow(row);
    expect(problem).toMatchObject({ line: 2, column });
  });

  test('at the edge of what is permitted is none', async () => {
    const row = `${'x'.repeat(64)},${'y'.repeat(64)},$,1440,9999999999.99999,10,0,${'z'.repeat(32)},1970-01-02,2999-12-31`;
    expect(await run('edge.csv', `${HEADER}\n${row}\n`)).toMatchObject({ rows: 1 });
  });
});

describe('problems of a CSV', () => {
  test('are told by the line on which the row begins, past blank lines and line ends in quotes', async () => {
    const lines = [
      'meter_id,units',
      '',
      '"a\r\nb",KWH',
      'M2,KWX',
      '',
      '"c\n\nd",KWH',
      'M3,KWH,more',
      'M4,KWX',
    ];
    const { problems } = await refusal('lines.csv', lines.join('\r\n'));
    expect(problems.map(({ line, column }) => [line, column])).toEqual([
      [3, 'meter_id'],
      [5, 'units'],
      [7, 'meter_id'],
      [10, ''],
      [11, 'units'],
    ]);
  });

  test('all count, a thousand are listed', async () => {
    const { problems, problemCount, message } = await refusal(
      'many.csv',
      `meter_id,units\n${'M1,KWX\n'.repeat(2_500)}`,
    );
    expect(problemCount).toBe(2_500);
    expect(problems).toHaveLength(1_000);
    expect(message).toContain('many.csv: 2500 problems');
    expect(message).toContain('line 2, units: "KWX"');
    expect(message).toContain('and 2497 more');
  });

  test.each([
    ['meter_id,units,colour\nM1,KWH,red\n', 'unknown column "colour"'],
    ['meter_id,multiplier\nM1,1\n', 'the header lacks units'],
    ['interval_minutes\n60\n', 'the header lacks meter_id and units'],
    ['meter_id,units,units\nM1,KWH,KWH\n', 'the column stands in the header twice'],
    ['', 'the file is empty'],
    ['meter_id,units\n', 'the file has no rows'],
  ])('in the header: %j', async (content, message) => {
    const { problems } = await refusal('header.csv', content);
    expect(problems.map((problem) => problem.message).join('; ')).toContain(message);
  });

  test.each([
    ['"M2,KWH\nM3,KWH\n', 3, 'a quote is left open'],
    ['"M2"x,KWH\n', 3, 'text follows a closing quote'],
    ['M"2,KWH\n', 3, 'a quote stands within a field'],
    [`M2,${'x'.repeat(20_000)}\n`, 3, 'the row is longer than'],
  ])('in the syntax end the reading, after the rows before them: case %#', async (rest, line, message) => {
    const { problems } = await refusal('syntax.csv', `meter_id,units\nM1,KWX\n${rest}`);
    expect(problems).toHaveLength(2);
    expect(problems[0]).toMatchObject({ line: 2, column: 'units' });
    expect(problems[1]!.line).toBe(line);
    expect(problems[1]!.message).toContain(message);
  });

  test('such as millions of empty fields do not fill the memory', async () => {
    const { problems } = await refusal('commas.csv', `meter_id,units\n${','.repeat(3_000_000)}`);
    expect(problems[0]!.message).toContain('nothing whole in 1 MiB');
  });
});

describe('problems of a JSON', () => {
  test('are told by the index of the element', async () => {
    const elements = [
      '{"meter_id":"M0","units":"KWH"}',
      '{"meter_id":"M1","units":"KWX"}',
      '{"units":"KWH"}',
      '{"meter_id":"M3","units":"KWH","colour":"red"}',
      '{"meter_id":["M4"],"units":"KWH"}',
      '{"meter_id":true,"units":"KWH"}',
      '{"meter_id":"M6","units":"KWH","units":"KWH"}',
      '[true,{"meter_id":"M7","units":"KWH"}]',
      '"M8"',
      'null',
      '{"meter_id":"M10","units":"KWH","multiplier":1e-6}',
      '{"meter_id":{"units":"KWH"},"units":"KWH"}',
    ];
    const { problems } = await refusal('elements.json', `[${elements.join(',')}]`);
    expect(problems.map(({ line, column }) => [line, column])).toEqual([
      [1, 'units'],
      [2, 'meter_id'],
      [3, ''],
      [4, 'meter_id'],
      [5, 'meter_id'],
      [6, 'units'],
      [7, ''],
      [8, ''],
      [9, ''],
      [10, 'multiplier'],
      [11, 'meter_id'],
    ]);
  });

  test.each([
    ['{"meter_id":"M1","units":"KWH"}', null, 'must hold an array'],
    ['"M1"', null, 'must hold an array'],
    ['', null, 'ends before'],
    ['[]', null, 'has no rows'],
    ['[{"meter_id":"M1","units":"KWH"}', 1, 'ends before'],
    ['[{"meter_id":"M1","units":"KWH"},{"meter_id"', 1, 'ends before'],
    ['[{"meter_id":"M1","units":"KWH"},{"meter_id":nothing}]', 1, 'no JSON'],
    ['[{"meter_id":"M1","units":"KWH"} {"meter_id":"M2","units":"KWH"}]', 1, 'no JSON'],
    ['[{"meter_id":"M1","units":"KWH"}] ]', null, 'something follows'],
    [`[${'['.repeat(100)}`, 0, 'deep'],
    [`[{"meter_id":"${'x'.repeat(3_000_000)}"}]`, null, 'nothing whole in 1 MiB'],
  ])('as a whole: case %#', async (content, line, message) => {
    const { problems } = await refusal('whole.json', content);
    const last = problems.at(-1)!;
    expect(last.message).toContain(message);
    expect(last.line).toBe(line);
  });
});

describe('rows of the same meter and units that overlap', () => {
  const rows = (lines: string[]) => `meter_id,units,active_from,active_to\n${lines.join('\n')}\n`;

  test.each([
    [['M1,KWH,,', 'M1,KWH,,'], 3, 2],
    [['M1,KWH,2026-01-01,2026-02-01', 'M1,KWH,2026-01-31,2026-03-01'], 3, 2],
    [['M1,KWH,2026-03-01,', 'M1,KWH,2026-01-01,2026-03-01T05:01Z'], 2, 3],
    [['M1,KWH,,2027-01-01', 'M1,KWH,2026-01-01,2026-02-01', 'M1,KWH,2027-01-01,'], 3, 2],
  ])('are told by the later one: %j', async (lines, line, other) => {
    for (const runRows of [1, 100]) {
      const { problems, problemCount } = await refusal('overlap.csv', rows(lines), {
        runRows,
        blockRows: 64,
      });
      expect(problemCount).toBe(1);
      expect(problems[0]).toMatchObject({ line, column: 'active_from' });
      expect(problems[0]!.message).toContain(`line ${other}`);
    }
  });

  test('are told by the row that is active longest, not only by the one before', async () => {
    const lines = ['M1,KWH,2020-01-01,2029-01-01', 'M1,KWH,2021-01-01,2022-01-01', 'M1,KWH,2028-01-01,'];
    const { problems } = await refusal('longest.csv', rows(lines));
    expect(problems.map(({ line, message }) => [line, message.endsWith('line 2')])).toEqual([
      [3, true],
      [4, true],
    ]);
  });

  test('do not where they touch, or where the meter or the units differ', async () => {
    const lines = ['M1,KWH,,2026-01-01', 'M1,KWH,2026-01-01,', 'M1,GKWH,,', 'M2,KWH,,', 'M11,KWH,,'];
    expect(await run('touch.csv', rows(lines))).toMatchObject({ rows: 5, meters: 3 });
  });

  test('are told by element in JSON', async () => {
    const element = '{"meter_id":"M1","units":"KWH"}';
    const { problems } = await refusal('overlap.json', `[${element},${element}]`);
    expect(problems[0]).toMatchObject({ line: 1 });
    expect(problems[0]!.message).toContain('element 0');
  });
});

describe('a refused import', () => {
  test('leaves the register and the folder as they were', async () => {
    const { path } = await run('good.csv', 'meter_id,units\nM1,KWH\n');
    const before = readFileSync(path);
    const names = readdirSync(join(folder, 'out'));
    await refusal('bad.csv', `meter_id,units\n${'M1,KWH\n'.repeat(50)}`, { runRows: 10, blockRows: 64 });
    expect(readdirSync(join(folder, 'out'))).toEqual(names);
    expect(readFileSync(path).equals(before)).toBe(true);
  });

  test('is one of a meter with more rows than a block holds', async () => {
    const row = (year: number) => `M1,KWH,${year}-01-01,${year + 1}-01-01`;
    const content = (count: number) =>
      `meter_id,units,active_from,active_to\nM0,KWH,,\n${Array.from({ length: count }, (_, i) => row(2000 + i)).join('\n')}\n`;
    const limits = { runRows: 5, blockRows: 8 };
    expect(await run('full.csv', content(8), limits)).toMatchObject({ rows: 9, meters: 2 });
    const { problems } = await refusal('full.csv', content(9), limits);
    expect(problems).toMatchObject([{ line: 11, column: 'meter_id' }]);
  });

  test('of a file that is not there or is cut off leaves nothing', async () => {
    const directory = join(folder, 'fresh');
    const absent = importRegister({ file: join(folder, 'absent.csv'), directory, zoneMinutes: 0 });
    await expect(absent).rejects.toMatchObject({ code: 'READMILL_REGISTER_UNREADABLE' });
    const whole = gzipSync(`meter_id,units\n${'M1,KWH\n'.repeat(1000)}`);
    const file = join(folder, 'cut.csv.gz');
    writeFileSync(file, whole.subarray(0, whole.length - 20));
    await expect(importRegister({ file, directory, zoneMinutes: 0 })).rejects.toMatchObject({
      code: 'READMILL_REGISTER_UNREADABLE',
    });
    expect(readdirSync(directory)).toEqual([]);
  });

  test('is one of a file that grew while it was read', async () => {
    const file = join(folder, 'growing.csv');
    // Many pieces, so that the reader is far from the end when the file grows.
    const lines = Array.from({ length: 100_000 }, (_, i) => `METER${i},KWH\n`);
    writeFileSync(file, `meter_id,units\n${lines.join('')}`);
    let grown = false;
    const onProgress = () => {
      if (!grown) appendFileSync(file, 'M2,KWH\n');
      grown = true;
    };
    const directory = join(folder, 'grown');
    await expect(importRegister({ file, directory, zoneMinutes: 0, onProgress })).rejects.toMatchObject({
      code: 'READMILL_REGISTER_UNREADABLE',
      message: expect.stringContaining('it changed'),
    });
    expect(readdirSync(directory)).toEqual([]);
  });

  test('tells of a folder that cannot be written', async () => {
    const file = join(folder, 'fine.csv');
    writeFileSync(file, 'meter_id,units\nM1,KWH\n');
    mkdirSync(join(folder, 'taken'), { recursive: true });
    const directory = join(folder, 'taken', 'file');
    writeFileSync(directory, '');
    await expect(importRegister({ file, directory, zoneMinutes: 0 })).rejects.toMatchObject({
      code: 'READMILL_REGISTER_UNWRITABLE',
    });
    expect(existsSync(directory)).toBe(true);
  });
});
