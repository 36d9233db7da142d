import { MINUTES_PER_DAY } from '../../model/time.js';
import { type Calendar, likeDays } from '../../vee/calendar.js';
import type { CarriedRun, DailyUse, DayHistory, ReferenceDays } from '../../vee/day-history.js';
import type { Policy } from '../../vee/policy.js';
import { REFERENCE_DAYS_MAX } from '../../vee/policy.js';
import type { ChannelFacts } from './channel-facts.js';
import type { PastDays } from './past-days.js';

/** Lists of like days that are kept: one for each day and history length that is asked for. */
const LIKE_DAYS_MAX = 1024;

/** The earlier days of the channel that is being settled, one channel after the other. */
export class ChannelHistory implements DayHistory {
  private past!: PastDays;
  private facts!: ChannelFacts;
  private policy!: Policy;
  private intervalMinutes = 60;
  private readonly likeDays = new Map<number, number[]>();
  private oldestWritten = Number.POSITIVE_INFINITY;
  private lastKey = -1;
  private lastDays: readonly number[] = [];
  private readonly found: ReferenceDays & { days: Int32Array } = {
    count: 0,
    days: new Int32Array(REFERENCE_DAYS_MAX),
    totalsSum: 0,
  };
  private values = new Float64Array(0);
  private readonly run: CarriedRun = { slots: 0, value: 0 };

  constructor(private readonly calendar: Calendar) {}

  /** Begins a partition. */
  enter(past: PastDays): void {
    this.past = past;
    this.likeDays.clear();
  }

  /** Turns to a channel. */
  turnTo(facts: ChannelFacts, policy: Policy, intervalMinutes: number): void {
    this.facts = facts;
    this.policy = policy;
    this.intervalMinutes = intervalMinutes;
  }

  /** Days that may serve as reference days of a day and of which anything may be found, nearest first. */
  private likeDaysOf(day: number): readonly number[] {
    // Days that the run writes for the first time may serve from then on.
    if (this.past.oldestWritten !== this.oldestWritten) {
      this.oldestWritten = this.past.oldestWritten;
      this.likeDays.clear();
    }
    const key = day * 512 + this.policy.historyDays;
    if (key === this.lastKey && this.likeDays.size > 0) return this.lastDays;
    let days = this.likeDays.get(key);
    if (days === undefined) {
      if (this.likeDays.size >= LIKE_DAYS_MAX) this.likeDays.clear();
      days = likeDays(day, this.policy.historyDays, this.calendar).filter((like) => this.past.mayHold(like));
      this.likeDays.set(key, days);
    }
    this.lastKey = key;
    this.lastDays = days;
    return days;
  }

  referenceDays(day: number): ReferenceDays {
    const { found, facts, intervalMinutes } = this;
    const { referenceDays } = this.policy;
    found.count = 0;
    found.totalsSum = 0;
    for (const candidate of this.likeDaysOf(day)) {
      const totals = this.past.totalsOf(candidate, facts, intervalMinutes);
      if (totals === null || totals.worthy === 0) continue;
      found.days[found.count++] = candidate;
      found.totalsSum += totals.total;
      if (found.count === referenceDays) break;
    }
    return found;
  }

  referenceValues(): Float64Array {
    const { found, facts, intervalMinutes } = this;
    const slotsPerDay = MINUTES_PER_DAY / intervalMinutes;
    if (this.values.length < found.count * slotsPerDay) {
      this.values = new Float64Array(this.policy.referenceDays * slotsPerDay);
    }
    for (let k = 0; k < found.count; k++) {
      const { values, valuesAt } = this.past.slotsOf(found.days[k]!, facts)!;
      for (let i = 0; i < slotsPerDay; i++) this.values[k * slotsPerDay + i] = values[valuesAt + i]!;
    }
    return this.values;
  }

  dailyUse(day: number): DailyUse {
    const use: DailyUse = { sum: 0, count: 0 };
    for (let d = day - this.policy.historyDays; d < day; d++) {
      const totals = this.past.totalsOf(d, this.facts, this.intervalMinutes);
      if (totals === null || totals.worthy === 0) continue;
      use.sum += totals.total;
      use.count++;
    }
    return use;
  }

  runBefore(day: number): CarriedRun {
    const { run, facts, intervalMinutes } = this;
    const slotsPerDay = MINUTES_PER_DAY / intervalMinutes;
    run.slots = 0;
    run.value = 0;
    for (let d = day - 1; ; d--) {
      const totals = this.past.totalsOf(d, facts, intervalMinutes);
      if (totals === null || totals.runSlots === 0) break;
      if (run.slots > 0 && totals.runValue !== run.value) break;
      run.value = totals.runValue;
      run.slots += totals.runSlots;
      if (totals.runSlots < slotsPerDay) break;
    }
    return run;
  }
}
