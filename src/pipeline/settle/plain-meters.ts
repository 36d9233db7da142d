import { stampTable } from '../../formats/cmep/writer.js';
import { type SettleKernel, STOPPED, settleKernel } from '../../kernel/settle-kernel.js';
import * as place from '../../kernel/settle-memory.js';
import { MINUTES_PER_DAY, readDayOf, readDayStart } from '../../model/time.js';
import { IS_REGISTER } from '../../model/units.js';
import {
  type BlockIndex,
  type BlockRoom,
  channelOfBlock,
  meterIdLength,
  meterIdStart,
} from '../../store/blocks/block-index.js';
import type { RegisterSlice } from '../../store/register/meter-register.js';
import type { Policy } from '../../vee/policy.js';
import type { MeterFacts } from './meter-facts.js';
import type { OpenList } from './open-list.js';
import type { PastDays } from './past-days.js';
import { PlainPast, putNoPast } from './plain-past.js';
import { putRegister, registerBytes } from './plain-register.js';
import { PLAIN_INTERVALS, PlainTables, policiesOf, putLead, putPolicies, putUnits } from './plain-tables.js';
import { type ListedReads, PlainTaken } from './plain-taken.js';
import type { RegisterStore } from './register-store.js';
import type { SettleState } from './settle-state.js';
import type { PartitionInput } from './settle-types.js';

/** Blocks of a partition that are looked at for the day that it is of. */
const BLOCKS_LOOKED_AT = 64;
/** A block has at least so many bytes: for each there is a place among the starts. */
const BLOCK_BYTES_MIN = 48;

/**
 * Settles meters in the kernel, as long as they are plain: of each channel one block, which holds exactly the
 * day that the partition is of, with plain flags, values within bounds and a register that agrees. It does what
 * `MeterPass` would do with them; a test compares the two.
 */
export class PlainMeters {
  /** Meters that were settled here. */
  meters = 0;
  private readonly kernel: SettleKernel = settleKernel();
  private readonly tables: PlainTables;
  private blocksAt = 0;
  private blocksBytes = 0;
  private startsAt = 0;
  private meterStartsAt = 0;
  private index!: BlockIndex;
  private meterFacts!: MeterFacts;
  private readonly listed: ListedReads;
  private taken!: PlainTaken;
  /** The read day that the partition is of; -1 where nothing is settled here. */
  day = -1;
  /** By row of the meter register's slice: 1 where all that is expected of its meter on the day was settled here. */
  complete: Uint8Array = new Uint8Array(0);

  private constructor(
    private readonly state: SettleState,
    private readonly slice: RegisterSlice | null,
    policies: readonly Policy[],
    private readonly registers: RegisterStore,
    private readonly past: PlainPast | null,
  ) {
    this.tables = new PlainTables(state, this.kernel, policies);
    const kept = past?.codes ?? { metas: [], ranks: [] };
    this.listed = {
      metas: new Int32Array(place.FLAGS_ROOM + kept.metas.length),
      ranks: new Int32Array(place.FLAGS_ROOM + kept.ranks.length),
      hasPast: past?.hasReads ?? false,
    };
    this.listed.metas.set(kept.metas, place.FLAGS_ROOM);
    this.listed.ranks.set(kept.ranks, place.FLAGS_ROOM);
  }

  /**
   * Begins a partition.
   * @returns null where the kernel cannot settle any of its meters: it is too large, its past is unusual, or the policies are
   */
  static open(
    state: SettleState,
    input: PartitionInput,
    slice: RegisterSlice | null,
    pastDays: PastDays,
    registers: RegisterStore,
  ): PlainMeters | null {
    const { task } = state;
    if (!task.sends || !task.vee.enabled || task.output.stamps !== 'explicit') return null;
    const policies = policiesOf(state, slice);
    if (policies === null) return null;
    let past: PlainPast | null = null;
    if (input.days.length + input.registers.length > 0) {
      const day = task.completeDays.at(-1);
      past = day === undefined ? null : PlainPast.open(state, pastDays, registers, day, policies);
      if (past === null) return null;
    }
    const bytes = registerBytes(slice) + (past?.bytes ?? 0);
    if (input.pieces.lengths.reduce((sum, length) => sum + length, bytes) > place.PARTITION_ROOM) return null;
    return new PlainMeters(state, slice, policies, registers, past);
  }

  /** Memory for the partition's blocks, behind the meter register's rows and the past. */
  readonly roomFor = (bytes: number): BlockRoom => {
    const end = registerBytes(this.slice) + (this.past?.bytes ?? 0);
    this.blocksAt = place.PARTITION + end;
    this.blocksBytes = Math.ceil(bytes / 8) * 8;
    const starts = Math.ceil(bytes / BLOCK_BYTES_MIN) + 2;
    this.kernel.reserve(end + this.blocksBytes + starts * 5 + 64);
    return { buffer: this.kernel.buffer, offset: this.blocksAt, find: () => this.findBlocks(bytes) };
  };

