import { closeSync, createReadStream, createWriteStream, mkdirSync, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { readFully } from '../../store/read-fully.js';
import { moveFile, syncPath } from '../files.js';
import type { TaskRecord } from '../settle/settle.js';
import type { SettleResult } from '../settle/settle-types.js';

/** The lists of a run, their file names and first lines. */
const LISTS = {
  estimates: [
    'estimates.csv',
    'meter_id,units,stamp,raw_value,raw_flag,value,method,reference_days,scale,check,policy',
  ],
  review: ['review.csv', 'meter_id,units,stamp,code,detail'],
  missingMeters: ['missing-meters.csv', 'meter_id,sdp_id,units,day'],
  duplicates: ['duplicates.csv', 'meter_id,units,stamp,kept_value,value,flag,file'],
} as const;

export type ListName = keyof typeof LISTS;

/**
 * Puts the pieces that the tasks left together, in the order of the tasks, into the run's folder.
 * @param drafts folder in which they are written before they are moved there
 * @returns the path of each list
 */
export async function joinLists(
  directory: string,
  drafts: string,
  tasks: readonly TaskRecord[],
): Promise<Record<ListName, string>> {
  mkdirSync(drafts, { recursive: true, mode: 0o700 });
  const paths = {} as Record<ListName, string>;
  for (const [list, [name, header]] of Object.entries(LISTS) as [ListName, readonly [string, string]][]) {
    const path = join(directory, name);
    const draft = join(drafts, name);
    writeFileSync(draft, `${header}\n`, { mode: 0o600 });
    for (const { result } of tasks)
      await appendPiece(draft, result.lists[list as keyof SettleResult['lists']]);
    await syncPath(draft);
    await moveFile(draft, path);
    paths[list] = path;
  }
  return paths;
}

async function appendPiece(path: string, piece: string): Promise<void> {
  if (piece === '') return;
  await pipeline(createReadStream(piece), createWriteStream(path, { flags: 'a' }));
}

/** The first lines of a list after its header. */
export function firstLines(path: string, count: number): string[] {
  const fd = openSync(path, 'r');
  try {
    const piece = Buffer.alloc(64 * 1024);
    const got = readFully(fd, piece, 0, piece.length, 0);
    const lines = piece.toString('latin1', 0, got).split('\n');
    if (got === piece.length) lines.pop();
    return lines.slice(1, count + 1).filter((line) => line !== '');
  } finally {
    closeSync(fd);
  }
}
