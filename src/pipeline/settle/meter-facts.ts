import { areSameBytes, compareBytes } from '../../model/byte-order.js';
import { UNITS_PER_ONE } from '../../model/decimal.js';
import { INTERVAL_OF, IS_KWH, IS_ONE_WAY_ENERGY, REGISTER_OF } from '../../model/units.js';
import type { RegisterSlice } from '../../store/register/meter-register.js';
import { DEFAULT_POLICY } from '../../vee/policy.js';
import type { ChannelFacts } from './channel-facts.js';
import type { SettleState } from './settle-state.js';

/** Looks up channels in a slice of the meter register, meters in ascending order. */
export class MeterFacts {
  private row = 0;
  private end = 0;
  /** The service class that was looked up last, and its policy. */
  private serviceClass = '';
  private policyName = '';
  private policy = DEFAULT_POLICY;

  constructor(
    private readonly state: SettleState,
    private readonly slice: RegisterSlice | null,
  ) {}

  /** Row of the slice from which the next meter is looked for. */
  get nextRow(): number {
    return this.end;
  }
  set nextRow(row: number) {
    this.end = row;
  }

  /** Goes to a meter. */
  seek(meter: Uint8Array, from: number, to: number): void {
    const { slice } = this;
    if (slice === null) return;
    let row = this.end;
    if (!this.isAt(row, meter, from, to)) {
      while (row < slice.rows && this.compare(row, meter, from, to) < 0) row++;
    }
    this.row = row;
    while (this.isAt(row, meter, from, to)) row++;
    this.end = row;
  }

  private isAt(row: number, meter: Uint8Array, from: number, to: number): boolean {
    const { rows, meterIdBytes, meterIdOffsets } = this.slice!;
    if (row >= rows) return false;
    return areSameBytes(meterIdBytes, meterIdOffsets[row]!, meterIdOffsets[row + 1]!, meter, from, to);
  }

  private compare(row: number, meter: Uint8Array, from: number, to: number): number {
    const { meterIdBytes, meterIdOffsets } = this.slice!;
    return compareBytes(meterIdBytes, meterIdOffsets[row]!, meterIdOffsets[row + 1]!, meter, from, to);
  }

  /** Row of the meter for a unit, or for the unit that it counts or is counted by; the one active at `stamp` first. */
  private rowFor(slice: RegisterSlice, unit: number, stamp: number): number {
    let row = -1;
    let rank = 0;
    for (let r = this.row; r < this.end; r++) {
      const code = slice.unitCodes[r]!;
      const isOwn = code === unit;
      if (!isOwn && code !== REGISTER_OF[unit] && code !== INTERVAL_OF[unit]) continue;
      const isActive = stamp > slice.activeFrom[r]! && stamp <= slice.activeTo[r]!;
      const ownRank = 1 + (isActive ? 1 : 0) + (isOwn ? 2 : 0);
      if (ownRank < rank) continue;
      row = r;
      rank = ownRank;
    }
    return row;
  }

  /**
   * Sets what the register says of a channel of the meter. A row for the interval unit covers its
   * cumulative register too, and the other way round.
   * @param stamp of the time that is asked for: of several rows the one active then counts
   * @returns false where a register is given and does not know the channel: defaults are set then
   */
  describe(facts: ChannelFacts, stamp: number): boolean {
    const { slice, state } = this;
    const unit = facts.channel >> 2;
    facts.multiplier = UNITS_PER_ONE;
    facts.registerDigits = 0;
    facts.intervalMinutes = 0;
    let serviceClass = 'default';
    let maximum = -1;
    let row = -1;
    if (slice !== null) {
      row = this.rowFor(slice, unit, stamp);
      if (row >= 0) {
        facts.multiplier = slice.multiplier[row]!;
        facts.registerDigits = slice.registerDigits[row]!;
        facts.intervalMinutes = slice.intervalMinutes[row]!;
        serviceClass = slice.serviceClasses[slice.serviceClass[row]!] ?? 'default';
        maximum = slice.maximumKwh[row]!;
      }
    }
    if (serviceClass !== this.serviceClass) {
      this.serviceClass = serviceClass;
      this.policyName = state.rules.policyNameOf(serviceClass);
      this.policy = state.rules.policyOf(serviceClass);
    }
    facts.serviceClass = serviceClass;
    facts.policyName = this.policyName;
    facts.policy = this.policy;
    facts.maximumPerHour = maximum >= 0 ? maximum : facts.policy.maximumKwh;
    facts.limits.isOneWayEnergy = IS_ONE_WAY_ENERGY[unit] === 1;
    facts.limits.isKwh = IS_KWH[unit] === 1;
    limitSlots(facts, facts.intervalMinutes || 60);
    return slice === null || row >= 0;
  }
}

/** Sets the highest value of a slot: that of an hour in proportion, for kWh (check 7). */
export function limitSlots(facts: ChannelFacts, intervalMinutes: number): void {
  facts.limits.maximumValue = facts.limits.isKwh
    ? (facts.maximumPerHour * intervalMinutes) / 60
    : Number.POSITIVE_INFINITY;
}

/** Facts to be filled for one channel after the other. */
export function emptyFacts(): ChannelFacts {
  return {
    meter: new Uint8Array(0),
    from: 0,
    to: 0,
    channel: 0,
    intervalMinutes: 0,
    limits: { isOneWayEnergy: false, isKwh: false, maximumValue: 0 },
    multiplier: UNITS_PER_ONE,
    registerDigits: 0,
    maximumPerHour: 0,
    serviceClass: 'default',
    policy: DEFAULT_POLICY,
    policyName: 'default',
  };
}
