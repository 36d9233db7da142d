import { UNITS_PER_ONE } from '../../model/decimal.js';
import { decimalsOf, NO_DECIMALS } from '../../model/quality.js';
import { readDayStart } from '../../model/time.js';
import type { BlockIndex } from '../../store/blocks/block-index.js';
import {
  createOpenBlock,
  metaOfRead,
  type OpenBlock,
  openBlock,
  stampOfRead,
  valueOfRead,
} from '../../store/blocks/block-reads.js';
import type { SlotRow } from '../../store/history/slot-pages.js';
import type { SettledDay } from '../../vee/settle-day.js';
import {
  clearSlots,
  createSlots,
  ORIGIN_HISTORY,
  ORIGIN_NEW,
  ORIGIN_NONE,
  resetSlots,
  SLOT_ABSENT,
  SLOT_COVERED,
  SLOT_FAILED,
  SLOT_PASSED,
  type Slots,
} from '../../vee/slots.js';
import type { ChannelFacts } from './channel-facts.js';
import { FlagForms } from './flag-forms.js';
import type { SettleState } from './settle-state.js';

const hasValue = (meta: number): boolean => decimalsOf(meta) !== NO_DECIMALS;

/** Whether two reads say the same: both without a value, or both with the same one. */
const isSameRead = (meta: number, value: number, otherMeta: number, other: number): boolean =>
  hasValue(meta) === hasValue(otherMeta) && (!hasValue(meta) || value === other);

/**
 * Slots of the channel under work over consecutive read days, and where each came from: the history, or
 * a block of this run. One window serves all channels of a task, one after the other.
 */
export class ChannelWindow {
  readonly slots: Slots = createSlots();
  /** By slot: the block that gave it (its place in the order), or -1. */
  slotBlocks = new Int32Array(1024);
  /** By slot: what the history held before this run. */
  private priorStates = new Uint8Array(1024);
  private priorValues = new Float64Array(1024);
  private priorMetas = new Int32Array(1024);
  private priorRanks = new Int32Array(1024);
  /** By day: the history's row was settled; is settled now. */
  readonly rowSettled: boolean[] = [];
  readonly settledNow: boolean[] = [];
  /** By day: what its settling came to, where that was in this run. */
  readonly settling: (SettledDay | null)[] = [];
  /** Calculation constant of the channel's records, 0.00001. */
  constant = UNITS_PER_ONE;
  private readonly block: OpenBlock = createOpenBlock();
  readonly flags = new FlagForms(this.slots);
  /** Reads that another one of this run beat. */
  private readonly losers: { block: number; slot: number; meta: number; value: number }[] = [];
  /** By slot: the read of this run that beat the others, but not the estimate, or the nothing, that went out. */
  private readonly refused = new Map<number, { meta: number; value: number }>();
  /** Days of the window that are to be settled, and whether the others are filled. */
  private mainFrom = 0;
  private mainTo = 0;
  private hasContext = false;

  constructor(
    private readonly state: SettleState,
    private readonly zoneMinutes: number,
  ) {}

  /** Stamp of a slot, minutes since 1970 UTC. */
  stampOf(slot: number): number {
    return readDayStart(this.slots.firstDay, this.zoneMinutes) + (slot + 1) * this.slots.intervalMinutes;
  }

  /**
   * Makes an empty window over `dayCount` days of which `mainFrom` to `mainTo - 1` are to be settled. The
   * others are context: they stay empty until `loadContext`.
   */
  reset(firstDay: number, dayCount: number, intervalMinutes: number, mainFrom: number, mainTo: number): void {
    resetSlots(this.slots, firstDay, dayCount, intervalMinutes);
    const { slotCount } = this.slots;
    if (slotCount > this.slotBlocks.length) {
      this.slotBlocks = new Int32Array(slotCount * 2);
      this.priorStates = new Uint8Array(slotCount * 2);
      this.priorValues = new Float64Array(slotCount * 2);
      this.priorMetas = new Int32Array(slotCount * 2);
      this.priorRanks = new Int32Array(slotCount * 2);
    }
    this.mainFrom = mainFrom;
    this.mainTo = mainTo;
    this.hasContext = false;
    this.constant = UNITS_PER_ONE;
    this.clearDays(0, dayCount);
  }

