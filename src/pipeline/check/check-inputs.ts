import { createWriteStream, readdirSync, realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { glob, isDynamicPattern } from 'tinyglobby';
import { codeOf, isDiskFull, messageOf, ReadmillError } from '../../model/errors.js';
import {
  type Archive,
  archiveKind,
  type ExpansionBudget,
  expandArchive,
  expansionBudget,
} from '../intake/expand.js';
import type { CheckInput, CheckOutcome } from './check-files.js';

/** Files of one call, those within archives included. */
const CHECK_FILES_MAX = 10_000;
/** An archive may stand in an archive, but not deeper. */
const ARCHIVE_DEPTH_MAX = 2;
/** Stands for standard input among the arguments. */
const STANDARD_INPUT = '-';

/** The files that are to be checked, and those arguments and archives that cannot be read. */
export interface GatheredInputs {
  inputs: CheckInput[];
  failures: CheckOutcome['failures'];
}

/** What gathering has come to. */
interface Gathering extends GatheredInputs {
  /** Folder for what is expanded or comes from standard input. */
  folder: () => string;
  /** Files of `folder` so far. */
  made: number;
}

/**
 * Finds the files that the arguments name: a file, a folder (all files in it and in its folders, but for
 * those whose names begin with a dot), a pattern such as `night/*.cmep`, or `-` for standard input. What is
 * compressed (.gz, .zip) is expanded, each file within by itself. A file that is named twice is taken once.
 * @param folder gives a folder for what is expanded
 * @throws ReadmillError READMILL_DISK_FULL; READMILL_OPTION where there are too many files
 */
export async function gatherInputs(
  args: readonly string[],
  folder: () => string,
  standardInput: Readable,
): Promise<GatheredInputs> {
  const gathering: Gathering = { inputs: [], failures: [], folder, made: 0 };
  const seen = new Set<string>();
  for (const argument of args) {
    if (argument === STANDARD_INPUT) {
      if (!seen.has(argument)) await takeStream(gathering, standardInput);
      seen.add(argument);
      continue;
    }
    for (const path of await pathsOf(gathering, argument)) {
      const real = realpathSync(path);
      if (!seen.has(real)) await takeFile(gathering, path, path, 0);
      seen.add(real);
    }
  }
  const { inputs, failures } = gathering;
  return { inputs, failures };
}

/** Files that an argument names; none, and a failure, where it names nothing. */
async function pathsOf(gathering: Gathering, argument: string): Promise<string[]> {
  try {
    if (!statSync(argument).isDirectory()) return [argument];
    const entries = readdirSync(argument, { recursive: true, withFileTypes: true });
    const paths = entries
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name));
    const isHidden = (path: string) => /(^|[\\/])\.[^\\/]/.test(path.slice(argument.length));
    const shown = paths.filter((path) => !isHidden(path)).sort();
    if (shown.length === 0) fail(gathering, argument, 'is a folder without files');
    return shown;
  } catch (thrown) {
    if (codeOf(thrown) !== 'ENOENT' || !isDynamicPattern(argument)) {
      fail(gathering, argument, `cannot be read: ${messageOf(thrown)}`, thrown);
      return [];
    }
  }
  const matches = (await glob(argument, { onlyFiles: true, expandDirectories: false })).sort();
  if (matches.length === 0) fail(gathering, argument, 'matches no file');
  return matches;
}

function fail(gathering: Gathering, name: string, problem: string, cause?: unknown): void {
  const message = `${name} ${problem}. Check the name and the rights.`;
  const error = new ReadmillError('READMILL_FILE_UNREADABLE', message, { cause });
  gathering.failures.push({ name, error });
}

async function takeStream(gathering: Gathering, stream: Readable): Promise<void> {
  const path = nextPath(gathering);
  try {
    await pipeline(stream, createWriteStream(path, { mode: 0o600 }));
  } catch (thrown) {
    throw diskFull(thrown) ?? thrown;
  }
  await takeFile(gathering, path, STANDARD_INPUT, 0);
}

/**
 * Takes a file, or what it holds where it is an archive.
 * @param outer budget of the archive that the file stands in, or null
 */
async function takeFile(
  gathering: Gathering,
  path: string,
  name: string,
  depth: number,
  outer: ExpansionBudget | null = null,
): Promise<void> {
  try {
    const kind = archiveKind(path);
    if (kind === null) {
      if (gathering.inputs.length >= CHECK_FILES_MAX) {
        const message = `More than ${CHECK_FILES_MAX} files to check. Name fewer of them in one call.`;
        throw new ReadmillError('READMILL_OPTION', message);
      }
      gathering.inputs.push({ path, name });
      return;
    }
    if (depth === ARCHIVE_DEPTH_MAX) {
      fail(gathering, name, 'is an archive within an archive within an archive');
      return;
    }
    const archive: Archive = { path, name, sizeBytes: statSync(path).size, kind };
    const nameOf = (inner: string) => (kind === 'gz' ? name : `${name}/${inner}`);
    const budget = outer ?? expansionBudget(archive.sizeBytes);
    for await (const member of expandArchive(archive, () => nextPath(gathering), nameOf, budget)) {
      await takeFile(gathering, member.path, member.name, depth + 1, budget);
    }
  } catch (thrown) {
    const ends = diskFull(thrown);
    if (ends !== null) throw ends;
    if (codeOf(thrown) === 'READMILL_OPTION') throw thrown;
    const error =
      thrown instanceof ReadmillError
        ? thrown
        : new ReadmillError(
            'READMILL_FILE_UNREADABLE',
            `${name} cannot be read: ${messageOf(thrown)}. Check that it is whole, and that you may read it.`,
            { cause: thrown },
          );
    gathering.failures.push({ name, error });
  }
}

function nextPath(gathering: Gathering): string {
  return join(gathering.folder(), `${gathering.made++}.input`);
}

/** The error for a full disk, where that is what went wrong; else null. */
export function diskFull(thrown: unknown): ReadmillError | null {
  if (!isDiskFull(thrown)) return null;
  const message = `The folder for temporary files is full: ${messageOf(thrown)}. Make room there, or name another folder with the environment variable TMPDIR.`;
  return new ReadmillError('READMILL_DISK_FULL', message, { cause: thrown });
}
