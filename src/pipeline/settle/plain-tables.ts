import { recordLead, tailText } from '../../formats/cmep/writer.js';
import type { SettleKernel } from '../../kernel/settle-kernel.js';
import * as place from '../../kernel/settle-memory.js';
import {
  BLOCK_EXPLICIT_STAMPS,
  BLOCK_HAS_CONSTANT,
  BLOCK_HEADER_WORDS,
  BLOCK_MIXED_METAS,
} from '../../model/block.js';
import { decimalsOf, flagText, NO_DECIMALS, OUTAGE_STATUS, statusOf } from '../../model/quality.js';
import { IS_KWH, IS_ONE_WAY_ENERGY, IS_REGISTER, REGISTER_OF, UNITS } from '../../model/units.js';
import { channelOfBlock } from '../../store/blocks/block-index.js';
import type { RegisterSlice } from '../../store/register/meter-register.js';
import { isPlainMeta } from '../../vee/checks.js';
import type { Policy } from '../../vee/policy.js';
import { SLOT_PASSED } from '../../vee/slots.js';
import { RECORD_READS_MAX } from './emit-channel.js';
import type { SettleState } from './settle-state.js';
import type { OutputSettings } from './settle-types.js';

/** Intervals that the kernel settles, in the order of its tables. */
export const PLAIN_INTERVALS = [60, 30, 15, 5];

/** Numbers of a policy below this multiply with values within 64 bits. */
const FACTORS_BELOW = 2 ** 31;

/** The policy of each service class, or null where the kernel cannot reckon with them. */
export function policiesOf(state: SettleState, slice: RegisterSlice | null): Policy[] | null {
  const policies = (slice?.serviceClasses ?? ['default']).map((name) => state.rules.policyOf(name));
  if (policies.length > place.POLICIES_ROOM || UNITS.length > place.UNITS_ROOM) return null;
  const isUsual = ({ spikeRatio, sumTolerance, low, high }: Policy) =>
    [spikeRatio, low, high].every((factor) => Number.isInteger(factor) && factor < FACTORS_BELOW) &&
    sumTolerance < FACTORS_BELOW;
  return policies.every(isUsual) ? policies : null;
}

/** The names in it have 16 characters at the most (configuration): LEAD_BYTES_ROOM is enough for them. */
export function putLead({ exports, buffer }: SettleKernel, output: OutputSettings): void {
  const lead = Buffer.from(recordLead(output), 'latin1');
  new Uint8Array(buffer, place.LEAD, lead.length).set(lead);
  exports.setLead(lead.length);
}

export function putUnits({ buffer }: SettleKernel): void {
  const view = new DataView(buffer);
  for (let unit = 0; unit < UNITS.length; unit++) {
    const at = place.UNIT_TABLE + unit * place.UNIT_BYTES;
    const bits =
      (IS_REGISTER[unit] === 1 ? place.UNIT_IS_REGISTER : 0) |
      (IS_KWH[unit] === 1 ? place.UNIT_IS_KWH : 0) |
      (IS_ONE_WAY_ENERGY[unit] === 1 ? place.UNIT_IS_ONE_WAY : 0);
    view.setInt32(at, bits, true);
    view.setInt32(at + 4, REGISTER_OF[unit]!, true);
  }
}

export function putPolicies({ buffer }: SettleKernel, policies: readonly Policy[]): void {
  const view = new DataView(buffer);
  for (const [i, policy] of policies.entries()) {
    const { actions } = policy;
    const at = place.POLICIES + i * place.POLICY_BYTES;
    const put = (field: number, value: number) => view.setFloat64(at + field, value, true);
    const zeroRun = actions.zeroRun === 'ignore' ? Number.POSITIVE_INFINITY : policy.zeroRunHours * 60;
    const frozenRun = actions.frozen === 'ignore' ? Number.POSITIVE_INFINITY : policy.frozenRunHours * 60;
    put(place.POLICY_RUN_MINUTES, Math.min(zeroRun, frozenRun));
    const checks =
      (actions.negative === 'ignore' ? 0 : place.CHECKS_NEGATIVE) |
      (actions.overMaximum === 'ignore' ? 0 : place.CHECKS_MAXIMUM) |
      (actions.spike === 'ignore' ? 0 : place.CHECKS_SPIKE) |
      (actions.highLow === 'ignore' ? 0 : place.CHECKS_HIGH_LOW);
    view.setInt32(at + place.POLICY_CHECKS, checks, true);
    put(place.POLICY_SPIKE_FLOOR, policy.spikeFloor);
    put(place.POLICY_SPIKE_RATIO, policy.spikeRatio);
    put(place.POLICY_SUM_TOLERANCE, policy.sumTolerance);
    put(place.POLICY_MAXIMUM, policy.maximumKwh);
    put(place.POLICY_LOW, policy.low);
    put(place.POLICY_HIGH, policy.high);
    view.setInt32(at + place.POLICY_REFERENCE_DAYS, policy.referenceDays, true);
    // None, until there is a past.
    view.setInt32(at + place.POLICY_LIKE_DAYS, 0, true);
  }
}