  private clearDays(fromDay: number, toDay: number): void {
    const { slotsPerDay } = this.slots;
    clearSlots(this.slots, fromDay * slotsPerDay, toDay * slotsPerDay);
    for (let i = fromDay * slotsPerDay; i < toDay * slotsPerDay; i++) this.priorStates[i] = SLOT_ABSENT;
    for (let day = fromDay; day < toDay; day++) {
      this.rowSettled[day] = false;
      this.settledNow[day] = false;
      this.settling[day] = null;
      this.flags.clear(day);
    }
  }

  /** Fills the days around those that are settled, for lines and register spans that reach out of them. */
  loadContext(facts: ChannelFacts): void {
    if (this.hasContext) return;
    this.hasContext = true;
    const { dayCount } = this.slots;
    this.fillContext(facts, 0, this.mainFrom);
    this.fillContext(facts, this.mainTo, dayCount);
  }

  /** Fills days `fromDay` to `toDay - 1`, which may change, with what the history keeps of them. */
  fillFromHistory(facts: ChannelFacts, fromDay: number, toDay: number): void {
    const { slots } = this;
    for (let day = fromDay; day < toDay; day++) {
      if (!this.state.days.has(slots.firstDay + day)) continue;
      const { columns, row } = this.state.days.find(
        slots.firstDay + day,
        facts.meter,
        facts.from,
        facts.to,
        facts.channel,
      );
      if (columns === null || row < 0 || columns.intervalMinutes[row] !== slots.intervalMinutes) continue;
      this.rowSettled[day] = columns.settled[row] === 1;
      const at = columns.slotOffsets[row]!;
      const { values, quality, metas, states, intervalMinutes, ranks, qualityRanks } = columns;
      const place = { valuesAt: at, qualityAt: at, intervalMinutes: intervalMinutes[row]! };
      this.fillDay(day, { values, quality, metas, states, ...place });
      const { slotsPerDay } = slots;
      for (let i = 0; i < slotsPerDay; i++) {
        const own = qualityRanks[quality[at + i]!]!;
        this.priorRanks[day * slotsPerDay + i] = own < 0 ? ranks[row]! : own;
      }
    }
  }

  /** Fills days `fromDay` to `toDay - 1`, which are only looked at. */
  private fillContext(facts: ChannelFacts, fromDay: number, toDay: number): void {
    const { slots } = this;
    for (let day = fromDay; day < toDay; day++) {
      const row = this.state.past.slotsOf(slots.firstDay + day, facts);
      if (row !== null && row.intervalMinutes === slots.intervalMinutes) this.fillDay(day, row);
    }
  }

  private fillDay(day: number, row: SlotRow): void {
    const { slotsPerDay, values, metas, states, finals, origins } = this.slots;
    for (let i = 0; i < slotsPerDay; i++) {
      const quality = row.quality[row.qualityAt + i]!;
      const slotState = row.states[quality]!;
      if (slotState === SLOT_ABSENT) continue;
      const at = day * slotsPerDay + i;
      const value = row.values[row.valuesAt + i]!;
      const meta = row.metas[quality]!;
      states[at] = slotState;
      values[at] = value;
      finals[at] = value;
      metas[at] = meta;
      origins[at] = ORIGIN_HISTORY;
      this.priorStates[at] = slotState;
      this.priorValues[at] = value;
      this.priorMetas[at] = meta;
    }
  }

  /**
   * Fills in the reads of blocks `first` to `end - 1` that lie in the slots `from` to `to - 1`. A block that
   * cannot belong to the channel is rejected, once: with the slots that hold its first read.
   */
  fillFromBlocks(
    facts: ChannelFacts,
    index: BlockIndex,
    first: number,
    end: number,
    from: number,
    to: number,
  ): void {
    const { state, slots, block } = this;
    const windowStart = readDayStart(slots.firstDay, this.zoneMinutes);
    let isFirst = true;
    for (let b = first; b < end; b++) {
      openBlock(index, index.starts[b]!, block);
      const firstSlot = (block.firstStamp - windowStart) / slots.intervalMinutes - 1;
      if (isFirst) this.constant = block.constant;
      isFirst = false;
      const misfit = this.misfit(index);
      if (misfit !== '') {
        if (Math.ceil(firstSlot) >= from && Math.ceil(firstSlot) < to) state.reject(b, misfit);
        continue;
      }
      if (block.hasExplicitStamps || !this.fillPlain(index, b, firstSlot, from, to)) {
        for (let i = 0; i < block.count; i++) {
          const slot = (stampOfRead(index, block, i) - windowStart) / slots.intervalMinutes - 1;
          if (slot < from || slot >= to) continue;
          this.take(b, slot, metaOfRead(index, block, i), valueOfRead(index, block, i));
        }
      }
    }
    this.meetHeld(facts, from, to);
  }

