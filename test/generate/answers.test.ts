import { describe, expect, it } from 'vitest';
import { findProfile, readerSettings } from '../../src/conformance/profiles.js';
import { CMEP_FAULTS } from '../../src/formats/cmep/faults.js';
import { CmepReader, READ_AHEAD_BYTES } from '../../src/formats/cmep/reader.js';
import type { ReadSink } from '../../src/formats/reads.js';
import type { DefectAnswer } from '../../src/generate/answers.js';
import { MINUTES_PER_DAY } from '../../src/model/time.js';
import { fine, goodRecords, plainRecord, START_DAY, type WrittenNight, writeNight } from './written-night.js';

const CASES = [
  { dialect: 'cmep-1.20', intervalMinutes: 60 },
  { dialect: 'sensus', intervalMinutes: 60 },
  { dialect: 'sensus', intervalMinutes: 15 },
  { dialect: 'smartsynch', intervalMinutes: 15 },
];

/** Members of an answer by kind, as the tests need them. */
type Answer = DefectAnswer & {
  slots: number;
  truth: string[];
  value: string;
  otherValue: string;
  duplicateOf: number;
  winnerLine: number;
  wonBy: string;
  form: string;
  reads: number;
  firstStamp?: string;
};

const answersOf = (night: WrittenNight, ...kinds: string[]) =>
  night.answers.defects.filter(({ kind }) => kinds.includes(kind)) as Answer[];

const lineOf = (night: WrittenNight, { file }: DefectAnswer, line: number | null) =>
  night.lines.get(file)![line! - 1]!;

const recordOf = (night: WrittenNight, answer: DefectAnswer, line = answer.line) =>
  plainRecord(lineOf(night, answer, line));

const tripleOf = (night: WrittenNight, answer: DefectAnswer, line = answer.line) =>
  recordOf(night, answer, line).triples.find(({ stamp }) => stamp === answer.stamp)!;

function later(stamp: string, minutes: number): string {
  return new Date(Date.parse(stamp) + minutes * 60_000).toISOString().replace(':00.000Z', 'Z');
}

/** Interval values by meter and stamp: of lines that repeat a slot, the one that the answers let win. */
function valuesOf(night: WrittenNight): Map<string, string> {
  const losers = new Set<string>();
  for (const answer of answersOf(night, 'duplicate-different')) {
    const loser = answer.winnerLine === answer.line ? answer.duplicateOf : answer.line;
    losers.add(`${answer.file} ${loser}`);
  }
  const values = new Map<string, string>();
  for (const { file, line, meterId, units, triples } of goodRecords(night)) {
    if (units !== 'KWH' || losers.has(`${file} ${line}`)) continue;
    for (const { stamp, flag, value } of triples) {
      if (!flag.startsWith('N')) values.set(`${meterId} ${stamp}`, value);
    }
  }
  return values;
}

/** Interval values of each meter, in whole numbers of 0.00001. */
function valuesByMeter(night: WrittenNight): Map<string, number[]> {
  const byMeter = new Map<string, number[]>();
  for (const [place, value] of valuesOf(night)) {
    const meterId = place.slice(0, place.indexOf(' '));
    if (!byMeter.has(meterId)) byMeter.set(meterId, []);
    byMeter.get(meterId)!.push(fine(value));
  }
  return byMeter;
}

