import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { reportFile, slotKey } from './auditor.js';
import { type CmepLine, cmepLines, csvRows, type Triple } from './cmep-lines.js';
import {
  folderWith,
  type GeneratedNight,
  generate,
  type Ran,
  type RunFolder,
  runFolder,
  runNight,
} from './night-folder.js';
import { lineWith } from './written-lines.js';

const NOON = '202611201700';
/** The read day of 20 November closes at 05:00Z. */
const BEFORE_NOON = '2026-11-20T18:00:00Z';
const BEFORE_CLOSE = '2026-11-21T04:30:00Z';
const AT_CLOSE = '2026-11-21T05:00:00Z';

interface Settled {
  folder: RunFolder;
  runs: Ran[];
  /** What went out, by slot, run after run. */
  sent: Map<string, string>[];
}

let night: GeneratedNight;
let lines: CmepLine[];
/** The night in one run, after the close. */
let whole: Settled;
/** The night in two pieces before the close, and a third run without a file at the close. */
let pieces: Settled;

/** Slots in the batches that were not there before: `purpose value flag` by slot. */
function newlySent(folder: RunFolder, known: Set<string>): Map<string, string> {
  const sent = new Map<string, string>();
  for (const name of readdirSync(folder.outbox).sort()) {
    if (known.has(name)) continue;
    known.add(name);
    for (const { meterId, units, purpose, triples } of cmepLines(join(folder.outbox, name))) {
      for (const { stamp, flag, value } of triples) {
        const key = slotKey(meterId, units, stamp);
        expect(sent.has(key), key).toBe(false);
        sent.set(key, `${purpose} ${value} ${flag}`);
      }
    }
  }
  return sent;
}

async function settle(folder: RunFolder, steps: { now: string; text?: string }[]): Promise<Settled> {
  const known = new Set<string>();
  const settled: Settled = { folder, runs: [], sent: [] };
  for (const [i, { now, text }] of steps.entries()) {
    if (text !== undefined) writeFileSync(join(folder.inbox, `piece-${i}.cmep`), text, 'latin1');
    settled.runs.push(await runNight(folder, { now }));
    settled.sent.push(newlySent(folder, known));
  }
  return settled;
}

const textOf = (isWanted: (triple: Triple) => boolean) =>
  lines.map((line) => lineWith(line, line.triples.filter(isWanted))).join('');

beforeAll(async () => {
  const defects = 'missing,negative,outage,sum-mismatch,register-decreased,silent-meter';
  night = await generate({ meters: 1_000, dialect: 'sensus', seed: 21, defects, 'missing-rate': 0.02 });
  lines = cmepLines(night.files[0]!.path);
  whole = await settle(folderWith(night, { profile: 'sensus' }), [{ now: AT_CLOSE }]);
  pieces = await settle(runFolder({ register: night.register, profile: 'sensus' }), [
    { now: BEFORE_NOON, text: textOf(({ stamp }) => stamp <= NOON) },
    { now: BEFORE_CLOSE, text: textOf(({ stamp }) => stamp > NOON) },
    { now: AT_CLOSE },
  ]);
});

/** Whether a read needs an estimate: no value, or a negative one. */
const isToWait = ({ flag, value }: Triple) => flag.startsWith('N') || value.startsWith('-');

test('before the close, sound reads go out and the others wait', () => {
  for (const [i, isIn] of [(stamp: string) => stamp <= NOON, (stamp: string) => stamp > NOON].entries()) {
    const reads = lines.flatMap(({ triples }) => triples).filter(({ stamp }) => isIn(stamp));
    const waiting = reads.filter(isToWait).length;
    expect(waiting).toBeGreaterThan(0);
    expect(pieces.runs[i]!.code).toBe(0);
    expect(pieces.runs[i]!.report.reads).toEqual({
      received: reads.length,
      accepted: reads.length - waiting,
      replaced: 0,
      waiting,
      rejected: 0,
      duplicates: 0,
      estimated: 0,
      unresolved: 0,
    });
    expect(pieces.sent[i]!.size).toBe(reads.length - waiting);
  }
});

test('the run at the close settles the day without a new file', () => {
  const { reads, inputs, methods, scaledSpans } = pieces.runs[2]!.report;
  const once = whole.runs[0]!.report;
  expect(inputs).toEqual([]);
  expect(reads).toMatchObject({ received: 0, accepted: 0, waiting: 0 });
  expect(reads.estimated).toBe(once.reads.estimated);
  expect(reads.unresolved).toBe(once.reads.unresolved);
  expect(methods).toEqual(once.methods);
  expect(scaledSpans).toBe(once.scaledSpans);
  expect(pieces.sent[2]!.size).toBe(reads.estimated + reads.unresolved);
});

test('nothing goes out twice, and all together is what one run sends', () => {
  const all = new Map<string, string>();
  for (const sent of pieces.sent) {
    for (const [key, text] of sent) {
      expect(all.has(key), key).toBe(false);
      all.set(key, text);
    }
  }
  const byKey = (map: Map<string, string>) => [...map].sort(([a], [b]) => (a < b ? -1 : 1));
  expect(byKey(all)).toEqual(byKey(whole.sent[0]!));
});

test.each(['estimates.csv', 'review.csv', 'missing-meters.csv'])('%s is the same as of one run', (list) => {
  const rows = ({ folder, runs }: Settled) =>
    runs
      .flatMap(({ report }) => csvRows(reportFile(folder, report, list)))
      .map((row) => Object.values(row).join())
      .sort();
  expect(rows(pieces)).toEqual(rows(whole));
  expect(rows(whole)).not.toEqual([]);
});

test('a further run sends nothing', async () => {
  const [run] = (await settle(pieces.folder, [{ now: '2026-11-21T12:00:00Z' }])).runs;
  expect(run!.report).toMatchObject({ batches: [], reads: { received: 0, estimated: 0, unresolved: 0 } });
});
