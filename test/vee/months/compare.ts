import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildCase, type MonthCase } from './month-case.js';
import { type NightLines, programNights } from './program-nights.js';
import { refereeNights } from './referee-nights.js';

const LISTS = ['sent', 'estimates', 'review', 'duplicates', 'missing', 'reads'] as const;

/** A line that one side has and the other has not. */
export interface Difference {
  night: number;
  list: string;
  line: string;
  side: 'program only' | 'referee only';
}

function differencesOf(night: number, program: NightLines, referee: NightLines): Difference[] {
  const differences: Difference[] = [];
  for (const list of LISTS) {
    const counts = new Map<string, number>();
    // Of a slot's losers with one value it does not matter whether all are told.
    const isSet = list === 'duplicates';
    for (const line of isSet ? new Set(program[list]) : program[list])
      counts.set(line, (counts.get(line) ?? 0) + 1);
    for (const line of isSet ? new Set(referee[list]) : referee[list])
      counts.set(line, (counts.get(line) ?? 0) - 1);
    for (const [line, count] of counts) {
      const side = count > 0 ? 'program only' : 'referee only';
      if (count !== 0) differences.push({ night, list, line, side });
    }
  }
  return differences;
}

export const meterOf = ({ line }: Difference): string => line.split(',')[0]!;

export interface Comparison {
  differences: Difference[];
  /** How often each kind of outcome occurred. */
  seen: Record<string, number>;
  channelMonths: number;
}

/** Runs a case on both sides. */
export async function compareCase(given: MonthCase): Promise<Comparison> {
  const directory = mkdtempSync(join(tmpdir(), 'readmill-months-'));
  const built = buildCase(given);
  const comparison: Comparison = {
    differences: [],
    seen: {},
    channelMonths: built.rows.length,
  };
  const count = (key: string) => {
    comparison.seen[key] = (comparison.seen[key] ?? 0) + 1;
  };
  try {
    const referee = refereeNights(built);
    let night = 0;
    for await (const program of programNights(directory, given, built)) {
      const expected = referee.next().value!;
      comparison.differences.push(...differencesOf(night, program, expected));
      for (const line of expected.sent) count(line.split(',')[3]!);
      for (const situation of expected.situations) count(situation);
      if (expected.duplicates.length > 0) count('vee/duplicate-read');
      if (expected.missing.length > 0) count('missing meter');
      for (const line of expected.review) count(line.split(',')[3]!);
      for (const line of expected.estimates) {
        const [, , , , , , method, , scale, check] = line.split(',');
        count(method!);
        if (check !== '') count(check!);
        if (scale !== '') count('scaled');
      }
      night++;
    }
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
  return comparison;
}
