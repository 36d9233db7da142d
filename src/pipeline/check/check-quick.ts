import { BLOCK_EXPLICIT_STAMPS, BLOCK_HAS_CONSTANT, BLOCK_MIXED_METAS } from '../../model/block.js';
import { multiplyDivideHalfUp, UNITS_PER_ONE } from '../../model/decimal.js';
import { NO_DECIMALS } from '../../model/quality.js';
import { INTERVAL_OF, IS_REGISTER } from '../../model/units.js';
import { type BlockIndex, channelOfBlock } from '../../store/blocks/block-index.js';
import {
  createOpenBlock,
  type OpenBlock,
  openBlock,
  stampOfRead,
  valueOfRead,
} from '../../store/blocks/block-reads.js';

/** Blocks of a meter that are looked at on the quick way: a day of quarter hours and more. */
export const QUICK_BLOCKS_MAX = 16;

/** Flags of a block that the quick way leaves to the other one. */
const UNUSUAL = BLOCK_MIXED_METAS | BLOCK_HAS_CONSTANT;

/**
 * Tells of the usual meter that nothing is wrong across its records, without gathering its reads: its
 * intervals are there slot by slot, its registers rise, and agree with the intervals. Whatever is
 * otherwise is left to `ChannelReads`, which finds out what it is.
 */
export class QuickMeter {
  /** Blocks by channel, then in the order of the files: the words they begin at. */
  readonly order = new Int32Array(QUICK_BLOCKS_MAX);
  count = 0;
  private readonly blocks: OpenBlock[] = Array.from({ length: QUICK_BLOCKS_MAX }, createOpenBlock);

  /**
   * @param multiplier of the registers, 0.00001
   * @param tolerance that intervals and registers may differ by, 0.00001
   */
  isClean(
    index: BlockIndex,
    first: number,
    end: number,
    multiplierOf: (channel: number) => number,
    tolerance: number,
  ): boolean {
    const { order, blocks } = this;
    const { words } = index;
    this.count = end - first;
    if (this.count > QUICK_BLOCKS_MAX) return false;
    for (let i = 0; i < this.count; i++) {
      const start = index.starts[first + i]!;
      const channel = channelOfBlock(words, start);
      let at = i;
      for (; at > 0 && channelOfBlock(words, order[at - 1]!) > channel; at--) order[at] = order[at - 1]!;
      order[at] = start;
    }
    for (let i = 0; i < this.count; i++) {
      const start = order[i]!;
      if (((words[start + 1]! >>> 24) & UNUSUAL) !== 0) return false;
      openBlock(index, start, blocks[i]!);
      if ((words[blocks[i]!.metasAt]! & 7) === NO_DECIMALS) return false;
    }
    for (let from = 0; from < this.count; ) {
      const channel = channelOfBlock(words, order[from]!);
      let to = from + 1;
      while (to < this.count && channelOfBlock(words, order[to]!) === channel) to++;
      const isClean =
        IS_REGISTER[channel >> 2] === 1
          ? this.areRegistersClean(index, from, to, channel, multiplierOf(channel), tolerance)
          : this.areIntervalsPlain(words, from, to);
      if (!isClean) return false;
      from = to;
    }
    return true;
  }

  /** Whether the intervals have a length, and stamps that follow each other without any twice. */
  private areIntervalsPlain(words: Int32Array, from: number, to: number): boolean {
    const { order, blocks } = this;
    const { intervalMinutes } = blocks[from]!;
    if (intervalMinutes === 0) return false;
    let last = Number.NEGATIVE_INFINITY;
    for (let i = from; i < to; i++) {
      const block = blocks[i]!;
      if (((words[order[i]! + 1]! >>> 24) & BLOCK_EXPLICIT_STAMPS) !== 0) return false;
      if (block.intervalMinutes !== intervalMinutes || block.firstStamp <= last) return false;
      last = block.firstStamp + (block.count - 1) * intervalMinutes;
    }
    return true;
  }

  private areRegistersClean(
    index: BlockIndex,
    from: number,
    to: number,
    channel: number,
    multiplier: number,
    tolerance: number,
  ): boolean {
    const { blocks } = this;
    const intervals = this.intervalsOf(index.words, channel);
    let lastStamp = Number.NEGATIVE_INFINITY;
    let lastValue = 0;
    for (let i = from; i < to; i++) {
      const block = blocks[i]!;
      if (isMasked(index.words[block.metasAt]!)) return false;
      for (let k = 0; k < block.count; k++) {
        const stamp = stampOfRead(index, block, k);
        const value = valueOfRead(index, block, k);
        if (lastStamp !== Number.NEGATIVE_INFINITY) {
          if (stamp <= lastStamp || value < lastValue) return false;
          if (intervals >= 0) {
            const sum = this.sumOf(index, intervals, channel, lastStamp, stamp);
            const advance = scaled(value - lastValue, multiplier);
            if (Math.abs(advance - sum) > scaled(tolerance, multiplier)) return false;
          }
        }
        lastStamp = stamp;
        lastValue = value;
      }
    }
    return true;
  }

  /** The first block of the intervals that a register counts, or -1. They come before it in the order. */
  private intervalsOf(words: Int32Array, channel: number): number {
    const unit = INTERVAL_OF[channel >> 2]!;
    if (unit < 0) return -1;
    const wanted = unit * 4 + (channel & 3);
    for (let i = 0; i < this.count; i++) if (channelOfBlock(words, this.order[i]!) === wanted) return i;
    return -1;
  }

  /** Sum of all slots from one register to the next; NaN, which no comparison finds at fault, where one is not there. */
  private sumOf(
    index: BlockIndex,
    intervals: number,
    registerChannel: number,
    start: number,
    end: number,
  ): number {
    const { blocks, order } = this;
    const { intervalMinutes } = blocks[intervals]!;
    const channel = channelOfBlock(index.words, order[intervals]!);
    let sum = 0;
    let slots = 0;
    for (let i = intervals; i < this.count && channel < registerChannel; i++) {
      if (channelOfBlock(index.words, order[i]!) !== channel) break;
      const block = blocks[i]!;
      const from = (start - block.firstStamp) / intervalMinutes + 1;
      if (!Number.isInteger(from)) continue;
      const to = Math.min(Math.floor((end - block.firstStamp) / intervalMinutes) + 1, block.count);
      for (let k = Math.max(from, 0); k < to; k++, slots++) sum += valueOfRead(index, block, k);
    }
    return slots * intervalMinutes === end - start ? sum : Number.NaN;
  }

  blockAt(i: number): OpenBlock {
    return this.blocks[i]!;
  }
}

const scaled = (value: number, multiplier: number): number =>
  multiplier === UNITS_PER_ONE ? value : multiplyDivideHalfUp(value, multiplier, UNITS_PER_ONE);

/** Whether a flag has a mask: it may say that the register was reset. */
const isMasked = (meta: number): boolean => meta >>> 11 !== 0;
