import { appendFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import type { Config } from '../../src/pipeline/config/config.js';
import { claimOf, type FileFacts, type FolderReader, InboxPoll } from '../../src/watch/inbox-poll.js';

const folder = mkdtempSync(join(tmpdir(), 'readmill-poll-'));
afterAll(() => rmSync(folder, { recursive: true }));

const NEVER = new Promise<never>(() => undefined);
const AT_ONCE = Promise.resolve();
/** Far from the epoch, and later than the files of the disk by their own clock. */
const T0 = Date.parse('2026-11-25T02:00:00Z');

const configOf = (...sources: Partial<Config['sources'][number]>[]): Pick<Config, 'sources'> => ({
  sources: sources.map((source, i) => ({
    name: `s${i}`,
    inbox: `/in${i}`,
    minimumAgeSeconds: 0,
    ...source,
  })) as Config['sources'],
});

/** A share in memory. */
class Share implements FolderReader {
  readonly files = new Map<string, FileFacts>();
  readonly asked: string[] = [];
  fault: ((path: string) => Promise<never> | undefined) | null = null;

  async list(path: string): Promise<string[]> {
    this.asked.push(path);
    await this.fault?.(path);
    return [...this.files.keys()]
      .filter((file) => file.startsWith(`${path}/`))
      .map((file) => file.slice(path.length + 1));
  }

  async look(path: string): Promise<FileFacts | null> {
    await this.fault?.(path);
    return this.files.get(path) ?? null;
  }
}

const facts = (size: number, mtimeMs = T0): FileFacts => ({ size, mtimeMs, ctimeMs: mtimeMs });
const failing = (code: string) => () => Promise.reject(Object.assign(new Error(`${code}: no`), { code }));

describe('a file is ready', () => {
  it('when two polls in a row saw it the same, whatever came before: as a model says', async () => {
    const steps = fc.array(
      fc.record({
        seconds: fc.integer({ min: 1, max: 20 }),
        size: fc.option(fc.integer({ min: 0, max: 2 }), { nil: null }),
      }),
      { maxLength: 12 },
    );
    await fc.assert(
      fc.asyncProperty(steps, fc.integer({ min: 0, max: 30 }), async (given, minimumAgeSeconds) => {
        const share = new Share();
        const poll = new InboxPoll(configOf({ minimumAgeSeconds }), share);
        let nowMs = T0;
        let before: number | null = null;
        let sinceMs = 0;
        for (const { seconds, size } of given) {
          nowMs += seconds * 1000;
          if (size === null) share.files.clear();
          // The file's own time lies ahead of our clock: only what we saw ourselves makes it old.
          else share.files.set('/in0/a.cmep', facts(size, T0 + 1e9));
          const isSame = size !== null && before === size;
          if (!isSame) sinceMs = nowMs;
          const [polled] = await poll.poll(nowMs, NEVER);
          const isReady = isSame && nowMs - sinceMs >= minimumAgeSeconds * 1000;
          expect(polled!.ready.length).toBe(isReady ? 1 : 0);
          before = size;
        }
      }),
    );
  });

  it('after minimumAgeSeconds by its own time, where that is longer', async () => {
    const share = new Share();
    share.files.set('/in0/old.cmep', facts(1, T0 - 60_000));
    const poll = new InboxPoll(configOf({ minimumAgeSeconds: 30 }), share);
    expect((await poll.poll(T0, NEVER))[0]!.ready).toEqual([]);
    expect((await poll.poll(T0 + 1000, NEVER))[0]!.ready.map(({ name }) => name)).toEqual(['old.cmep']);
  });

  it('never under the name of an unfinished one, which counts as coming for ten minutes', async () => {
    const share = new Share();
    for (const name of ['a.cmep.part', '.hidden']) share.files.set(`/in0/${name}`, facts(1));
    const poll = new InboxPoll(configOf({}), share);
    await poll.poll(T0, NEVER);
    const coming = async (ms: number) => {
      const [polled] = await poll.poll(T0 + ms, NEVER);
      expect(polled!.ready).toEqual([]);
      return polled!.left.filter(({ isComing }) => isComing).map(({ path }) => path);
    };
    expect(await coming(1000)).toEqual(['/in0/a.cmep.part']);
    expect(await coming(600_000)).toEqual([]);
  });

  it('again only later, or when it changed, where a run could not take it in', async () => {
    const share = new Share();
    share.files.set('/in0/a.cmep', facts(1));
    const poll = new InboxPoll(configOf({}), share);
    const ready = async (ms: number) => (await poll.poll(T0 + ms, NEVER))[0]!.ready.length;
    expect([await ready(0), await ready(1)]).toEqual([0, 1]);
    poll.hold('/in0/a.cmep', T0 + 100);
    expect([await ready(2), await ready(99), await ready(100)]).toEqual([0, 0, 1]);
    poll.hold('/in0/a.cmep', T0 + 1e6);
    share.files.set('/in0/a.cmep', facts(2));
    expect([await ready(101), await ready(102)]).toEqual([0, 1]);
  });
});

describe('a share', () => {
  it('that does not answer is asked once, and keeps the others from nothing', async () => {
    const share = new Share();
    share.files.set('/in0/a.cmep', facts(1));
    share.files.set('/in1/b.cmep', facts(1));
    let answer: (() => void) | undefined;
    const poll = new InboxPoll(configOf({}, {}), share);
    await poll.poll(T0, NEVER);
    share.fault = (path) =>
      path.startsWith('/in0')
        ? (new Promise<void>((resolve) => {
            answer = resolve;
          }) as Promise<never>)
        : undefined;
    const asked = () => share.asked.filter((path) => path === '/in0').length;
    const first = asked();
    // Its answer is outstanding; the other has answered before patience ends some turns later.
    const patience = () => new Promise((resolve) => setImmediate(resolve));
    const polled = await poll.poll(T0 + 1, patience());
    expect(polled[0]).toMatchObject({ ready: [], problem: expect.stringContaining('s0 does not answer') });
    expect(polled[1]!.ready).toHaveLength(1);
    await poll.poll(T0 + 2, patience());
    expect(asked()).toBe(first + 1);
    share.fault = null;
    answer!();
    await patience();
    // What it brings late counts as one look; two are needed.
    const after = await poll.poll(T0 + 3, NEVER);
    expect(after[0]!.problem).toBeNull();
    expect((await poll.poll(T0 + 4, NEVER))[0]!.ready).toHaveLength(1);
  });

  it.each(['ESTALE', 'EIO', 'EHOSTDOWN', 'ENOENT'])(
    'that fails with %s is told, and what comes after it is looked at anew',
    async (code) => {
      const share = new Share();
      share.files.set('/in0/a.cmep', facts(1));
      const poll = new InboxPoll(configOf({}), share);
      await poll.poll(T0, NEVER);
      share.fault = failing(code);
      const [broken] = await poll.poll(T0 + 1, NEVER);
      expect(broken!.problem).toContain(code);
      expect(claimOf([broken!])).toMatchObject({ inputs: [], inboxProblems: [broken!.problem] });
      share.fault = null;
      expect((await poll.poll(T0 + 2, NEVER))[0]!.ready).toEqual([]);
      expect((await poll.poll(T0 + 3, NEVER))[0]!.ready).toHaveLength(1);
    },
  );

  it('may lose a file between the list and the look', async () => {
    const share = new Share();
    share.files.set('/in0/a.cmep', facts(1));
    const poll = new InboxPoll(configOf({}), share);
    share.fault = (path) => (path.endsWith('.cmep') ? failing('ENOENT')() : undefined);
    expect((await poll.poll(T0, NEVER))[0]).toMatchObject({ ready: [], left: [], problem: null });
    share.fault = (path) => (path.endsWith('.cmep') ? failing('EACCES')() : undefined);
    expect((await poll.poll(T0, NEVER))[0]!.left).toEqual([
      { path: '/in0/a.cmep', reason: 'it cannot be looked at: EACCES: no', isComing: false },
    ]);
  });
});

it('a folder of the disk: growing files wait, folders are no files, links count as what they name', async () => {
  const inbox = join(folder, 'inbox');
  mkdirSync(join(inbox, 'below'), { recursive: true });
  writeFileSync(join(inbox, 'b.cmep'), 'whole');
  writeFileSync(join(inbox, 'a.cmep'), 'half');
  symlinkSync(join(inbox, 'b.cmep'), join(inbox, 'c.cmep'));
  const poll = new InboxPoll(configOf({ inbox }));
  const names = async () => {
    const polled = await poll.poll(Date.now() + 1e6, NEVER);
    return polled[0]!.ready.map(({ name }) => name);
  };
  expect(await names()).toEqual([]);
  appendFileSync(join(inbox, 'a.cmep'), ' and more');
  expect(await names()).toEqual(['b.cmep', 'c.cmep']);
  expect(await names()).toEqual(['a.cmep', 'b.cmep', 'c.cmep']);
  const claim = claimOf(
    await poll.poll(
      Date.now() + 1e6,
      AT_ONCE.then(() => NEVER),
    ),
  );
  expect(claim.inputs.map(({ name, sizeBytes, status }) => [name, sizeBytes, status])).toEqual([
    ['a.cmep', 13, 'claimed'],
    ['b.cmep', 5, 'claimed'],
    ['c.cmep', 5, 'claimed'],
  ]);
  expect(claim.leftInInbox.map(({ reason }) => reason)).toEqual(['it is no file']);
});
