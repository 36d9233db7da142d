import { MINUTES_PER_DAY, readDayOf, readDayStart } from '../../model/time.js';
import type { ReadRanks } from '../../store/blocks/read-ranks.js';
import { compareKey, isKeyAt, type KeyColumns, seekKey } from '../../store/history/history-columns.js';
import {
  type ReadRows,
  RegisterBuilder,
  type RegisterColumns,
  readRegisterFile,
} from '../../store/history/registers-file.js';
import type { KnownRegisters } from './known-registers.js';
import type { HistoryRef } from './settle-types.js';

interface LoadedDay {
  columns: RegisterColumns;
  /** First row of the partition. */
  first: number;
  cursor: number;
  end: number;
}

interface WrittenDay {
  builder: RegisterBuilder;
  /** The file that rows without a new read are taken over from, and whether it is the same day's. */
  base: LoadedDay | null;
  isSameDay: boolean;
  copied: number;
}

/**
 * Register reads of one partition: for each read day those stamped in it and, of each channel, the last
 * one before it (the closing register that the day began with). Keys are asked for in ascending order.
 */
export class RegisterStore {
  /** By place in `days`. */
  private readonly loaded: (LoadedDay | undefined)[];
  private readonly written = new Map<number, WrittenDay>();
  private readonly days: number[];
  private readonly paths: Map<number, string>;
  private readonly lower: Uint8Array;
  private readonly upper: Uint8Array | null;

  constructor(
    refs: readonly HistoryRef[],
    lower: string,
    upper: string | null,
    private readonly zoneMinutes: number,
    private readonly keepDays: number,
    private readonly ranks: ReadRanks,
  ) {
    this.days = refs.map((ref) => ref.day).sort((a, b) => a - b);
    this.loaded = this.days.map(() => undefined);
    this.paths = new Map(refs.map((ref) => [ref.day, ref.path]));
    this.lower = Buffer.from(lower, 'latin1');
    this.upper = upper === null ? null : Buffer.from(upper, 'latin1');
  }

  /** @param at place in `days` */
  private load(at: number): LoadedDay {
    let loaded = this.loaded[at];
    if (loaded === undefined) {
      const columns = readRegisterFile(this.paths.get(this.days[at]!)!, this.ranks);
      const cursor = seekKey(columns, 0, this.lower, 0, this.lower.length, -1);
      const end =
        this.upper === null
          ? columns.rowCount
          : seekKey(columns, cursor, this.upper, 0, this.upper.length, -1);
      loaded = { columns, first: cursor, cursor, end };
      columns.rowCount = end;
      this.loaded[at] = loaded;
    }
    return loaded;
  }

  /** The latest day before `day` that is kept, or -1. */
  private dayBefore(day: number): number {
    let found = -1;
    for (const kept of this.days) if (kept < day && day - kept <= this.keepDays) found = kept;
    return found;
  }

  /**
   * Adds what is kept of a channel around the days from `firstDay` to `lastDay` to `known`, in the order of
   * time, each stamp once.
   */
  collect(
    meter: Uint8Array,
    from: number,
    to: number,
    channel: number,
    firstDay: number,
    lastDay: number,
    known: KnownRegisters,
  ): void {
    if (this.days.length === 0) return;
    const lowest = this.dayOfLastBefore(meter, from, to, channel, firstDay);
    // From the earliest on: the file of a read's own day has it as it was corrected last.
    let at = this.days.length;
    while (at > 0 && this.days[at - 1]! >= lowest) at--;
    for (; at < this.days.length && this.days[at]! <= lastDay + 1; at++) {
      const { columns } = this.load(at);
      let row = this.firstRowOf(at, meter, from, to, channel);
      for (; isKeyAt(columns, row, meter, from, to, channel); row++) {
        const quality = columns.quality[row]!;
        known.addKept(
          columns.stamps[row]!,
          columns.values[row]!,
          columns.metas[quality]!,
          columns.ranks[quality]!,
        );
      }
    }
  }

  /**
   * First row of a channel in a day's file; keys are asked for in ascending order.
   * @param at place in `days`
   */
  private firstRowOf(at: number, meter: Uint8Array, from: number, to: number, channel: number): number {
    const loaded = this.load(at);
    loaded.cursor = seekKey(loaded.columns, loaded.cursor, meter, from, to, channel);
    return loaded.cursor;
  }

  /**
   * The read day of the channel's last read before `firstDay`, or `firstDay` where there is none within
   * `keepDays`. The last read before it that a day's file holds is that of the time when it was written: a
   * read that came later, or together with other channels' reads of later days, stands in its own day's only.
   */
  private dayOfLastBefore(
    meter: Uint8Array,
    from: number,
    to: number,
    channel: number,
    firstDay: number,
  ): number {
    let lastDay = -1;
    for (let i = this.days.length - 1; i >= 0; i--) {
      const day = this.days[i]!;
      if (day >= firstDay) continue;
      if (day < lastDay || firstDay - day > this.keepDays) break;
      const { columns } = this.load(i);
      let row = this.firstRowOf(i, meter, from, to, channel);
      for (; isKeyAt(columns, row, meter, from, to, channel); row++) {
        lastDay = Math.max(lastDay, readDayOf(columns.stamps[row]!, this.zoneMinutes));
      }
      if (day === lastDay) break;
    }
    return lastDay < 0 ? firstDay : lastDay;
  }

