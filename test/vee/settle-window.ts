import { FORM_BARE, FORM_MASK, LETTERS, metaWord, NO_DECIMALS } from '../../src/model/quality.js';
import { validateSlots } from '../../src/vee/checks.js';
import { NO_DAY_HISTORY } from '../../src/vee/day-history.js';
import { DEFAULT_POLICY, type Policy } from '../../src/vee/policy.js';
import { type DayContext, settleDay } from '../../src/vee/settle-day.js';
import {
  clearSlots,
  createSlots,
  ORIGIN_HISTORY,
  ORIGIN_NEW,
  resetSlots,
  SLOT_ESTIMATED,
  SLOT_FAILED,
  SLOT_OUTAGE_ZERO,
  SLOT_PASSED,
  SLOT_UNRESOLVED,
  type Slots,
} from '../../src/vee/slots.js';
import type { ChannelDays } from './channel-days.js';
import type { Parameters, Slot } from './reference.js';

/** Zone of the windows in tests: five hours behind UTC. */
export const ZONE_MINUTES = -300;
export const FIRST_DAY = 20_777;

/** Minutes since 1970 UTC at which the windows of tests begin. */
export const WINDOW_START = FIRST_DAY * 1440 - ZONE_MINUTES;

/** Checks of whole days: the generated days have no earlier ones, and their values are wild. */
const QUIET = { spike: 'ignore', zeroRun: 'ignore', frozen: 'ignore', highLow: 'ignore' } as const;

export function policyOf(parameters: Parameters): Policy {
  const { linearHours, decimals, historyDays, distrustHeadEndEstimates } = parameters;
  const { badStatus, doubtfulStatus, negative, overMaximum, sum } = parameters;
  return {
    ...DEFAULT_POLICY,
    ...{ linearHours, decimals, historyDays, distrustHeadEndEstimates },
    maximumKwh: Number(parameters.maximumKwh),
    sumTolerance: Number(parameters.sumTolerance),
    actions: { ...QUIET, badStatus, doubtfulStatus, negative, overMaximum, sum },
  };
}

function metaOf({ value, letter, bits }: NonNullable<Slot['given']>): number {
  const code = LETTERS.indexOf(letter as (typeof LETTERS)[number]);
  const mask = bits.reduce((sum, bit) => sum + 2 ** bit, 0);
  const decimals = value === null ? NO_DECIMALS : 5;
  return mask === 0
    ? metaWord(decimals, code, FORM_BARE)
    : metaWord(decimals, code, FORM_MASK, String(mask).length, mask);
}

const STATE_BEFORE = {
  passed: SLOT_PASSED,
  estimated: SLOT_ESTIMATED,
  'outage-zero': SLOT_OUTAGE_ZERO,
  none: SLOT_UNRESOLVED,
};

/** One window for all runs, as a worker has, so that what is left over in it can show. */
const window = createSlots();

export function fillWindow({ channel, slots }: Pick<ChannelDays, 'channel' | 'slots'>): Slots {
  resetSlots(window, FIRST_DAY, (slots.length * channel.intervalMinutes) / 1440, channel.intervalMinutes);
  clearSlots(window, 0, slots.length);
  for (const [i, { given, settledBefore }] of slots.entries()) {
    if (given === null) continue;
    window.values[i] = Number(given.value ?? 0n);
    window.metas[i] = metaOf(given);
    window.origins[i] = settledBefore === null ? ORIGIN_NEW : ORIGIN_HISTORY;
    window.states[i] = settledBefore === null ? SLOT_FAILED : STATE_BEFORE[settledBefore];
    if (settledBefore !== null) window.finals[i] = Number(given.value ?? 0n);
  }
  return window;
}

/** Validates and settles as the pipeline does. @returns the window and what was told */
export function settleWindow(given: ChannelDays): { slots: Slots; told: string[] } {
  const { channel, parameters, slotsPerDay, days } = given;
  const slots = fillWindow(given);
  const policy = policyOf(parameters);
  const told: string[] = [];
  const maximumPerHour = policy.maximumKwh;
  const maximumValue = (maximumPerHour * channel.intervalMinutes) / 60;
  const context: DayContext = {
    limits: {
      isOneWayEnergy: channel.isOneWayEnergy,
      isKwh: channel.isKwh,
      maximumValue: channel.isKwh ? maximumValue : Number.POSITIVE_INFINITY,
    },
    register: {
      multiplier: Number(channel.multiplier),
      registerDigits: channel.registerDigits,
      maximumPerHour,
    },
    reads: {
      count: channel.registers.length,
      stamps: channel.registers.map(({ minute }) => WINDOW_START + minute),
      values: channel.registers.map(({ value }) => Number(value)),
    },
    policy,
    zoneMinutes: ZONE_MINUTES,
    history: NO_DAY_HISTORY,
    weightsOf: () => null,
    tell: (code, slot) => {
      const hasPlace = code === 'vee/needs-review' || code === 'vee/over-maximum';
      told.push(hasPlace ? `${code} ${slot}` : code);
    },
  };
  const lastDay = days[days.length - 1]!.day;
  validateSlots(slots, days[0]!.day * slotsPerDay, (lastDay + 1) * slotsPerDay, context.limits, policy);
  for (const { day, isClosed } of days) if (isClosed) settleDay(slots, day, context);
  return { slots, told };
}
