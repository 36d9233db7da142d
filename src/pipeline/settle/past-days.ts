import { MINUTES_PER_DAY } from '../../model/time.js';
import { isKeyAt, seekKey } from '../../store/history/history-columns.js';
import { openSlotPages, type SlotPages, type SlotRow } from '../../store/history/slot-pages.js';
import {
  type RowTotals,
  readTotalsFile,
  soundness,
  type TotalsColumns,
  totalsOfRow,
} from '../../store/history/totals-file.js';
import type { ChannelFacts } from './channel-facts.js';
import type { DayStore } from './day-store.js';
import type { HistoryRef } from './settle-types.js';

/** A past day of which the totals are read; its slots are read row by row where they are asked for. */
interface PastDay {
  totals: TotalsColumns;
  /** Row to look from: keys are asked for in ascending order. */
  cursor: number;
  /** First slot of each row in the day file; null where all rows have as many. */
  slotStarts: Int32Array | null;
  slotsPerRow: number;
  pages: SlotPages | null;
  path: string;
}

/**
 * The days of a partition's history as validation and estimation look back at them: totals first, slots only
 * of the rows that are needed. What this run has just written of a channel is seen in place of the file's row.
 */
export class PastDays {
  private readonly refs: Map<number, HistoryRef>;
  private readonly loaded = new Map<number, PastDay>();
  private readonly lower: Uint8Array;
  private readonly row: RowTotals = { worthy: 0, total: 0, runSlots: 0, runValue: 0 };
  private readonly slotRow: SlotRow = {
    intervalMinutes: 0,
    values: [],
    valuesAt: 0,
    quality: [],
    qualityAt: 0,
    metas: [],
    states: [],
  };

  constructor(
    refs: readonly HistoryRef[],
    lower: string,
    private readonly days: DayStore,
  ) {
    this.refs = new Map(refs.map((ref) => [ref.day, ref]));
    this.lower = Buffer.from(lower, 'latin1');
  }

  private past(day: number): PastDay | null {
    const loaded = this.loaded.get(day);
    if (loaded !== undefined) return loaded;
    const ref = this.refs.get(day);
    if (ref === undefined) return null;
    const totals = readTotalsFile(ref.totalsPath);
    const cursor = seekKey(totals, 0, this.lower, 0, this.lower.length, -1);
    const past = { totals, cursor, ...slotStartsOf(totals), pages: null, path: ref.path };
    this.loaded.set(day, past);
    return past;
  }

  /** Row of a channel in a past day, or -1. */
  private rowOf(past: PastDay, { meter, from, to, channel }: ChannelFacts): number {
    const { totals, cursor } = past;
    if (isKeyAt(totals, cursor, meter, from, to, channel)) return cursor;
    if (isKeyAt(totals, cursor + 1, meter, from, to, channel)) return ++past.cursor;
    past.cursor = seekKey(totals, cursor, meter, from, to, channel);
    return isKeyAt(totals, past.cursor, meter, from, to, channel) ? past.cursor : -1;
  }

  /**
   * Totals of a channel's day, or null where the day is not kept or has another interval. Good until the next
   * call.
   */
  totalsOf(day: number, facts: ChannelFacts, intervalMinutes: number): RowTotals | null {
    const builder = this.days.justWritten(day, facts.meter, facts.from, facts.to, facts.channel);
    if (builder !== null) {
      const columns = builder.columns();
      const last = columns.rowCount - 1;
      if (columns.intervalMinutes[last] !== intervalMinutes) return null;
      totalsOfRow(columns, last, soundness(columns.metas, columns.states), this.row);
      return this.row;
    }
    const past = this.past(day);
    if (past === null) return null;
    const row = this.rowOf(past, facts);
    const { totals } = past;
    if (row < 0 || totals.intervalMinutes[row] !== intervalMinutes) return null;
    this.row.worthy = totals.worthy[row]!;
    this.row.total = totals.totals[row]!;
    this.row.runSlots = totals.runSlots[row]!;
    this.row.runValue = totals.runValues[row]!;
    return this.row;
  }

  /** Slots of a channel's day, or null where the day is not kept. Good until the next call. */
  slotsOf(day: number, facts: ChannelFacts): SlotRow | null {
    const { slotRow } = this;
    const builder = this.days.justWritten(day, facts.meter, facts.from, facts.to, facts.channel);
    if (builder !== null) {
      const { rowCount, intervalMinutes, slotOffsets, values, quality, metas, states } = builder.columns();
      slotRow.intervalMinutes = intervalMinutes[rowCount - 1]!;
      const at = slotOffsets[rowCount - 1]!;
      return Object.assign(slotRow, { values, valuesAt: at, quality, qualityAt: at, metas, states });
    }
    const past = this.past(day);
    if (past === null) return null;
    const row = this.rowOf(past, facts);
    if (row < 0) return null;
    past.pages ??= openSlotPages(past.path, past.totals.layout);
    const { values, quality, metas, states } = past.pages;
    slotRow.intervalMinutes = past.totals.intervalMinutes[row]!;
    const count = MINUTES_PER_DAY / slotRow.intervalMinutes;
    const start = past.slotStarts === null ? row * past.slotsPerRow : past.slotStarts[row]!;
    slotRow.valuesAt = values.seek(start, count);
    slotRow.values = values.page;
    slotRow.qualityAt = quality.seek(start, count);
    slotRow.quality = quality.page;
    slotRow.metas = metas;
    slotRow.states = states;
    return slotRow;
  }

  /** Lowest day that this run has written anything of: days below it are those of the files alone. */
  get oldestWritten(): number {
    return this.days.oldestWritten;
  }

  /** Whether a file is kept of a day. */
  has(day: number): boolean {
    return this.refs.has(day);
  }

  /** The totals of a day's file and the row to look from, or null where none is kept. */
  totals(day: number): { totals: TotalsColumns; cursor: number } | null {
    return this.past(day);
  }

  /** Whether anything may be found of a day. */
  mayHold(day: number): boolean {
    return this.refs.has(day) || day >= this.days.oldestWritten;
  }

  close(): void {
    for (const { pages } of this.loaded.values()) pages?.close();
  }
}

/** First slot of each row: rows have all slots of their interval. */
function slotStartsOf({
  rowCount,
  intervalMinutes,
}: TotalsColumns): Pick<PastDay, 'slotStarts' | 'slotsPerRow'> {
  const first = intervalMinutes[0] ?? MINUTES_PER_DAY;
  let isUniform = true;
  for (let row = 1; row < rowCount && isUniform; row++) isUniform = intervalMinutes[row] === first;
  if (isUniform) return { slotStarts: null, slotsPerRow: MINUTES_PER_DAY / first };
  const slotStarts = new Int32Array(rowCount);
  for (let row = 1; row < rowCount; row++) {
    slotStarts[row] = slotStarts[row - 1]! + MINUTES_PER_DAY / intervalMinutes[row - 1]!;
  }
  return { slotStarts, slotsPerRow: 0 };
}
