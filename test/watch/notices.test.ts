import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  acknowledge,
  NOTICES_KEPT_MAX,
  NoticeBook,
  type Problem,
  readNotices,
} from '../../src/watch/notices.js';

let state = '';
beforeEach(() => {
  state = mkdtempSync(join(tmpdir(), 'readmill-notices-'));
});
afterEach(() => rmSync(state, { recursive: true }));

const LATE: Problem = {
  kind: 'night-late',
  subject: '2026-11-25 north',
  level: 'bad',
  text: 'North is late.',
};
const DAY = 86_400_000;

/** One update; all that is untold is told at once. */
function tell(book: NoticeBook, problems: Problem[], nowMs: number): string[] {
  const untold = book.update(problems, nowMs);
  for (const notice of untold) book.told(notice);
  return untold.map(({ untold: what, subject }) => `${what} ${subject}`);
}

describe('a problem', () => {
  it('is told once when it comes, once when it is over, and again when it comes back', () => {
    const book = new NoticeBook(state);
    expect(tell(book, [LATE], 1)).toEqual(['raised 2026-11-25 north']);
    expect(tell(book, [LATE], 2)).toEqual([]);
    expect(tell(book, [{ ...LATE, text: 'North is still late.' }], 3)).toEqual([]);
    expect(readNotices(state)).toMatchObject([{ firstMs: 1, overMs: null, text: 'North is still late.' }]);
    expect(tell(book, [], 4)).toEqual(['over 2026-11-25 north']);
    expect(tell(book, [], 5)).toEqual([]);
    expect(tell(book, [LATE], 6)).toEqual(['raised 2026-11-25 north']);
    expect(readNotices(state)).toMatchObject([{ firstMs: 6, overMs: null }]);
  });

  it('is remembered by the next process, told or not', () => {
    const first = new NoticeBook(state);
    first.update([LATE], 1);
    expect(tell(new NoticeBook(state), [LATE], 2)).toEqual(['raised 2026-11-25 north']);
    expect(tell(new NoticeBook(state), [LATE], 3)).toEqual([]);
  });

  it('that was over before anybody was told is not told', () => {
    const book = new NoticeBook(state);
    book.update([LATE], 1);
    expect(book.update([], 2)).toEqual([]);
  });

  it('that changed while the hooks were told is told as it is then', () => {
    const book = new NoticeBook(state);
    const [raised] = book.update([LATE], 1);
    book.update([], 2);
    book.told(raised!);
    expect(readNotices(state)).toMatchObject([{ overMs: 2 }]);
  });
});

describe('that somebody has seen a notice', () => {
  it('stands beside it until it is raised again', () => {
    const book = new NoticeBook(state);
    tell(book, [LATE], 1);
    const { id } = readNotices(state)[0]!;
    expect(acknowledge(state, id, 2)).toBe(true);
    expect(readNotices(state)[0]!.acknowledgedMs).toBe(2);
    tell(book, [], 3);
    tell(book, [LATE], 4);
    expect(readNotices(state)[0]!.acknowledgedMs).toBeNull();
  });

  it.each(['0123456789abcdef', '../../etc/passwd', ''])('is refused for "%s", which is none', (id) => {
    tell(new NoticeBook(state), [LATE], 1);
    expect(acknowledge(state, id, 2)).toBe(false);
    expect(readdirSync(join(state, 'notices'))).toHaveLength(1);
  });
});

describe('what is kept', () => {
  it('is bounded: the oldest that are over go first', () => {
    const book = new NoticeBook(state);
    const many = Array.from({ length: NOTICES_KEPT_MAX + 20 }, (_, i) => ({ ...LATE, subject: `${i}` }));
    tell(book, many, 1);
    tell(book, many.slice(25), 2);
    tell(book, many.slice(25), 3);
    const subjects = readNotices(state).map(({ subject }) => subject);
    expect(subjects).toHaveLength(NOTICES_KEPT_MAX);
    expect(subjects).not.toContain('19');
    expect(subjects).toContain('20');
  });

  it('is forgotten after a month, but not while it lasts', () => {
    const book = new NoticeBook(state);
    tell(book, [LATE, { ...LATE, subject: 'south' }], 1);
    tell(book, [LATE], 2);
    tell(book, [LATE], 31 * DAY);
    expect(readNotices(state).map(({ subject }) => subject)).toEqual([LATE.subject]);
  });

  it('is read also where a crash left half a file', () => {
    tell(new NoticeBook(state), [LATE], 1);
    writeFileSync(join(state, 'notices', 'half.json'), '{"id": "half"');
    expect(new NoticeBook(state).all()).toHaveLength(1);
  });
});
