import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { codeOf } from '../model/errors.js';

/** Notices that are kept; of those that are over, the oldest are forgotten. */
export const NOTICES_KEPT_MAX = 500;
/** Days after which a notice that is over is forgotten. */
const OVER_DAYS = 30;
const DAY_MS = 86_400_000;
const ID_DIGITS = 16;

export type NoticeKind =
  | 'night-failed'
  | 'night-late'
  | 'low-read-success'
  | 'undelivered'
  | 'certificate'
  | 'inbox'
  | 'keys';

/** Something that a person has to look at, as long as it is so. */
export interface Problem {
  kind: NoticeKind;
  /** What it is about: with the kind it tells one problem from another. */
  subject: string;
  level: 'bad' | 'doubt';
  /** What is wrong, and what to do about it. */
  text: string;
}

/** A problem with what became of it. Times are milliseconds since 1970. */
export interface Notice extends Problem {
  id: string;
  firstMs: number;
  /** When it was over, or null. */
  overMs: number | null;
  /** What people must still be told of it by the hooks. */
  untold: 'raised' | 'over' | null;
}

/** Somebody has seen a notice. */
export interface Acknowledgement {
  ms: number;
}

const folderOf = (state: string): string => join(state, 'notices');

/**
 * The notices of a state folder, a file each. Only the watch writes them; that somebody has seen one is a file
 * beside it, so that another process can say so.
 */
export class NoticeBook {
  private readonly notices = new Map<string, Notice>();

  constructor(private readonly state: string) {
    for (const notice of readNotices(state)) this.notices.set(notice.id, notice);
  }

  /**
   * Compares what is wrong now with what was.
   * @returns the notices that the hooks have to be told of
   */
  update(problems: readonly Problem[], nowMs: number): Notice[] {
    const current = new Map(problems.map((problem) => [noticeId(problem), problem]));
    for (const [id, problem] of current) {
      const known = this.notices.get(id);
      if (known !== undefined && known.overMs === null) {
        if (known.text !== problem.text) this.put({ ...known, ...problem });
        continue;
      }
      rmSync(acknowledgementPath(this.state, id), { force: true });
      this.put({ ...problem, id, firstMs: nowMs, overMs: null, untold: 'raised' });
    }
    for (const notice of this.notices.values()) {
      if (notice.overMs !== null || current.has(notice.id)) continue;
      // What nobody was told of yet needs no second message.
      const untold = notice.untold === 'raised' ? null : 'over';
      this.put({ ...notice, overMs: nowMs, untold });
    }
    this.forgetOld(nowMs);
    return [...this.notices.values()].filter(({ untold }) => untold !== null);
  }

  /** The hooks have been told; where it has changed since, they have to be told again. */
  told({ id, untold }: Notice): void {
    const notice = this.notices.get(id);
    if (notice !== undefined && notice.untold === untold) this.put({ ...notice, untold: null });
  }

  all(): Notice[] {
    return [...this.notices.values()];
  }

  private put(notice: Notice): void {
    this.notices.set(notice.id, notice);
    const folder = folderOf(this.state);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const path = join(folder, `${notice.id}.json`);
    writeFileSync(`${path}.tmp`, `${JSON.stringify(notice, null, 2)}\n`, { mode: 0o600 });
    renameSync(`${path}.tmp`, path);
  }

  private forgetOld(nowMs: number): void {
    const over = this.all()
      .filter(({ overMs, untold }) => overMs !== null && untold === null)
      .sort((a, b) => a.overMs! - b.overMs!);
    const tooMany = this.notices.size - NOTICES_KEPT_MAX;
    for (const [i, { id, overMs }] of over.entries()) {
      if (i >= tooMany && overMs! >= nowMs - OVER_DAYS * DAY_MS) continue;
      this.notices.delete(id);
      rmSync(join(folderOf(this.state), `${id}.json`), { force: true });
      rmSync(acknowledgementPath(this.state, id), { force: true });
    }
  }
}

/** Notices as they lie in the state folder, the latest first. */
export function readNotices(state: string): (Notice & { acknowledgedMs: number | null })[] {
  const folder = folderOf(state);
  const notices = namesIn(folder).flatMap((name) => {
    if (!name.endsWith('.json')) return [];
    const notice = readJson<Notice>(join(folder, name));
    if (notice === null) return [];
    const seen = readJson<Acknowledgement>(acknowledgementPath(state, notice.id));
    return [{ ...notice, acknowledgedMs: seen?.ms ?? null }];
  });
  return notices.sort((a, b) => b.firstMs - a.firstMs);
}

/** Notes that somebody has seen a notice. @returns false where there is no such notice */
export function acknowledge(state: string, id: string, nowMs: number): boolean {
  if (!readNotices(state).some((notice) => notice.id === id)) return false;
  writeFileSync(acknowledgementPath(state, id), JSON.stringify({ ms: nowMs } satisfies Acknowledgement), {
    mode: 0o600,
  });
  return true;
}

function acknowledgementPath(state: string, id: string): string {
  return join(folderOf(state), `${id}.seen`);
}

/** Names a notice: the same for the same problem. */
export function noticeId({ kind, subject }: Problem): string {
  return createHash('sha256').update(`${kind}\n${subject}`).digest('hex').slice(0, ID_DIGITS);
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (thrown) {
    if (codeOf(thrown) === 'ENOENT') return [];
    throw thrown;
  }
}

/** @returns null where the file has gone, or was cut off by a crash */
function readJson<T>(path: string): T | null {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as T;
  } catch (thrown) {
    if (codeOf(thrown) === 'ENOENT' || thrown instanceof SyntaxError) return null;
    throw thrown;
  }
}
