import { describe, expect, it } from 'vitest';
import { RULES } from '../../../src/conformance/rules.js';
import { nightTotals } from '../../../src/pipeline/finish/night-totals.js';
import type { InputRecord, RunRecord, ScanOutcome } from '../../../src/pipeline/run-state.js';
import type { TaskRecord } from '../../../src/pipeline/settle/settle.js';
import { EXCEPTION, EXCEPTIONS } from '../../../src/pipeline/settle/settle-state.js';

/** Reads: 60 of one file, 40 of another; 7 are rejected in pass 1. */
const outcome = {
  accepted: 70,
  replaced: 5,
  waiting: 8,
  rejected: 4,
  duplicates: 6,
  estimated: 9,
  unresolved: 2,
  policies: [],
  scaledSpans: 0,
  lateActuals: 0,
};
/** Reads of the batches: what was accepted, and what goes out without a read of its own or in place of one. */
const WRITTEN = [41, 40];

function totalsWith(change: Partial<typeof outcome>, written = WRITTEN, reads = [60, 40]) {
  const input = { status: 'done', sourceIndex: 0, sizeBytes: 1 } as InputRecord;
  const run = {
    runId: 'R',
    kind: 'night',
    inputs: [input, input, { ...input, status: 'failed' }],
    config: { sources: [{ name: 'north' }] },
  } as unknown as RunRecord;
  const counts = [...reads, 1_000].map((one, i) => ({
    reads: one,
    records: one,
    rejectedReads: i === 0 ? 7 : 0,
  }));
  const scan = { counts, ruleCounts: new Float64Array(RULES.length) } as unknown as ScanOutcome;
  const exceptionsBySource = new Float64Array(EXCEPTIONS);
  for (const name of ['replaced', 'waiting', 'rejected', 'duplicates'] as const)
    exceptionsBySource[EXCEPTION[name]] = outcome[name];
  const result = {
    outcome: { ...outcome, ...change, exceptionsBySource },
    findings: { counts: new Float64Array(RULES.length) },
    batches: written.map((one) => ({ reads: one })),
    days: [],
    drawnDays: [],
  };
  return nightTotals(run, scan, [{ result } as unknown as TaskRecord]);
}

describe('totals of a night', () => {
  it('add up both passes, without the files that failed', () => {
    const { received, outcome: total, sources } = totalsWith({});
    expect([received, total.rejected]).toEqual([100, 11]);
    expect(sources[0]).toMatchObject({ received: 100, accepted: 70, rejected: 11, duplicates: 6 });
  });

  it.each(['accepted', 'replaced', 'waiting', 'rejected', 'duplicates', 'estimated', 'unresolved'] as const)(
    'do not stand where one of %s is lost or counted twice',
    (name) => {
      for (const by of [1, -1]) {
        const wrong = () => totalsWith({ [name]: outcome[name] + by });
        expect(wrong).toThrow(expect.objectContaining({ code: 'READMILL_TOTALS' }));
      }
    },
  );

  it('do not stand where a read is lost before or after', () => {
    for (const wrong of [() => totalsWith({}, WRITTEN, [60, 41]), () => totalsWith({}, [41, 39])])
      expect(wrong).toThrow(expect.objectContaining({ code: 'READMILL_TOTALS' }));
  });
});