/** The flags and ends of headers that the kernel knows: it learns each from a meter that was settled beside it. */
export class PlainTables {
  /** Meta words by their places among the kernel's flags. */
  readonly metas: number[] = [];
  private tails: string[] = [];

  constructor(
    private readonly state: SettleState,
    private readonly kernel: SettleKernel,
    readonly policies: readonly Policy[],
  ) {}

  /** Forgets all: another partition has other stamps and another day file. */
  begin(): void {
    this.metas.length = 0;
    this.tails = [];
    this.kernel.exports.setCounts(0, 0);
  }

  /** Learns the flag and the ends of headers of a block that was settled. @param day that the partition is of */
  learn(words: Int32Array, start: number, day: number): void {
    const head = words[start + 1]!;
    const flags = head >>> 24;
    if ((flags & (BLOCK_HAS_CONSTANT | BLOCK_MIXED_METAS)) !== 0) return;
    const count = words[start + 2]! >>> 16;
    let at = start + BLOCK_HEADER_WORDS + ((((head >>> 16) & 0xff) + 3) >> 2);
    if ((flags & BLOCK_EXPLICIT_STAMPS) !== 0) at += count;
    const channel = channelOfBlock(words, start);
    const isRegister = IS_REGISTER[channel >> 2] === 1;
    this.learnFlag(words[at]!, day);
    if (isRegister) this.learnTail(channel, 0, 1);
    else this.learnTail(channel, words[start + 2]! & 0xffff, Math.min(count, RECORD_READS_MAX));
    this.kernel.exports.setCounts(this.metas.length, this.tails.length);
  }

  private learnFlag(meta: number, day: number): void {
    const { kernel, metas, state } = this;
    const view = new DataView(kernel.buffer);
    let number = metas.indexOf(meta);
    const isNew = number < 0;
    if (isNew) number = metas.length;
    const at = place.FLAGS + number * place.FLAG_BYTES;
    if (isNew) {
      const out = state.actualMeta(meta);
      const text = Buffer.from(flagText(out), 'latin1');
      if (number === place.FLAGS_ROOM || decimalsOf(meta) === NO_DECIMALS) return;
      if (text.length > place.FLAG_TEXT_ROOM) return;
      view.setInt32(at + place.FLAG_META, meta, true);
      view.setInt32(at + place.FLAG_PLAIN, this.plainBits(meta), true);
      view.setInt32(at + place.FLAG_DECIMALS, decimalsOf(out), true);
      view.setInt32(at + place.FLAG_LENGTH, text.length, true);
      new Uint8Array(kernel.buffer, at + place.FLAG_TEXT, text.length).set(text);
      metas.push(meta);
      kernel.exports.learnFlag(number);
    }
    view.setInt32(at + place.FLAG_QUALITY, state.days.knownQuality(day, meta, SLOT_PASSED), true);
  }

  /** By service class: whether checks 3 to 5 have nothing to say of a meta word. */
  private plainBits(meta: number): number {
    if ((statusOf(meta) & OUTAGE_STATUS) !== 0) return 0;
    let bits = 0;
    for (const [i, policy] of this.policies.entries()) if (isPlainMeta(meta, policy)) bits |= 1 << i;
    return bits;
  }

  private learnTail(channel: number, intervalMinutes: number, count: number): void {
    const { tails, kernel } = this;
    const key = `${channel}/${intervalMinutes}/${count}`;
    const text = Buffer.from(tailText(false, channel, '', intervalMinutes, count), 'latin1');
    if (tails.includes(key) || tails.length === place.TAILS_ROOM || text.length > place.TAIL_TEXT_ROOM)
      return;
    const at = place.TAILS + tails.length * place.TAIL_BYTES;
    const view = new DataView(kernel.buffer);
    view.setInt32(at + place.TAIL_CHANNEL, channel, true);
    view.setInt32(at + place.TAIL_INTERVAL, intervalMinutes, true);
    view.setInt32(at + place.TAIL_COUNT, count, true);
    view.setInt32(at + place.TAIL_LENGTH, text.length, true);
    new Uint8Array(kernel.buffer, at + place.TAIL_TEXT, text.length).set(text);
    tails.push(key);
  }
}
