import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { DefectAnswer } from '../../src/generate/answers.js';
import { type GenerateResult, generateNight } from '../../src/generate/generate-night.js';
import type { GenerateOptions } from '../../src/generate/options.js';
import { parseIsoDate } from '../../src/model/time.js';

/** Friday, so that a second day is a weekend. */
export const START_DAY = parseIsoDate('2026-11-20');

/** A generated night, read back with nothing of ours but the folder's names. */
export interface WrittenNight {
  directory: string;
  result: GenerateResult;
  answers: { defects: DefectAnswer[]; files: { name: string }[]; totals: Record<string, unknown> };
  /** Lines by file name, without their ends; `lines[0]` is line 1. A byte is a character. */
  lines: Map<string, string[]>;
}

export function temporaryFolder(): string {
  const directory = mkdtempSync(join(tmpdir(), 'readmill-generate-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

export async function writeNight(options: Partial<GenerateOptions>): Promise<WrittenNight> {
  const directory = temporaryFolder();
  const result = await generateNight({
    meters: 2_000,
    days: 1,
    startDay: START_DAY,
    outDirectory: directory,
    ...options,
  });
  const answers = JSON.parse(readFileSync(join(directory, 'answers.json'), 'utf8'));
  const lines = new Map<string, string[]>();
  for (const { name } of result.files) {
    const text = readFileSync(join(directory, name), 'latin1');
    if (!text.endsWith('\r\n')) throw new Error(`${name} does not end in CR LF`);
    lines.set(name, text.slice(0, -2).split('\r\n'));
  }
  return { directory, result, answers, lines };
}

/** One line taken apart at its commas. */
export interface PlainRecord {
  meterId: string;
  purpose: string;
  creation: string;
  units: string;
  /** Stamps as in `answers.json`, flags and values as they stand. */
  triples: { stamp: string; flag: string; value: string }[];
}

export function plainRecord(line: string): PlainRecord {
  const fields = line.split(',');
  const triples: PlainRecord['triples'] = [];
  for (let at = 14; at < fields.length; at += 3) {
    const [stamp, flag, value] = [fields[at]!, fields[at + 1]!, fields[at + 2]!];
    triples.push({ stamp: isoStamp(stamp), flag, value });
  }
  if (triples.length !== Number(fields[13])) throw new Error(`count and triples differ: ${line}`);
  return {
    meterId: fields[7] === '' ? fields[5]! : fields[7]!,
    purpose: fields[8]!,
    creation: fields[6]!,
    units: fields[10]!,
    triples,
  };
}

/** `2026-11-20T06:00Z` of `202611200600`. */
function isoStamp(text: string): string {
  return text.replace(/^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)$/, '$1-$2-$3T$4:$5Z');
}

/** `file line` of all lines that are broken on purpose. */
export function brokenPlaces(night: WrittenNight): Set<string> {
  const broken = night.answers.defects.filter(({ kind }) => kind.startsWith('broken-'));
  return new Set(broken.map(({ file, line }) => `${file} ${line}`));
}

/** All records of good lines, with their places. */
export function* goodRecords(night: WrittenNight): Generator<PlainRecord & { file: string; line: number }> {
  const broken = brokenPlaces(night);
  for (const [file, lines] of night.lines) {
    for (let i = 0; i < lines.length; i++) {
      if (!broken.has(`${file} ${i + 1}`)) yield { ...plainRecord(lines[i]!), file, line: i + 1 };
    }
  }
}

/** A value as a whole number of 0.00001. */
export function fine(text: string): number {
  const [whole, fraction = ''] = text.replace('-', '').split('.');
  const value = Number(whole! + fraction.padEnd(5, '0'));
  return text.startsWith('-') ? -value : value;
}
