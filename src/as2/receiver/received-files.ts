import { createHash } from 'node:crypto';
import { createReadStream, existsSync, rmSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { ByteRange } from '../byte-range.js';
import { openSpoolFile } from '../spool-file.js';

/** Characters of a received file's name that are kept. */
const NAME_CHARACTERS_MAX = 128;
/** Files of one name and other content that get a number each. */
const SAME_NAMES_MAX = 10_000;

export interface ReceivedFile {
  path: string;
  sizeBytes: number;
  sha256: string;
}

/** A name to write to, from what a sender gave or, without it, from the Message-ID: no folders, nothing odd. */
export function safeName(given: string | null, messageId: string): string {
  const name = basename((given ?? '').replaceAll('\\', '/'))
    .replaceAll(/[^A-Za-z0-9._-]/g, '_')
    .replace(/^\.+/, '')
    .slice(0, NAME_CHARACTERS_MAX);
  if (name !== '') return name;
  return `message-${createHash('sha256').update(messageId).digest('hex').slice(0, 16)}`;
}

/** Folder below that of all received files in which they are written; a stop in the middle leaves some there. */
const INCOMING = '.incoming';

/** Removes what an earlier receiver, that was stopped in the middle, left of files. */
export function removeUnfinished(directory: string): void {
  rmSync(join(directory, INCOMING), { recursive: true, force: true });
}

/**
 * Puts content down as a file in a folder of the directory, whole and on the disk, or not at all. A file of the same name and content is the
 * same file: it came before a crash. One with other content is kept, and the new one gets a number.
 */
export async function putFile(
  directory: string,
  folder: string,
  name: string,
  content: ByteRange,
): Promise<ReceivedFile> {
  const staging = await openSpoolFile(join(directory, INCOMING, String(staged++)));
  const hash = createHash('sha256');
  try {
    for await (const piece of content.pieces()) {
      hash.update(piece);
      await staging.write(piece);
    }
    const sha256 = hash.digest('hex');
    const placing = turn.then(async () => {
      const path = await freePath(join(directory, folder), name, content.sizeBytes, sha256);
      await staging.commit(path);
      return path;
    });
    turn = placing.then(
      () => {},
      () => {},
    );
    return { path: await placing, sizeBytes: content.sizeBytes, sha256 };
  } catch (thrown) {
    await staging.abandon();
    throw thrown;
  }
}

/** Keeps the names of files that are written at the same time apart. */
let staged = 0;
/** Names are given to one file after the other, so that no two take the same. */
let turn: Promise<void> = Promise.resolve();

async function freePath(directory: string, name: string, sizeBytes: number, sha256: string): Promise<string> {
  for (let number = 1; number <= SAME_NAMES_MAX; number++) {
    const path = join(directory, number === 1 ? name : `${name}.${number}`);
    if (!existsSync(path)) return path;
    if (statSync(path).size === sizeBytes && (await sha256Of(path)) === sha256) return path;
  }
  throw new Error(`${directory} holds more than ${SAME_NAMES_MAX} files named ${name}`);
}

async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const piece of createReadStream(path)) hash.update(piece as Buffer);
  return hash.digest('hex');
}
