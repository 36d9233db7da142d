import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { parseIsoDate } from '../../../src/model/time.js';
import { readHolidays, readLoadProfiles } from '../../../src/pipeline/settle/vee-files.js';

const folder = mkdtempSync(join(tmpdir(), 'readmill-vee-files-'));
afterAll(() => rmSync(folder, { recursive: true }));
const path = join(folder, 'file.csv');

const refused = (message: string) =>
  expect.objectContaining({ code: 'READMILL_VEE_FILE', message: expect.stringContaining(message) });

it('VEE_FILE_BYTES_MAX: a file of 16 MiB is read, a larger one is refused', () => {
  const head = 'date,name\n"x"x,';
  writeFileSync(path, head + 'n'.repeat(16 * 1024 ** 2 - head.length));
  // It ends at its second line: to read all of it takes seconds.
  expect(() => readHolidays(path)).toThrowError(refused(`${path}, line 2: `));
  appendFileSync(path, 'n');
  expect(() => readHolidays(path)).toThrowError(refused('more than 16777216 bytes. Mend'));
  writeFileSync(path, 'date,name\n2026-12-25,n');
  expect(readHolidays(path)).toEqual([parseIsoDate('2026-12-25')]);
});

it('WEIGHT_SUM_MAX: weights may differ so much that they are 100,000,000 of the smallest, not one more', () => {
  const read = (largest: string) => {
    const rows = Array.from({ length: 24 }, (_, hour) => {
      const ends = `${String(hour + 1).padStart(2, '0')}:00`;
      return `R,weekday,${ends},${hour === 0 ? largest : '0.00001'}`;
    });
    writeFileSync(path, ['service_class,kind_of_day,ends,weight', ...rows].join('\n'));
    return readLoadProfiles(path)[0]!.weights;
  };
  const weights = read('999.99977');
  expect([weights[0], weights[23]]).toEqual([99_999_977, 1]);
  expect(weights.reduce((sum, weight) => sum + weight, 0)).toBe(100_000_000);
  expect(() => read('999.99978')).toThrowError(refused('weights that differ too much'));
});
