import type { ChannelLimits } from '../../vee/checks.js';
import type { Policy } from '../../vee/policy.js';

/** What is known of the channel that is being settled. */
export interface ChannelFacts {
  /** Meter id: `meter[from]` to `meter[to - 1]`. */
  meter: Uint8Array;
  from: number;
  to: number;
  channel: number;
  /** Interval of the meter register, 0 where it is not known there. */
  intervalMinutes: number;
  limits: ChannelLimits;
  /** Of the register: whole number of 0.00001; digits before the point, 0 = not known. */
  multiplier: number;
  registerDigits: number;
  /** Highest value of one hour in 0.00001, for judging a rollover. */
  maximumPerHour: number;
  serviceClass: string;
  /** The policy that the service class picks, and its name. */
  policy: Policy;
  policyName: string;
}

/** Text of the meter id. */
export function meterText({ meter, from, to }: ChannelFacts): string {
  return Buffer.from(meter.subarray(from, to)).toString('latin1');
}
