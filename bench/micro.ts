import { readAmrdef } from './formats/amrdef-read.js';
import { readCmep } from './formats/cmep-read.js';
import { writeCmep } from './formats/cmep-write.js';
import { deflateBatch } from './kernel/deflate.js';
import { sortBlocks } from './store/block-sort.js';
import { settleDays } from './vee/settle-day.js';

/** Runs the micro-benchmarks one after the other; each prints a line for each way. */
export async function runMicro(folder: string): Promise<void> {
  await readCmep(folder);
  await readAmrdef(folder);
  writeCmep();
  await sortBlocks(folder);
  settleDays();
  deflateBatch();
}
