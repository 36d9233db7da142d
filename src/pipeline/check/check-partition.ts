import {
  type BlockIndex,
  type BlockPieces,
  indexBlocks,
  loadBlocks,
} from '../../store/blocks/block-index.js';
import type { MeterRegister } from '../../store/register/meter-register.js';
import { tooManyReads } from './check-channel.js';
import { type CrossResult, type CrossSettings, MeterChecker } from './check-meters.js';

/** Meters to be checked by the cross-record rules, all records of each. */
export interface CheckPartitionTask {
  /** Blocks in work files, or in memory. */
  blocks: { files: string[]; pieces: BlockPieces } | Int32Array;
  cross: CrossSettings;
  registerPath: string | null;
}

/** Blocks of a partition that are loaded: it holds several meters, unless one has this much by itself. */
const PARTITION_BLOCKS_BYTES_MAX = 512 * 1024 * 1024;

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
 * @throws the system's error where a work file cannot be read
 */
export async function checkPartition(task: CheckPartitionTask): Promise<CrossResult> {
  const register = await openedRegister(task.registerPath);
  const checker = new MeterChecker(task.cross, register);
  const index = indexOf(task.blocks);
  for (let b = 0; b < index.count; ) {
    let end = b + 1;
    while (index.meterStarts[end] === 0) end++;
    checker.check(index, b, end);
    b = end;
  }
  return checker.result();
}

function indexOf(blocks: CheckPartitionTask['blocks']): BlockIndex {
  if (!(blocks instanceof Int32Array)) {
    const bytes = blocks.pieces.lengths.reduce((sum, length) => sum + length, 0);
    if (bytes > PARTITION_BLOCKS_BYTES_MAX) throw tooManyReads(`their work file has ${bytes} bytes`);
  }
  if (blocks instanceof Int32Array)
    return indexBlocks({ buffer: blocks.buffer, offset: 0 }, blocks.byteLength);
  return loadBlocks(blocks.files, blocks.pieces);
}