  /**
   * Writes the rows of a channel into the read day `day`: its reads of that day and the last one before.
   * @param known all reads of the channel, in the order of time
   */
  put(
    day: number,
    meter: Uint8Array,
    from: number,
    to: number,
    channel: number,
    known: KnownRegisters,
  ): void {
    const written = this.writtenDay(day);
    this.copyUntil(written, day, meter, from, to, channel);
    const start = readDayStart(day, this.zoneMinutes);
    const oldest = start - this.keepDays * MINUTES_PER_DAY;
    let last = -1;
    for (let i = 0; i < known.count; i++) {
      const stamp = known.stamps[i]!;
      if (stamp <= start) {
        if (stamp >= oldest) last = i;
        continue;
      }
      if (last >= 0) putRead(written.builder, meter, from, to, channel, known, last);
      last = -1;
      if (readDayOf(stamp, this.zoneMinutes) !== day) break;
      putRead(written.builder, meter, from, to, channel, known, i);
    }
  }

  /**
   * What is kept of the day before `day` and of the one before that.
   * @returns nothing where no reads are kept at all; null where there is more, or less, than files of the two days
   * and of earlier ones
   */
  keptAround(day: number): RegisterColumns[] | null {
    const { days } = this;
    if (days.length === 0) return [];
    const last = days.length - 1;
    if (days[last] !== day - 1 || days[last - 1] !== day - 2) return null;
    return [this.load(last).columns, this.load(last - 1).columns];
  }

  /**
   * First row of the file of the day before `day` that was not taken over yet into the new file of `into`, which is
   * one of the two.
   */
  copiedOf(day: number, into: number): number {
    if (this.days.length === 0) return 0;
    return this.written.get(into)?.copied ?? this.load(this.days.indexOf(day - 1)).first;
  }

  /**
   * Puts in many new rows.
   * @param copied row of the file that rows are taken over from, behind those that the new rows replace
   */
  putAll(
    day: number,
    rows: ReadRows,
    metas: ArrayLike<number>,
    ranks: ArrayLike<number>,
    copied: number,
  ): void {
    const written = this.writtenDay(day);
    written.builder.rows(rows, metas, ranks);
    written.copied = copied;
  }

  private writtenDay(day: number): WrittenDay {
    let written = this.written.get(day);
    if (written === undefined) {
      const isSameDay = this.paths.has(day);
      const baseDay = isSameDay ? day : this.dayBefore(day);
      const base = baseDay < 0 ? null : this.load(this.days.indexOf(baseDay));
      const copied = base === null ? 0 : base.first;
      written = { builder: takeBuilder(this.ranks), base, isSameDay, copied };
      this.written.set(day, written);
    }
    return written;
  }

  /** Takes over the rows of keys before the given one, and passes over the rows of that key. */
  private copyUntil(
    written: WrittenDay,
    day: number,
    meter: Uint8Array,
    from: number,
    to: number,
    channel: number,
  ): void {
    if (written.base === null) return;
    const { columns } = written.base;
    const next = seekKey(columns, written.copied, meter, from, to, channel);
    this.copy(written, day, next);
    let after = next;
    while (isKeyAt(columns, after, meter, from, to, channel)) after++;
    written.copied = after;
  }

  private copy(written: WrittenDay, day: number, end: number): void {
    const { columns } = written.base!;
    const oldest = readDayStart(day, this.zoneMinutes) - this.keepDays * MINUTES_PER_DAY;
    for (let row = written.copied; row < end; row++) {
      // Of an earlier day's file only the last read of each channel is still of use.
      const isLastOfKey = row + 1 >= columns.rowCount || !isSameKey(columns, row, row + 1);
      if (!written.isSameDay && (!isLastOfKey || columns.stamps[row]! < oldest)) continue;
      const meterFrom = columns.meterOffsets[row]!;
      const meterTo = columns.meterOffsets[row + 1]!;
      const { meterBytes, channels, stamps, values, quality, metas, ranks } = columns;
      written.builder.row(
        meterBytes,
        meterFrom,
        meterTo,
        channels[row]!,
        stamps[row]!,
        values[row]!,
        metas[quality[row]!]!,
        ranks[quality[row]!]!,
      );
    }
    written.copied = Math.max(written.copied, end);
  }

  finish(): { day: number; builder: RegisterBuilder }[] {
    const result: { day: number; builder: RegisterBuilder }[] = [];
    for (const [day, written] of this.written) {
      if (written.base !== null) this.copy(written, day, written.base.columns.rowCount);
      result.push({ day, builder: written.builder });
    }
    return result.sort((a, b) => a.day - b.day);
  }

  /** Gives back the memory of what was built, for the next partition: nothing of it may be used any more. */
  release(): void {
    for (const { builder } of this.written.values()) {
      if (spareBuilders.length < SPARE_BUILDERS_MAX) spareBuilders.push(builder);
    }
    this.written.clear();
  }
}

/** Builders of partitions that are done; most partitions write one day or two. */
const spareBuilders: RegisterBuilder[] = [];
const SPARE_BUILDERS_MAX = 4;

function takeBuilder(ranks: ReadRanks): RegisterBuilder {
  const builder = spareBuilders.pop() ?? new RegisterBuilder(ranks);
  builder.clear(ranks);
  return builder;
}

function putRead(
  builder: RegisterBuilder,
  meter: Uint8Array,
  from: number,
  to: number,
  channel: number,
  { stamps, values, metas, ranks }: KnownRegisters,
  i: number,
): void {
  builder.row(meter, from, to, channel, stamps[i]!, values[i]!, metas[i]!, ranks[i]!);
}

function isSameKey(columns: KeyColumns, a: number, b: number): boolean {
  const from = columns.meterOffsets[b]!;
  const to = columns.meterOffsets[b + 1]!;
  return compareKey(columns, a, columns.meterBytes, from, to, columns.channels[b]!) === 0;
}