  /** Why the open block cannot go into the channel's slots, as a rule's code; '' where it can. */
  private misfit(index: BlockIndex): string {
    const { block, slots, zoneMinutes } = this;
    const { intervalMinutes } = slots;
    if (block.intervalMinutes !== 0 && block.intervalMinutes !== intervalMinutes)
      return 'vee/interval-mismatch';
    if (block.constant !== this.constant) return 'vee/constant-mismatch';
    const stamps = block.hasExplicitStamps ? block.count : 1;
    for (let i = 0; i < stamps; i++) {
      if ((stampOfRead(index, block, i) + zoneMinutes) % intervalMinutes !== 0) return 'vee/off-grid';
    }
    return '';
  }

  /** Fills the slots from the open block in one go where they are all free. @returns false where not */
  private fillPlain(index: BlockIndex, b: number, firstSlot: number, from: number, to: number): boolean {
    const { block, slots, slotBlocks } = this;
    const { values, metas, states, origins } = slots;
    const { count } = block;
    if (firstSlot < from || firstSlot + count > to) return false;
    for (let i = firstSlot; i < firstSlot + count; i++) if (origins[i] !== ORIGIN_NONE) return false;
    const { words } = index;
    const isNarrow = !block.hasWideValues;
    for (let i = 0; i < count; i++) {
      const at = firstSlot + i;
      values[at] = isNarrow ? words[block.valuesAt + i]! : index.doubles[block.valuesAt + i]!;
      metas[at] = metaOfRead(index, block, i);
      origins[at] = ORIGIN_NEW;
      states[at] = SLOT_FAILED;
      slotBlocks[at] = b;
    }
    return true;
  }

  /**
   * Puts a read into its slot. Check 2 among the reads of a run: blocks come in rising precedence, so a later
   * one beats an earlier one; a read without a value never beats one with a value.
   */
  private take(b: number, at: number, meta: number, value: number): void {
    const { values, metas, origins, states } = this.slots;
    if (origins[at] === ORIGIN_NEW) {
      if (!hasValue(meta) && hasValue(metas[at]!)) {
        this.losers.push({ block: b, slot: at, meta, value });
        return;
      }
      this.losers.push({ block: this.slotBlocks[at]!, slot: at, meta: metas[at]!, value: values[at]! });
    }
    values[at] = value;
    metas[at] = meta;
    origins[at] = ORIGIN_NEW;
    states[at] = SLOT_FAILED;
    this.slotBlocks[at] = b;
  }

  /** Check 2 between the winner of the run and what the history holds of a slot. */
  private meetHeld(facts: ChannelFacts, from: number, to: number): void {
    const { state } = this;
    const { values, metas, origins } = this.slots;
    for (let i = from; i < to; i++) {
      if (origins[i] !== ORIGIN_NEW || this.priorStates[i] === SLOT_ABSENT || this.winsOverHeld(i)) continue;
      const [meta, value, block] = [metas[i]!, values[i]!, this.slotBlocks[i]!];
      const [held, heldMeta, stamp] = [this.priorValues[i]!, this.priorMetas[i]!, this.stampOf(i)];
      if (this.isHeldRead(i)) {
        const isSame = isSameRead(meta, value, heldMeta, held);
        // What stands has the authority of the later record that says the same.
        if (isSame) this.priorRanks[i] = this.higherRank(this.priorRanks[i]!, state.rankOfBlock(block));
        state.duplicate(block, facts, stamp, isSame, heldMeta, held, meta, value);
      } else {
        state.countReplaced(block);
        state.keptLine(facts, stamp, meta, value, heldMeta, held);
      }
      this.putBack(i);
    }
  }

  private higherRank(one: number, other: number): number {
    return this.state.ranks.compare(one, other) >= 0 ? one : other;
  }

