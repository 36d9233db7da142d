import { copyFileSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import type * as ConfigModule from '../../src/pipeline/config/config.js';
import type { RunReport } from '../../src/report/run-report.js';
import type * as PollModule from '../../src/watch/inbox-poll.js';
import type * as WatchModule from '../../src/watch/watch.js';
import { fingerprint } from './fingerprint.js';
import {
  folderWith,
  type GeneratedNight,
  generate,
  NOW,
  type RunFolder,
  runFolder,
  runNight,
  temporaryFolder,
} from './night-folder.js';
import { BUILT, type Ended, type Started, startReadmill } from './program.js';
import { makeKeys, partnerOf, type ReceiverProcess, startReceiver } from './receiver-process.js';

const WATCH = { pollSeconds: 0.05, gatherSeconds: 0, dueAt: null };
let night: GeneratedNight;
let receiver: ReceiverProcess | undefined;
let started: Started | undefined;

beforeAll(async () => {
  night = await generate({ meters: 150, files: 2, seed: 11, defects: 'none', 'missing-rate': 0 });
});
afterEach(async () => {
  started?.child.kill('SIGKILL');
  started = undefined;
  await receiver?.stop();
  receiver = undefined;
});

/** Starts `readmill watch`. @returns waits for a line of what it says */
function startWatch(folder: RunFolder): (pattern: RegExp) => Promise<string> {
  const words = ['watch', '--config', folder.config, '--workers', '1', '--now', NOW];
  const watching = startReadmill(words);
  started = watching;
  let said = '';
  let from = 0;
  let check = () => {};
  watching.child.stdout!.on('data', (piece: Buffer) => {
    said += piece;
    check();
  });
  return (pattern) =>
    new Promise((resolve, reject) => {
      check = () => {
        const match = pattern.exec(said.slice(from));
        if (match === null) return;
        from += match.index + match[0].length;
        resolve(match[0]);
      };
      void watching.ended.then(({ code, stderr }) =>
        reject(new Error(`watch ended (${code}): ${said}${stderr}`)),
      );
      check();
    });
}

async function stop(signal: 'SIGTERM' | 'SIGINT' | 'SIGKILL'): Promise<Ended> {
  const { child, ended } = started!;
  child.kill(signal);
  started = undefined;
  return ended;
}

const put = (folder: RunFolder, i: number) =>
  copyFileSync(night.files[i]!.path, join(folder.inbox, night.files[i]!.name));

describe('readmill watch', () => {
  it('takes in what comes, run after run, and stops when it is told to', async () => {
    const folder = runFolder({ register: night.register, config: { watch: WATCH } });
    const says = startWatch(folder);
    await says(/Watching 1 inbox every 0\.05 s; runs begin as files come\.\n/);
    put(folder, 0);
    await says(/Run begins: files have come \(1 file, [^)]+\)\.\n/);
    expect(await says(/Run \S+ complete: .*\n/)).toMatch(/ 1 batch, /);
    put(folder, 1);
    await says(/Run \S+ complete: .*\n/);
    expect(readdirSync(folder.inbox)).toEqual([]);
    const { code, stdout } = await stop('SIGTERM');
    expect([code, stdout.split('\n').at(-2)]).toEqual([0, expect.stringMatching(/Stopped\.$/)]);
    expect(readdirSync(join(folder.state, 'reports'))).toHaveLength(2);
  });

  it('killed while a run works goes on with it, and the bytes are those of a run by hand', async () => {
    const byHand = folderWith(night);
    await runNight(byHand);
    const folder = folderWith(night, { config: { watch: WATCH } });
    const says = startWatch(folder);
    await says(/Run begins/);
    await stop('SIGKILL');
    const again = startWatch(folder);
    await again(/Run begins: (goes on with an unfinished run|files have come)/);
    await again(/Run \S+ complete/);
    expect((await stop('SIGINT')).code).toBe(0);
    // Names and run hang on the clock, which went on a little: the reads do not.
    const reads = (of: RunFolder) => {
      const lines = readdirSync(of.outbox).flatMap((name) =>
        readFileSync(join(of.outbox, name), 'latin1').split('\n'),
      );
      return lines.map((line) => line.split(',').toSpliced(6, 1).join(',')).sort();
    };
    expect(reads(folder)).toEqual(reads(byHand));
    expect(Object.keys(fingerprint(folder)).length).toBe(Object.keys(fingerprint(byHand)).length);
  });

  it('stopped while a run works ends it first', async () => {
    const folder = folderWith(night, { config: { watch: WATCH } });
    const says = startWatch(folder);
    await says(/Run begins/);
    const { code, stdout } = await stop('SIGTERM');
    expect([code, stdout]).toEqual([
      0,
      expect.stringMatching(/Stopping: .*\n[\s\S]*Run \S+ complete.*\n.*Stopped\.\n$/),
    ]);
    expect(existsSync(join(folder.state, 'work'))).toBe(false);
  });

  it('given no time to stop leaves the run to the next start', async () => {
    const folder = folderWith(night, { config: { watch: { ...WATCH, stopSeconds: 0 } } });
    const says = startWatch(folder);
    await says(/Run begins/);
    const { code, stdout } = await stop('SIGTERM');
    expect([code, stdout]).toEqual([0, expect.stringContaining('Stopped before the end')]);
    const again = startWatch(folder);
    await again(/Run \S+ complete/);
    expect((await stop('SIGTERM')).code).toBe(0);
  });

  it('outlives a night that cannot be done, and says what to do', async () => {
    const register = join(temporaryFolder(), 'bad.csv');
    writeFileSync(register, 'meter_id,units\n,\n');
    const folder = folderWith(night, { register, config: { watch: WATCH } });
    const says = startWatch(folder);
    await says(/Run failed, attempt 1; the next is made at 2026-11-22T06:01:0\dZ\.\n/);
    const { code, stderr } = await stop('SIGTERM');
    expect([code, stderr]).toEqual([0, expect.stringContaining('READMILL_REGISTER_INVALID')]);
    expect(readdirSync(folder.inbox)).toHaveLength(2);
  });
});

