import { formatDecimal, multiplyDivideHalfUp } from '../../model/decimal.js';
import { isoDate, MINUTES_PER_DAY, readDayStart } from '../../model/time.js';
import { UNITS } from '../../model/units.js';
import { type RegisterReads, spansOf } from '../../vee/register-span.js';
import { SLOT_ESTIMATED, SLOT_OUTAGE_ZERO, SLOT_PASSED } from '../../vee/slots.js';
import { type ChannelFacts, meterText } from './channel-facts.js';
import type { ChannelWindow } from './channel-window.js';

/** A channel's day that a person should look at first, as it is drawn in the report. Values are decimals as text. */
export interface DrawnDay {
  /** Why: the code of which it is the largest case, or `estimate` for the most energy estimated in a day. */
  code: string;
  weight: number;
  meterId: string;
  units: string;
  day: string;
  intervalMinutes: number;
  /** null: no value went out. */
  values: (string | null)[];
  kinds: ('actual' | 'estimated' | 'none')[];
  /** What the register counted from one slot on up to another, and the mean of a slot in it. */
  register: { firstSlot: number; endSlot: number; advance: string; meanOfSlot: string }[];
}

/** The code under which the largest estimate is drawn. */
const LARGEST_ESTIMATE = 'estimate';

/** Keeps the largest case of each code while the channels of a task go by. */
export class DrawnDays {
  private readonly best = new Map<string, DrawnDay>();
  /** What was told of the day that is being settled, by code. */
  private readonly told = new Map<string, number>();

  /** Something that was told of the day; several of one code add up. */
  tell(code: string, weight: number): void {
    this.told.set(code, (this.told.get(code) ?? 0) + weight);
  }

  /** The day of the window is settled and has its final values. */
  look(
    facts: ChannelFacts,
    window: ChannelWindow,
    day: number,
    reads: RegisterReads,
    zoneMinutes: number,
  ): void {
    const { slots } = window;
    const from = day * slots.slotsPerDay;
    let estimated = 0;
    for (let i = from; i < from + slots.slotsPerDay; i++) {
      if (slots.states[i] === SLOT_ESTIMATED) estimated += Math.abs(slots.finals[i]!);
    }
    if (estimated > 0) this.tell(LARGEST_ESTIMATE, estimated);
    if (this.told.size === 0) return;
    for (const [code, weight] of this.told) {
      const best = this.best.get(code);
      if (best !== undefined && best.weight >= weight) continue;
      this.best.set(code, { code, weight, ...drawnDay(facts, window, day, reads, zoneMinutes) });
    }
    this.told.clear();
  }

  all(): DrawnDay[] {
    return [...this.best.values()];
  }
}

/** The larger case of each code; of equals the earlier. */
export function addDrawnDays(to: DrawnDay[], from: readonly DrawnDay[]): void {
  for (const drawn of from) {
    const at = to.findIndex(({ code }) => code === drawn.code);
    if (at < 0) to.push(drawn);
    else if (to[at]!.weight < drawn.weight) to[at] = drawn;
  }
}

function drawnDay(
  facts: ChannelFacts,
  window: ChannelWindow,
  day: number,
  reads: RegisterReads,
  zoneMinutes: number,
): Omit<DrawnDay, 'code' | 'weight'> {
  const { slots } = window;
  const { slotsPerDay, intervalMinutes, states, values, finals } = slots;
  const from = day * slotsPerDay;
  const windowStart = readDayStart(slots.firstDay, zoneMinutes);
  const historyDays = facts.policy.historyDays;
  const spans = spansOf(slots, from, from + slotsPerDay, windowStart, reads, facts, historyDays);
  const places = Array.from({ length: MINUTES_PER_DAY / intervalMinutes }, (_, i) => from + i);
  return {
    meterId: meterText(facts),
    units: UNITS[facts.channel >> 2]!,
    day: isoDate(slots.firstDay + day),
    intervalMinutes,
    values: places.map((i) => {
      if (states[i] === SLOT_PASSED) return formatDecimal(values[i]!);
      const isEstimate = states[i] === SLOT_ESTIMATED || states[i] === SLOT_OUTAGE_ZERO;
      return isEstimate ? formatDecimal(finals[i]!) : null;
    }),
    kinds: places.map((i) => {
      if (states[i] === SLOT_PASSED) return 'actual';
      return states[i] === SLOT_ESTIMATED || states[i] === SLOT_OUTAGE_ZERO ? 'estimated' : 'none';
    }),
    register: spans
      .filter(({ advance }) => !Number.isNaN(advance))
      .map(({ first, end, advance }) => ({
        firstSlot: Math.max(0, first - from),
        endSlot: Math.min(slotsPerDay, end - from),
        advance: formatDecimal(advance),
        meanOfSlot: formatDecimal(multiplyDivideHalfUp(advance, 1, end - first)),
      })),
  };
}
