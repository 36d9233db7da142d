import { flagText } from '../../model/quality.js';
import { ORIGIN_NONE, SLOT_ABSENT, SLOT_COVERED, SLOT_UNRESOLVED, type Slots } from '../../vee/slots.js';

/** Flags of what goes out where nothing came: in the form of the channel's other flags. */
export class FlagForms {
  /** By day: form of the flags of what goes out without a flag of its own; -1 where it is not known yet. */
  private readonly forms: number[] = [];

  constructor(private readonly slots: Slots) {}

  /** Forgets a day. */
  clear(day: number): void {
    this.forms[day] = -1;
  }

  /** The flag that came for a slot, or in its place one in the form of the channel's flags. */
  metaOf(slot: number): { meta: number; isOwn: boolean } {
    const { origins, metas, slotsPerDay } = this.slots;
    const isOwn = origins[slot] !== ORIGIN_NONE && flagText(metas[slot]!) !== '';
    return { meta: isOwn ? metas[slot]! : this.formOf(Math.floor(slot / slotsPerDay)), isOwn };
  }

  /** Form of a day's flags; of a day without any that of the day before, then that of the day after; else 0. */
  private formOf(day: number): number {
    if (this.forms[day]! < 0) {
      let form = this.formIn(day, true);
      if (form < 0) form = this.formIn(day - 1, false);
      if (form < 0) form = this.formIn(day + 1, false);
      this.forms[day] = Math.max(form, 0);
    }
    return this.forms[day]!;
  }

  /**
   * The first flag of a day, without decimals: 0 where the day went out with bare letters.
   * @param isOwn whether reads count that nothing went out for
   * @returns -1 where the day has none
   */
  private formIn(day: number, isOwn: boolean): number {
    const { origins, metas, states, slotsPerDay, dayCount } = this.slots;
    if (day < 0 || day >= dayCount) return -1;
    for (let i = day * slotsPerDay; i < (day + 1) * slotsPerDay; i++) {
      if (!isOwn && (states[i] === SLOT_UNRESOLVED || states[i] === SLOT_COVERED)) continue;
      if (origins[i] !== ORIGIN_NONE && flagText(metas[i]!) !== '') return metas[i]! & ~7;
      // Estimated in this run though nothing came.
      const isMade = origins[i] === ORIGIN_NONE && states[i] !== SLOT_ABSENT;
      if (!isOwn && isMade && this.forms[day]! >= 0) return this.forms[day]!;
    }
    return -1;
  }
}
