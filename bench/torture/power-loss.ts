import { existsSync, mkdirSync, readFileSync, renameSync, statSync, truncateSync } from 'node:fs';
import { basename, dirname } from 'node:path';

/** One entry of the journal that the preload module keeps: a change of the disk, in the order of all threads. */
export type DiskChange =
  | { kind: 'write' | 'remove'; path: string }
  | { kind: 'sync'; path: string; sizeBytes: number }
  | { kind: 'rename'; path: string; to: string };

/** Reads a journal; empty where nothing was noted. */
export function readJournal(path: string): DiskChange[] {
  const text = existsSync(path) ? readFileSync(path, 'utf8') : '';
  const lines = text.split('\n').filter((line) => line !== '');
  return lines.map((line): DiskChange => {
    const [kind, path, more] = line.split('\t') as [DiskChange['kind'], string, string?];
    if (kind === 'rename') return { kind, path, to: more! };
    return kind === 'sync' ? { kind, path, sizeBytes: Number(more) } : { kind, path };
  });
}

/** What of a file is on the disk. */
interface FileOnDisk {
  syncedBytes: number;
  isDirty: boolean;
}

/** LMDB syncs what it writes by itself, unseen here; what is written into its file beside it is room without content. */
const LMDB_FILE = 'data.mdb';

/**
 * Takes from the disk what a loss of power may take: bytes that were not synced, and names that were given by a
 * rename whose folder was not synced since. The file of LMDB is not looked at.
 * @param keepsName whether a rename that was not synced holds all the same: the system may have written it already
 * @returns what was taken, a line each
 */
export function losePower(journal: readonly DiskChange[], keepsName: (to: string) => boolean): string[] {
  const { files, renames } = replayed(journal);
  const taken: string[] = [];
  for (const { path, to } of renames.reverse()) {
    if (keepsName(to) || !existsSync(to) || existsSync(path)) continue;
    mkdirSync(dirname(path), { recursive: true });
    renameSync(to, path);
    moveEntry(files, to, path);
    taken.push(`${to} is ${path} again`);
  }
  for (const [path, { syncedBytes, isDirty }] of files) {
    if (!isDirty || basename(path) === LMDB_FILE || !existsSync(path) || statSync(path).size <= syncedBytes)
      continue;
    truncateSync(path, syncedBytes);
    taken.push(`${path} has ${syncedBytes} bytes`);
  }
  return taken;
}

type Rename = Extract<DiskChange, { kind: 'rename' }>;

/** What the disk is sure to hold at the end of a journal: of files, and the renames that it may not hold. */
function replayed(journal: readonly DiskChange[]): { files: Map<string, FileOnDisk>; renames: Rename[] } {
  const files = new Map<string, FileOnDisk>();
  let renames: Rename[] = [];
  for (const change of journal) {
    const { kind, path } = change;
    if (kind === 'write') files.set(path, { syncedBytes: files.get(path)?.syncedBytes ?? 0, isDirty: true });
    else if (kind === 'sync') {
      files.set(path, { syncedBytes: change.sizeBytes, isDirty: false });
      renames = renames.filter(({ to }) => dirname(to) !== path);
    } else if (kind === 'rename') {
      moveEntry(files, path, change.to);
      renames.push(change);
    } else files.delete(path);
  }
  return { files, renames };
}

function moveEntry(files: Map<string, FileOnDisk>, from: string, to: string): void {
  const file = files.get(from);
  files.delete(from);
  if (file === undefined) files.delete(to);
  else files.set(to, file);
}

/**
 * Renames that gave a file a name before its bytes were on the disk, and those whose folder was not synced
 * afterwards: after a loss of power what stands under the name may be empty, or not there.
 */
export function unsafeRenames(journal: readonly DiskChange[]): string[] {
  const unsafe: string[] = [];
  const dirty = new Set<string>();
  const written = new Set<string>();
  for (const [i, change] of journal.entries()) {
    const { kind, path } = change;
    if (kind === 'write') {
      dirty.add(path);
      written.add(path);
    } else if (kind === 'sync') dirty.delete(path);
    else if (kind === 'rename' && written.has(path)) {
      written.add(change.to);
      if (dirty.delete(path)) unsafe.push(`${change.to}: its bytes were not synced`);
      const folder = dirname(change.to);
      const isSynced = journal.slice(i).some((later) => later.kind === 'sync' && later.path === folder);
      if (!isSynced) unsafe.push(`${change.to}: its folder was not synced`);
    }
  }
  return unsafe;
}
