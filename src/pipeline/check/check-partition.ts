import {
  type BlockIndex,
  type BlockPieces,
  indexBlocks,
  loadBlocks,
  readPieces,
} from '../../store/blocks/block-index.js';
import type { MeterRegister } from '../../store/register/meter-register.js';
import { threadBlocks } from '../scan/thread-blocks.js';
import { tooManyReads } from './check-channel.js';
import { type CrossResult, type CrossSettings, MeterChecker } from './check-meters.js';
import { RangeMeters } from './check-range-meters.js';

/** Meters to be checked by the cross-record rules, all records of each. */
export interface CheckPartitionTask {
  /** Blocks in work files, or in memory. */
  blocks: { files: string[]; pieces: BlockPieces } | Int32Array;
  cross: CrossSettings;
  registerPath: string | null;
}

/** Blocks of a partition that are loaded: it holds several meters, unless one has this much by itself. */
const PARTITION_BLOCKS_BYTES_MAX = 512 * 1024 * 1024;
/** Blocks that are put in order in the kernel's memory, which takes nearly three times as much. */
const KERNEL_PARTITION_BYTES_MAX = 32 * 1024 * 1024;

let opened: { path: string; register: MeterRegister } | null = null;

/**
 * The imported meter register at a path; the last one stays open in this thread. What reads it is loaded with the
 * first one: most checks have none.
 */
export async function openedRegister(path: string | null): Promise<MeterRegister | null> {
  if (path === null) return null;
  if (opened?.path === path) return opened.register;
  const { openRegister } = await import('../../store/register/meter-register.js');
  // Where this thread has two tasks, the other one may have opened it meanwhile.
  if (opened?.path !== path) {
    opened?.register.close();
    opened = null;
    opened = { path, register: openRegister(path) };
  }
  return opened.register;
}

/**
 * Pass 2 of `check`: goes through the meters of a partition.
 * @param inKernelMax bytes of blocks up to which they are put in order in the kernel; any give the same findings
 * @throws the system's error where a work file cannot be read
 */
export async function checkPartition(
  task: CheckPartitionTask,
  inKernelMax: number = KERNEL_PARTITION_BYTES_MAX,
): Promise<CrossResult> {
  const register = await openedRegister(task.registerPath);
  // From here on nothing waits: a thread has one kernel.
  const checker = new MeterChecker(task.cross, register);
  const bytes = bytesOf(task.blocks);
  if (bytes > 0 && bytes <= inKernelMax) checkInKernel(checker, task.blocks, bytes);
  else checkByIndex(checker, indexOf(task.blocks, bytes));
  return checker.result();
}

/** Partitions are gone through in the memory that pass 1 had for its blocks. */
function checkInKernel(checker: MeterChecker, blocks: CheckPartitionTask['blocks'], bytes: number): void {
  const { kernel } = threadBlocks();
  const words = bytes >> 2;
  kernel.growBlocks(words);
  if (blocks instanceof Int32Array) kernel.words.set(blocks);
  else readPieces(blocks.files, blocks.pieces, kernel.bytes);
  const { from, to } = kernel.orderBlocks(words);
  new RangeMeters(kernel, checker).check(from, to);
}

function checkByIndex(checker: MeterChecker, index: BlockIndex): void {
  for (let b = 0; b < index.count; ) {
    let end = b + 1;
    while (index.meterStarts[end] === 0) end++;
    checker.check(index, b, end);
    b = end;
  }
}

function bytesOf(blocks: CheckPartitionTask['blocks']): number {
  if (blocks instanceof Int32Array) return blocks.byteLength;
  return blocks.pieces.lengths.reduce((sum, length) => sum + length, 0);
}

function indexOf(blocks: CheckPartitionTask['blocks'], bytes: number): BlockIndex {
  if (blocks instanceof Int32Array) return indexBlocks({ buffer: blocks.buffer, offset: 0 }, bytes);
  if (bytes > PARTITION_BLOCKS_BYTES_MAX) throw tooManyReads(`their work file has ${bytes} bytes`);
  return loadBlocks(blocks.files, blocks.pieces);
}