describe.each(CASES)('the answers to a night of $dialect, $intervalMinutes minutes', (options) => {
  it('turn the night into a clean one', async () => {
    const night = await writeNight({ ...options, meters: 1_000, days: 2, files: 2 });
    const clean = valuesOf(await writeNight({ ...options, meters: 1_000, days: 2, defects: [] }));
    const mended = valuesOf(night);
    for (const { kind, meterId, stamp, slots, truth, firstStamp } of night.answers.defects as Answer[]) {
      const texts = truth === undefined ? [] : [truth].flat();
      const start = firstStamp ?? stamp ?? '';
      if (slots !== undefined && kind !== 'duplicate-same' && kind !== 'duplicate-different') {
        expect(texts.length).toBe(slots);
      }
      if (kind === 'silent-meter' || kind === 'sum-mismatch' || kind === 'register-decreased') continue;
      for (let k = 0; k < texts.length; k++) {
        const place = `${meterId} ${later(start, k * options.intervalMinutes)}`;
        if (kind.startsWith('broken-') || kind.startsWith('missing-')) expect(mended.has(place)).toBe(false);
        mended.set(place, texts[k]!);
      }
      if (kind !== 'outage') continue;
      for (let k = 0; k < texts.length; k++) {
        const place = `${meterId} ${later(start, k * options.intervalMinutes)}`;
        expect(fine(texts[k]!)).toBe(0);
        expect(clean.has(place)).toBe(true);
        clean.set(place, texts[k]!);
      }
    }
    for (const { meterId } of answersOf(night, 'silent-meter')) {
      for (const place of clean.keys()) if (place.startsWith(meterId)) clean.delete(place);
    }
    expect(mended.size).toBe(clean.size);
    for (const [place, value] of clean)
      if (mended.get(place) !== value) expect([place, mended.get(place)]).toBe(value);
    const sum = [...clean.values()].reduce((total, value) => total + fine(value), 0);
    expect(fine(night.result.totals.trueKwh)).toBe(sum);
  });

  it('point at the value that is wrong', async () => {
    const night = await writeNight(options);
    const byMeter = valuesByMeter(night);
    for (const answer of answersOf(night, 'spike', 'negative')) {
      const triple = tripleOf(night, answer);
      expect(recordOf(night, answer).meterId).toBe(answer.meterId);
      expect(triple.value).toBe(answer.value);
      if (answer.kind === 'negative') expect(fine(triple.value)).toBe(-fine(String(answer.truth)));
      else {
        const sorted = byMeter.get(answer.meterId)!.toSorted((a, b) => b - a);
        expect(sorted[0]).toBe(fine(answer.value));
        expect(sorted[0]! >= 200_000 && sorted[0]! - sorted[2]! > 1.8 * sorted[2]!).toBe(true);
        expect(sorted[0]! <= 48 * 100_000 * (options.intervalMinutes / 60)).toBe(true);
      }
    }
  });

  it('point at the slots that are missing and at outages', async () => {
    const night = await writeNight({ ...options, missingRate: 0.02 });
    const records = [...goodRecords(night)];
    const forms = new Set<string>();
    for (const answer of answersOf(night, 'missing-short', 'missing-long', 'outage')) {
      forms.add(`${answer.kind} ${answer.form}`);
      expect(recordOf(night, answer).meterId).toBe(answer.meterId);
      const hours = (answer.slots * options.intervalMinutes) / 60;
      if (answer.kind === 'missing-short') expect(hours).toBeLessThanOrEqual(2);
      if (answer.kind === 'missing-long') expect(hours).toBeGreaterThan(2);
      const triple = tripleOf(night, answer);
      if (answer.form === 'absent') expect(triple).toBeUndefined();
      if (answer.form === 'n-flag') expect(triple.flag).toMatch(/^N/);
      if (answer.form === 'zero') expect(fine(triple.value)).toBe(0);
      if (answer.kind !== 'outage' || options.dialect !== 'sensus') continue;
      expect(triple.flag).toBe(answer.form === 'zero' ? 'R2' : 'N34');
      const all = records.filter(({ meterId }) => meterId === answer.meterId);
      const after = all.flatMap(({ triples }) => triples).find(({ flag }) => flag === 'R4')!;
      expect(after.stamp).toBe(answer.restoration);
      expect(after.stamp).toBe(later(answer.stamp!, answer.slots * options.intervalMinutes));
    }
    expect(forms.size).toBeGreaterThanOrEqual(5);
  });

  it('point at records that repeat one, and tell who wins', async () => {
    const night = await writeNight({
      ...options,
      meters: 20_000,
      defects: ['duplicate-same', 'duplicate-different'],
    });
    for (const answer of answersOf(night, 'duplicate-same')) {
      expect(lineOf(night, answer, answer.line)).toBe(lineOf(night, answer, answer.duplicateOf));
      expect(answer.duplicateOf).toBeLessThan(answer.line!);
    }
    const ways = new Set<string>();
    for (const answer of answersOf(night, 'duplicate-different')) {
      const loserLine = answer.winnerLine === answer.line ? answer.duplicateOf : answer.line;
      const [winner, loser] = [
        recordOf(night, answer, answer.winnerLine),
        recordOf(night, answer, loserLine),
      ];
      expect(tripleOf(night, answer, answer.winnerLine).value).toBe(answer.value);
      expect(tripleOf(night, answer, loserLine).value).toBe(answer.otherValue);
      expect(answer.value).not.toBe(answer.otherValue);
      const rank = (record: typeof winner) => (record.purpose === 'RESEND' ? 1 : 0);
      const wonBy =
        rank(winner) > rank(loser) ? 'purpose' : winner.creation > loser.creation ? 'creation' : 'line';
      expect(rank(winner)).toBeGreaterThanOrEqual(rank(loser));
      if (wonBy === 'line') expect(answer.winnerLine).toBeGreaterThan(loserLine!);
      expect(answer.wonBy).toBe(wonBy);
      ways.add(`${wonBy} ${answer.winnerLine === answer.line}`);
    }
    expect([...ways].sort()).toEqual([
      'creation false',
      'creation true',
      'line true',
      'purpose false',
      'purpose true',
    ]);
  });

  it('point at registers that are wrong', async () => {
    const night = await writeNight(options);
    const clean = valuesByMeter(await writeNight({ ...options, defects: [] }));
    for (const answer of answersOf(night, 'register-decreased', 'sum-mismatch')) {
      const [opening, value, truth] = [answer.opening as string, answer.value, String(answer.truth)].map(
        fine,
      );
      expect(recordOf(night, answer)).toMatchObject({ meterId: answer.meterId, units: 'KWHREG' });
      expect(tripleOf(night, answer).value).toBe(answer.value);
      expect(truth! - opening!).toBe(clean.get(answer.meterId)!.reduce((sum, value) => sum + value, 0));
      if (answer.kind === 'register-decreased') expect(value!).toBeLessThan(opening!);
      else {
        expect(value!).toBeGreaterThan(opening!);
        expect(Math.abs(value! - truth!)).toBeGreaterThan(200_000);
      }
    }
  });

  it('tell of each line that a reader rejects, with the finding and the reads', async () => {
    const night = await writeNight({ ...options, meters: 3_000, files: 2 });
    const clean = await writeNight({ ...options, meters: 3_000, defects: [] });
    expect(readBack(clean, options.dialect).findings).toEqual([]);
    const { findings, rejected, records, reads } = readBack(night, options.dialect);
    const broken = night.answers.defects.filter(({ kind }) => kind.startsWith('broken-')) as Answer[];
    expect(broken.length).toBe(30);
    expect(rejected.sort()).toEqual(
      broken.map((answer) => `${answer.file} ${answer.line} ${answer.reads}`).sort(),
    );
    for (const { file, line, code, field, column } of broken) {
      expect(findings).toContain(`${file} ${line} ${code} ${field} ${column}`);
    }
    const { totals } = night.result;
    expect({ records, reads }).toEqual({ records: totals.records, reads: totals.reads });
    expect(broken.reduce((sum, answer) => sum + answer.reads, 0)).toBe(totals.readsOnBrokenLines);
  });
});

/** What the CMEP reader says of all files of a night under the profile of its dialect. */
function readBack(night: WrittenNight, dialect: string) {
  const findings: string[] = [];
  const rejected: string[] = [];
  let [records, reads] = [0, 0];
  const settings = readerSettings(findProfile(dialect)!, 0, (START_DAY + 2) * MINUTES_PER_DAY);
  for (const [file, lines] of night.lines) {
    const content = Buffer.from(`${lines.join('\r\n')}\r\n`, 'latin1');
    const bytes = Buffer.concat([content, Buffer.alloc(READ_AHEAD_BYTES)]);
    const sink: ReadSink = {
      record: (record) => {
        records++;
        reads += record.count;
      },
      fault: ({ fault, line, field, textFrom, start }) => {
        findings.push(`${file} ${line} ${CMEP_FAULTS[fault]} ${field} ${textFrom - start + 1}`);
      },
      rejected: (_start, _byteLength, line, lost) => rejected.push(`${file} ${line} ${lost}`),
      passedOver: () => {},
    };
    new CmepReader(settings, sink).read(bytes, 0, content.length, 0, true);
  }
  return { findings, rejected, records, reads };
}
