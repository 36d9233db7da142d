import { readdirSync, type Stats, statSync } from 'node:fs';
import { basename, join, relative, resolve } from 'node:path';
import { messageOf, ReadmillError } from '../../model/errors.js';
import type { Config } from '../config/config.js';
import type { InputRecord } from '../run-state.js';
import { hashFile } from './hash-file.js';

/** Files that one run takes in; the others wait for the next. */
export const INPUTS_MAX = 10_000;

/** Names that a sender uses while a file is on its way. */
export const UNFINISHED = /^\.|\.(tmp|part|partial|filepart|crdownload)$/i;

export interface Claim {
  inputs: InputRecord[];
  leftInInbox: { path: string; reason: string }[];
  inboxProblems: string[];
}

/**
 * Looks into the inboxes and claims the files that are old enough, in the order of sources and names.
 * @param clockMs the system's clock, milliseconds since 1970: ages are those of the file system
 */
export function claimFiles(config: Config, clockMs: number): Claim {
  const claim: Claim = { inputs: [], leftInInbox: [], inboxProblems: [] };
  for (const [sourceIndex, source] of config.sources.entries()) {
    let names: string[];
    try {
      names = readdirSync(source.inbox).sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
    } catch (thrown) {
      claim.inboxProblems.push(
        `The inbox of source ${source.name} cannot be read: ${messageOf(thrown)}. Make the folder, or give this user the right to read it.`,
      );
      continue;
    }
    for (const name of names) claimFile(claim, sourceIndex, source, name, clockMs);
  }
  return claim;
}

function claimFile(
  claim: Claim,
  sourceIndex: number,
  source: Config['sources'][number],
  name: string,
  clockMs: number,
): void {
  const path = join(source.inbox, name);
  const leave = (reason: string) => claim.leftInInbox.push({ path: shownPath(path), reason });
  if (UNFINISHED.test(name)) return void leave('its name says that it is not whole yet');
  let stat: ReturnType<typeof statSync>;
  try {
    stat = statSync(path);
  } catch (thrown) {
    return void leave(`it cannot be looked at: ${messageOf(thrown)}`);
  }
  if (!stat.isFile()) return void leave('it is no file');
  const ageSeconds = (clockMs - stat.mtimeMs) / 1000;
  if (ageSeconds < source.minimumAgeSeconds) {
    return void leave(`it was changed less than ${source.minimumAgeSeconds} s ago`);
  }
  if (claim.inputs.length >= INPUTS_MAX) return void leave(`a run takes at most ${INPUTS_MAX} files`);
  claim.inputs.push(claimed(source.name, sourceIndex, path, name, stat));
}

/** A file as a run takes it in, with what tells whether it changes while it is read. */
export function claimed(
  source: string,
  sourceIndex: number,
  path: string,
  name: string,
  stat: { size: number; mtimeMs: number; ctimeMs: number },
): InputRecord {
  return {
    source,
    sourceIndex,
    path,
    name,
    sizeBytes: stat.size,
    modifiedMs: stat.mtimeMs,
    changedMs: stat.ctimeMs,
    sha256: '',
    status: 'claimed',
    members: [{ path, name, sizeBytes: stat.size }],
  };
}

/**
 * A file that was named to us, as a source's.
 * @throws ReadmillError READMILL_FILE_UNREADABLE where it is no file that can be looked at
 */
export function inputOf(file: string, config: Config, sourceIndex: number): InputRecord {
  const path = resolve(file);
  const remedy = 'Name a file that is there and that this user may read.';
  let stat: ReturnType<typeof statSync>;
  try {
    stat = statSync(path);
  } catch (thrown) {
    const message = `${file} cannot be read: ${messageOf(thrown)}. ${remedy}`;
    throw new ReadmillError('READMILL_FILE_UNREADABLE', message, { cause: thrown });
  }
  if (!stat.isFile()) throw new ReadmillError('READMILL_FILE_UNREADABLE', `${file} is no file. ${remedy}`);
  return claimed(config.sources[sourceIndex]!.name, sourceIndex, path, basename(path), stat);
}

/** Whether a claimed file is no longer what was claimed. */
export function hasChanged(input: InputRecord): boolean {
  return !isAsClaimed(input, statSync(input.path));
}

function isAsClaimed(input: InputRecord, stat: Stats): boolean {
  return (
    stat.size === input.sizeBytes && stat.mtimeMs === input.modifiedMs && stat.ctimeMs === input.changedMs
  );
}

/**
 * Sees to it that a file that was read has still the content that was read, whatever its times say: somebody may
 * have put it back. Its times count from then on as those of the claim, so that reading it again does not find it
 * changed.
 * @param why ends the message's first sentence: what the content is needed for
 * @throws ReadmillError READMILL_INPUT_CHANGED
 */
export function requireSameContent(input: InputRecord, why: string): void {
  let problem = 'holds something else';
  try {
    // The times of before the reading: what is written during it shows as a change later.
    const stat = statSync(input.path);
    if (isAsClaimed(input, stat)) return;
    if (hashFile(input.path) === input.sha256) {
      input.modifiedMs = stat.mtimeMs;
      input.changedMs = stat.ctimeMs;
      return;
    }
  } catch (thrown) {
    problem = `cannot be read: ${messageOf(thrown)}`;
  }
  throw new ReadmillError(
    'READMILL_INPUT_CHANGED',
    `${input.path} was read in this run, and now ${problem}; ${why}. Put the file back as it came (SHA-256 ${input.sha256}), then run the same command again: it goes on where it was.`,
  );
}

/** A path as it is shown: relative where it lies below the working folder. */
export function shownPath(path: string): string {
  const near = relative(process.cwd(), path);
  return near !== '' && !near.startsWith('..') ? near : path;
}