  private findBlocks(bytes: number) {
    const { kernel, blocksAt } = this;
    const { exports, buffer } = kernel;
    this.startsAt = blocksAt + this.blocksBytes;
    const count = exports.findStarts(blocksAt, bytes, this.startsAt);
    this.meterStartsAt = this.startsAt + count * 4;
    const isInOrder = exports.markFirsts(blocksAt, this.startsAt, count, this.meterStartsAt) !== 0;
    const starts = new Int32Array(buffer, this.startsAt, count);
    return { starts, meterStarts: new Uint8Array(buffer, this.meterStartsAt, count + 1), isInOrder };
  }

  /** Takes over the partition's blocks, which lie where `roomFor` said, in their order. */
  enter(index: BlockIndex, meterFacts: MeterFacts): void {
    this.index = index;
    // The kernel's memory does not grow any more for this partition.
    this.taken = new PlainTaken(this.kernel, this.state, this.registers, this.listed);
    this.meterFacts = meterFacts;
    this.day = this.findDay();
    if (this.past !== null && this.past.day !== this.day) this.day = -1;
    if (this.day < 0) return;
    const { kernel, state, past } = this;
    const { exports } = kernel;
    const start = readDayStart(this.day, state.task.marketZoneMinutes);
    putLead(kernel, state.task.output);
    putUnits(kernel);
    putPolicies(kernel, this.tables.policies);
    this.complete = putRegister(kernel, this.slice);
    if (past === null) putNoPast(kernel);
    else past.put(kernel, place.PARTITION + registerBytes(this.slice));
    this.putStamps(start);
    this.tables.begin();
    exports.setDay(start);
    exports.setBlocks(this.blocksAt, this.startsAt, this.meterStartsAt, index.count);
    exports.clear();
  }

  /** The read day of which the partition's first intervals are, where it has closed; else -1. */
  private findDay(): number {
    const { words, starts, count } = this.index;
    const { marketZoneMinutes, nowStamp, closeAfterMinutes } = this.state.task;
    for (let b = 0; b < Math.min(count, BLOCKS_LOOKED_AT); b++) {
      const start = starts[b]!;
      if (IS_REGISTER[channelOfBlock(words, start) >> 2] === 1) continue;
      const day = readDayOf(words[start + 8]!, marketZoneMinutes);
      const hasClosed = nowStamp >= readDayStart(day + 1, marketZoneMinutes) + closeAfterMinutes;
      return hasClosed ? day : -1;
    }
    return -1;
  }

  /** The stamps of the day's slots, and those of its bounds, as they go out. */
  private putStamps(start: number): void {
    const { state, kernel } = this;
    const { zoneMinutes } = state.task.output;
    let at = place.STAMPS;
    const put = (words: Int32Array) => {
      new Uint8Array(kernel.buffer, at, words.byteLength).set(
        new Uint8Array(words.buffer, 0, words.byteLength),
      );
      at += words.byteLength;
    };
    for (const interval of PLAIN_INTERVALS) put(state.stampsOf(this.day, interval));
    put(stampTable(start, MINUTES_PER_DAY, 2, zoneMinutes));
  }

  /**
   * Settles meters from block `first` on.
   * @param open meters of it are left to `MeterPass`
   * @returns the first block that is not settled
   */
  settle(first: number, open: OpenList | null): number {
    if (this.day < 0) return first;
    const { kernel, state, meterFacts, slice, registers, day, listed } = this;
    const { exports } = kernel;
    exports.setCopied(registers.copiedOf(day, day - 1), registers.copiedOf(day, day));
    exports.setStop(open === null ? 0 : this.putStop(open));
    exports.setRegisterRow(meterFacts.nextRow);
    const room = state.batches.room();
    const next = exports.settleMeters(first, room.records, room.bytes);
    if (next === first) return first;
    if (slice !== null) meterFacts.nextRow = exports.registerRow();
    this.meters += exports.meters.value;
    const [a, z] = [this.index.starts[first]!, this.index.starts[next - 1]!];
    const { words } = this.index;
    const firstFrom = meterIdStart(words, a);
    const lastFrom = meterIdStart(words, z);
    const ids = {
      firstFrom,
      firstTo: firstFrom + meterIdLength(words, a),
      lastFrom,
      lastTo: lastFrom + meterIdLength(words, z),
    };
    listed.metas.set(this.tables.metas);
    this.taken.take(this.index, ids, day);
    exports.clear();
    return next;
  }

  private putStop({ columns, rows, at }: OpenList): number {
    const row = rows[at]!;
    const from = columns.meterOffsets[row]!;
    const to = columns.meterOffsets[row + 1]!;
    new Uint8Array(this.kernel.buffer, place.STOP, to - from).set(columns.meterBytes.subarray(from, to));
    return to - from;
  }

  /** Learns what the kernel did not know of a meter that has been settled since: blocks `first` to `end - 1`. */
  learn(first: number, end: number): void {
    if (this.day < 0) return;
    const { why } = this.kernel.exports;
    if (why.value !== STOPPED.unknownFlag && why.value !== STOPPED.unknownTail) return;
    const { index, tables, day } = this;
    for (let b = first; b < end; b++) tables.learn(index.words, index.starts[b]!, day);
  }
}
