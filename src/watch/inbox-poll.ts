import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf, messageOf } from '../model/errors.js';
import type { Config } from '../pipeline/config/config.js';
import { type Claim, claimed, INPUTS_MAX, shownPath, UNFINISHED } from '../pipeline/intake/intake.js';

/** Files of one inbox that are looked at in one poll; the others wait until these are gone. */
export const POLLED_FILES_MAX = 20_000;

/** A file with the name of an unfinished one that has not changed for so long does not come any more. */
const FORGOTTEN_MS = 10 * 60_000;

/** What tells a file from what it was a moment ago. */
export interface FileFacts {
  size: number;
  mtimeMs: number;
  ctimeMs: number;
}

/** How folders are looked at; tests put a network share that fails in its place. */
export interface FolderReader {
  list(folder: string): Promise<string[]>;
  /** @returns null where the name is no regular file */
  look(path: string): Promise<FileFacts | null>;
}

/**
 * Looks at the file system itself. A file is opened to be looked at: over NFS that is what brings its true size,
 * where a mere question would be answered from a memory that may be a minute old.
 */
export const DISK: FolderReader = {
  list: (folder) => readdir(folder),
  async look(path) {
    const file = await open(path, 'r');
    try {
      const stat = await file.stat();
      return stat.isFile() ? stat : null;
    } finally {
      await file.close();
    }
  },
};

/** A file of an inbox, as the last poll saw it. */
interface SeenFile {
  facts: FileFacts;
  /** Polls in a row that saw it like this, and the clock at the first of them. */
  polls: number;
  sinceMs: number;
  /** Left alone until then: a run could not take it in. */
  heldUntilMs: number;
}

/** What lies in an inbox after a poll. */
export interface PolledSource {
  source: string;
  /** Files that may be taken in, in the order of their names. */
  ready: { name: string; path: string; facts: FileFacts; readySinceMs: number }[];
  /** Files that are still coming, or that are left alone, with the reason. */
  left: { path: string; reason: string; isComing: boolean }[];
  /** Why the inbox cannot be looked at, or null. */
  problem: string | null;
  /** When something in it last changed, as far as polls saw. */
  changedMs: number;
}

/**
 * Looks into the inboxes again and again. A file is ready when two polls in a row saw the same size and time, and
 * it is as old as its source wants, by the time that we saw it unchanged or by its own time, whichever is longer:
 * clocks of file servers are not ours. An inbox that does not answer is asked no second time until it has answered,
 * and keeps the others from nothing.
 */
export class InboxPoll {
  private readonly seen: Map<string, SeenFile>[];
  private readonly last: PolledSource[];
  /** Sources that are being asked: a share that hangs, hangs once. */
  private readonly asked: (Promise<void> | null)[];

  constructor(
    private readonly config: Pick<Config, 'sources'>,
    private readonly reader: FolderReader = DISK,
  ) {
    this.seen = config.sources.map(() => new Map());
    this.asked = config.sources.map(() => null);
    this.last = config.sources.map(({ name }) => emptySource(name));
  }

  /**
   * Asks every inbox once, and waits for the answers, but not beyond `patience`.
   * @param patience settles when who has not answered is left behind
   */
  async poll(nowMs: number, patience: Promise<unknown>): Promise<readonly PolledSource[]> {
    const asking = this.config.sources.map((_, i) => this.ask(i, nowMs));
    await Promise.race([Promise.all(asking), patience]);
    for (const [i, { name, inbox }] of this.config.sources.entries()) {
      if (this.asked[i] === null) continue;
      this.seen[i]!.clear();
      const problem = `The inbox of source ${name} does not answer: ${inbox}. Look whether its share is there.`;
      this.last[i] = { ...emptySource(name), problem, changedMs: nowMs };
    }
    return this.last;
  }

  /** Leaves a file alone until then, unless it changes: a run that took it in could not read it. */
  hold(path: string, untilMs: number): void {
    for (const files of this.seen) {
      const file = files.get(path);
      if (file !== undefined) file.heldUntilMs = untilMs;
    }
  }

  private async ask(i: number, nowMs: number): Promise<void> {
    if (this.asked[i] !== null) return;
    const asking = this.look(i, nowMs).finally(() => {
      this.asked[i] = null;
    });
    this.asked[i] = asking;
    return asking;
  }

