import { describe, expect, it } from 'vitest';
import type { ExplainedChannel, ExplainedSlot } from '../../src/pipeline/explain-day.js';
import { reasonsOf } from '../../src/serve/slot-reasons.js';
import { METHODS } from '../../src/vee/slots.js';

function slot(hour: number, parts: Partial<ExplainedSlot> = {}): ExplainedSlot {
  return {
    stamp: new Date(Date.UTC(2026, 10, 20, 5 + hour)).toISOString().replace(':00.000', ''),
    raw: '1',
    rawFlag: 'R0',
    final: '1',
    finalFlag: 'R0',
    state: 'actual',
    status: [],
    checks: [],
    method: null,
    referenceDays: null,
    scale: null,
    policy: null,
    runId: null,
    ...parts,
  };
}
const channel = (slots: ExplainedSlot[], review: ExplainedChannel['review'] = []): ExplainedChannel => ({
  units: 'KWH',
  intervalMinutes: 60,
  settled: true,
  slots,
  review,
  registers: [],
});

const EST = -300;
const missing: Partial<ExplainedSlot> = {
  state: 'estimated',
  raw: null,
  rawFlag: null,
  method: 'linear',
  checks: ['vee/missing'],
  policy: 'default',
};

describe('the reasons of a day', () => {
  it('are none where all went out as it came', () => {
    expect(reasonsOf(channel([slot(1), slot(2)]), EST)).toEqual([]);
  });

  it('tell like slots together, and others apart', () => {
    const slots = [
      slot(1, missing),
      slot(2, missing),
      slot(3),
      slot(24, { ...missing, raw: '-2', rawFlag: 'R4', scale: '1.5' }),
    ];
    expect(reasonsOf(channel(slots), EST)).toEqual([
      '2 slots that end 01:00 to 02:00: drawn as a straight line between its neighbours. No value had come. Check: vee/missing. Policy default.',
      'Slot that ends 24:00: drawn as a straight line between its neighbours. -2 had come with the flag R4. Check: vee/missing. Scaled to the register by 1.5. Policy default.',
    ]);
  });

  it('tell what is for review once, with its figures', () => {
    const flagged = slot(3, { checks: ['vee/spike'] });
    const review = [{ runId: 'r', stamp: flagged.stamp, code: 'vee/spike', detail: 'highest 9' }];
    expect(reasonsOf(channel([flagged], review), EST)).toEqual(['For review, 03:00: vee/spike: highest 9.']);
  });

  it('have words for every method of estimation', () => {
    for (const method of METHODS) {
      const [reason] = reasonsOf(channel([slot(1, { ...missing, method })]), EST);
      expect(reason).not.toContain('made by the method');
    }
  });
});
