import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DefectAnswer } from '../../src/generate/answers.js';
import { type GenerateResult, generateNight } from '../../src/generate/generate-night.js';
import { dayNumber } from '../../src/model/time.js';
import { callsFor, settingsWith } from '../formats/amrdef/recorded-reads.js';

const OPTIONS = { meters: 1000, days: 1, startDay: dayNumber(2026, 11, 20), format: 'amrdef', seed: 3 };

let folder = '';
let result: GenerateResult;
let text = '';
let calls: string[] = [];
let defects: DefectAnswer[] = [];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'readmill-amrdef-'));
  result = await generateNight({ ...OPTIONS, outDirectory: folder });
  const bytes = readFileSync(join(folder, result.files[0]!.name));
  text = bytes.toString('latin1');
  calls = callsFor(Uint8Array.from(bytes), { settings: settingsWith({ rejectReadings: false }) });
  defects = JSON.parse(readFileSync(result.answersPath, 'utf8')).defects;
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('a generated AMRDEF night', () => {
  it('has the bytes, lines and reads that it says', () => {
    const [file] = result.files;
    expect(file).toMatchObject({ bytes: text.length, lines: text.split('\n').length - 1 });
    const records = calls.filter((call) => call.startsWith('record'));
    expect(records).toHaveLength(file!.records);
    const reads = records.reduce((sum, call) => sum + Number(/: (\d+): /.exec(call)![1]), 0);
    expect(reads).toBe(file!.reads);
  });

  it('breaks no rule but where its answers say so, at the line they say', () => {
    const broken = defects.filter(({ kind }) => kind.startsWith('broken-'));
    expect(new Set(broken.map(({ kind }) => kind)).size).toBe(10);
    for (const { code, line, reads, kind } of broken) {
      const found = calls.filter((call) => new RegExp(`^\\w+ ${code} ${line}:`).test(call));
      expect([kind, found.length]).toEqual([kind, 1]);
      const rejected = calls.filter(
        (call) => call.startsWith('rejected') && call.includes(` ${code} ${line}:`),
      );
      expect([kind, rejected.length]).toEqual([kind, 1]);
      expect(rejected[0]).toContain(` reads ${reads} by `);
    }
    expect(calls.filter((call) => call.startsWith('rejected'))).toHaveLength(broken.length);
  });

  it('has none of them in a clean night', async () => {
    const clean = join(folder, 'clean');
    const { files } = await generateNight({ ...OPTIONS, outDirectory: clean, defects: [] });
    const bytes = readFileSync(join(clean, files[0]!.name));
    const told = callsFor(Uint8Array.from(bytes));
    expect(told.filter((call) => !call.startsWith('record'))).toEqual([]);
    expect(told).toHaveLength(3000);
  });
});
