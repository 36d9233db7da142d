import { type Calendar, kindOfDay, listedCalendar, ontarioCalendar } from '../../vee/calendar.js';
import { type LoadProfile, type SlotWeights, weightsFor } from '../../vee/load-profile.js';
import { DEFAULT_POLICY, type Policy } from '../../vee/policy.js';
import { CHECK_CODES, METHODS } from '../../vee/slots.js';

/** What a run validates and estimates by; it stays the same from a run's beginning to its end. */
export interface VeeSettings {
  enabled: boolean;
  policies: Record<string, Policy>;
  /** Day numbers; null = Ontario's. */
  holidays: number[] | null;
  loadProfiles: LoadProfile[];
}

/** Slots that one policy replaced, by the check that they failed and the method that filled them. */
export interface PolicyCounts {
  policy: string;
  /** CHECK_CODES x METHODS. */
  slots: Float64Array;
}

/** Policies, profiles and calendar of a run, as the channels of a task ask for them. */
export class VeeRules {
  readonly calendar: Calendar;
  private readonly policies: Map<string, Policy>;
  private readonly weights = new Map<string, SlotWeights | null>();
  private readonly counted = new Map<string, PolicyCounts>();

  constructor(private readonly settings: VeeSettings) {
    this.calendar = settings.holidays === null ? ontarioCalendar() : listedCalendar(settings.holidays);
    this.policies = new Map(Object.entries(settings.policies));
  }

  /** Name of the policy of a service class: its own, or `default`. */
  policyNameOf(serviceClass: string): string {
    return this.policies.has(serviceClass) ? serviceClass : 'default';
  }

  policyOf(serviceClass: string): Policy {
    return this.policies.get(this.policyNameOf(serviceClass)) ?? DEFAULT_POLICY;
  }

  /** The load profile for a day's slots, or null where none is given. */
  weightsOf(serviceClass: string, day: number, intervalMinutes: number): SlotWeights | null {
    if (this.settings.loadProfiles.length === 0) return null;
    const kind = kindOfDay(day, this.calendar);
    const key = `${kind}/${intervalMinutes}/${serviceClass}`;
    let weights = this.weights.get(key);
    if (weights === undefined) {
      weights = weightsFor(this.settings.loadProfiles, serviceClass, kind, intervalMinutes);
      this.weights.set(key, weights);
    }
    return weights;
  }

  /** Counts of a policy, to be added to. */
  countsOf(policyName: string): Float64Array {
    let counts = this.counted.get(policyName);
    if (counts === undefined) {
      counts = { policy: policyName, slots: new Float64Array(CHECK_CODES.length * METHODS.length) };
      this.counted.set(policyName, counts);
    }
    return counts.slots;
  }

  counts(): PolicyCounts[] {
    return [...this.counted.values()];
  }
}