  /** Whether the history holds a read of the slot, rather than an estimate or nothing. */
  private isHeldRead(slot: number): boolean {
    return this.priorStates[slot] === SLOT_PASSED || this.priorStates[slot] === SLOT_FAILED;
  }

  /** Whether the read in the slot comes after what the history holds, in the order of check 2. */
  private winsOverHeld(slot: number): boolean {
    const { values, metas } = this.slots;
    const meta = metas[slot]!;
    const heldMeta = this.priorMetas[slot]!;
    if (!this.isHeldRead(slot)) return hasValue(meta);
    if (hasValue(meta) !== hasValue(heldMeta)) return hasValue(meta);
    // An actual with the same value stays as it is; one that waits for an estimate may get a better flag.
    const isPassed = this.priorStates[slot] === SLOT_PASSED;
    if (isPassed && values[slot] === this.priorValues[slot]) return false;
    // Of two with one rank that of the later run wins.
    return this.state.ranks.compare(this.rankOf(slot), this.priorRanks[slot]!) >= 0;
  }

  /** Rank of the read in a slot. */
  rankOf(slot: number): number {
    if (this.slots.origins[slot] !== ORIGIN_NEW) return this.priorRanks[slot]!;
    return this.state.rankOfBlock(this.slotBlocks[slot]!);
  }

  /** Puts back what the history holds of a slot. */
  private putBack(slot: number): void {
    const { states, origins, values, metas, finals } = this.slots;
    if (!this.isHeldRead(slot)) this.refused.set(slot, { meta: metas[slot]!, value: values[slot]! });
    states[slot] = this.priorStates[slot]!;
    values[slot] = this.priorValues[slot]!;
    finals[slot] = this.priorValues[slot]!;
    metas[slot] = this.priorMetas[slot]!;
    origins[slot] = ORIGIN_HISTORY;
  }

  /** Counts the reads that another one of the run beat; told where their value is not that of the read that is kept. */
  tellLosers(facts: ChannelFacts): void {
    if (this.losers.length === 0 && this.refused.size === 0) return;
    const { values, metas } = this.slots;
    for (const { block, slot, meta, value } of this.losers) {
      const kept = this.refused.get(slot) ?? { meta: metas[slot]!, value: values[slot]! };
      const isSame = isSameRead(meta, value, kept.meta, kept.value);
      this.state.duplicate(block, facts, this.stampOf(slot), isSame, kept.meta, kept.value, meta, value);
    }
    this.losers.length = 0;
    this.refused.clear();
  }

  /** A late read that failed a check does not replace what went out before: that is put back, the read listed. */
  putBackLateFailures(facts: ChannelFacts, from: number, to: number): void {
    const { states, origins, values, metas } = this.slots;
    for (let i = from; i < to; i++) {
      if (origins[i] !== ORIGIN_NEW || states[i] === SLOT_PASSED) continue;
      if (!this.wasSentBefore(i) && this.priorStates[i] !== SLOT_COVERED) continue;
      const [meta, value] = [metas[i]!, values[i]!];
      this.putBack(i);
      this.state.countReplaced(this.slotBlocks[i]!);
      this.state.keptLine(facts, this.stampOf(i), meta, value, metas[i]!, values[i]!);
    }
  }

  /** Whether the slot went out before, with a value, an estimate or nothing: what goes out now replaces it. */
  wasSentBefore(slot: number): boolean {
    const prior = this.priorStates[slot]!;
    if (prior === SLOT_ABSENT || prior === SLOT_COVERED) return false;
    return prior === SLOT_PASSED || this.rowSettled[Math.floor(slot / this.slots.slotsPerDay)]!;
  }

  /** Whether a read of an earlier run waited in the slot. */
  hasWaited(slot: number): boolean {
    return this.slots.origins[slot] === ORIGIN_HISTORY && this.priorStates[slot] === SLOT_FAILED;
  }

  /** Whether the history held a row of a day before this run. */
  hasHistory(day: number): boolean {
    const { slotsPerDay } = this.slots;
    for (let i = day * slotsPerDay; i < (day + 1) * slotsPerDay; i++)
      if (this.priorStates[i] !== SLOT_ABSENT) return true;
    return false;
  }

  /** Whether an estimate, or nothing, went out for the slot before this run. */
  wasEstimatedBefore(slot: number): boolean {
    return this.wasSentBefore(slot) && this.priorStates[slot] !== SLOT_PASSED;
  }
}