  private async look(i: number, nowMs: number): Promise<void> {
    const { name: source, inbox, minimumAgeSeconds } = this.config.sources[i]!;
    const polled = emptySource(source);
    const before = this.seen[i]!;
    const now = new Map<string, SeenFile>();
    polled.changedMs = this.last[i]!.changedMs;
    try {
      const names = (await this.reader.list(inbox)).sort((a, b) => (a < b ? -1 : Number(a > b)));
      for (const name of names.slice(0, POLLED_FILES_MAX)) {
        const path = join(inbox, name);
        const facts = await this.facts(path, polled);
        if (facts === null) continue;
        const file = follow(before.get(path), facts, nowMs);
        now.set(path, file);
        if (file.polls === 1) polled.changedMs = nowMs;
        const wait = whyWait(name, file, minimumAgeSeconds * 1000, nowMs);
        if (wait === null) polled.ready.push({ name, path, facts, readySinceMs: file.sinceMs });
        else polled.left.push({ path, ...wait });
      }
      if (names.length > POLLED_FILES_MAX)
        polled.left.push(left(inbox, `only its first ${POLLED_FILES_MAX} files are looked at`));
    } catch (thrown) {
      polled.problem = `The inbox of source ${source} cannot be read: ${messageOf(thrown)}. Make the folder, or give this user the right to read it.`;
      polled.ready = [];
      now.clear();
    }
    this.seen[i] = now;
    this.last[i] = polled;
  }

  /** Null where there is nothing to take in; why not stands in `polled`, unless the file has just gone. */
  private async facts(path: string, polled: PolledSource): Promise<FileFacts | null> {
    try {
      const facts = await this.reader.look(path);
      if (facts === null) polled.left.push(left(path, 'it is no file'));
      return facts;
    } catch (thrown) {
      if (codeOf(thrown) !== 'ENOENT')
        polled.left.push(left(path, `it cannot be looked at: ${messageOf(thrown)}`));
      return null;
    }
  }
}

/** The files that a run is to take in, and what it tells of the others. */
export function claimOf(polled: readonly PolledSource[]): Claim {
  const claim: Claim = { inputs: [], leftInInbox: [], inboxProblems: [] };
  for (const [sourceIndex, { source, ready, left: others, problem }] of polled.entries()) {
    if (problem !== null) claim.inboxProblems.push(problem);
    for (const { path, reason } of others) claim.leftInInbox.push({ path: shownPath(path), reason });
    for (const { name, path, facts } of ready) {
      if (claim.inputs.length < INPUTS_MAX)
        claim.inputs.push(claimed(source, sourceIndex, path, name, facts));
      else
        claim.leftInInbox.push({ path: shownPath(path), reason: `a run takes at most ${INPUTS_MAX} files` });
    }
  }
  return claim;
}

function emptySource(source: string): PolledSource {
  return { source, ready: [], left: [], problem: null, changedMs: 0 };
}

const left = (path: string, reason: string) => ({ path, reason, isComing: false });

function follow(before: SeenFile | undefined, facts: FileFacts, nowMs: number): SeenFile {
  const isSame =
    before !== undefined && before.facts.size === facts.size && before.facts.mtimeMs === facts.mtimeMs;
  return isSame
    ? { ...before, facts, polls: before.polls + 1 }
    : { facts, polls: 1, sinceMs: nowMs, heldUntilMs: 0 };
}

function whyWait(
  name: string,
  { polls, sinceMs, facts, heldUntilMs }: SeenFile,
  ageMs: number,
  nowMs: number,
): { reason: string; isComing: boolean } | null {
  const unchangedMs = nowMs - sinceMs;
  if (UNFINISHED.test(name)) {
    const isComing = !name.startsWith('.') && unchangedMs < FORGOTTEN_MS;
    return { reason: 'its name says that it is not whole yet', isComing };
  }
  if (heldUntilMs > nowMs) {
    const again = new Date(heldUntilMs).toISOString();
    return { reason: `a run could not take it in; it is tried again at ${again}`, isComing: false };
  }
  if (polls < 2) return { reason: 'it has just come or changed', isComing: true };
  if (Math.max(unchangedMs, nowMs - facts.mtimeMs) < ageMs)
    return { reason: `it was changed less than ${ageMs / 1000} s ago`, isComing: true };
  return null;
}
