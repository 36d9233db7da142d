import {
  BLOCK_EXPLICIT_STAMPS,
  BLOCK_HAS_CONSTANT,
  BLOCK_HEADER_WORDS,
  BLOCK_MIXED_METAS,
  BLOCK_RESEND,
  BLOCK_WIDE_VALUES,
} from '../../model/block.js';
import { UNITS_PER_ONE } from '../../model/decimal.js';
import type { BlockIndex } from './block-index.js';

/** The parts of the block that was opened last, for reading its reads one by one. */
export interface OpenBlock {
  count: number;
  intervalMinutes: number;
  createdStamp: number;
  resend: boolean;
  /** Calculation constant, whole number of 0.00001. */
  constant: number;
  firstStamp: number;
  hasExplicitStamps: boolean;
  hasMixedMetas: boolean;
  hasWideValues: boolean;
  /** Words at which stamps, meta words and values begin; wide values in doubles. */
  stampsAt: number;
  metasAt: number;
  valuesAt: number;
}

export function createOpenBlock(): OpenBlock {
  return {
    count: 0,
    intervalMinutes: 0,
    createdStamp: 0,
    resend: false,
    constant: UNITS_PER_ONE,
    firstStamp: 0,
    hasExplicitStamps: false,
    hasMixedMetas: false,
    hasWideValues: false,
    stampsAt: 0,
    metasAt: 0,
    valuesAt: 0,
  };
}

/** Opens the block that begins at word `start` (layout: `model/block`). */
export function openBlock(index: BlockIndex, start: number, block: OpenBlock): void {
  const { words, doubles } = index;
  const head = words[start + 1]!;
  const flags = head >>> 24;
  block.count = words[start + 2]! >>> 16;
  block.intervalMinutes = words[start + 2]! & 0xffff;
  block.createdStamp = words[start + 3]!;
  block.firstStamp = words[start + 8]!;
  block.resend = (flags & BLOCK_RESEND) !== 0;
  block.hasExplicitStamps = (flags & BLOCK_EXPLICIT_STAMPS) !== 0;
  block.hasMixedMetas = (flags & BLOCK_MIXED_METAS) !== 0;
  block.hasWideValues = (flags & BLOCK_WIDE_VALUES) !== 0;
  let at = start + BLOCK_HEADER_WORDS;
  block.constant = UNITS_PER_ONE;
  if ((flags & BLOCK_HAS_CONSTANT) !== 0) {
    block.constant = doubles[at >> 1]!;
    at += 2;
  }
  at += (((head >>> 16) & 0xff) + 3) >> 2;
  block.stampsAt = at;
  if (block.hasExplicitStamps) at += block.count;
  block.metasAt = at;
  at += block.hasMixedMetas ? block.count : Math.min(block.count, 1);
  block.valuesAt = block.hasWideValues ? (at + 1) >> 1 : at;
}

export function stampOfRead(index: BlockIndex, block: OpenBlock, i: number): number {
  return block.hasExplicitStamps
    ? index.words[block.stampsAt + i]!
    : block.firstStamp + i * block.intervalMinutes;
}

export function metaOfRead(index: BlockIndex, block: OpenBlock, i: number): number {
  return index.words[block.metasAt + (block.hasMixedMetas ? i : 0)]!;
}

export function valueOfRead(index: BlockIndex, block: OpenBlock, i: number): number {
  return block.hasWideValues ? index.doubles[block.valuesAt + i]! : index.words[block.valuesAt + i]!;
}