interface Turned {
  /** What happened, in a word each: of runs and deliveries their status. */
  events: string[];
  reports: RunReport[];
  turn(minutes: number): Promise<void>;
}

/** The watch within this process, whose clock stands still until it is told to go on. */
function watchInProcess(folder: RunFolder, nowIso: string): Turned {
  // As Node loads them: the test runner would first work through all that they are made of.
  const load = createRequire(import.meta.url);
  const built = (path: string): unknown => load(fileURLToPath(new URL(path, BUILT)));
  const { readConfig } = built('src/pipeline/config/config.js') as typeof ConfigModule;
  const { InboxPoll } = built('src/watch/inbox-poll.js') as typeof PollModule;
  const { NightWatch } = built('src/watch/watch.js') as typeof WatchModule;
  const config = readConfig(folder.config);
  let nowMs = Date.parse(nowIso);
  const events: string[] = [];
  const reports: RunReport[] = [];
  const watch = new NightWatch({
    config,
    workers: 1,
    clock: () => nowMs,
    wait: (_, signal) => new Promise((resolve) => signal.addEventListener('abort', () => resolve())),
    poll: new InboxPoll(config),
    onEvent(event) {
      if (event.kind === 'deliveries') events.push(...event.records.map(({ status }) => status));
      else events.push(event.kind === 'run-begins' ? event.reason : event.kind);
      if (event.kind === 'run-ended') reports.push(event.report);
    },
  });
  const turn = (minutes: number) => {
    nowMs += minutes * 60_000;
    return watch.turn();
  };
  return { events, reports, turn };
}

describe('between runs', () => {
  it('deliveries that failed are tried again when they are due', async () => {
    const keys = temporaryFolder();
    makeKeys(keys);
    receiver = await startReceiver(keys, 'fail*1');
    const paths = Object.fromEntries(
      ['key', 'certificate', 'partnerCertificate'].map((key) => [
        key,
        join(keys, String(partnerOf('')[key])),
      ]),
    );
    const partner = { ...partnerOf(receiver.url, { retryWaitMinutes: [60] }), ...paths };
    const config = { watch: WATCH, partners: [partner], environment: 'sandbox' };
    const folder = folderWith(night, { config });
    const { events, reports, turn } = watchInProcess(folder, NOW);
    await turn(0);
    await turn(1);
    expect(events).toEqual(['files', 'run-ended']);
    expect(reports[0]!.deliveries.map(({ status }) => status)).toEqual(['waiting']);
    await turn(30);
    expect(events).toHaveLength(2);
    await turn(30);
    expect(events.slice(2)).toEqual(['delivered']);
    await turn(120);
    expect(events).toHaveLength(3);
    expect(receiver.taken()).toHaveLength(1);
  });

  it('a read day that closes is settled with what is there, and once', async () => {
    const gappy = await generate({ meters: 60, seed: 2, defects: 'missing', 'missing-rate': 0.05 });
    const folder = folderWith(gappy, { config: { watch: WATCH, vee: { closeAfterMinutes: 120 } } });
    const { events, reports, turn } = watchInProcess(folder, '2026-11-21T06:00:00Z');
    await turn(0);
    await turn(1);
    // What is there goes out at once; what is missing may still come.
    expect(reports[0]).toMatchObject({ readSuccessPercent: null, reads: { estimated: 0 } });
    await turn(58);
    expect(events.filter((event) => event !== 'notice')).toEqual(['files', 'run-ended']);
    await turn(1);
    await turn(1);
    await turn(600);
    const runs = events.filter((event) => event !== 'notice');
    expect(runs).toEqual(['files', 'run-ended', 'closing', 'run-ended']);
    expect(reports[1]).toMatchObject({ inputs: [], reads: { received: 0 } });
    expect(reports[1]!.reads.estimated).toBeGreaterThan(20);
    expect(reports[1]!.readSuccessPercent).toBeLessThan(98);
    // Somebody was told of that.
    expect(events).toContain('notice');
  });
});
