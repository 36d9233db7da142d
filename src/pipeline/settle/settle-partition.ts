import { closeSync, openSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import { compareBytes } from '../../model/byte-order.js';
import { readDayOf, readDayStart } from '../../model/time.js';
import { channelCode, IS_REGISTER, REGISTER_OF } from '../../model/units.js';
import {
  type BlockIndex,
  channelOfBlock,
  loadBlocks,
  meterIdLength,
  meterIdStart,
} from '../../store/blocks/block-index.js';
import { createOpenBlock, openBlock, stampOfRead } from '../../store/blocks/block-reads.js';
import type { MeterRegister } from '../../store/register/meter-register.js';
import { writePieces } from '../files.js';
import type { ChannelFacts } from './channel-facts.js';
import { settleChannel } from './channel-settler.js';
import type { ChannelWindow } from './channel-window.js';
import { DayStore } from './day-store.js';
import { KnownRegisters } from './known-registers.js';
import { emptyFacts, MeterFacts } from './meter-facts.js';
import { countMissing, type MissingCounts } from './missing-meters.js';
import { lowestOpen, type OpenList, openLists } from './open-list.js';
import { PastDays } from './past-days.js';
import { PlainMeters } from './plain-meters.js';
import { settleQuick } from './quick-settle.js';
import { gatherRegisters, settleRegisters, withValues } from './register-channel.js';
import { RegisterStore } from './register-store.js';
import type { SettleState } from './settle-state.js';
import type { PartitionInput, StagedHistory } from './settle-types.js';
import { silentChannels } from './silent-channels.js';

/** Days that register reads are kept and looked back for, or more where a policy looks back further. */
const REGISTER_KEEP_DAYS = 35;

/** Later than any read day. */
const MAX_DAY = 2 ** 30;
const NO_REGISTERS = new KnownRegisters();

export interface PartitionCounts extends MissingCounts {
  metersSeen: number;
  history: StagedHistory[];
}

/**
 * Settles one partition: goes through its meters in order, those that sent something and those of which
 * something waits, and writes the history of the days that changed.
 */
export function settlePartition(
  state: SettleState,
  window: ChannelWindow,
  input: PartitionInput,
  register: MeterRegister | null,
): PartitionCounts {
  const { task } = state;
  const lower = Buffer.from(input.lower, 'latin1');
  const upper = input.upper === null ? null : Buffer.from(input.upper, 'latin1');
  const slice = register === null ? null : register.slice(lower, upper);
  const days = new DayStore(
    input.days,
    input.lower,
    input.upper,
    expectedSlots(input.pieces.lengths),
    state.ranks,
  );
  const registers = new RegisterStore(
    input.registers,
    input.lower,
    input.upper,
    task.marketZoneMinutes,
    Math.max(REGISTER_KEEP_DAYS, ...Object.values(task.vee.policies).map(({ historyDays }) => historyDays)),
    state.ranks,
  );
  const past = new PastDays(input.days, input.lower, days);
  const plain = PlainMeters.open(state, input, slice, past, registers);
  const index = loadBlocks(task.spillFiles, input.pieces, task.rangeOrder, plain?.roomFor);
  state.enter(days, past, index);
  const meterFacts = new MeterFacts(state, slice);
  plain?.enter(index, meterFacts);
  const pass = new MeterPass(state, window, index, registers, meterFacts, plain);
  const metersSeen = pass.run([...openLists(state, input, days), ...silentChannels(state, slice)]);
  past.close();
  const history = writeHistory(state, input.id, days, registers);
  const missing = countMissing(state, slice, days, plain);
  state.batches.keepMeter();
  days.release();
  registers.release();
  return { metersSeen, history, ...missing };
}

/**
 * Slots that each day is likely to have: the reads, as if they were of one day, within reason.
 * @param lengths bytes of the pieces of blocks
 */
function expectedSlots(lengths: Int32Array): number {
  const reads = lengths.reduce((sum, length) => sum + length, 0) / 8;
  return Math.min(Math.max(4096, Math.ceil(reads)), 1 << 21);
}

/** One pass over the meters of a partition. */
class MeterPass {
  private readonly facts: ChannelFacts = emptyFacts();
  private readonly block = createOpenBlock();
  private readonly channels: number[] = [];
  private readonly openDays: number[] = [];
  private isOpenSilent = true;
  /** Register reads of the meter's channels that were gathered already. */
  private readonly gathered: KnownRegisters[] = [];
  private readonly gatheredChannels: number[] = [];
  private gatheredCount = 0;
  private firstDay = 0;
  private lastDay = 0;

  constructor(
    private readonly state: SettleState,
    private readonly window: ChannelWindow,
    private readonly index: BlockIndex,
    private readonly registers: RegisterStore,
    private readonly meterFacts: MeterFacts,
    private readonly plain: PlainMeters | null,
  ) {}

  /** @returns how many meters sent something */
  run(open: OpenList[]): number {
    const { index, facts, plain } = this;
    let seen = 0;
    let b = 0;
    for (;;) {
      const fromOpen = lowestOpen(open);
      if (b >= index.count && fromOpen === null) break;
      const settled = plain === null || b >= index.count ? b : plain.settle(b, fromOpen);
      if (settled > b) {
        b = settled;
        continue;
      }
      if (b < index.count && (fromOpen === null || this.isBlockFirst(b, fromOpen))) this.setMeterOfBlock(b);
      else {
        const { columns, rows, at } = fromOpen!;
        facts.meter = columns.meterBytes;
        facts.from = columns.meterOffsets[rows[at]!]!;
        facts.to = columns.meterOffsets[rows[at]! + 1]!;
      }
      let end = b;
      if (end < index.count && this.isOfMeter(end)) {
        seen++;
        for (end++; index.meterStarts[end] === 0; end++);
      }
      this.settleMeter(b, end, open);
      plain?.learn(b, end);
      b = end;
    }
    return seen + (plain?.meters ?? 0);
  }

  private setMeterOfBlock(b: number): void {
    const { index, facts } = this;
    const start = index.starts[b]!;
    facts.meter = index.bytes;
    facts.from = meterIdStart(index.words, start);
    facts.to = facts.from + meterIdLength(index.words, start);
  }

  private isBlockFirst(b: number, open: OpenList): boolean {
    const { index } = this;
    const start = index.starts[b]!;
    const from = meterIdStart(index.words, start);
    const to = from + meterIdLength(index.words, start);
    const row = open.rows[open.at]!;
    const { meterBytes, meterOffsets } = open.columns;
    return compareBytes(index.bytes, from, to, meterBytes, meterOffsets[row]!, meterOffsets[row + 1]!) <= 0;
  }

  private isOfMeter(b: number): boolean {
    const { index, facts } = this;
    const start = index.starts[b]!;
    const from = meterIdStart(index.words, start);
    if (from === facts.from && index.bytes === facts.meter) return true;
    const to = from + meterIdLength(index.words, start);
    return compareBytes(index.bytes, from, to, facts.meter, facts.from, facts.to) === 0;
  }

  /** Settles all channels of the meter in `facts`, in the order of their codes. */
  private settleMeter(first: number, end: number, open: OpenList[]): void {
    const { index, facts, channels } = this;
    this.meterFacts.seek(facts.meter, facts.from, facts.to);
    this.gatheredCount = 0;
    if (open.length === 0) {
      // Blocks of a meter stand in the order of channels.
      for (let b = first; b < end; )
        b = this.settleBlocks(channelOfBlock(index.words, index.starts[b]!), b, end, open);
      return;
    }
    channels.length = 0;
    for (let b = first; b < end; b++) addChannel(channels, channelOfBlock(index.words, index.starts[b]!));
    for (const list of open) {
      for (let at = list.at; at < list.rows.length && this.isOpenRow(list, at); at++) {
        addChannel(channels, list.columns.channels[list.rows[at]!]!);
      }
    }
    let b = first;
    for (let c = 0; c < channels.length; c++) b = this.settleBlocks(channels[c]!, b, end, open);
    for (const list of open) while (list.at < list.rows.length && this.isOpenRow(list, list.at)) list.at++;
  }

  /**
   * Settles one channel of the meter in `facts`.
   * @param first the first block of the meter that is not settled yet; those of the channel come first
   * @returns the first block after those of the channel
   */
  private settleBlocks(channel: number, first: number, meterEnd: number, open: OpenList[]): number {
    const { index, facts } = this;
    let end = first;
    while (end < meterEnd && channelOfBlock(index.words, index.starts[end]!) === channel) end++;
    facts.channel = channel;
    const isKnown = this.meterFacts.describe(facts, this.stampOf(first, end, open));
    let b = first;
    if (!isKnown) for (; b < end; b++) this.state.reject(b, 'vee/unknown-meter');
    if (b === end && !this.hasOpenRow(open, channel)) return end;
    if (IS_REGISTER[channel >> 2] === 1) {
      settleRegisters(this.state, this.registers, facts, this.gather(channel, b, end, b, b, open));
    } else {
      this.settleInterval(b, end, isKnown ? meterEnd : end, open);
    }
    return end;
  }

  /** Settles the interval channel in `facts` with blocks `first` to `end - 1`; its register's come before `meterEnd`. */
  private settleInterval(first: number, end: number, meterEnd: number, open: OpenList[]): void {
    const { index, facts, state } = this;
    const { channel } = facts;
    const unit = REGISTER_OF[channel >> 2]!;
    let spans = NO_REGISTERS;
    if (unit >= 0) {
      const registerChannel = channelCode(unit, channel & 3);
      let from = end;
      while (from < meterEnd && channelOfBlock(index.words, index.starts[from]!) !== registerChannel) from++;
      let to = from;
      while (to < meterEnd && channelOfBlock(index.words, index.starts[to]!) === registerChannel) to++;
      spans = withValues(this.gather(registerChannel, from, to, first, end, open));
      facts.channel = channel;
    }
    if (open.length > 0) this.findOpenDays(open, channel);
    const isQuick =
      end - first === 1 &&
      (this.openDays.length === 0 || this.isSilentDayOf(first)) &&
      settleQuick(state, facts, index, index.starts[first]!, spans);
    if (!isQuick) settleChannel(state, this.window, facts, index, first, end, this.openDays, spans);
  }

  /**
   * Register reads of `registerChannel`: those of blocks `first` to `end - 1`, and those kept around the days
   * of these and of blocks `dayFirst` to `dayEnd - 1`. A channel of the meter is gathered once.
   */
  private gather(
    registerChannel: number,
    first: number,
    end: number,
    dayFirst: number,
    dayEnd: number,
    open: OpenList[],
  ): KnownRegisters {
    const { state, facts, gathered, gatheredChannels } = this;
    for (let i = 0; i < this.gatheredCount; i++)
      if (gatheredChannels[i] === registerChannel) return gathered[i]!;
    if (this.gatheredCount === gathered.length) gathered.push(new KnownRegisters());
    const known = gathered[this.gatheredCount]!;
    gatheredChannels[this.gatheredCount++] = registerChannel;
    this.firstDay = MAX_DAY;
    this.lastDay = -1;
    this.noteDays(first, end);
    this.noteDays(dayFirst, dayEnd);
    for (const { day } of open) {
      this.firstDay = Math.min(this.firstDay, day);
      this.lastDay = Math.max(this.lastDay, day);
    }
    facts.channel = registerChannel;
    gatherRegisters(state, this.registers, facts, this.index, first, end, this.firstDay, this.lastDay, known);
    return known;
  }

  /** Widens `firstDay` and `lastDay` to the read days of blocks `from` to `to - 1`. */
  private noteDays(from: number, to: number): void {
    const { index, block } = this;
    const zone = this.state.task.marketZoneMinutes;
    for (let b = from; b < to; b++) {
      openBlock(index, index.starts[b]!, block);
      const firstDay = readDayOf(block.firstStamp, zone);
      const lastDay = readDayOf(stampOfRead(index, block, block.count - 1), zone);
      if (firstDay < this.firstDay) this.firstDay = firstDay;
      if (lastDay > this.lastDay) this.lastDay = lastDay;
    }
  }

  private isOpenRow(list: OpenList, at: number): boolean {
    const { facts } = this;
    const { meterBytes, meterOffsets } = list.columns;
    const row = list.rows[at]!;
    return (
      compareBytes(
        meterBytes,
        meterOffsets[row]!,
        meterOffsets[row + 1]!,
        facts.meter,
        facts.from,
        facts.to,
      ) === 0
    );
  }

  /** Whether something of the channel waits, though nothing of it came. */
  private hasOpenRow(open: OpenList[], channel: number): boolean {
    if (open.length === 0) return false;
    this.findOpenDays(open, channel);
    return this.openDays.length > 0;
  }

  /** Whether all that is open of the channel is the day that block `b` begins in, of which nothing waits. */
  private isSilentDayOf(b: number): boolean {
    const { openDays, index, state } = this;
    if (openDays.length > 1 || !this.isOpenSilent) return false;
    const firstStamp = index.words[index.starts[b]! + 8]!;
    return readDayOf(firstStamp, state.task.marketZoneMinutes) === openDays[0];
  }

  /** A stamp of the channel's time: that of its first block, or the beginning of a day that is open. */
  private stampOf(b: number, blockEnd: number, open: OpenList[]): number {
    const { index, state } = this;
    if (b < blockEnd) return index.words[index.starts[b]! + 8]!;
    return readDayStart(open[0]?.day ?? 0, state.task.marketZoneMinutes) + 1;
  }

  private findOpenDays(open: OpenList[], channel: number): void {
    this.openDays.length = 0;
    this.isOpenSilent = true;
    for (const list of open) {
      for (let at = list.at; at < list.rows.length && this.isOpenRow(list, at); at++) {
        if (list.columns.channels[list.rows[at]!] !== channel) continue;
        this.openDays.push(list.day);
        this.isOpenSilent &&= list.isSilent;
      }
    }
  }
}

function addChannel(channels: number[], channel: number): void {
  let at = channels.length;
  while (at > 0 && channels[at - 1]! > channel) at--;
  if (at > 0 && channels[at - 1] === channel) return;
  if (at === channels.length) channels.push(channel);
  else channels.splice(at, 0, channel);
}

function writeHistory(
  state: SettleState,
  partition: number,
  days: DayStore,
  registers: RegisterStore,
): StagedHistory[] {
  const staged: StagedHistory[] = [];
  const write = (kind: StagedHistory['kind'], day: number, pieces: Uint8Array[]) => {
    const path = `${state.task.stagingDirectory}/${kind}-${day}-${partition}.arrow`;
    const fd = openSync(path, 'w', 0o600);
    try {
      writePieces(fd, pieces);
    } finally {
      closeSync(fd);
    }
    const check = pieces.reduce((sum, piece) => crc32(piece, sum), 0);
    staged.push({ partition, kind, day, path, crc32: check });
  };
  for (const { day, bytes, totals } of days.finish()) {
    write('day', day, bytes);
    write('totals', day, totals);
  }
  for (const { day, builder } of registers.finish()) write('registers', day, builder.finish());
  return staged;
}
