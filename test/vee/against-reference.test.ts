import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatDecimal } from '../../src/model/decimal.js';
import {
  CHECK_CODES,
  METHODS,
  SLOT_ABSENT,
  SLOT_ESTIMATED,
  SLOT_FAILED,
  SLOT_OUTAGE_ZERO,
  SLOT_PASSED,
  SLOT_UNRESOLVED,
  type Slots,
} from '../../src/vee/slots.js';
import { type ChannelDays, channelDays } from './channel-days.js';
import { type Outcome, Reference } from './reference.js';
import { settleWindow } from './settle-window.js';

const KIND_OF_STATE: Record<number, Outcome['kind']> = {
  [SLOT_ABSENT]: 'absent',
  [SLOT_PASSED]: 'passed',
  [SLOT_FAILED]: 'failed',
  [SLOT_OUTAGE_ZERO]: 'outage-zero',
  [SLOT_ESTIMATED]: 'estimated',
  [SLOT_UNRESOLVED]: 'none',
};

/** How a slot is settled, in words; only one of several flags is kept, so any of them will do. */
function wordsOf(slots: Slots, i: number, flags: readonly string[]): string {
  const kind = KIND_OF_STATE[slots.states[i]!]!;
  const code = CHECK_CODES[slots.checks[i]!]!;
  const check = kind === 'passed' && flags.includes(code) ? flags[0] : code;
  if (kind !== 'estimated' && kind !== 'outage-zero') return `${i} ${kind} ${check}`;
  const method = METHODS[slots.methods[i]!];
  const scaled = kind === 'estimated' && slots.scales[i] !== 0 ? ' scaled' : '';
  return `${i} ${kind} ${check} ${method} ${formatDecimal(slots.finals[i]!)}${scaled}`;
}

function expectedWords(outcome: Outcome, i: number): string {
  const { kind, checks, estimate, isScaled } = outcome;
  const words = `${i} ${kind} ${checks[0] ?? ''}`;
  if (kind === 'estimated')
    return `${words} ${outcome.method} ${formatDecimal(Number(estimate))}${isScaled ? ' scaled' : ''}`;
  return kind === 'outage-zero' ? `${words} outage-zero 0` : words;
}

function referenceOf({ slots, channel, parameters, days, slotsPerDay }: ChannelDays): Reference {
  const reference = new Reference(slots, channel, parameters);
  for (const { day, isClosed } of days) {
    if (isClosed) reference.settle(day * slotsPerDay, (day + 1) * slotsPerDay);
  }
  return reference;
}

describe('days of a channel', () => {
  it('are settled as the page of rules says', () => {
    const seen: Record<string, number> = {};
    fc.assert(
      fc.property(channelDays, (given) => {
        const reference = referenceOf(given);
        const { slots, told } = settleWindow(given);
        const from = given.slotsPerDay;
        const ours: string[] = [];
        const expected: string[] = [];
        for (let i = from; i < given.slots.length; i++) {
          const outcome = reference.outcomes[i]!;
          ours.push(wordsOf(slots, i, outcome.checks));
          expected.push(expectedWords(outcome, i));
          const kind = outcome.isScaled ? 'scaled' : outcome.kind;
          if (outcome.method !== undefined) seen[outcome.method] = (seen[outcome.method] ?? 0) + 1;
          seen[kind] = (seen[kind] ?? 0) + 1;
          for (const check of outcome.checks) seen[check] = (seen[check] ?? 0) + 1;
        }
        expect(ours).toEqual(expected);
        expect(told.sort()).toEqual(reference.told.sort());
        for (const code of told) seen[code.split(' ')[0]!] = (seen[code.split(' ')[0]!] ?? 0) + 1;
      }),
      { numRuns: 5_000 },
    );
    // The comparison is worth something only where each kind of outcome occurs.
    const wanted = ['absent', 'passed', 'outage-zero', 'estimated', 'scaled', 'none', 'failed'];
    wanted.push('linear', 'register-share');
    wanted.push('vee/missing', 'vee/outage', 'vee/bad-status', 'vee/doubtful-status', 'vee/negative');
    wanted.push('vee/over-maximum', 'vee/sum', 'vee/register-decreased', 'vee/negative-scaling-refused');
    for (const kind of wanted) expect(seen[kind] ?? 0, kind).toBeGreaterThan(5);
  });
});
